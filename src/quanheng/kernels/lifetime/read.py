"""Inspections of meters from a file: CSV, or YAML with the same names; every bad row is told."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite, nan
from typing import Any

from quanheng.kernels.lifetime.data import Seen, problems_of
from quanheng.kernels.lifetime.errors import BadLifetime, Problem
from quanheng.kernels.marked_yaml import BadYaml, load_marked

COLUMNS = {
    "meter": ("meter", "表号", "编号", "出厂编号"),
    "entry": ("entry", "进入观察年龄", "进入年龄"),
    "last_good": ("last_good", "最后合格年龄", "合格年龄"),
    "first_bad": ("first_bad", "首次不合格年龄", "不合格年龄"),
    "count": ("count", "只数", "数量"),
    "age": ("age", "年龄", "检查年龄"),
    "result": ("result", "结果", "结论"),
    "error": ("error", "误差"),
}
_GOOD = {"合格", "true", "1", "pass", "ok", "是"}
_BAD = {"不合格", "false", "0", "fail", "bad", "否"}
_MOST_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Measured:
    """One error [% or the unit of the limit] of a meter at an age [year]."""

    meter: str
    age: float
    error: float


@dataclass(frozen=True, slots=True)
class InspectionsFile:
    """The stories of the meters, and the errors that were measured, where there are."""

    seen: tuple[Seen, ...]
    measured: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    values: Mapping[str, str]
    headings: Mapping[str, str]

    def heading(self, key: str) -> str:
        return self.headings.get(key, key)

    def number(self, key: str, default: float) -> tuple[float, list[Problem]]:
        text = self.values.get(key, "").strip()
        if not text:
            return default, []
        try:
            value = float(text)
        except ValueError:
            value = nan
        if isfinite(value):
            return value, []
        return nan, [Problem(self.line, self.heading(key), f"“{text[:40]}”不是数值。")]


def read_inspections(text: bytes, *, is_yaml: bool = False) -> InspectionsFile:
    """Return what a file says, in one of two layouts.

    Stories: ``last_good``, ``first_bad`` (empty: still conforming), ``entry``, ``count``.  Inspections, one a row:
    ``meter``, ``age``, ``result``, and ``entry``, ``error``.  Of the inspections of a meter its story is made.

    Raises
    ------
    BadLifetime
        With every bad row, its column and the reason; or the file is no such file.
    """
    if len(text) > _MOST_BYTES:
        raise BadLifetime(f"文件超过 {_MOST_BYTES // 1_000_000} MB。")
    rows = list(_yaml_rows(text) if is_yaml else _csv_rows(text))
    if not rows:
        raise BadLifetime("文件中一行数据也没有。")
    keys = rows[0].headings
    if "age" in keys:
        return _inspections(rows)
    if "last_good" in keys or "first_bad" in keys:
        return _stories(rows)
    raise BadLifetime(
        "表头应有“last_good、first_bad”（一行一只表的经过）或“meter、age、result”（一行一次检查）。"
    )


def _csv_rows(text: bytes) -> Iterator[_Row]:
    try:
        rows = csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""), strict=True)
        headings = [cell.strip() for cell in next(rows, [])]
        keys = _keys(headings)
        names = dict(zip(keys, headings, strict=True))
        problems = []
        found = []
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(keys):
                reason = f"有 {len(row)} 列，表头有 {len(keys)} 列。"
                problems.append(Problem(rows.line_num, "", reason))
                continue
            found.append(_Row(rows.line_num, dict(zip(keys, row, strict=True)), names))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BadLifetime(problems=[Problem(line, "", "不是 UTF-8 编码。")]) from error
    except csv.Error as error:
        raise BadLifetime(problems=[Problem(rows.line_num, "", f"不是有效的 CSV（{error}）。")]) from error
    if problems:
        raise BadLifetime(problems=problems)
    yield from found


def _yaml_rows(text: bytes) -> Iterator[_Row]:
    try:
        marked = load_marked(text)
    except BadYaml as error:
        raise BadLifetime(problems=[Problem(error.line, "", error.reason)]) from error
    data: Any = marked.data
    rows = data.get("meters") if isinstance(data, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise BadLifetime("YAML 文件应为“meters:”，下面一只表（或一次检查）一项，写成“名称: 值”。")
    names: dict[str, str] = {}
    for at, row in enumerate(rows):
        try:
            names.update(zip(_keys([str(key) for key in row]), map(str, row), strict=True))
        except BadLifetime as error:
            raise BadLifetime(problems=[Problem(marked.line(("meters", at)), "", error.reason)]) from error
    for at, row in enumerate(rows):
        keys = _keys([str(key) for key in row])
        cells = ["" if value is None else str(value) for value in row.values()]
        yield _Row(marked.line(("meters", at)), dict(zip(keys, cells, strict=True)), names)


def _keys(headings: Sequence[str]) -> list[str]:
    found = []
    for heading in headings:
        key = next((key for key, names in COLUMNS.items() if heading.lower() in names), None)
        if key is None:
            known = "、".join(names[0] for names in COLUMNS.values())
            raise BadLifetime(f"没有“{heading}”这一列。可用：{known}。")
        if key in found:
            raise BadLifetime(f"列“{heading}”重复。")
        found.append(key)
    return found


def _stories(rows: Sequence[_Row]) -> InspectionsFile:
    problems: list[Problem] = []
    seen = []
    for row in rows:
        last, first_problems = row.number("last_good", 0.0)
        first, last_problems = row.number("first_bad", inf)
        entry, entry_problems = row.number("entry", 0.0)
        count, count_problems = row.number("count", 1.0)
        found = first_problems + last_problems + entry_problems + count_problems
        if not found and not count.is_integer():
            found = [Problem(row.line, row.heading("count"), f"只数应为正整数，这里是 {count:g}。")]
        if not found:
            story = Seen(last, first, entry, int(count))
            names = [row.heading(key) for key in ("entry", "last_good", "first_bad", "count")]
            found = problems_of(story, row.line, names)
            seen.append(story)
        problems += found
    if problems:
        raise BadLifetime(problems=problems)
    return InspectionsFile(tuple(seen), ())


@dataclass(frozen=True, slots=True)
class _Look:
    row: _Row
    age: float
    is_good: bool
    entry: float


def _inspections(rows: Sequence[_Row]) -> InspectionsFile:
    if "meter" not in rows[0].headings or "result" not in rows[0].headings:
        raise BadLifetime("一行一次检查时，应有“meter”（表号）、“age”（年龄）、“result”（结果）三列。")
    problems: list[Problem] = []
    looks: dict[str, list[_Look]] = {}
    measured = []
    for row in rows:
        age, found = row.number("age", nan)
        entry, entry_problems = row.number("entry", 0.0)
        error, error_problems = row.number("error", nan)
        found += entry_problems + error_problems
        meter, result = row.values.get("meter", "").strip(), row.values.get("result", "").strip()
        if not meter:
            found.append(Problem(row.line, row.heading("meter"), "没有表号。"))
        if not row.values.get("age", "").strip():
            found.append(Problem(row.line, row.heading("age"), "没有年龄。"))
        if result.lower() not in _GOOD | _BAD:
            reason = f"“{result[:40]}”不是结果，应为“合格”或“不合格”。"
            found.append(Problem(row.line, row.heading("result"), reason))
        if not found:
            at = Seen(age, entry=entry)
            found = problems_of(
                at, row.line, [row.heading(key) for key in ("entry", "age", "first_bad", "count")]
            )
        problems += found
        if not found:
            looks.setdefault(meter, []).append(_Look(row, age, result.lower() in _GOOD, entry))
            if isfinite(error):
                measured.append(Measured(meter, age, error))
    seen = []
    for meter, of_meter in looks.items():
        story, found = _story(meter, of_meter)
        problems += found
        if story is not None:
            seen.append(story)
    if problems:
        raise BadLifetime(problems=sorted(problems, key=lambda problem: problem.row))
    return InspectionsFile(tuple(seen), tuple(measured))


def _story(meter: str, looks: Sequence[_Look]) -> tuple[Seen | None, list[Problem]]:
    """Return the story of the inspections of a meter."""
    ordered = sorted(looks, key=lambda look: look.age)
    for one, two in pairwise(ordered):
        line, heading = two.row.line, two.row.heading
        if one.age == two.age:
            reason = f"表 {meter} 在 {one.age:g} 年时已有第 {one.row.line} 行的检查。"
            return None, [Problem(line, heading("age"), reason)]
        if one.entry != two.entry:
            reason = f"表 {meter} 进入观察的年龄与第 {one.row.line} 行不同。"
            return None, [Problem(line, heading("entry"), reason)]
        if not one.is_good:
            reason = (
                f"表 {meter} 在 {one.age:g} 年（第 {one.row.line} 行）已不合格，以后的检查不能算作同一只表。"
            )
            return None, [Problem(line, heading("result"), reason)]
    last, entry = ordered[-1], ordered[-1].entry
    if last.is_good:
        return Seen(last.age, entry=entry), []
    before = ordered[-2].age if len(ordered) > 1 else entry
    story = Seen(before, last.age, entry)
    names = [last.row.heading(key) for key in ("entry", "age", "age", "count")]
    return story, problems_of(story, last.row.line, names)
