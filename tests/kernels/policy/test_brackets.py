"""One bracket at a time: every form of assigning work, and brackets that assign nothing."""

from __future__ import annotations

import pytest

from quanheng.kernels.policy.brackets import ActiveRule, parse_bracket
from quanheng.kernels.policy.model import Assignment
from quanheng.kernels.policy.rules import LeadRule

FIRST = ActiveRule(LeadRule.FIRST_LISTED)
SEMICOLON = ActiveRule(LeadRule.BEFORE_SEMICOLON)
COMMA = ActiveRule(LeadRule.BEFORE_COMMA)


def _read(raw: str, active: ActiveRule | None = None, *, ends: bool = False) -> Assignment | None:
    parsed = parse_bracket(raw, raw[1:-1], active or ActiveRule(), ends_sentence=ends)
    return parsed.assignment if parsed else None


CASES = [
    ("（责任单位：市教育局，市财政局等部门按职责分工负责）", "", "市教育局 市财政局", "", True, "none_stated"),
    ("（牵头单位：县水务局；配合单位：县林业局、县财政局）", "县水务局", "县林业局 县财政局", "", False, "explicit_牵头"),
    ("【责任单位：区文旅局、区体育局】", "", "区文旅局 区体育局", "", False, "none_stated"),
    ("[牵头部门:区文旅局;责任部门:区体育局]", "区文旅局", "区体育局", "", False, "explicit_牵头"),
    ("（省水利厅牵头，省财政厅、各市州人民政府配合）", "省水利厅", "省财政厅", "各市州人民政府", False, "explicit_牵头"),
    ("（市公安局、市司法局按职责分工分别负责，市信访局参与）", "", "市公安局 市司法局 市信访局", "", False, "none_stated"),
    ("（市体育局牵头、市财政局配合）", "市体育局", "市财政局", "", False, "explicit_牵头"),
    ("（责任单位：区气象局（牵头）、区教育局、各镇（街道））", "区气象局", "区教育局 各镇（街道）", "", False, "explicit_牵头"),
    ("（由省文物局牵头，会同省商务厅、省档案局负责）", "省文物局", "省商务厅 省档案局", "", False, "explicit_牵头"),
    ("（省林草局会同省水利厅、省气象局负责）", "省林草局", "省水利厅 省气象局", "", False, "explicit_会同"),
    ("（水利部会同有关部门负责）", "水利部", "", "", True, "explicit_会同"),
    ("（市城管局和市园林局牵头，各县（市、区）人民政府，经开区管委会落实）", "市城管局 市园林局", "经开区管委会", "各县（市、区）人民政府", False, "explicit_牵头"),
    ("（各级人民政府负责）", "", "", "各级人民政府", False, "none_stated"),
    ("（各有关部门、各县（市、区）人民政府按职责分工负责）", "", "", "各县（市、区）人民政府", True, "none_stated"),
    ("（市委宣传部、团市委、市妇联按照职责分工落实）", "", "市委宣传部 团市委 市妇联", "", False, "none_stated"),
    ("（文化和旅游部、广电总局等10部门负责）", "", "文化和旅游部 广电总局", "", True, "none_stated"),
    ("（各省、自治区、直辖市人民政府负责，财政部指导）", "", "财政部", "各省、自治区、直辖市人民政府", False, "none_stated"),
    ("（主办单位：市商务局；协办单位：市财政局）", "市商务局", "市财政局", "", False, "explicit_主办"),
    ("〔牵头：区医保局  配合：区残联〕", "区医保局", "区残联", "", False, "explicit_牵头"),
    ("（县财政局负责资金保障，县教育局负责组织实施）", "", "县财政局 县教育局", "", False, "none_stated"),
    ("（区残联牵头，各成员单位配合）", "区残联", "", "", True, "explicit_牵头"),
    ("（配合单位：区财政局）", "", "区财政局", "", False, "none_stated"),
    ("（责任单位：各乡、镇人民政府，各街道办事处，区林业局）", "", "各乡、镇人民政府 各街道办事处 区林业局", "", False, "none_stated"),
    ("（水利部、国家发展改革委和有关地方人民政府按职责分工负责）", "", "水利部 国家发展改革委", "有关地方人民政府", False, "none_stated"),
    ("（牵头单位为市商务局，配合单位为市财政局、市税务局）", "市商务局", "市财政局 市税务局", "", False, "explicit_牵头"),
    ("（国家文物局、财政部、人民银行负责；文物局为牵头部门）", "文物局", "财政部 人民银行", "", False, "explicit_牵头"),
    ("（以上任务由市体育局牵头，市财政局配合）", "市体育局", "市财政局", "", False, "explicit_牵头"),
    ("（责任单位：市体育局 市教育局/市气象局）", "", "市体育局 市教育局 市气象局", "", False, "none_stated"),
    ("（责任单位：市体育局，各县〔市、区〕政府，各乡镇〔街道〕）", "", "市体育局 各乡镇〔街道〕", "各县〔市、区〕政府", False, "none_stated"),
    ("（公安部会同交通运输部、水利部等按职责分工负责）", "公安部", "交通运输部 水利部", "", True, "explicit_会同"),
    ("（财政部、审计署等按职责分工分别牵头）", "财政部 审计署", "", "", True, "explicit_牵头"),
    ("（水利部牵头会同相关部门负责）", "水利部", "", "", True, "explicit_牵头"),
    ("（各级党委、政府负责）", "", "", "各级党委、政府", False, "none_stated"),
    ("（各省、自治区、直辖市及新疆生产建设兵团负责）", "", "新疆生产建设兵团", "各省、自治区、直辖市", False, "none_stated"),
    ("（市委组织部（市委人才办）、市人社局牵头，市财政局配合）", "市委组织部（市委人才办） 市人社局", "市财政局", "", False, "explicit_牵头"),
    ("（县气象局牵头，县公安局等相关部门和各镇乡、街道按职责分工负责）", "县气象局", "县公安局 各镇乡 街道", "", True, "explicit_牵头"),
    ("（各地区、各部门分别负责，年内持续推进）", "", "", "各地区", True, "none_stated"),
    ("（各地区各部门负责）", "", "", "各地区", True, "none_stated"),
    ("（水务局负责水源调度，林业局负责护林，各地区负责落实）", "", "水务局 林业局", "各地区", False, "none_stated"),
    ("（有关县（市、区）人民政府负责，省体育局等部门给予支持）", "", "省体育局", "有关县（市、区）人民政府", True, "none_stated"),
    ("（省林草局、气象局、相关市、县政府负责）", "", "省林草局 气象局", "相关市、县政府", False, "none_stated"),
    ("（省体育局、各试验区所在地省级人民政府负责）", "", "省体育局", "各试验区所在地省级人民政府", False, "none_stated"),
    ("（各设区的市人民政府、各乡、民族乡、镇人民政府负责）", "", "各乡、民族乡、镇人民政府", "各设区的市人民政府", False, "none_stated"),
    ("（市水务局牵头，市林业局参与，各县、区人民政府（管委会）落实。以下各项均需各县、区人民政府（管委会）落实，不再列出）", "市水务局", "市林业局", "各县、区人民政府（管委会）", False, "explicit_牵头"),
    ("（责任单位：市水务局、林业局按职责分工负责。具体任务均涉及相关县（区），不再分工）", "", "市水务局 林业局", "", False, "none_stated"),
    ("（市水务局为牵头单位，市林业局为配合单位）", "市水务局", "市林业局", "", False, "explicit_牵头"),
    ("（市水务局 市林业局 市气象局负责）", "", "市水务局 市林业局 市气象局", "", False, "none_stated"),
    ("（市水务局要会同市林业局抓好落实）", "市水务局", "市林业局", "", False, "explicit_会同"),
    ("（市水务局会商市林业局负责）", "", "市水务局 市林业局", "", False, "none_stated"),
    ("（市水务局牵头负责，会同市林业局于2030年底前完成）", "市水务局", "市林业局", "", False, "explicit_牵头"),
    ("（市卫健委[市中医局]牵头，市医保局分头落实）", "市卫健委[市中医局]", "市医保局", "", False, "explicit_牵头"),
    ("（“清水润城”工作专班办公室牵头，各部门配合）", "“清水润城”工作专班办公室", "", "", True, "explicit_牵头"),
    ("（财政部，中央和国家机关有关部门负责）", "", "财政部", "", True, "none_stated"),
    ("（责任单位∶市体育局、 市气象局，各县（市、 区）委、政府.）", "", "市体育局 市气象局", "各县（市、区）委、政府", False, "none_stated"),
    ("（海东省、海西省人民政府和海北市人民政府牵头，水利部参加）", "海东省 海西省人民政府 海北市人民政府", "水利部", "", False, "explicit_牵头"),
    ("（海东省人民政府负责，水利部指导）", "", "水利部", "海东省人民政府", False, "none_stated"),
    ("（各省人民政府牵头，水利部参加）", "", "水利部", "各省人民政府", False, "none_stated"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "lead", "responsible", "local", "is_open", "rule"), CASES, ids=[c[0] for c in CASES]
)
def test_assignment_forms(
    raw: str, lead: str, responsible: str, local: str, is_open: bool, rule: str
) -> None:
    read = _read(raw)
    assert read is not None
    assert (read.lead, read.responsible) == (tuple(lead.split()), tuple(responsible.split()))
    assert (read.local_governments, read.open_ended, read.lead_rule) == (tuple(local.split()), is_open, rule)
    assert read.raw == raw


@pytest.mark.parametrize(
    "raw",
    [
        "（区、市）",
        "（2021—2035年）",
        "（以下简称中心）",
        "（坚持谁主管谁负责）",
        "（此件公开发布）",
        "（由企业自行负责）",
        "（含配合比）",
        "（实行首席专家负责）",
        "（某府发〔2023〕2号）",
        "（一）",
        "（）",
        "（联系电话：12345）",
        "（完成时限：2025年底）",
        "（甲类企业、乙类企业）",
        "（企业牵头，高等院校和各类人才共同参与）",
        "（会同有关部门制定）",
        "（如市体育局、市气象局）",
        "（原市体育局）",
        "（数据来源：市气象局）",
        "（单位：万元）",
        "（相关部门）",
        "（党委领导、政府负责、社会协同、公众参与）",
        "（第三方机构负责）",
        "（村社区干部）",
        "（省、市、县三级负责）",
        "（详见市体育局网站）",
        "（市体育局、市气象局已联合印发）",
        "（支持政策：财政补贴）",
        "（指导思想：坚持绿色发展）",
        "（监督电话：12345）",
    ],
)
@pytest.mark.parametrize("active", [ActiveRule(), FIRST, SEMICOLON])
def test_brackets_that_explain_or_quote_assign_nothing(raw: str, active: ActiveRule) -> None:
    assert _read(raw, active, ends=True) is None


def test_a_bare_list_assigns_only_after_a_full_stop() -> None:
    raw = "（区民政局、区财政局）"
    assert _read(raw, ends=False) is None
    read = _read(raw, ends=True)
    assert read is not None
    assert read.responsible == ("区民政局", "区财政局")


def test_a_name_unlike_a_body_is_taken_among_others_after_a_full_stop() -> None:
    raw = "（市护水大联席、市水务局、市林业局负责）"
    assert _read(raw, ends=False) is None
    read = _read(raw, ends=True)
    assert read is not None
    assert read.responsible == ("市护水大联席", "市水务局", "市林业局")


def test_sectors_named_without_their_bodies_share_the_duty() -> None:
    raw = "（公安、水务、民政等部门按职责分工负责）"
    assert _read(raw, ends=False) is None
    read = _read(raw, ends=True)
    assert read is not None
    assert (read.lead, read.responsible, read.open_ended) == ((), ("公安", "水务", "民政"), True)


@pytest.mark.parametrize(
    "clause",
    [
        "年内持续推进",
        "全年推进",
        "贯穿全年",
        "“十五五”期间持续推进",
        "三季度完成",
        "下半年启动",
        "即日起实施",
        "按计划推进",
        "分年度实施",
        "适时启动",
        "已完成",
        "3月底前出台办法，年内持续推进",
        "自2030年起实施",
    ],
)
def test_a_clause_of_time_names_nobody_and_spoils_nothing(clause: str) -> None:
    read = _read(f"（市审计局牵头，市财政局参加，{clause}）")
    assert read is not None
    assert (read.lead, read.responsible) == (("市审计局",), ("市财政局",))
    assert dict(read.fields) == {"时限": clause.replace("，", "；")}


def test_deadline_and_scope_are_fields_not_departments() -> None:
    read = _read(
        "（牵头单位：区民政局；配合单位：区财政局；完成时限：2025年12月底前；适用范围：城区，含新区）"
    )
    assert read is not None
    assert read.lead + read.responsible == ("区民政局", "区财政局")
    assert dict(read.fields) == {"完成时限": "2025年12月底前", "适用范围": "城区，含新区"}
    clause = _read("（市审计局牵头，市财政局参加，2025年底前完成）")
    assert clause is not None
    assert (clause.lead, clause.responsible) == (("市审计局",), ("市财政局",))
    assert dict(clause.fields) == {"时限": "2025年底前完成"}


@pytest.mark.parametrize(
    ("sentence", "rule", "lead"),
    [
        ("；列在首位的为牵头单位，下同", LeadRule.FIRST_LISTED, ["水利部"]),
        ("。列第一位者为牵头单位，下同", LeadRule.FIRST_LISTED, ["水利部"]),
        ("，排名第一的为牵头单位，下同", LeadRule.FIRST_LISTED, ["水利部"]),
        ("，排在首位的部门为牵头部门，下同", LeadRule.FIRST_LISTED, ["水利部"]),
        ("，第一个单位为牵头单位，下同", LeadRule.FIRST_LISTED, ["水利部"]),
        ("，牵头单位列首位，下同", LeadRule.FIRST_LISTED, ["水利部"]),
        ("，排在前面的为牵头单位，下同", LeadRule.FIRST_LISTED, ["水利部"]),
        ("，列在第一位的为牵头部门（单位），下同", LeadRule.FIRST_LISTED, ["水利部"]),
        ("；逗号前为牵头单位，下同", LeadRule.BEFORE_COMMA, ["水利部", "财政部"]),
        ("。分号前为牵头单位、分号后为配合单位，下同", LeadRule.BEFORE_SEMICOLON, ["水利部", "财政部"]),
        ("。“；”前为牵头部门，下同", LeadRule.BEFORE_SEMICOLON, ["水利部", "财政部"]),
    ],
)
def test_a_rule_stated_in_the_bracket_decides_who_leads(
    sentence: str, rule: LeadRule, lead: list[str]
) -> None:
    lists = {
        LeadRule.BEFORE_COMMA: "水利部、财政部，教育部",
        LeadRule.BEFORE_SEMICOLON: "水利部、财政部；教育部",
    }
    names = lists.get(rule, "水利部、财政部、教育部")
    raw = f"（责任单位：{names}{sentence}）"
    parsed = parse_bracket(raw, raw[1:-1], ActiveRule())
    assert parsed is not None
    assert parsed.stated is not None
    assert parsed.stated.rule is rule
    assert parsed.stated.holds_onward
    assert parsed.assignment is not None
    assert list(parsed.assignment.lead) == lead
    assert {*parsed.assignment.lead, *parsed.assignment.responsible} == {"水利部", "财政部", "教育部"}
    assert parsed.assignment.lead_rule == rule.value


def test_a_marked_name_leads_where_the_text_says_so() -> None:
    read = _read("（责任单位：*市商务局、市财政局；带*号的为牵头单位，下同）")
    assert read is not None
    assert (read.lead, read.responsible, read.lead_rule) == (("市商务局",), ("市财政局",), "marked_is_lead")


def test_an_explicit_word_is_stronger_than_a_rule_stated_before() -> None:
    read = _read("（市财政局、市审计局配合，市税务局牵头）", FIRST)
    assert read is not None
    assert (read.lead, read.lead_rule) == (("市税务局",), "explicit_牵头")


def test_nobody_is_made_lead_where_the_rule_cannot_be_applied() -> None:
    raw = "（责任单位：区民政局、区财政局）"
    parsed = parse_bracket(raw, raw[1:-1], SEMICOLON)
    assert parsed is not None
    assert parsed.assignment is not None
    assert parsed.assignment.lead == ()
    assert parsed.is_lead_unclear
    alone = _read("（责任单位：区民政局）", SEMICOLON)
    assert alone is not None
    assert alone.lead == ("区民政局",)


def test_a_class_of_governments_or_an_open_group_never_leads() -> None:
    for raw in ("（各省级人民政府负责）", "（各有关部门负责）", "（各地区、各部门负责）"):
        read = _read(raw, FIRST)
        assert read is not None
        assert (read.lead, read.lead_rule) == ((), "none_stated")


def test_an_open_group_after_the_semicolon_is_a_part_too() -> None:
    read = _read("（责任单位：区民政局、区财政局；各有关部门）", SEMICOLON)
    assert read is not None
    assert (read.lead, read.open_ended) == (("区民政局", "区财政局"), True)


def test_helpers_do_not_become_lead_by_the_rule_of_the_first_place() -> None:
    read = _read("（配合单位：市财政局、市审计局）", FIRST)
    assert read is not None
    assert read.lead == ()


def test_line_break_inside_a_name_is_repaired() -> None:
    read = _read("（责任单位：区\n发改局、区 财政局）")
    assert read is not None
    assert read.responsible == ("区发改局", "区财政局")
