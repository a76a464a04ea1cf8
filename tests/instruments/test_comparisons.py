"""The e-CQS round trip: what goes out comes back equal; what differs is named and decided."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
import python_calamine
import xlsxwriter

from quanheng.core.models import OrgUnit, User
from quanheng.instruments.ecqs import import_sheet, layout
from quanheng.instruments.enums import Condition, EventKind, Filing, Use
from quanheng.instruments.errors import (
    BadComparison,
    BadLayout,
    ComparisonNotFound,
    UnreadableFile,
)
from quanheng.instruments.models import Comparison, Instrument, Place
from quanheng.instruments.services.comparisons import (
    compare_ledger,
    filed_instruments,
    resolve_differences,
)
from quanheng.instruments.services.filing import file_instruments
from quanheng.instruments.services.places import PlaceDetails, save_place
from quanheng.instruments.services.registry import InstrumentDetails, register_instrument
from quanheng.parties.models import Party
from quanheng.parties.services import PartyDetails, save_party


@pytest.fixture
def officer(people: dict[str, User]) -> User:
    return people["officer"]


@pytest.fixture
def scales(officer: User) -> list[Instrument]:
    """Three filed price scales of one shop on one market."""
    town = OrgUnit.objects.get(name="亭子镇")
    owner = save_party(
        actor=officer, public_id=None, revision=0, details=PartyDetails(name="演示副食店", town=town)
    )
    market = save_place(
        actor=officer, public_id=None, revision=0, details=PlaceDetails(name="演示农贸市场", town=town)
    )
    made = [
        register_instrument(
            actor=officer,
            details=InstrumentDetails(
                name="电子计价秤",
                model="ACS-30",
                serial_no=f"00417{number}",
                manufacturer="演示衡器厂",
                accuracy_class="Ⅲ级",
                measuring_range="30 kg",
                use=Use.TRADE,
                owner=owner,
                place=market,
                spot=f"{number}号",
            ),
            submit=True,
        )
        for number in range(3)
    ]
    return file_instruments(actor=officer, public_ids=[item.public_id for item in made])


def sheet_rows(data: bytes) -> list[list[object]]:
    return python_calamine.CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0).to_python()


def workbook(rows: list[list[object]]) -> bytes:
    stream = BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return stream.getvalue()


def sent(scales: list[Instrument]) -> list[list[object]]:
    return sheet_rows(import_sheet(filed_instruments()))


def column(rows: list[list[object]], heading: str) -> int:
    return rows[0].index(heading)


def test_the_import_sheet_has_the_columns_of_the_layout_and_words_for_codes(scales: list[Instrument]) -> None:
    rows = sent(scales)
    assert rows[0] == [item.heading for item in layout().columns]
    assert len(rows) == 4
    assert rows[1][column(rows, "用途")] == "贸易结算"
    assert rows[1][column(rows, "出厂编号")] == "004170"
    assert rows[1][column(rows, "安装地点")] == "演示农贸市场 0号"


def test_what_was_sent_comes_back_without_a_difference(officer: User, scales: list[Instrument]) -> None:
    made = compare_ledger(actor=officer, data=import_sheet(filed_instruments()), filename="back.xlsx")
    assert made.rows_total == 3
    assert list(made.differences.all()) == []


def test_drafts_are_not_sent(officer: User, scales: list[Instrument]) -> None:
    register_instrument(actor=officer, details=InstrumentDetails(name="台秤", serial_no="9"))
    assert len(sent(scales)) == 4


def test_each_sort_of_difference_is_named(officer: User, scales: list[Instrument]) -> None:
    rows = sent(scales)
    rows[1][column(rows, "规格型号")] = "ACS-15"
    rows[2][column(rows, "准确度等级")] = ""  # they do not keep it: no difference
    rows[3][column(rows, "出厂编号")] = "777"
    made = compare_ledger(actor=officer, data=workbook(rows), filename="back.xlsx")

    found = {(item.what, item.field): item for item in made.differences.all()}

    assert set(found) == {("field", "model"), ("only_there", ""), ("only_here", "")}
    assert (found["field", "model"].ours, found["field", "model"].theirs) == ("ACS-30", "ACS-15")
    assert found["only_there", ""].row == 4
    assert found["only_here", ""].instrument == scales[2]


def test_without_a_maker_serial_and_owner_decide(officer: User, scales: list[Instrument]) -> None:
    rows = sent(scales)
    for row in rows[1:]:
        row[column(rows, "制造单位")] = ""
    made = compare_ledger(actor=officer, data=workbook(rows), filename="back.xlsx")
    assert list(made.differences.all()) == []


def test_another_maker_with_the_same_serial_and_owner_is_another_instrument(
    officer: User, scales: list[Instrument]
) -> None:
    rows = sent(scales)
    rows[1][column(rows, "制造单位")] = "别的衡器厂"
    made = compare_ledger(actor=officer, data=workbook(rows), filename="back.xlsx")
    assert sorted(item.what for item in made.differences.all()) == ["only_here", "only_there"]


def decide(officer: User, made: Comparison, resolution: str) -> tuple[int, list[str]]:
    ids = list(made.differences.values_list("pk", flat=True))
    done = resolve_differences(
        actor=officer, public_id=made.public_id, difference_ids=ids, resolution=resolution
    )
    return done.done, [reason for _pk, reason in done.refused]


def test_taking_their_value_changes_our_record_with_history(officer: User, scales: list[Instrument]) -> None:
    rows = sent(scales)
    rows[1][column(rows, "规格型号")] = "ACS-15"
    made = compare_ledger(actor=officer, data=workbook(rows), filename="back.xlsx")

    assert decide(officer, made, "take_theirs") == (1, [])

    scales[0].refresh_from_db()
    assert scales[0].model == "ACS-15"
    assert scales[0].filing == Filing.FILED
    assert scales[0].events.filter(kind=EventKind.CHANGED).get().changes == {"model": ["ACS-30", "ACS-15"]}
    # A second click finds nothing to decide.
    assert decide(officer, made, "take_theirs") == (0, [])


def test_keeping_ours_changes_nothing_and_is_remembered(officer: User, scales: list[Instrument]) -> None:
    rows = sent(scales)
    rows[1][column(rows, "规格型号")] = "ACS-15"
    made = compare_ledger(actor=officer, data=workbook(rows), filename="back.xlsx")
    assert decide(officer, made, "keep_ours") == (1, [])
    scales[0].refresh_from_db()
    assert scales[0].model == "ACS-30"
    assert made.differences.get().resolution == "keep_ours"


def test_what_is_only_there_is_submitted_here_for_filing(officer: User, scales: list[Instrument]) -> None:
    rows = sent(scales)
    extra = list(rows[1])
    extra[column(rows, "出厂编号")] = "888"
    made = compare_ledger(actor=officer, data=workbook([*rows, extra]), filename="back.xlsx")
    assert decide(officer, made, "registered") == (1, [])
    added = Instrument.objects.get(serial_no="888")
    assert (added.filing, added.owner, added.use) == (Filing.SUBMITTED, scales[0].owner, Use.TRADE)


def test_a_difference_that_cannot_be_decided_so_stays_open_with_the_reason(
    officer: User, scales: list[Instrument]
) -> None:
    rows = sent(scales)
    rows[1][column(rows, "状态")] = "停用"
    rows[2][column(rows, "器具用户")] = "没有登记的店"
    made = compare_ledger(actor=officer, data=workbook(rows), filename="back.xlsx")

    done, reasons = decide(officer, made, "take_theirs")

    assert done == 0
    assert any("状态须凭照片或文件办理" in reason for reason in reasons)
    assert any("没有登记的店" in reason for reason in reasons)
    assert made.differences.filter(resolution="").count() == 2
    scales[0].refresh_from_db()
    assert scales[0].condition == Condition.IN_USE


def test_bad_input_is_refused_and_leaves_nothing(officer: User, scales: list[Instrument]) -> None:
    with pytest.raises(UnreadableFile):
        compare_ledger(actor=officer, data=b"PK\x03\x04 broken", filename="a.xlsx")
    with pytest.raises(BadComparison):
        compare_ledger(
            actor=officer,
            data=workbook([["器具名称", "规格型号", "安装地点"], ["电子计价秤", "ACS-30", "市场"]]),
            filename="a.xlsx",
        )
    with pytest.raises(ComparisonNotFound):
        resolve_differences(
            actor=officer,
            public_id=Party.objects.get().public_id,
            difference_ids=[],
            resolution="keep_ours",
        )
    assert Comparison.objects.count() == 0


def test_a_county_may_name_its_own_layout_and_a_wrong_one_is_refused(
    officer: User, scales: list[Instrument], settings: object, tmp_path: Path
) -> None:
    path = tmp_path / "layout.yaml"
    path.write_text(
        "is_confirmed: true\nsheet: 台账\n"
        "columns:\n- {heading: 仪器名称, field: name}\n- {heading: 编号, field: serial_no}\n"
        "compared: [name]\n",
        encoding="utf-8",
    )
    settings.ECQS_LAYOUT = str(path)  # type: ignore[attr-defined]
    assert sent(scales)[0] == ["仪器名称", "编号"]
    path.write_text("columns: []\n", encoding="utf-8")
    with pytest.raises(BadLayout):
        layout()


def test_a_place_of_the_town_is_taken_by_its_name(officer: User, scales: list[Instrument]) -> None:
    save_place(actor=officer, public_id=None, revision=0, details=PlaceDetails(name="演示二号市场"))
    rows = sent(scales)
    rows[1][column(rows, "安装地点")] = "演示二号市场"
    made = compare_ledger(actor=officer, data=workbook(rows), filename="back.xlsx")
    assert decide(officer, made, "take_theirs") == (1, [])
    scales[0].refresh_from_db()
    assert scales[0].place == Place.objects.get(name="演示二号市场")
