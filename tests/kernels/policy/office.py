"""Small office files made for the tests."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest

PARAGRAPHS = [
    "某县人民政府关于改善出行的实施方案",
    "某府发〔2025〕7号",
    "各乡镇人民政府，县级各部门：",
    "为改善出行，定此方案。",
    "一、修路架桥，方便出行",
    "（一）修整道路。修好主干道。〔牵头单位：县交通运输局；责任单位：县财政局、县住建局〕",
    "（二）架设桥梁。架好三座桥。〔牵头单位：县水务局；责任单位：县财政局〕",
    "二、便民停车，规范秩序",
    "（三）增设车位。增加车位五百个。〔牵头单位：县城管局；责任单位：县公安局、各乡、镇人民政府〕",
    "某县人民政府",
    "2025年3月1日",
]
HEADINGS = ["序号", "工作任务", "任务事项", "工作内容", "完成时限", "牵头部门", "责任部门"]
TASKS = ["修路架桥，方便出行", "修路架桥，方便出行", "便民停车，规范秩序"]
ROWS = [
    [
        "1",
        TASKS[0],
        "修整道路",
        "对城区主干道路面逐段排查并完成修补整治。",
        "2025年12月",
        "县交运局",
        "县财政局、县住建局",
    ],
    ["2", "", "架设桥梁", "完成三座桥梁的勘察设计、招标和施工建设。", "2026年6月", "县水务局", "县财政局"],
    [
        "3",
        TASKS[2],
        "增设车位",
        "利用闲置地块增加五百个公共停车泊位。",
        "2025年底",
        "县城管局",
        "县公安局，各乡、镇人民政府",
    ],
]


def docx_bytes(build: Callable[[Any], None]) -> bytes:
    document = docx.Document()
    build(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def plan_docx() -> bytes:
    """The plan above with an annex whose first column of tasks is merged over two rows."""

    def build(document: Any) -> None:
        for text in PARAGRAPHS:
            document.add_paragraph(text)
        table = document.add_table(rows=len(ROWS) + 1, cols=len(HEADINGS))
        for index, cells in enumerate([HEADINGS, *ROWS]):
            for column, text in enumerate(cells):
                table.cell(index, column).text = text
        table.cell(1, 1).merge(table.cell(2, 1))

    return docx_bytes(build)


def rezip(
    data: bytes, change: Callable[[str, bytes], bytes | None], extra: dict[str, bytes] | None = None
) -> bytes:
    """Write a container anew with each part changed; None leaves the part out."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for info in source.infolist():
            part = change(info.filename, source.read(info))
            if part is not None:
                target.writestr(info.filename, part)
        for name, part in (extra or {}).items():
            target.writestr(name, part)
    return out.getvalue()


def pdf_from_html(html: str, folder: Path) -> bytes:
    """Print a page to PDF with the browser on this machine."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("Chromium is not installed: PDF files cannot be made here")
    page, target = folder / "page.html", folder / "page.pdf"
    page.write_text(html, encoding="utf-8")
    subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={folder / 'profile'}",
            "--no-pdf-header-footer",
            f"--print-to-pdf={target}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return target.read_bytes()


def plan_html(*, break_pages: bool = False) -> str:
    style = "<style>body{font:16px 'Noto Serif CJK SC'} p{text-indent:2em} td,th{border:1px solid;font-size:12px}</style>"
    filler = "为了让群众出行更加方便，让货物运输更加顺畅，让城乡往来更加密切，" * 4
    paragraphs = [p.replace("修好主干道。", f"修好主干道。{filler}分段推进。") for p in PARAGRAPHS]
    body = "".join(f"<p>{p}</p>" for p in paragraphs)
    head = "".join(f"<th>{h}</th>" for h in HEADINGS)
    rows = ""
    for index, cells in enumerate(ROWS):
        shown = list(cells)
        merged = f"<td>{shown[0]}</td>"
        if index == 0:
            merged += f"<td rowspan=2>{shown[1]}</td>"
        elif index == 2:
            merged += f"<td>{shown[1]}</td>"
        rows += f"<tr>{merged}{''.join(f'<td>{c}</td>' for c in shown[2:])}</tr>"
        if break_pages and index == 1:
            rows += f"</table><div style='break-before:page'></div><table><tr>{head}</tr>"
    return f"<meta charset=utf-8>{style}{body}<p>附件</p><table style='border-collapse:collapse'><tr>{head}</tr>{rows}</table>"
