"""Tables in files, batch by batch: CSV (UTF-8, GB18030, gzip) and Parquet."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quanheng.fleet.readings_import.headings import Headings, read_headings
from quanheng.fleet.readings_import.refusals import BadImport
from quanheng.fleet.readings_import.rejections import Rejections, origins
from quanheng.kernels.ledger.delimited import decode
from quanheng.kernels.ledger.refusals import UnreadableLedger

_BLOCK_BYTES = 16 << 20
_SAMPLE_BYTES = 1 << 20
_PARQUET_ROWS = 1 << 18
_LONGEST_TEXT = 1 << 9  # [bytes] of a cell of Parquet, which may be one for many rows
_DELIMITERS = (",", "\t", ";", "|")
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_FAILURES = (pa.ArrowException, OSError, EOFError, UnicodeError, zlib.error)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some rows of a file, by field; CSV has texts only."""

    columns: dict[str, pa.Array]
    origins: NDArray[np.int64]  # (R,)
    headings: Headings
    done_bytes: int


def batches(path: Path, needed: Sequence[str], rejections: Rejections) -> Iterator[Batch]:
    """Yield the rows of a file; rows of another width are rejected.

    Raises
    ------
    BadImport
        not_found, unreadable, headings.
    """
    if not path.is_file():
        raise BadImport("not_found", f"没有文件 {path}。")
    try:
        with path.open("rb") as stream:
            magic = stream.read(len(_PARQUET))
            stream.seek(0)
            if magic == _PARQUET:
                yield from _parquet(path, stream, needed, rejections)
            else:
                yield from _csv(path, stream, needed, rejections, is_gzip=magic.startswith(_GZIP))
    except _FAILURES as error:
        raise BadImport("unreadable", f"{path.name} 读到一半无法继续：{error}") from error


def _parquet(path: Path, stream: BinaryIO, needed: Sequence[str], rejections: Rejections) -> Iterator[Batch]:
    number = rejections.file(path.name)
    said = pq.ParquetFile(stream)
    headings = read_headings(said.schema_arrow.names, needed, path.name)
    names = list(headings.columns.values())
    file = pq.ParquetFile(stream, metadata=said.metadata, read_dictionary=_text_columns(said, names))
    done = 0
    for batch in file.iter_batches(_PARQUET_ROWS, columns=names, use_threads=False):
        lines = np.arange(done + 1, done + batch.num_rows + 1)
        done += batch.num_rows
        columns = {field: _plain(batch.column(name), path) for field, name in headings.columns.items()}
        yield Batch(columns, origins(number, lines), headings, stream.tell())


def _text_columns(file: pq.ParquetFile, names: Sequence[str]) -> list[str]:
    kinds = {name: file.schema_arrow.field(name).type for name in names}
    return [name for name, kind in kinds.items() if _is_text(kind)]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_string(kind))


def _longest(texts: pa.Array) -> int:
    return pc.max(pc.binary_length(texts)).as_py() or 0


def _plain(column: pa.Array, path: Path) -> pa.Array:
    """Return a column without its dictionary.  BadImport: a text too long to be repeated in each row."""
    if not pa.types.is_dictionary(column.type):
        return column
    if _is_text(column.type.value_type) and _longest(column.dictionary) > _LONGEST_TEXT:
        raise BadImport("unreadable", f"{path.name}：有一格超过 {_LONGEST_TEXT} B。")
    return column.dictionary_decode()


def _csv(
    path: Path, stream: BinaryIO, needed: Sequence[str], rejections: Rejections, *, is_gzip: bool
) -> Iterator[Batch]:
    number = rejections.file(path.name)
    encoding, delimiter, names = _header(path, stream, is_gzip=is_gzip)
    headings = read_headings(names, needed, path.name)
    skipped: list[int] = []

    def skip(row: pv.InvalidRow) -> str:
        skipped.append(row.number)
        said = f"{row.actual_columns} 列，应为 {row.expected_columns} 列"
        rejections.add(origins(number, np.array([row.number])), "", "columns", said)
        return "skip"

    source = pa.CompressedInputStream(pa.PythonFile(stream), "gzip") if is_gzip else pa.PythonFile(stream)
    reader = pv.open_csv(
        source,
        pv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES, encoding=encoding),
        pv.ParseOptions(delimiter=delimiter, invalid_row_handler=skip, ignore_empty_lines=False),
        pv.ConvertOptions(
            column_types=dict.fromkeys(headings.columns.values(), pa.string()),
            include_columns=list(headings.columns.values()),
            strings_can_be_null=False,
        ),
    )
    done = 0
    for batch in reader:
        rows = np.arange(done, done + batch.num_rows)
        done += batch.num_rows
        columns = {field: batch.column(name) for field, name in headings.columns.items()}
        yield Batch(columns, origins(number, _lines(rows, skipped)), headings, stream.tell())


def _header(path: Path, stream: BinaryIO, *, is_gzip: bool) -> tuple[str, str, list[str]]:
    """Return (encoding, delimiter, headings) by the beginning of a file, and go back to it."""
    with gzip.open(stream) if is_gzip else nullcontext(stream) as plain:
        sample = plain.read(_SAMPLE_BYTES)
    stream.seek(0)
    whole_lines = sample[: sample.rfind(b"\n") + 1] if len(sample) == _SAMPLE_BYTES else sample
    try:
        text, encoding = decode(whole_lines)
    except UnreadableLedger as error:
        raise BadImport("unreadable", f"{path.name}：{error.text}") from error
    first = text.lstrip("\ufeff").split("\n", 1)[0].rstrip("\r")
    delimiter = max(_DELIMITERS, key=first.count)
    return encoding, delimiter, next(csv.reader([first], delimiter=delimiter), [])


def _lines(rows: NDArray[np.int64], skipped: Sequence[int]) -> NDArray[np.int64]:
    """Return the lines of rows counted from 0 below the heading, with lines left out in between."""
    before = np.array(skipped, dtype=np.int64) - np.arange(len(skipped)) - 2
    return rows + 2 + np.searchsorted(before, rows, side="right")


def table_rows(path: Path) -> tuple[list[dict[str, str]], Headings]:
    """Return (rows of a small table by field, each also with its ``line``; its headings), as a list of meters.

    Raises BadImport: as `batches`; meters for a row of another width.
    """
    rejections = Rejections()
    rows: list[dict[str, str]] = []
    headings = Headings({}, (), None)
    for batch in batches(path, ("area", "meter"), rejections):
        headings = batch.headings
        columns = {field: pc.cast(column, pa.string()).to_pylist() for field, column in batch.columns.items()}
        for at, origin in enumerate(batch.origins):
            row = {field: (values[at] or "").strip() for field, values in columns.items()}
            rows.append(row | {"line": str(rejections.place(int(origin))[1])})
    if rejections.rows:
        raise BadImport("meters", f"{path.name} 第 {rejections.rows[0].line} 行：{rejections.rows[0].text}")
    return rows, headings


def texts(column: pa.Array) -> pa.DictionaryArray:
    """Return a column as texts without blanks around them, each once."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not pa.types.is_string(column.type):
        column = pc.cast(column, pa.string())
    coded = pc.dictionary_encode(column)
    trimmed = pc.utf8_trim_whitespace(coded.dictionary)
    again = pc.dictionary_encode(trimmed)
    if len(again.dictionary) == len(coded.dictionary):
        return pa.DictionaryArray.from_arrays(coded.indices, trimmed)
    return pa.DictionaryArray.from_arrays(pc.take(again.indices, coded.indices), again.dictionary)
