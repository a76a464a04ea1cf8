"""What may stand in readings, and by which words it is known: identifiers, Chinese labels, symbols."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from quanheng.kernels.procedures.model import Procedure, Quantity
from quanheng.kernels.quantities import BadQuantity, Unit, convert, unit
from quanheng.kernels.quantities import Quantity as Dimension


class Scope(StrEnum):
    """Parts of a readings file."""

    INSTRUMENT = "instrument"
    ENVIRONMENT = "environment"
    STANDARD = "standard"
    CHECKS = "checks"
    GIVEN = "given"
    READINGS = "readings"


SCOPE_LABELS: Mapping[Scope, str] = {
    Scope.INSTRUMENT: "器具",
    Scope.ENVIRONMENT: "环境",
    Scope.STANDARD: "标准器",
    Scope.CHECKS: "外观检查",
    Scope.GIVEN: "另给",
    Scope.READINGS: "读数",
}
GLOBAL = (Scope.INSTRUMENT, Scope.ENVIRONMENT, Scope.STANDARD, Scope.CHECKS)
"""What is said once for an instrument, whatever the test."""

_BRACKETED = re.compile(r"(.+?)/?[(\[]([^()\[\]]+(?:\([^()]*\))?)[)\]]")
_SHOWN, _LONGEST_HEADING, _MOST_HINTS = 40, 200, 20
_SLASHED = re.compile(r"([^/]+)/(.+)")


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that may be filled in; ``quantity`` is None for what is looked at."""

    scope: Scope
    name: str
    label: str
    quantity: Quantity | None = None
    test: str = ""

    @property
    def symbol(self) -> str:
        """Its symbol, if it has one."""
        return (self.quantity.symbol if self.quantity else None) or ""

    @property
    def unit(self) -> Unit | None:
        """The unit in which it is kept."""
        return unit(self.quantity.unit) if self.quantity and self.quantity.unit else None

    @property
    def choices(self) -> tuple[str, ...] | None:
        """What may be filled in; None for a number or for what is looked at."""
        return self.quantity.choices if self.quantity else None

    @property
    def title(self) -> str:
        """Label and symbol, such as 载荷 L."""
        return f"{self.label} {self.symbol}" if self.symbol and self.symbol != self.label else self.label

    @property
    def may_be_blank(self) -> bool:
        """Whether nothing need stand there."""
        quantity = self.quantity
        return quantity is None or quantity.default is not None or not quantity.required


@dataclass(frozen=True, slots=True)
class Found:
    """The field that a heading names, and the unit written in it."""

    field: Field
    unit: Unit | None = None


class UnknownHeading(ValueError):
    """A heading that names no field, several, or a wrong unit; the text is Chinese."""


class Fields:
    """All fields of a procedure, found by the words of a heading."""

    def __init__(self, procedure: Procedure) -> None:
        self._of: dict[tuple[Scope, str], dict[str, Field]] = {}
        self._tests = {key: test.title for key, test in procedure.tests.items()}
        for field in _fields(procedure):
            self._of.setdefault((field.scope, field.test), {})[field.name] = field
        self._names: dict[tuple[tuple[Scope, ...], str], _Names] = {}
        everything = [field for fields in self._of.values() for field in fields.values()]
        self._all_words = {word for field in everything for word in _words(field)}
        self.hints = Hints()

    def of(self, scope: Scope, test: str = "") -> dict[str, Field]:
        """Return the fields of one part by their names."""
        return self._of.get((scope, test), {})

    def find(self, heading: str, scopes: Iterable[Scope], test: str = "") -> Found:
        """Return what a heading such as ``载荷 L (kg)`` names among some parts of the file.

        Raises
        ------
        UnknownHeading
            Nothing, more than one thing, no unit or one of another quantity.
        """
        names = self._within(tuple(scopes), test)
        text = _plain(heading)
        if not text:
            raise UnknownHeading("有内容而没有列名。")
        if named := names.named(text):
            return Found(_only(named, heading))
        for words, written in _parted(text):
            if named := names.named(words):
                field = _only(named, heading)
                return Found(field, _unit(written, field))
        hint = self.hints.about(text, names.titles)
        raise UnknownHeading(f"没有“{heading.strip()[:_SHOWN]}”这一项。{hint}")

    def heading(self, field: Field, *, with_unit: bool = False) -> str:
        """Return the shortest heading that names a field and no other, in a sheet of its test or of instruments."""
        scopes = (Scope.READINGS, Scope.GIVEN) if field.test else GLOBAL
        shown = (
            f" ({field.unit})" if with_unit and field.unit is not None and field.unit.symbol != "1" else ""
        )
        for words in (field.title, f"{SCOPE_LABELS[field.scope]}：{field.label}", field.name):
            try:
                if self.find(words + shown, scopes, field.test).field == field:
                    return words + shown
            except UnknownHeading:
                continue
        return f"{SCOPE_LABELS[field.scope]}：{field.name}{shown}"

    def knows(self, heading: str, scopes: Iterable[Scope], test: str = "") -> bool:
        """Whether `find` would find one, or too many."""
        names, text = self._within(tuple(scopes), test), _plain(heading)
        return bool(names.named(text)) or any(names.named(words) for words, _ in _parted(text))

    def knows_anywhere(self, heading: str) -> bool:
        """Whether any part of the file has it, under exactly that word."""
        return _plain(heading) in self._all_words

    def test(self, text: str) -> str:
        """Return the test that a text names, by its identifier or its title.

        Raises
        ------
        UnknownHeading
            It names none.
        """
        plain = _plain(text)
        for key, title in self._tests.items():
            if plain in {_plain(key), _plain(title)}:
                return key
        raise UnknownHeading(
            f"没有“{text.strip()[:_SHOWN]}”这一检定项目。应为：{'、'.join(self._tests.values())}。"
        )

    def _within(self, scopes: tuple[Scope, ...], test: str) -> _Names:
        if (scopes, test) not in self._names:
            of_test = {Scope.GIVEN, Scope.READINGS}
            parts = [self.of(scope, test if scope in of_test else "") for scope in scopes]
            self._names[scopes, test] = _Names([field for part in parts for field in part.values()])
        return self._names[scopes, test]


class _Names:
    """Fields by their words: identifiers go first, then words as written, then by letters alone (tJ is t_J)."""

    def __init__(self, within: Sequence[Field]) -> None:
        self._levels: tuple[dict[str, list[Field]], ...] = ({}, {}, {})
        self.titles: dict[str, str] = {}
        for field in within:
            words = _words(field)
            self.titles.update(dict.fromkeys(words, field.title))
            folded = dict.fromkeys(_letters(word) for word in words)
            for level, texts in zip(self._levels, ((field.name,), words, folded), strict=True):
                for text in texts:
                    level.setdefault(text, []).append(field)

    def named(self, text: str) -> list[Field]:
        """Return the fields of that name."""
        identifiers, words, folded = self._levels
        return identifiers.get(text) or words.get(text) or folded.get(_letters(text), [])


class Hints:
    """Says what is most like a word that is not known; for the first few only, for it takes its time."""

    def __init__(self) -> None:
        self._left = _MOST_HINTS

    def about(self, text: str, titles: Mapping[str, str]) -> str:
        """Return the sentence; ``titles`` are the known words and what they stand for."""
        self._left -= 1
        if self._left < 0:
            return ""
        near = get_close_matches(text[:_SHOWN], titles, n=3, cutoff=0.5)
        if near:
            return f"最接近的是：{'、'.join(dict.fromkeys(titles[word] for word in near))}。"
        known = "、".join(list(dict.fromkeys(titles.values()))[:20])
        return f"可用：{known}。" if known else "这里没有可填的项。"


def _fields(procedure: Procedure) -> Iterator[Field]:
    for scope, quantities in (
        (Scope.INSTRUMENT, procedure.instrument),
        (Scope.ENVIRONMENT, procedure.environment),
        (Scope.STANDARD, procedure.standard.fields),
    ):
        for name, quantity in quantities.items():
            yield Field(scope, name, quantity.label, quantity)
    for name, check in procedure.checks.items():
        yield Field(Scope.CHECKS, name, check.text)
    for key, test in procedure.tests.items():
        for name, quantity in test.readings.items():
            yield Field(Scope.READINGS, name, quantity.label, quantity, key)
        for name, quantity in test.given.items():
            yield Field(Scope.GIVEN, name, quantity.label, quantity, key)


def _plain(text: str) -> str:
    """Return a text without blanks, in half width; letter case stays, for e is not E."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _letters(text: str) -> str:
    return text.casefold().replace("_", "")


def _words(field: Field) -> tuple[str, ...]:
    scope = SCOPE_LABELS[field.scope]
    own = (field.name, field.label, field.symbol)
    joined = (
        f"{field.label}{field.symbol}",
        f"{field.label}({field.symbol})",
        f"{field.label},{field.symbol}",
    )
    prefixed = (f"{prefix}:{word}" for prefix in (scope, str(field.scope)) for word in own)
    return tuple(dict.fromkeys(_plain(word) for word in (*own, *joined, *prefixed) if word))


def _only(named: Sequence[Field], heading: str) -> Field:
    if len(named) > 1:
        ways = "、".join(f"“{SCOPE_LABELS[field.scope]}：{field.label}”" for field in named)
        raise UnknownHeading(f"“{heading.strip()[:_SHOWN]}”可以指 {ways}，请写明是哪一个。")
    return named[0]


def _parted(text: str) -> Iterator[tuple[str, str]]:
    """Yield a heading parted into words and unit: 载荷(kg), 载荷[kg], 载荷/kg, 载荷,kg."""
    if len(text) > _LONGEST_HEADING:
        return
    if match := _BRACKETED.fullmatch(text):
        yield match[1], match[2]
    if match := _SLASHED.fullmatch(text):
        yield match[1], match[2].removeprefix("(").removesuffix(")")
    words, comma, written = text.rpartition(",")
    if comma:
        yield words, written


def _unit(written: str, field: Field) -> Unit:
    wanted = field.unit
    if wanted is None:
        raise UnknownHeading(f"“{field.label}”不带单位，这里写了“{written}”。")
    try:
        one = unit(written)
        if wanted.quantity is Dimension.TEMPERATURE_DIFFERENCE:
            one = one.difference
        convert(1.0, one, wanted)
    except BadQuantity as error:
        raise UnknownHeading(str(error)) from error
    return one
