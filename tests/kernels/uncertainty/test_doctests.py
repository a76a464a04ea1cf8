"""The examples in the docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

from quanheng.kernels import uncertainty

MODULES = [f"{uncertainty.__name__}.{found.name}" for found in pkgutil.iter_modules(uncertainty.__path__)]


@pytest.mark.parametrize("name", [uncertainty.__name__, *MODULES])
def test_docstrings_show_what_happens(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples():
    assert doctest.testmod(uncertainty).attempted
