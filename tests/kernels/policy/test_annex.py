"""The annex table: readings, repairs, and every change between text and annex found."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from quanheng.kernels.policy import CompiledPlan, compile_plan, diff_plans
from quanheng.kernels.policy.model import row_name

BODY = """某县人民政府关于改善出行的实施方案
一、修路架桥，方便出行
（一）修整道路。修好主干道。（牵头单位：县交通运输局；责任单位：县财政局、县住建局）
（二）架设桥梁。架好三座桥。（牵头单位：县水务局；责任单位：县财政局）
二、便民停车，规范秩序
（三）增设车位。增加车位五百个。（牵头单位：县城管局；责任单位：县公安局、各乡镇人民政府）
某县人民政府
2025年3月1日
"""
ROWS = """
| 序号 | 工作任务 | 任务事项 | 工作内容 | 完成时限 | 牵头部门 | 责任部门 | 备注 |
|--|--|--|--|--|--|--|--|
| 1 | 修路架桥，方便出行 | 修整道路 | 对城区主干道路面逐段排查并完成修补整治。 | 2025年12月底前 | 县交运局 | 县财政局、县住房和城乡建设局 | |
| 2 | | 架设桥梁 | 完成三座桥梁的勘察设计、招标和施工建设。 | 2026年6月30日 | 县水务局 | 县财政局 | |
| 3 | 便民停车，规范秩序 | 增设车位 | 利用闲置地块增加五百个公共停车泊位并开放。 | 2025年底 | 县城管局 | 县公安局，各乡、镇人民政府 | |
"""


def compiled(text: str) -> CompiledPlan:
    return compile_plan(text.encode(), filename="plan.md")


def codes(plan: CompiledPlan) -> list[tuple[str, str]]:
    return [(f.code, f.where) for f in plan.findings]


def test_text_and_annex_that_agree_have_no_findings() -> None:
    plan = compiled(BODY + ROWS)
    assert codes(plan) == []
    assert [(r.row, r.task, r.item, r.deadline, r.label) for r in plan.annex] == [
        (1, "修路架桥，方便出行", "修整道路", "2025年12月底前", "（一）"),
        (2, "修路架桥，方便出行", "架设桥梁", "2026年6月30日", "（二）"),
        (3, "便民停车，规范秩序", "增设车位", "2025年底", "（三）"),
    ]
    assert plan.annex[2].responsible == ("县公安局", "各乡、镇人民政府")


def _swap_lead(text: str) -> str:
    return text.replace("| 县水务局 | 县财政局 |", "| 县财政局 | 县水务局 |")


def _drop_row(text: str) -> str:
    return re.sub(r"\| 2 \|.*\n", "", text)


def _shift_cells(text: str) -> str:
    return re.sub(r"\| 2 \| \| 架设桥梁 \| (.*) \| \|\n", r"| 2 | | \1 | | |\n", text)


def _drop_item(text: str) -> str:
    return re.sub(r"（二）.*\n", "", text, count=1)


def _rename_department(text: str) -> str:
    return text.replace("| 县城管局 |", "| 县园林局 |")


def _rename_title(text: str) -> str:
    return text.replace("| 架设桥梁 |", "| 架设城区桥梁 |")


def _rename_heading(text: str) -> str:
    return text.replace("| 便民停车，规范秩序 |", "| 加强停车管理 |")


def _spoil_deadline(text: str) -> str:
    return text.replace("2025年底", "尽快")


def _drop_department(text: str) -> str:
    return text.replace("（牵头单位：县水务局；责任单位：县财政局）", "（牵头单位：县水务局）")


def _double_number(text: str) -> str:
    return text.replace("| 3 |", "| 2 |")


def _rename_column(text: str) -> str:
    return text.replace("| 备注 |", "| 督办等次 |")


@pytest.mark.parametrize(
    ("mutate", "found"),
    [
        (_swap_lead, [("lead_differs", "（二）")]),
        (_drop_row, [("annex_number_missing", "附件"), ("item_without_annex_row", "（二）")]),
        (_drop_item, [("number_gap", "（三）"), ("annex_row_without_item", "附件第2行")]),
        (
            _rename_department,
            [
                ("lead_differs", "（三）"),
                ("department_only_in_text", "（三）"),
                ("department_only_in_annex", "（三）"),
            ],
        ),
        (_rename_title, [("title_differs", "（二）")]),
        (_rename_heading, [("heading_differs", "附件第3行")]),
        (_spoil_deadline, [("deadline_not_a_date", "附件")]),
        (_drop_department, [("department_only_in_annex", "（二）")]),
        (_double_number, [("annex_number_duplicate", "附件第2行")]),
        (_rename_column, [("unknown_heading", "附件表头")]),
    ],
)
def test_each_mutation_is_found_and_nothing_else(
    mutate: Callable[[str], str], found: list[tuple[str, str]]
) -> None:
    changed = mutate(BODY + ROWS)
    assert changed != BODY + ROWS
    assert codes(compiled(changed)) == found


def test_a_shifted_row_is_put_right_and_reported() -> None:
    plan = compiled(_shift_cells(BODY + ROWS))
    row = plan.annex[1]
    assert (row.deadline, row.lead, row.responsible) == ("2026年6月30日", ("县水务局",), ("县财政局",))
    assert row.content.startswith("完成三座桥梁")
    (finding,) = [f for f in plan.findings if f.code == "shifted_cells"]
    assert finding.where == "附件第2行"
    assert finding.data["before"][4] == "县水务局"
    assert finding.data["after"][5] == "县水务局"


def test_cells_that_cannot_be_put_right_name_nobody() -> None:
    broken = ROWS.replace(
        "| 2026年6月30日 | 县水务局 | 县财政局 |", "| 县水务局 | 2026年6月30日 | 2026年7月30日 |"
    )
    plan = compiled(BODY + broken)
    assert (plan.annex[1].lead, plan.annex[1].responsible) == ((), ())
    (finding,) = [f for f in plan.findings if f.code == "shifted_cells"]
    assert finding.data["after"] is None


def test_headings_repeated_on_a_new_page_do_not_end_what_a_merged_cell_means() -> None:
    lines = ROWS.strip().split("\n")
    parted = "\n".join([*lines[:3], "", lines[0], lines[1], *lines[3:]])
    assert codes(compiled(BODY + parted)) == []


def test_a_table_may_go_on_without_headings() -> None:
    lines = ROWS.strip().split("\n")
    assert codes(compiled(BODY + "\n".join([*lines[:4], "", "续表", "", lines[4], ""]))) != [
        ("no_annex", "附件")
    ]
    parted = compiled(BODY + "\n".join([*lines[:3], "", *lines[3:]]))
    assert [r.row for r in parted.annex] == [1, 2, 3]


def test_one_column_of_departments_needs_a_word_or_a_rule_for_a_lead() -> None:
    table = (
        "| 序号 | 任务事项 | 工作内容 | 责任单位 | 完成时间 |\n|-|-|-|-|-|\n"
        "| 1 | 修整道路 | 对城区主干道路面逐段排查并完成修补整治。 | 县交通局牵头，县财政局、县住建局配合 | 2025年12月 |\n"
        "| 2 | 架设桥梁 | 完成三座桥梁的勘察设计、招标和施工建设。 | 县水务局、县财政局 | 2025年12月 |\n"
    )
    plan = compiled(BODY + table)
    assert [r.lead for r in plan.annex] == [("县交通局",), ()]
    assert ("lead_differs", "（二）") in codes(plan)


def test_aligned_text_is_a_table_too() -> None:
    aligned = (
        "序号  任务事项    工作内容              完成时限      牵头部门    责任部门\n"
        "1     修整道路    修补城区主干道路面    2025年12月    县交运局    县财政局、县住建局\n"
        "2     架设桥梁    架设三座跨河桥梁，    2025年12月    县水务局    县财政局\n"
        "                  年内通车\n"
        "3     增设车位    增加五百个停车泊位    2025年12月    县城管局    县公安局，各乡镇人民政府\n"
    )
    plan = compiled(BODY + "\n附件\n\n" + aligned)
    assert codes(plan) == []
    assert plan.annex[1].content == "架设三座跨河桥梁，年内通车"
    tabbed = re.sub(" {2,}", "\t", aligned.replace("                  年内通车\n", ""))
    assert [r.lead for r in compiled(BODY + "\n" + tabbed).annex] == [r.lead for r in plan.annex]


@pytest.mark.parametrize("gap", ["  ", "　　", "    "])
def test_a_row_with_as_many_parts_as_headings_needs_no_alignment(gap: str) -> None:
    lines = [
        ["序号", "任务事项", "牵头部门", "责任部门", "完成时限"],
        ["1", "修整道路", "县交运局", "县财政局、县住建局", "2025年12月"],
        ["2", "架设桥梁", "县水务局", "县财政局", "2025年12月"],
        ["3", "增设车位", "县城管局", "县公安局，各乡镇人民政府", "2025年12月"],
    ]
    plan = compiled(BODY + "附件\n" + "\n".join(gap.join(line) for line in lines))
    assert codes(plan) == []
    assert [(r.row, r.item, r.lead, r.label) for r in plan.annex] == [
        (1, "修整道路", ("县交运局",), "（一）"),
        (2, "架设桥梁", ("县水务局",), "（二）"),
        (3, "增设车位", ("县城管局",), "（三）"),
    ]


def test_an_aligned_row_with_an_empty_cell_is_still_read_by_place() -> None:
    aligned = (
        "序号  任务事项    牵头部门    责任部门    完成时限\n"
        "1     修整道路    县交运局                2025年12月\n"
        "2     架设桥梁    县水务局    县财政局    2025年12月\n"
    )
    plan = compiled(BODY + "附件\n" + aligned)
    assert [(r.lead, r.responsible, r.deadline) for r in plan.annex] == [
        (("县交运局",), (), "2025年12月"),
        (("县水务局",), ("县财政局",), "2025年12月"),
    ]


def test_rows_whose_number_cannot_be_read_are_named_so() -> None:
    spoiled = _swap_lead(ROWS).replace("| 2 |", "| 乙 |").replace("| 增设车位 |", "| 植树护绿 |")
    spoiled = spoiled.replace("| 3 |", "| 丙 |")
    plan = compile_plan((BODY + spoiled).encode(), filename="x.md", known=["县交运局"])
    texts = {(f.code, f.where): f.text for f in plan.findings}
    assert "附件某行（序号不明）为县财政局" in texts["lead_differs", "（二）"]
    assert ("annex_row_without_item", "附件某行（序号不明）") in texts
    assert not any("None" in part for f in plan.findings for part in (f.where, f.text))
    changes = diff_plans(plan, compiled(BODY + ROWS.replace("| 3 |", "| 丙 |")))
    assert {c.code for c in changes} >= {"annex_lead_changed"}
    assert not any("None" in c.text for c in changes)


@pytest.mark.parametrize(
    ("numbers", "name"),
    [
        ((3,), "附件第3行"),
        ((3, 4), "附件第3、4行"),
        ((None,), "附件某行（序号不明）"),
        ((3, None), "附件第3行等（有的序号不明）"),
    ],
)
def test_the_name_of_annex_rows(numbers: tuple[int | None, ...], name: str) -> None:
    assert row_name(*numbers) == name


def test_a_table_of_other_things_is_no_annex() -> None:
    table = "| 指标 | 单位 | 2025年 |\n|-|-|-|\n| 里程 | 公里 | 30 |\n"
    assert codes(compiled(BODY + table)) == [("no_annex", "附件")]


def test_names_are_compared_through_the_county_s_own_table() -> None:
    table = ROWS.replace("| 县水务局 |", "| 县水利水务中心 |")
    assert ("lead_differs", "（二）") in codes(compiled(BODY + table))
    plan = compile_plan((BODY + table).encode(), filename="x.md", aliases={"县水利水务中心": "县水务局"})
    assert "lead_differs" not in [f.code for f in plan.findings]


def test_an_unknown_department_is_asked_about_and_never_guessed() -> None:
    known = ["县交运局", "县财政局", "县住建局", "县城管执法局", "县公安局", "县水务局"]
    plan = compile_plan((BODY + ROWS).encode(), filename="x.md", known=known)
    (finding,) = [f for f in plan.findings if f.code == "unknown_department"]
    assert finding.data["name"] == "县城管局"
    assert "县城管执法局" in finding.data["candidates"]
    assert (finding.where, finding.data["labels"], finding.data["rows"]) == (
        "（三）、附件第3行",
        ["（三）"],
        [3],
    )
    by_name = {d.name: d for d in plan.departments}
    assert by_name["县城管局"].known is False
    assert by_name["县城管局"].canonical == "县城管局"
    assert by_name["县住房和城乡建设局"].canonical == "县住建局"
    assert by_name["各乡镇人民政府"].known is True


def test_without_a_county_table_nothing_is_called_unknown() -> None:
    assert {d.known for d in compiled(BODY + ROWS).departments} == {None}
