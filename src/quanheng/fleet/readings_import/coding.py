"""Rows of a file as numbers: which meter, when, how much; what is no number is rejected here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from quanheng.fleet.readings_import.book import Book
from quanheng.fleet.readings_import.headings import VOLTAGE_COLUMNS
from quanheng.fleet.readings_import.numbers import numbers
from quanheng.fleet.readings_import.rejections import Rejections
from quanheng.fleet.readings_import.sources import Batch, texts
from quanheng.fleet.readings_import.times import Clock

SCHEMA = pa.schema(
    [
        ("meter", pa.int32()),
        ("second", pa.int64()),
        ("value", pa.float64()),
        *((name, pa.float32()) for name in VOLTAGE_COLUMNS),
        ("volts", pa.float32()),
        ("origin", pa.int64()),
    ]
)
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Coder:
    """Turns batches into rows of `SCHEMA`."""

    book: Book
    clock: Clock
    rejections: Rejections

    def rows(self, batch: Batch) -> pa.RecordBatch:
        """Return the good rows of a batch; the others are rejected, once each, blank ones left out."""
        columns = batch.columns
        coded: dict[str, pa.DictionaryArray] = {
            name: texts(columns[name]) for name in ("area", "meter", "role", "phase") if name in columns
        }
        timestamps = _distinct(columns["timestamp"])
        meter, why_meter = self._meters(coded, len(batch.origins))
        second, why_time = _looked_up(timestamps, self.clock.seconds)
        value, bad = numbers(columns["kwh"])
        blank = np.isnan(value) & ~bad & _is_empty(timestamps) & _is_empty(coded["meter"])
        good = ~blank
        for codes, whys, column in ((meter, why_meter, "meter"), (second, why_time, "timestamp")):
            for at, why in enumerate(whys):
                rows = np.flatnonzero(good & (codes == _refused(at)))
                name = column if why not in {"no_area", "unknown_area"} else "area"
                self._reject(batch, rows, name, why)
            good &= codes > _refused(-1)
        self._reject(batch, np.flatnonzero(good & bad), "kwh", "not_a_number")
        good &= ~bad
        voltages = [self._volts(batch, name, good) for name in (*VOLTAGE_COLUMNS, "volts")]
        arrays: list[NDArray[Any]] = [meter.astype(np.int32), second, value, *voltages, batch.origins]
        if not good.all():
            arrays = [array[good] for array in arrays]
        return pa.record_batch([pa.array(array) for array in arrays], schema=SCHEMA)

    def _meters(self, coded: dict[str, pa.DictionaryArray], rows: int) -> tuple[Places, list[str]]:
        """Return the number of each row's meter; which distinct names occur is asked once per batch."""
        combined = np.zeros(rows, dtype=np.int64)
        names: list[list[str]] = []
        for column in coded.values():
            found = [text or "" for text in column.dictionary.to_pylist()] + [""]
            indices = pc.fill_null(column.indices, len(found) - 1).to_numpy(zero_copy_only=False)
            combined = combined * len(found) + indices
            names.append(found)

        def place(code: int) -> int | str:
            parts = []
            for found in reversed(names):
                code, at = divmod(code, len(found))
                parts.append(found[at])
            said = dict(zip(coded, reversed(parts), strict=True))
            return self.book.place(
                said.get("area"), said["meter"], said.get("role", ""), said.get("phase", "")
            )

        return _looked_up(pc.dictionary_encode(pa.array(combined)), place)

    def _volts(self, batch: Batch, name: str, good: NDArray[np.bool_]) -> NDArray[np.float32]:
        if name not in batch.columns:
            return np.full(len(good), np.nan, dtype=np.float32)
        volts, bad = numbers(batch.columns[name])
        self._reject(batch, np.flatnonzero(good & bad), name, "not_a_number")
        with np.errstate(invalid="ignore"):
            low = volts <= 0
        self._reject(batch, np.flatnonzero(good & low), name, "voltage_not_positive")
        return np.where(low, np.nan, volts).astype(np.float32)

    def _reject(self, batch: Batch, rows: Places, column: str, why: str) -> None:
        shown = batch.columns.get(column)
        details = (
            [str(shown[int(row)].as_py()) for row in rows[: self.rejections.room]]
            if shown is not None
            else ""
        )
        self.rejections.add(batch.origins[rows], batch.headings.columns.get(column, ""), why, details)


def _refused(at: int) -> int:
    """Return the code that stands for the reason ``at``; −1 gives the least code that stands for none."""
    return np.iinfo(np.int64).min + at + 1 if at >= 0 else np.iinfo(np.int64).min // 2


def _looked_up(coded: pa.DictionaryArray, find: Callable[..., int | str]) -> tuple[Places, list[str]]:
    """Return what each row's value is found to be, codes of reasons where it is none, and the reasons."""
    reasons: list[str] = []
    found = np.empty(len(coded.dictionary) + 1, dtype=np.int64)
    for at, value in enumerate([*coded.dictionary.to_pylist(), ""]):
        answer = find("" if value is None else value) if at < len(coded.dictionary) or coded.null_count else 0
        if isinstance(answer, str):
            if answer not in reasons:
                reasons.append(answer)
            answer = _refused(reasons.index(answer))
        found[at] = answer
    indices = pc.fill_null(coded.indices, len(coded.dictionary))
    return found[indices.to_numpy(zero_copy_only=False)], reasons


def _distinct(column: pa.Array) -> pa.DictionaryArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_timestamp(column.type):
        column = pc.cast(column, pa.timestamp("us", column.type.tz), safe=False)
    elif not pa.types.is_string(column.type):
        column = pc.cast(column, pa.string())
    return pc.dictionary_encode(column)


def _is_empty(coded: pa.DictionaryArray) -> NDArray[np.bool_]:
    empty = [value is None or value == "" for value in coded.dictionary.to_pylist()] + [True]
    indices = pc.fill_null(coded.indices, len(empty) - 1)
    found: NDArray[np.bool_] = np.array(empty)[indices.to_numpy(zero_copy_only=False)]
    return found
