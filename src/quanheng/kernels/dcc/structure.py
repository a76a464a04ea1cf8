"""Our own checks of a DCC's structure, for where its XSD is not at hand.

Less than the XSD: what all of 2.2 to 3.3 require, and what a reader of the certificate relies on.
Whatever is found here is an error; nothing found does not make a document valid.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from lxml import etree

from quanheng.kernels.dcc.model import day_of, number_of
from quanheng.kernels.dcc.names import DCC, ROOT, ROOT_NAME, dcc, si
from quanheng.kernels.dcc.schemas import Message, is_version
from quanheng.kernels.dcc.texts import own_text, plain

MAX_PROBLEMS = 200
CONFORMITY = ("pass", "fail", "conditionalPass", "conditionalFail", "noPass", "noFail")

# Mandatory children in every version from 2.2.0 to 3.3.0 (PTB's dcc.xsd), by parent; "|": one of these.
_MANDATORY: dict[str, tuple[str, ...]] = {
    ROOT_NAME: ("administrativeData", "measurementResults"),
    "administrativeData": (
        "dccSoftware",
        "coreData",
        "items",
        "calibrationLaboratory",
        "respPersons",
        "customer",
    ),
    "dccSoftware": ("software",),
    "software": ("name", "release"),
    "coreData": (
        "countryCodeISO3166_1",
        "usedLangCodeISO639_1",
        "mandatoryLangCodeISO639_1",
        "uniqueIdentifier",
        "beginPerformanceDate",
        "endPerformanceDate",
    ),
    "items": ("item",),
    "item": ("name", "identifications"),
    "identification": ("issuer", "value"),
    "calibrationLaboratory": ("contact",),
    "contact": ("name", "location"),
    "customer": ("name", "location"),
    "respPersons": ("respPerson",),
    "respPerson": ("person",),
    "measurementResults": ("measurementResult",),
    "measurementResult": ("results",),
    "results": ("result",),
    "result": ("name", "data"),
    "influenceCondition": ("name", "data"),
    "usedMethod": ("name",),
    "measuringEquipment": ("name",),
    "certificate": ("referral|reference", "referralID|referenceID", "procedure", "value"),
}
_NOT_EMPTY = (
    "uniqueIdentifier",
    "value",
    "referralID",
    "referenceID",
    "procedure",
    "mandatoryLangCodeISO639_1",
)
_DATES = ("receiptDate", "beginPerformanceDate", "endPerformanceDate", "issueDate")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_CODES = {
    "countryCodeISO3166_1": re.compile(r"[A-Z]{2}"),
    "usedLangCodeISO639_1": re.compile(r"[a-z]{2}"),
    "mandatoryLangCodeISO639_1": re.compile(r"[a-z]{2}"),
}


def structure_errors(root: etree._Element) -> tuple[Message, ...]:
    """Return what is wrong with the structure of a document, at most MAX_PROBLEMS."""
    if root.tag != ROOT:
        return (Message(_line(root), f"根元素应为命名空间 {DCC} 中的 {ROOT_NAME}"),)
    found: list[Message] = []
    for check in (_version, _mandatory, _core, _links, _amounts, _conformity):
        for problem in check(root):
            found.append(problem)
            if len(found) == MAX_PROBLEMS:
                return tuple(found)
    return tuple(found)


def _version(root: etree._Element) -> Iterator[Message]:
    version = root.get("schemaVersion", "")
    if not is_version(version):
        yield Message(_line(root), f"schemaVersion 应为版本号，如 3.3.0，现为“{version}”")


def _mandatory(root: etree._Element) -> Iterator[Message]:
    for name, children in _MANDATORY.items():
        for element in root.iter(dcc(name)):
            for child in children:
                if all(element.find(dcc(one)) is None for one in child.split("|")):
                    yield Message(_line(element), f"{name} 缺少 {child.replace('|', ' 或 ')}")
    for name in _NOT_EMPTY:
        for element in root.iter(dcc(name)):
            if not own_text(element) and element.find("*") is None:
                yield Message(_line(element), f"{name} 为空")


def _core(root: etree._Element) -> Iterator[Message]:
    for name, pattern in _CODES.items():
        for element in root.iter(dcc(name)):
            if not pattern.fullmatch(own_text(element)):
                yield Message(_line(element), f"{name} 的代码“{own_text(element)}”写法不对")
    core = root.find(f"{dcc('administrativeData')}/{dcc('coreData')}")
    if core is None:
        return
    for name in _DATES:
        text = plain(core, name)
        if core.find(dcc(name)) is not None and not (_DATE.fullmatch(text) and day_of(text)):
            yield Message(_line(core.find(dcc(name))), f"{name} 不是日期：“{text}”")
    begun, ended = (day_of(plain(core, name)) for name in _DATES[1:3])
    if begun and ended and begun > ended:
        yield Message(_line(core), f"开始日期 {begun} 晚于结束日期 {ended}")


def _links(root: etree._Element) -> Iterator[Message]:
    elements = [element for element in root.iter(etree.Element) if _is_ours(element)]
    ids = Counter(element.get("id", "") for element in elements)
    for name, count in ids.items():
        if name and count > 1:
            yield Message(0, f"标识“{name}”用了 {count} 次")
    for element in elements:
        for name in element.get("refId", "").split():
            if name not in ids:
                yield Message(_line(element), f"refId“{name}”没有对应的元素")


def _amounts(root: etree._Element) -> Iterator[Message]:
    for element in root.iter(si("real"), si("constant")):
        is_listed = element.getparent() is not None and _is_list(element.getparent())
        needed = ("value",) if is_listed else ("value", "unit")
        for name in needed:
            if len(element.findall(si(name))) != 1:
                yield Message(_line(element), f"si:real 应恰有一个 {name}")
    for element in root.iter(si("value"), si("valueExpandedMU"), si("uncertainty")):
        if not _is_number(own_text(element)):
            yield Message(_line(element), f"不是数：“{own_text(element)}”")
    for element in root.iter(si("realListXMLList")):
        values = _words(element, "valueXMLList")
        units = _words(element, "unitXMLList")
        if not values or not units:
            yield Message(_line(element), "si:realListXMLList 缺少 valueXMLList 或 unitXMLList")
        elif len(units) not in {1, len(values)}:
            yield Message(_line(element), f"{len(values)} 个值有 {len(units)} 个单位")
        if bad := next((value for value in values if not _is_number(value)), None):
            yield Message(_line(element), f"不是数：“{bad}”")


def _conformity(root: etree._Element) -> Iterator[Message]:
    for element in root.iter(dcc("conformity"), dcc("conformityXMLList")):
        for word in own_text(element).split() or [""]:
            if word not in CONFORMITY:
                yield Message(_line(element), f"没有“{word}”这种符合性声明")


def _is_ours(element: etree._Element) -> bool:
    return str(element.tag).startswith(f"{{{DCC}}}")


def _is_list(element: etree._Element | None) -> bool:
    return element is not None and element.tag in {si("list"), si("realList")}


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text.strip()) is not None and number_of(text) is not None


def _words(element: etree._Element, name: str) -> list[str]:
    found = element.find(si(name))
    return own_text(found).split() if found is not None else []


def _line(element: etree._Element | None) -> int:
    line: Any = element.sourceline if element is not None else 0
    return line or 0
