from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from quanheng.instruments.enums import BatchState
from quanheng.instruments.models import HeadingAnswer, ImportBatch, Instrument
from quanheng.instruments.services.importing.running import run_import
from tests.web.staff.conftest import As, text_of

pytestmark = pytest.mark.django_db
HEADINGS = "使用单位,器具名称,型号规格,出厂编号,制造单位,安装地点,检定日期"
ROWS = (
    "示例粮油店,电子计价秤,ACS-30,SN1,示例衡器厂,百节镇农贸市场 1号摊,2026-03-05",
    "示例粮油店,电子计价秤,ACS-30,SN2,示例衡器厂,百节镇农贸市场 2号摊,2026-02-30",
)


def _file(*rows: str, headings: str = HEADINGS, name: str = "台账.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, "\n".join([headings, *rows]).encode(), "text/csv")


def _send(client: Client, *rows: str, **options: str) -> ImportBatch:
    answer = client.post(reverse("staff:imports"), {"file": _file(*rows, **options)})
    assert answer.status_code == 302, text_of(answer)
    return ImportBatch.objects.latest("pk")


def _answers(batch: ImportBatch, **changed: str) -> dict[str, object]:
    said = {
        f"column_{number}": changed.get(
            column["heading"], column["field"] or ("" if column["is_asked"] else "-")
        )
        for number, column in enumerate(batch.options["columns"])
    }
    return {"revision": batch.revision, "date_order": "mdy", **said}


def _url(name: str, batch: ImportBatch) -> str:
    return reverse(f"staff:{name}", args=[batch.public_id])


def _tried(client: Client, *rows: str, **options: str) -> ImportBatch:
    batch = _send(client, *rows, **options)
    client.post(_url("import_headings", batch), _answers(batch))
    batch.refresh_from_db()
    return batch


def _imported(client: Client, *rows: str) -> ImportBatch:
    batch = _tried(client, *rows)
    client.post(_url("import_confirm", batch), {"revision": batch.revision})
    return run_import(batch.public_id)


def test_a_ledger_goes_from_the_upload_to_the_registry_in_three_steps(as_: As) -> None:
    officer = as_("officer")
    assert "还没有台账的，可以下载示例台账" in text_of(officer.get(reverse("staff:imports")))
    batch = _send(officer, *ROWS)
    page = text_of(officer.get(_url("import_headings", batch)))
    assert "认出 7 列。" in page
    assert "示例衡器厂" in page  # a sample of its column
    answer = officer.post(_url("import_headings", batch), _answers(batch), follow=True)
    review = text_of(answer)
    assert "共 2 行，可以导入 1 行，不能导入 1 行" in review
    assert "2026-02-30" in review
    assert not Instrument.objects.exists()
    batch.refresh_from_db()
    confirmed = officer.post(_url("import_confirm", batch), {"revision": batch.revision}, follow=True)
    assert "排队中，等后台开始" in text_of(confirmed)
    run_import(batch.public_id)
    report = text_of(officer.get(_url("import_batch", batch)))
    assert "已处理 2 行，1 行没有导入" in report
    assert Instrument.objects.get().serial_no == "SN1"


def test_an_unknown_heading_must_be_answered_and_is_not_asked_again(as_: As) -> None:
    officer = as_("officer")
    headings = HEADINGS + ",神秘一栏"
    rows = [row + ",甲" for row in ROWS]
    batch = _send(officer, *rows, headings=headings)
    page = text_of(officer.get(_url("import_headings", batch)))
    assert "有 1 列要您指明" in page
    refused = officer.post(_url("import_headings", batch), _answers(batch))
    assert refused.status_code == 422
    assert "请选择这一列是什么" in text_of(refused)
    officer.post(_url("import_headings", batch), _answers(batch, 神秘一栏="-"))
    assert HeadingAnswer.objects.get().heading == "神秘一栏"
    again = _send(officer, *rows[:1], headings=headings)
    assert "要您指明" not in text_of(officer.get(_url("import_headings", again)))


def test_two_columns_for_one_field_are_told_in_place(as_: As) -> None:
    officer = as_("officer")
    batch = _send(officer, *ROWS)
    refused = officer.post(_url("import_headings", batch), _answers(batch, 安装地点="model"))
    assert refused.status_code == 422
    assert "“型号规格”也选了型号规格，只能有一列" in text_of(refused)


def test_what_holds_for_all_rows_is_asked_for_and_counted_anew(as_: As) -> None:
    officer = as_("officer")
    batch = _tried(officer, ",压力表,Y-100,SN1,示例厂,锅炉房,2026-03-05")
    page = text_of(officer.get(_url("import_batch", batch)))
    assert "没有可以导入的行" in page
    assert "没有使用单位" in page
    assert "导入这" not in page
    filled = {"revision": batch.revision, "owner": "示例小学", "use": "safety", "filing": "submitted"}
    answer = text_of(officer.post(_url("import_try", batch), filled, follow=True))
    assert "可以导入 1 行" in answer
    assert "安全防护" in answer
    stale = officer.post(_url("import_try", batch), filled)
    assert stale.status_code == 409
    assert "已被他人修改" in text_of(stale)
    batch.refresh_from_db()
    bare = officer.post(_url("import_try", batch), filled | {"revision": batch.revision, "filing": "filed"})
    assert "请写明依据" in text_of(bare)


def test_a_double_click_imports_once(as_: As) -> None:
    officer = as_("officer")
    batch = _tried(officer, *ROWS)
    first = {"revision": batch.revision}
    officer.post(_url("import_confirm", batch), first)
    second = text_of(officer.post(_url("import_confirm", batch), first, follow=True))
    assert "这次导入现为“排队中”，不能办理此项" in second
    run_import(batch.public_id)
    assert Instrument.objects.count() == 1


def test_the_progress_is_polled_stopped_and_resumed(as_: As) -> None:
    officer = as_("officer")
    batch = _tried(officer, *ROWS)
    officer.post(_url("import_confirm", batch), {"revision": batch.revision})
    polled = officer.get(_url("import_status", batch))
    assert "every 2s" in polled.content.decode()
    assert "HX-Refresh" not in polled
    stopped = text_of(officer.post(_url("import_stop", batch), follow=True))
    assert "由计量股甲停止" in stopped
    done = officer.get(_url("import_status", batch))
    assert done["HX-Refresh"] == "true"
    officer.post(_url("import_resume", batch))
    assert run_import(batch.public_id).state == BatchState.DONE


def test_the_same_file_leads_to_what_became_of_it(as_: As) -> None:
    officer = as_("officer")
    batch = _imported(officer, *ROWS)
    again = officer.post(reverse("staff:imports"), {"file": _file(*ROWS, name="又一份.csv")})
    assert again.status_code == 409
    assert "已导入" in text_of(again)
    assert _url("import_batch", batch) in again.content.decode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "ledger.empty"),
        (b"PK\x03\x04 nothing", "ledger.damaged"),
        (b"%PDF-1.7", "ledger.unsupported_type"),
    ],
    ids=["empty", "corrupt", "pdf"],
)
def test_an_unreadable_file_says_why_in_place(as_: As, data: bytes, reason: str) -> None:
    answer = as_("officer").post(reverse("staff:imports"), {"file": SimpleUploadedFile("a.xlsx", data)})
    assert answer.status_code == 409
    assert reason in text_of(answer)
    assert not ImportBatch.objects.exists()


def test_too_large_a_file_is_not_read(as_: As, settings: object) -> None:
    settings.MAX_UPLOAD_BYTES = 50  # type: ignore[attr-defined]
    answer = as_("officer").post(reverse("staff:imports"), {"file": _file(*ROWS)})
    assert answer.status_code == 422
    assert "文件太大" in text_of(answer)


def test_the_counts_lead_to_their_rows_and_the_rejected_come_as_a_workbook(as_: As) -> None:
    officer = as_("officer")
    batch = _imported(officer, *ROWS)
    page = officer.get(_url("import_batch", batch), {"outcome": "rejected"})
    assert [row.row for row, _kind in page.context["rows"]] == [3]
    linked = officer.get(_url("import_batch", batch), {"outcome": "created"}).content.decode()
    assert reverse("staff:instrument", args=[Instrument.objects.get().public_id]) in linked
    sent = b"".join(officer.get(_url("import_rejected", batch)))  # type: ignore[arg-type]
    sheet = openpyxl.load_workbook(io.BytesIO(sent)).active
    assert sheet is not None
    assert sheet.cell(2, 1).value == 3
    assert "2026-02-30" in [cell.value for cell in sheet[2]]


def test_before_the_import_the_rejected_rows_can_be_had_too(as_: As) -> None:
    officer = as_("officer")
    batch = _tried(officer, *ROWS)
    sent = b"".join(officer.get(_url("import_rejected", batch)))  # type: ignore[arg-type]
    sheet = openpyxl.load_workbook(io.BytesIO(sent)).active
    assert sheet is not None
    assert sheet.cell(2, 2).value == "检定日期"


def test_undoing_asks_why_and_says_what_stands_against_it(as_: As) -> None:
    officer = as_("officer")
    batch = _imported(officer, *ROWS)
    form = {"revision": batch.revision, "reason": ""}
    assert officer.post(_url("import_undo", batch), form).status_code == 422
    Instrument.objects.update(revision=9)
    blocked = officer.post(_url("import_undo", batch), form | {"reason": "选错"})
    assert blocked.status_code == 409
    assert "不能撤销：有 1 台器具在导入后又有变动（第一台：电子计价秤 SN1）" in text_of(blocked)
    Instrument.objects.update(revision=1)
    done = officer.post(_url("import_undo", batch), form | {"reason": "选错"}, follow=True)
    assert "已撤销" in text_of(done)
    assert not Instrument.objects.exists()


def test_a_ledger_can_be_dropped_before_it_is_imported(as_: As) -> None:
    officer = as_("officer")
    batch = _send(officer, *ROWS)
    assert "没有导入任何内容" in text_of(officer.post(_url("import_discard", batch), follow=True))
    assert not ImportBatch.objects.exists()


def test_the_example_is_a_workbook(as_: As) -> None:
    sent = b"".join(as_("officer").get(reverse("staff:import_example")))  # type: ignore[arg-type]
    sheet = openpyxl.load_workbook(io.BytesIO(sent)).active
    assert sheet is not None
    assert sheet.max_row == 4


def test_a_page_of_an_import_takes_a_constant_number_of_queries(
    as_: As, django_assert_max_num_queries: object, home: Path
) -> None:
    officer = as_("officer")
    rows = [
        f"示例粮油店,电子计价秤,ACS-30,SN{n},示例衡器厂,百节镇农贸市场 {n}号摊,2026-03-05" for n in range(60)
    ]
    batch = _imported(officer, *rows)
    for url in (reverse("staff:imports"), _url("import_batch", batch)):
        with django_assert_max_num_queries(25):  # type: ignore[operator]
            assert officer.get(url).status_code == 200
