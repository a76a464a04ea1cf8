"""Word and PDF files, and every kind of file that is refused."""

from __future__ import annotations

import io
import logging
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from docx.oxml import parse_xml

from quanheng.kernels.policy import CompiledPlan, DocumentRefused, compile_plan
from tests.kernels.policy.office import ROWS, TASKS, docx_bytes, pdf_from_html, plan_docx, plan_html, rezip

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def _check_plan(plan: CompiledPlan) -> None:
    assert plan.title == "某县人民政府关于改善出行的实施方案"
    assert plan.doc_number == "某府发〔2025〕7号"
    assert plan.issued_on == "2025-03-01"
    assert [(i.label, i.title, " ".join(i.lead), " ".join(i.responsible)) for i in plan.items] == [
        ("（一）", "修整道路", "县交通运输局", "县财政局 县住建局"),
        ("（二）", "架设桥梁", "县水务局", "县财政局"),
        ("（三）", "增设车位", "县城管局", "县公安局 各乡、镇人民政府"),
    ]
    assert [(r.row, r.task, r.item, r.content, r.label) for r in plan.annex] == [
        (int(row[0]), task, row[2], row[3], label)
        for row, task, label in zip(ROWS, TASKS, ["（一）", "（二）", "（三）"], strict=True)
    ]
    assert plan.findings == ()


def test_word_file_with_merged_cells() -> None:
    plan = compile_plan(plan_docx(), filename="plan.docx")
    _check_plan(plan)
    assert plan.source.media_type.endswith("wordprocessingml.document")


def test_the_content_decides_the_type_not_the_name() -> None:
    _check_plan(compile_plan(plan_docx(), filename="plan.txt"))


def test_word_s_automatic_numbers_are_read() -> None:
    levels = [("chineseCounting", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3.")]
    xml = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for i, (form, text) in enumerate(levels)
    )
    lines = [
        (0, "任务"),
        (1, "管住源头"),
        (2, "排查。查清楚。（县水务局负责）"),
        (2, "取水。管起来。（县水务局牵头）"),
        (1, "提升监测"),
        (2, "建站。建起来。（县气象局负责）"),
    ]

    def build(document: Any) -> None:
        numbering = document.part.numbering_part.element
        numbering.insert(0, parse_xml(f'<w:abstractNum {W} w:abstractNumId="77">{xml}</w:abstractNum>'))
        numbering.append(parse_xml(f'<w:num {W} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
        for level, text in lines:
            properties = document.add_paragraph(text)._p.get_or_add_pPr()
            properties.append(
                parse_xml(f'<w:numPr {W}><w:ilvl w:val="{level}"/><w:numId w:val="77"/></w:numPr>')
            )

    plan = compile_plan(docx_bytes(build), filename="plan.docx")
    assert [(i.label, i.title) for i in plan.items] == [
        ("（一）1", "排查"),
        ("（一）2", "取水"),
        ("（二）1", "建站"),
    ]


def test_deleted_text_of_tracked_changes_is_not_read_and_inserted_text_is() -> None:
    def build(document: Any) -> None:
        document.add_paragraph("一、任务")
        run = "<w:r><w:t>{}</w:t></w:r>"
        document.element.body.insert(
            1,
            parse_xml(
                f"<w:p {W}>{run.format('（一）修路。修好路。（')}<w:del w:id='1' w:author='x'><w:r><w:delText>县林业局</w:delText></w:r></w:del>"
                f"<w:ins w:id='2' w:author='x'>{run.format('县城管局')}</w:ins>{run.format('负责）')}</w:p>"
            ),
        )

    plan = compile_plan(docx_bytes(build), filename="plan.docx")
    assert [i.responsible for i in plan.items] == [("县城管局",)]


@pytest.mark.parametrize("break_pages", [False, True])
def test_pdf_with_text_layer_and_ruled_table(tmp_path: Path, break_pages: bool) -> None:
    plan = compile_plan(pdf_from_html(plan_html(break_pages=break_pages), tmp_path), filename="plan.pdf")
    _check_plan(plan)
    assert "分段推进。" in plan.items[0].text
    assert plan.source.media_type == "application/pdf"


def test_pdf_without_text_layer_is_refused_as_a_scan(tmp_path: Path) -> None:
    html = "<svg width=300 height=300><rect width=200 height=200 /></svg>"
    assert _refusal(pdf_from_html(html, tmp_path), "scan.pdf") == "policy.no_text_layer"


def _refusal(data: bytes, filename: str = "plan") -> str:
    with pytest.raises(DocumentRefused) as caught:
        compile_plan(data, filename=filename)
    assert caught.value.message.endswith("。")
    return caught.value.code


def _pdf(objects: list[bytes], trailer: bytes = b"") -> bytes:
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % o for o in offsets)
    return out + b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1,
        trailer,
        start,
    )


_CATALOG = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"]
_PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R >>"


def test_pdf_with_a_password_is_refused() -> None:
    lock = b"<< /Filter /Standard /V 1 /R 2 /P -44 /O <%s> /U <%s> >>" % (b"ab" * 32, b"cd" * 32)
    data = _pdf(
        [*_CATALOG, _PAGE, b"<< /Length 0 >>\nstream\n\nendstream", lock], b"/Encrypt 5 0 R /ID [<00> <00>]"
    )
    assert _refusal(data, "locked.pdf") == "policy.encrypted"


def test_reading_a_pdf_leaves_the_library_s_log_level_alone() -> None:
    logger = logging.getLogger("pdfminer")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        assert (
            _refusal(_pdf([*_CATALOG, _PAGE, b"<< /Length 0 >>\nstream\n\nendstream"]))
            == "policy.no_text_layer"
        )
        assert logger.level == logging.WARNING
    finally:
        logger.setLevel(before)


def test_pdf_bomb_is_refused_before_it_is_expanded() -> None:
    stream = zlib.compress(zlib.compress(bytes(300 * 1024 * 1024), 9), 9)
    body = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (
        len(stream),
        stream,
    )
    assert _refusal(_pdf([*_CATALOG, _PAGE, body]), "bomb.pdf") == "policy.zip_bomb"


def test_damaged_files_are_refused_as_damaged() -> None:
    assert _refusal(b"%PDF-1.7\n" + b"\x00\x01garbage" * 50, "x.pdf") in (
        "policy.damaged",
        "policy.no_text_layer",
    )
    assert _refusal(plan_docx()[:2000], "x.docx") == "policy.damaged"
    broken = rezip(plan_docx(), lambda name, part: part[:500] if name == "word/document.xml" else part)
    assert _refusal(broken, "x.docx") == "policy.damaged"


def test_macros_are_refused() -> None:
    assert _refusal(rezip(plan_docx(), lambda _, part: part, {"word/vbaProject.bin": b"x"})) == "policy.macro"
    renamed = rezip(
        plan_docx(),
        lambda name, part: (
            part.replace(b"wordprocessingml.document.main", b"document.macroEnabled.main")
            if name == "[Content_Types].xml"
            else part
        ),
    )
    assert _refusal(renamed) == "policy.macro"


def test_password_protected_and_old_office_files_are_refused() -> None:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    assert _refusal(head + "EncryptedPackage".encode("utf-16-le") + bytes(100)) == "policy.encrypted"
    assert _refusal(head + "_VBA_PROJECT".encode("utf-16-le")) == "policy.macro"
    assert _refusal(head + "WordDocument".encode("utf-16-le")) == "policy.unsupported_type"


def test_zip_bomb_is_refused_by_declared_size_and_by_ratio() -> None:
    data = rezip(plan_docx(), lambda _, part: part, {"word/media/a.bin": bytes(40 * 1024 * 1024)})
    assert len(data) < 200_000
    assert _refusal(data) == "policy.zip_bomb"


def test_zip_bomb_that_declares_a_small_size_is_refused() -> None:
    big = b"<w:document>" + b" " * (8 * 1024 * 1024)
    data = bytearray(rezip(plan_docx(), lambda name, part: big if name == "word/document.xml" else part))
    size = struct.pack("<I", len(big))
    assert data.count(size) >= 2
    lying = bytes(data).replace(size, struct.pack("<I", 1000))
    assert _refusal(lying) in ("policy.damaged", "policy.zip_bomb")


def test_too_many_parts_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for index in range(3500):
            archive.writestr(f"word/{index}", b"")
    assert _refusal(out.getvalue()) == "policy.zip_bomb"


def test_xml_entities_are_refused_unread() -> None:
    attack = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/hostname">]><w:document>&a;</w:document>'
    for data in (attack, attack.decode().encode("utf-16")):
        broken = rezip(plan_docx(), lambda name, part, d=data: d if name == "word/document.xml" else part)
        assert _refusal(broken) == "policy.unsafe_xml"


def test_other_containers_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    assert _refusal(out.getvalue()) == "policy.unsupported_type"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "policy.empty"),
        (b" \n\t\r\n ", "policy.empty"),
        (b"\xef\xbb\xbf \n", "policy.empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "policy.unsupported_type"),
        (b"\x00\x01\x02\x03" * 100, "policy.not_text"),
        (b"\x01\x02\x03\x04" * 100, "policy.not_text"),
        (b"\x80\x81\xff\xff" * 100, "policy.encoding"),
        ("県庁の計画".encode("shift_jis") * 50, "policy.encoding"),
        (b"\xff\xfea", "policy.encoding"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, code: str) -> None:
    assert _refusal(data) == code


def test_huge_files_are_refused_unread() -> None:
    assert _refusal("好".encode() * 1_500_000) == "policy.too_large"
    assert _refusal(bytes(1) * (21 * 1024 * 1024) + b"x") == "policy.too_large"


def test_an_empty_word_file_is_refused() -> None:
    assert _refusal(docx_bytes(lambda _: None)) == "policy.empty"


@pytest.mark.parametrize(
    "pattern",
    ["（", "（〔", "（一", "一、", "（\n", "各市、", "（以下", "责任单位：", "①甲（乙局负责）", "分号前"],
)
def test_no_pattern_makes_reading_slow(pattern: str) -> None:
    """Every step is near to linear; a square one would take minutes here."""
    plan = compile_plan((pattern * (60_000 // len(pattern))).encode(), filename="x.txt")
    assert all(not i.lead for i in plan.items)
