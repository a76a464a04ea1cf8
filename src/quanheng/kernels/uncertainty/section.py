"""Reading a mapping of a model file: its keys under all their spellings, its numbers, the line of what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import inf
from typing import Any

import numpy as np

from quanheng.kernels.expressions import BadExpression, Name, Node, evaluate, names, parse
from quanheng.kernels.marked_yaml import Marked, Path
from quanheng.kernels.uncertainty.model import Array

_SHOWN = 40
_LONG = 60
_DIGITS = re.compile(r"[\d.]+")
_GROUPED = re.compile(r"[+-]?\d{1,3}([,，]\d{3})+(\.\d*)?")
_COMMA = "数中不要用逗号分节：一千写作 1000，不写 1,000。"
_LARGEST = 1e150  # its square is still a number


class BadModel(ValueError):
    """A model that cannot be read: ``line`` of the file (None where there is no file), ``where`` in it, ``reason``.

    The message is Chinese.
    """

    def __init__(self, reason: str, line: int | None, where: str) -> None:
        self.reason, self.line, self.where = reason, line, where
        place = f"第 {line} 行" if line is not None else where or "模型"
        super().__init__(f"{place}：{reason}")


@dataclass
class Source:
    """What a model is read from, and what is known while reading: constants and the number of points."""

    marked: Marked
    has_lines: bool
    constants: dict[str, Array] = field(default_factory=dict)
    points: int = 1
    points_path: Path = ()
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """Return the line of a value; ``lines`` holds those that the file's own marks do not know."""
        return self.lines.get(path) or self.marked.line(path)

    def refuse(self, reason: str, path: Path) -> BadModel:
        """Return the refusal of what stands at ``path``."""
        where = ".".join(str(part) if isinstance(part, str) else f"[{part + 1}]" for part in path)
        return BadModel(reason, self.line(path) if self.has_lines else None, where)

    def section(self, data: Any, path: Path, spellings: Mapping[str, str], what: str) -> Section:
        """Return a mapping with its keys under their proper names.

        Raises
        ------
        BadModel
            It is no mapping, has a key that is not known, or one key under two spellings.
        """
        if not isinstance(data, Mapping):
            raise self.refuse(f"{what}应写成“名称: 值”的形式。", path)
        values: dict[str, Any] = {}
        keys: dict[str, str] = {}
        for written, value in data.items():
            key = spellings.get(str(written).strip())
            if key is None:
                if _DIGITS.fullmatch(str(written)):  # what stands behind the comma of {value: 1,000.5}
                    raise self.refuse(f"{what}没有“{written}”这一项。{_COMMA}", (*path, written))
                near = get_close_matches(str(written), spellings, 1)
                hint = (
                    f"是否为“{near[0]}”？"
                    if near
                    else f"可用：{'、'.join(dict.fromkeys(spellings.values()))}。"
                )
                raise self.refuse(f"{what}没有“{written}”这一项。{hint}", (*path, written))
            if key in keys:
                raise self.refuse(f"“{keys[key]}”与“{written}”是同一项，只能给一个。", (*path, written))
            values[key], keys[key] = value, str(written)
        return Section(self, values, keys, path)

    def formula(self, text: Any, path: Path) -> Node:
        """Return a formula.

        Raises
        ------
        BadModel
            It is not of the grammar.
        """
        if isinstance(text, bool) or not isinstance(text, str | int | float):
            raise self.refuse("应为算式。", path)
        try:
            return parse(str(text).strip())
        except BadExpression as error:
            shown = error.text if len(error.text) <= _LONG else f"{error.text[: _LONG - 1]}…"
            raise self.refuse(f"“{shown}”第 {error.position} 个字符处：{error.reason}", path) from error

    def numbers(self, value: Any, path: Path) -> Array:
        """Return one number (1,) or one for each point (points,); a text is a formula of constants.

        Raises
        ------
        BadModel
            Not numbers, or as many as no other list of the model has.
        """
        if not isinstance(value, list):
            return self._sized(np.atleast_1d(np.asarray(self.number(value, path), dtype=float)), path)
        if not value:
            raise self.refuse("列表是空的。", path)
        found = [self.number(item, (*path, at)) for at, item in enumerate(value)]
        if any(np.size(item) != 1 for item in found):
            raise self.refuse("列表中每一项应为一个数。", path)
        return self._sized(np.array([float(np.ravel(item)[0]) for item in found]), path)

    def _sized(self, values: Array, path: Path) -> Array:
        if len(values) != 1:
            if self.points not in {1, len(values)}:
                other = self.refuse("", self.points_path)
                place = f"第 {other.line} 行" if other.line is not None else other.where
                raise self.refuse(f"有 {len(values)} 个值，而{place}有 {self.points} 个：点数应相同。", path)
            self.points, self.points_path = len(values), path
        return values

    def number(self, value: Any, path: Path) -> Any:
        """Return a number, or the value of a formula of constants: (1,) or (points,).

        Raises
        ------
        BadModel
            It is none, or not finite.
        """
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.refuse(f"“{value}”不是数。", path)
        found: Any = value
        if isinstance(value, str):
            if mistaken := _mistaken(value):
                raise self.refuse(mistaken, path)
            node = self.formula(value, path)
            if unknown := [name for name in names(node) if name not in self.constants]:
                if node == Name(unknown[0]):
                    raise self.refuse(f"“{value}”不是数，也没有这个常数。", path)
                raise self.refuse(f"“{value}”中的“{unknown[0]}”不是常数。", path)
            found = evaluate(node, self.constants)
        if not np.all(np.abs(found) <= _LARGEST):
            raise self.refuse(f"“{str(value)[:_SHOWN]}”不是有限的数，或大于 {_LARGEST:g}。", path)
        return found


def _mistaken(text: str) -> str:
    """Return what is wrong with a text that people write for a number, empty where nothing is."""
    written = text.strip()
    if "±" in written or "+/-" in written:
        return (
            f"“{text[:_SHOWN]}”：估计值和不确定度要分开写，"
            "如 {value: 20, half_width: 0.5} 或 {value: 20, expanded_uncertainty: 0.5, k: 2}。"
        )
    if written.endswith(("%", "％")):
        return f"“{text[:_SHOWN]}”：这里不用百分数；占估计值的百分数请用 half_width_percent 或 std_percent。"
    return f"“{text[:_SHOWN]}”：{_COMMA}" if _GROUPED.fullmatch(written) else ""


@dataclass(frozen=True)
class Section:
    """A mapping of the file; ``keys`` says how each key was spelled."""

    source: Source
    values: Mapping[str, Any]
    keys: Mapping[str, str]
    path: Path

    def __contains__(self, key: str) -> bool:
        """Whether the key is given and not empty."""
        return self.values.get(key) is not None

    def where(self, key: str | None = None) -> Path:
        """Return the path of a key as it is spelled, or of the section."""
        return self.path if key is None or key not in self.keys else (*self.path, self.keys[key])

    def refuse(self, reason: str, key: str | None = None) -> BadModel:
        """Return the refusal of a key, or of the section."""
        return self.source.refuse(reason, self.where(key))

    def only(self, allowed: Set[str], what: str) -> None:
        """Refuse keys that say nothing here.

        Raises
        ------
        BadModel
            One is given.
        """
        for key in self.values:
            if key in self and key not in allowed:
                raise self.refuse(f"{what}不用“{self.keys[key]}”这一项。", key)

    def one_of(self, keys: Set[str]) -> str:
        """Return the one of ``keys`` that is given.

        Raises
        ------
        BadModel
            None is given, or more than one.
        """
        given = [key for key in self.values if key in keys and key in self]
        if len(given) > 1:
            both = "”和“".join(self.keys[key] for key in given)
            raise self.refuse(f"“{both}”只能给一个。", given[1])
        if not given:
            raise self.refuse(f"应给出 {'、'.join(sorted(keys))} 中的一个。")
        return given[0]

    def needed(self, key: str) -> str:
        """Return ``key``, which must be given."""
        if key not in self:
            raise self.refuse(f"缺少“{key}”。")
        return key

    def text(self, key: str) -> str:
        """Return a text, empty where it is not given."""
        value = self.values.get(key)
        if value is None:
            return ""
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise self.refuse("应为文字。", key)
        return str(value)

    def flag(self, key: str) -> bool:
        """Return true or false; false where it is not given."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self.refuse("应为 true 或 false。", key)
        return value

    def items(self, key: str) -> Sequence[Any]:
        """Return a list, empty where it is not given."""
        value = self.values.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self.refuse("应为列表。", key)
        return value

    def numbers(self, key: str) -> Array:
        """Return the numbers of a key, see `Source.numbers`."""
        return self.source.numbers(self.values[key], self.where(key))

    def positive(self, key: str) -> Array:
        """Return numbers that must be positive."""
        found = self.numbers(key)
        if not np.all(found > 0):
            raise self.refuse(f"“{self.keys[key]}”应当大于零；没有不确定度的量请放入 constants。", key)
        return found

    def number(self, key: str, *, is_infinite_allowed: bool = False) -> float:
        """Return one number, the same at all points."""
        value = self.values[key]
        if is_infinite_allowed and value == inf:
            return inf
        found = self.source.numbers(value, self.where(key))
        if len(found) != 1:
            raise self.refuse(f"“{self.keys[key]}”应为一个数。", key)
        return float(found[0])

    def table(self, key: str) -> Array:
        """Return a list of numbers (n,), or of lists of equal length (m, n); they are no points.

        Raises
        ------
        BadModel
            Not numbers, or lists of unequal length.
        """
        rows = self.items(key)
        if not any(isinstance(row, list) for row in rows):
            return np.array([self._single(item, key, at) for at, item in enumerate(rows)], dtype=float)
        lengths = {len(row) if isinstance(row, list) else -1 for row in rows}
        if len(lengths) != 1:
            raise self.refuse(f"“{self.keys[key]}”的各组长度不同。", key)
        return np.array([[self._single(v, key, at) for v in row] for at, row in enumerate(rows)], dtype=float)

    def _single(self, value: Any, key: str, at: int) -> float:
        place = (*self.where(key), at)
        found = self.source.number(value, place)
        if np.size(found) != 1:
            raise self.source.refuse("列表中每一项应为一个数。", place)
        return float(np.ravel(found)[0])
