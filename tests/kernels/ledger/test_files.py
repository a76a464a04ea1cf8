"""Files: encodings, kinds, and everything hostile."""

from __future__ import annotations

import contextlib
import io
import zipfile

import msoffcrypto
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanheng.kernels.ledger import UnreadableLedger, book, read_ledger, workbook
from tests.kernels.ledger.sheets import SCALE, codes, csv_bytes, scales, shown, xls, xlsx

GOOD = xlsx(scales(SCALE))
RECORD = {
    "row": 2,
    "name": "电子计价秤",
    "model": "ACS-30",
    "serial_no": "0012345",
    "owner": "某某市场",
    "last_date": "2024-03-05",
    "valid_until": "2025-03-04",
}


def refused(data: bytes, filename: str = "台账.xlsx") -> str:
    with pytest.raises(UnreadableLedger) as error:
        read_ledger(data, filename=filename)
    return error.value.code


def repacked(data: bytes, change: dict[str, bytes | None], more: dict[str, bytes] | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change.get(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name, content in (more or {}).items():
            new.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_chinese_text_files_of_every_encoding_and_delimiter_are_read(encoding: str, delimiter: str) -> None:
    data = csv_bytes(scales(SCALE), encoding, delimiter)
    assert shown(read_ledger(data, filename="台账.csv")) == [RECORD]


def test_western_bytes_are_read_as_windows_1252_and_said() -> None:
    rows = [["Instrument", "Serial No", "Range", "Location"], ["Thermometer", "1", "0–50 °C ±0.5", "Café"]]
    ledger = read_ledger(csv_bytes(rows, "cp1252"), filename="a.csv")
    assert shown(ledger) == [
        {"row": 2, "name": "Thermometer", "serial_no": "1", "range": "0–50 °C ±0.5", "place": "Café"}
    ]
    assert codes(ledger) == ["ledger.encoding_guessed"]


def test_broken_utf_8_is_refused_and_not_read_as_other_characters() -> None:
    data = csv_bytes(scales(*[SCALE] * 20))
    assert refused(data.replace("某".encode(), b"\xe6\x9f", 1), "a.csv") == "ledger.encoding"


def test_quoted_cells_blank_lines_and_line_breaks_keep_the_row_numbers() -> None:
    data = '计量器具名称,出厂编号,使用单位\n"压力表","00-1","甲\n乙,丙"\n\n秤,2,丙\n'.encode()
    assert [(r["row"], r["serial_no"], r["owner"]) for r in shown(read_ledger(data, filename="a.csv"))] == [
        (2, "00-1", "甲 乙,丙"),
        (4, "2", "丙"),
    ]


def test_the_kind_is_told_from_the_content_not_from_the_name() -> None:
    assert shown(read_ledger(GOOD, filename="台账.xls")) == [RECORD]
    assert shown(read_ledger(xls(scales(SCALE)), filename="台账.xlsx")) == [RECORD]


@pytest.mark.parametrize(
    ("data", "filename", "code"),
    [
        (b"", "a.xlsx", "ledger.empty"),
        (b" \r\n", "a.csv", "ledger.empty"),
        (b"\xef\xbb\xbf", "a.csv", "ledger.empty"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "a.xls", "ledger.not_a_workbook"),
        (b"\x00\x01\x02\x03 anything", "a.xls", "ledger.not_a_workbook"),
        (b"<html></html>", "a.csv", "ledger.unsupported_type"),
        (b"%PDF-1.7", "a.csv", "ledger.unsupported_type"),
        (b"\x89PNG\r\n", "a.xlsx", "ledger.unsupported_type"),
        (b"abc\x00def,1", "a.csv", "ledger.unsupported_type"),
        (b"PK\x03\x04 cut", "a.xlsx", "ledger.damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 cut", "a.xls", "ledger.damaged"),
        ('计量器具名称,出厂编号,型号\n"压力表,1,2\n'.encode(), "a.csv", "ledger.damaged"),
    ],
)
def test_what_is_no_ledger_is_refused_with_its_reason(data: bytes, filename: str, code: str) -> None:
    assert refused(data, filename) == code


def test_an_empty_workbook_is_refused() -> None:
    assert refused(xlsx([])) == "ledger.empty"


def test_a_workbook_with_a_password_is_refused() -> None:
    locked = io.BytesIO()
    msoffcrypto.OfficeFile(io.BytesIO(GOOD)).encrypt("secret", locked)
    assert refused(locked.getvalue()) == "ledger.encrypted"


def test_documents_of_other_kinds_are_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert refused(buffer.getvalue(), "a.docx") == "ledger.unsupported_type"
    assert (
        refused(repacked(GOOD, {"xl/workbook.xml": None}, {"xl/workbook.bin": b"x"}))
        == "ledger.unsupported_type"
    )


def test_macros_are_ignored_and_said() -> None:
    ledger = read_ledger(repacked(GOOD, {}, {"xl/vbaProject.bin": b"\xd0\xcf"}), filename="a.xlsm")
    assert shown(ledger) == [RECORD]
    assert codes(ledger) == ["ledger.macros_ignored"]


def test_a_zip_bomb_is_not_unpacked() -> None:
    assert refused(repacked(GOOD, {"xl/worksheets/sheet1.xml": b" " * 30_000_000})) == "ledger.zip_bomb"


def test_a_zip_bomb_that_lies_about_its_size_is_not_unpacked() -> None:
    data = bytearray(repacked(GOOD, {"xl/worksheets/sheet1.xml": b" " * 30_000_000}))
    size = (30_000_000).to_bytes(4, "little")
    assert data.count(size) >= 1
    assert refused(bytes(data.replace(size, (100).to_bytes(4, "little")))) == "ledger.zip_bomb"


def test_too_many_members_are_refused() -> None:
    more = {f"xl/x{i}.xml": b"" for i in range(workbook.MAX_MEMBERS)}
    assert refused(repacked(GOOD, {}, more)) == "ledger.zip_bomb"


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "MAX_ROWS", 20)
    many = scales(*[SCALE] * 30)
    assert refused(xlsx(many)) == "ledger.too_many_rows"
    assert refused(csv_bytes(many), "a.csv") == "ledger.too_many_rows"
    assert refused(xls(many), "a.xls") == "ledger.too_many_rows"


def test_a_lonely_cell_far_away_does_not_fill_the_memory() -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert (
        refused(repacked(GOOD, {"xl/worksheets/sheet1.xml": sheet.replace("</sheetData>", far).encode()}))
        == "ledger.too_wide"
    )
    beyond = '<row r="99999999"><c r="A99999999"><v>1</v></c></row></sheetData>'
    assert (
        refused(repacked(GOOD, {"xl/worksheets/sheet1.xml": sheet.replace("</sheetData>", beyond).encode()}))
        == "ledger.too_many_rows"
    )


def test_entities_are_not_expanded() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><workbook>&b;</workbook>'
    assert refused(repacked(GOOD, {"xl/workbook.xml": bomb})) in {"ledger.damaged", "ledger.empty"}


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_a_damaged_workbook_is_refused_or_read_but_never_breaks(position: int, value: int) -> None:
    data = bytearray(GOOD)
    data[position] = value
    with contextlib.suppress(UnreadableLedger):
        ledger = read_ledger(bytes(data), filename="a.xlsx")
        assert [r.get("serial_no", "0012345") for r in shown(ledger)] in (["0012345"], [])


OLD = xls(scales(SCALE))


@settings(max_examples=150, deadline=None)
@given(st.integers(8, len(OLD) - 1), st.integers(0, 255), st.booleans())
def test_a_damaged_old_workbook_never_breaks(position: int, value: int, is_cut: bool) -> None:
    data = bytearray(OLD)
    data[position] = value
    with contextlib.suppress(UnreadableLedger):
        read_ledger(bytes(data[:position] if is_cut else data), filename="a.xls")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_refused_or_read_but_never_break(data: bytes) -> None:
    for filename in ("a.csv", "a.xls"):
        with contextlib.suppress(UnreadableLedger):
            read_ledger(data, filename=filename)


SHEET = "xl/worksheets/sheet1.xml"


def with_sheet(data: bytes, old: str, new: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read(SHEET).decode()
    assert old in sheet
    return repacked(data, {SHEET: sheet.replace(old, new).encode()})


@pytest.mark.parametrize("place", ['r="ZZZZZ99999999999"', "r = 'zzzzz99999999'", 'r="ZZZZZZ2"'])
def test_a_cell_beyond_every_sheet_is_refused_before_memory_is_taken_for_it(place: str) -> None:
    assert refused(with_sheet(GOOD, 'r="A2"', place)) in {"ledger.too_many_rows", "ledger.too_wide"}


@pytest.mark.parametrize(("good", "bad"), [('r="A3"', 'r="A3" s="zz"'), ('<row r="2"', '<row r="x"')])
def test_numbers_of_a_sheet_that_are_none_are_refused(good: str, bad: str) -> None:
    data = xlsx([*scales(SCALE), [("=1", 1)]])
    assert refused(with_sheet(data, good, bad)) == "ledger.damaged"


def test_utf_32_is_not_read_as_utf_16() -> None:
    record = shown(read_ledger(csv_bytes(scales(SCALE), "utf-32"), filename="a.csv"))[0]
    assert record["serial_no"] == "0012345"


def test_delimited_text_that_an_export_calls_xls_is_read() -> None:
    text = "器具名称\t出厂编号\t规格型号\n压力表\t0012\tY-100\n"
    ledger = read_ledger(text.encode("gb18030"), filename="台账.xls")
    assert [record.values["serial_no"] for record in ledger.records] == ["0012"]
