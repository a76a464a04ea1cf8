"""Keys under which names and serial numbers are compared and found.  A key is never shown."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_NAME_NOISE = re.compile(r"[\s·•.,，。、（）()【】\[\]《》“”\"'\-－—_/]+")
_SERIAL_NOISE = re.compile(r"[\s\-－—_/\\.,，。:：#№*]+")
_LABEL = re.compile(r"^(?:NO|S/?N|编号|出厂编号)[.:：№\s]+", re.IGNORECASE)
# What people and cameras take for one another on a nameplate.
_LOOKALIKES = str.maketrans("OQILSZB", "0011528")
MAX_INITIALS = 60


def name_key(text: str) -> str:
    """Return a name without spaces, punctuation and difference of width or case."""
    return _NAME_NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def serial_key(text: str) -> str:
    """Return a serial number as two clerks would agree on it; leading zeros count.

    >>> serial_key("No. sn-29 1674"), serial_key("０３１８１３９")
    ('SN291674', '0318139')
    """
    plain = _LABEL.sub("", unicodedata.normalize("NFKC", text).strip())
    return _SERIAL_NOISE.sub("", plain).upper()


def lookalike_key(text: str) -> str:
    """Return a key that is equal where serial numbers differ only by what is easily misread.

    O and 0, I, L and 1, S and 5, Z and 2, B and 8; and leading zeros that a spreadsheet dropped.

    >>> lookalike_key("0318I39") == lookalike_key("318139")
    True
    """
    return serial_key(text).translate(_LOOKALIKES).lstrip("0")


@lru_cache(maxsize=65536)
def initials(text: str) -> str:
    """Return the initials of the pronunciation, as people type them to find a name.

    >>> initials("人民医院")
    'rmyy'
    """
    from pypinyin import Style, lazy_pinyin  # its dictionary takes longer to load than most commands run

    letters = lazy_pinyin(unicodedata.normalize("NFKC", text), style=Style.FIRST_LETTER)
    return re.sub(r"[^a-z0-9]", "", "".join(letters).lower())[:MAX_INITIALS]


def has_control(text: str) -> bool:
    """Whether ``text`` holds what no name does: control characters, line breaks, halves of characters."""
    return any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text)
