"""An import is taken back whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from quanheng.base import clock
from quanheng.base.errors import StaleRevision
from quanheng.core.models import User
from quanheng.instruments.enums import BatchState, EventKind, Use, Verdict
from quanheng.instruments.errors import BadImport, UndoBlocked, WrongBatchState
from quanheng.instruments.models import (
    Appointment,
    Comparison,
    Difference,
    DistinctPair,
    HeadingAnswer,
    ImportBatch,
    Instrument,
    Place,
    VerificationRecord,
)
from quanheng.instruments.services.conditions import change_condition, merge_instruments
from quanheng.instruments.services.importing.batches import confirm_import, stop_import
from quanheng.instruments.services.importing.running import run_import
from quanheng.instruments.services.importing.undo import undo_import
from quanheng.instruments.services.registry import InstrumentDetails, change_instrument
from quanheng.instruments.services.standing import stale_standings
from quanheng.instruments.services.verifications import record_verification
from quanheng.parties.models import Party
from quanheng.parties.services import PartyDetails, save_party
from quanheng.transparency.models import PendingLeaf
from tests.instruments.imports.conftest import TODAY, imported, ledger, numbered, row, tried
from tests.instruments.imports.test_running import counted, everything, mixed

pytestmark = pytest.mark.django_db


def undone(batch: ImportBatch, actor: User | None = None) -> ImportBatch:
    batch.refresh_from_db()
    return undo_import(actor=actor, public_id=batch.public_id, revision=batch.revision, reason="选错了文件")


def test_what_an_import_made_is_gone_and_its_report_stays(people: dict[str, User]) -> None:
    before = everything()
    batch = imported(ledger(*mixed()), actor=people["officer"])
    batch = undone(batch, people["officer"])
    assert everything() == before
    assert (batch.state, batch.undone_by, batch.undo_reason) == (
        BatchState.UNDONE,
        people["officer"],
        "选错了文件",
    )
    assert batch.rows.count() == 10
    leaf = PendingLeaf.objects.get(kind="instruments:import_undone")
    assert "选错了文件" not in bytes(leaf.entry).decode()


def test_what_an_import_filled_is_blank_again_and_the_history_tells() -> None:
    imported(ledger(row(型号规格="", 安装地点="", 用途="")))
    one = Instrument.objects.get()
    was = Instrument.objects.values().get()
    batch = imported(ledger(row(检定日期="2026-05-01", 有效期至="2027-04-30", 证书编号="新"), title="二"))
    one.refresh_from_db()
    assert (one.model, one.use, one.place is None) == ("ACS-30", Use.TRADE, False)
    undone(batch)
    now = Instrument.objects.values().get()
    assert {k: v for k, v in now.items() if k != "revision"} == {
        k: v for k, v in was.items() if k != "revision"
    }
    assert now["revision"] > was["revision"]
    assert VerificationRecord.objects.count() == 1
    assert not Place.objects.exists()
    assert [event.kind for event in one.events.all()] == [
        EventKind.CHANGED,
        EventKind.CHANGED,
        EventKind.REGISTERED,
    ]
    assert "撤销导入" in one.events.all()[0].reason
    assert stale_standings([one.pk]) == []


def test_imports_are_undone_one_after_the_other_back_to_nothing() -> None:
    start = counted()
    first = imported(ledger(row(型号规格=""), title="一"))
    second = imported(ledger(row(检定日期="2026-05-01", 有效期至="", 证书编号="新"), title="二"))
    with pytest.raises(UndoBlocked):
        undone(first)
    undone(second)
    undone(first)
    assert counted() == start


def test_what_was_only_found_again_holds_an_import_until_that_is_undone() -> None:
    first = imported(ledger(row(), title="一"))
    second = imported(ledger(row(), title="二"))
    assert second.counts == {"unchanged": 1}
    with pytest.raises(UndoBlocked):
        undone(first)
    undone(second)
    assert undone(first).state == BatchState.UNDONE


def _edit(officer: User, one: Instrument) -> None:
    details = InstrumentDetails(name=one.name, owner=one.owner, place=one.place, serial_no="改过")
    change_instrument(actor=officer, public_id=one.public_id, revision=one.revision, details=details)


def _verify(officer: User, one: Instrument) -> None:
    record_verification(
        actor=officer,
        public_id=one.public_id,
        revision=one.revision,
        verified_on=TODAY,
        valid_until=None,
        certificate_no="后来",
        institution="",
        verdict=Verdict.PASSED,
    )


def _stop(officer: User, one: Instrument) -> None:
    change_condition(
        actor=officer,
        public_id=one.public_id,
        revision=one.revision,
        act=EventKind.STOPPED,
        happened_on=TODAY,
        reason="停业",
    )


def _appoint(officer: User, one: Instrument) -> None:
    made = Appointment.objects.create(
        owner=one.owner, week_on=date(2026, 5, 25), made_by=officer, made_at=clock.now()
    )
    made.instruments.add(one)


def _compare(officer: User, one: Instrument) -> None:
    comparison = Comparison.objects.create(
        file_sha256="0" * 64, file_name="a", rows_total=1, made_by=officer, made_at=clock.now()
    )
    Difference.objects.create(comparison=comparison, what="only_here", instrument=one)


def _tell_apart(officer: User, one: Instrument) -> None:
    other = Instrument.objects.exclude(pk=one.pk).order_by("-pk")[0]
    DistinctPair.objects.create(first=one, second=other, decided_by=officer, decided_at=clock.now())


def _merge(officer: User, one: Instrument) -> None:
    other = Instrument.objects.get(serial_no="SNO000001")
    merge_instruments(actor=officer, keep=one.public_id, merge=other.public_id, reason="同一台")


@pytest.mark.parametrize(
    "later", [_edit, _verify, _stop, _appoint, _compare, _tell_apart, _merge], ids=lambda act: act.__name__
)
def test_anything_that_depends_on_one_instrument_keeps_the_whole_import(
    later: Callable[[User, Instrument], None], people: dict[str, User]
) -> None:
    batch = imported(ledger(*numbered(3), row(出厂编号="SNO000001")))
    one = Instrument.objects.get(serial_no="SN0000001")
    later(people["officer"], one)
    before = everything()
    with pytest.raises(UndoBlocked) as refused:
        undone(batch)
    assert refused.value.details["first"].startswith("电子计价秤")
    assert everything() == before
    batch.refresh_from_db()
    assert batch.state == BatchState.DONE


def test_a_user_whom_others_use_or_changed_stays(people: dict[str, User]) -> None:
    batch = imported(ledger(row(), row(出厂编号="SN2", 使用单位="改过的店")))
    changed = Party.objects.get(name="改过的店")
    details = PartyDetails(name="改过的店", town=changed.town, contact_name="某人")
    save_party(
        actor=people["officer"], public_id=changed.public_id, revision=changed.revision, details=details
    )
    imported(ledger(row(出厂编号="SN3"), title="二"))
    undone(batch)
    assert sorted(Party.objects.values_list("name", flat=True)) == ["改过的店", "示例粮油店"]
    assert Instrument.objects.get().serial_no == "SN3"


def test_a_half_done_import_is_undone_as_well() -> None:
    before = everything()
    batch = tried(ledger(*mixed()))
    confirm_import(actor=None, public_id=batch.public_id, revision=batch.revision)
    run_import(
        batch.public_id, chunk=3, after_chunk=lambda _: stop_import(actor=None, public_id=batch.public_id)
    )
    undone(batch)
    assert everything() == before


def test_undoing_needs_a_reason_the_present_batch_and_something_to_undo() -> None:
    batch = imported(ledger(row()))
    with pytest.raises(BadImport):
        undo_import(actor=None, public_id=batch.public_id, revision=batch.revision, reason=" ")
    with pytest.raises(StaleRevision):
        undo_import(actor=None, public_id=batch.public_id, revision=batch.revision - 1, reason="x")
    undone(batch)
    with pytest.raises(WrongBatchState):
        undone(batch)
    assert not HeadingAnswer.objects.exists()
