"""Numbers of verification regulations and technical specifications, without the edition."""

from __future__ import annotations

import re
import unicodedata

_NUMBER = re.compile(r"(JJ[GF])(\([一-鿿]{1,4}\))?([0-9]{1,5}(?:\.[0-9]{1,2})?)(?:-[0-9]{4}(?:\(试行\))?)?")
_DASHES = re.compile(r"[‐-―−]")


def regulation_number(text: str) -> str:
    """Return the number of a regulation as it is compared: without edition, one space, in half width.

    Raises
    ------
    ValueError
        The text is no such number; the reason is Chinese.

    Examples
    --------
    >>> regulation_number("jjg539—2016"), regulation_number("ＪＪＧ（川）12"), regulation_number("JJF 1059.1")
    ('JJG 539', 'JJG(川) 12', 'JJF 1059.1')
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    match = _NUMBER.fullmatch(_DASHES.sub("-", plain))
    if match is None:
        raise ValueError(f"“{text.strip()[:40]}”不是规程或规范的编号，应如 JJG 539。")
    return f"{match[1]}{match[2] or ''} {match[3]}"
