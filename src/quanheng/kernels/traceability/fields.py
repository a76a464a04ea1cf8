"""Mappings of a file about traceability: keys, dates, numbers, and the line of what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from math import isfinite
from typing import Any

from quanheng.kernels.marked_yaml import BadYaml, Marked, Path, load_marked
from quanheng.kernels.traceability.errors import BadTraceability

_LARGEST = 1e100  # its square is still a number
_SHOWN = 40


def load_fields(text: bytes, *, is_json: bool, known: Sequence[str]) -> Fields:
    """Return the top of a YAML or JSON file.

    Raises
    ------
    BadTraceability
        The file cannot be read, is no mapping, or has a key that is not in ``known``.
    """
    return Fields.of(_json(text) if is_json else _yaml(text), (), known)


def _yaml(text: bytes) -> _File:
    try:
        return _File(load_marked(text), has_lines=True)
    except BadYaml as error:
        raise BadTraceability(error.reason, error.line) from error


def _json(text: bytes) -> _File:
    try:
        return _File(Marked(json.loads(text, object_pairs_hook=_without_doubles), {}), has_lines=False)
    except json.JSONDecodeError as error:
        raise BadTraceability(f"不是有效的 JSON（{error.msg}）。", error.lineno) from error
    except UnicodeDecodeError as error:
        raise BadTraceability("文件不是 UTF-8 编码。", 1) from error
    except (RecursionError, ValueError) as error:
        reason = str(error) if isinstance(error, BadTraceability) else "嵌套太深，或数太长。"
        raise BadTraceability(reason, 1) from error


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        double = next(name for at, name in enumerate(names) if name in names[:at])
        raise BadTraceability(f"“{double}”重复。")
    return found


@dataclass(frozen=True)
class _File:
    marked: Marked
    has_lines: bool

    def refuse(self, reason: str, path: Path) -> BadTraceability:
        if self.has_lines:
            return BadTraceability(reason, self.marked.line(path))
        where = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path)
        return BadTraceability(reason, None, where.lstrip("."))


@dataclass(frozen=True)
class Fields:
    """One mapping of the file."""

    file: _File
    values: Mapping[str, Any]
    path: Path

    @classmethod
    def of(cls, file: _File, path: Path, known: Sequence[str]) -> Fields:
        """Return what stands at ``path``; with ``known`` empty any key is allowed."""
        value = file.marked.data
        for part in path:
            value = value[part]
        if not isinstance(value, Mapping):
            raise file.refuse("应写成“名称: 值”的形式。", path)
        for key in value:
            if known and key not in known:
                near = get_close_matches(str(key), known, 1)
                hint = f"是否为“{near[0]}”？" if near else f"可用：{'、'.join(known)}。"
                raise file.refuse(f"没有“{key}”这一项。{hint}", (*path, key))
        return cls(file, value, path)

    def __contains__(self, key: str) -> bool:
        """Whether a key is given and not empty."""
        return self.values.get(key) is not None

    def refuse(self, reason: str, *keys: str | int) -> BadTraceability:
        """Return the refusal of a key, or of the mapping."""
        return self.file.refuse(reason, (*self.path, *keys))

    def needed(self, key: str) -> Any:
        """Return the value of a key that must be given."""
        if key not in self:
            raise self.refuse(f"缺少“{key}”。")
        return self.values[key]

    def text(self, key: str, default: str = "") -> str:
        """Return a text."""
        return self._text(self.values[key], key) if key in self else default

    def needed_text(self, key: str) -> str:
        """Return a text that must be given."""
        return self._text(self.needed(key), key)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of different texts, empty where it is not given."""
        found = tuple(self._text(item, key, at) for at, item in enumerate(self._list(key)))
        for at, item in enumerate(found):
            if item in found[:at]:
                raise self.refuse(f"“{item}”重复。", key, at)
        return found

    def day(self, key: str) -> date | None:
        """Return a date, None where it is not given."""
        return as_date(self.values[key], lambda reason: self.refuse(reason, key)) if key in self else None

    def needed_day(self, key: str) -> date:
        """Return a date that must be given."""
        return as_date(self.needed(key), lambda reason: self.refuse(reason, key))

    def number(self, key: str, default: float) -> float:
        """Return a finite number."""
        if key not in self:
            return default
        return as_number(self.values[key], lambda reason: self.refuse(reason, key))

    def needed_number(self, key: str) -> float:
        """Return a finite number that must be given."""
        return as_number(self.needed(key), lambda reason: self.refuse(reason, key))

    def positive(self, key: str) -> float:
        """Return a positive number that must be given."""
        found = self.needed_number(key)
        if found <= 0:
            raise self.refuse(f"“{key}”应当大于零，这里是 {found:g}。", key)
        return found

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return true or false."""
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.refuse("应为 true 或 false。", key)
        return value

    def child(self, key: str, known: Sequence[str] = ()) -> Fields:
        """Return a mapping within this one."""
        self.needed(key)
        return Fields.of(self.file, (*self.path, key), known)

    def each(self, key: str, known: Sequence[str]) -> Iterator[Fields]:
        """Yield the mappings of a list."""
        for at in range(len(self._list(key))):
            yield Fields.of(self.file, (*self.path, key, at), known)

    def _list(self, key: str) -> list[Any]:
        value = self.values.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.refuse("应为列表。", key)
        return value

    def _text(self, value: Any, *keys: str | int) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float | date):
            raise self.refuse("应为文字。", *keys)
        text = str(value).strip()
        if not text:
            raise self.refuse("应为文字，这里是空的。", *keys)
        return text


def as_date(value: Any, refuse: Callable[[str], BadTraceability]) -> date:
    """Return a date that is one, or is written as 2026-11-23.

    Raises
    ------
    BadTraceability
        What ``refuse`` makes of the reason.
    """
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise refuse(f"“{str(value)[:_SHOWN]}”不是日期，应如 2026-11-23。") from None


def as_number(value: Any, refuse: Callable[[str], BadTraceability]) -> float:
    """Return a finite number that is one, or is written as one.

    Raises
    ------
    BadTraceability
        What ``refuse`` makes of the reason.
    """
    try:
        number = float("nan") if isinstance(value, bool) or value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if not isfinite(number) or abs(number) > _LARGEST:
        raise refuse(f"“{str(value)[:_SHOWN]}”不是数值。")
    return number
