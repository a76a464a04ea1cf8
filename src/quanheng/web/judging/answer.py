"""The answer of the page "judge a measurement": a judgement in words, tables and pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from quanheng.evaluations.turns import turn
from quanheng.kernels.procedures import (
    About,
    Judgement,
    Outcome,
    Point,
    Reason,
    explain,
    figure,
    judge,
)
from quanheng.kernels.procedures.readings import BadReadings, read_documents
from quanheng.kernels.rules import CONFIDENCES
from quanheng.web.judging.asked import Asked
from quanheng.web.judging.form import Document, Told, Written, shown_unit, told_of, written
from quanheng.web.judging.numbers import (
    failure,
    is_known,
    limits,
    number,
    percent,
    signed,
    uncertainty,
    where,
    word,
)
from quanheng.web.judging.pictures import chart
from quanheng.web.judging.words import LACK_WORDS

# Verdicts as regulations word them, and the colour of each.
gettext_noop("合格"), gettext_noop("不合格"), gettext_noop("未能判定")
OUTCOME_KIND = {Outcome.PASSED: "good", Outcome.REJECTED: "bad", Outcome.UNDETERMINED: "unsure"}


@dataclass(frozen=True)
class PointLine:
    """One decision as a line of a table."""

    where: str
    reference: str
    indication: str
    error: str
    rounded: str
    limits: str
    uncertainty: str
    probability: str
    word: str
    kind: str


@dataclass(frozen=True)
class Table:
    """The decisions of one kind in one test."""

    id: str
    title: str
    unit: str
    lines: list[PointLine]
    factor: str
    has_reference: bool
    has_indication: bool
    chart: dict[str, Any] | None


@dataclass(frozen=True)
class Ground:
    """Something that the verdict rests on and nobody has compared with the official text."""

    what: str
    where: str
    confidence: str
    source: str
    lacks: str


@dataclass(frozen=True)
class Answer:
    """What the page says; without a verdict, ``told`` says why there is none."""

    told: Told
    document: Document
    link: str = ""
    word: str = ""
    kind: str = ""
    sentence: str = ""
    consequence: str = ""
    reasons: list[Reason] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    grounds: list[Ground] = field(default_factory=list)
    steps: list[tuple[str, list[str]]] = field(default_factory=list)
    notes: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)


def answer_to(asked: Asked) -> Answer:
    """Return the answer to what was sent; it has no verdict where nothing was measured or something is wrong."""
    found = written(asked.procedure, asked.stage, asked.typed)
    told = found.told
    told.fields |= asked.told.fields
    told.general = asked.told.general + told.general
    if not asked.is_sent or not found.has_readings:
        return Answer(told, found.document)
    try:
        with turn():
            readings = read_documents(found.document, asked.procedure)
            if told:
                return Answer(told, found.document)
            judgement = judge(asked.procedure, readings.sheet, asked.stage)
            return answer_of(judgement, found, told, link=asked.link(found.document))
    except BadReadings as error:
        return Answer(told_of(error, asked.procedure, found), found.document)


def answer_of(judgement: Judgement, found: Written, told: Told, *, link: str = "") -> Answer:
    """Return what a page says of the judgement of one instrument; ``found`` are the readings as they were typed."""
    outcome = judgement.outcome(0)
    conclusion = judgement.conclusion(0)
    points = list(judgement.points(0))
    reasons = _reasons(judgement, points)
    return Answer(
        told,
        found.document,
        link,
        _(conclusion.text),
        OUTCOME_KIND[outcome],
        _sentence(judgement, reasons, len(points)),
        conclusion.consequence,
        reasons,
        judgement.said(0, About.MISSING),
        judgement.said(0, About.FINDING),
        judgement.said(0, About.REMARK),
        list(_tables(points)),
        list(_grounds(judgement)),
        _steps(explain(judgement, 0)),
        _notes(points, found.lines),
    )


def _reasons(judgement: Judgement, points: list[Point]) -> list[Reason]:
    """Return what decided: points that failed before looks that did, each in the words of the page."""
    reasons = judgement.decided_by(0)
    if judgement.outcome(0) is not Outcome.REJECTED:
        return reasons
    failed = [failure(point) for point in points if point.passed is False]
    said = [*failed, *(reason.text for reason in reasons[len(failed) :])]
    return [reason._replace(text=text) for reason, text in zip(reasons, said, strict=True)]


def _sentence(judgement: Judgement, reasons: list[Reason], decisions: int) -> str:
    document = judgement.procedure.regulation.document
    match judgement.outcome(0):
        case Outcome.REJECTED:
            first = reasons[0]
            clause = first.clause or _("条款未查到")
            rest = len(reasons) - 1
            more = (
                ngettext("另有 %(n)s 处不合格。", "另有 %(n)s 处不合格。", rest) % {"n": rest} if rest else ""
            )
            return _("%(said)s（%(document)s，%(clause)s）。%(more)s") % {
                "said": first.text.removesuffix("。"),
                "document": first.regulation,
                "clause": clause,
                "more": more,
            }
        case Outcome.PASSED:
            return _("%(n)s 处判定全部在限值之内（%(document)s）。") % {
                "n": decisions,
                "document": document,
            }
    open_ = len(judgement.said(0, About.MISSING)) + len(judgement.said(0, About.FINDING))
    measured = {
        Outcome.PASSED: _("已测的都合格。"),
        Outcome.REJECTED: _("已测的有不合格。"),
        Outcome.UNDETERMINED: "",
    }[Outcome(int(judgement.of_measured[0]))]
    return _("按 %(document)s 还有 %(n)s 项没有满足，不能下结论。%(measured)s") % {
        "document": document,
        "n": open_,
        "measured": measured,
    }


def _tables(points: list[Point]) -> Iterator[Table]:
    groups: dict[tuple[str, str], list[Point]] = {}
    for point in points:
        groups.setdefault((point.test, point.label), []).append(point)
    kinds = Counter(test for test, _label in groups)
    for at, group in enumerate(groups.values()):
        first = group[0]
        says_it = kinds[first.test] == 1 and first.label in first.title
        title = first.title if says_it else f"{first.title}：{first.label}"
        factor = next((figure(point.coverage_factor) for point in group if is_known(point)), "")
        lines = [_line(point) for point in group]
        yield Table(
            f"points-{at}",
            title,
            shown_unit(first.unit),
            lines,
            factor,
            any(line.reference for line in lines),
            any(line.indication for line in lines),
            chart(f"chart-{at}", group),
        )


def _line(point: Point) -> PointLine:
    said, kind = word(point)
    return PointLine(
        where=where(point),
        reference=number(point.reference),
        indication=number(point.indication),
        error=signed(point.error, point),
        rounded=signed(point.judged, point) if point.judged != point.error else "",
        limits=limits(point),
        uncertainty=uncertainty(point),
        probability=percent(point.probability_of_conformity),
        word=said,
        kind=kind,
    )


def _steps(lines: list[str]) -> list[tuple[str, list[str]]]:
    """Return the lines of an explanation under their headings, which are not indented."""
    steps: list[tuple[str, list[str]]] = []
    for line in lines:
        if line.startswith(" ") and steps:
            steps[-1][1].append(line.strip())
        else:
            steps.append((line, []))
    return steps


def _grounds(judgement: Judgement) -> Iterator[Ground]:
    for one in judgement.unconfirmed(0):
        yield Ground(
            one.what,
            f"{one.regulation} {one.clause or ''}".strip(),
            _(CONFIDENCES[one.confidence]),
            one.source,
            _("、").join(str(LACK_WORDS[code]) for code in one.lacks),
        )


def _notes(points: list[Point], lines: dict[str, list[int]]) -> dict[str, dict[int, dict[str, Any]]]:
    """Return what stands beside each row of a grid: its error and the word; what fails where several are judged."""
    notes: dict[str, dict[int, dict[str, Any]]] = {}
    of_rows = [point for point in points if not point.by_group and point.passed is not None]
    kinds = Counter(test for test, _label in {(point.test, point.label) for point in of_rows})
    for point in of_rows:
        line = lines[point.test][point.row - 1]
        beside = notes.setdefault(f"rows-{point.test}", {})
        if line in beside and (point.passed or beside[line]["bad"]):
            continue
        said, _kind = word(point)
        value = f"{signed(point.judged, point)} {shown_unit(point.unit)}"
        if kinds[point.test] > 1:
            value = "" if point.passed else f"{point.label} {value}"
        beside[line] = {"text": f"{value} {said}".strip(), "bad": not point.passed}
    return notes
