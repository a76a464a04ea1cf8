"""What is given to libxml2 means the same there; everything else is left to elementpath."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from elementpath import XPathContext, get_node_tree
from elementpath.xpath31 import XPath31Parser
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from quanheng.kernels.dcc import parse_xml
from quanheng.kernels.dcc import schematron as runner
from quanheng.kernels.dcc.plain_paths import plain_path, plain_test
from quanheng.kernels.dcc.schematron import read_schematron
from tests.kernels.dcc.sample import sample

NAMESPACES = {"p": "urn:p"}

_names = st.sampled_from(["a", "b", "p:a", "p:b"])
_steps = st.one_of(_names, st.sampled_from(["*", ".."]))
_attributes = st.sampled_from(["@x", "@y", "@p:x"])


@st.composite
def _short(draw: st.DrawFn) -> str:
    start = draw(st.sampled_from(["", "ancestor::"]))
    names = draw(st.lists(_names if start else _steps, max_size=2))
    if start:
        return start + "/".join([*names, draw(_names)])
    return "".join(name + draw(st.sampled_from(["/", "//"])) for name in names) + draw(
        st.one_of(_steps, _attributes)
    )


@st.composite
def _path(draw: st.DrawFn) -> str:
    short = _short()
    predicates = st.one_of(
        st.just(""),
        short.map("[{}]".format),
        short.map("[not({})]".format),
        st.tuples(_names, short).map(lambda pair: f"[{pair[0]}[{pair[1]}]]"),
    )
    downward = st.one_of(_names, st.just("*"))
    text = draw(st.sampled_from(["/", "//", ""]))
    for name in draw(st.lists(downward, max_size=2)):
        text += name + draw(predicates) + draw(st.sampled_from(["/", "//"]))
    return text + draw(st.one_of(_attributes, st.tuples(downward, predicates).map("".join)))


@st.composite
def _test(draw: st.DrawFn) -> str:
    count = _short().map("count({})".format)
    term = st.one_of(
        st.tuples(count, st.sampled_from("=<>"), st.one_of(count, st.integers(0, 3).map(str))).map(" ".join),
        _short().map("not({})".format),
    )
    terms = draw(st.lists(term, min_size=1, max_size=3))
    text = terms[0] + "".join(draw(st.sampled_from([" and ", " or "])) + each for each in terms[1:])
    return text + draw(st.sampled_from(["", " and (count(a) = 1 or not(@x))"]))


@st.composite
def _element(draw: st.DrawFn, depth: int = 3) -> str:
    name = draw(_names)
    attributes = "".join(f' {each}="{each}"' for each in draw(st.sets(st.sampled_from(["x", "y", "p:x"]))))
    children = draw(st.lists(_element(depth - 1), max_size=3)) if depth else []
    return f"<{name}{attributes}>{'text'.join(children)}</{name}>"


_documents = _element().map(lambda inner: etree.fromstring(f'<a xmlns:p="urn:p">{inner}</a>'))


@given(_documents, _path())
def test_a_plain_path_finds_what_xpath_2_finds(root: etree._Element, path: str) -> None:
    plain = plain_path(path, NAMESPACES)
    assert plain is not None
    tree = _tree(root)
    token = XPath31Parser(namespaces=NAMESPACES).parse(path)
    for node in (tree if path.startswith("/") else tree.getroot(), *tree.elements.values()):
        ours: Any = plain(node.value)
        theirs: Any = token.get_results(XPathContext(tree, item=node))
        assert sorted(map(_key, ours)) == sorted(map(_key, theirs))


def _tree(root: etree._Element) -> Any:
    return get_node_tree(etree.ElementTree(root))  # the types of its nodes are wider than what is here


def _key(found: object) -> str:
    return found.getroottree().getpath(found) if isinstance(found, etree._Element) else str(found)


@given(_documents, _test())
def test_a_plain_test_is_true_where_xpath_2_says_so(root: etree._Element, test: str) -> None:
    plain = plain_test(test, NAMESPACES)
    assert plain is not None
    tree = _tree(root)
    token = XPath31Parser(namespaces=NAMESPACES).parse(test)
    for element, node in tree.elements.items():
        assert plain(element) == token.evaluate(XPathContext(tree, item=node))


@pytest.mark.parametrize(
    "source",
    [
        "a[1]",
        "a[last()]",
        "a[@x = '1']",
        "a/..",
        "..[a]",
        "a[..[b]]",
        "a | b",
        "a, b",
        "string(a)",
        "$a",
        "$a/b",
        ".",
        "text()",
        "a/text()",
        "*:a",
        "a:*",
        "@*",
        "a.b",
        "é",
        "element(a)",
        "preceding-sibling::a",
        "namespace::a",
        "other:a",
        "xs:a",
        "xml:a",
        "a/b/",
        "//",
        "",
        "if (a) then b else c",
        "a (: comment :)",
    ],
)
def test_whatever_is_more_than_a_plain_path_is_not_taken(source: str) -> None:
    assert plain_path(source, NAMESPACES) is None


@pytest.mark.parametrize(
    "source",
    [
        "count(a)",
        "count(a) = 1.5",
        "count(a) = 1e0",
        "count(a) eq 1",
        "count($a) = 1",
        "count(a) = '1'",
        "a = 1",
        "not(a = 1)",
        "count(a) + 1 = 2",
        "count(distinct-values(a)) = 1",
        "(a)",
        "",
    ],
)
def test_whatever_asks_more_than_whether_and_how_much_is_not_taken(source: str) -> None:
    assert plain_test(source, NAMESPACES) is None


def test_a_relative_path_of_a_pattern_begins_at_the_document() -> None:
    rules = b"""<sch:schema xmlns:sch="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><sch:pattern>
      <sch:let name="all" value="a"/><sch:rule context="b"><sch:assert test="count($all) = 1">none</sch:assert>
      </sch:rule></sch:pattern></sch:schema>"""
    assert read_schematron(rules).judge(parse_xml(b"<a><b/></a>")) == ()


def test_a_default_namespace_is_left_to_xpath_2() -> None:
    assert plain_path("a", {"": "urn:p"}) is None
    assert plain_path("p:a", {"p": ""}) is None


def test_the_rules_of_ptb_say_the_same_with_and_without_libxml2(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = (shared / "dcc/xsd/schematron/dcc.sch").read_bytes()
    ours = read_schematron(rules)
    monkeypatch.setattr(runner, "plain_path", lambda *_: None)
    monkeypatch.setattr(runner, "plain_test", lambda *_: None)
    elementpath = read_schematron(rules)
    paths = [shared / "dcc/minimal_zh_330.xml", *sorted((shared / "dcc/examples").glob("*.xml"))]
    files = [path.read_bytes() for path in paths if path.name != "dcclib_invalid_syntax.xml"]
    nested = (b"<dcc:measurementResults>" * 3, b"<dcc:list/>" + b"</dcc:measurementResults>" * 3)
    files += [sample(), b'<dcc:x xmlns:dcc="https://ptb.de/dcc">%b%b</dcc:x>' % nested]
    for data in files:
        root = parse_xml(data)
        assert ours.judge(root) == elementpath.judge(root)
