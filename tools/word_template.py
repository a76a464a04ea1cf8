"""Write the Word template of the 任务清单 (src/quanheng/taskboard/word/task_list.docx)."""

from __future__ import annotations

from pathlib import Path

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

COLUMNS = (
    ("序号", "number", 10),
    ("任务编号", "label", 18),
    ("任务", "title", 45),
    ("牵头单位", "lead", 32),
    ("责任单位", "responsible", 66),
    ("完成时限", "deadline", 22),
    ("状态", "status", 18),
    ("指标", "indicators", 46),
)
TARGET = Path(__file__).parent.parent / "src/quanheng/taskboard/word/task_list.docx"


def main() -> None:
    document = Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(20)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "FangSong", Pt(11)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "仿宋")
    _line(document, "{{ county }}", 12)
    _line(document, "{{ title }}任务清单", 16, bold=True)
    _line(document, "{{ doc_number }}　{{ on }}　{{ demo }}", 11)
    table = document.add_table(rows=4, cols=len(COLUMNS), style="Table Grid")
    for column, (heading, _, width) in enumerate(COLUMNS):
        table.columns[column].width = Mm(width)
        for row in table.rows:
            row.cells[column].width = Mm(width)
        table.rows[0].cells[column].paragraphs[0].add_run(heading).bold = True
    properties = table.rows[0]._tr.get_or_add_trPr()
    properties.append(properties.makeelement(qn("w:tblHeader"), {}))
    table.rows[1].cells[0].text = "{%tr for row in rows %}"
    for column, (_, field, _) in enumerate(COLUMNS):
        table.rows[2].cells[column].text = f"{{{{ row.{field} }}}}"
    table.rows[3].cells[0].text = "{%tr endfor %}"
    document.add_paragraph()
    document.add_paragraph("数字如何得出：")
    document.add_paragraph("{%p for command in commands %}")
    document.add_paragraph("{{ command }}")
    document.add_paragraph("{%p endfor %}")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    document.save(TARGET)


def _line(document: object, text: str, size: int, *, bold: bool = False) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run(text)
    run.font.size, run.bold = Pt(size), bold


if __name__ == "__main__":
    main()
