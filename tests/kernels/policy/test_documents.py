"""Whole documents of our own making: outline, labels, rules that hold on, header, goals."""

from __future__ import annotations

import pytest

from quanheng.kernels.policy import CompiledPlan, compile_plan


def compiled(text: str) -> CompiledPlan:
    return compile_plan(text.encode(), filename="plan.txt")


def duties(plan: CompiledPlan) -> dict[str, tuple[str, str]]:
    return {i.label: (" ".join(i.lead), " ".join(i.responsible)) for i in plan.items}


def codes(plan: CompiledPlan) -> list[tuple[str, str]]:
    return [(f.code, f.where) for f in plan.findings if f.code != "no_annex"]


RUN_ON = (
    "各区县人民政府：为护好水源，定此方案。一、总体目标到2026年，水质达标率达到95%以上。二、重点任务"
    "（一）管住源头1.排查排污口。逐一登记（含暗管）。（市生态环境局牵头，市水务局配合）"
    "2.规范取水。按（一）的要求核发许可。（市水务局负责）"
    "（二）提升监测1.建设站点。新建（改建）12个站点，增长1.5倍。（市生态环境局负责）"
    "2.共享数据。做到（1）统一标准；（2）统一接口。（市大数据局牵头，市生态环境局按职责分工负责）"
    "三、保障措施（一）加强领导。各级要重视。某某市人民政府办公室2025年1月6日（此件公开发布）"
)


def test_two_levels_inside_one_run_on_line() -> None:
    plan = compiled(RUN_ON)
    assert duties(plan) == {
        "（一）1": ("市生态环境局", "市水务局"),
        "（一）2": ("", "市水务局"),
        "（二）1": ("", "市生态环境局"),
        "（二）2": ("市大数据局", "市生态环境局"),
    }
    assert [i.heading for i in plan.items] == ["管住源头", "管住源头", "提升监测", "提升监测"]
    assert [i.title for i in plan.items] == ["排查排污口", "规范取水", "建设站点", "共享数据"]
    assert plan.issued_on == "2025-01-06"
    assert [(g.year, [(t.op, t.value, t.unit) for t in g.targets]) for g in plan.goals] == [
        (2026, [(">=", "95", "%")])
    ]


def test_numbers_inside_sentences_and_brackets_open_no_level() -> None:
    plan = compiled(
        "一、任务\n（一）修路。修好第（三）项所列的路，投入2.5亿元，见附件2、附件3。对照（一）（二）两条检查。"
        "对老旧小区（二）期一并考虑。（市城管局负责）\n（二）架桥。桥长1.2公里。（市水务局负责）"
    )
    assert list(duties(plan)) == ["（一）", "（二）"]


def test_several_brackets_make_one_item_with_the_union() -> None:
    plan = compiled(
        "一、发放补贴。给购车人补贴。（市商务局牵头，市财政局配合）给购机人补贴。（市财政局、市体育局负责）"
        "支持保险。（市金融办牵头，市商务局参与）\n二、办节庆。一是春季（市体育局负责）；二是秋季（市文旅局负责）。"
    )
    first, second = plan.items
    assert (first.lead, first.responsible) == (("市商务局", "市金融办"), ("市财政局", "市体育局"))
    assert [a.raw for a in first.assignments] == [
        "（市商务局牵头，市财政局配合）",
        "（市财政局、市体育局负责）",
        "（市金融办牵头，市商务局参与）",
    ]
    assert first.lead_rule == "explicit_牵头"
    assert first.text == "发放补贴。给购车人补贴。给购机人补贴。支持保险。"
    assert (second.lead, second.responsible) == ((), ("市体育局", "市文旅局"))


def test_deeper_parts_with_brackets_are_the_items() -> None:
    plan = compiled(
        "一、任务\n（一）种树\n1. 选苗。选好苗。（市林业局负责）\n2. 浇水。按时浇。（市水务局负责）\n"
        "（二）护林。①巡山（市林业局负责）；②防火（市应急局负责）。"
    )
    assert list(duties(plan)) == ["1", "2", "①", "②"]


def test_a_bracket_on_its_own_line_after_a_list_is_the_parent_s() -> None:
    plan = compiled(
        "一、任务\n（一）改造旧房\n1.装扶手。\n2.做防滑。\n3.换灯具。\n【牵头单位：县住建局；责任单位：县民政局】\n"
        "（二）办食堂。办好食堂。（县民政局负责）"
    )
    assert duties(plan) == {"（一）": ("县住建局", "县民政局"), "（二）": ("", "县民政局")}
    assert "2.做防滑。" in plan.items[0].text


def test_a_bracket_closing_the_last_part_counts_for_the_list_where_no_part_has_its_own() -> None:
    plan = compiled(
        "一、任务\n（一）改造旧房。1.装扶手。2.做防滑。（县住建局负责）\n（二）办食堂。1.选点。2.开伙。（县民政局负责）"
    )
    assert duties(plan) == {"（一）": ("", "县住建局"), "（二）": ("", "县民政局")}


def test_a_bracket_closing_the_last_part_is_its_own_where_no_other_list_ends_so() -> None:
    plan = compiled(
        "一、任务\n（一）种树。（县林业局负责）\n（二）护林。（县应急局负责）\n二、保障\n1.加强领导。各级要重视。2.加强宣传。（县融媒体中心负责）"
    )
    assert duties(plan) == {
        "（一）": ("", "县林业局"),
        "（二）": ("", "县应急局"),
        "2": ("", "县融媒体中心"),
    }


def test_a_task_that_begins_with_a_year_or_a_month_is_told_from_a_decimal() -> None:
    plan = compiled(
        "一、任务（一）修路。（县交通局牵头，各地区负责）具体措施：1．2030年底前修完，增长1.5倍。（县交通局负责）"
        "2．2031年6月底前通车。（县公安局负责）3.12月底前验收。（县住建局负责）4.2032年养护。（县财政局负责）"
        "（二）架桥。（县水务局负责）具体措施：2030年3月底前开工。（县发改局负责）"
    )
    assert duties(plan) == {
        "（一）": ("县交通局", ""),
        "1": ("", "县交通局"),
        "2": ("", "县公安局"),
        "3": ("", "县住建局"),
        "4": ("", "县财政局"),
        "（二）": ("", "县水务局 县发改局"),
    }


def test_a_number_left_out_behind_an_assignment_swallows_no_task() -> None:
    plan = compiled(
        "一、任务（一）修路。（县交通局负责）（三）架桥。（县水务局负责）（四）种树。（县林业局负责）"
    )
    assert list(duties(plan)) == ["（一）", "（三）", "（四）"]
    assert codes(plan) == [("number_gap", "（三）")]


@pytest.mark.parametrize(
    ("numbers", "labels"),
    [
        (("㈠", "㈡"), ["（一）", "（二）"]),
        (("⑴", "⑵"), ["（1）", "（2）"]),
        (("⒈", "⒉"), ["1", "2"]),
        (("1﹒", "2﹒"), ["1", "2"]),
        (("１．", "２．"), ["1", "2"]),
        (("一．", "二．"), ["一", "二"]),
        (("第一条 ", "第二条 "), ["第一条", "第二条"]),
        (("第一条　", "第二条"), ["第一条", "第二条"]),
    ],
)
def test_signs_that_number_tasks(numbers: tuple[str, str], labels: list[str]) -> None:
    first, second = numbers
    plan = compiled(f"某市措施\n{first}修路。（市城管局负责）\n{second}架桥。（市水务局负责）")
    assert [i.label for i in plan.items] == labels
    assert [i.title for i in plan.items] == ["修路", "架桥"]


def test_an_article_quoted_is_no_task() -> None:
    plan = compiled(
        "第一章 措施\n第一条 修路。对照第三条执行。第四条第二款所列除外。（市城管局负责）\n第二条 架桥。（市水务局负责）"
    )
    assert [i.label for i in plan.items] == ["第一条", "第二条"]


def test_key_lines_without_brackets_assign() -> None:
    plan = compiled(
        "一、任务\n（一）建中心\n责任单位：县民政局、县财政局\n牵头领导：王某\n"
        "（二）育人才\n每年培训200人次。\n牵头单位：县人社局\n配合单位：县民政局，各乡镇人民政府\n"
    )
    assert duties(plan) == {
        "（一）": ("", "县民政局 县财政局"),
        "（二）": ("县人社局", "县民政局 各乡镇人民政府"),
    }


def test_key_lines_in_the_shapes_offices_write_them() -> None:
    plan = compiled(
        "一、任务\n1.建系统。\n责任单位：\n县科技局、县财政局\n2.汇数据。\n牵头单位： 县数据局\n配合单位： 县公安局\n完成时限： 2030年6月\n"
        "3.设窗口。\n【责任单位】县政务中心、各乡镇\n4.公开清单。\n【牵头单位】县司法局【配合单位】县信访局、各部门\n"
        "5.抓督查。\n——责任单位：县督查室\n6.办培训。责任单位：县人社局；完成时限：2030年底。"
    )
    assert duties(plan) == {
        "1": ("", "县科技局 县财政局"),
        "2": ("县数据局", "县公安局"),
        "3": ("", "县政务中心 各乡镇"),
        "4": ("县司法局", "县信访局"),
        "5": ("", "县督查室"),
        "6": ("", "县人社局"),
    }
    assert dict(plan.items[5].assignments[0].fields) == {"完成时限": "2030年底"}


def test_headings_with_a_colon_are_no_key_lines() -> None:
    plan = compiled(
        "某市护水意见\n指导思想：节水优先，统筹市水务局、市林业局等部门工作。\n组织实施：市水务局组织实施，各部门配合。\n"
        "一、监管\n（一）落实责任：各地区承担属地责任。\n（二）协同推进：市水务局、市林业局要协同推进。\n"
        "实施步骤：先由市水务局完成。\n市林业局：负责护林，帮助市水务局。\n联系单位：市水务局。\n"
        "责任编辑：王某\n主办单位：某市人民政府办公室 承办单位：市信息中心"
    )
    assert plan.items == ()


def test_a_bracket_inside_a_key_line_is_read_once() -> None:
    plan = compiled(
        "一、任务\n1.修路。\n责任单位：县发改局（县粮食局牵头）、县财政局\n2.架桥。（县水务局负责）"
    )
    assert len(plan.items[0].assignments) == 1
    assert plan.items[0].text == "修路。"


@pytest.mark.parametrize(
    "stated",
    [
        "各任务责任单位中，排在第一位的为牵头单位，下同。",
        "以下各项任务列首位的单位为牵头单位。",
        "（以下任务均由排名第一的单位牵头）",
    ],
)
def test_a_rule_stated_before_the_tasks_holds_for_them(stated: str) -> None:
    plan = compiled(
        f"一、要求\n要抓实。{stated}\n二、任务\n（一）修路。（市城管局、市财政局负责）\n（二）架桥。（市水务局负责）"
    )
    assert duties(plan) == {"（一）": ("市城管局", "市财政局"), "（二）": ("市水务局", "")}
    assert {i.lead_rule for i in plan.items} == {"first_listed_is_lead"}


def test_a_rule_holds_from_where_it_stands_and_a_note_holds_everywhere() -> None:
    body = "一、任务\n（一）修路。（市城管局、市财政局负责）\n（二）架桥。（市水务局、市财政局负责{}）\n（三）种树。（市林业局、市财政局负责）\n"
    onward = compiled(body.format("，列第一位的为牵头单位，下同"))
    assert [" ".join(i.lead) for i in onward.items] == ["", "市水务局", "市林业局"]
    once = compiled(body.format("，列第一位的为牵头单位"))
    assert [" ".join(i.lead) for i in once.items] == ["", "市水务局", ""]
    note = compiled(body.format("") + "注：以上任务列第一位的为牵头单位。\n")
    assert [" ".join(i.lead) for i in note.items] == ["市城管局", "市水务局", "市林业局"]


@pytest.mark.parametrize("ending", ["", "，下同", "。下同"])
def test_a_rule_about_a_mark_holds_also_for_tasks_before_it(ending: str) -> None:
    plan = compiled(
        "一、任务\n（一）修路。修好它。（市城管局*、市财政局）\n（二）架桥。架好它。（市水务局*、市财政局负责）\n"
        f"（三）种树。种好它。（市财政局、市林业局*，带*号的为牵头单位{ending}）\n（四）办展。办好它。（市体育局负责）\n"
    )
    assert duties(plan) == {
        "（一）": ("市城管局", "市财政局"),
        "（二）": ("市水务局", "市财政局"),
        "（三）": ("市林业局", "市财政局"),
        "（四）": ("", "市体育局"),
    }
    assert [i.lead_rule for i in plan.items] == ["marked_is_lead"] * 3 + ["none_stated"]
    assert codes(plan) == []


def test_a_rule_about_a_place_in_the_list_holds_for_no_task_before_it() -> None:
    plan = compiled(
        "一、任务\n（一）修路。（市城管局、市财政局负责）\n（二）种树。（市林业局、市财政局负责，列第一位的为牵头单位，下同）\n"
    )
    assert duties(plan)["（一）"] == ("", "市城管局 市财政局")


SENTENCES = [
    ("由县水务局牵头，县财政局、县林业局配合。", ("县水务局", "县财政局 县林业局"), "explicit_牵头"),
    ("由县水务局牵头负责，各有关部门按职责分工负责。", ("县水务局", ""), "explicit_牵头"),
    ("由县水务局会同县林业局负责。", ("县水务局", "县林业局"), "explicit_会同"),
    (
        "由县水务局（县河长办）、县林业局负责，县财政局配合落实。",
        ("", "县水务局（县河长办） 县林业局 县财政局"),
        "none_stated",
    ),
    ("\n由县水务局牵头，县林业局参与。", ("县水务局", "县林业局"), "explicit_牵头"),
]


@pytest.mark.parametrize(("sentence", "expected", "rule"), SENTENCES)
def test_a_last_sentence_that_only_says_by_whom_assigns(
    sentence: str, expected: tuple[str, str], rule: str
) -> None:
    plan = compiled(
        f"一、任务\n（一）管水。管好水源。{sentence}\n（二）护林。护好林子。{sentence}\n某县人民政府\n2025年3月1日\n"
    )
    assert duties(plan) == {"（一）": expected, "（二）": expected}
    assert [(i.title, i.text, i.lead_rule) for i in plan.items] == [
        ("管水", "管水。管好水源。", rule),
        ("护林", "护林。护好林子。", rule),
    ]


@pytest.mark.parametrize(
    "prose",
    [
        "由县水务局牵头，县财政局配合。各地要抓好落实。",
        "由县水务局牵头制定办法，县财政局配合。",
        "由县水务局会同县财政局研究落实。",
        "由县水务局负责解释。",
        "由县水务局统一监管，县财政局负责。",
        "工程由县水务局负责。",
        "水源由林场移交，由县水务局负责。",
        "由分管副县长牵头，县财政局配合。",
        "由企业负责。",
        "由有关部门负责。",
        "做到“由县水务局负责。”",
        "\n由县水务局牵头，县财政局配合。\n各地要抓好落实。",
    ],
)
def test_a_sentence_that_says_more_or_stands_elsewhere_assigns_nothing(prose: str) -> None:
    plan = compiled(f"一、任务\n（一）管水。管好水源。{prose}\n（二）护林。护好林子。（县林业局负责）\n")
    assert duties(plan) == {"（二）": ("", "县林业局")}
    assert codes(plan) == [("no_bracket", "（一）")]


def test_a_task_is_not_only_the_words_by_whom() -> None:
    plan = compiled("一、任务\n（一）由县水务局负责。\n（二）护林。护好林子。（县林业局负责）\n")
    assert duties(plan) == {"（二）": ("", "县林业局")}


def test_labels_carry_the_parent_only_where_the_count_starts_anew() -> None:
    task = "。做好它。（市城管局负责）\n"
    anew = compiled(f"一、甲\n（一）修路{task}（二）架桥{task}二、乙\n（一）种树{task}")
    assert [i.label for i in anew.items] == ["一（一）", "一（二）", "二（一）"]
    on = compiled(f"一、甲\n（一）修路{task}（二）架桥{task}二、乙\n（三）种树{task}")
    assert [i.label for i in on.items] == ["（一）", "（二）", "（三）"]


def test_one_label_twice_is_reported_and_both_tasks_kept() -> None:
    task = "。做好它。（市城管局负责）\n"
    plan = compiled(f"一、甲\n（一）修路{task}（二）架桥{task}（二）种树{task}")
    assert [i.label for i in plan.items] == ["（一）", "（二）", "（二）"]
    assert codes(plan) == [("duplicate_label", "（二）")]


def test_a_skipped_number_and_a_task_without_bracket_are_reported() -> None:
    task = "。做好它。（市城管局负责）\n"
    plan = compiled(f"一、甲\n（一）修路{task}（三）架桥{task}（四）种树。谁也没写。\n")
    assert codes(plan) == [("no_bracket", "（四）"), ("number_gap", "（三）")]


def test_a_section_without_tasks_between_sections_with_tasks_is_reported() -> None:
    with_duty = "1.开工。（县住建局负责）\n2.完工。（县住建局负责）\n"
    plan = compiled(
        "一、总体要求\n要抓实。\n二、任务\n"
        f"（一）修路\n{with_duty}（二）架桥\n1.开工。谁也没写。\n2.完工。谁也没写。\n（三）种树\n{with_duty}"
        "三、保障措施\n（一）加强领导。各级要重视。\n"
    )
    assert codes(plan) == [("no_bracket", "（二）")]


def test_a_document_without_any_bracket_says_so() -> None:
    plan = compiled("关于好好工作的意见\n一、总则\n（一）要努力。\n")
    assert plan.items == ()
    assert [f.code for f in plan.findings] == ["no_bracket", "no_annex"]


def test_an_open_bracket_is_read_and_reported() -> None:
    plan = compiled(
        "一、甲\n（一）修路。做好它。（责任单位：市城管局、市财政局\n（二）架桥。（市水务局负责）"
    )
    assert duties(plan) == {"（一）": ("", "市城管局 市财政局"), "（二）": ("", "市水务局")}
    assert codes(plan) == [("bracket_not_closed", "（一）")]


def test_page_breaks_inside_brackets_and_sentences_are_repaired() -> None:
    plan = compiled(
        "一、甲\n（一）修路。把路修得又平又直，让群众出行更加方便，让货物运输更加顺\n\n- 3 -\n\n畅。（责任单位：市城\n\n管局、市财政局）\n"
        "（二）架桥。架好桥。\n\n（市水务局负责）\n"
    )
    assert duties(plan) == {"（一）": ("", "市城管局 市财政局"), "（二）": ("", "市水务局")}
    assert "更加顺畅。" in plan.items[0].text


def test_lines_wrapped_at_a_fixed_width_are_joined() -> None:
    sentence = "把路修得又平又直，让群众出行更加方便，让货物运输更加顺畅，让城乡往来更加密切。"
    paragraphs = [
        f"（{n}）修第{n}条路。{sentence}（责任单位：市城管局、市财政局、市水务局）" for n in "一二三四五"
    ]
    lines = [p[i : i + 20] for p in paragraphs for i in range(0, len(p), 20)]
    plan = compiled("一、修路任务\n" + "\n".join(lines))
    assert [i.title for i in plan.items] == [f"修第{n}条路" for n in "一二三四五"]
    assert {" ".join(i.responsible) for i in plan.items} == {"市城管局 市财政局 市水务局"}
    assert sentence in plan.items[2].text


def test_header_of_a_notice_that_carries_a_scheme() -> None:
    plan = compiled(
        "某某县人民政府办公室\n关于印发养老服务提升方案的通知\n某府办〔2025〕12号\n\n各乡镇人民政府，县级各部门：\n"
        "现将方案印发给你们（某府发〔2020〕9号同时废止）。\n\n附件：1.养老服务提升方案\n2.任务清单\n\n"
        "某某县人民政府办公室\n2025年2月3日\n\n附件1\n养老服务提升方案\n\n一、任务\n（一）建中心。（县民政局负责）\n"
        "某某县人民政府办公室 2025年2月8日印发\n"
    )
    assert plan.title == "某某县人民政府办公室关于印发养老服务提升方案的通知"
    assert plan.doc_number == "某府办〔2025〕12号"
    assert plan.issued_on == "2025-02-03"
    assert [i.label for i in plan.items] == ["（一）"]


def test_what_the_document_does_not_say_stays_empty() -> None:
    plan = compiled(
        "一、任务\n（一）建中心，落实2023年5月1日的会议要求（某府发〔2020〕9号）。（县民政局负责）\n"
    )
    assert (plan.title, plan.doc_number, plan.issued_on, plan.goals) == (None, None, None, ())


def test_an_impossible_date_is_no_date_and_chinese_numerals_are_read() -> None:
    tail = "一、任务\n（一）建中心。（县民政局负责）\n某县人民政府\n{}\n"
    assert compiled(tail.format("2025年2月30日")).issued_on is None
    assert compiled(tail.format("二〇二五年十一月二十三日")).issued_on == "2025-11-23"


def test_a_title_is_cut_at_forty_characters() -> None:
    long = "持续推进" * 15
    plan = compiled(f"一、任务\n（一）{long}。（县民政局负责）\n")
    assert plan.items[0].title == long[:40]


def test_the_text_after_the_last_task_is_not_the_task_s() -> None:
    plan = compiled(
        "一、任务\n（一）建中心。建好它。（县民政局负责）\n各地要抓好落实，及时报告。\n某县人民政府\n2025年2月3日\n"
    )
    assert plan.items[0].text == "建中心。建好它。"


def test_a_bracket_inside_the_first_sentence_is_no_part_of_the_title() -> None:
    plan = compiled(
        "一、任务\n（一）建专班（区政府办、区教育局负责）。专班由区长任组长（兼）。\n（二）训练〔区人社局牵头〕；评比〔区总工会负责〕。"
    )
    assert [i.title for i in plan.items] == ["建专班", "训练；评比"]
    assert duties(plan) == {"（一）": ("", "区政府办 区教育局"), "（二）": ("区人社局", "区总工会")}


def test_header_of_a_run_on_line_is_parted_by_blanks() -> None:
    filler = "要统筹推进，加强协同，压实责任，强化督导，确保各项任务落到实处，取得实效，让群众满意。" * 4
    plan = compiled(
        f"某省人民政府关于降低成本的实施意见 某政发〔2024〕9号 各市州人民政府：{filler}一、任务（一）修路。（省水利厅负责）"
    )
    assert (plan.title, plan.doc_number) == ("某省人民政府关于降低成本的实施意见", "某政发〔2024〕9号")
    assert duties(plan) == {"（一）": ("", "省水利厅")}


def test_a_title_and_its_number_on_one_line_are_parted() -> None:
    plan = compiled(
        "某市人民政府关于印发护水电视电话会议任务分工的通知某政发〔2030〕7号\n各区县人民政府：现印发给你们。\n"
        "一、修路。（市城管局负责）\n某市人民政府2030年1月6日"
    )
    assert plan.title == "某市人民政府关于印发护水电视电话会议任务分工的通知"
    assert (plan.doc_number, plan.issued_on) == ("某政发〔2030〕7号", "2030-01-06")


def test_a_rule_about_the_tasks_above_holds_for_them() -> None:
    plan = compiled(
        "一、任务\n（一）修路。（市城管局、市财政局负责）\n（二）架桥。（市水务局负责）\n以上各项任务，排在第一位的部门为牵头部门。\n"
    )
    assert [" ".join(i.lead) for i in plan.items] == ["市城管局", "市水务局"]


def test_chapters_are_a_level() -> None:
    plan = compiled(
        "第一章 总则\n第一条 为规范，定此案。\n第二章 任务\n一、建平台。建好。（县科技局负责）\n二、育人才。育好。（县人社局负责）"
    )
    assert [(i.label, i.heading) for i in plan.items] == [("一", "任务"), ("二", "任务")]
