"""What is not told: leads to the public, homes to a maker, names of erased people to anybody; nothing that a sheet runs."""

from __future__ import annotations

import time

import pytest
from django.test import Client
from django.urls import reverse

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.lots.enums import Origin
from quanheng.lots.members import NewMeter
from quanheng.lots.services.lots import add_meters, close_list, open_lot
from quanheng.manufacturers.errors import BadAuthorisation
from quanheng.manufacturers.marks import marks_in
from quanheng.manufacturers.models import FactoryUpload, Suspension
from quanheng.manufacturers.public_list import as_csv, listed_lots, read_csv, tally_of
from quanheng.manufacturers.services.authorisations import lift, suspend, withdraw
from quanheng.manufacturers.types import types_in
from quanheng.taskboard.services.people import erase_person_everywhere
from quanheng.transparency.models import PendingLeaf
from tests.lots.making import KIND
from tests.manufacturers.making import authorised, good_file, row, send, text_of
from tests.manufacturers.test_pages import BACKEND


def test_the_public_log_says_nothing_of_what_the_screening_saw(people: dict[str, User]) -> None:
    copied = [row(at, 0.31, 0.28, 0.35, 0.22, 0.27, 0.3) for at in range(1, 61)]
    sent = send(people["maker"], authorised(people["officer"]), text_of(*copied))
    assert sent.screening["leads"]
    entry = bytes(PendingLeaf.objects.get(kind="manufacturer:delivered").entry).decode()
    assert "lead" not in entry
    assert not any(lead["code"] in entry for lead in sent.screening["leads"])


def test_a_maker_is_not_told_at_which_home_its_meter_hangs(people: dict[str, User]) -> None:
    lot = send(people["maker"], authorised(people["officer"]), good_file(30)).lot
    assert lot is not None
    today = clock.today()
    there = open_lot(
        actor=None,
        origin=Origin.IN_SERVICE,
        number="Z-1",
        kind=KIND,
        maker=lot.maker,
        model=lot.model,
        first_verified_in=today.year,
    )
    meter = NewMeter("SN0000001", row=2, verified_on=today, area_id="TQ-77", meter_id="HOUSE-9")
    add_meters(actor=None, lot=there, meters=[meter])
    close_list(actor=None, lot=there)

    def seen(name: str) -> str:
        client = Client()
        client.force_login(people[name], backend=BACKEND)
        return client.get(reverse("staff:manufacturers"), {"serial": "SN0000001"}).content.decode()

    assert "HOUSE-9" in seen("officer")
    shown = seen("maker")
    assert "Z-1" in shown
    assert "HOUSE-9" not in shown
    assert "TQ-77" not in shown


def test_a_lot_number_of_the_public_list_is_no_formula(people: dict[str, User]) -> None:
    send(people["maker"], authorised(people["officer"]), good_file(30), number='=HYPERLINK("http://a")')
    data = as_csv(listed_lots(clock.today()))
    assert "'=HYPERLINK" in data.decode()
    assert tally_of(read_csv(data)).lots == 1


def test_what_an_erased_person_wrote_about_a_maker_is_blanked(people: dict[str, User]) -> None:
    officer = people["officer"]
    held = authorised(officer)
    send(officer, held, good_file(30))
    suspend(actor=officer, public_id=held.public_id, reason="张三举报")
    lift(actor=officer, public_id=held.public_id, reason="李四核实")
    held.refresh_from_db()
    withdraw(actor=officer, public_id=held.public_id, revision=held.revision, reason="王五的信")
    erase_person_everywhere(
        actor=people["admin"], public_id=officer.public_id, revision=officer.revision, reason="要求"
    )
    held.refresh_from_db()
    found = Suspension.objects.get()
    written = [
        held.withdrawal_reason,
        found.reason,
        found.lifting_reason,
        FactoryUpload.objects.get().file_name,
    ]
    assert written == ["已删除"] * 4


@pytest.mark.parametrize("read", [marks_in, types_in])
def test_a_line_made_to_take_minutes_is_refused_at_once(read: object) -> None:
    begun = time.process_time()
    with pytest.raises(BadAuthorisation):
        read("x" + " " * 200_000 + "y z，" + "9" * 200_000 + "x")  # type: ignore[operator]
    assert time.process_time() - begun < 1
