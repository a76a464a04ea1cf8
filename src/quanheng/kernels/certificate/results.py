"""From a judgement to what a certificate prints of it: tables, checks, grounds, verdict, validity.

Numbers that were given are shown as given.  An uncertainty has two significant digits and its value ends at the same
place (GUM 7.2.6, JCGM 100:2008); a value that the regulation rounds is shown as the regulation rounds it.  No rounding
here ever moves a value across a limit: then it keeps more digits.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import groupby
from math import floor, isfinite, log10
from typing import NamedTuple

from quanheng.kernels.certificate.content import Check, Kind, Row, Table
from quanheng.kernels.dates import ValidityConvention, last_valid_day
from quanheng.kernels.procedures import About, Judgement, Outcome, Point, figure
from quanheng.kernels.procedures.judgement import places
from quanheng.kernels.procedures.report import shown_units
from quanheng.kernels.procedures.sheet import NOT_CHECKED, PASSED
from quanheng.kernels.procedures.words import LACKS
from quanheng.kernels.rounding import round_to_digits, round_uncertainty
from quanheng.kernels.rules import CONFIDENCES

_MOST = 300  # characters of a line of the content
_DIGITS = 3  # of a limit, that a value without uncertainty is shown to
_MORE_PLACES = 9


class NoResult(ValueError):
    """No certificate of this kind can be made of the judgement; the reason is Chinese."""


class _Uncertainty(NamedTuple):
    expanded: Decimal
    factor: Decimal
    probability: Decimal


def kind_of(judgement: Judgement, instrument: int = 0) -> Kind:
    """Return the paper that a verification ends with.

    Raises
    ------
    NoResult
        The verdict is open.
    """
    match judgement.outcome(instrument):
        case Outcome.PASSED:
            return Kind.VERIFICATION
        case Outcome.REJECTED:
            return Kind.REJECTION
    raise NoResult("未能判定，不能出证：先补齐所缺的数据。")


def tables_of(
    judgement: Judgement, instrument: int = 0, phase: str = "", *, kind: Kind = Kind.VERIFICATION
) -> tuple[Table, ...]:
    """Return a table for each thing that was judged; ``phase`` is 调整前, 调整后 or empty.

    A calibration certificate has no limits and no verdicts, and an uncertainty in every row.

    Raises
    ------
    NoResult
        A calibration, and values without uncertainty: all of them are named.
    """
    points = [point for point in judgement.points(instrument) if isfinite(point.error)]
    if kind is Kind.CALIBRATION:
        _has_uncertainties(points)
    tests = judgement.procedure.tests
    tables = []
    for (test, quantity), group in groupby(points, lambda point: (point.test, point.label)):
        of_table = list(group)
        reference_unit, indication_unit = shown_units(tests[test])
        tables.append(
            Table(
                title=_line(tests[test].title),
                quantity=_line(quantity),
                unit=of_table[0].unit,
                reference_unit=reference_unit,
                indication_unit=indication_unit,
                clause=_line("、".join(dict.fromkeys(point.clause for point in of_table if point.clause))),
                phase=phase,
                rows=tuple(_row(judgement, instrument, point, kind) for point in of_table),
            )
        )
    return tuple(tables)


def checks_of(judgement: Judgement, instrument: int = 0) -> tuple[Check, ...]:
    """Return what was looked at, in the order of the regulation."""
    return tuple(
        Check(text=_line(judgement.procedure.checks[name].text), passed=int(codes[instrument]) == PASSED)
        for name, codes in judgement.checks.items()
        if codes[instrument] != NOT_CHECKED
    )


def conclusion_of(judgement: Judgement, instrument: int = 0) -> str:
    """Return the verdict in words; what passed, with its accuracy class.

    Raises
    ------
    NoResult
        The verdict is open.
    """
    kind = kind_of(judgement, instrument)
    said = judgement.conclusion(instrument).text
    found = judgement.instruments.choice("class") if kind is Kind.VERIFICATION else None
    if found is None or found[0][instrument] < 0:
        return _line(said)
    label = judgement.procedure.instrument["class"].label
    return _line(f"{said}（{label}：{found[1][found[0][instrument]]}）")


def reasons_of(judgement: Judgement, instrument: int = 0) -> tuple[str, ...]:
    """Return what failed, each with regulation and clause; nothing of what passed or is open."""
    if judgement.outcome(instrument) is not Outcome.REJECTED:
        return ()
    return tuple(
        _line(
            f"{one.text if one.text.startswith(one.title) else one.title + one.text}"
            f"（{' '.join(filter(None, (one.regulation, one.clause)))}）"
        )
        for one in judgement.decided_by(instrument)
    )


def remarks_of(judgement: Judgement, instrument: int = 0) -> tuple[str, ...]:
    """Return what was assumed or left out; beside a rejection also what stayed open."""
    about = [About.REMARK]
    if judgement.outcome(instrument) is Outcome.REJECTED:
        about = [About.MISSING, About.FINDING, About.REMARK]
    return tuple(dict.fromkeys(_line(text) for one in about for text in judgement.said(instrument, one)))


def unconfirmed_of(judgement: Judgement, instrument: int = 0) -> tuple[str, ...]:
    """Return what the results rest on that nobody has compared with the official text."""
    lines = []
    for one in judgement.unconfirmed(instrument):
        where = " ".join(filter(None, (one.regulation, one.clause)))
        lacks = "、".join(LACKS[code] for code in one.lacks)
        lines.append(
            _line(
                f"{one.what}（{where}）：{CONFIDENCES[one.confidence]}{'；缺少：' + lacks if lacks else ''}"
            )
        )
    return tuple(dict.fromkeys(lines))


def valid_until(
    judgement: Judgement, instrument: int = 0, *, ended_on: date, convention: ValidityConvention
) -> date | None:
    """Return the last valid day, inclusive; None for what did not pass, and where the regulation says no period."""
    period = judgement.period(instrument)
    if judgement.outcome(instrument) is not Outcome.PASSED or period is None or period.months is None:
        return None
    return last_valid_day(ended_on, months=period.months, convention=convention)


def _has_uncertainties(points: list[Point]) -> None:
    missing = [f"{point.title}{_where(point)}（{point.label}）" for point in points if not _is_known(point)]
    if missing:
        raise NoResult(f"校准证书的每个数据都要有扩展不确定度，以下没有：{'；'.join(missing)}。")


def _row(judgement: Judgement, instrument: int, point: Point, kind: Kind) -> Row:
    known = _uncertainty(point)
    with_verdict = kind is not Kind.CALIBRATION
    return Row(
        point=_line("，".join([_where(point), *_choices(judgement, instrument, point)])),
        reference=_given(point.reference),
        indication=_given(point.indication),
        error=_error(point, known),
        expanded_uncertainty=known and known.expanded,
        coverage_factor=known and known.factor,
        coverage_probability=known and known.probability,
        lower=_given(point.lower) if with_verdict else None,
        upper=_given(point.upper) if with_verdict else None,
        passed=point.passed if with_verdict else None,
    )


def _where(point: Point) -> str:
    return f"第 {point.row} 行起的一组" if point.by_group else f"第 {point.row} 行"


def _choices(judgement: Judgement, instrument: int, point: Point) -> Iterator[str]:
    """Yield what was chosen at a point beside its numbers, such as 功率因数 0.5L."""
    measured = judgement.measured[point.test]
    at = places(measured.rows.owner, instrument).start + point.row - 1
    for name, reading in judgement.procedure.tests[point.test].readings.items():
        found = measured.scope.choice(name)
        if found is not None and found[0][at] >= 0:
            yield f"{reading.label} {found[1][found[0][at]]}"


def _is_known(point: Point) -> bool:
    return isfinite(point.expanded_uncertainty) and point.expanded_uncertainty > 0


def _uncertainty(point: Point) -> _Uncertainty | None:
    if not _is_known(point):
        return None
    expanded = round_uncertainty(Decimal(0), _decimal(point.expanded_uncertainty)).uncertainty
    probability = _coverage_probability(point.coverage_factor, point.degrees_of_freedom)
    return _Uncertainty(_plain(expanded), _decimal(point.coverage_factor), probability)


def _coverage_probability(factor: float, degrees_of_freedom: float) -> Decimal:
    """Return the probability that ``factor`` covers (GUM G.3, G.6.4: Student's t), to 0.01, nearer to 1 to one digit.

    0.95 for 2, 0.997 for 3.
    """
    from quanheng.kernels.conformity import probability_within  # late: it loads scipy

    covered = _decimal(float(probability_within(0.0, -factor, factor, 1.0, degrees_of_freedom)))
    outside = max(1 - covered, Decimal("1E-9"))
    return 1 - round_to_digits(outside, max(2, -outside.adjusted()))


def _error(point: Point, known: _Uncertainty | None) -> Decimal:
    """Return the judged value with the digits that mean something."""
    if point.judged != point.error:
        return _decimal(point.judged)
    value = _decimal(point.error)
    bounds = [_decimal(bound) for bound in (point.lower, point.upper) if isfinite(bound)]
    if known is not None:
        return _rounded(value, 1 - known.expanded.adjusted(), bounds)
    limit = max(map(abs, bounds), default=Decimal(0))
    if not limit:
        return value
    return _plain(_rounded(value, _DIGITS - floor(log10(limit)), bounds).normalize())


def _rounded(value: Decimal, first: int, bounds: list[Decimal]) -> Decimal:
    """Return a value to ``first`` places, or as many more as keep it on the same side of each bound."""
    sides = _sides(value, bounds)
    for digits in range(first, first + _MORE_PLACES):
        rounded = round_to_digits(value, digits)
        if _sides(rounded, bounds) == sides:
            return _plain(rounded)
    return value


def _sides(value: Decimal, bounds: list[Decimal]) -> list[tuple[bool, bool]]:
    return [(value < bound, value > bound) for bound in bounds]


def _given(value: float) -> Decimal | None:
    return _decimal(value) if isfinite(value) else None


def _decimal(value: float) -> Decimal:
    """Return the decimal that a person reads, without the noise of arithmetic on doubles."""
    return _plain(Decimal(figure(value)))


def _plain(value: Decimal) -> Decimal:
    """Return a decimal that shows its digits: 120, not 1.2E+2."""
    return Decimal(f"{value:f}")


def _line(text: str) -> str:
    """Return a text as one line of the content; what is too long ends in …."""
    text = " ".join(text.split())
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"
