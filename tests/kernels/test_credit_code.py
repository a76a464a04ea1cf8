"""The unified social credit identifier (GB 32100-2015) against registered numbers and their misspellings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quanheng.kernels.credit_code import ALPHABET, check_character, cleaned, credit_code

bodies = st.text(ALPHABET, min_size=17, max_size=17)
codes = bodies.map(lambda body: body + check_character(body))


@pytest.fixture(scope="module")
def cases(shared: Path) -> dict[str, list]:
    return json.loads((shared / "registry/uscc.json").read_text("utf-8"))


def test_every_registered_number_is_accepted_as_it_stands(cases: dict[str, list]) -> None:
    assert len(cases["valid"]) == 134
    assert [code for code in cases["valid"] if credit_code(code) != code] == []


def test_every_misspelt_variant_is_judged_as_its_maker_says(cases: dict[str, list]) -> None:
    wrong = []
    for case in cases["made_variants"]:
        try:
            found = credit_code(case["input"])
        except ValueError:
            found = None
        expected = case["cleaned"] if case["valid_after_cleaning"] else None
        if found != expected:
            wrong.append((case, found))
    assert len(cases["made_variants"]) == 60
    assert wrong == []


def test_what_the_source_calls_invalid_is_refused_and_its_formatting_cleaned(cases: dict[str, list]) -> None:
    for case in cases["invalid_from_source"]:
        with pytest.raises(ValueError):  # noqa: PT011  each has its own reason
            credit_code(case["input"])
    for case in cases["formatting_from_source"]:
        assert credit_code(case["input"]) == case["clean"]


@given(codes, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_any_single_wrong_character_is_noticed(code: str, place: int, other: str) -> None:
    """The modulus 31 is prime and no weight is a multiple of it."""
    assume(other != code[place])
    with pytest.raises(ValueError, match="校验位"):
        credit_code(code[:place] + other + code[place + 1 :])


@given(codes, st.integers(0, 15))
def test_two_neighbours_exchanged_are_noticed(code: str, place: int) -> None:
    """Neighbouring weights differ by a factor of 3, which is not 1 modulo 31."""
    assume(code[place] != code[place + 1])
    with pytest.raises(ValueError, match="校验位"):
        credit_code(code[:place] + code[place + 1] + code[place] + code[place + 2 :])


@given(bodies)
def test_the_check_character_and_only_it_completes_a_body(body: str) -> None:
    fitting = [character for character in ALPHABET if _accepts(body + character)]
    assert fitting == [check_character(body)]


def _accepts(code: str) -> bool:
    try:
        return credit_code(code) == code
    except ValueError:
        return False


@given(codes, st.lists(st.sampled_from([" ", "-", "－", "\u3000", "\t"]), max_size=5), st.booleans())
def test_spaces_dashes_width_and_case_do_not_matter(code: str, noise: list[str], is_wide: bool) -> None:
    shown = "".join(chr(ord(c) + 0xFEE0) for c in code) if is_wide else code.lower()
    for number, mark in enumerate(noise):
        at = (number * 5) % len(shown)
        shown = shown[:at] + mark + shown[at:]
    assert credit_code(shown) == cleaned(shown) == code


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "18 位，实为 0 位"),
        ("9111000060003734", "18 位，实为 16 位"),
        ("9111000060OO37341L", "不使用的字符 O"),
        ("91110000600037341N", "校验位"),
    ],
)
def test_a_refusal_says_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        credit_code(text)


def test_a_letter_is_never_replaced_by_the_digit_that_it_resembles() -> None:
    assert credit_code("91110000600037341L")
    with pytest.raises(ValueError, match="O"):
        credit_code("9111OOOO6OOO37341L")


def test_only_seventeen_characters_of_the_alphabet_have_a_check_character() -> None:
    for body in ("", "9" * 16, "I" * 17):
        with pytest.raises(ValueError, match="not 17 characters"):
            check_character(body)
