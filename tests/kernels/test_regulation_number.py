"""Numbers of regulations as they are compared."""

from __future__ import annotations

import doctest

import pytest

from quanheng.kernels import regulation_number as module
from quanheng.kernels.procedures import packaged_procedures
from quanheng.kernels.regulation_number import regulation_number


def test_the_examples_of_the_docstring_hold() -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    "text", ["JJG 539", "jjg539", "JJG539-2016", "JJG 539－2016", "ＪＪＧ　539", "JJG 539-2025（试行）"]
)
def test_every_way_of_writing_gives_one_number(text: str) -> None:
    assert regulation_number(text) == "JJG 539"


def test_a_number_stays_as_it_is() -> None:
    for procedure in packaged_procedures().procedures.values():
        assert regulation_number(procedure.regulation.number) == procedure.regulation.number


@pytest.mark.parametrize(
    "text", ["", "539", "JJG", "GB 539", "JJG 539 数字指示秤", "JJG 五三九", "JJG 539-16"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="不是规程或规范的编号"):
        regulation_number(text)
