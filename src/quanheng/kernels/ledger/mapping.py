"""Headings and values → which column is which field.  What is not certain is asked about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from quanheng.kernels.findings import Finding
from quanheng.kernels.ledger.dictionary import FIELDS, Meaning, meaning_of, parse_heading
from quanheng.kernels.ledger.facts import Facts
from quanheng.kernels.ledger.model import Column
from quanheng.kernels.ledger.refusals import UnreadableLedger
from quanheng.kernels.ledger.workbook import column_letters

Answers = Mapping[str, str | None]
_DATES = ("last_date", "valid_until")


def first_columns(headings: Mapping[int, str], names: Mapping[int, str], answers: Answers) -> list[Column]:
    """Return the columns as their headings alone tell, and as they were answered."""
    check_answers(answers)
    columns = [_column(index, names[index], meaning_of(heading)) for index, heading in headings.items()]
    return [_answered(column, answers) for column in columns]


def check_answers(answers: Answers) -> None:
    """Raise UnreadableLedger where an answer names no field."""
    for heading, name in answers.items():
        if name is not None and name not in FIELDS:
            detail = f"“{heading}”的答复“{name}”不是规范字段。可用：{'、'.join(FIELDS)}。"
            raise UnreadableLedger("ledger.bad_answers", detail=detail)


def _column(index: int, heading: str, meaning: Meaning) -> Column:
    is_mapped = meaning.kind in ("field", "by_values", "split")
    return Column(
        index=index,
        letters=column_letters(index),
        heading=heading,
        field=meaning.target if is_mapped else None,
        confidence=meaning.confidence,
        is_asked=meaning.kind in ("ask", "unknown"),
        suggestions=meaning.suggestions,
        kind=meaning.target if meaning.kind == "known" else meaning.kind,
        unit=meaning.unit,
        is_split=meaning.kind == "split",
    )


def _answered(column: Column, answers: Answers) -> Column:
    """Apply an answer: by the heading as shown, by its words, by the column's letters."""
    words = parse_heading(column.heading).words
    by_words = {parse_heading(key).words: key for key in answers}
    if column.heading in answers:
        name = answers[column.heading]
    elif words and words in by_words and column.heading.casefold() != words:
        name = answers[by_words[words]]
    elif column.letters in answers:
        name = answers[column.letters]
    else:
        return column
    unit = parse_heading(column.heading).unit
    kind = "" if name is None else "answer"
    is_split = column.is_split and name == "model"
    return replace(
        column,
        field=name,
        confidence=1.0,
        is_asked=False,
        suggestions=(),
        kind=kind or "answer",
        unit=unit,
        is_split=is_split,
    )


def dated_columns(columns: Iterable[Column]) -> set[int]:
    """Return the columns whose values may be dates."""
    return {c.index for c in columns if c.field in _DATES}


def by_values_columns(columns: Iterable[Column]) -> set[int]:
    """Return the columns that are dates or periods, as their values say."""
    return {c.index for c in columns if c.kind == "by_values"}


def settle(columns: list[Column], facts: Facts) -> tuple[list[Column], list[Finding]]:
    """Return the columns with what their values tell, each field at most once, and what is to be asked."""
    findings: list[Finding] = []
    decided = [_by_values(c, facts, findings) if c.kind == "by_values" else c for c in columns]
    labelled = {c.index for c in decided}
    decided += [
        _column(index, column_letters(index), Meaning("unknown"))
        for index in sorted(facts.filled)
        if index not in labelled
    ]
    decided.sort(key=lambda c: c.index)
    decided = [replace(c, samples=tuple(facts.samples.get(c.index, ()))) for c in decided]
    rivals: defaultdict[str, list[Column]] = defaultdict(list)
    for column in decided:
        if column.field is not None:
            rivals[column.field].append(column)
    changed: dict[int, Column] = {}
    for name, several in rivals.items():
        if len(several) > 1:
            changed |= {c.index: c for c in _one_of(name, several, facts, findings)}
    return [changed.get(c.index, c) for c in decided], findings


def _by_values(column: Column, facts: Facts, findings: list[Finding]) -> Column:
    dates, periods = facts.dates[column.index], facts.periods[column.index]
    if periods and not dates:
        return replace(column, field="interval_months", suggestions=())
    if dates and periods:
        findings.append(
            Finding(
                "ledger.mixed_column",
                f"“{column.heading}”一列既有日期又有期限，请指明是哪一种。",
                {"column": column.heading, "dates": dates, "periods": periods},
            )
        )
        return replace(column, field=None, confidence=0.0, is_asked=True)
    return replace(column, suggestions=())


def _one_of(name: str, several: list[Column], facts: Facts, findings: list[Finding]) -> list[Column]:
    """Keep the surest column of a field; an equal rival makes all of them a question."""
    answered = [c for c in several if c.kind == "answer"]
    if len(answered) > 1:
        detail = f"{'、'.join(f'“{c.heading}”' for c in answered)}都答复为 {name}，只能有一列。"
        raise UnreadableLedger("ledger.bad_answers", detail=detail)
    filled = [c for c in several if facts.filled[c.index]] or several[:1]
    best = max(c.confidence for c in filled)
    surest = answered or [c for c in filled if c.confidence == best]
    kept = surest[0] if len(surest) == 1 else None
    lost = [c for c in several if c is not kept]
    asked = {c.index for c in lost if c in filled or c in surest}
    if asked:
        headings = [c.heading for c in several if c.index in asked or c is kept]
        findings.append(
            Finding(
                "ledger.same_field",
                f"{'、'.join(f'“{h}”' for h in headings)}都可能是同一项内容"
                + (f"，已采用“{kept.heading}”，其余请指明。" if kept else "，请指明用哪一列。"),
                {"field": name, "columns": headings, "kept": kept.heading if kept else None},
            )
        )
    return [
        replace(
            c,
            field=None,
            confidence=0.0,
            is_asked=c.index in asked,
            suggestions=(name,) if c.index in asked else (),
            kind="rival",
            is_split=False,
        )
        for c in lost
    ]
