"""Keys under which names and serial numbers are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.text_keys import MAX_INITIALS, initials, lookalike_key, name_key, serial_key

# What stands in ledgers: Chinese, ASCII, full-width forms, punctuation.
words = st.text(
    st.one_of(st.characters(max_codepoint=0x7E), st.characters(min_codepoint=0x3000, max_codepoint=0x9FFF))
    | st.characters(min_codepoint=0xFF01, max_codepoint=0xFF5E),
    max_size=40,
)
anything = st.text(st.characters(codec="utf-8"), max_size=40)
serials = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("达州衡器有限公司", "达州 衡器（有限）公司"),
        ("上海ABC公司", "上海ＡＢＣ公司"),
        ("上海abc公司", "上海ABC公司"),
        ("张记-水果店", "张记—水果店"),
    ],
)
def test_names_are_equal_beyond_spaces_punctuation_width_and_case(first: str, second: str) -> None:
    assert name_key(first) == name_key(second) != ""


def test_different_names_stay_different() -> None:
    assert name_key("达州衡器厂") != name_key("达川衡器厂")
    assert name_key("  、，（） ") == ""


@pytest.mark.parametrize(
    "written", ["SN-29 1674", "sn291674", "ＳＮ２９１６７４", "No. SN291674", "编号：SN29-1674"]
)
def test_one_serial_number_has_one_key_however_it_is_written(written: str) -> None:
    assert serial_key(written) == "SN291674"


def test_leading_zeros_of_a_serial_number_count_but_are_alike() -> None:
    assert serial_key("0318139") != serial_key("318139")
    assert lookalike_key("0318139") == lookalike_key("318139")


@pytest.mark.parametrize("pair", ["O0", "Q0", "I1", "L1", "S5", "Z2", "B8"])
def test_what_is_misread_on_a_nameplate_is_alike(pair: str) -> None:
    assert lookalike_key(f"7{pair[0]}7") == lookalike_key(f"7{pair[1]}7")
    assert serial_key(f"7{pair[0]}7") != serial_key(f"7{pair[1]}7")


def test_other_numbers_are_not_alike() -> None:
    assert lookalike_key("20240317") != lookalike_key("20240318")


@given(words)
def test_a_key_is_its_own_key(text: str) -> None:
    assert name_key(name_key(text)) == name_key(text)
    assert lookalike_key(lookalike_key(text)) == lookalike_key(text)


@given(serials, serials)
def test_equal_serial_keys_are_alike_and_alike_is_symmetric(first: str, second: str) -> None:
    if serial_key(first) == serial_key(second):
        assert lookalike_key(first) == lookalike_key(second)
    assert (lookalike_key(first) == lookalike_key(second)) == (lookalike_key(second) == lookalike_key(first))


def test_initials_are_those_of_the_pronunciation() -> None:
    assert initials("达川区人民医院") == "dcqrmyy"
    assert initials("3号市场A区") == "3hscaq"
    assert len(initials("长" * 500)) == MAX_INITIALS


@given(anything)
def test_initials_are_ascii_and_fit_the_column(text: str) -> None:
    found = initials(text)
    assert found.isascii()
    assert found == "" or found.isalnum()
    assert len(found) <= MAX_INITIALS
