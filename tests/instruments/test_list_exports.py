"""Lists as files: the rows and columns of the page, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from io import StringIO

import openpyxl
import pytest

from quanheng.core.models import User
from quanheng.instruments.columns import BY_KEY, COLUMNS, DEFAULT, chosen_columns
from quanheng.instruments.exports import ListFile, csv_lines, workbook
from quanheng.instruments.listing import ordered
from quanheng.instruments.models import Place, Standing
from quanheng.parties.models import Party
from tests.instruments.due_making import due_scale
from tests.instruments.making import TODAY, make_scale

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_one_day")]
SOURCES = [("共 2 台", "符合条件", "quanheng registry list --count")]
EVIL = ("=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://a")')


@pytest.fixture
def made(people: dict[str, User], shop: Party, market: Place) -> ListFile:
    due_scale(people["officer"], TODAY - timedelta(days=1), owner=shop, place=market)
    make_scale(people["officer"], owner=shop, serial_no="=1+1", model="@A1", spot="-3")
    return ListFile(ordered(Standing.objects.all()), COLUMNS, TODAY, "计量器具-逾期", SOURCES)


def test_a_sheet_has_the_columns_rows_and_values_of_the_page(made: ListFile) -> None:
    with workbook(made) as file:
        book = openpyxl.load_workbook(file)
    rows = list(book["计量器具"].values)
    assert rows[0][0] == "计量器具-逾期"
    assert rows[1] == tuple(str(column.label) for column in COLUMNS)
    first = dict(zip(rows[1], rows[2], strict=True))
    assert first["器具"] == "电子计价秤"
    assert first["到期日"].date() == TODAY - timedelta(days=1)
    assert (first["状态"], first["备案"], first["场所类型"]) == ("逾期", "已备案", "集贸市场")
    assert (first["周期（月）"], first["种类"]) == (12, "电子计价秤")
    assert len(rows) == 4


def test_the_second_sheet_says_how_to_check_the_first(made: ListFile) -> None:
    with workbook(made) as file:
        book = openpyxl.load_workbook(file)
    assert list(book["如何得出"].values) == [("内容", "算法", "命令"), SOURCES[0]]


def test_nothing_in_a_sheet_is_a_formula_or_a_link(made: ListFile) -> None:
    with workbook(made) as file:
        book = openpyxl.load_workbook(file)
    cells = [cell for row in book["计量器具"].iter_rows() for cell in row]
    assert "=1+1" in {cell.value for cell in cells}
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert not any(cell.hyperlink for cell in cells)


def test_csv_begins_with_a_mark_and_runs_nothing(made: ListFile) -> None:
    data = b"".join(csv_lines(made))
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(StringIO(data.decode("utf-8-sig"))))
    assert rows[0]["到期日"] == (TODAY - timedelta(days=1)).isoformat()
    assert (rows[1]["出厂编号"], rows[1]["型号规格"], rows[1]["位置"]) == ("'=1+1", "'@A1", "'-3")


@pytest.mark.parametrize("text", EVIL)
def test_whatever_begins_like_a_formula_is_made_text(people: dict[str, User], shop: Party, text: str) -> None:
    make_scale(people["officer"], owner=shop, model=text)
    columns = [BY_KEY["model"]]
    made = ListFile(Standing.objects.all(), columns, TODAY, "", ())
    [_heading, row] = csv.reader(StringIO(b"".join(csv_lines(made)).decode("utf-8-sig")))
    assert row == [f"'{text}"]


def test_columns_are_chosen_by_name_and_nonsense_gives_the_usual_ones() -> None:
    assert [column.key for column in chosen_columns(["due", "owner"])] == ["name", "owner", "due"]
    assert tuple(column.key for column in chosen_columns(["none"])) == DEFAULT
    assert len({column.key for column in COLUMNS}) == len(COLUMNS)


def test_an_empty_list_is_still_a_file(people: dict[str, User]) -> None:
    made = ListFile(Standing.objects.none(), chosen_columns(()), date(2026, 1, 1), "空", SOURCES)
    with workbook(made) as file:
        assert len(list(openpyxl.load_workbook(file)["计量器具"].values)) == 2
