"""Schematron (ISO/IEC 19757-3) with the query language XPath 2, as PTB's rules for DCC are written.

In a pattern a node is judged by the first rule whose context matches it.  An assert speaks where its
test is false, a report where it is true.  A test that cannot be computed (``xs:date`` of something
that is no date) speaks as an error of its own; Saxon would stop there and say nothing of the rest.
Plain paths are evaluated by libxml2, all else by elementpath (see `plain_paths`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from elementpath import DocumentNode, ElementNode, ElementPathError, XPathContext, XPathNode, get_node_tree
from elementpath.collations import UNICODE_CODEPOINT_COLLATION
from elementpath.xpath31 import XPath31Parser
from elementpath.xpath_tokens import XPathToken
from lxml import etree

from quanheng.kernels.dcc.plain_paths import plain_path, plain_test
from quanheng.kernels.dcc.removal import without_signatures
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


@dataclass(frozen=True, slots=True)
class _Expression:
    """An expression, and the same for libxml2 where it is a plain one."""

    token: XPathToken
    plain: etree.XPath | None


_Parts = tuple[str | XPathToken, ...]
_Lets = tuple[tuple[str, _Expression], ...]


@dataclass(frozen=True, slots=True)
class _Check:
    is_assert: bool
    role: str
    test: _Expression
    parts: _Parts


@dataclass(frozen=True, slots=True)
class _Rule:
    context: _Expression
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
        speaking = tuple(check for check in checks if check.role in _SPEAKS)
        rules.append(_Rule(_path(parser, anywhere), _lets(parser, rule), speaking))
    return _lets(parser, pattern), tuple(rules)


def _path(parser: XPath31Parser, source: str) -> _Expression:
    return _Expression(parser.parse(source), plain_path(source, parser.namespaces))


def _lets(parser: XPath31Parser, owner: etree._Element) -> _Lets:
    lets = owner.iterchildren(f"{_SCH}let")
    return tuple((let.get("name", ""), _path(parser, let.get("value", ""))) for let in lets)


def _check(parser: XPath31Parser, check: etree._Element) -> _Check:
    parts: list[str | XPathToken] = [check.text or ""]
    for child in check:
        if child.tag == f"{_SCH}value-of":
            parts.append(parser.parse(child.get("select", "")))
        parts.append(child.tail or "")
    source = check.get("test", "")
    test = _Expression(parser.parse(source), plain_test(source, parser.namespaces))
    return _Check(_CHECKS[str(check.tag)], check.get("role", "error"), test, tuple(parts))


def _judge_pattern(tree: RootNode, lets: _Lets, rules: tuple[_Rule, ...]) -> Iterator[Said]:
    known = _bind(tree, tree, lets, {})
    judged: set[int] = set()
    for rule in rules:
        for node in _matching(tree, rule.context, known):
            if id(node) in judged:
                continue
            judged.add(id(node))
            yield from _judge_node(tree, node, rule, known)


def _matching(tree: RootNode, context: _Expression, known: Mapping[str, Any]) -> Iterator[XPathNode]:
    if context.plain is None:
        found = context.token.select(XPathContext(tree, variables=dict(known)))
        yield from (node for node in found if isinstance(node, XPathNode))
        return
    nodes: Any = tree.elements
    for each in _found(context.plain, tree):
        yield _attribute(nodes, each) if isinstance(each, str) else nodes[each]


def _attribute(nodes: Mapping[etree._Element, ElementNode], found: Any) -> XPathNode:
    """Return the node of an attribute as lxml found it: its text, which knows its name and its element."""
    attributes = nodes[found.getparent()].attributes
    return next(attribute for attribute in attributes if attribute.name == found.attrname)


def _found(plain: etree.XPath, node: XPathNode) -> Any:
    """Return what libxml2 computes at a node: a list for a path, a truth value for a test."""
    start: Any = node.value  # the element or document of lxml
    return plain(start)


def _judge_node(tree: RootNode, node: XPathNode, rule: _Rule, known: Mapping[str, Any]) -> Iterator[Said]:
    line = _line(node)
    try:
        variables = _bind(tree, node, rule.lets, known)
        for check in rule.checks:
            if _holds(check.test, tree, node, variables) != check.is_assert:
                text = "".join(_text(part, tree, node, variables) for part in check.parts)
                yield Said(check.role, check.is_assert, Message(line, " ".join(text.split())))
    except (ElementPathError, ValueError, TypeError, ArithmeticError) as error:
        said = f"这一条规则不能计算：{rule.context.token.source}（{error}）"
        yield Said("error", is_assert=True, message=Message(line, said))


def _holds(test: _Expression, tree: RootNode, node: XPathNode, variables: Mapping[str, Any]) -> bool:
    if test.plain is not None and isinstance(node, ElementNode):
        return bool(_found(test.plain, node))
    return bool(test.token.boolean_value(test.token.evaluate(_context(tree, node, variables))))


def _bind(tree: RootNode, node: XPathNode, lets: _Lets, known: Mapping[str, Any]) -> dict[str, Any]:
    variables = dict(known)
    for name, value in lets:
        if value.plain is not None and _is_start(node, value.plain):
            found = _found(value.plain, node)
            variables[name] = [str(each) if isinstance(each, str) else each for each in found]
        else:
            variables[name] = value.token.get_results(_context(tree, node, variables))
    return variables


def _is_start(node: XPathNode, plain: etree.XPath) -> bool:
    """Whether lxml can begin a path at a node; of a document it would begin a relative one at the root element."""
    return isinstance(node, ElementNode) or (isinstance(node, DocumentNode) and plain.path.startswith("/"))


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
