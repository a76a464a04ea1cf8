"""Judging many instruments at once by one procedure."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from quanheng.kernels.procedures.comparison import within
from quanheng.kernels.procedures.fill import Filling, safe, wanted_range
from quanheng.kernels.procedures.judgement import Judgement, Outcome
from quanheng.kernels.procedures.measuring import Measuring, order_of_tests
from quanheng.kernels.procedures.model import Procedure, Stage
from quanheng.kernels.procedures.notes import About, Notes
from quanheng.kernels.procedures.scope import Mask, Scope
from quanheng.kernels.procedures.sheet import FAILED, NOT_CHECKED, PASSED, Codes, Sheet


class BadSheet(ValueError):
    """A sheet that does not fit the procedure, or a stage that it does not have; the reason is Chinese."""


def judge(procedure: Procedure, sheet: Sheet, stage: Stage) -> Judgement:
    """Return what the procedure says of every instrument of a sheet.

    An instrument is rejected where a judged value is outside its limits or a check failed; else the verdict is open
    where anything required is missing, or a requirement on the instrument, the environment or the reference standard
    is not met; else it has passed.  Legal verdicts are by simple acceptance: the value, rounded where the regulation
    says so, against the limits.  The probability of conformity stands beside it (JCGM 106:2012, 7.4 and 8.2).

    Raises
    ------
    BadSheet
        The procedure is not for that stage, or has no such test, column or check.
    """
    _fits(procedure, sheet, stage)
    notes = Notes()
    instruments, filled = _instruments(procedure, sheet, stage, notes)
    measuring = Measuring(
        procedure, sheet, stage, instruments=instruments, complete=filled.complete, notes=notes
    )
    for name in order_of_tests(procedure.tests):
        measuring.run(name)
    checks = _checks(procedure, sheet, stage, instruments, notes)
    measured = {name: measuring.done[name] for name in procedure.tests}
    decisions = [decision for one in measured.values() for decision in one.decisions]
    failed, opened, any_passed = (np.zeros(sheet.size, dtype=bool) for _ in range(3))
    for one in decisions:
        failed[one.owner[one.decided & ~one.passed]] = True
        opened[one.owner[~one.decided]] = True
        any_passed[one.owner[one.passed]] = True
    for codes in checks.values():
        failed |= codes == FAILED
        any_passed |= codes == PASSED
    of_measured = _outcomes(failed, opened | ~any_passed)
    for note in notes.made:
        if note.about is not About.REMARK:
            opened[note.owner] = True
    return Judgement(
        procedure, sheet, stage, instruments, measured, checks, tuple(notes.made),
        tuple(filled.used + measuring.used), _outcomes(failed, opened | ~any_passed), of_measured,
    )  # fmt: skip


def _outcomes(failed: Mask, opened: Mask) -> Codes:
    return np.where(failed, Outcome.REJECTED, np.where(opened, Outcome.UNDETERMINED, Outcome.PASSED)).astype(
        np.int16
    )


def _instruments(procedure: Procedure, sheet: Sheet, stage: Stage, notes: Notes) -> tuple[Scope, Filling]:
    """Return what is known of the instruments and their surroundings, and how the instruments were filled in."""
    scope = Scope(sheet.size)
    filling = Filling(scope, notes, "器具：", procedure=procedure, stage=stage)
    filling.fill(procedure.instrument, sheet.instrument)
    surroundings = Filling(scope, notes, "环境：", procedure=procedure, stage=stage)
    surroundings.fill(procedure.environment, sheet.environment)
    for one in procedure.require:
        value = scope.value(one.value)
        wrong = scope.holds(one.when, stage) & ~np.isnan(value) & ~within(value, one, scope.value)
        text, bounds = wanted_range(one, scope)
        words = f"器具不符合要求：{safe(one.text)} {{value}}，应{text}。"
        notes.add(About.FINDING, wrong, words, owner=None, value=value, **bounds)
    return scope, filling


def _checks(
    procedure: Procedure, sheet: Sheet, stage: Stage, instruments: Scope, notes: Notes
) -> dict[str, Codes]:
    """Return PASSED, FAILED or NOT_CHECKED for each check that is for this stage, and say what is missing."""
    result = {}
    for name, check in procedure.checks.items():
        if check.stages is not None and stage not in check.stages:
            continue
        applies = instruments.holds(check.when, stage)
        given = sheet.checks.get(name, np.full(sheet.size, NOT_CHECKED, dtype=np.int16))
        codes = np.where(applies, given, NOT_CHECKED).astype(np.int16)
        missing = applies & check.is_required(stage) & (codes == NOT_CHECKED)
        notes.add(About.MISSING, missing, f"未检查：{safe(check.text)}。")
        result[name] = codes
    return result


def _fits(procedure: Procedure, sheet: Sheet, stage: Stage) -> None:
    if stage not in procedure.stages:
        raise BadSheet(f"{procedure.regulation.document} 没有这一检定阶段（{stage.value}）。")
    _known("器具", sheet.instrument, procedure.instrument)
    _known("环境条件", sheet.environment, procedure.environment)
    _known("标准器", sheet.standard, procedure.standard.fields)
    _known("检查项目", sheet.checks, procedure.checks)
    _known("检定项目", sheet.tests, procedure.tests)
    _known("检定项目", sheet.given, procedure.tests)
    for name, rows in sheet.tests.items():
        columns = {**procedure.tests[name].readings, **procedure.standard.fields}
        _known(f"{procedure.tests[name].title}读数", rows.columns, columns)
    for name, given in sheet.given.items():
        _known(f"{procedure.tests[name].title}", given, procedure.tests[name].given)


def _known(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    if strange := sorted(set(given) - set(known)):
        raise BadSheet(f"{what}中没有“{strange[0]}”。")
