"""Counting the open file: what counts as what, and that parts add up to the whole."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.instruments.tally import (
    COUNTED,
    NO,
    YES,
    OpenRow,
    RegistryTally,
    read_rows,
    tally_of,
    write_rows,
)
from quanheng.taskboard.indicators import REGISTRY, find
from quanheng.taskboard.records import PlanRecords
from quanheng.taskboard.registry import Over

TODAY = date(2026, 11, 23)


def _row(**changes: str) -> OpenRow:
    row = OpenRow(
        public_id="6f1c2a9e-0000-4000-8000-000000000001",
        kind="price_scale",
        use="trade",
        town="甲镇",
        setting="market",
        filing="filed",
        condition="in_use",
        obligation="mandatory",
        rule_id="price_scale/1",
        rule_confirmed=NO,
        verified_on="2026-03-01",
        valid_until="2027-02-28",
        due_on="2027-02-28",
        full_identity=YES,
        demo=NO,
        on=TODAY.isoformat(),
    )
    return row._replace(**changes)


def _value(name: str, *rows: OpenRow) -> Decimal:
    return find(name).value(PlanRecords.of_registry(tally_of(rows, TODAY), TODAY))


def test_an_instrument_is_overdue_on_the_day_after_its_last_day_and_not_before() -> None:
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    assert _value("registry.overdue", _row(due_on=yesterday), _row(due_on=TODAY.isoformat())) == 1
    assert _value("registry.on_time_percent", _row(due_on=yesterday), _row(), _row()) == Decimal("66.7")


def test_what_is_not_mandatory_is_neither_due_nor_unfiled() -> None:
    voluntary = _row(
        obligation="voluntary", due_on="2020-01-01", filing="submitted", rule_id="", rule_confirmed=""
    )
    assert _value("registry.overdue", voluntary) == 0
    assert _value("registry.mandatory", voluntary) == 0
    assert _value("registry.filing_percent", voluntary, _row()) == 100
    assert _value("registry.instruments", voluntary) == 1


def test_the_filing_rate_is_of_all_mandatory_ones_that_are_known() -> None:
    rows = [
        _row(),
        _row(filing="submitted"),
        _row(filing="draft", due_on=""),
        _row(filing="returned", due_on=""),
    ]
    assert _value("registry.filing_percent", *rows) == 25
    assert _value("registry.due", *rows) == 2


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("registry.never_verified", {"verified_on": ""}),
        ("registry.unclear", {"obligation": "unknown", "kind": "unknown"}),
        ("registry.rule_unconfirmed", {"rule_confirmed": NO}),
        ("registry.identity_percent", {"full_identity": YES}),
    ],
)
def test_each_count_is_zero_without_and_not_with(name: str, changes: dict[str, str]) -> None:
    plain = _row(rule_confirmed=YES, full_identity=NO)
    assert _value(name, plain) == 0
    assert _value(name, plain, plain._replace(**changes)) > 0


def test_of_nothing_every_figure_is_zero() -> None:
    registry = [item for item in REGISTRY.values() if item.over is Over.REGISTRY]
    assert len(registry) == 11
    assert {item.value(PlanRecords.of_registry(RegistryTally(), TODAY)) for item in registry} == {0}


def test_only_what_should_grow_can_have_a_target() -> None:
    assert find("registry.filing_percent").measures_tasks
    assert find("task.evidence").measures_tasks
    assert not find("registry.overdue").measures_tasks
    assert not find("plan.tasks").measures_tasks


_ROWS = st.builds(
    _row,
    town=st.sampled_from(["甲镇", "乙镇", "未写明"]),
    kind=st.sampled_from(["price_scale", "fuel_dispenser", "unknown"]),
    obligation=st.sampled_from(["mandatory", "voluntary", "unknown"]),
    filing=st.sampled_from(["draft", "submitted", "returned", "filed"]),
    due_on=st.sampled_from(["", "2026-11-22", "2026-11-23", "2027-01-01"]),
    verified_on=st.sampled_from(["", "2026-01-01"]),
    full_identity=st.sampled_from([YES, NO]),
    rule_confirmed=st.sampled_from([YES, NO, ""]),
)


@given(st.lists(_ROWS, max_size=30))
def test_towns_add_up_to_the_county_and_so_do_kinds(rows: list[OpenRow]) -> None:
    tally = tally_of(rows, TODAY)
    for parts in (tally.by_town(), tally.by_kind()):
        for name in COUNTED:
            assert sum(getattr(part.total, name) for part in parts.values()) == getattr(tally.total, name)
    for town, part in tally.by_town().items():
        assert tally.narrowed(town=town) == part
    assert tally.total.known == len(rows)
    assert all(getattr(tally.total, name) <= tally.total.known for name in COUNTED)


@given(st.lists(_ROWS, max_size=10))
def test_the_open_file_and_the_tally_come_back_as_they_were(rows: list[OpenRow]) -> None:
    stream = StringIO()
    write_rows(stream, rows)
    stream.seek(0)
    assert list(read_rows(stream)) == rows
    tally = tally_of(rows)
    assert RegistryTally.from_dict(tally.to_dict()) == tally


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n1,2\n",
        ",".join(OpenRow._fields) + "\nx\n",
        ",".join(OpenRow._fields) + "\n" + ",".join(["x"] * 16) + "\n",
    ],
)
def test_a_file_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"columns|Invalid isoformat"):
        list(read_rows(StringIO(text)))
