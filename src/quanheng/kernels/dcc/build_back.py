"""The way back: from a DCC of ours to its content, sure that the XML says nothing else.

A certificate carries its canonical content in ``comment``.  `build_dcc` makes the same document from the same content,
so the content is taken from there, the document is built anew and the two are compared, without the signatures.  That
is shorter than a second reader of every field, loses nothing, and no field that people or programs see can differ
unnoticed from the content.  The price: what `build_dcc` writes for a `Content.format` is never changed again.
"""

from __future__ import annotations

import re

from lxml import etree
from pydantic import ValidationError

from quanheng.kernels.canonical import CanonicalError, parse_canonical
from quanheng.kernels.certificate.content import Content, read_content
from quanheng.kernels.dcc.build import CNLM, build_dcc
from quanheng.kernels.dcc.names import ROOT, SIGNATURE, dcc
from quanheng.kernels.dcc.parse import parse_xml

_RELEASE = re.compile(r"v ([0-9.]+)")
_DEPTH_OF_SOFTWARE = "/".join(map(dcc, ("administrativeData", "dccSoftware", "software", "release")))


class NotOurs(ValueError):
    """The document is no certificate of ours, or not as it was made; the reason is Chinese."""


def content_of(xml: bytes) -> Content:
    """Return the content of a certificate that `build_dcc` made, signed since or not.

    Whether a signature is valid is not looked at here.

    Raises
    ------
    BadXml
        See `parse_xml`.
    NotOurs
        No content in it; a content that is none; a document that differs from what its content makes.
    """
    root = parse_xml(xml)
    held = root.find(f"{dcc('comment')}/{{{CNLM}}}content")
    release = _RELEASE.fullmatch(root.findtext(_DEPTH_OF_SOFTWARE) or "")
    if root.tag != ROOT or held is None or release is None:
        raise NotOurs("这份 XML 里没有权衡的证书内容。")
    try:
        content = read_content(parse_canonical((held.text or "").encode()))
        made = build_dcc(content, software_release=release[1])
    except (CanonicalError, ValidationError) as error:
        raise NotOurs("证书内容不完整，或者不合格式。") from error
    except ValueError as error:
        raise NotOurs("软件版本不合格式。") from error
    if _canonical(etree.fromstring(made)) != _canonical(root):
        raise NotOurs("XML 与其中所附的证书内容不一致：有字段被改动过。")
    return content


def _canonical(root: etree._Element) -> bytes:
    """Return the document without its signatures, in C14N 1.0 with comments."""
    for signature in root.findall(SIGNATURE):
        before = signature.getprevious()
        if signature.tail and before is not None:
            before.tail = (before.tail or "") + signature.tail
        root.remove(signature)
    return etree.tostring(root.getroottree(), method="c14n", with_comments=True)
