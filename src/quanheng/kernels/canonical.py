"""Canonical JSON (RFC 8785) and salted commitments.

One value has exactly one encoding, so a hash over the bytes is a hash over the value.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any

MAX_EXACT_INTEGER = 2**53  # beyond it an ES6 reader would round (RFC 8785, section 3.2.2.3)
MAX_DEPTH = 100
MIN_SALT_BYTES = 16
_LITERALS = {None: "null", True: "true", False: "false"}
_PLAIN_EXPONENTS = (-6, 21)  # ES6 writes numbers from 1e-6 to below 1e21 without an exponent
_EXACT_DIGITS = 17  # sign and digits of the longest integer below 2**53
_COMMITMENT_DOMAIN = b"quanheng-commitment/1\n"


class CanonicalError(ValueError):
    """The value has no canonical form, or the bytes are not in it."""


def canonical_json(value: object) -> bytes:
    """Return the RFC 8785 encoding of ``value``.

    Accepts None, bool, str, int up to ±2**53, finite float, list, tuple and mappings with
    string keys.  Decimal is refused: write the digits as a string, they are then kept.
    """
    try:
        return _encode(value, 0).encode("utf-8")
    except UnicodeEncodeError as error:
        raise CanonicalError(f"lone surrogate in text: {error.object[error.start : error.end]!r}") from error


def parse_canonical(data: bytes) -> Any:
    """Return the value that ``data`` encodes; refuse bytes that `canonical_json` would not write."""
    try:
        value = json.loads(data.decode("utf-8"), parse_int=_parse_int, parse_constant=_refuse_constant)
    except CanonicalError:
        raise
    except (ValueError, RecursionError) as error:
        raise CanonicalError(f"not JSON: {error}") from error
    if canonical_json(value) != data:
        raise CanonicalError("JSON is not canonical (RFC 8785): order, spacing, escapes or duplicate keys")
    return value


def commitment(salt: bytes, value: object) -> str:
    """Return the commitment to ``value`` [hex]: SHA-256 over the domain and ``[salt, value]``.

    The salt (random, at least 16 bytes) is kept beside the value and erased with it; what is
    left in the log then says nothing about the person.
    """
    if len(salt) < MIN_SALT_BYTES:
        raise ValueError(f"salt must have at least {MIN_SALT_BYTES} bytes: {len(salt)}")
    return hashlib.sha256(_COMMITMENT_DOMAIN + canonical_json([salt.hex(), value])).hexdigest()


def opens(committed: str, salt: bytes, value: object) -> bool:
    """Whether ``committed`` is the commitment to ``value`` under ``salt``."""
    return commitment(salt, value) == committed


def _encode(value: object, depth: int) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or isinstance(value, bool):
        return _LITERALS[value]
    if isinstance(value, int | float):
        return _encode_int(value) if isinstance(value, int) else _encode_float(value)
    return _encode_container(value, depth)


def _encode_container(value: object, depth: int) -> str:
    if depth >= MAX_DEPTH:
        raise CanonicalError(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, Mapping):
        return _encode_mapping(value, depth + 1)
    if isinstance(value, list | tuple):
        return "[" + ",".join([_encode(item, depth + 1) for item in value]) + "]"
    raise CanonicalError(f"no canonical form for {type(value).__name__}: {value!r}")


def _encode_mapping(value: Mapping[Any, object], depth: int) -> str:
    for key in value:
        if not isinstance(key, str):
            raise CanonicalError(f"object key is no string: {key!r}")
    # UTF-16 code units order astral characters before U+E000..U+FFFF; Python's own order does not.
    keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
    return "{" + ",".join([f"{encode_basestring(key)}:{_encode(value[key], depth)}" for key in keys]) + "}"


def _encode_int(value: int) -> str:
    if abs(value) > MAX_EXACT_INTEGER:
        raise CanonicalError(f"integer beyond 2**53 is not exact in JSON, use a string: {value:#x}")
    return int.__repr__(value)


def _encode_float(value: float) -> str:
    """Format as ES6 Number::toString does (ECMA-262, 6.1.6.1.20); the digits are Python's shortest."""
    if not math.isfinite(value):
        raise CanonicalError(f"number is not finite: {value!r}")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = float.__repr__(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = int(exponent or 0) + len(whole) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    low, high = _PLAIN_EXPONENTS
    if low < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if 0 < point <= high:
        whole, fraction = digits[:point].ljust(point, "0"), digits[point:]
        return f"{sign}{whole}.{fraction}" if fraction else sign + whole
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"


def _parse_int(literal: str) -> int | float:
    # RFC 8785 writes 1e20 without an exponent: such a literal is a double, checked by re-encoding.
    if len(literal) <= _EXACT_DIGITS and abs(int(literal)) <= MAX_EXACT_INTEGER:
        return int(literal)
    return float(literal)


def _refuse_constant(literal: str) -> float:
    raise CanonicalError(f"number is not finite: {literal}")
