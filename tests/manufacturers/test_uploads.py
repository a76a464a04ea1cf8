"""A file of factory data becomes a lot whole, or nothing of it is kept and each fault is named."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanheng.base import clock
from quanheng.core.enums import UnitKind
from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.core.services import save_unit
from quanheng.lots.enums import Origin
from quanheng.lots.errors import LotNumberTaken
from quanheng.lots.members import NewMeter
from quanheng.lots.models import Lot, LotMeter
from quanheng.lots.services.lots import add_meters, close_list, open_lot
from quanheng.manufacturers.errors import BadFactoryFile, NotInForce, OutOfScope, UploadNotFound
from quanheng.manufacturers.models import Authorisation, FactoryUpload
from quanheng.manufacturers.selectors import factory_rows, upload_for
from quanheng.manufacturers.services.authorisations import suspend, withdraw
from quanheng.manufacturers.sheet import template
from quanheng.manufacturers.types import types_in
from tests.manufacturers.making import HEAD, MAKER, TYPES, authorised, good_file, row, send, text_of


@pytest.fixture
def held(people: dict[str, User]) -> Authorisation:
    return authorised(people["officer"])


def faults(upload: FactoryUpload) -> list[tuple[int, str]]:
    """Return line and column of each fault."""
    assert upload.lot is None
    assert upload.fault_count == len(upload.faults)
    return [(fault["row"], fault["column"]) for fault in upload.faults]


def test_a_good_file_becomes_a_closed_lot_with_its_errors(
    people: dict[str, User], held: Authorisation
) -> None:
    upload = send(people["maker"], held, good_file(60))
    lot = upload.lot
    assert lot is not None
    assert (lot.is_complete, lot.size, lot.maker_unit, lot.first_verified_in) == (
        True,
        60,
        held.unit,
        clock.today().year,
    )
    meter = lot.meters.get(serial_no="SN0000001")
    assert (meter.mark_no, len(meter.errors)) == ("川A000001", 6)
    assert meter.valid_until is not None
    assert meter.valid_until.year - clock.today().year in {7, 8}
    assert (upload.operators, upload.screening["leads"]) == ({"J01": 60}, [])


def test_a_file_that_was_taken_in_is_not_taken_twice(people: dict[str, User], held: Authorisation) -> None:
    """Whoever was interrupted sends it again and is told of the same lot."""
    data = good_file(60)
    first, second = send(people["maker"], held, data), send(people["maker"], held, data, number="L2")
    assert (first, LotMeter.objects.count()) == (second, 60)
    with pytest.raises(LotNumberTaken):
        send(people["maker"], held, good_file(60, first=100))
    assert FactoryUpload.objects.count() == 1


def test_each_fault_is_named_by_line_and_column_and_nothing_is_kept(
    people: dict[str, User], held: Authorisation
) -> None:
    today = clock.today()
    upload = send(
        people["maker"],
        held,
        text_of(
            row(1),
            row(2, serial="SN0000001"),  # the serial of line 2
            row(3, mark="川A000001"),  # the mark of line 2
            row(4, mark="川Z000004"),
            row(5, 0.1, 0.1, 0.1, 0.1, 0.1, 25),
            row(6, 0.1, "好", 0.1, 0.1, 0.1, 0.1),
            row(7, 0.1, 0.1, 0.1, 0.1, 0.1, ""),
            row(8, day=today + timedelta(days=1)),
            row(9, day=today - timedelta(days=101)),
            row(10).replace("J01", "张三"),
            row(11, 0.1, 0.1, 2.11, 0.1, 0.1, 0.1),
            row(12).replace(f"{today:%Y-%m-%d}", "昨天"),
            row(13).replace("SN0000013", ""),
        ),
    )
    # Twice the same is looked for by whoever keeps the list, when the rows themselves are good.
    assert faults(upload) == [
        (5, "检定标记编号"),
        (6, "功率因数 0.8C，I_b（%）"),
        (7, "功率因数 1.0，I_b（%）"),
        (8, "功率因数 0.8C，I_b（%）"),
        (9, "检定日期"),
        (10, "检定日期"),
        (11, "检定员代号"),
        (12, "功率因数 1.0，0.1I_b（%）"),
        (13, "检定日期"),
        (14, "出厂编号"),
    ]
    assert (Lot.objects.count(), LotMeter.objects.count()) == (0, 0)
    twice = send(people["maker"], held, text_of(row(1), row(2, serial="SN0000001"), row(3, mark="川A000001")))
    assert faults(twice) == [(3, "出厂编号"), (4, "检定标记编号")]
    assert Lot.objects.count() == 0


def test_serials_and_marks_of_earlier_lots_are_refused_by_line(
    people: dict[str, User], held: Authorisation
) -> None:
    send(people["maker"], held, good_file(60))
    again = send(people["maker"], held, text_of(row(90), row(91, serial="SN0000002")), number="L2")
    assert faults(again) == [(3, "出厂编号")]
    marked = send(people["maker"], held, text_of(row(90), row(91, mark="川A000007")), number="L2")
    assert faults(marked) == [(3, "检定标记编号")]
    assert Lot.objects.count() == 1


def test_a_meter_that_failed_has_no_mark_and_is_not_in_the_lot(
    people: dict[str, User], held: Authorisation
) -> None:
    upload = send(people["maker"], held, text_of(row(1), row(2, 0.1, 0.1, 2.5, 0.1, 0.1, 0.1, mark="")))
    assert upload.lot is not None
    assert (upload.rows, upload.unmarked, upload.lot.size) == (2, 1, 1)
    with pytest.raises(BadFactoryFile, match="没有一台"):
        send(people["maker"], held, text_of(row(3, mark="")), number="L2")


def test_the_limit_is_met_after_rounding(people: dict[str, User], held: Authorisation) -> None:
    """2.1 % is 2.0 % at the interval 0.2 %, half to even; 2.11 % is 2.2 %."""
    assert send(people["maker"], held, text_of(row(1, 2.1, 0, 0, 0, 0, 0))).lot is not None
    assert send(people["maker"], held, text_of(row(2, 2.11, 0, 0, 0, 0, 0)), number="L2").lot is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "空"),
        (HEAD.encode(), "没有数据"),
        (HEAD.replace("mark", "x").encode(), "检定标记编号"),
        (HEAD.replace("e6", "e5").encode(), "两列"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_what_is_no_table_of_factory_data_is_refused(
    people: dict[str, User], held: Authorisation, data: bytes, reason: str
) -> None:
    with pytest.raises(BadFactoryFile, match=reason):
        send(people["maker"], held, data)
    assert FactoryUpload.objects.count() == 0


def test_nothing_is_taken_in_while_suspended_out_of_scope_or_withdrawn(
    people: dict[str, User], held: Authorisation
) -> None:
    with pytest.raises(OutOfScope, match="DDZY100"):
        send(people["maker"], held, good_file(60), model="DTZ9")
    suspend(actor=people["officer"], public_id=held.public_id, reason="检查")
    with pytest.raises(NotInForce, match="暂停"):
        send(people["maker"], held, good_file(60))
    held.refresh_from_db()
    withdraw(actor=people["officer"], public_id=held.public_id, revision=held.revision, reason="停产")
    with pytest.raises(NotInForce, match="撤销"):
        send(people["maker"], held, good_file(60))
    assert Lot.objects.count() == 0


def test_nothing_is_taken_in_after_the_last_valid_day(people: dict[str, User]) -> None:
    over = authorised(people["officer"], valid_until=clock.today() - timedelta(days=1))
    with pytest.raises(NotInForce, match="已经过了"):
        send(people["maker"], over, good_file(60))


def test_who_does_not_act_for_the_maker_sends_nothing_and_sees_nothing(people: dict[str, User]) -> None:
    officer = people["officer"]
    save_unit(actor=officer, unit_id=None, revision=0, kind=UnitKind.MANUFACTURER, name="别厂")
    theirs = authorised(officer, "别厂")
    with pytest.raises(NotPermitted):
        send(people["maker"], theirs, good_file(60))
    upload = send(officer, theirs, good_file(60))
    with pytest.raises(UploadNotFound):
        upload_for(people["maker"], upload.public_id)
    assert upload_for(officer, upload.public_id) == upload


def test_an_installed_meter_leads_to_its_factory_row(people: dict[str, User], held: Authorisation) -> None:
    send(people["maker"], held, good_file(60))
    officer = people["officer"]
    lot = open_lot(
        actor=officer,
        origin=Origin.IN_SERVICE,
        number="Z1",
        kind="household_electricity_meter",
        maker=MAKER,
        model="DDZY100",
        first_verified_in=clock.today().year,
    )
    found = NewMeter(serial_no="sn-0000003", verified_on=clock.today(), row=2)
    add_meters(actor=officer, lot=lot, meters=[found])
    close_list(actor=officer, lot=lot)
    made_as = lot.meters.get().made_as
    assert made_as is not None
    assert made_as.mark_no == "川A000003"
    [shown] = factory_rows(people["maker"], "SN0000003")
    assert [one.lot for one in shown.installed_as.all()] == [lot]


def test_the_template_comes_back_as_it_went(people: dict[str, User], held: Authorisation) -> None:
    [one] = types_in(TYPES)
    with pytest.raises(BadFactoryFile, match="没有数据"):
        send(people["maker"], held, template(one.testing(clock.today()).points).getvalue())
