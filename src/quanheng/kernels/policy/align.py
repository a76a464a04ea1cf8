"""Cells that stand under the wrong heading, told by what kind of thing they hold."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

from quanheng.kernels.policy.brackets import parse_names
from quanheng.kernels.policy.columns import Column
from quanheng.kernels.policy.duties import TIME

_LONG_TEXT = 22
_IMPOSSIBLE = 10


class CellType(Enum):
    EMPTY = "empty"
    NUMBER = "number"
    TIME = "time"
    NAMES = "names"
    LONG = "long"
    SHORT = "short"


@lru_cache(maxsize=4096)
def cell_type(text: str) -> CellType:
    if not text:
        return CellType.EMPTY
    if re.fullmatch(r"\d{1,4}[.、．]?", text):
        return CellType.NUMBER
    if TIME.fullmatch(text):
        return CellType.TIME
    _, plausible = parse_names(text)
    if plausible:
        return CellType.NAMES
    return CellType.LONG if len(text) > _LONG_TEXT or text.endswith("。") else CellType.SHORT


_FITS: dict[Column, set[CellType]] = {
    Column.ROW: {CellType.NUMBER},
    Column.TASK: {CellType.SHORT, CellType.LONG},
    Column.ITEM: {CellType.SHORT, CellType.LONG},
    Column.CONTENT: {CellType.LONG, CellType.SHORT},
    Column.DEADLINE: {CellType.TIME},
    Column.LEAD: {CellType.NAMES},
    Column.RESPONSIBLE: {CellType.NAMES},
}


def _misfit(column: Column, kind: CellType) -> int:
    """Cost of a cell of this kind under this heading; ``_IMPOSSIBLE`` and more cannot be right."""
    if kind is CellType.EMPTY or column in (Column.NOTE, Column.UNKNOWN):
        return 0 if column is not Column.UNKNOWN else 2
    if kind not in _FITS[column]:
        if column is Column.DEADLINE and kind is CellType.SHORT:
            return 3
        return _IMPOSSIBLE
    if column is Column.ITEM and kind is CellType.LONG:
        return 2
    return 1 if column is Column.CONTENT and kind is CellType.SHORT else 0


def cell_type_conflicts(cells: list[str], columns: list[Column]) -> bool:
    """Whether time, departments or text stand in a column that cannot hold them."""
    checked = (Column.DEADLINE, Column.LEAD, Column.RESPONSIBLE)
    conflicts = 0
    for text, column in zip(cells, columns, strict=True):
        kind = cell_type(text)
        if column in checked and kind in (CellType.TIME, CellType.NAMES, CellType.NUMBER, CellType.LONG):
            conflicts += kind not in _FITS[column]
        elif column in (Column.ITEM, Column.CONTENT, Column.TASK) and kind is CellType.TIME:
            conflicts += 1
    return conflicts > 0


def realign(cells: list[str], columns: list[Column]) -> list[str] | None:
    """Move the filled cells, order kept, to the headings they fit; None where that is not clear.

    Cost is the misfit of every cell plus one for each change of displacement, so
    that one shift of a whole run is preferred to several small ones.
    """
    filled = [(i, t) for i, t in enumerate(cells) if t]
    best: list[tuple[int, tuple[int, ...]]] = []

    def place(index: int, start: int, chosen: tuple[int, ...], cost: int) -> None:
        if cost >= _IMPOSSIBLE or (best and cost > best[0][0]):
            return
        if index == len(filled):
            if best and cost < best[0][0]:
                best.clear()
            best.append((cost, chosen))
            return
        source, text = filled[index]
        for target in range(start, len(columns) - (len(filled) - index) + 1):
            shift = target - source
            last = chosen[-1] - filled[index - 1][0] if index else 0
            step = _misfit(columns[target], cell_type(text)) + (shift != last)
            place(index + 1, target + 1, (*chosen, target), cost + step)

    place(0, 0, (), 0)
    if len(best) != 1:
        return None
    out = [""] * len(cells)
    for (_, text), target in zip(filled, best[0][1], strict=True):
        out[target] = text
    return out
