"""Two officers import at the same instant: nothing is doubled, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from quanheng.core.county import load_county, read_county
from quanheng.core.models import User
from quanheng.instruments.enums import BatchState
from quanheng.instruments.models import ImportBatch, Instrument, Place, VerificationRecord
from quanheng.instruments.services.door import DoorRow, register_at_door
from quanheng.instruments.services.importing.batches import (
    answer_headings,
    confirm_import,
    receive_ledger,
    try_import,
)
from quanheng.instruments.services.importing.rows import Defaults
from quanheng.instruments.services.importing.running import run_import
from quanheng.instruments.services.importing.undo import undo_import
from quanheng.instruments.services.standing import stale_standings
from quanheng.parties.models import Party
from quanheng.transparency.models import PendingLeaf
from tests.instruments.making import make_party, make_place, scale
from tests.people import make_people

Race = Callable[..., list[str]]
ROUNDS = range(3)
COUNTY = Path(__file__).parent.parent.parent / "examples/dachuan/county.yaml"
HEADINGS = "使用单位,器具名称,型号规格,出厂编号,制造单位,安装地点,检定日期,证书编号"


@pytest.fixture
def cast(race: Race, home: Path) -> dict[str, User]:
    load_county(read_county(COUNTY))
    return make_people()


def _ledger(title: str, first: int, last: int) -> bytes:
    rows = [
        f"演示{n % 7}号店,电子计价秤,ACS-30,SN{n:05d},演示衡器厂,百节镇农贸市场 {n}号摊,2026-03-05,证{n}"
        for n in range(first, last)
    ]
    return "\n".join([title, HEADINGS, *rows]).encode()


def _confirmed(data: bytes) -> ImportBatch:
    batch = receive_ledger(actor=None, data=data, filename="台账.csv")
    batch = answer_headings(actor=None, public_id=batch.public_id, revision=batch.revision, answers={})
    batch = try_import(public_id=batch.public_id, revision=batch.revision, defaults=Defaults())
    return confirm_import(actor=None, public_id=batch.public_id, revision=batch.revision)


@pytest.mark.parametrize("_", ROUNDS)
def test_two_ledgers_with_the_same_instruments_at_once_make_each_once(
    race: Race, cast: dict[str, User], _: int
) -> None:
    first, second = _confirmed(_ledger("甲", 0, 60)), _confirmed(_ledger("乙", 30, 90))

    assert race(*(partial(run_import, one.public_id, chunk=7) for one in (first, second))) == ["ok", "ok"]
    assert Instrument.objects.count() == VerificationRecord.objects.count() == 90
    assert (Party.objects.count(), Place.objects.count()) == (7, 1)
    found = [ImportBatch.objects.get(pk=one.pk) for one in (first, second)]
    assert {batch.state for batch in found} == {BatchState.DONE}
    total = {key: sum(b.counts.get(key, 0) for b in found) for key in ("created", "unchanged")}
    assert total == {"created": 90, "unchanged": 30}
    assert stale_standings(Instrument.objects.values_list("pk", flat=True)) == []


@pytest.mark.parametrize("_", ROUNDS)
def test_two_workers_run_one_batch_once(race: Race, cast: dict[str, User], _: int) -> None:
    batch = _confirmed(_ledger("甲", 0, 40))

    run = partial(run_import, batch.public_id, chunk=5)
    assert race(run, run) == ["ok", "ok"]
    batch.refresh_from_db()
    assert batch.rows.count() == Instrument.objects.count() == 40
    assert PendingLeaf.objects.filter(kind="instruments:imported").count() == 1


@pytest.mark.parametrize("_", ROUNDS)
def test_the_same_file_sent_by_two_is_kept_once(race: Race, cast: dict[str, User], _: int) -> None:
    send = partial(receive_ledger, actor=None, data=_ledger("甲", 0, 5), filename="台账.csv")

    assert race(send, send) == ["instruments.file_known", "ok"]
    assert ImportBatch.objects.count() == 1


@pytest.mark.parametrize("_", ROUNDS)
def test_two_clicks_confirm_once(race: Race, cast: dict[str, User], _: int) -> None:
    batch = _confirmed(_ledger("甲", 0, 5))
    ImportBatch.objects.filter(pk=batch.pk).update(state=BatchState.READY)
    confirm = partial(confirm_import, actor=None, public_id=batch.public_id, revision=batch.revision)

    assert race(confirm, confirm) == ["instruments.wrong_batch_state", "ok"]


@pytest.mark.parametrize("_", ROUNDS)
def test_an_import_is_undone_or_found_again_never_half(race: Race, cast: dict[str, User], _: int) -> None:
    first = _confirmed(_ledger("甲", 0, 30))
    first = run_import(first.public_id)
    second = _confirmed(_ledger("乙", 0, 30))
    undo = partial(
        undo_import, actor=None, public_id=first.public_id, revision=first.revision, reason="选错了"
    )

    outcome = race(undo, partial(run_import, second.public_id, chunk=100))
    assert outcome in (["ok", "ok"], ["instruments.undo_blocked", "ok"])
    assert Instrument.objects.count() == 30


@pytest.mark.parametrize("_", ROUNDS)
def test_a_market_is_entered_at_the_door_while_a_ledger_of_it_is_imported(
    race: Race, cast: dict[str, User], _: int
) -> None:
    place, known = make_place(), make_party()
    owners = [known.name, *(f"新摊{n}" for n in range(8))]
    rows = [DoorRow(n, owner=name, serial_no=f"D{n}") for n, name in enumerate(owners)]
    door = partial(register_at_door, actor=cast["officer"], place=place, common=scale(), rows=rows)
    batch = _confirmed(_ledger("甲", 0, 60))

    assert race(door, partial(run_import, batch.public_id, chunk=3)) == ["ok", "ok"]
    assert Instrument.objects.count() == len(rows) + 60
