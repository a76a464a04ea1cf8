"""Taking signatures out of a document, with the text around them kept."""

from __future__ import annotations

import copy

from lxml import etree

from quanheng.kernels.dcc.names import SIGNATURE


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
