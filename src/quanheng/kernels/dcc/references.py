"""What a reference of an XML signature covers, as bytes (XMLDSig 1.1, 4.4.3; Canonical XML 1.0, 1.1, exclusive).

Only transforms that cannot hide content are followed: taking signatures out, and canonicalisation.
Anything else makes the reference impossible to check, never true.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from quanheng.kernels.dcc.names import DS, SIGNATURE, XML, ds
from quanheng.kernels.dcc.removal import remove_keeping_tail
from quanheng.kernels.dcc.texts import own_text

_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_INCLUSIVE_11 = "http://www.w3.org/2006/12/xml-c14n11"
_CANONICAL = {
    _INCLUSIVE: (False, False),
    f"{_INCLUSIVE}#WithComments": (False, True),
    _INCLUSIVE_11: (False, False),
    f"{_INCLUSIVE_11}#WithComments": (False, True),
    _EXCLUSIVE: (True, False),
    f"{_EXCLUSIVE}WithComments": (True, True),
}
_ENVELOPED = f"{DS}enveloped-signature"
_XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
_FILTER2 = "http://www.w3.org/2002/06/xmldsig-filter2"
_NOT_IN_SIGNATURE = re.compile(r"not\(ancestor-or-self::([\w.-]+):Signature\)")
_SIGNATURES = re.compile(r"(?://|/descendant::)([\w.-]+):Signature")
_POINTER = re.compile(r"#xpointer\(id\((['\"])([^'\"]+)\1\)\)")
_ID_NAMES = ("Id", "ID", "id", f"{{{XML}}}id")


class CannotCheck(ValueError):
    """A reference cannot be followed; the reason is Chinese."""


@dataclass(frozen=True, slots=True)
class Canonical:
    """A canonicalisation: ``prefixes`` of the exclusive one that are treated as in the inclusive one."""

    exclusive: bool
    with_comments: bool
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Covered:
    """The bytes that a reference is a digest of, and whether they are the whole document."""

    data: bytes
    is_whole: bool


def canonical_of(method: etree._Element | None) -> Canonical:
    """Return the canonicalisation that a CanonicalizationMethod or Transform names; raises CannotCheck."""
    name = "" if method is None else method.get("Algorithm", "")
    if method is None or name not in _CANONICAL:
        raise CannotCheck(f"不支持规范化算法 {name or '（没有写明）'}")
    exclusive, with_comments = _CANONICAL[name]
    listed = method.find(f"{{{_EXCLUSIVE}}}InclusiveNamespaces")
    prefixes = () if listed is None or not exclusive else tuple(listed.get("PrefixList", "").split())
    return Canonical(exclusive, with_comments, prefixes)


def canonical_part(element: etree._Element, how: Canonical, *, with_comments: bool) -> bytes:
    """Return the canonical bytes of an element where it stands: with the namespaces of its ancestors."""
    inherited = {} if how.exclusive else _inherited(element)
    # Written out and read again, it declares every namespace in scope; lxml would drop those not used.
    alone = _reread(etree.tostring(element, with_tail=False, encoding="utf-8"))
    for name, value in inherited.items():
        alone.set(name, value)
    return _canonical(alone.getroottree(), how, with_comments=with_comments)


def covered_by(reference: etree._Element, signature: etree._Element) -> Covered:
    """Return what a ``ds:Reference`` of ``signature`` covers; raises CannotCheck."""
    whole = signature.getroottree()
    number = list(whole.iter(SIGNATURE)).index(signature)
    tree = _reread(etree.tostring(whole, encoding="utf-8")).getroottree()
    own = list(tree.iter(SIGNATURE))[number]
    uri = reference.get("URI")
    target = _target(tree, uri)
    is_whole = target is tree.getroot()
    comments = uri is not None and uri.startswith("#xpointer(")
    how = Canonical(exclusive=False, with_comments=False, prefixes=())
    is_canonical = False
    for transform in reference.iterfind(f"{ds('Transforms')}/{ds('Transform')}"):
        name = transform.get("Algorithm", "")
        if is_canonical:
            raise CannotCheck("规范化之后还有别的变换")
        if name in _CANONICAL:
            how, is_canonical = canonical_of(transform), True
        else:
            _take_out(target, own, transform)
    with_comments = how.with_comments and comments
    if is_whole:
        return Covered(_canonical(tree, how, with_comments=with_comments), is_whole=True)
    return Covered(canonical_part(target, how, with_comments=with_comments), is_whole=False)


def _target(tree: etree._ElementTree, uri: str | None) -> etree._Element:
    if uri in {"", "#xpointer(/)"}:
        return tree.getroot()
    pointer = _POINTER.fullmatch(uri or "")
    name = pointer[2] if pointer else (uri or "").removeprefix("#")
    if uri is None or not uri.startswith("#") or (not pointer and "(" in uri):
        raise CannotCheck(f"所引用的内容不在本文件之内（{uri or '没有写明'}），没有读取")
    found = [
        element
        for element in tree.iter(etree.Element)
        if any(element.get(attribute) == name for attribute in _ID_NAMES)
    ]
    if len(found) != 1:
        raise CannotCheck(f"文件中有 {len(found)} 个标识为“{name}”的元素，应恰有一个")
    return found[0]


def _take_out(target: etree._Element, own: etree._Element, transform: etree._Element) -> None:
    """Do what a transform that removes signatures says; CannotCheck for any other."""
    name = transform.get("Algorithm", "")
    if name == _ENVELOPED:
        gone = [own]
    elif _is_all_signatures(name, transform):
        gone = list(target.iter(SIGNATURE))
    else:
        raise CannotCheck(f"不支持变换 {name or '（没有写明）'}")
    for signature in gone:
        parent = signature.getparent()
        if parent is not None and target in signature.iterancestors():
            remove_keeping_tail(parent, signature)


def _is_all_signatures(name: str, transform: etree._Element) -> bool:
    expressions = transform.findall(f"{ds('XPath') if name == _XPATH else f'{{{_FILTER2}}}XPath'}")
    if name not in {_XPATH, _FILTER2} or len(expressions) != 1:
        return False
    text = "".join(own_text(expressions[0]).split())
    if name == _FILTER2 and expressions[0].get("Filter") != "subtract":
        return False
    found = (_NOT_IN_SIGNATURE if name == _XPATH else _SIGNATURES).fullmatch(text)
    return found is not None and expressions[0].nsmap.get(found[1]) == DS


def _inherited(element: etree._Element) -> dict[str, str]:
    """Return the xml:lang and xml:space that an inclusive canonicalisation takes over from ancestors."""
    names = (f"{{{XML}}}lang", f"{{{XML}}}space")
    found: dict[str, str] = {}
    for ancestor in element.iterancestors():
        found = {name: value for name in names if (value := ancestor.get(name)) is not None} | found
    return {name: value for name, value in found.items() if element.get(name) is None}


def _canonical(tree: etree._ElementTree, how: Canonical, *, with_comments: bool) -> bytes:
    try:
        return etree.tostring(
            tree,
            method="c14n",
            exclusive=how.exclusive,
            with_comments=with_comments,
            inclusive_ns_prefixes=list(how.prefixes) or None,
        )
    except (etree.C14NError, ValueError) as error:
        raise CannotCheck(f"不能规范化：{error}") from None


def _reread(data: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    return etree.fromstring(data, parser)
