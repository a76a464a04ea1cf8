"""Schematron: the semantics, and the same messages as Saxon for PTB's rules."""

from __future__ import annotations

import locale
from collections import Counter
from pathlib import Path

import pytest
from dcclib.validation import SchematronValidator
from lxml import etree

from quanheng.kernels.dcc import parse_xml
from quanheng.kernels.dcc.removal import without_signatures
from quanheng.kernels.dcc.schematron import BadSchematron, read_schematron
from tests.kernels.dcc.sample import sample, signed

RULES = (
    """<sch:schema xmlns:sch="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">{}</sch:schema>"""
)


def _said(rules: str, document: str) -> list[tuple[str, str]]:
    found = read_schematron(RULES.format(rules).encode()).judge(parse_xml(document.encode()))
    return [(each.role, each.message.text) for each in found]


def test_an_assert_speaks_where_it_is_false_and_a_report_where_it_is_true() -> None:
    rules = """<sch:pattern><sch:rule context="b"><sch:assert role="error" test=". = '1'">is <sch:value-of
      select="."/></sch:assert><sch:report role="warning" test=". = '1'">one</sch:report></sch:rule></sch:pattern>"""
    assert _said(rules, "<a><b>1</b><b>2</b></a>") == [("warning", "one"), ("error", "is 2")]


def test_a_report_of_the_role_error_is_an_error_and_information_is_silent() -> None:
    rules = """<sch:pattern><sch:rule context="/a"><sch:report role="error" test="true()">bad</sch:report>
      <sch:report role="information" test="true()">nice</sch:report></sch:rule></sch:pattern>"""
    assert _said(rules, "<a/>") == [("error", "bad")]


def test_the_first_rule_that_matches_judges_a_node_in_each_pattern() -> None:
    rule = '<sch:rule context="{}"><sch:report test="true()">{}</sch:report></sch:rule>'
    rules = "".join(
        f"<sch:pattern>{rule.format('b[@x]', first)}{rule.format('b', first + '2')}</sch:pattern>"
        for first in "pq"
    )
    said = [text for _, text in _said(rules, "<a><b x='1'/><b/></a>")]
    assert said == ["p", "p2", "q", "q2"]


def test_variables_of_a_pattern_and_of_a_rule_are_known() -> None:
    rules = """<sch:pattern><sch:let name="all" value="//b"/><sch:rule context="b"><sch:let name="own" value="string(.)"/>
      <sch:assert test="count($all) = 2 and $own = '1'"><sch:value-of select="string-join($all, ',')"/></sch:assert>
      </sch:rule></sch:pattern>"""
    assert _said(rules, "<a><b>1</b><b>2</b></a>") == [("error", "1,2")]


def test_a_rule_that_cannot_be_computed_is_an_error_and_the_others_still_run() -> None:
    rules = """<sch:pattern><sch:rule context="b"><sch:assert test="xs:date(.) lt xs:date('2026-01-01')">late</sch:assert>
      </sch:rule><sch:rule context="c"><sch:report test="true()">c</sch:report></sch:rule></sch:pattern>"""
    said = _said(rules, "<a><b>soon</b><c/></a>")
    assert "不能计算" in said[0][1]
    assert said[1] == ("error", "c")


def test_the_locale_of_the_process_is_neither_asked_nor_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> str:
        raise locale.Error("unsupported locale setting")

    monkeypatch.setattr(locale, "setlocale", refuse)
    rules = """<sch:pattern><sch:rule context="a"><sch:report test="count(distinct-values(b)) = 2 and contains(b[1], 'x')
      and b[1] = 'x'">two</sch:report></sch:rule></sch:pattern>"""
    assert _said(rules, "<a><b>x</b><b>y</b></a>") == [("error", "two")]


def test_what_is_no_schematron_of_xpath_2_is_refused() -> None:
    for data in (b"", b"<a/>", RULES.replace("xslt2", "xslt").format("").encode()):
        with pytest.raises(BadSchematron):
            read_schematron(data)
    with pytest.raises(BadSchematron):
        _said('<sch:pattern><sch:rule context="b["/></sch:pattern>', "<a/>")


def test_signatures_are_taken_out_and_the_text_around_them_stays() -> None:
    text = "<a>1<s:Signature xmlns:s='http://www.w3.org/2000/09/xmldsig#'><b/></s:Signature>2</a>"
    root = parse_xml(text.encode())
    assert etree.tostring(without_signatures(root)) == b"<a>12</a>"
    assert len(root) == 1


def test_a_signature_adds_no_message_of_the_rules(shared: Path) -> None:
    rules = read_schematron((shared / "dcc/xsd/schematron/dcc.sch").read_bytes())
    plain, with_signature = (rules.judge(parse_xml(data)) for data in (sample(), signed()))
    assert [each.message.text for each in plain] == [each.message.text for each in with_signature]


def test_the_rules_of_ptb_say_what_saxon_says_for_every_example(shared: Path) -> None:
    path = shared / "dcc/xsd/schematron/dcc.sch"
    ours, saxon = read_schematron(path.read_bytes()), SchematronValidator.from_file(str(path))
    files = [shared / "dcc/minimal_zh_330.xml", *sorted((shared / "dcc/examples").glob("*.xml"))]
    stops = {"dcclib_invalid_syntax.xml", "dfm_template_temperature.xml"}  # no XML; no dates: Saxon stops
    for file in files:
        if file.name in stops:
            continue
        root = parse_xml(file.read_bytes())
        said = saxon.validate_str(etree.tostring(without_signatures(root), encoding="unicode"))
        theirs = Counter(
            (is_assert, each.role, " ".join(each.text.split()))
            for is_assert, kind in ((True, said.failed_assertions), (False, said.successful_reports))
            for each in kind
            if each.role != "information"
        )
        assert (
            Counter((each.is_assert, each.role, each.message.text) for each in ours.judge(root)) == theirs
        ), file
