"""The list of a lot: one kind of meter, every bad row named, all or nothing, closed for ever with its hash."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from quanheng.base.errors import BureauError
from quanheng.base.files import stored_path
from quanheng.base.sheets import BadSheet, write_sheet
from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.lots.enums import Origin
from quanheng.lots.errors import BadLot, EmptyList, ListClosed, LotNumberTaken, MetersRefused
from quanheng.lots.files import LIST_HEADINGS, read_list
from quanheng.lots.members import NewMeter
from quanheng.lots.models import Lot, LotMeter
from quanheng.lots.services.lots import add_meters, close_list, open_lot
from quanheng.transparency.models import PendingLeaf
from tests.lots.making import FACTS, VERIFIED, a_lot, meters

pytestmark = pytest.mark.usefixtures("people")


def refused(lot: Lot, *rows: NewMeter) -> list[tuple[int, str, str]]:
    with pytest.raises(MetersRefused) as error:
        add_meters(actor=None, lot=lot, meters=rows)
    return [(one.row, one.column, one.reason) for one in error.value.rejected]


def test_a_lot_has_a_maker_a_type_and_a_year_and_its_number_once() -> None:
    lot = open_lot(actor=None, **FACTS)
    assert (lot.maker_key, lot.is_complete) == ("甲电表厂", False)
    with pytest.raises(LotNumberTaken):
        open_lot(actor=None, **FACTS)
    for change in (
        {"number": " "},
        {"maker": "（）"},
        {"kind": "x"},
        {"first_verified_in": 2099},
        {"model": ""},
    ):
        with pytest.raises(BadLot):
            open_lot(actor=None, **FACTS | {"number": "B"} | change)


def test_only_the_bureau_opens_lots_in_service(people: dict[str, User]) -> None:
    for name in ("auditor", "inspector", "clerk", "owner"):
        with pytest.raises(NotPermitted):
            open_lot(actor=people[name], **FACTS)
    assert open_lot(actor=people["officer"], **FACTS).created_by == people["officer"]


def test_the_last_valid_day_follows_from_the_rule_of_the_kind() -> None:
    lot = a_lot(rows=meters(2, installed_on=date(2018, 10, 20)))
    assert {meter.valid_until for meter in lot.meters.all()} == {date(2026, 10, 19)}
    assert a_lot(
        rows=[replace(one, serial_no=f"X{one.serial_no}") for one in meters(1)], number="B"
    ).meters.get().valid_until == date(2026, 9, 9)


def test_a_list_with_mixed_types_is_refused_by_row() -> None:
    lot = open_lot(actor=None, **FACTS)
    good, *_rest = meters(1)
    found = refused(
        lot,
        good,
        replace(good, serial_no="2", row=3, model="DDZY2"),
        replace(good, serial_no="3", row=4, maker="乙电表厂"),
        replace(good, serial_no="4", row=5, accuracy_class="1"),
        replace(good, serial_no="5", row=6, verified_on=date(2019, 1, 2)),
        replace(good, serial_no="6", row=7, delivery="二"),
    )
    assert [(row, column) for row, column, _reason in found] == [
        (3, "型号"),
        (4, "制造单位"),
        (5, "准确度等级"),
        (6, "首次检定日期"),
        (7, "到货批次"),
    ]
    assert "DDZY2" in found[0][2]
    assert not LotMeter.objects.exists()


def test_doubles_are_refused_in_the_file_in_the_lot_and_in_another_lot() -> None:
    lot = a_lot(rows=meters(3))
    other = open_lot(actor=None, **FACTS | {"number": "B"})
    again = meters(1)[0]
    assert "A-2018-1" in refused(lot, again)[0][2]
    assert "A-2018-1" in refused(other, replace(again, serial_no="m-00000"))[0][2]
    new = replace(again, serial_no="N1", row=2)
    assert refused(other, new, replace(new, serial_no="n 1", row=3)) == [(3, "出厂编号", "与第 2 行重复。")]
    marked = replace(new, mark_no="7")
    assert refused(other, marked, replace(marked, serial_no="N2", row=3)) == [
        (3, "检定标记编号", "与第 2 行重复。")
    ]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"serial_no": ""}, "出厂编号"),
        ({"serial_no": "-"}, "出厂编号"),
        ({"serial_no": "1" * 61}, "出厂编号"),
        ({"serial_no": "1\x002"}, "出厂编号"),
        ({"verified_on": None}, "首次检定日期"),
        ({"installed_on": date(2018, 1, 1)}, "安装日期"),
        ({"installed_on": date(2059, 1, 1)}, "安装日期"),
        ({"valid_until": VERIFIED}, "有效期至"),
        ({"town": "没有镇"}, "乡镇街道"),
        ({"area_id": "A1"}, "表号"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(change: dict[str, object], column: str) -> None:
    lot = open_lot(actor=None, **FACTS)
    assert refused(lot, replace(meters(1)[0], **change))[0][1] == column  # type: ignore[arg-type]


def test_a_closed_list_has_a_hash_that_anyone_computes_and_takes_nothing_more(home: Path) -> None:
    lot = a_lot(rows=meters(3))
    closed = close_list(actor=None, lot=lot)
    text = b"M00000\nM00001\nM00002\n"
    assert closed.list_sha256 == sha256(text).hexdigest()
    assert stored_path(closed.list_sha256).read_bytes() == text
    assert (closed.size, closed.due_on) == (3, date(2026, 9, 9))
    leaf = PendingLeaf.objects.get(kind="lot:closed")
    assert closed.list_sha256.encode() in bytes(leaf.entry)
    for act in (
        lambda: close_list(actor=None, lot=lot),
        lambda: a_lot and add_meters(actor=None, lot=lot, meters=meters(1)),
    ):
        with pytest.raises(ListClosed):
            act()


def test_an_empty_list_is_not_closed() -> None:
    with pytest.raises(EmptyList):
        close_list(actor=None, lot=open_lot(actor=None, **FACTS))


@pytest.mark.parametrize("factory_first", [True, False])
def test_a_meter_in_service_points_to_itself_as_it_was_delivered(factory_first: bool, home: Path) -> None:
    def factory() -> None:
        lot = a_lot(rows=meters(2, serial_no="M00000")[:1], origin=Origin.FACTORY, number="F")
        close_list(actor=None, lot=lot)

    if factory_first:
        factory()
    lot = close_list(actor=None, lot=a_lot(rows=meters(2)))
    if not factory_first:
        factory()
    one, other = lot.meters.order_by("serial_key")
    assert one.made_as is not None
    assert one.made_as.lot.number == "F"
    assert other.made_as is None


def test_a_file_is_read_and_every_bad_row_named_with_what_the_list_says_of_the_others() -> None:
    rows = [
        ("0001", "2018-03-15", "", "2018/4/20", "亭子镇", "A1", "7", "", "甲电表厂", "DDZY1", "2", ""),
        ("0002", "2018-13-15", "", "", "", "", "", "", "", "", "", ""),
        ("0003", "2018-03-15", "", "", "", "", "", "", "", "DDZY9", "", ""),
    ]
    file = read_list(write_sheet("名单", LIST_HEADINGS, rows).getvalue(), "名单.xlsx")
    assert [(one.serial_no, one.row) for one in file.meters] == [("0001", 2), ("0003", 4)]
    lot = open_lot(actor=None, **FACTS)
    with pytest.raises(MetersRefused) as error:
        add_meters(actor=None, lot=lot, meters=file.meters, unread=file.unread)
    assert [(one.row, one.column) for one in error.value.rejected] == [(3, "首次检定日期"), (4, "型号")]
    assert add_meters(actor=None, lot=lot, meters=file.meters[:1]) == 1
    kept = lot.meters.get()
    assert (kept.serial_key, str(kept.town), kept.installed_on) == ("0001", "亭子镇", date(2018, 4, 20))


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.4", "出厂编号,日期\n1,2\n".encode(), "出厂编号,首次检定日期\n".encode()]
)
def test_a_file_that_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(BureauError) as error:
        read_list(data, "a.csv")
    assert isinstance(error.value, BadSheet)
