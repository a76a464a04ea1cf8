"""The common form of all sources: columns under headings, with the place of every cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quanheng.kernels.procedures.readings.fields import Scope
from quanheng.kernels.procedures.readings.places import Place


@dataclass(frozen=True, slots=True)
class GridColumn:
    """Cells under a heading.

    ``scopes`` are the parts of the file that the heading may belong to, None where its test decides; ``test``
    is the test of what is given.
    """

    heading: str
    cells: Sequence[object]
    scopes: tuple[Scope, ...] | None = None
    test: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of one table.

    ``place(row, column)`` is the place of a cell; row None is the heading.  ``test`` is the test of all rows, ""
    where rows are instruments, None where a column says it.  ``declares``: it names all instruments.  ``is_form``:
    rows that were only prefilled count as not measured.
    """

    columns: tuple[GridColumn, ...]
    size: int
    place: Callable[[int | None, int], Place]
    test: str | None = None
    declares: bool = False
    is_form: bool = False
