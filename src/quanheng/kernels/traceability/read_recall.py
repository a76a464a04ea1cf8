"""Standards and past verdicts from files.  The format is described in docs/reference/traceability-file.md."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Any, NamedTuple

from quanheng.kernels.findings import Finding
from quanheng.kernels.traceability.drift import estimate_diffusion
from quanheng.kernels.traceability.errors import BadTraceability
from quanheng.kernels.traceability.fields import Fields, as_date, as_number, load_fields
from quanheng.kernels.traceability.histories import Calibration, Course, Deviations, History, Places
from quanheng.kernels.traceability.population import Population
from quanheng.kernels.traceability.records import Records, Refuse, Use, as_use

_TOP = ("title", "unit", "population", "standards", "verifications")
_POPULATION = ("mean", "sd", "correlation")
_STANDARD = ("name", "diffusion", "calibrations")
_CALIBRATION = ("date", "found", "left", "standard_uncertainty", "by", "sensitivity", "course")
_VERIFICATION = ("number", "date", "passed", "standards", "points")
_POINT = ("error", "lower", "upper", "mpe", "standard_uncertainty", "standards")
_COLUMNS = {
    "number": "编号",
    "date": "日期",
    "passed": "结论",
    "error": "误差",
    "lower": "下限",
    "upper": "上限",
    "mpe": "最大允许误差",
    "standard_uncertainty": "标准不确定度",
    "standards": "标准器",
    "sensitivity": "灵敏系数",
}
_VERDICTS = {"true": True, "1": True, "合格": True, "false": False, "0": False, "不合格": False}
_MATERIAL_MEASURE = -1.0  # E = I - m: where the standard is more than was used, the error is less


class StandardsFile(NamedTuple):
    """What the first file says; ``names`` of the standards by code."""

    title: str
    unit: str
    histories: list[History]
    names: dict[str, str]
    population: Population | None
    findings: tuple[Finding, ...]


def load_standards(text: bytes, *, is_json: bool = False) -> tuple[StandardsFile, Records]:
    """Return the standards of a file, and the verifications that stand in it.

    Raises
    ------
    BadTraceability
        With the line of a YAML file, or the place in a JSON file.
    """
    top = load_fields(text, is_json=is_json, known=_TOP)
    named = top.child("standards")
    if not named.values:
        raise named.refuse("一个标准器也没有。")
    given = [named.child(code, _STANDARD) for code in named.values]
    pairs = [_history(each, str(code)) for each, code in zip(given, named.values, strict=True)]
    histories = [history for history, _finding in pairs]
    try:
        Deviations(histories, Places.none())
    except BadTraceability as error:
        raise named.refuse(error.reason) from None
    content = StandardsFile(
        top.text("title"),
        top.text("unit"),
        histories,
        {
            history.code: fields.text("name", history.code)
            for history, fields in zip(histories, given, strict=True)
        },
        _population(top.child("population", _POPULATION)) if "population" in top else None,
        tuple(finding for _history, finding in pairs if finding),
    )
    records = Records(histories)
    for each in top.each("verifications", _VERIFICATION):
        _add(records, each)
    return content, records


def read_rows(text: bytes, records: Records) -> None:
    """Add the verifications of a CSV file, a row for each point; headings as above, English or Chinese.

    Raises
    ------
    BadTraceability
        With the line of the file.
    """
    try:
        rows = csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""), strict=True)
        _read_rows(rows, records)
    except UnicodeDecodeError as error:
        raise BadTraceability(
            "文件不是 UTF-8 编码。", error.object[: error.start].count(b"\n") + 1
        ) from error
    except csv.Error as error:
        raise BadTraceability(f"不是有效的 CSV（{error}）。", 1) from error


def _read_rows(rows: Any, records: Records) -> None:
    places = _headings(next(rows, []))
    days: dict[str, int] = {}
    uses: dict[tuple[str, str], Use] = {}

    def refuse(reason: str) -> BadTraceability:
        return BadTraceability(reason, rows.line_num)

    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) < len(places):
            raise refuse(f"只有 {len(row)} 列，表头有 {len(places)} 列。")
        cell = {key: row[at].strip() for key, at in places.items()}
        written, verdict = cell["date"], _VERDICTS.get(cell["passed"].lower())
        if written not in days:
            days[written] = as_date(written, refuse).toordinal()
        if verdict is None:
            raise refuse(f"“{cell['passed']}”不是结论，应为 合格、不合格（或 true、false）。")
        if not cell["number"]:
            raise refuse("缺少编号。")
        named = cell["standards"], cell.get("sensitivity", "")
        if named not in uses:
            uses[named] = _use(*named, refuse)
        records.add(cell["number"], days[written], verdict, _point(cell, refuse), uses[named], refuse)


def _headings(row: Sequence[str]) -> dict[str, int]:
    spellings = {name: key for key, label in _COLUMNS.items() for name in (key, label)}
    places: dict[str, int] = {}
    for at, heading in enumerate(row):
        key = spellings.get(heading.strip())
        if key is None:
            raise BadTraceability(f"没有“{heading.strip()}”这一列。可用：{'、'.join(_COLUMNS)}。", 1)
        if key in places:
            raise BadTraceability(f"列“{heading.strip()}”重复。", 1)
        places[key] = at
    for key in ("number", "date", "passed", "error", "standards"):
        if key not in places:
            raise BadTraceability(f"缺少列“{key}”（{_COLUMNS[key]}）。", 1)
    return places


def _use(standards: str, sensitivity: str, refuse: Refuse) -> Use:
    codes = [code.strip() for code in standards.split(";") if code.strip()]
    values = [as_number(value, refuse) for value in sensitivity.split(";") if value.strip()]
    if values and len(values) != len(codes):
        raise refuse(f"有 {len(codes)} 个标准器、{len(values)} 个灵敏系数，应当一样多。")
    if len(set(codes)) != len(codes):
        raise refuse("标准器重复。")
    return tuple(zip(codes, values or [_MATERIAL_MEASURE] * len(codes), strict=True))


def _point(cell: Mapping[str, Any], refuse: Refuse) -> tuple[float, float, float, float]:
    """Return error, limits and uncertainty of a row or of a mapping."""

    def optional(key: str, default: float) -> float:
        value = cell.get(key)
        return default if value is None or value == "" else as_number(value, refuse)

    error = as_number(cell.get("error"), refuse)
    mpe = optional("mpe", inf)
    if mpe <= 0:
        raise refuse(f"最大允许误差应当大于零，这里是 {mpe:g}。")
    lower, upper = optional("lower", -mpe), optional("upper", mpe)
    return error, lower, upper, optional("standard_uncertainty", 0.0)


def _add(records: Records, fields: Fields) -> None:
    number, day = fields.needed_text("number"), fields.needed_day("date").toordinal()
    if not isinstance(fields.needed("passed"), bool):
        raise fields.refuse("应为 true 或 false。", "passed")
    common = _mapped_use(fields) if "standards" in fields else ()
    fields.needed("points")
    points = list(fields.each("points", _POINT))
    if not points:
        raise fields.refuse("一个点也没有。", "points")
    for point in points:
        use = _mapped_use(point) if "standards" in point else common
        records.add(number, day, fields.flag("passed"), _point(point.values, point.refuse), use, point.refuse)


def _mapped_use(fields: Fields) -> Use:
    """Return the standards of a verification or a point: a list, or a mapping to sensitivities."""
    if isinstance(fields.values["standards"], list):
        return as_use(dict.fromkeys(fields.texts("standards"), _MATERIAL_MEASURE))
    given = fields.child("standards")
    return as_use({str(code): given.needed_number(code) for code in given.values})


def _history(fields: Fields, code: str) -> tuple[History, Finding | None]:
    calibrations = tuple(_calibrations(fields))
    if not calibrations:
        raise fields.refuse("一次校准也没有。", "calibrations")
    history = History(code, calibrations)
    if "diffusion" in fields:
        diffusion = fields.needed_number("diffusion")
        if diffusion < 0:
            raise fields.refuse(f"随机游走系数应当不小于零，这里是 {diffusion:g}。", "diffusion")
        return replace(history, diffusion=diffusion), None
    walks = [each for at, each in enumerate(calibrations) if at and each.course is Course.RANDOM]
    if not walks:
        return history, None
    diffusion = estimate_diffusion(calibrations)
    text = (
        f"标准器“{code}”没有给出随机游走系数，按 {len(calibrations)} 次校准估计为 {diffusion:.3g}；"
        "校准次数少时，概率只能作参考。"
    )
    data = {"standard": code, "diffusion": diffusion, "calibrations": len(calibrations)}
    return replace(history, diffusion=diffusion), Finding("diffusion_estimated", text, data)


def _calibrations(fields: Fields) -> Iterator[Calibration]:
    before: Calibration | None = None
    for each in fields.each("calibrations", _CALIBRATION):
        day = each.needed_day("date").toordinal()
        if before is not None and day <= before.day:
            raise each.refuse("校准应当按日期排列，一天一次。", "date")
        if before is not None:
            each.needed("found")
        course = each.text("course", Course.RANDOM.value)
        if course not in set(Course):
            raise each.refuse(f"没有“{course}”。可用：{'、'.join(Course)}。", "course")
        u = each.needed_number("standard_uncertainty")
        if u < 0:
            raise each.refuse(f"标准不确定度应当不小于零，这里是 {u:g}。", "standard_uncertainty")
        before = Calibration(
            day,
            u,
            each.needed_number("found") if "found" in each else None,
            each.number("left", 0.0),
            each.text("by"),
            each.number("sensitivity", 1.0),
            Course(course),
        )
        yield before


def _population(fields: Fields) -> Population:
    try:
        return Population(
            fields.number("mean", 0.0), fields.needed_number("sd"), fields.number("correlation", 0.0)
        )
    except BadTraceability as error:
        raise error if error.line is not None or error.where else fields.refuse(error.reason) from None
