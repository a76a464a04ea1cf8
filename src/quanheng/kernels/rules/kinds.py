"""From the name in a ledger to the kind: exact, or by its head word, or not at all."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from quanheng.kernels.rules.model import InstrumentKind

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
# What may follow the head word without making it another thing: a number, a model, a position.
_TAIL = re.compile(r"[\da-z#.\-_/*]*(?:号|型|枪|台|路)?")
# A measurement standard is named after what it verifies, and is no such instrument itself.
_STANDARD = re.compile(
    r"^(?:标准|精密)|标准(?:器|装置|设备)|检定(?:装置|设备|仪)|校[准验](?:装置|设备|仪|器|台)"
)


def normalised(name: str) -> str:
    """Return ``name`` in half width and small letters, without blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).casefold()


class KindIndex:
    """All kinds, by code and by the names that ledgers give them.

    Raises
    ------
    ValueError
        A code or a name stands for two kinds.
    """

    def __init__(self, kinds: Iterable[InstrumentKind]) -> None:
        self._kinds: dict[str, InstrumentKind] = {}
        self._names: dict[str, str] = {}
        for kind in kinds:
            if kind.code in self._kinds:
                raise ValueError(f"kind {kind.code} twice")
            self._kinds[kind.code] = kind
            for name in (kind.name, *kind.aliases):
                if self._names.setdefault(normalised(name), kind.code) != kind.code:
                    raise ValueError(f"name {name} for {self._names[normalised(name)]} and {kind.code}")
        self._by_length = sorted(self._names, key=len, reverse=True)

    def __getitem__(self, code: str) -> InstrumentKind:
        return self._kinds[code]

    def __contains__(self, code: object) -> bool:
        return code in self._kinds

    def __iter__(self) -> Iterator[InstrumentKind]:
        return iter(self._kinds.values())

    def __len__(self) -> int:
        return len(self._kinds)

    def kind_of(self, name: str) -> str | None:
        """Return the code for a ledger's ``name``; None where it does not say which kind.

        An exact name or alias, with or without what stands in brackets; else the longest alias
        that ends the name, for the head of a Chinese noun stands last (防爆电子台秤 is a 台秤,
        压力表校验仪 is no 压力表).
        """
        full = normalised(name)
        bare = _BRACKETS.sub("", full)
        for text in (full, bare):
            if code := self._names.get(text):
                return code
        if _STANDARD.search(bare):
            return None
        for alias in self._by_length:
            place = bare.rfind(alias)
            if place >= 0 and _TAIL.fullmatch(bare, place + len(alias)) and _is_word(bare, place, alias):
                return self._names[alias]
        return None


def _is_word(name: str, place: int, alias: str) -> bool:
    """Whether a Latin alias such as CT stands alone, not inside another Latin word."""
    around = name[place - 1 : place] + name[place + len(alias) : place + len(alias) + 1]
    return not alias.isascii() or not any(letter.isascii() and letter.isalnum() for letter in around)
