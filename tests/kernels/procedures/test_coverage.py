"""What passed says which of the regulation's points it was not measured at."""

from __future__ import annotations

from datetime import date

import pytest
import yaml

from quanheng.kernels.procedures import About, Stage, judge, packaged_procedures
from quanheng.kernels.procedures.readings import read_readings

ON = date(2026, 11, 23)


def remarks(kind: str, document: dict[str, object]) -> str:
    procedure = packaged_procedures().find(kind, ON)
    found = read_readings(yaml.safe_dump(document, allow_unicode=True).encode(), "a.yaml", procedure)
    return "\n".join(judge(procedure, found.sheet, Stage.FIRST).said(0, About.REMARK))


def scale(loads: list[float]) -> dict[str, object]:
    rows = [{"load": load, "indication": load} for load in loads]
    return {"instrument": {"class": "III", "e": 5, "max": 15000}, "readings": {"weighing": rows}}


def test_a_scale_weighed_at_nothing_but_zero_is_said_not_to_be_weighed_at_its_points() -> None:
    said = remarks("platform_scale", scale([0] * 5))

    for label in ("最小秤量", "误差改变点", "50 % 最大秤量", "最大秤量"):
        assert f"“称量”没有“{label}”附近的读数" in said


def test_a_scale_weighed_at_all_points_has_no_such_remark_and_none_for_what_is_beyond_its_capacity() -> None:
    # 2000 e is 10 kg; for a scale of 7.5 kg it is no point.
    assert "附近的读数" not in remarks("platform_scale", scale([100, 2500, 7500, 10000, 15000]))
    small = scale([100, 2500, 3750, 5000, 7500])
    small["instrument"] = {"class": "III", "e": 5, "max": 7500}
    assert "附近的读数" not in remarks("platform_scale", small)


@pytest.mark.parametrize(("load", "is_near"), [(15000, True), (12500, True), (11900, False)])
def test_near_is_a_fifth_of_the_point(load: float, is_near: bool) -> None:
    said = remarks("platform_scale", scale([100, 2500, 7500, 10000, load]))

    assert ("“最大秤量”附近" not in said) == is_near


def test_a_test_without_readings_is_missing_and_needs_no_remark() -> None:
    assert "“偏载”没有" not in remarks("platform_scale", scale([100]))
