"""The text against the annex: every place where the two disagree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Any

from quanheng.kernels.policy.departments import Names, squeeze
from quanheng.kernels.policy.model import AnnexRow, Finding, Item, row_name

_SIMILAR = 0.75
_MIN_TITLE = 4


def _bare(text: str) -> str:
    return re.sub(r"[，,。.；;、：:“”\"《》（）()\s]", "", text)


def match_rows(rows: list[AnnexRow], items: list[Item]) -> tuple[list[str | None], list[Finding]]:
    """Label of the task each row belongs to, by title; near titles are matched and reported."""
    by_title: dict[str, list[Item]] = {}
    for item in items:
        by_title.setdefault(_bare(item.title), []).append(item)
    labels = [_exact(row, by_title, items) for row in rows]
    findings: list[Finding] = []
    free = [i for i in items if i.label not in labels]
    for title in dict.fromkeys(
        r.item or r.task for r, label in zip(rows, labels, strict=True) if label is None
    ):
        near = _nearest(title, free)
        if near is None:
            continue
        mine = [i for i, r in enumerate(rows) if labels[i] is None and (r.item or r.task) == title]
        for index in mine:
            labels[index] = near.label
        numbers = [rows[i].row for i in mine]
        findings.append(
            Finding(
                "title_differs",
                near.label,
                f"正文写“{near.title}”，附件写“{title}”。",
                {"text": near.title, "annex": title, "rows": numbers},
            )
        )
    return labels, findings


def _exact(row: AnnexRow, by_title: dict[str, list[Item]], items: list[Item]) -> str | None:
    for title in (row.item, row.task):
        found = by_title.get(_bare(title)) if title else None
        if found and len(found) > 1:
            found = [i for i in found if _bare(i.heading) == _bare(row.task)] or found[:1]
        if found:
            return found[0].label
    if row.item:
        return None
    content = _bare(row.content)
    starts = [i for i in items if len(_bare(i.title)) >= _MIN_TITLE and content.startswith(_bare(i.title))]
    return starts[0].label if len(starts) == 1 else None


def _nearest(title: str, items: list[Item]) -> Item | None:
    scored = sorted(
        ((SequenceMatcher(None, _bare(title), _bare(i.title)).ratio(), i) for i in items),
        key=lambda pair: -pair[0],
    )
    if not scored or scored[0][0] < _SIMILAR or (len(scored) > 1 and scored[1][0] == scored[0][0]):
        return None
    return scored[0][1]


def compare(items: list[Item], rows: list[AnnexRow], names: Names) -> list[Finding]:
    """Findings for every task and row; department names are compared in canonical form."""
    findings = []
    for item in items:
        mine = [r for r in rows if r.label == item.label]
        if not mine:
            findings.append(
                Finding(
                    "item_without_annex_row", item.label, f"附件中没有“{item.title}”。", {"title": item.title}
                )
            )
            continue
        findings += _departments(item, mine, names)
    for row in rows:
        if row.label is None:
            title = row.item or row.task or row.content[:20]
            findings.append(
                Finding(
                    "annex_row_without_item",
                    row_name(row.row),
                    f"正文中没有“{title}”。",
                    {"row": row.row, "item": row.item},
                )
            )
    return findings + _headings(items, rows)


def _departments(item: Item, rows: list[AnnexRow], names: Names) -> list[Finding]:
    lead = _by_canonical(item.lead, names)
    other = _by_canonical([*item.responsible, *item.local_governments], names)
    row_leads = [(row, _by_canonical(row.lead, names)) for row in rows]
    annex_lead = {k: v for _, leads in row_leads for k, v in leads.items()}
    annex_other = _by_canonical([n for row in rows for n in row.responsible], names)
    out = []
    differing = [row for row, leads in row_leads if set(leads) != set(lead)]
    if differing:
        where = row_name(*(r.row for r in differing))
        data: dict[str, Any] = {
            "text": list(item.lead),
            "annex": [{"row": r.row, "lead": list(r.lead)} for r in differing],
            "only_in_text": [v for k, v in lead.items() if k not in annex_lead],
            "only_in_annex": [v for k, v in annex_lead.items() if k not in lead],
        }
        text = f"牵头部门不一致：正文为{_listed(item.lead)}，{where}为{_listed(annex_lead.values())}。"
        out.append(Finding("lead_differs", item.label, text, data))
    in_text, in_annex = lead | other, annex_lead | annex_other
    row_numbers = [r.row for r in rows]
    for code, here, there, words in (
        ("department_only_in_text", in_text, in_annex, "只在正文中出现"),
        ("department_only_in_annex", in_annex, in_text, "只在附件中出现"),
    ):
        missing = [v for k, v in here.items() if k not in there]
        if missing:
            data = {"departments": missing, "rows": row_numbers}
            if code == "department_only_in_annex":
                data["rows"] = [r.row for r in rows if set(missing) & {*r.lead, *r.responsible}]
            out.append(Finding(code, item.label, f"{_listed(missing)}{words}。", data))
    return out


def _by_canonical(written: Iterable[str], names: Names) -> dict[str, str]:
    out: dict[str, str] = {}
    for name in written:
        out.setdefault(names.canonical(name), name)
    return out


def _listed(names: Iterable[str]) -> str:
    return "、".join(dict.fromkeys(names)) or "（无）"


def _headings(items: list[Item], rows: list[AnnexRow]) -> list[Finding]:
    by_label = {i.label: i for i in items}
    pairs: dict[tuple[str, str], list[AnnexRow]] = {}
    for row in rows:
        item = by_label.get(row.label or "")
        if item is None or not row.task or not item.heading or _bare(row.task) == _bare(item.title):
            continue
        if _bare(row.task) != _bare(item.heading):
            pairs.setdefault((item.heading, _bare(row.task)), []).append(row)
    out = []
    for (heading, _), found in pairs.items():
        task = squeeze(found[0].task)
        out.append(
            Finding(
                "heading_differs",
                row_name(found[0].row),
                f"正文标题为“{heading}”，附件写“{task}”。",
                {"text": heading, "annex": task, "rows": [r.row for r in found]},
            )
        )
    return out
