"""The results of a run: OUT.parquet, one row per meter, and OUT.areas.parquet, one row per area.

Rows stand in the order of area, then meter; equal estimates give equal bytes.  Needs no Django and no database.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from math import isfinite
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from quanheng import __version__
from quanheng.base.disk import replacing
from quanheng.kernels.fleet.results import (
    CONFORMING,
    JUDGED,
    OUT_OF_TOLERANCE,
    UNDETERMINED,
    UNUSABLE,
    WITHHELD,
    AreaEstimate,
    FleetFinding,
)

METERS = pa.schema(
    [
        ("area_id", pa.string()),
        ("meter_id", pa.string()),
        ("status", pa.string()),
        ("error_percent", pa.float64()),
        ("standard_uncertainty_percent", pa.float64()),
        ("probability_out_of_tolerance", pa.float64()),
        ("energy_share", pa.float64()),
        ("reason", pa.string()),
        ("mpe_percent", pa.float64()),
    ]
)
_LATER = frozenset({"mpe_percent"})  # columns that files of before 24 November 2026 do not have
AREAS = pa.schema(
    [
        ("area_id", pa.string()),
        ("status", pa.string()),
        ("findings", pa.string()),
        ("loss_kwh", pa.float64()),
        ("loss_percent", pa.float64()),
        ("residual_sd_kwh", pa.float64()),
    ]
)
_METER_STATUSES = frozenset({OUT_OF_TOLERANCE, CONFORMING, UNDETERMINED})
_AREA_STATUSES = frozenset({JUDGED, WITHHELD, UNUSABLE})
_NUMBERS = (
    "error_percent",
    "standard_uncertainty_percent",
    "probability_out_of_tolerance",
    "energy_share",
    "mpe_percent",
)
_AREA_NUMBERS = ("loss_kwh", "loss_percent", "residual_sd_kwh")
_GROUP_ROWS = 65_536  # of a row group: what is held in memory, whatever the number of areas
_VERSION, _SINCE, _UNTIL = b"quanheng.version", b"quanheng.since", b"quanheng.until"

_Row = dict[str, Any]


class BadResults(ValueError):
    """A file that is no result of a run; the reason is Chinese, for the reader."""


@dataclass(frozen=True, slots=True)
class About:
    """Which readings a file is of: both days inclusive, None where the run took them all."""

    version: str
    since: date | None
    until: date | None


def areas_path(path: Path) -> Path:
    """Return where the areas of the results ``path`` stand: OUT.areas.parquet beside OUT.parquet."""
    return path.with_name(path.name.removesuffix(".parquet") + ".areas.parquet")


def write_results(
    path: Path, estimates: Iterable[AreaEstimate], *, since: date | None = None, until: date | None = None
) -> None:
    """Write both files of a run; they appear together at the end, or not at all.

    Raises
    ------
    ValueError
        Areas that are not in the order of their identifiers, or twice.
    OSError
        The disk refused.
    """
    known = {_VERSION: __version__, _SINCE: _iso(since), _UNTIL: _iso(until)}
    with ExitStack() as stack:
        meters = stack.enter_context(replacing(path))
        areas = stack.enter_context(replacing(areas_path(path)))
        _write(meters, areas, estimates, known)


def read_results(path: Path) -> Iterator[AreaEstimate]:
    """Yield the areas of a run in their order, without holding them all.

    Raises
    ------
    BadResults
        Another format, a value that cannot be, areas or meters out of order, meters of no area.
    OSError
        A file cannot be read.
    """
    rows = groupby(_checked(path, METERS), key=itemgetter("area_id"))
    area_id, meters = next(rows, (None, iter(())))
    before = None
    for area in _checked(areas_path(path), AREAS):
        if before is not None and area["area_id"] <= before:
            raise BadResults(f"台区“{area['area_id']}”重复，或没有按编号排列。")
        before = area["area_id"]
        is_next = area_id == before
        yield _estimate(area, list(meters) if is_next else [])
        if is_next:
            area_id, meters = next(rows, (None, iter(())))
    if area_id is not None:
        raise BadResults(f"台区“{area_id}”有电能表，却不在 {areas_path(path).name} 的应有位置。")


def read_area_result(path: Path, area_id: str) -> AreaEstimate | None:
    """Return one area of a run, None where it holds no such area.  Raises as `read_results`."""
    areas = list(_checked(areas_path(path), AREAS, only=area_id))
    if not areas:
        return None
    if len(areas) > 1:
        raise BadResults(f"台区“{area_id}”重复。")
    return _estimate(areas[0], list(_checked(path, METERS, only=area_id)))


def about(path: Path) -> About:
    """Return which readings a file is of, and the version that estimated it.  Raises as `read_results`."""
    known = _opened(path, METERS).schema_arrow.metadata or {}
    try:
        days = [
            date.fromisoformat(text) if (text := known.get(key, b"").decode()) else None
            for key in (_SINCE, _UNTIL)
        ]
        return About(known.get(_VERSION, b"").decode(), *days)
    except ValueError:
        raise BadResults(f"{path.name} 的日期无法识别。") from None


def _write(
    meters: BinaryIO, areas: BinaryIO, estimates: Iterable[AreaEstimate], known: Mapping[bytes, str]
) -> None:
    kept = {key: value.encode() for key, value in known.items()}
    with (
        pq.ParquetWriter(meters, METERS.with_metadata(kept), compression="zstd") as meter_writer,
        pq.ParquetWriter(areas, AREAS.with_metadata(kept), compression="zstd") as area_writer,
    ):
        meter_rows: list[_Row] = []
        area_rows: list[_Row] = []
        before = None
        for each in estimates:
            if before is not None and each.area_id <= before:
                raise ValueError(f"areas out of order: {each.area_id!r} after {before!r}")
            before = each.area_id
            area_rows.append(_area_row(each))
            meter_rows.extend(_meter_rows(each))
            if len(meter_rows) + len(area_rows) >= _GROUP_ROWS:
                meter_writer.write_table(pa.Table.from_pylist(meter_rows, METERS))
                area_writer.write_table(pa.Table.from_pylist(area_rows, AREAS))
                meter_rows, area_rows = [], []
        meter_writer.write_table(pa.Table.from_pylist(meter_rows, METERS))
        area_writer.write_table(pa.Table.from_pylist(area_rows, AREAS))


def _area_row(each: AreaEstimate) -> _Row:
    findings = [
        {"code": found.code, "meter_id": found.meter_id, "text": found.text, "data": _plain(found.data)}
        for found in each.findings
    ]
    return {
        "area_id": each.area_id,
        "status": each.status,
        "findings": json.dumps(findings, ensure_ascii=False, allow_nan=False),
        **{name: _number(getattr(each, name)) for name in _AREA_NUMBERS},
    }


def _meter_rows(each: AreaEstimate) -> Iterator[_Row]:
    for at in sorted(range(len(each.meter_ids)), key=lambda at: each.meter_ids[at]):
        yield {
            "area_id": each.area_id,
            "meter_id": each.meter_ids[at],
            "status": each.meter_status[at],
            **{name: _number(getattr(each, name)[at]) for name in _NUMBERS},
            "reason": each.reason[at],
        }


def _opened(path: Path, schema: pa.Schema) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowException:
        raise BadResults(f"{path.name} 不是 Parquet 文件，或不完整。") from None
    missing = [name for name in schema.names if name not in file.schema_arrow.names and name not in _LATER]
    if missing:
        raise BadResults(f"{path.name} 缺少列：{'、'.join(missing)}。")
    return file


def _checked(path: Path, schema: pa.Schema, only: str | None = None) -> Iterator[_Row]:
    """Yield the rows of a file, all or of one area, each with its values checked."""
    check = _check_meter if schema is METERS else _check_area
    with _opened(path, schema) as file:
        try:
            for group in range(file.num_row_groups):
                if only is not None and not _may_hold(file.metadata.row_group(group), only):
                    continue
                for row in _in_schema(file.read_row_group(group, columns=schema.names), schema).to_pylist():
                    if only is None or row["area_id"] == only:
                        check(row)
                        yield row
        except (pa.ArrowException, UnicodeDecodeError):
            raise BadResults(f"{path.name} 的内容无法读取，文件可能不完整。") from None


def _in_schema(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with all columns, null where an older file has none."""
    for name in schema.names:
        if name not in table.column_names:
            table = table.append_column(schema.field(name), pa.nulls(table.num_rows, schema.field(name).type))
    return table.select(schema.names).cast(schema)


def _may_hold(group: Any, area_id: str) -> bool:
    for at in range(group.num_columns):
        column = group.column(at)
        if column.path_in_schema == "area_id" and column.statistics and column.statistics.has_min_max:
            return bool(column.statistics.min <= area_id <= column.statistics.max)
    return True


def _check_meter(row: _Row) -> None:
    name = f"台区“{row['area_id']}”的电能表“{row['meter_id']}”"
    if not row["area_id"] or not row["meter_id"]:
        raise BadResults("有的行没有台区编号或电能表编号。")
    if row["status"] not in _METER_STATUSES:
        raise BadResults(f"{name}：没有“{row['status']}”这个状态。")
    if any(row[each] is not None and not isfinite(row[each]) for each in _NUMBERS):
        raise BadResults(f"{name}：数值无法识别。")
    uncertainty, probability = row["standard_uncertainty_percent"], row["probability_out_of_tolerance"]
    if uncertainty is not None and uncertainty < 0:
        raise BadResults(f"{name}：标准不确定度小于零。")
    if probability is not None and not 0 <= probability <= 1:
        raise BadResults(f"{name}：概率不在 0 与 1 之间。")
    if row["mpe_percent"] is not None and not 0 < row["mpe_percent"] < 100:  # noqa: PLR2004 - percent
        raise BadResults(f"{name}：最大允许误差应大于 0、小于 100。")
    if row["status"] == OUT_OF_TOLERANCE and None in (row["error_percent"], uncertainty, probability):
        raise BadResults(f"{name}：疑似超差，却没有误差、不确定度和概率。")


def _check_area(row: _Row) -> None:
    if not row["area_id"]:
        raise BadResults("有的行没有台区编号。")
    if row["status"] not in _AREA_STATUSES:
        raise BadResults(f"台区“{row['area_id']}”：没有“{row['status']}”这个状态。")
    if any(row[each] is not None and not isfinite(row[each]) for each in _AREA_NUMBERS):
        raise BadResults(f"台区“{row['area_id']}”：数值无法识别。")


def _estimate(area: _Row, meters: Sequence[_Row]) -> AreaEstimate:
    meter_ids = tuple(row["meter_id"] for row in meters)
    if any(first >= second for first, second in pairwise(meter_ids)):
        raise BadResults(f"台区“{area['area_id']}”的电能表重复，或没有按编号排列。")
    if area["status"] != JUDGED and any(row["status"] == OUT_OF_TOLERANCE for row in meters):
        raise BadResults(f"台区“{area['area_id']}”没有判断，却有疑似超差的电能表。")
    numbers = {name: np.array([_float(row[name]) for row in meters], dtype=np.float64) for name in _NUMBERS}
    return AreaEstimate(
        area_id=area["area_id"],
        status=area["status"],
        findings=_findings(area),
        meter_ids=meter_ids,
        meter_status=tuple(row["status"] for row in meters),
        reason=tuple(row["reason"] or "" for row in meters),
        loss_kwh=_float(area["loss_kwh"]),
        loss_percent=_float(area["loss_percent"]),
        residual_sd_kwh=_float(area["residual_sd_kwh"]),
        **numbers,
    )


def _findings(area: _Row) -> tuple[FleetFinding, ...]:
    try:
        return tuple(
            FleetFinding(str(row["code"]), str(row["text"]), row["meter_id"], dict(row["data"]))
            for row in json.loads(area["findings"])
        )
    except (TypeError, KeyError, ValueError, RecursionError):
        raise BadResults(f"台区“{area['area_id']}”的发现无法识别。") from None


def _plain(value: object) -> object:
    """Return a value as JSON can hold it; NaN becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return _number(value)
    return value if value is None or isinstance(value, bool | int) else str(value)


def _number(value: float) -> float | None:
    return float(value) if isfinite(value) else None


def _float(value: float | None) -> float:
    return float("nan") if value is None else value


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
