"""Six real documents against truth read by hand; every expected value comes from the reference data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quanheng.kernels.policy import CompiledPlan, compile_plan

NATIONAL = [
    "gbf2018-117_zhenzhua_shigan",
    "gbf2020-24_yingshang_huanjing",
    "gf2018-38_zimao",
    "gf2018-42_nongji",
    "gf2019-3_zonghe_baoshuiqu",
]
SEED = "seed_dachuan_2024-3"
ISSUED = {
    "gbf2018-117_zhenzhua_shigan": "2018-12-06",
    "gbf2020-24_yingshang_huanjing": "2020-07-15",
    "gf2018-38_zimao": "2018-11-07",
    "gf2018-42_nongji": "2018-12-21",
    "gf2019-3_zonghe_baoshuiqu": "2019-01-12",
    SEED: "2024-01-30",
}
WITHOUT_HEADER = "gbf2020-24_yingshang_huanjing"  # crawled without title and number


def _load(shared: Path, key: str) -> tuple[dict[str, Any], CompiledPlan]:
    folder = shared / "policy"
    truth = json.loads((folder / "truth" / f"{key}.json").read_text(encoding="utf-8"))
    plan = compile_plan((folder / "text" / f"{key}.txt").read_bytes(), filename=f"{key}.txt")
    return truth, plan


@pytest.mark.parametrize("key", NATIONAL)
def test_every_assignment_of_a_state_council_document_is_exact(shared: Path, key: str) -> None:
    truth, plan = _load(shared, key)
    read = [
        (
            item.label,
            item.title,
            [{k: v for k, v in a.to_dict().items() if k != "fields"} for a in item.assignments],
        )
        for item in plan.items
    ]
    assert read == [(i["label"], i["title"], i["assignments"]) for i in truth["items"]]


@pytest.mark.parametrize("key", NATIONAL)
def test_an_item_joins_its_assignments(shared: Path, key: str) -> None:
    truth, plan = _load(shared, key)
    for expected, item in zip(truth["items"], plan.items, strict=True):
        (only,) = expected["assignments"]
        assert list(item.lead) == only["lead"]
        assert list(item.responsible) == only["responsible"]
        assert list(item.local_governments) == only["local_governments"]
        assert item.open_ended == only["open_ended"]
        assert item.lead_rule == only["lead_rule"]


@pytest.mark.parametrize("key", [*NATIONAL, SEED])
def test_header_is_what_the_text_says_and_nothing_else(shared: Path, key: str) -> None:
    truth, plan = _load(shared, key)
    has_header = key != WITHOUT_HEADER
    assert plan.title == (truth["title"] if has_header else None)
    assert plan.doc_number == (truth["doc_number"] if has_header else None)
    assert plan.issued_on == ISSUED[key]


@pytest.mark.parametrize("key", NATIONAL)
def test_a_document_without_table_has_that_one_finding(shared: Path, key: str) -> None:
    _, plan = _load(shared, key)
    assert [f.code for f in plan.findings] == ["no_annex"]


def test_the_plan_document_is_exact(shared: Path) -> None:
    truth, plan = _load(shared, SEED)
    assert [(i.label, i.title, list(i.lead), list(i.responsible)) for i in plan.items] == [
        (b["label"], b["title"], b["lead"], b["responsible"]) for b in truth["body"]
    ]
    assert {i.lead_rule for i in plan.items} == {"before_semicolon_is_lead"}


def test_the_plan_annex_is_exact(shared: Path) -> None:
    truth, plan = _load(shared, SEED)
    assert [(r.row, list(r.lead), list(r.responsible), r.label) for r in plan.annex] == [
        (a["no"], a["lead"], a["responsible"], a["body_item"]) for a in truth["annex"]
    ]
    assert all(r.task and r.item and r.content and r.deadline for r in plan.annex)


TOWNS = ["各乡、镇人民政府", "各街道办事处"]


def test_the_findings_of_the_plan_are_exactly_these(shared: Path) -> None:
    """The reference lists the differences in words; here they are as facts, with nothing beside them."""
    _, plan = _load(shared, SEED)
    found = {(f.code, f.where): f.data for f in plan.findings}
    assert len(found) == len(plan.findings)
    departments = {k: v["departments"] for k, v in found.items() if "departments" in v}
    assert departments == {
        ("department_only_in_text", "（三）4"): TOWNS,
        ("department_only_in_text", "（三）5"): TOWNS,
        ("department_only_in_text", "（四）1"): ["区发改局"],
        ("department_only_in_annex", "（四）1"): ["区住建局"],
        ("department_only_in_text", "（四）2"): TOWNS,
        ("department_only_in_text", "（四）3"): ["区发改局", "区经信局", *TOWNS],
        ("department_only_in_annex", "（四）3"): ["区商务局"],
        ("department_only_in_annex", "（五）1"): [
            "区经信局",
            "区水务局",
            "区应急管理局",
            "区交通运输局",
            "达川生态环境局",
            "区卫健局",
        ],
        ("department_only_in_text", "（五）2"): ["区科技局", "区发改局"],
        ("department_only_in_text", "（五）3"): ["区农业农村局", "区乡村振兴局", *TOWNS],
        ("department_only_in_annex", "（五）3"): ["区商务局", "区应急管理局", "区经信局"],
        ("department_only_in_annex", "（五）6"): ["区财政局"],
    }
    leads = {
        w: [(a["row"], a["lead"]) for a in d["annex"]] for (c, w), d in found.items() if c == "lead_differs"
    }
    bureau = ["区市场监督管理局"]
    assert leads == {
        "（三）4": [(3, ["区委组织部"]), (4, ["区人社局"])],
        "（四）2": [(8, bureau)],
        "（四）3": [(9, bureau), (10, bureau)],
        "（五）2": [(12, bureau), (13, bureau)],
        "（五）4": [(16, ["区商务局"]), (17, bureau), (18, bureau)],
    }
    rest = {k for k in found if k[0] != "lead_differs" and k not in departments}
    assert rest == {
        ("item_without_annex_row", "（三）3"),
        ("item_without_annex_row", "（四）4"),
        ("item_without_annex_row", "（五）5"),
        ("shifted_cells", "附件第10行"),
        ("deadline_not_a_date", "附件"),
        ("heading_differs", "附件第11行"),
    }
    assert found["heading_differs", "附件第11行"]["rows"] == list(range(11, 22))
    assert found["deadline_not_a_date", "附件"]["continuous"] is True
    assert found["deadline_not_a_date", "附件"]["rows"] == list(range(1, 22))


def test_the_shifted_row_is_read_as_it_was_meant(shared: Path) -> None:
    truth, plan = _load(shared, SEED)
    row = plan.annex[9]
    assert (row.row, row.item, row.deadline) == (10, "加强交通运输计量保障", "持续推进")
    assert row.content.endswith("。")
    assert list(row.lead) == truth["annex"][9]["lead"]


def test_goals_carry_their_year_and_stated_numbers(shared: Path) -> None:
    _, seed = _load(shared, SEED)
    assert [g.year for g in seed.goals] == [2025, 2035]
    _, farm = _load(shared, "gf2018-42_nongji")
    assert [g.year for g in farm.goals] == [2020, 2025]
    first = [(t.op, t.value, t.unit) for t in farm.goals[0].targets]
    assert first == [(">=", "10", "亿千瓦"), ("=", "1.2", "亿千瓦"), ("=", "70", "%")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_every_office_encoding_reads_the_same(shared: Path, encoding: str) -> None:
    _, plan = _load(shared, SEED)
    text = (shared / "policy/text" / f"{SEED}.txt").read_text(encoding="utf-8")
    again = compile_plan(text.encode(encoding), filename="x.txt")
    assert again.items == plan.items
    assert again.annex == plan.annex
    assert again.findings == plan.findings
