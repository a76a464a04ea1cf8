from __future__ import annotations

import io
import json
import re
import shlex
import zipfile
from datetime import date, timedelta
from typing import Any

import pdfplumber
import pytest
from docx import Document
from typer.testing import CliRunner

from quanheng.base import clock
from quanheng.cli.main import app
from quanheng.core.models import User
from quanheng.instruments.documents import notices
from quanheng.instruments.documents.notices import (
    Addressee,
    Notice,
    notice_word,
    notices_for,
    notices_pdf,
    notices_zip,
)
from quanheng.instruments.errors import TooManyNotices
from quanheng.instruments.models import Instrument, Place, Standing
from quanheng.instruments.selectors import with_rows
from quanheng.instruments.services.appointments import Asked, cancel_appointment, make_appointments
from quanheng.parties.models import Party
from tests.instruments.making import TODAY, make_party, make_scale, verify

pytestmark = pytest.mark.usefixtures("on_one_day")
UNTIL = TODAY + timedelta(days=30)


@pytest.fixture
def scales(people: dict[str, User], shop: Party, market: Place) -> list[Instrument]:
    """Of the shop: one never verified, one overdue, one due soon, one due in a year."""
    officer = people["officer"]
    made = [
        make_scale(filed_by=officer, owner=shop, place=market, serial_no=f"SN{n}", spot=f"{n} 号摊位")
        for n in range(4)
    ]
    for scale, verified_on in zip(
        made[1:], (date(2025, 4, 1), date(2025, 6, 1), date(2026, 5, 10)), strict=True
    ):
        verify(officer, scale, verified_on)
    return made


def made_for(by: Addressee = Addressee.OWNER, until: date = UNTIL) -> list[Notice]:
    return notices_for(with_rows(Standing.objects.all()), by=by, on=clock.today(), until=until)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def text_of(pdf: bytes) -> list[str]:
    return [squeezed(page.extract_text()) for page in pdfplumber.open(io.BytesIO(pdf)).pages]


def word_text(data: bytes) -> str:
    document = Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return squeezed("".join([paragraph.text for paragraph in document.paragraphs] + cells))


def test_a_notice_lists_what_is_due_by_the_day_the_oldest_first(scales: list[Instrument]) -> None:
    (notice,) = made_for()

    assert notice.addressee == "达川演示超市"
    assert [(line.serial_no, line.due_on, line.word) for line in notice.lines] == [
        ("SN1", "2026-03-31", "已过期"),
        ("SN0", "2026-05-20", "无检定记录"),
        ("SN2", "2026-05-31", "将到期"),
    ]
    assert "3 台" in notice.sentence
    assert "其中 1 台已过" in notice.sentence


def test_each_line_names_its_rule_and_an_unconfirmed_one_is_marked(scales: list[Instrument]) -> None:
    (notice,) = made_for()

    assert {line.basis for line in notice.lines} == {"JJG 539-2016（未核对）"}
    (basis,) = notice.basis
    assert basis.startswith("电子计价秤，市场监管总局公告2020年第42号，JJG 539-2016")
    assert basis.endswith("未核对")


def test_the_pdf_says_all_that_the_notice_says(scales: list[Instrument]) -> None:
    (notice,) = made_for()
    (page,) = text_of(notices_pdf([notice], on=TODAY))

    for text in (notice.addressee, notice.sentence, notice.issuer, notice.on, notice.command, *notice.basis):
        assert squeezed(text) in page
    for line in notice.lines:
        for text in (line.name, line.model, line.serial_no, line.due_on, line.word):
            assert squeezed(text) in page
    assert "第1页，共1页" in page
    assert "演示数据" not in page


def test_the_same_notices_are_the_same_bytes(scales: list[Instrument]) -> None:
    made = made_for()
    assert notices_pdf(made, on=TODAY) == notices_pdf(made, on=TODAY)
    assert notices_pdf(made, on=TODAY) != notices_pdf(made, on=UNTIL)


def test_each_of_many_notices_begins_on_a_page_of_its_own_and_counts_its_pages(
    people: dict[str, User], scales: list[Instrument], market: Place
) -> None:
    other = make_party("亭子镇粮油店", account=False)
    for n in range(45):
        make_scale(filed_by=people["officer"], owner=other, place=market, serial_no=f"L{n:02}")

    first, *middle, last = text_of(notices_pdf(made_for(), on=TODAY))
    pages = len(middle) + 1
    assert pages > 1
    assert "亭子镇粮油店：" in first
    assert f"第1页，共{pages}页" in first
    assert f"第{pages}页，共{pages}页" in middle[-1]
    assert "达川演示超市：" in last
    assert "第1页，共1页" in last
    assert all(f"L{n:02}" in first + "".join(middle) for n in range(45))


def test_the_word_file_says_the_same_and_several_come_as_one_archive(
    people: dict[str, User], scales: list[Instrument]
) -> None:
    make_scale(filed_by=people["officer"], owner=make_party("甲/乙<店>", account=False), serial_no="B1")
    first, second = made_for()

    assert (first.addressee, second.addressee) == ("甲/乙<店>", "达川演示超市")
    text = word_text(notice_word(second))
    for line in second.lines:
        assert line.serial_no in text
        assert line.due_on in text
    assert squeezed(second.sentence) in text
    assert squeezed(second.command) in text
    archive = zipfile.ZipFile(io.BytesIO(notices_zip([first, second])))
    assert archive.namelist() == ["001 甲乙店.docx", "002 达川演示超市.docx"]
    assert "甲/乙<店>" in word_text(archive.read("001 甲乙店.docx"))


def test_a_market_gets_one_notice_for_all_who_stand_in_it(
    people: dict[str, User], scales: list[Instrument], market: Place
) -> None:
    stall = make_party("亭子镇粮油店", account=False)
    make_scale(filed_by=people["officer"], owner=stall, place=market, serial_no="L1")

    (notice,) = made_for(Addressee.PLACE)
    assert notice.addressee == market.name
    assert {line.where.split()[0] for line in notice.lines} == {"达川演示超市", "亭子镇粮油店"}
    assert len(made_for(Addressee.OWNER)) == 2


def test_demonstration_data_are_marked(scales: list[Instrument], shop: Party) -> None:
    Party.objects.filter(pk=shop.pk).update(is_demo=True)
    (notice,) = made_for()

    assert "演示数据" in text_of(notices_pdf([notice], on=TODAY))[0]
    assert "演示数据" in word_text(notice_word(notice))


def test_an_appointment_is_told_until_it_is_cancelled_or_over(
    people: dict[str, User], scales: list[Instrument], market: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    week = date(2026, 5, 25)
    (asked,) = make_appointments(
        actor=people["officer"],
        asked=[Asked(week_on=week, instrument_ids=(scales[1].pk,), place_id=market.pk)],
    )
    (notice,) = made_for()
    assert [line.come for line in notice.lines] == ["5月25日当周", "", ""]
    assert "5月25日当周" in text_of(notices_pdf([notice], on=TODAY))[0]

    monkeypatch.setattr("quanheng.base.clock.today", lambda: date(2026, 6, 2))
    assert not made_for()[0].has_appointments
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)
    cancel_appointment(actor=people["officer"], public_id=asked.public_id, reason="改期")
    assert not made_for()[0].has_appointments


def test_the_printed_command_recomputes_the_list(scales: list[Instrument], market: Place) -> None:
    for by in Addressee:
        (notice,) = made_for(by)
        program, *arguments = shlex.split(notice.command)
        done = CliRunner().invoke(app, [*arguments, "--json"])

        assert program == "quanheng"
        assert done.exit_code == 0, done.output
        (again,) = json.loads(done.output)
        assert [line["serial_no"] for line in again["lines"]] == [line.serial_no for line in notice.lines]
        assert again["sentence"] == notice.sentence
    plain = CliRunner().invoke(app, arguments)
    assert "SN1" in plain.output
    assert "1 份，3 台。" in plain.output


def test_the_command_for_nobody_known_is_refused(scales: list[Instrument]) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    for option in ("--owner", "--place"):
        done = CliRunner().invoke(app, ["notices", option, nobody, "--until", "2026-06-19"])
        assert done.exit_code == 2, done.output


def test_too_many_notices_or_lines_are_refused(
    people: dict[str, User],
    scales: list[Instrument],
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Any,
) -> None:
    monkeypatch.setattr(notices, "MOST_LINES", 2)
    with django_assert_num_queries(1), pytest.raises(TooManyNotices) as refused:  # counted, not read
        made_for()
    assert (refused.value.details["count"], refused.value.details["given"]) == (1, 3)
    monkeypatch.setattr(notices, "MOST_LINES", 10)
    make_scale(filed_by=people["officer"], owner=make_party("亭子镇粮油店", account=False), serial_no="B1")
    monkeypatch.setattr(notices, "MOST_NOTICES", 1)
    with pytest.raises(TooManyNotices):
        made_for()
    with pytest.raises(TooManyNotices) as refused:
        made_for(Addressee.PLACE)  # the shop without a place counts by its name
    assert refused.value.details["count"] == 2
