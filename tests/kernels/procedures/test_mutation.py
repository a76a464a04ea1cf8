"""Every change of an operator, a comparison or a number in the engine is noticed by what was worked out by hand."""

from __future__ import annotations

import warnings

import pytest

from tests.kernels.procedures.battery import CASES
from tests.kernels.procedures.mutants import MODULES, Mutant, engine, mutants

_KEYS = "keys of groups are only compared with each other: any other scale keeps them equal or apart"
_SCALED = "shifted = np.round(values * 10.0**places) / 10.0**places"
_UNUSED = "given of instruments without rows in the test"
_CODES = "codes = np.full(size, -1, dtype=np.int16)"
_SPEED = "changes the speed only"
EQUIVALENT: dict[tuple[str, str, str], str] = {
    ("comparison", _SCALED, "np.round(values * 10.0 ** places) * 10.0 ** places"): _KEYS,
    ("comparison", _SCALED, "10.0 * places"): _KEYS,
    ("comparison", _SCALED, "11.0"): _KEYS,
    ("lookup", "NO_ROW = -1", "2"): "any number that is no line of a table means that there is none",
    (
        "lookup",
        "return np.where(is_one_sided, one_sided, (upper - np.where(is_one_sided, 0.0, lower)) / 2)",
        "1.0",
    ): "stands where the result is taken from the other branch",
    ("decisions", "if len(rows) < place.scope.size:", "len(rows) <= place.scope.size"): _SPEED,
    (
        "decisions",
        "return Combined(nothing, nothing, np.empty((0, scope.size)))",
        "1",
    ): "a decision without uncertainty has no contributions to show",
    ("measuring", _CODES, "--1"): _UNUSED,
    ("measuring", _CODES, "2"): _UNUSED,
    ("readout", "_AT_ONCE = 512", "513"): _SPEED,
    ("readout", "self._chunk = -1", "2"): _SPEED,
    (
        "readout",
        "self._failed = decisions.decided & ~decisions.passed",
        "decisions.decided | ~decisions.passed",
    ): _SPEED,
}
"""Changes that change nothing that can be seen: module, line, what is there now; and why."""


def survives(mutant: Mutant | None) -> bool:
    """Whether no case notices."""
    try:
        with warnings.catch_warnings(action="ignore"), engine(mutant) as changed:
            for case in CASES:
                case(changed.judge)
    except Exception:
        return False
    return True


def test_the_engine_itself_survives() -> None:
    assert survives(None)


@pytest.mark.parametrize("module", MODULES)
def test_no_mutant_survives(module: str) -> None:
    known = {key for key in EQUIVALENT if key[0] == module}
    survivors = {(one.module, one.line, one.becomes) for one in mutants(module) if survives(one)}

    assert survivors == known
