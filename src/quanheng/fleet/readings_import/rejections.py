"""The rows that were not taken, each with its file, line, column and reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KEPT = 1000
_LINE_BITS = 40

# Every reason, with what a reader is told. A contract: never renamed.
REASONS = {
    "columns": "列数与第一行不同",
    "no_area": "没有写台区",
    "no_meter": "没有写表号",
    "unknown_area": "台区不在电表清单中",
    "unknown_meter": "电表不在这个台区的清单中",
    "bad_time": "时间无法识别",
    "time_skipped": "当地钟表没有这个时刻（夏令时开始）",
    "time_twice": "当地钟表有两个这样的时刻（夏令时结束），请写明时区",
    "off_grid": "时间不在整刻上",
    "not_a_number": "不是数",
    "voltage_not_positive": "电压应大于 0",
    "negative_register": "示值小于 0",
    "register_jumps": "示值与前后两个都不相容",
    "contradiction": "同一时刻另有一行，数不相同，两行都没有采用",
    "mixed_resolution": "这只表的间隔与台区的不同",
    "day_differs": "已存的这一天数不相同，没有改动；要改用 --replace",
    "area_refused": "台区没有存入",
    "future": "时间晚于现在",
    "not_json": "不是 JSON",
    "not_an_object": "不是 JSON 对象",
    "wrong_type": "类型不对",
    "too_large": "太大",
    "topic_differs": "与主题中的台区或电表不同",
}


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken, or a cell of it."""

    file: str
    line: int
    column: str
    reason: str
    detail: str

    @property
    def text(self) -> str:
        """Return what a reader is told."""
        return REASONS[self.reason] + (f"：{self.detail}" if self.detail else "") + "。"


class Rejections:
    """Collects rejected rows: counts all of them, keeps the first 1,000."""

    def __init__(self) -> None:
        self.rows: list[Rejected] = []
        self.counts: Counter[str] = Counter()
        self._files: list[str] = []

    def file(self, name: str) -> int:
        """Return the number of a file, for `origins`."""
        self._files.append(name)
        return len(self._files) - 1

    def add(
        self,
        origins: NDArray[np.int64],
        column: str,
        reason: str,
        details: Sequence[str] | str = "",
        *,
        count: int | None = None,
    ) -> None:
        """Reject the rows of these origins; ``details`` for all of them or each; ``count`` where they are more."""
        if not len(origins):
            return
        self.counts[reason] += len(origins) if count is None else count
        for at, origin in enumerate(origins[: self.room]):
            detail = details if isinstance(details, str) else details[at]
            self.rows.append(Rejected(*self.place(int(origin)), column, reason, detail))

    def place(self, origin: int) -> tuple[str, int]:
        """Return (file, line) of an origin."""
        return self._files[origin >> _LINE_BITS], origin & ((1 << _LINE_BITS) - 1)

    @property
    def room(self) -> int:
        """Return how many more are kept with their lines."""
        return max(KEPT - len(self.rows), 0)

    @property
    def total(self) -> int:
        """Return how many were rejected."""
        return self.counts.total()


def origins(file: int, lines: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return one number for each (file, line)."""
    return (np.int64(file) << _LINE_BITS) | lines
