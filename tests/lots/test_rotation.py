"""What ends when, what must be in stock, what an extension changes; estimates from afar are told, and decide nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quanheng.cli.main import app
from quanheng.core.models import User
from quanheng.kernels.sampling.characteristic import acceptance_probability
from quanheng.kernels.sampling.plans import Plan, single
from quanheng.lots.enums import MeterCondition
from quanheng.lots.evidence import life_of, risk_of
from quanheng.lots.extension_rules import extension_for, read_extensions
from quanheng.lots.open_expiring import ExpiringRow, read_expiring, write_expiring
from quanheng.lots.rotation import by_month, expiring, overdue, stock_plan
from quanheng.lots.selectors import remote_of
from quanheng.lots.services.samples import decide
from tests.instruments.making import TODAY
from tests.lots.making import KIND, a_closed_lot, a_sample, meters, record
from tests.web.fleet_world import make_fleet

pytestmark = pytest.mark.usefixtures("people")


def test_an_extension_moves_what_ends_and_meters_out_of_use_do_not_count() -> None:
    sample = record(a_sample())
    assert [(line.month, line.meters) for line in expiring(TODAY)] == [(date(2026, 9, 1), 40)]
    sample.lot.meters.filter(serial_key="M00000").update(condition=MeterCondition.REPLACED)
    assert by_month(expiring(TODAY), TODAY)[date(2026, 9, 1)] == 39
    decide(actor=None, sample=sample, revision=sample.revision)
    assert expiring(TODAY) == []
    assert overdue(date(2026, 9, 10)) == 0


def test_replacements_are_spread_in_time_ordered_ahead_and_priced() -> None:
    a_closed_lot(rows=meters(40))
    lines = expiring(TODAY)
    plan = stock_plan(lines, TODAY, capacity=15, lead_months=2, price=Decimal(200))
    by = {row.month: row for row in plan.months}
    assert sum(row.replaced for row in plan.months) == 40
    assert max(row.replaced for row in plan.months) <= 15
    assert by[date(2026, 7, 1)].order == by[date(2026, 9, 1)].replaced
    assert (plan.too_late, plan.cost) == (0, Decimal(8000))
    assert stock_plan(lines, TODAY, capacity=5, lead_months=0, price=Decimal(0)).too_late > 0
    with pytest.raises(ValueError, match="0"):
        stock_plan(lines, TODAY, capacity=0, lead_months=0, price=Decimal(0))


def test_estimates_from_afar_are_counted_for_the_meters_of_the_lot_alone(people: dict[str, User]) -> None:
    make_fleet(people["officer"])
    rows = meters(3)
    rows[0] = replace(rows[0], area_id="A1", meter_id="m1")
    from quanheng.fleet.models import MeterResult

    real = MeterResult.objects.filter(area_result__area__area_id="A1", status="out_of_tolerance").latest("pk")
    rows[1] = replace(rows[1], area_id="A1", meter_id=real.meter_id)
    rows[0] = replace(rows[0], area_id="A1", meter_id="nobody")
    found = remote_of(a_closed_lot(rows=rows))
    assert (found.meters, found.judged, found.suspected) == (1, 1, 1)
    assert found.share == pytest.approx(real.probability_out_of_tolerance)


def test_the_risk_is_that_of_the_plan_and_the_life_model_speaks_of_what_was_found() -> None:
    risk = risk_of(single(50, 1), 1200)
    assert risk.accepted[0] == 1
    assert risk.worst == pytest.approx(0.075, abs=0.002)
    sample = record(a_sample(), 1)
    items = list(sample.items.select_related("meter"))
    assert "5%" in life_of(items, date(2018, 7, 1), TODAY)
    assert life_of([], date(2018, 7, 1), TODAY) == ""


def test_a_lot_whose_life_cannot_be_estimated_says_why() -> None:
    sample = record(a_sample(), 1)
    items = list(sample.items.select_related("meter"))
    for item in items:
        item.meter.verified_on = date(1001, 1, 1)
    assert "年龄" in life_of(items, date(2018, 7, 1), TODAY)


@pytest.mark.parametrize(("plan", "size"), [(single(42, 1), 180), (single(5, 0), 6), (single(3, 2), 3)])
def test_the_curve_is_of_whole_numbers_of_meters_and_the_worst_is_the_first_below_the_risk(
    plan: Plan, size: int
) -> None:
    risk = risk_of(plan, size)
    bad = [share * size for share in risk.fractions]
    assert bad == pytest.approx([round(one) for one in bad])
    assert len(set(bad)) == len(bad)
    assert list(risk.accepted) == sorted(risk.accepted, reverse=True)
    worst = round(risk.worst * size)
    assert acceptance_probability(plan, worst / size, size) <= 0.10
    assert acceptance_probability(plan, (worst - 1) / size, size) > 0.10


def test_a_pilot_lets_other_meters_stay_where_and_while_its_row_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = read_extensions(
        "extensions:\n- {key: p, kind: water_meter, what: 试点, document: 文, source: 源, confidence: found,"
        " region: '31', in_force_from: 2018-01-01, in_force_to: 2020-12-31}\n"
    )
    monkeypatch.setattr("quanheng.lots.extension_rules.packaged_extensions", lambda: rows)
    assert extension_for("water_meter", "310115", date(2020, 12, 31)) is rows[0]
    for kind, region, on in (
        ("water_meter", "511703", date(2020, 1, 1)),
        ("water_meter", "310115", date(2021, 1, 1)),
        (KIND, "310115", date(2020, 1, 1)),
    ):
        assert extension_for(kind, region, on) is None


def test_the_open_table_comes_back_as_it_went_and_the_command_sums_it(tmp_path: Path) -> None:
    rows = [
        ExpiringRow("2026-05-20", "A", "甲厂", "X", "亭子镇", "2026-09", 3),
        ExpiringRow("2026-05-20", "B", "乙厂", "X", "", "2026-10", 4),
    ]
    stream = StringIO()
    write_expiring(stream, rows)
    stream.seek(0)
    assert list(read_expiring(stream)) == rows
    file = tmp_path / "expiring.csv"
    file.write_text("\ufeff" + stream.getvalue(), encoding="utf-8")
    run = CliRunner().invoke(app, ["lots", "expiring", str(file)])
    assert run.output.splitlines() == ["2026-09\t3", "2026-10\t4", "合计\t7"]
    run = CliRunner().invoke(app, ["lots", "expiring", str(file), "--town", "亭子镇", "--json"])
    assert '"meters": 3' in run.output
    file.write_text("a,b\n")
    assert CliRunner().invoke(app, ["lots", "expiring", str(file)]).exit_code == 2
