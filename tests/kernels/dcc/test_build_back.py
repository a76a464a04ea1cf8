"""From our DCC back to its content, and what is refused on the way."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from lxml import etree

from quanheng.kernels.certificate.content import Content, Kind
from quanheng.kernels.dcc.build import build_dcc
from quanheng.kernels.dcc.build_back import NotOurs, content_of
from quanheng.kernels.dcc.names import DS
from quanheng.kernels.dcc.parse import BadXml
from tests.kernels.certificate.contents import contents, example_content

XML = build_dcc(example_content(), software_release="0.1.0").decode()


@given(content=contents())
@settings(max_examples=100, deadline=None)
def test_content_goes_into_the_xml_and_back_unchanged(content: Content) -> None:
    assert content_of(build_dcc(content, software_release="12.0.1")) == content


@pytest.mark.parametrize("tail", ["", "\n"])
def test_a_signature_does_not_stand_in_the_way(tail: str) -> None:
    root = etree.fromstring(XML.encode())
    signature = etree.SubElement(root, f"{{{DS}}}Signature", nsmap={"ds": DS})
    etree.SubElement(signature, f"{{{DS}}}SignatureValue").text = "AAAA"
    signature.tail = tail or None
    if tail:
        last = root[-2]
        last.tail = (last.tail or "")[: -len(tail)] or None
    assert content_of(etree.tostring(root, encoding="UTF-8", xml_declaration=True)) == example_content()


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("<dcc:conformity>pass<", "<dcc:conformity>fail<"),
        ("<si:value>3.5<", "<si:value>3.6<"),
        ("2027-03-04</dcc:date>", "2037-03-04</dcc:date>"),
        ("<dcc:model>ACS-30<", "<dcc:model>ACS-31<"),
        ("<dcc:mainSigner>true<", "<dcc:mainSigner>false<"),
        ('"conclusion":"合格"', '"conclusion":"优等"'),
        ("<dcc:comment>", "<!-- 另见背面 --><dcc:comment>"),
        ("?>\n<dcc:", '?>\n<?xml-stylesheet href="x.xsl"?><dcc:'),
        ("v 0.1.0", "v 0.2.0"),
    ],
)
def test_a_field_that_says_something_else_than_the_content_is_refused(was: str, becomes: str) -> None:
    assert was in XML
    with pytest.raises(NotOurs, match="不一致"):
        content_of(XML.replace(was, becomes, 1).encode())


@pytest.mark.parametrize(
    ("pattern", "becomes", "reason"),
    [
        (r"<dcc:comment>.*</dcc:comment>", "", "没有权衡的证书内容"),
        (r"urn:quanheng:certificate:1", "urn:other", "没有权衡的证书内容"),
        (r"v 0\.1\.0", "v 0.1.0-beta", "没有权衡的证书内容"),
        (r"v 0\.1\.0", "v 0.1.1000", "软件版本"),
        (r'\{"begun_on.*\}', "{}", "不合格式"),
        (r'\{"begun_on.*\}', "{", "不合格式"),
        (r'"format":1', '"format":2', "不合格式"),
        (r'"kind":"verification"', '"kind":"calibration"', "不合格式"),
    ],
)
def test_what_is_no_certificate_of_ours_is_refused(pattern: str, becomes: str, reason: str) -> None:
    changed = re.sub(pattern, becomes, XML, flags=re.DOTALL)
    assert changed != XML
    with pytest.raises(NotOurs, match=reason):
        content_of(changed.encode())


def test_xml_with_entities_is_refused_unread() -> None:
    with pytest.raises(BadXml):
        content_of(XML.replace("?>", '?><!DOCTYPE d [<!ENTITY e "x">]>', 1).encode())


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_of_paper_comes_back(kind: Kind) -> None:
    content = example_content(kind)
    assert content_of(build_dcc(content, software_release="0.1.0")) == content
