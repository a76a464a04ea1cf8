"""Lots on the web: from a list to a decision; rows refused are named; the draw can be made again by anyone."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import html
from openpyxl import load_workbook
from typer.testing import CliRunner

from quanheng.cli.main import app
from quanheng.core.models import User
from quanheng.kernels.sampling.draw import draw, list_sha256, seed_of
from quanheng.lots.enums import Decision, ItemResult
from quanheng.lots.models import Lot, Sample
from quanheng.web.staff.lot_words import draw_commands
from tests.lots.making import FACTS, a_closed_lot, a_lot, a_sample, meters, record
from tests.web.staff.conftest import As, text_of

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture(autouse=True)
def at_an_hour_of_that_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quanheng.base.clock.now", lambda: datetime(2026, 5, 20, 2, tzinfo=UTC))


def url(name: str, lot: Lot) -> str:
    return reverse(f"staff:{name}", args=[lot.public_id])


def sent(text: str) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("名单.csv", text.encode(), "text/csv")}


def answer(response: Any) -> str:
    return str(html.fromstring(response.content.decode()).find_class("answer")[0].text_content())


def test_before_the_first_lot_the_list_says_how_to_begin(as_: As) -> None:
    page = text_of(as_("officer").get(reverse("staff:lots")))
    assert "还没有登记在用的表批" in page
    assert "名单的表样" in page
    assert "登记表批" not in text_of(as_("auditor").get(reverse("staff:lots")))


def test_the_list_says_what_needs_someone(as_: As, people: dict[str, User]) -> None:
    a_lot(rows=meters(1), number="甲", maker="甲厂")
    a_closed_lot(rows=meters(3), number="乙", maker="乙厂")
    a_sample(rows=meters(10), number="丙", maker="丙厂")
    response = as_("officer").get(reverse("staff:lots"))
    assert answer(response) == "1 批应抽样，1 批等样本的结果，1 批的名单没有关闭。"
    narrowed = text_of(as_("auditor").get(reverse("staff:lots") + "?state=waiting&sort=size&dir=down"))
    assert "丙厂" in narrowed
    assert "乙厂" not in narrowed


def test_an_officer_goes_from_a_list_to_a_decision(
    as_: As, people: dict[str, User], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = as_("officer")
    facts = {name: value for name, value in FACTS.items() if name != "origin"}
    assert officer.post(reverse("staff:lot_new"), facts).status_code == 302
    lot = Lot.objects.get()
    rows = "".join(f"M{at:04},2018-09-10,亭子镇\n" for at in range(60))
    assert (
        officer.post(url("lot_list", lot), sent(f"出厂编号,首次检定日期,乡镇街道\n{rows}")).status_code == 302
    )
    assert officer.post(url("lot_close", lot)).status_code == 302
    page = officer.get(url("lot_draw", lot))
    assert "可延期 4 年" in text_of(page)
    assert officer.post(url("lot_draw", lot), {"rule": "cn_lq_isolated"}).status_code == 302
    sample = Sample.objects.get()
    page = text_of(officer.get(url("lot", lot)))
    assert sample.seed in page
    assert "quanheng sampling draw" in page
    text = b"".join(officer.get(url("lot_list_file", lot))).decode()  # type: ignore[arg-type]
    note = officer.get(url("lot_checkpoint", lot)).content.decode()
    keys = text.splitlines()
    assert seed_of(note, list_sha256(keys)) == sample.seed
    assert draw(keys, sample.seed)[0] == sample.items.get(position=1).meter.serial_key
    _the_printed_command_draws_the_same(sample, text, note, tmp_path, monkeypatch)
    day = f"{sample.drawn_at:%Y-%m-%d}"
    given = {f"result-{item.position}": "合格" for item in sample.items.filter(stage=1)[:50]}
    assert officer.post(url("lot_results", lot), {**given, "tested_on": day}).status_code == 302
    if left := sample.items.filter(stage=1, result=ItemResult.WAITING):
        rest = {f"result-{item.position}": "合格" for item in left}
        officer.post(url("lot_results", lot) + "?page=2", {**rest, "tested_on": day})
    sample.refresh_from_db()
    page = text_of(officer.get(url("lot_decide", lot)))
    assert "各延长 4 年" in page
    assert (
        officer.post(url("lot_decide", lot), {"revision": sample.revision, "reason": ""}).status_code == 302
    )
    sample.refresh_from_db()
    assert sample.decision == Decision.EXTENDED
    assert "可以继续使用到 2030-09-09" in answer(officer.get(url("lot", lot)))


def test_a_list_with_bad_rows_names_them_and_keeps_nothing(as_: As, people: dict[str, User]) -> None:
    lot = a_lot(rows=meters(1))
    text = "出厂编号,首次检定日期,型号\n8001,2018-09-10,DDZY1\n8002,2018-02-30,\n8003,2018-09-10,别的\n"
    response = as_("officer").post(url("lot_list", lot), sent(text))
    page = text_of(response)
    assert response.status_code == 409
    assert "2 处有误" in page
    assert "没有这一天" in page
    assert "不同的表应分批" in page
    assert lot.meters.count() == 1


def test_results_of_meters_that_were_not_drawn_are_refused_on_the_page(
    as_: As, people: dict[str, User]
) -> None:
    sample = a_sample()
    day = f"{sample.drawn_at:%Y-%m-%d}"
    text = f"出厂编号,结果,检定日期\n99999,合格,{day}\n"
    response = as_("inspector").post(url("lot_results", sample.lot), sent(text))
    assert response.status_code == 409
    assert "不在抽出的样本中" in text_of(response)
    assert not sample.items.exclude(result=ItemResult.WAITING).exists()


def test_results_come_in_by_the_form_that_went_out(as_: As, people: dict[str, User]) -> None:
    sample = a_sample()
    client = as_("inspector")
    data = b"".join(client.get(url("lot_results_form", sample.lot)))  # type: ignore[arg-type]
    book = load_workbook(BytesIO(data))
    sheet = book.active
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, 6).value, sheet.cell(row, 7).value = "合格", f"{sample.drawn_at:%Y-%m-%d}"
        sheet.cell(row, 8).value = "0.3；-0.2"
    out = BytesIO()
    book.save(out)
    file = SimpleUploadedFile("样本.xlsx", out.getvalue())
    assert client.post(url("lot_results", sample.lot), {"file": file}).status_code == 302
    assert [item.errors for item in sample.items.filter(stage=1)] == [[0.3, -0.2]] * 5


def test_what_was_typed_wrongly_stays_on_the_grid(as_: As, people: dict[str, User]) -> None:
    sample = a_sample()
    given = {"result-1": "找不到", "result-2": "合格", "errors-2": "大", "tested_on": "2026-05-20"}
    response = as_("officer").post(url("lot_results", sample.lot), given)
    assert response.status_code == 409
    assert 'value="大"' in response.content.decode()


def test_a_decision_after_somebody_elses_is_told(as_: As, people: dict[str, User]) -> None:
    sample = record(a_sample(), 1, 2)
    officer = as_("officer")
    assert "整批应当更换" in text_of(officer.get(url("lot_decide", sample.lot)))
    old = sample.revision - 1
    assert officer.post(url("lot_decide", sample.lot), {"revision": old}).status_code == 409
    assert officer.post(url("lot_decide", sample.lot), {"revision": sample.revision}).status_code == 302
    assert "不能延期" in answer(officer.get(url("lot", sample.lot)))


def test_water_meters_are_offered_no_rule(as_: As, people: dict[str, User]) -> None:
    rows = meters(60, valid_until=date(2026, 9, 9))
    lot = a_closed_lot(rows=rows, kind="water_meter")
    officer = as_("officer")
    assert "到期应更换" in text_of(officer.get(url("lot_draw", lot)))
    assert officer.post(url("lot_draw", lot), {"rule": "cn_lq_isolated"}).status_code == 422
    assert not Sample.objects.exists()


def test_rotation_says_what_to_order_and_what_it_costs(as_: As, people: dict[str, User]) -> None:
    a_closed_lot(rows=meters(40, town="亭子镇"))
    officer = as_("officer")
    response = officer.get(reverse("staff:rotation") + "?capacity=30&lead=2&price=200")
    page = text_of(response)
    assert answer(response) == "12 个月内有 40 台到期。"
    assert "8000.00 元" in page
    assert "2026-09 到期最多，40 台" in page
    assert "还没有" not in text_of(officer.get(reverse("staff:rotation") + "?capacity=x"))
    rows = load_workbook(BytesIO(b"".join(officer.get(reverse("staff:rotation_xlsx"))))).active  # type: ignore[arg-type]
    assert [cell.value for cell in rows[2]][0::4] == ["2026-09", "亭子镇"]


def test_the_public_page_finds_a_meter_by_its_whole_number_and_shows_no_address(
    as_: As, client: Any, people: dict[str, User]
) -> None:
    a_closed_lot(rows=meters(3, town="亭子镇"))
    page = text_of(client.get(reverse("portal:rotation") + "?serial=m 00001"))
    assert "2026-09-09" in page
    assert "在有效期内" in page
    assert "没有这个编号" in text_of(client.get(reverse("portal:rotation") + "?serial=M0000"))
    table = client.get(reverse("portal:open_expiring")).content.decode("utf-8-sig")
    assert table.splitlines()[1].endswith(",A-2018-1,甲电表厂,DDZY1,亭子镇,2026-09,3")


def test_pages_ask_no_more_of_a_larger_list(as_: As, people: dict[str, User]) -> None:
    small, large = (
        a_sample(rows=meters(count), number=str(count), maker=f"{count}厂").lot for count in (10, 200)
    )
    officer = as_("officer")
    counts = []
    for lot in (small, small, large):
        with CaptureQueriesContext(connection) as queries:
            assert officer.get(url("lot", lot)).status_code == 200
        counts.append(len(queries))
    assert counts[1] == counts[2]


def _the_printed_command_draws_the_same(
    sample: Sample, text: str, note: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "list.txt").write_text(text, encoding="utf-8")
    (folder / "checkpoint.txt").write_text(note, encoding="utf-8")
    monkeypatch.chdir(folder)
    [command] = draw_commands(sample)
    found = CliRunner().invoke(app, [*command.split()[1:], "--json"])
    assert found.exit_code == 0, found.output
    drawn = sample.items.filter(stage__gte=1).order_by("position")
    assert json.loads(found.stdout)["drawn"] == [item.meter.serial_key for item in drawn]


def test_a_closed_list_takes_nothing_and_says_so(as_: As) -> None:
    lot = a_closed_lot(rows=meters(2))
    response = as_("officer").get(url("lot_list", lot), follow=True)
    assert response.redirect_chain[-1][0] == url("lot", lot)
    assert "名单已经关闭" in text_of(response)


def test_a_sample_whose_life_cannot_be_estimated_still_has_its_page(as_: As) -> None:
    sample = record(a_sample(), 1)
    sample.lot.meters.update(verified_on=date(1001, 1, 1))
    page = text_of(as_("officer").get(url("lot", sample.lot)))
    assert "由这些结果估计不出" in page
