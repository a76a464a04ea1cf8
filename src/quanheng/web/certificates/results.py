"""The results of a certificate as tables and pictures: errors against their limits, exactly as printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quanheng.certificates.paper.wording import limits_text, number_text
from quanheng.kernels.certificate import Content
from quanheng.kernels.certificate.content import Row, Table
from quanheng.web.judging.form import shown_unit

NO_NUMBER = "—"
_FEWEST_DRAWN = 2


@dataclass(frozen=True)
class Line:
    """A measured point; empty where there is no such number.  ``kind`` as components/status.html has it."""

    point: str
    reference: str
    indication: str
    error: str
    limits: str
    uncertainty: str
    word: str
    kind: str


@dataclass(frozen=True)
class Shown:
    """A table of results; columns that would be empty are left out.  ``chart`` as components/chart.html wants it."""

    title: str
    clause: str
    quantity: str
    unit: str
    reference_unit: str
    indication_unit: str
    lines: list[Line]
    has_reference: bool
    has_indication: bool
    has_limits: bool
    has_verdict: bool
    factors: str
    chart: dict[str, Any] | None


def result_tables(content: Content) -> list[Shown]:
    """Return the tables of a certificate, in their order."""
    return [_shown(table, f"result-{at}") for at, table in enumerate(content.tables)]


def _shown(table: Table, id_: str) -> Shown:
    rows = table.rows
    return Shown(
        title=f"{table.title}（{table.phase}）" if table.phase else table.title,
        clause=table.clause,
        quantity=table.quantity,
        unit=shown_unit(table.unit),
        reference_unit=shown_unit(table.reference_unit),
        indication_unit=shown_unit(table.indication_unit),
        lines=[_line(row) for row in rows],
        has_reference=any(row.reference is not None for row in rows),
        has_indication=any(row.indication is not None for row in rows),
        has_limits=any(row.lower is not None or row.upper is not None for row in rows),
        has_verdict=any(row.passed is not None for row in rows),
        factors=_factors(rows),
        chart=_chart(table, id_),
    )


def _line(row: Row) -> Line:
    words = {True: (_("合格"), "good"), False: (_("不合格"), "bad"), None: (NO_NUMBER, "off")}
    word, kind = words[row.passed]
    return Line(
        point=row.point,
        reference=_given(row.reference),
        indication=_given(row.indication),
        error=_signed(row.error),
        limits=limits_text(row.lower, row.upper),
        uncertainty=_given(row.expanded_uncertainty),
        word=word,
        kind=kind,
    )


def _given(value: Decimal | None) -> str:
    return "" if value is None else number_text(value)


def _signed(value: Decimal) -> str:
    return f"+{number_text(value)}" if value > 0 else number_text(value)


def _factors(rows: Sequence[Row]) -> str:
    """Return k and p of all uncertainties, each once; empty where there are none."""
    given = {
        (row.coverage_factor, row.coverage_probability)
        for row in rows
        if row.coverage_factor is not None and row.coverage_probability is not None
    }
    return "；".join(f"k = {number_text(k)}，p = {number_text(p)}" for k, p in sorted(given))


def _chart(table: Table, id_: str) -> dict[str, Any] | None:
    """Return the picture of errors against their limits; None for a single point, or none with two limits."""
    drawn = [row for row in table.rows if row.lower is not None and row.upper is not None]
    if len(drawn) < _FEWEST_DRAWN:
        return None
    series = [
        _series(_("合格"), "good", drawn, passed=True),
        _series(_("不合格"), "bad", drawn, passed=False),
        _series(_("未判定"), "unsure", drawn, passed=None),
    ]
    return {
        "id": id_,
        "title": _finding(drawn, shown_unit(table.unit)),
        "columns": [_("检定点"), table.quantity, _("下限"), _("上限"), "U"],
        "rows": [
            [
                row.point,
                _signed(row.error),
                _given(row.lower),
                _given(row.upper),
                _given(row.expanded_uncertainty),
            ]
            for row in drawn
        ],
        "spec": {
            "kind": "points",
            "unit": shown_unit(table.unit),
            "whole": False,
            "categories": _categories(drawn),
            "band": {
                "name": _("允许范围"),
                "low": [_drawn(row.lower) for row in drawn],
                "high": [_drawn(row.upper) for row in drawn],
            },
            "series": [one for one in series if any(value is not None for value in one["values"])],
        },
    }


def _categories(rows: Sequence[Row]) -> list[str]:
    """Return what stands under the points: their references, with the point where two have the same."""
    references = [_given(row.reference) for row in rows]
    if len(set(references)) == len(rows) and all(references):
        return references
    return [f"{reference}\n{row.point}".strip() for reference, row in zip(references, rows, strict=True)]


def _series(name: str, tone: str, rows: Sequence[Row], *, passed: bool | None) -> dict[str, Any]:
    chosen = [row if row.passed is passed else None for row in rows]
    made: dict[str, Any] = {
        "name": name,
        "tone": tone,
        "values": [_drawn(row.error) if row else None for row in chosen],
    }
    if any(row and row.expanded_uncertainty for row in chosen):
        made["low"] = [_drawn(row.error - (row.expanded_uncertainty or 0)) if row else None for row in chosen]
        made["high"] = [
            _drawn(row.error + (row.expanded_uncertainty or 0)) if row else None for row in chosen
        ]
    return made


def _drawn(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _finding(rows: Sequence[Row], unit: str) -> str:
    wrong = [row for row in rows if row.passed is False]
    if not wrong:
        words = ngettext("%(n)s 点在允许范围之内", "%(n)s 点都在允许范围之内", len(rows))
        return words % {"n": sum(row.passed is True for row in rows) or len(rows)}
    worst = max(wrong, key=_share_of_limit)
    words = ngettext(
        "%(n)s 点超出允许范围：%(point)s，%(error)s %(unit)s",
        "%(n)s 点超出允许范围，最大的是 %(point)s，%(error)s %(unit)s",
        len(wrong),
    )
    return words % {"n": len(wrong), "point": worst.point, "error": _signed(worst.error), "unit": unit}


def _share_of_limit(row: Row) -> Decimal:
    """Return how far an error goes, as a share of the wider limit."""
    return abs(row.error) / max(abs(row.lower or Decimal(0)), abs(row.upper or Decimal(0)), Decimal("1e-30"))
