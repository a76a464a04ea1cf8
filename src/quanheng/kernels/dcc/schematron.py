"""Schematron (ISO/IEC 19757-3) with the query language XPath 2, as PTB's rules for DCC are written.

In a pattern a node is judged by the first rule whose context matches it.  An assert speaks where its
test is false, a report where it is true.  A test that cannot be computed (``xs:date`` of something
that is no date) speaks as an error of its own; Saxon would stop there and say nothing of the rest.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from elementpath import DocumentNode, ElementNode, ElementPathError, XPathContext, XPathNode, get_node_tree
from elementpath.collations import UNICODE_CODEPOINT_COLLATION
from elementpath.xpath31 import XPath31Parser
from elementpath.xpath_tokens import XPathToken
from lxml import etree

from quanheng.kernels.dcc.names import SIGNATURE
from quanheng.kernels.dcc.schemas import Message

_SCH = "{http://purl.oclc.org/dsdl/schematron}"
_SPEAKS = {"error", "warning"}
_CHECKS = {f"{_SCH}assert": True, f"{_SCH}report": False}


class BadSchematron(ValueError):
    """The rules cannot be read; the reason is Chinese."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one check says of one node; ``role`` is error, warning or information; the text is the rules' own."""

    role: str
    is_assert: bool
    message: Message


RootNode = DocumentNode | ElementNode
_Parts = tuple[str | XPathToken, ...]
_Lets = tuple[tuple[str, XPathToken], ...]


@dataclass(frozen=True, slots=True)
class _Check:
    is_assert: bool
    role: str
    test: XPathToken
    parts: _Parts


@dataclass(frozen=True, slots=True)
class _Rule:
    context: XPathToken
    lets: _Lets
    checks: tuple[_Check, ...]


@dataclass(frozen=True, slots=True)
class Schematron:
    """Rules, compiled once; not shared between threads."""

    patterns: tuple[tuple[_Lets, tuple[_Rule, ...]], ...]

    def judge(self, root: etree._Element) -> tuple[Said, ...]:
        """Return errors and warnings about a document without its signatures, in the order of the rules."""
        document = etree.ElementTree(without_signatures(root))
        tree = get_node_tree(document)
        return tuple(said for lets, rules in self.patterns for said in _judge_pattern(tree, lets, rules))


def without_signatures(root: etree._Element) -> etree._Element:
    """Return a copy of a document with every ``ds:Signature`` taken out, and the text around them kept."""
    plain = copy.deepcopy(root)
    remove_signatures(plain)
    return plain


def remove_signatures(root: etree._Element) -> None:
    """Take every ``ds:Signature`` out of a document; the text around them stays."""
    for signature in list(root.iter(SIGNATURE)):
        if (parent := signature.getparent()) is not None:
            remove_keeping_tail(parent, signature)


def remove_keeping_tail(parent: etree._Element, child: etree._Element) -> None:
    """Take a child out of its parent; the text behind the child stays."""
    before = child.getprevious()
    if child.tail and before is not None:
        before.tail = (before.tail or "") + child.tail
    elif child.tail:
        parent.text = (parent.text or "") + child.tail
    parent.remove(child)


def read_schematron(data: bytes) -> Schematron:
    """Compile rules of the query binding xslt2; raises BadSchematron for what is none or not understood."""
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
        if root.tag != f"{_SCH}schema" or root.get("queryBinding") != "xslt2":
            raise BadSchematron("不是查询语言为 xslt2 的 Schematron 文件")
        spaces = {ns.get("prefix", ""): ns.get("uri", "") for ns in root.iter(f"{_SCH}ns")}
        # The default of XPath; elementpath would take that of the process, and change it for a while.
        parser = XPath31Parser(namespaces=spaces, default_collation=UNICODE_CODEPOINT_COLLATION)
        return Schematron(tuple(_pattern(parser, found) for found in root.iter(f"{_SCH}pattern")))
    except (etree.XMLSyntaxError, ElementPathError) as error:
        raise BadSchematron(f"Schematron 规则不能读取：{error}") from None


def _pattern(parser: XPath31Parser, pattern: etree._Element) -> tuple[_Lets, tuple[_Rule, ...]]:
    rules = []
    for rule in pattern.iterchildren(f"{_SCH}rule"):
        context = rule.get("context", "")
        anywhere = context if context.startswith("/") else f"//{context}"
        checks = tuple(_check(parser, child) for child in rule if child.tag in _CHECKS)
        rules.append(_Rule(parser.parse(anywhere), _lets(parser, rule), checks))
    return _lets(parser, pattern), tuple(rules)


def _lets(parser: XPath31Parser, owner: etree._Element) -> _Lets:
    lets = owner.iterchildren(f"{_SCH}let")
    return tuple((let.get("name", ""), parser.parse(let.get("value", ""))) for let in lets)


def _check(parser: XPath31Parser, check: etree._Element) -> _Check:
    parts: list[str | XPathToken] = [check.text or ""]
    for child in check:
        if child.tag == f"{_SCH}value-of":
            parts.append(parser.parse(child.get("select", "")))
        parts.append(child.tail or "")
    test = parser.parse(check.get("test", ""))
    return _Check(_CHECKS[str(check.tag)], check.get("role", "error"), test, tuple(parts))


def _judge_pattern(tree: RootNode, lets: _Lets, rules: tuple[_Rule, ...]) -> Iterator[Said]:
    known = _bind(tree, tree, lets, {})
    judged: set[int] = set()
    for rule in rules:
        for node in rule.context.select(XPathContext(tree, variables=known)):
            if not isinstance(node, XPathNode) or id(node) in judged:
                continue
            judged.add(id(node))
            yield from _judge_node(tree, node, rule, known)


def _judge_node(tree: RootNode, node: XPathNode, rule: _Rule, known: Mapping[str, Any]) -> Iterator[Said]:
    line = _line(node)
    try:
        variables = _bind(tree, node, rule.lets, known)
        for check in rule.checks:
            if check.role not in _SPEAKS:
                continue
            holds = check.test.boolean_value(check.test.evaluate(_context(tree, node, variables)))
            if holds != check.is_assert:
                text = "".join(_text(part, tree, node, variables) for part in check.parts)
                yield Said(check.role, check.is_assert, Message(line, " ".join(text.split())))
    except (ElementPathError, ValueError, TypeError, ArithmeticError) as error:
        said = f"这一条规则不能计算：{rule.context.source}（{error}）"
        yield Said("error", is_assert=True, message=Message(line, said))


def _bind(tree: RootNode, node: XPathNode, lets: _Lets, known: Mapping[str, Any]) -> dict[str, Any]:
    variables = dict(known)
    for name, value in lets:
        variables[name] = value.get_results(_context(tree, node, variables))
    return variables


def _text(part: str | XPathToken, tree: RootNode, node: XPathNode, variables: Mapping[str, Any]) -> str:
    if isinstance(part, str):
        return part
    found = part.evaluate(_context(tree, node, variables))
    items = found if isinstance(found, list) else [found]
    return " ".join(item.string_value if isinstance(item, XPathNode) else str(item) for item in items)


def _context(tree: RootNode, node: XPathNode, variables: Mapping[str, Any]) -> XPathContext:
    return XPathContext(tree, item=node, variables=dict(variables))


def _line(node: XPathNode) -> int:
    owner: Any = node
    while owner is not None:
        line = getattr(owner.value, "sourceline", None)
        if isinstance(line, int):
            return line
        owner = owner.parent
    return 0
