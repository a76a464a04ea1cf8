"""The open table of tested meters: written for everyone, read again by the command that recomputes the score."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO

from quanheng.kernels.scoring.refusals import BadForecasts
from quanheng.kernels.scoring.report import Outcome

COLUMNS = (
    "row",
    "selection",
    "probability",
    "error_percent",
    "standard_uncertainty_percent",
    "tested_error_percent",
    "tested_standard_uncertainty_percent",
    "mpe_percent",
)
_MOST_CHARACTERS = 30


def table_text(outcomes: Iterable[Outcome]) -> str:
    """Return the table as CSV, a line a meter; rows have numbers, never the numbers of meters.

    They are sorted by what they say, so that their order tells nothing either.
    """
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    rows = sorted((one.selection, *(repr(float(value)) for value in _figures(one))) for one in outcomes)
    writer.writerows((at, *row) for at, row in enumerate(rows, 1))
    return stream.getvalue()


def read_table(text: str) -> list[Outcome]:
    """Read the table.

    Raises
    ------
    BadForecasts
        A column that is missing, a cell that is no number: with the row and the column.
    """
    reader = csv.DictReader(StringIO(text.removeprefix("\ufeff")))
    headings = reader.fieldnames or ()
    if missing := [name for name in COLUMNS if name not in headings]:
        raise BadForecasts(f"第一行没有这些列：{'、'.join(missing)}。")
    return [
        Outcome(
            (row["selection"] or "").strip(), *(_number(row, name, reader.line_num) for name in COLUMNS[2:])
        )
        for row in reader
    ]


def _figures(one: Outcome) -> tuple[float, ...]:
    return tuple(getattr(one, name) for name in COLUMNS[2:])


def _number(row: dict[str, str], name: str, line: int) -> float:
    try:
        return float(row[name])
    except (TypeError, ValueError) as error:
        cell = str(row[name])[:_MOST_CHARACTERS]
        raise BadForecasts(f"第 {line} 行“{name}”：“{cell}”不是数。") from error
