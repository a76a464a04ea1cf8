"""The examples in the documentation of the engine are what it does."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize("name", ["judgement", "notes", "checking.ranges"])
def test_the_examples_hold(name: str) -> None:
    result = doctest.testmod(import_module(f"quanheng.kernels.procedures.{name}"))
    assert result.attempted
    assert result.failed == 0
