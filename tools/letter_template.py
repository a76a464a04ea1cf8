"""Write the Word template of the 退补告知书 (src/quanheng/followups/documents/compensation_letter.docx)."""

from __future__ import annotations

from pathlib import Path

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

WIDTHS = (55, 119)  # [mm]: together the 174 mm between the margins
TARGET = Path(__file__).parent.parent / "src/quanheng/followups/documents" / "compensation_letter.docx"


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
    _line(document, "{%p if is_preliminary %}", 10.5)
    _line(document, "　　远程估计是初步证据，不是检定结论；金额以现场检定后的结果为准。", 12, bold=True)
    _line(document, "{%p endif %}", 10.5)
    table = document.add_table(rows=3, cols=2, style="Table Grid")
    table.autofit = False
    for column, (field, width) in enumerate(zip(("label", "text"), WIDTHS, strict=True)):
        for row in table.rows:
            row.cells[column].width = Mm(width)
        run = table.rows[1].cells[column].paragraphs[0].add_run(f"{{{{ line.{field} }}}}")
        run.font.size = Pt(10.5)
    table.rows[0].cells[0].text = "{%tr for line in lines %}"
    table.rows[2].cells[0].text = "{%tr endfor %}"
    _line(document, "", 6)
    _line(document, "依据：", 10.5)
    _line(document, "{%p for item in basis %}", 10.5)
    _line(document, "· {{ item }}", 10.5)
    _line(document, "{%p endfor %}", 10.5)
    _line(document, "{%p if has_unconfirmed %}", 10.5)
    _line(document, "“未核对”指该条尚未对照正式文本核对，以正式文本为准。", 10.5)
    _line(document, "{%p endif %}", 10.5)
    _line(document, "如有异议，可向本局申请复核，也可申请仲裁检定。", 10.5)
    _line(document, "{{ issuer }}", 12, WD_ALIGN_PARAGRAPH.RIGHT)
    _line(document, "{{ on }}", 12, WD_ALIGN_PARAGRAPH.RIGHT)
    document.save(TARGET)


def _line(
    document: object, text: str, size: float, align: object = WD_ALIGN_PARAGRAPH.LEFT, *, bold: bool = False
) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = align
    run = paragraph.add_run(text)
    run.font.size, run.bold = Pt(size), bold


if __name__ == "__main__":
    main()
