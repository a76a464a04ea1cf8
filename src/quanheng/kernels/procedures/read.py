"""Reading a procedure file: strict, all faults at once, each with its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from quanheng.kernels.marked_yaml import BadYaml, Marked, Path, load_marked
from quanheng.kernels.procedures.model import Procedure

_BY_KEY = ("instrument", "tables", "tests", "checks", "environment")
_OWN = ("format", "based_on", "regulation", "serves")
_LACKS_OF_ENTRIES = ("clause", "source")
_MOST_FILES = 5
_REASONS = {
    "missing": "缺少这一项。",
    "literal_error": "应为 {expected}。",
    "enum": "应为 {expected} 之一。",
    "greater_than": "应大于 {gt:g}。",
    "string_type": "应为文字；数字请加引号。",
    "string_too_short": "不能为空。",
    "string_too_long": "文字太长。",
    "int_type": "应为整数。",
    "int_parsing": "应为整数。",
    "float_type": "应为数。",
    "float_parsing": "应为数。",
    "bool_type": "应为 true 或 false。",
    "bool_parsing": "应为 true 或 false。",
    "date_type": "应为日期，如 2027-01-08。",
    "date_from_datetime_parsing": "应为日期，如 2027-01-08。",
    "tuple_type": "应为列表。",
    "frozen_set_type": "应为列表。",
    "dict_type": "应为“名称: 值”的形式。",
    "model_type": "应为“名称: 值”的形式。",
    "too_short": "不能为空。",
    "string_pattern_mismatch": "名称只能用字母、数字和下划线，不能以数字开头。",
}
_OURS = {"formula", "condition", "range", "row", "choice", "component", "judge", "readings", "standard"}

BaseText = Callable[[str], bytes]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong, and on which line of the file; ``path`` leads to the value."""

    line: int
    text: str
    path: Path = ()

    def __str__(self) -> str:
        where = ".".join(str(part) for part in self.path)
        return f"第 {self.line} 行{f' {where}' if where else ''}：{self.text}"


class BadProcedure(ValueError):
    """A file that is no procedure: ``problems`` says all that is wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def no_base(name: str) -> bytes:
    """Find no file to be based on.

    Raises
    ------
    KeyError
        Always.
    """
    raise KeyError(name)


def read_procedure(text: bytes | str, base: BaseText = no_base) -> Procedure:
    """Return the procedure of a file; ``base`` gives the text of the file it is based on, by name.

    Raises
    ------
    BadProcedure
        It is no YAML, or not of the format.
    """
    return read_marked(text, base)[0]


def read_marked(text: bytes | str, base: BaseText = no_base) -> tuple[Procedure, Marked]:
    """Return the procedure and the lines of its file; raises as `read_procedure`."""
    marked = _load(text)
    data = _with_base(marked, base, 0)
    try:
        return Procedure.model_validate(data), marked
    except ValidationError as error:
        raise BadProcedure([_problem(found, marked) for found in error.errors()]) from error


def _load(text: bytes | str) -> Marked:
    try:
        marked = load_marked(text)
    except BadYaml as error:
        raise BadProcedure([Problem(error.line, error.reason)]) from error
    if not isinstance(marked.data, dict):
        raise BadProcedure([Problem(1, "文件应为“名称: 值”的形式。")])
    return marked


def _with_base(marked: Marked, base: BaseText, depth: int) -> dict[str, Any]:
    own: dict[str, Any] = marked.data
    name = own.get("based_on")
    if name is None:
        return own
    line = marked.line(("based_on",))
    if depth == _MOST_FILES:
        raise BadProcedure([Problem(line, "沿用的文件一个接一个，太多了。", ("based_on",))])
    try:
        found = _load(base(str(name)))
    except (KeyError, BadProcedure) as error:
        why = f"没有文件“{name}”。" if isinstance(error, KeyError) else f"文件“{name}”有错。"
        raise BadProcedure([Problem(line, why, ("based_on",))]) from error
    return merged(_with_base(found, base, depth + 1), own)


def merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of ``base`` with those of ``own`` in their place; what is taken over says from where."""
    law = base.get("regulation")
    said = law if isinstance(law, dict) else {}
    edition = said.get("edition")
    mark = {
        "regulation": f"{said.get('number')}-{edition}" if edition else said.get("number"),
        "source": said.get("source"),
        "confidence": said.get("confidence"),
        "lacks": said.get("lacks", []),
    }
    result = {key: _cited(key, value, mark) for key, value in base.items() if key not in _OWN}
    for key, value in own.items():
        result[key] = _replaced(result.get(key), value) if key in _BY_KEY else value
    if isinstance(own.get("standard"), dict):
        fields = _replaced(_fields(base), _fields(own))
        result["standard"] = {
            **_cited("standard", base.get("standard", {}), mark),
            **own["standard"],
            "fields": fields,
        }
    return result


def _fields(data: Mapping[str, Any]) -> dict[str, Any]:
    standard = data.get("standard")
    fields = standard.get("fields") if isinstance(standard, dict) else None
    return fields if isinstance(fields, dict) else {}


def _replaced(before: Any, after: Any) -> Any:
    if not isinstance(after, dict):
        return after
    return _without_nulls({**(before or {}), **after})


def _without_nulls(entries: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entries.items() if value is not None}


def _cited(key: str, value: Any, mark: Mapping[str, Any]) -> Any:
    """Return a part of the base in which each requirement names the document it comes from."""
    if key in ("tables", "checks", "environment") and isinstance(value, dict):
        return {name: _marked(entry, mark) for name, entry in value.items()}
    if key in ("require", "period") and isinstance(value, list):
        return [_marked(entry, mark) for entry in value]
    if key == "standard" and isinstance(value, dict):
        return {**value, "require": [_marked(entry, mark) for entry in value.get("require", [])]}
    if key == "tests" and isinstance(value, dict):
        return {
            name: {**test, "judge": [_judge(entry, mark) for entry in test.get("judge", [])]}
            if isinstance(test, dict)
            else test
            for name, test in value.items()
        }
    return value


def _judge(entry: Any, mark: Mapping[str, Any]) -> Any:
    """Return a judge entry; what is judged by a table has its source there."""
    return entry if isinstance(entry, dict) and "table" in entry else _marked(entry, mark)


def _marked(entry: Any, mark: Mapping[str, Any]) -> Any:
    if not isinstance(entry, dict):
        return entry
    lacks = sorted({*entry.get("lacks", []), *(word for word in mark["lacks"] if word in _LACKS_OF_ENTRIES)})
    return {**mark, **entry, "lacks": lacks}


def _problem(error: ErrorDetails, marked: Marked) -> Problem:
    path = tuple(part for part in error["loc"] if part != "[key]")
    kind = error["type"]
    if kind in _OURS:
        text = error["msg"]
    elif kind == "extra_forbidden":
        text = _unknown(str(path[-1]))
    else:
        text = _REASONS.get(kind, "{msg}").format(**{"msg": error["msg"], **error.get("ctx", {})})
    return located(path, text, marked)


def located(path: Path, text: str, marked: Marked) -> Problem:
    """Return a problem with its line; what was taken over from another file is said where the file says so."""
    base = marked.data.get("based_on")
    is_own = path[:1] in marked.lines and (path[0] not in _BY_KEY or path[:2] in marked.lines)
    if base is None or is_own or path[0] in _OWN:
        return Problem(marked.line(path), text, path)
    return Problem(marked.line(("based_on",)), f"{text}（沿用自“{base}”）", path)


def _unknown(key: str) -> str:
    near = get_close_matches(key, _keys(), n=1)
    return f"没有“{key}”这一项，请核对拼写。" + (f"是否应为“{near[0]}”？" if near else "")


@cache
def _keys() -> tuple[str, ...]:
    schema = Procedure.model_json_schema()
    parts = [schema, *schema["$defs"].values()]
    return tuple(sorted({key for part in parts for key in part.get("properties", {})}))
