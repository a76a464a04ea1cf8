"""统一社会信用代码: the unified social credit identifier of GB 32100-2015."""

from __future__ import annotations

import re
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # clause 3: no I, O, S, V, Z
LENGTH = 18
_MODULUS = len(ALPHABET)
_WEIGHTS = tuple(pow(3, place, _MODULUS) for place in range(LENGTH - 1))
_BETWEEN = re.compile(r"[\s\-‐-―－]+")  # spaces and dashes that people put between the parts


def cleaned(text: str) -> str:
    """Return ``text`` in half-width capitals without spaces and dashes; letters are never replaced."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text)).upper()


def check_character(body: str) -> str:
    """Return the check character of the first 17 characters (GB 32100-2015, annex on the check code).

    Raises
    ------
    ValueError
        ``body`` is not 17 characters of the alphabet.

    >>> check_character("92511703MADEM0001")
    'F'
    """
    if len(body) != LENGTH - 1 or any(character not in ALPHABET for character in body):
        raise ValueError(f"not 17 characters of the alphabet: {body!r}")
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[-total % _MODULUS]


def credit_code(text: str) -> str:
    """Return the identifier in ``text``, cleaned.

    Raises
    ------
    ValueError
        Wrong length, a letter outside the alphabet (O for 0, I for 1), a wrong check character.
    """
    code = cleaned(text)
    if len(code) != LENGTH:
        raise ValueError(f"应为 {LENGTH} 位，实为 {len(code)} 位")
    if strange := sorted({character for character in code if character not in ALPHABET}):
        raise ValueError(f"含有不使用的字符 {'、'.join(strange)}")
    if check_character(code[:-1]) != code[-1]:
        raise ValueError("校验位不符")
    return code
