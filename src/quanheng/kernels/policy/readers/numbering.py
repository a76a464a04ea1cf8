"""Automatic list numbers of Word, which stand in no run of text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from quanheng.kernels.policy.numerals import CIRCLED, MAX_NUMERAL, int_to_cn

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CHINESE = (
    "chineseCounting",
    "chineseCountingThousand",
    "japaneseCounting",
    "ideographDigital",
    "taiwaneseCounting",
)


@dataclass(frozen=True)
class _Level:
    form: str
    text: str
    start: int


@dataclass
class Numbering:
    """Counts per list and level; ``prefix`` returns what Word would print."""

    levels: dict[tuple[str, int], _Level] = field(default_factory=dict)
    styles: dict[str, tuple[str, int]] = field(default_factory=dict)
    counts: dict[str, dict[int, int]] = field(default_factory=dict)
    abstract_of: dict[str, str] = field(default_factory=dict)

    @classmethod
    def build(cls, numbering: etree._Element | None, styles: etree._Element | None) -> Numbering:
        out = cls()
        if numbering is not None:
            out._read(numbering)
        if styles is not None:
            for style in styles.iter(f"{W}style"):
                found = _number_of(style)
                if found is not None:
                    out.styles[style.get(f"{W}styleId", "")] = found
        return out

    def _read(self, numbering: etree._Element) -> None:
        for abstract in numbering.iter(f"{W}abstractNum"):
            identity = abstract.get(f"{W}abstractNumId", "")
            for level in abstract.iter(f"{W}lvl"):
                index = _int(level.get(f"{W}ilvl"), 0)
                self.levels[identity, index] = _Level(
                    _value(level, "numFmt", "decimal"),
                    _value(level, "lvlText", ""),
                    _int(_value(level, "start", "1"), 1),
                )
        for number in numbering.iter(f"{W}num"):
            self.abstract_of[number.get(f"{W}numId", "")] = _value(number, "abstractNumId", "")

    def prefix(self, paragraph: etree._Element) -> str:
        properties = paragraph.find(f"{W}pPr")
        if properties is None:
            return ""
        style = properties.find(f"{W}pStyle")
        found = _number_of(paragraph) or self.styles.get(
            style.get(f"{W}val", "") if style is not None else ""
        )
        if found is None or found[0] == "0":
            return ""
        abstract, level = self.abstract_of.get(found[0], ""), found[1]
        if (abstract, level) not in self.levels:
            return ""
        counts = self.counts.setdefault(abstract, {})
        counts[level] = counts.get(level, self.levels[abstract, level].start - 1) + 1
        for deeper in [k for k in counts if k > level]:
            del counts[deeper]
        return re.sub(
            r"%(\d)", lambda m: self._count(abstract, int(m[1]) - 1), self.levels[abstract, level].text
        )

    def _count(self, abstract: str, level: int) -> str:
        shape = self.levels.get((abstract, level), _Level("decimal", "", 1))
        value = self.counts[abstract].get(level, shape.start)
        if shape.form in _CHINESE and 1 <= value <= MAX_NUMERAL:
            return int_to_cn(value)
        if shape.form.startswith("decimalEnclosedCircle") and 1 <= value <= len(CIRCLED):
            return CIRCLED[value - 1]
        return "" if shape.form in ("bullet", "none") else str(value)


def _number_of(element: etree._Element) -> tuple[str, int] | None:
    properties = element.find(f"{W}pPr/{W}numPr")
    if properties is None:
        return None
    return _value(properties, "numId", "0"), _int(_value(properties, "ilvl", "0"), 0)


def _value(element: etree._Element, tag: str, default: str) -> str:
    found = element.find(f"{W}{tag}")
    return default if found is None else found.get(f"{W}val", default)


def _int(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default
