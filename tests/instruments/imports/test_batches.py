"""The states of a batch: who clicks twice, or sends it twice, is told."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from msoffcrypto.format.ooxml import OOXMLFile

from quanheng.base.errors import BureauError, StaleRevision
from quanheng.base.files import stored_path
from quanheng.core.models import User
from quanheng.instruments.enums import BatchState, Filing
from quanheng.instruments.errors import BadImport, FileKnown, UnreadableFile, WrongBatchState
from quanheng.instruments.import_sheets import example_ledger, rejected_workbook
from quanheng.instruments.models import HeadingAnswer, ImportBatch, ImportRow, Instrument
from quanheng.instruments.services.importing.batches import (
    answer_headings,
    confirm_import,
    discard_batch,
    receive_ledger,
    resume_import,
    stop_import,
    try_import,
)
from quanheng.instruments.services.importing.rows import Defaults
from quanheng.instruments.services.importing.running import run_import
from quanheng.instruments.services.importing.undo import undo_import
from tests.instruments.imports.conftest import imported, ledger, numbered, row, tried

pytestmark = pytest.mark.django_db


def _workbook(*rows: list[object]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet("台账")
        for number, cells in enumerate(rows):
            sheet.write_row(number, 0, cells)
    return stream.getvalue()


HEADINGS = ["使用单位", "计量器具名称", "出厂编号", "制造单位", "检定日期"]


def _encrypted() -> bytes:
    stream = io.BytesIO()
    OOXMLFile(io.BytesIO(_workbook(HEADINGS))).encrypt("secret", stream)
    return stream.getvalue()


def _bomb() -> bytes:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(_workbook(HEADINGS))) as plain,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in plain.namelist():
            packed.writestr(name, plain.read(name))
        packed.writestr("xl/media/zero.bin", b"\0" * 60_000_000)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"", "ledger.empty"),
        (lambda: _workbook(HEADINGS)[:700], "ledger.damaged"),
        (_encrypted, "ledger.encrypted"),
        (_bomb, "ledger.zip_bomb"),
        (lambda: b"%PDF-1.7 not a ledger", "ledger.unsupported_type"),
        (lambda: b"a\n" * 1_200_000, "ledger.too_many_rows"),
    ],
    ids=["empty", "corrupt", "password", "bomb", "pdf", "two million rows"],
)
def test_a_file_that_cannot_be_read_leaves_nothing_but_the_refusal(
    make: Callable[[], bytes], code: str, home: Path
) -> None:
    with pytest.raises(UnreadableFile) as refused:
        receive_ledger(
            actor=None, data=make(), filename="台账.xlsx" if code != "ledger.too_many_rows" else "a.csv"
        )
    assert refused.value.details["reader_code"] == code
    assert code in refused.value.text
    assert not ImportBatch.objects.exists()
    assert not (home / "files").exists()


def test_a_file_over_the_limit_is_not_even_read(settings: object) -> None:
    settings.MAX_UPLOAD_BYTES = 10  # type: ignore[attr-defined]
    with pytest.raises(UnreadableFile) as refused:
        receive_ledger(actor=None, data=ledger(row()), filename="台账.csv")
    assert refused.value.details["reader_code"] == "ledger.too_large"


def test_the_same_file_twice_is_refused_until_it_is_undone() -> None:
    data = ledger(row())
    batch = imported(data)
    with pytest.raises(FileKnown) as refused:
        receive_ledger(actor=None, data=data, filename="换个名字.csv")
    assert refused.value.details["public_id"] == str(batch.public_id)
    assert "已导入" in refused.value.text
    undo_import(actor=None, public_id=batch.public_id, revision=batch.revision, reason="错了")
    assert imported(data).counts == {"created": 1}


def test_another_sheet_of_the_same_workbook_is_another_ledger() -> None:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        for name in ("一月", "二月"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, HEADINGS)
            sheet.write_row(1, 0, ["示例店", "电子计价秤", f"SN-{name}", "示例厂", "2026-03-05"])
    data = stream.getvalue()
    first = receive_ledger(actor=None, data=data, filename="a.xlsx")
    second = receive_ledger(actor=None, data=data, filename="a.xlsx", sheet="二月")
    assert (first.sheet, second.sheet) == ("一月", "二月")
    with pytest.raises(FileKnown):
        receive_ledger(actor=None, data=data, filename="a.xlsx", sheet="一月")


def test_an_unknown_heading_is_asked_once_and_remembered(people: dict[str, User]) -> None:
    officer = people["officer"]
    strange = row(神秘一栏="X1")
    batch = receive_ledger(actor=officer, data=ledger(strange), filename="a.csv")
    assert [c["heading"] for c in batch.options["columns"] if c["is_asked"]] == ["神秘一栏"]
    with pytest.raises(BadImport, match="神秘一栏"):
        answer_headings(actor=officer, public_id=batch.public_id, revision=1, answers={})
    answer_headings(actor=officer, public_id=batch.public_id, revision=1, answers={"神秘一栏": "remark"})
    answer = HeadingAnswer.objects.get()
    assert (answer.heading, answer.field, answer.answered_by) == ("神秘一栏", "remark", officer)
    later = receive_ledger(actor=None, data=ledger(strange, title="二"), filename="b.csv")
    assert not [c for c in later.options["columns"] if c["is_asked"]]
    assert later.mapping["神秘一栏"] == "remark"


def test_that_a_heading_means_nothing_is_an_answer_too() -> None:
    imported(ledger(row(神秘一栏="X1")))
    assert HeadingAnswer.objects.get().field == ""
    later = receive_ledger(actor=None, data=ledger(row(神秘一栏="X1"), title="二"), filename="b.csv")
    assert not [c for c in later.options["columns"] if c["is_asked"]]
    assert Instrument.objects.get().details == {"神秘一栏": "X1"}


def test_two_columns_for_one_field_are_refused_and_nothing_is_kept() -> None:
    batch = receive_ledger(actor=None, data=ledger(row(神秘一栏="X1")), filename="a.csv")
    answers: dict[str, str | None] = {"神秘一栏": "model", "型号规格": "model"}
    with pytest.raises(UnreadableFile, match="只能有一列"):
        answer_headings(actor=None, public_id=batch.public_id, revision=1, answers=answers)
    batch.refresh_from_db()
    assert (batch.state, batch.revision) == (BatchState.MAPPING, 1)


def test_a_ledger_without_a_column_of_names_is_asked_for_it() -> None:
    batch = receive_ledger(actor=None, data=ledger(row(), title="x"), filename="a.csv")
    with pytest.raises(BadImport, match="器具名称"):
        answer_headings(actor=None, public_id=batch.public_id, revision=1, answers={"计量器具名称": None})


def test_one_click_imports_once_and_the_second_is_told() -> None:
    batch = tried(ledger(row()))
    confirm_import(actor=None, public_id=batch.public_id, revision=batch.revision)
    with pytest.raises(WrongBatchState):
        confirm_import(actor=None, public_id=batch.public_id, revision=batch.revision)


def test_what_was_tried_with_other_defaults_cannot_be_confirmed() -> None:
    batch = tried(ledger(row()))
    try_import(public_id=batch.public_id, revision=batch.revision, defaults=Defaults(use="trade"))
    with pytest.raises(StaleRevision):
        confirm_import(actor=None, public_id=batch.public_id, revision=batch.revision)


def test_nothing_is_confirmed_that_nobody_saw_or_that_imports_nothing() -> None:
    batch = receive_ledger(actor=None, data=ledger(row()), filename="a.csv")
    batch = answer_headings(actor=None, public_id=batch.public_id, revision=1, answers={})
    with pytest.raises(BadImport, match="预览"):
        confirm_import(actor=None, public_id=batch.public_id, revision=batch.revision)
    empty = tried(ledger(row(使用单位=""), title="二"))
    with pytest.raises(BadImport, match="没有可以导入的行"):
        confirm_import(actor=None, public_id=empty.public_id, revision=empty.revision)


@pytest.mark.parametrize(
    "defaults",
    [
        Defaults(filing=Filing.FILED),
        Defaults(filing=Filing.DRAFT),
        Defaults(use="anything"),
        Defaults(setting="moon"),
        Defaults(town=10**9),
        Defaults(owner="长" * 201),
    ],
    ids=["filed without a reason", "draft", "use", "setting", "town", "owner"],
)
def test_defaults_that_make_no_sense_are_refused(defaults: Defaults) -> None:
    batch = tried(ledger(row()))
    with pytest.raises(BadImport):
        try_import(public_id=batch.public_id, revision=batch.revision, defaults=defaults)


def test_a_trial_says_exactly_what_the_import_then_does_and_writes_nothing() -> None:
    imported(ledger(*numbered(4)))
    rows = [
        *numbered(6, 型号规格="ACS-15"),  # four differ, two are new
        row(出厂编号="SN0000005", 型号规格="ACS-15", 证书编号="示检2026-5"),  # again
        row(出厂编号="SN0000005", 型号规格="ACS-15", 检定日期="2025-01-01", 有效期至="", 证书编号="旧"),
        row(出厂编号="SN0000006", 型号规格="ACS-99"),  # contradicts a row of this file
        row(出厂编号=""),
        row(出厂编号=""),
        row(使用单位=""),
        row(出厂编号="SN900", 检定日期="2026-02-30"),
    ]
    data = ledger(*rows, title="二")
    before = (Instrument.objects.count(), ImportRow.objects.count())
    batch = tried(data)
    assert (Instrument.objects.count(), ImportRow.objects.count()) == before
    promised = batch.options["tried"]
    confirm_import(actor=None, public_id=batch.public_id, revision=batch.revision)
    batch = run_import(batch.public_id, chunk=2)
    assert batch.counts == promised["counts"] == {"unchanged": 5, "created": 4, "updated": 1, "rejected": 3}
    done = batch.rows.filter(outcome="rejected").values_list("row", "code", "text")
    assert [(r["row"], r["code"], r["text"]) for r in promised["rejected"]] == list(done)
    assert promised["noted"] == 4


def test_a_batch_of_which_nothing_is_imported_can_be_dropped_and_sent_again() -> None:
    data = ledger(row())
    batch = tried(data)
    discard_batch(public_id=batch.public_id)
    assert not ImportBatch.objects.exists()
    batch = imported(data)
    with pytest.raises(WrongBatchState):
        discard_batch(public_id=batch.public_id)


def test_a_queued_import_is_stopped_before_it_begins_and_resumed() -> None:
    batch = tried(ledger(row()))
    confirm_import(actor=None, public_id=batch.public_id, revision=batch.revision)
    stop_import(actor=None, public_id=batch.public_id)
    assert run_import(batch.public_id).state == BatchState.FAILED
    assert not Instrument.objects.exists()
    resume_import(public_id=batch.public_id)
    assert run_import(batch.public_id).counts == {"created": 1}
    for act in (stop_import, resume_import):
        with pytest.raises(BureauError):
            act(public_id=batch.public_id, **({"actor": None} if act is stop_import else {}))


def test_formula_cells_give_their_value_and_are_never_run() -> None:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADINGS)
        sheet.write_row(1, 0, ["示例店", "电子计价秤"])
        sheet.write_formula(1, 2, '="SN"&"77"', None, "SN77")
        sheet.write_row(1, 3, ["示例厂", "2026-03-05"])
        sheet.write_row(2, 0, ["示例店", "电子计价秤"])
        sheet.write_formula(2, 2, "=1/0", None, "#DIV/0!")
        sheet.write_row(2, 3, ["示例厂", "2026-03-05"])
    batch = imported(stream.getvalue())
    assert [i.serial_no for i in Instrument.objects.all()] == ["SN77"]
    assert batch.counts == {"created": 1, "rejected": 1}


def test_telephone_numbers_as_floats_harm_nothing_and_are_not_kept() -> None:
    data = _workbook(
        [*HEADINGS, "联系电话"], ["示例店", "电子计价秤", "SN1", "示例厂", "2026-03-05", 13800000000.0]
    )
    assert imported(data).counts == {"created": 1}
    assert "138" not in str(Instrument.objects.values())


def test_the_rejected_rows_come_back_as_they_stood_with_the_reasons_and_can_be_mended(home: Path) -> None:
    rows = [row(), row(使用单位="", 测量范围="'=1+1"), row(出厂编号="0012", 检定日期="2026-02-30")]
    batch = imported(ledger(*rows))
    sheet = openpyxl.load_workbook(io.BytesIO(rejected_workbook(batch))).active
    assert sheet is not None
    lines = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert lines[0][:5] == ["原表行号", "有误的列", "未导入的原因", "使用单位", "计量器具名称"]
    assert [line[0] for line in lines[1:]] == [4, 5]
    at = lines[0].index("出厂编号")
    assert lines[2][at] == "0012"
    formula = sheet.cell(2, lines[0].index("测量范围") + 1)
    assert (formula.value, formula.data_type) == ("=1+1", "s")
    for line in lines[1:]:
        line[lines[0].index("使用单位")] = "示例粮油店"
        line[lines[0].index("检定日期")] = "2026-03-05"
        line[lines[0].index("测量范围")] = "0～30kg"
    mended = imported(_workbook(*[[cell or "" for cell in line] for line in lines]))
    assert mended.counts == {"unchanged": 1, "created": 1}


def test_the_example_can_be_imported_as_it_is() -> None:
    batch = receive_ledger(actor=None, data=example_ledger(), filename="示例.xlsx")
    assert not [c for c in batch.options["columns"] if c["is_asked"]]
    discard_batch(public_id=batch.public_id)
    assert imported(example_ledger()).counts == {"created": 3}


def test_a_file_that_was_changed_on_the_disk_is_not_imported() -> None:
    batch = tried(ledger(row()))
    confirm_import(actor=None, public_id=batch.public_id, revision=batch.revision)
    stored_path(batch.file_sha256).write_bytes(ledger(row(使用单位="另一家")))
    with pytest.raises(BureauError) as refused:
        run_import(batch.public_id)
    batch.refresh_from_db()
    assert batch.state == BatchState.FAILED
    assert refused.value.code in batch.failure
    assert not Instrument.objects.exists()
