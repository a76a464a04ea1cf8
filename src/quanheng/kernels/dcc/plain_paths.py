"""The XPath expressions that mean the same in XPath 1 and 2, compiled for libxml2, which is some 50 times faster.

Taken are paths of named elements and attributes, and tests of whether and how much such paths find: node sets,
whole numbers and truth values are alike in both languages.  Whatever else may be written is not taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

_WORD = r"[A-Za-z_][A-Za-z0-9_-]*"
_NAME = rf"(?:{_WORD}:)?{_WORD}(?![\w:.(-])"
_STEP = rf"(?:{_NAME}|\*|\.\.)"
_ATTRIBUTE = rf"@{_NAME}"
_SHORT = rf"(?:ancestor::)?(?:{_STEP}//?)*(?:{_ATTRIBUTE}|{_STEP})"
_PREDICATE = rf"\[(?:not\({_SHORT}\)|{_SHORT}|{_NAME}\[{_SHORT}\])\]"
# Nothing upward: lxml does not hand out the node of the document.
_DOWN = rf"(?:{_NAME}|\*)(?:{_PREDICATE})?"
_PATH = rf"(?://?)?(?:{_DOWN}//?)*(?:{_ATTRIBUTE}|{_DOWN})"
_COUNT = rf"count\({_SHORT}\)"
_TERM = rf"(?:{_COUNT}\s*[=<>]\s*(?:{_COUNT}|[0-9]{{1,9}}(?![\w.]))|not\({_SHORT}\))"
_TERMS = rf"{_TERM}(?:\s+(?:and|or)\s+{_TERM})*"
_PREFIX = re.compile(rf"({_WORD}):(?!:)", re.ASCII)
_ONLY_PATH = re.compile(_PATH, re.ASCII)
_ONLY_FOUND = re.compile(rf"{_TERMS}(?:\s+(?:and|or)\s+\({_TERMS}\))?", re.ASCII)


def plain_path(source: str, namespaces: Mapping[str, str]) -> etree.XPath | None:
    """Return a path compiled; None where it is more than a plain one."""
    return _compiled(_ONLY_PATH, source, namespaces)


def plain_test(source: str, namespaces: Mapping[str, str]) -> etree.XPath | None:
    """Return a test of what paths find compiled; None where it asks more than whether and how much."""
    return _compiled(_ONLY_FOUND, source, namespaces)


def _compiled(form: re.Pattern[str], source: str, namespaces: Mapping[str, str]) -> etree.XPath | None:
    # A default namespace is unknown to XPath 1; an unknown prefix is left to who says what is wrong with it.
    used = set(_PREFIX.findall(source))
    if "" in namespaces or "xml" in used or form.fullmatch(source) is None:
        return None
    if not all(namespaces.get(prefix) for prefix in used):
        return None
    return etree.XPath(source, namespaces={prefix: namespaces[prefix] for prefix in used} or None)
