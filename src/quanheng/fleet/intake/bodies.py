"""What a utility sends at once: CSV, NDJSON or Parquet in the long form, checked row by row, into one segment.

Rows that cannot be are told by line and left out, as `quanheng fleet import` does; the others are kept.  Whether area and
meter are known is seen when the segment is stored.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quanheng.base.disk import replacing
from quanheng.fleet.intake.rows import (
    COLUMNS,
    ENERGY_HEADING,
    BadReading,
    Row,
    Times,
    name_reason,
    read_json,
    row_of,
)
from quanheng.fleet.intake.segments import segment_name
from quanheng.fleet.readings_import.headings import INTERVALS, REGISTERS, VOLTAGE_COLUMNS
from quanheng.fleet.readings_import.numbers import numbers
from quanheng.fleet.readings_import.refusals import BadImport
from quanheng.fleet.readings_import.rejections import Rejections, origins
from quanheng.fleet.readings_import.sources import Batch, batches, texts

CSV, NDJSON, PARQUET = "text/csv", "application/x-ndjson", "application/vnd.apache.parquet"
MEDIA = {
    CSV: CSV,
    "application/csv": CSV,
    NDJSON: NDJSON,
    "application/ndjson": NDJSON,
    "application/jsonl": NDJSON,
    PARQUET: PARQUET,
    "application/x-parquet": PARQUET,
}
MAX_ROWS = 5_000_000
_NEEDED = ("area", "meter", "timestamp", "kwh")
_ROWS_AT_ONCE = 50_000
_MOST_LINE = 1 << 16  # [bytes] of a reading as JSON
_MOST_UNPACKED = 512 << 20  # [bytes] of a Parquet file
_GZIP = b"\x1f\x8b"
_VOLTAGES = (*VOLTAGE_COLUMNS, "volts")


@dataclass(slots=True)
class Received:
    """What became of a body."""

    sha256: str
    kind: str = INTERVALS
    rows: int = 0
    kept: int = 0
    segment: str = ""  # "": nothing was kept
    rejections: Rejections = field(default_factory=Rejections)


def receive(
    body: Path, media: str, folder: Path, source: str, times: Times, now: datetime, *, kind: str | None = None
) -> Received:
    """Write the rows of ``body`` that can be into a segment of ``folder``, whole and on the disk, or nothing.

    ``media`` is one of CSV, NDJSON, PARQUET.  ``kind`` is what the energies are; None: as their heading says,
    else of intervals.

    Raises
    ------
    BadImport
        unreadable, headings, too_large.
    OSError
        The disk refuses.
    """
    with body.open("rb") as stream:
        received = Received(hashlib.file_digest(stream, "sha256").hexdigest())
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    parts = (
        _of_ndjson(body, times, now, kind or INTERVALS, received)
        if media == NDJSON
        else _of_table(body, media, times, now, received)
    )
    with tempfile.TemporaryDirectory(prefix=".parts-", dir=folder) as aside:
        path = Path(aside) / "kept.parquet"
        said = _write(path, parts, received)
        received.kind = kind or said or INTERVALS
        if received.kept:
            # The hash is in the name: a body that comes again writes the same segment.
            stamped = segment_name(now, f"{source}-{received.sha256[:32]}", received.kind, ".parquet")
            received.segment = stamped
            table = pq.read_table(path)
            names = [ENERGY_HEADING[received.kind] if name == "kwh" else name for name in table.column_names]
            with replacing(folder / stamped, mode=0o600) as stream:
                pq.write_table(
                    table.rename_columns(names), stream, compression="zstd", write_page_checksum=True
                )
    if not received.rows:
        raise BadImport("unreadable", "没有一行读数。")
    return received


def _write(path: Path, parts: Iterator[tuple[pa.Table, str | None]], received: Received) -> str | None:
    """Write the parts; return what the heading says that the energies are."""
    writer: pq.ParquetWriter | None = None
    said: str | None = None
    try:
        for part, says in parts:
            said = says
            received.kept += part.num_rows
            if part.num_rows:
                writer = writer or pq.ParquetWriter(path, part.schema)
                writer.write_table(part.cast(writer.schema))
    finally:
        if writer is not None:
            writer.close()
    return said


def _of_table(
    body: Path, media: str, times: Times, now: datetime, received: Received
) -> Iterator[tuple[pa.Table, str | None]]:
    _check_form(body, media)
    for batch in batches(body, _NEEDED, received.rejections):
        received.rows += len(batch.origins)
        _check_count(received.rows)
        try:
            checked = _checked(batch, times, now, received.rejections)
        except (pa.ArrowException, OverflowError, ValueError) as error:
            raise BadImport("unreadable", "有的列不是文字、时间或数。") from error
        yield checked, batch.headings.kind
    received.rows += received.rejections.counts["columns"]


def _check_form(body: Path, media: str) -> None:
    with body.open("rb") as stream:
        magic = stream.read(4)
    if magic.startswith(_GZIP):
        raise BadImport("unreadable", "请不要压缩；CSV 太大时用 Parquet。")
    if (magic == b"PAR1") != (media == PARQUET):
        raise BadImport("unreadable", f"内容不是 {media}。")
    if media == PARQUET:
        try:
            with pq.ParquetFile(body) as file:
                _check_count(file.metadata.num_rows)
                _check_unpacked(file.metadata)
        except (pa.ArrowException, OSError) as error:
            raise BadImport("unreadable", "不是完整的 Parquet 文件。") from error


def _check_unpacked(said: pq.FileMetaData) -> None:
    """Refuse what is small only as long as it is packed."""
    if sum(said.row_group(at).total_byte_size for at in range(said.num_row_groups)) > _MOST_UNPACKED:
        raise BadImport("too_large", f"解开后超过 {_MOST_UNPACKED >> 20} MiB，请分几次发送。")


def _check_count(rows: int) -> None:
    if rows > MAX_ROWS:
        raise BadImport("too_large", f"超过 {MAX_ROWS} 行，请分几次发送。")


def _checked(batch: Batch, times: Times, now: datetime, rejections: Rejections) -> pa.Table:
    """Return the rows of a batch that can be; reject the others, once each."""
    good = np.ones(len(batch.origins), dtype=bool)
    columns: dict[str, pa.Array] = {}

    def refuse(bad: NDArray[np.bool_], field: str, reason: str) -> None:
        rows = np.flatnonzero(good & bad)
        shown = [str(batch.columns[field][int(row)].as_py())[:60] for row in rows[: rejections.room]]
        rejections.add(batch.origins[rows], batch.headings.columns[field], reason, shown)

    for name in ("area", "meter"):
        coded = texts(batch.columns[name])
        words = [text or "" for text in coded.dictionary.to_pylist()]
        whys = [name_reason(word) if word else f"no_{name}" for word in words] + [f"no_{name}"]
        at = pc.fill_null(coded.indices, len(words)).to_numpy(zero_copy_only=False)
        empty = np.array([why.startswith("no_") for why in whys])[at]
        bad = np.array([bool(why) for why in whys])[at] & ~empty
        refuse(empty, name, f"no_{name}")
        refuse(bad, name, "wrong_type")
        good &= ~(empty | bad)
        columns[name] = coded.cast(pa.string())
    written = batch.columns["timestamp"]
    if not pa.types.is_timestamp(written.type):
        written = pc.utf8_trim_whitespace(pc.cast(written, pa.string()))
    columns["timestamp"] = written
    found = pc.dictionary_encode(written)
    reasons = [times.reason("" if one is None else one, now) for one in found.dictionary.to_pylist()]
    why = np.array([*reasons, "bad_time"])[pc.fill_null(found.indices, len(reasons)).to_numpy()]
    for reason in sorted(set(why) - {""}):
        refuse(why == reason, "timestamp", reason)
    good &= why == ""
    value, bad = numbers(batch.columns["kwh"])
    refuse(bad, "kwh", "not_a_number")
    good &= ~bad
    columns["kwh"] = pa.array(value, from_pandas=True)
    for name in _VOLTAGES:
        columns[name] = _volts(batch, name, good, rejections)
    for name in ("phase", "role"):
        columns[name] = texts(batch.columns[name]).cast(pa.string()) if name in batch.columns else None
    table = pa.table(
        {
            name: pa.nulls(len(good), pa.string()) if columns[name] is None else columns[name]
            for name in COLUMNS
        }
    )
    return table.filter(pa.array(good))


def _volts(batch: Batch, name: str, good: NDArray[np.bool_], rejections: Rejections) -> pa.Array:
    """Return a voltage, null where none was measured; what is no voltage is told, and the row kept without it."""
    if name not in batch.columns:
        return pa.nulls(len(good), pa.float64())
    value, bad = numbers(batch.columns[name])
    with np.errstate(invalid="ignore"):
        low = value <= 0
    for wrong, reason in ((bad, "not_a_number"), (low, "voltage_not_positive")):
        rows = np.flatnonzero(good & wrong)
        rejections.add(batch.origins[rows], batch.headings.columns[name], reason)
    return pa.array(np.where(low, np.nan, value), from_pandas=True)


def _of_ndjson(
    body: Path, times: Times, now: datetime, kind: str, received: Received
) -> Iterator[tuple[pa.Table, str | None]]:
    number = received.rejections.file(body.name)
    rows: list[Row] = []
    says: str | None = None
    with body.open("rb") as stream:
        for at, line in enumerate(iter(lambda: stream.readline(_MOST_LINE), b""), start=1):
            if len(line) == _MOST_LINE:
                raise BadImport("too_large", f"第 {at} 行超过 {_MOST_LINE >> 10} KiB。")
            if not line.strip():
                continue
            received.rows += 1
            _check_count(received.rows)
            try:
                row = row_of(read_json(line), times, now, kind=says or kind)
            except BadReading as error:
                received.rejections.add(origins(number, np.array([at])), "", error.reason, error.detail)
                continue
            if row.kind != (says or row.kind):
                said = "示值和区间电量请分开发送"
                received.rejections.add(origins(number, np.array([at])), "", "wrong_type", said)
                continue
            says = row.kind
            rows.append(row)
            if len(rows) >= _ROWS_AT_ONCE:
                yield _table(rows), says
                rows = []
    yield _table(rows), says


def _table(rows: list[Row]) -> pa.Table:
    columns = zip(*(row.cells for row in rows), strict=True) if rows else [()] * len(COLUMNS)
    made = {}
    for name, cells in zip(COLUMNS, columns, strict=True):
        if name in {"kwh", *_VOLTAGES}:
            made[name] = pa.array([float(cell) if cell else None for cell in cells], pa.float64())
        else:
            made[name] = pa.array(cells, pa.string())
    return pa.table(made)


KINDS = {"intervals": INTERVALS, "registers": REGISTERS}
