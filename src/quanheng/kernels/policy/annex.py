"""The annex table: headings, merged cells, cells shifted by a column."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from quanheng.kernels.policy.align import cell_type_conflicts, realign
from quanheng.kernels.policy.brackets import ActiveRule, parse_names
from quanheng.kernels.policy.columns import Column, column_of, is_heading_row
from quanheng.kernels.policy.deadlines import CONTINUOUS
from quanheng.kernels.policy.departments import squeeze
from quanheng.kernels.policy.model import AnnexRow, Finding, Table, row_name

_INHERITED = (Column.TASK, Column.ITEM)
_DATE = re.compile(
    r"^(?:于|在)?(?:20\d{2}\s*[年./-]\s*(?:\d{1,2}\s*(?:[月./-]\s*(?:\d{1,2}\s*日?)?)?)?(?:底|末|初|中旬|上旬|下旬|上半年|下半年|第?[一二三四]季度)?"
    r"(?:之?前|以前)?(?:完成)?)$"
)


@dataclass
class AnnexReading:
    rows: list[AnnexRow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    is_present: bool = False


@dataclass
class _State:
    columns: list[Column] = field(default_factory=list)
    above: dict[Column, str] = field(default_factory=dict)
    raw_above: list[str] = field(default_factory=list)


def read_annex(tables: list[Table], rule: ActiveRule) -> AnnexReading:
    """Read every table with known headings; a table that goes on without headings follows the one before."""
    reading, state = AnnexReading(), _State()
    for table in tables:
        rows = [list(r) for r in table.rows]
        has_heading = any(is_heading_row([squeeze(c or "") for c in r]) for r in rows[:4])
        if not has_heading and any(len(r) != len(state.columns) for r in rows):
            state = _State()
            continue
        for cells in rows:
            _read_row(cells, state, reading, rule)
    reading.is_present = bool(reading.rows)
    _check_numbers(reading)
    _check_deadlines(reading)
    return reading


def _read_row(cells: list[str | None], state: _State, reading: AnnexReading, rule: ActiveRule) -> None:
    texts = [squeeze(c or "") for c in cells]
    if is_heading_row(texts):
        columns = [column_of(t) if t else Column.UNKNOWN for t in texts]
        _report_unknown(texts, columns, reading)
        if columns != state.columns:
            state.above = {}
        state.columns, state.raw_above = columns, []
        return
    filled = [t for t in texts if t]
    if not state.columns or len(set(filled)) == 1 or not filled[1:]:
        return  # title line, footer, or a row before the headings
    if len(texts) != len(state.columns):
        texts = (texts + [""] * len(state.columns))[: len(state.columns)]
        cells = (list(cells) + [""] * len(state.columns))[: len(state.columns)]
    texts, shifted = _repair_shift(texts, state, reading)
    if not shifted:
        texts = _fill_merged(texts, cells, state)
    state.raw_above = texts
    _append(texts, state, reading, rule)


def _repair_shift(texts: list[str], state: _State, reading: AnnexReading) -> tuple[list[str], bool]:
    if not cell_type_conflicts(texts, state.columns):
        return texts, False
    repaired = realign(texts, state.columns)
    number = texts[state.columns.index(Column.ROW)] if Column.ROW in state.columns else ""
    where = row_name(_row_number(number))
    if repaired is None:
        reading.findings.append(
            Finding(
                "shifted_cells",
                where,
                "单元格与表头不符，无法判断正确位置，请核对。",
                {"row": number, "before": list(texts), "after": None},
            )
        )
        blank = {Column.LEAD, Column.RESPONSIBLE, Column.DEADLINE}
        return ["" if c in blank else t for t, c in zip(texts, state.columns, strict=True)], True
    reading.findings.append(
        Finding(
            "shifted_cells",
            where,
            "单元格错位，已按内容类型归位，请核对。",
            {"row": number, "before": list(texts), "after": list(repaired)},
        )
    )
    return repaired, True


def _fill_merged(texts: list[str], cells: list[str | None], state: _State) -> list[str]:
    """A cell known to be merged takes the value above; so does nothing else outside task and item."""
    out = list(texts)
    for index, (cell, column) in enumerate(zip(cells, state.columns, strict=True)):
        if cell is None and column is not Column.ROW and index < len(state.raw_above):
            out[index] = state.raw_above[index]
    return out


def _append(texts: list[str], state: _State, reading: AnnexReading, rule: ActiveRule) -> None:
    value = dict.fromkeys(Column, "")
    names: dict[Column, list[str]] = {Column.LEAD: [], Column.RESPONSIBLE: []}
    for text, column in zip(texts, state.columns, strict=True):
        if column in names and text:
            names[column].append(text)
        elif text:
            value[column] = value[column] or text
    if value[Column.TASK] and value[Column.TASK] != state.above.get(Column.TASK):
        state.above.pop(Column.ITEM, None)
    for column in _INHERITED:
        value[column] = value[column] or state.above.get(column, "")
        state.above[column] = value[column]
    lead, responsible = _departments(names, Column.LEAD in state.columns, rule)
    number = _row_number(value[Column.ROW])
    if value[Column.ROW] and number is None:
        reading.findings.append(
            Finding(
                "annex_number_unreadable",
                f"附件“{value[Column.ROW]}”",
                "附件序号不是数字。",
                {"text": value[Column.ROW]},
            )
        )
    reading.rows.append(
        AnnexRow(
            number,
            value[Column.TASK],
            value[Column.ITEM],
            value[Column.CONTENT],
            value[Column.DEADLINE],
            lead,
            responsible,
        )
    )


def _row_number(text: str) -> int | None:
    found = re.fullmatch(r"(\d{1,4})[.、．]?", text)
    return int(found[1]) if found else None


def _departments(
    names: dict[Column, list[str]], has_lead_column: bool, rule: ActiveRule
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lead column leads; elsewhere a lead needs a word in the cell or a rule stated in the text."""
    lead: list[str] = []
    responsible: list[str] = []
    for text in names[Column.LEAD]:
        read, _ = parse_names(text)
        lead += [*read.lead, *read.responsible, *read.local_governments]
    for text in names[Column.RESPONSIBLE]:
        read, _ = parse_names(text, None if has_lead_column else rule)
        lead += read.lead
        responsible += [*read.responsible, *read.local_governments]
    unique_lead = tuple(dict.fromkeys(lead))
    return unique_lead, tuple(n for n in dict.fromkeys(responsible) if n not in unique_lead)


def _report_unknown(texts: list[str], columns: list[Column], reading: AnnexReading) -> None:
    for text, column in zip(texts, columns, strict=True):
        if (
            text
            and column is Column.UNKNOWN
            and not any(f.data.get("heading") == text for f in reading.findings)
        ):
            reading.findings.append(
                Finding("unknown_heading", "附件表头", f"表头“{text}”不认识，这一列未读。", {"heading": text})
            )


def _check_numbers(reading: AnnexReading) -> None:
    numbers = [r.row for r in reading.rows if r.row is not None]
    unnumbered = [i + 1 for i, r in enumerate(reading.rows) if r.row is None]
    if numbers and unnumbered:
        reading.findings.append(
            Finding(
                "annex_number_missing", "附件", "有的行没有序号。", {"positions": unnumbered, "missing": []}
            )
        )
    gaps = sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers))
    if gaps:
        text = "、".join(map(str, gaps[:20]))
        reading.findings.append(
            Finding(
                "annex_number_missing",
                "附件",
                f"附件序号不连续，缺{text}。",
                {"positions": [], "missing": gaps},
            )
        )
    for number in sorted({n for n in numbers if numbers.count(n) > 1}):
        reading.findings.append(
            Finding("annex_number_duplicate", row_name(number), "附件序号重复。", {"row": number})
        )


def is_date(deadline: str) -> bool:
    """Whether a deadline is a day, month, quarter or year that can be checked off."""
    return bool(_DATE.fullmatch(squeeze(deadline)))


def _check_deadlines(reading: AnnexReading) -> None:
    by_text: dict[str, list[int | None]] = {}
    for row in reading.rows:
        if not is_date(row.deadline):
            by_text.setdefault(row.deadline, []).append(row.row)
    for text, rows in by_text.items():
        continuous = bool(CONTINUOUS.search(text))
        message = f"完成时限“{text}”不是日期。" if text else "没有写完成时限。"
        reading.findings.append(
            Finding(
                "deadline_not_a_date",
                "附件",
                message,
                {"deadline": text, "rows": rows, "continuous": continuous},
            )
        )


def with_label(row: AnnexRow, label: str | None) -> AnnexRow:
    return replace(row, label=label)
