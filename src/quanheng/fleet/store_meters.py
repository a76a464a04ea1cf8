"""meters.parquet: who is the master, and what is recorded of the consumers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quanheng.fleet.places import AnyPlace, source
from quanheng.fleet.store_errors import BadArea
from quanheng.fleet.store_files import METERS, stored
from quanheng.kernels.fleet.area import Phase

MASTER, CONSUMER = "master", "consumer"
# Where none is recorded: class 2 of GB/T 17215.321 for a consumer, class 0.5S for a master.
CONSUMER_MPE_PERCENT, MASTER_MPE_PERCENT = 2.0, 0.5
_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Meters:
    """The meters of one area; consumers in the order of their identifiers."""

    area_id: str
    master_id: str
    master_mpe_percent: float
    consumer_ids: tuple[str, ...]  # (n,)
    phase: NDArray[np.int8]  # (n,)
    mpe_percent: NDArray[np.float64]  # (n,)


def read_meters(folder: AnyPlace) -> Meters:
    """Read the meters of an area.

    Raises
    ------
    BadArea
        bad_file: no file, another schema, an unknown role, a meter that stands twice, several areas.
        missing_master: no master, or several. too_few_data: no consumer.
    """
    rows = meter_rows(folder)
    area_ids = {str(row["area_id"]) for row in rows}
    if len(area_ids) != 1:
        raise BadArea("bad_file", f"{METERS} 应当只写一个台区，写了 {len(area_ids)} 个。")
    masters = [row for row in rows if row["role"] == MASTER]
    if len(masters) != 1:
        names = [str(row["meter_id"]) for row in masters]
        text = (
            f"有 {len(names)} 只总表：{'、'.join(names[:_SHOWN])}。"
            if names
            else f"{METERS} 没有写哪只是总表。"
        )
        raise BadArea("missing_master", text, {"masters": names})
    consumers = sorted((row for row in rows if row["role"] == CONSUMER), key=lambda row: str(row["meter_id"]))
    if not consumers:
        raise BadArea("too_few_data", f"{METERS} 中没有用户表。")
    return Meters(
        area_ids.pop(),
        str(masters[0]["meter_id"]),
        _mpe(masters[0], MASTER_MPE_PERCENT),
        tuple(str(row["meter_id"]) for row in consumers),
        np.array([Phase.of(_text(row["phase"])) for row in consumers], dtype=np.int8),
        np.array([_mpe(row, CONSUMER_MPE_PERCENT) for row in consumers]),
    )


def meter_rows(folder: AnyPlace) -> list[dict[str, object]]:
    """Return the rows of meters.parquet as they stand; missing columns are None.  BadArea: bad_file."""
    path = stored(folder, METERS)
    if not path.is_file():
        raise BadArea("bad_file", f"没有 {METERS}。")
    try:
        with pq.ParquetFile(**source(path)) as file:
            table = file.read(use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise BadArea("bad_file", f"{METERS} 不是完整的 Parquet 文件。", {"error": str(error)}) from error
    if missing := [name for name in ("area_id", "meter_id", "role") if name not in table.column_names]:
        raise BadArea("bad_file", f"{METERS} 没有这些列：{'、'.join(missing)}。", {"columns": missing})
    rows = [{"phase": None, "mpe_percent": None, **row} for row in table.to_pylist()]
    _check_rows(rows)
    return rows


def _check_rows(rows: list[dict[str, object]]) -> None:
    if not rows:
        raise BadArea("missing_master", f"{METERS} 是空的。")
    ids = [row["meter_id"] for row in rows]
    if any(row[name] in (None, "") for row in rows for name in ("area_id", "meter_id")):
        raise BadArea("bad_file", f"{METERS} 中有一行没有写台区或表号。")
    if len(set(ids)) != len(ids):
        twice = sorted({str(meter) for meter in ids if ids.count(meter) > 1})
        raise BadArea("bad_file", f"{METERS} 中有表号重复：{'、'.join(twice[:_SHOWN])}。", {"meters": twice})
    if unknown := sorted({str(row["role"]) for row in rows} - {MASTER, CONSUMER}):
        raise BadArea(
            "bad_file", f"{METERS} 的 role 应为 {MASTER} 或 {CONSUMER}，写了：{'、'.join(unknown[:_SHOWN])}。"
        )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _mpe(row: dict[str, object], default: float) -> float:
    value = row["mpe_percent"]
    if value is None:
        return default
    if not isinstance(value, int | float) or not 0 < value < 100:  # noqa: PLR2004 - percent
        raise BadArea("bad_file", f"{METERS} 中 {row['meter_id']} 的最大允许误差应大于 0、小于 100。")
    return float(value)
