"""Compile a plan document: bytes in, tasks with departments and findings out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping

from quanheng.kernels.policy.annex import AnnexReading, read_annex, with_label
from quanheng.kernels.policy.compare import compare, match_rows
from quanheng.kernels.policy.departments import Names
from quanheng.kernels.policy.facts import is_facts, read_facts
from quanheng.kernels.policy.goals import find_goals
from quanheng.kernels.policy.header import find_date, find_number, find_title
from quanheng.kernels.policy.model import (
    AnnexRow,
    CompiledPlan,
    Department,
    Document,
    Finding,
    Item,
    Paragraph,
    Source,
    Table,
    row_name,
)
from quanheng.kernels.policy.outline import build_outline
from quanheng.kernels.policy.paragraphs import repair
from quanheng.kernels.policy.readers import read_document
from quanheng.kernels.policy.tasks import TaskReader

_ATTACHMENTS = re.compile(r"^附\s*件\s*\d*\s*[:：]")
_ATTACHED = re.compile(r"^附\s*件\s*[\d一二三四五六七八九十]*\s*$")
_LISTED = re.compile(r"^\d{1,2}\s*[.．、]")
_CN_MARK = re.compile(r"^(?:第[一二三四五六七八九十]+[章节]|[一二三四五六七八九十]{1,3}、)")


def compile_plan(
    data: bytes,
    *,
    filename: str,
    aliases: Mapping[str, str] | None = None,
    known: Collection[str] = (),
) -> CompiledPlan:
    """Read and compile a document; a plan.yaml of facts is taken as it was compiled.

    Parameters
    ----------
    data, filename
        The file's bytes and its name; the type is told from the bytes.
    aliases
        Names a county uses → the county's canonical name.
    known
        Canonical names without an alias.  With ``aliases`` or ``known`` given, a
        name in neither becomes a finding; it is never guessed.

    Raises
    ------
    DocumentRefused
        The file cannot or must not be read.
    """
    if is_facts(data):
        return read_facts(data)
    document = read_document(data)
    source = Source(hashlib.sha256(data).hexdigest(), filename, document.media_type, len(data))
    return compile_document(document, source=source, aliases=aliases, known=known)


def compile_document(
    document: Document,
    *,
    source: Source,
    aliases: Mapping[str, str] | None = None,
    known: Collection[str] = (),
) -> CompiledPlan:
    """Compile a document already read into paragraphs and tables."""
    names = Names.build(aliases or {}, known)
    paragraphs = _paragraphs(document)
    outline = build_outline(_body(paragraphs))
    reader = TaskReader(outline)
    items = reader.tasks()
    annex = read_annex([b for b in document.blocks if isinstance(b, Table)], reader.active)
    labels, match_findings = match_rows(annex.rows, items)
    rows = [with_label(row, label) for row, label in zip(annex.rows, labels, strict=True)]
    findings = [*reader.findings, *_absences(items, annex), *annex.findings]
    if rows and items:
        findings += [*match_findings, *compare(items, rows, names)]
    departments = _departments(items, rows, names)
    findings += _unknown(departments, items, rows, names)
    assigned = {id(n) for n in outline.walk() if reader.read[id(n)].assignments}
    goal_pieces = [p for n in [outline, *outline.walk()] if id(n) not in assigned for p in n.pieces]
    return CompiledPlan(
        title=find_title(paragraphs),
        doc_number=find_number(paragraphs),
        issued_on=find_date(paragraphs),
        goals=find_goals(goal_pieces),
        items=tuple(items),
        annex=tuple(rows),
        findings=tuple(findings),
        departments=departments,
        source=source,
    )


def _paragraphs(document: Document) -> list[str]:
    """Repaired paragraphs; a table is a wall no repair reaches across."""
    out: list[str] = []
    run: list[str] = []
    for block in document.blocks:
        if isinstance(block, Paragraph):
            run.append(block.text)
        else:
            out += repair(run)
            run = []
    return out + repair(run)


def _body(paragraphs: list[str]) -> list[str]:
    """Paragraphs that can hold tasks: not the list of attachments, not notes of an annex."""
    out = []
    in_list = in_annex = False
    for paragraph in paragraphs:
        if _ATTACHMENTS.match(paragraph):
            in_list = True
        elif _ATTACHED.match(paragraph):
            in_list, in_annex = False, True
        elif in_list and not _LISTED.match(paragraph):
            in_list = False
        if _CN_MARK.match(paragraph):
            in_list = in_annex = False
        if not in_list and not in_annex:
            out.append(paragraph)
    return out


def _absences(items: list[Item], annex: AnnexReading) -> list[Finding]:
    out = []
    if not items:
        out.append(Finding("no_bracket", "正文", "正文中没有找到责任单位，未能分出任务。", {}))
    if not annex.is_present:
        out.append(Finding("no_annex", "附件", "没有找到任务分解表，无法与正文核对。", {}))
    return out


def _departments(items: list[Item], rows: list[AnnexRow], names: Names) -> tuple[Department, ...]:
    written = [n for i in items for n in (*i.lead, *i.responsible)]
    written += [n for r in rows for n in (*r.lead, *r.responsible)]
    return tuple(Department(n, names.canonical(n), names.is_known(n)) for n in dict.fromkeys(written))


def _unknown(
    departments: tuple[Department, ...], items: list[Item], rows: list[AnnexRow], names: Names
) -> list[Finding]:
    out = []
    for department in departments:
        if department.known is not False:
            continue
        name = department.name
        labels = [i.label for i in items if name in (*i.lead, *i.responsible)]
        numbers = [r.row for r in rows if name in (*r.lead, *r.responsible)]
        out.append(
            Finding(
                "unknown_department",
                "、".join([*labels, *dict.fromkeys(map(row_name, numbers))]),
                f"“{name}”不在本县部门表中，请确认。",
                {"name": name, "candidates": names.nearest(name), "labels": labels, "rows": numbers},
            )
        )
    return out
