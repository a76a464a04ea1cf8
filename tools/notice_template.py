"""Write the Word template of the 强制检定通知书 (src/quanheng/instruments/documents/templates/due_notice.docx)."""

from __future__ import annotations

from pathlib import Path

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

COLUMNS = (  # heading, field, width [mm]: together the 174 mm between the margins
    ("序号", "number", 9),
    ("器具名称", "name", 25),
    ("型号规格", "model", 20),
    ("出厂编号", "serial_no", 25),
    ("使用地点", "where", 25),
    ("最迟检定日期", "due_on", 22),
    ("状态", "word", 14),
    ("依据", "basis", 20),
    ("安排送检", "come", 14),
)
TARGET = Path(__file__).parent.parent / "src/quanheng/instruments/documents/templates" / "due_notice.docx"


def main() -> None:
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin = section.bottom_margin = Mm(22)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "FangSong", Pt(12)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "仿宋")
    _line(document, "{% if is_demo %}演示数据{% endif %}", 9, WD_ALIGN_PARAGRAPH.RIGHT)
    _line(document, "{{ title }}", 20, WD_ALIGN_PARAGRAPH.CENTER, bold=True)
    _line(document, "{{ addressee }}：", 14)
    _line(document, "　　{{ sentence }}", 12)
    _table(document)
    _line(document, "依据：", 10.5)
    _line(document, "{%p for item in basis %}", 10.5)
    _line(document, "· {{ item }}", 10.5)
    _line(document, "{%p endfor %}", 10.5)
    _line(document, "{%p if has_unconfirmed %}", 10.5)
    _line(document, "“未核对”指该条尚未对照正式文本核对，以正式文本为准。", 10.5)
    _line(document, "{%p endif %}", 10.5)
    _line(document, "{{ issuer }}", 12, WD_ALIGN_PARAGRAPH.RIGHT)
    _line(document, "{{ on }}", 12, WD_ALIGN_PARAGRAPH.RIGHT)
    _line(document, "重新计算本清单：{{ command }}", 9)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    document.save(TARGET)


def _table(document: object) -> None:
    table = document.add_table(rows=4, cols=len(COLUMNS), style="Table Grid")
    table.autofit = False
    for column, (heading, field, width) in enumerate(COLUMNS):
        table.columns[column].width = Mm(width)
        for row in table.rows:
            row.cells[column].width = Mm(width)
        _cell(table.rows[0].cells[column], heading, bold=True)
        _cell(table.rows[2].cells[column], f"{{{{ line.{field} }}}}")
    properties = table.rows[0]._tr.get_or_add_trPr()
    properties.append(properties.makeelement(qn("w:tblHeader"), {}))
    table.rows[1].cells[0].text = "{%tr for line in lines %}"
    table.rows[3].cells[0].text = "{%tr endfor %}"


def _cell(cell: object, text: str, *, bold: bool = False) -> None:
    run = cell.paragraphs[0].add_run(text)
    run.font.size, run.bold = Pt(9), bold


def _line(
    document: object, text: str, size: float, align: object = WD_ALIGN_PARAGRAPH.LEFT, *, bold: bool = False
) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = align
    run = paragraph.add_run(text)
    run.font.size, run.bold = Pt(size), bold


if __name__ == "__main__":
    main()
