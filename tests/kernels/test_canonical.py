from __future__ import annotations

import hashlib
import math
import struct
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quanheng.kernels.canonical import CanonicalError, canonical_json, commitment, opens, parse_canonical

SALT = bytes(range(16))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


# IEEE 754 bit patterns and their texts from RFC 8785, Appendix B.
@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_rfc_8785_appendix_b(bits: str, text: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_json(number) == text.encode()


def test_keys_are_ordered_by_utf16_code_units() -> None:
    # RFC 8785, section 3.2.3: the astral key (a surrogate pair) comes before U+FB33.
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(parse_canonical(canonical_json(dict.fromkeys(keys, 0)))) == ordered


def test_strings_are_escaped_as_rfc_8785_section_3_2_2() -> None:
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    assert (
        canonical_json(value)
        == (
            '{"literals":[null,true,false],'
            '"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
            '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
        ).encode()
    )


@given(JSON)
@example(9007199254740994.0)
def test_parsing_canonical_bytes_is_the_inverse(value: object) -> None:
    data = canonical_json(value)
    assert canonical_json(parse_canonical(data)) == data
    assert parse_canonical(data) == value


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        2**53 + 1,
        -(2**53) - 1,
        Decimal("1.5"),
        {1: "number as key"},
        {None: 1},
        {"a": b"bytes"},
        {"a": {1, 2}},
        "\ud800",
        {"\ud800": 1},
    ],
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(CanonicalError):
        canonical_json(value)


def test_bottomless_nesting_is_refused_not_a_crash() -> None:
    with pytest.raises(CanonicalError, match="nested"):
        parse_canonical(b"[" * 200 + b"]" * 200)
    with pytest.raises(CanonicalError):
        parse_canonical(b"[" * 100_000)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b"1.0",
        b"1e2",
        b"-0",
        b"01",
        b"NaN",
        b"1e999",
        b"9007199254740993",
        b"1" * 5000,
        b'"\\u00e9"',
        b'"\\/"',
        b'"\\ud800"',
        b'"\\u000A"',
        b"\xff",
        b"\xef\xbb\xbf1",
        b"1\n",
        b"{}x",
    ],
)
def test_other_spellings_are_refused(data: bytes) -> None:
    with pytest.raises(CanonicalError):
        parse_canonical(data)


def test_commitment_is_a_salted_hash_in_its_own_domain() -> None:
    text = b'quanheng-commitment/1\n["000102030405060708090a0b0c0d0e0f",{"id":"511703"}]'
    assert commitment(SALT, {"id": "511703"}) == hashlib.sha256(text).hexdigest()


@given(JSON, JSON, st.binary(min_size=16, max_size=32))
def test_commitment_opens_only_to_its_own_salt_and_value(value: object, other: object, salt: bytes) -> None:
    committed = commitment(salt, value)
    assert opens(committed, salt, value)
    assert not opens(committed, salt + b"\0", value)
    assert opens(committed, salt, other) is (canonical_json(other) == canonical_json(value))


def test_short_salt_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        commitment(b"short", "value")
