"""What is generated is read back: brackets, outlines, annexes; and nothing crashes on anything."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from quanheng.kernels.policy import DocumentRefused, LeadRule, compile_plan, plan_from_dict
from quanheng.kernels.policy.numerals import cn_to_int, int_to_cn

PREFIXES = ["市", "区", "县", "省"]
STEMS = [
    "财政局",
    "发展和改革委员会",
    "文化和旅游局",
    "水务局",
    "教育局",
    "卫生健康委",
    "林业和草原局",
    "公安局",
    "民政局",
    "商务局",
]
TOWNS = ["各乡、镇人民政府", "各街道办事处", "各镇（街道）"]
LOCALS = ["各县（市、区）人民政府", "各市、州人民政府", "各级人民政府"]
TOPICS = [
    "修整道路",
    "架设桥梁",
    "增设车位",
    "种植行道树",
    "更换路灯",
    "疏通河道",
    "改造老旧小区",
    "办好社区食堂",
]

departments = st.builds(str.__add__, st.sampled_from(PREFIXES), st.sampled_from(STEMS))


@dataclass(frozen=True)
class Duty:
    text: str
    lead: tuple[str, ...]
    others: tuple[str, ...]
    local: tuple[str, ...]
    is_open: bool
    rule: LeadRule


@st.composite
def duties(draw: st.DrawFn) -> Duty:
    names = draw(st.lists(departments, min_size=2, max_size=6, unique=True))
    cut = draw(st.integers(1, len(names) - 1))
    lead, others = names[:cut], names[cut:]
    towns = draw(st.lists(st.sampled_from(TOWNS), max_size=2, unique=True))
    local = draw(st.lists(st.sampled_from(LOCALS), max_size=1))
    is_open = draw(st.booleans())
    comma = draw(st.sampled_from(["、", "，"]))
    rest = comma.join([*others, *towns, *local])
    tail = "等部门" if is_open and not towns and not local else ""
    is_open = bool(tail)
    forms = {
        f"牵头单位：{'、'.join(lead)}；配合单位：{rest}{tail}": LeadRule.EXPLICIT_LEAD,
        f"牵头部门:{'、'.join(lead)}，责任部门:{rest}{tail}": LeadRule.EXPLICIT_LEAD,
        f"{'、'.join(lead)}牵头，{rest}{tail}按职责分工负责": LeadRule.EXPLICIT_LEAD,
        f"{'、'.join(lead)}牵头负责；{rest}{tail}参与": LeadRule.EXPLICIT_LEAD,
        f"{'、'.join(lead)}会同{rest}{tail}负责": LeadRule.EXPLICIT_TOGETHER,
        f"责任单位：{'、'.join([*lead, *others, *towns, *local])}{tail}": LeadRule.NONE_STATED,
        f"{'、'.join([*lead, *others, *towns, *local])}{tail}按职责分工负责": LeadRule.NONE_STATED,
        f"责任单位：{'、'.join(lead)}；{rest}{tail}。分号前为牵头单位": LeadRule.BEFORE_SEMICOLON,
    }
    text, rule = draw(st.sampled_from(sorted(forms.items(), key=lambda f: f[0])))
    leads = tuple(lead) if rule is not LeadRule.NONE_STATED else ()
    opener, closer = draw(st.sampled_from(["（）", "〔〕", "()", "【】"]))
    all_names = [*lead, *others, *towns]
    return Duty(
        f"{opener}{text}{closer}",
        leads,
        tuple(n for n in all_names if n not in leads),
        tuple(local),
        is_open,
        rule,
    )


@st.composite
def plans(draw: st.DrawFn) -> tuple[str, list[tuple[str, str, Duty]]]:
    """A document and its tasks as (label, title, duty)."""
    run_on = draw(st.booleans())
    restarts = draw(st.booleans())
    sections = draw(st.lists(st.lists(duties(), min_size=1, max_size=4), min_size=1, max_size=4))
    separator = "" if run_on else draw(st.sampled_from(["\n", "\n\n", "\r\n"]))
    space = draw(st.sampled_from(["", " "]))
    out, tasks, count = [], [], 0
    many = restarts and len(sections) > 1
    for number, section in enumerate(sections, start=1):
        out.append(f"（{int_to_cn(number)}）第{int_to_cn(number)}方面工作")
        count = 0 if restarts else count
        for duty in section:
            count += 1
            title = draw(st.sampled_from(TOPICS))
            out.append(f"{count}.{space}{title}。要把这件事办实办好（含3处试点）。{duty.text}")
            label = f"（{int_to_cn(number)}）{count}" if many else str(count)
            tasks.append((label, title, duty))
    return separator.join(["一、重点任务", *out]), tasks


@settings(max_examples=300, deadline=None)
@given(plans())
def test_a_generated_plan_is_read_back_exactly(generated: tuple[str, list[tuple[str, str, Duty]]]) -> None:
    text, tasks = generated
    plan = compile_plan(text.encode(), filename="x.txt")
    assert [(i.label, i.title) for i in plan.items] == [(label, title) for label, title, _ in tasks]
    for item, (_, _, duty) in zip(plan.items, tasks, strict=True):
        assert [a.raw for a in item.assignments] == [duty.text]
        assert (item.lead, item.responsible, item.local_governments) == (duty.lead, duty.others, duty.local)
        assert item.open_ended == duty.is_open
        assert item.lead_rule == duty.rule.value


@settings(max_examples=100, deadline=None)
@given(plans())
def test_a_compiled_plan_survives_json_and_yaml(generated: tuple[str, list[tuple[str, str, Duty]]]) -> None:
    plan = compile_plan(generated[0].encode(), filename="x.txt")
    assert plan_from_dict(plan.to_dict()) == plan
    assert plan_from_dict(yaml.safe_load(yaml.safe_dump(plan.to_dict(), allow_unicode=True))) == plan


@st.composite
def annexes(draw: st.DrawFn) -> tuple[str, list[tuple[int, str, tuple[str, ...], tuple[str, ...]]]]:
    rows, lines = [], ["| 序号 | 任务事项 | 工作内容 | 完成时限 | 牵头单位 | 责任单位 |", "|-|-|-|-|-|-|"]
    above = ""
    for number in range(1, draw(st.integers(2, 8))):
        item = draw(st.sampled_from(TOPICS))
        merged = bool(above) and draw(st.booleans())
        names = draw(st.lists(departments, min_size=2, max_size=5, unique=True))
        shown = "" if merged else item
        lines.append(
            f"| {number} | {shown} | 逐项排查这一方面的问题并按时完成整治。 | 2025年12月底前 | {names[0]} | {'、'.join(names[1:])} |"
        )
        above = above if merged else item
        rows.append((number, above, (names[0],), tuple(names[1:])))
    return "\n".join(lines), rows


@settings(max_examples=100, deadline=None)
@given(annexes())
def test_a_generated_annex_is_read_back_exactly(
    generated: tuple[str, list[tuple[int, str, tuple[str, ...], tuple[str, ...]]]],
) -> None:
    text, rows = generated
    plan = compile_plan(text.encode(), filename="x.md")
    assert [(r.row, r.item, r.lead, r.responsible) for r in plan.annex] == rows
    assert "shifted_cells" not in [f.code for f in plan.findings]


SIGNS = "一二三十、（）()〔〕【】[]：；，。.1２①|-\n\t 　牵头单位责任负配合会同等各乡镇人民政府局部下同分号前为列第首位附件到2025年月日序号工作任务内容完成时限"


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(alphabet=SIGNS, max_size=200), st.text(max_size=200)))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    try:
        plan = compile_plan(text.encode(), filename="x.txt")
    except DocumentRefused:
        return
    assert plan_from_dict(plan.to_dict()) == plan
    for item in plan.items:
        assert not set(item.lead) & set(item.responsible)
        assert bool(item.lead) == (item.lead_rule != LeadRule.NONE_STATED.value)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=200).map(lambda b: b"PK\x03\x04" + b),
        st.binary(max_size=200).map(lambda b: b"%PDF-1.4\n" + b),
        st.binary(max_size=200).map(lambda b: b"\xff\xfe" + b),
    )
)
def test_any_bytes_compile_or_are_refused(data: bytes) -> None:
    with suppress(DocumentRefused):
        compile_plan(data, filename="x")


@given(st.integers(1, 999))
def test_outline_numerals_are_inverse(value: int) -> None:
    assert cn_to_int(int_to_cn(value)) == value


@pytest.mark.parametrize("value", [0, -1, 1000])
def test_outline_numerals_end_at_999(value: int) -> None:
    with pytest.raises(ValueError, match="no outline numeral"):
        int_to_cn(value)
