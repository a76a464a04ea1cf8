"""A leaf of the log in words for people who have never seen one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from quanheng.kernels.tlog.entry import parse_leaf
from quanheng.transparency.models import Leaf
from quanheng.web.words import field_word, kind_word, value_words


@dataclass(frozen=True)
class Field:
    """One field of the fact; ``is_personal`` where the log holds only a commitment to it."""

    word: str
    text: str
    is_personal: bool


@dataclass(frozen=True)
class Described:
    """A leaf with what it says in words."""

    index: int
    kind: str
    word: str
    subject: str
    at: datetime
    fields: tuple[Field, ...]
    entry: str
    leaf_hash: str


def described(leaf: Leaf) -> Described:
    """Return a leaf in words; the entry itself stays beside them, exactly as it was signed."""
    entry = bytes(leaf.entry)
    parsed = parse_leaf(entry)
    return Described(
        index=leaf.index,
        kind=leaf.kind,
        word=kind_word(leaf.kind),
        subject=leaf.subject,
        at=parsed.at,
        fields=tuple(_field(name, value) for name, value in parsed.data.items()),
        entry=entry.decode(),
        leaf_hash=bytes(leaf.leaf_hash).hex(),
    )


def _field(name: str, value: object) -> Field:
    word = field_word(name)
    if isinstance(value, dict) and set(value) == {"commitment"}:
        return Field(word, str(value["commitment"]), is_personal=True)
    return Field(word, value_words(value), is_personal=False)
