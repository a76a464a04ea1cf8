"""Reading texts of a DCC: one language chosen, white space tidied."""

from __future__ import annotations

from lxml import etree

from quanheng.kernels.dcc.names import dcc

_PREFERRED = ("zh", "", "en")


def own_text(element: etree._Element) -> str:
    """Return the text of an element itself, white space tidied.

    A comment inside does not end it: XMLDSig does not sign comments, so whoever puts one into a signed
    number must not change what is read.
    """
    parts = (element.text or "", *(child.tail or "" for child in element))
    return " ".join("".join(parts).split())


def plain(element: etree._Element | None, *path: str) -> str:
    """Return the text at a path of DCC names; empty where it is absent."""
    found = at_path(element, *path)
    return own_text(found) if found is not None else ""


def at_path(element: etree._Element | None, *path: str) -> etree._Element | None:
    """Return the first element at a path of DCC names."""
    for name in path:
        element = element.find(dcc(name)) if element is not None else None
    return element


def text_of(element: etree._Element | None, *path: str) -> str:
    """Return a dcc:textType or richContentType: Chinese, else without language, else English, else what is there."""
    found = at_path(element, *path)
    if found is None:
        return ""
    by_language: dict[str, list[str]] = {}
    for content in found.iterchildren(dcc("content")):
        words = " ".join("".join(str(part) for part in content.itertext()).split())
        if words:
            by_language.setdefault(content.get("lang", "").lower(), []).append(words)
    chosen = next((name for name in _PREFERRED if name in by_language), next(iter(by_language), None))
    return "；".join(by_language[chosen]) if chosen is not None else own_text(found)


def all_plain(element: etree._Element | None, name: str) -> tuple[str, ...]:
    """Return the texts of all children of a DCC name, without empty ones."""
    if element is None:
        return ()
    texts = (own_text(child) for child in element.iterchildren(dcc(name)))
    return tuple(text for text in texts if text)


def truth(element: etree._Element | None, *path: str) -> bool | None:
    """Return an xs:boolean; None where it is absent or none."""
    return {"true": True, "1": True, "false": False, "0": False}.get(plain(element, *path))
