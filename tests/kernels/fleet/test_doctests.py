"""The examples of the estimator run."""

from __future__ import annotations

import doctest

from quanheng.kernels.fleet import estimate


def test_the_examples_run():
    found = doctest.testmod(estimate)
    assert found.failed == 0
    assert found.attempted
