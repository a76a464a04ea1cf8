"""The paper of a certificate, read back from the PDF by tools that did not make it."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pdfplumber
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader

from quanheng.certificates.paper import characters
from quanheng.certificates.paper.characters import FIELD_NAMES, named_texts
from quanheng.certificates.paper.errors import HiddenCharacter, UnprintableCharacter
from quanheng.certificates.paper.typesetting import typeset
from quanheng.certificates.paper.wording import attachment_name, limits_text, number_text
from quanheng.instruments.documents.typesetting import machine_characters
from quanheng.kernels.certificate.content import Content, Kind, Row, Table
from tests.instruments.qr import read_qr
from tests.kernels.certificate.contents import WEIGHING, example_content

XML = "<a>\r\n  检定 é\n</a>\n".encode()
HASHES = {FIELD_NAMES["regulation.sha256"], FIELD_NAMES["standards.certificate_sha256"]}


def paper(kind: Kind = Kind.VERIFICATION, **changes: Any) -> Content:
    """An example without the watermark, which would stand between the lines when they are read."""
    return example_content(kind, **({"is_demonstration": False} | changes))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def pages(pdf: bytes) -> list[str]:
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        return [squeezed(page.extract_text()) for page in document.pages]


def cells(pdf: bytes) -> str:
    """What stands in the tables, cell by cell: a cell of several lines is one text."""
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        tables = [table for page in document.pages for table in page.extract_tables()]
    return squeezed("\n".join(cell or "" for table in tables for row in table for cell in row))


def with_instrument(**changes: Any) -> Content:
    content = paper()
    return content.model_copy(update={"instrument": content.instrument.model_copy(update=changes)})


@pytest.mark.parametrize("kind", Kind)
def test_every_text_of_the_content_stands_on_the_paper_and_only_hashes_do_not(kind: Kind) -> None:
    content = paper(kind, supersedes="示-J-2025-000009", remarks=("更换过传感器。",))
    pdf = typeset(content, XML)
    text = "".join(pages(pdf)) + cells(pdf)

    regulation = content.regulation
    assert squeezed(f"{regulation.document}《{regulation.title}》") in text
    for field, value in named_texts(content):
        assert squeezed(value) in text or field in HASHES, field
    for label in (
        "型号/规格",
        "出厂编号",
        "制造单位",
        "批准人",
        "核验员",
        "签发日期",
        "授权证书号",
        "专用章",
    ):
        assert label in text
    assert "22.5℃" in text
    assert "溯源证书编号" in text
    assert "2027-01-04" in text
    assert "以下空白" in text


def test_a_verification_certificate_has_a_conclusion_and_the_last_day_of_validity() -> None:
    first, _, results = pages(typeset(paper(), XML))
    assert "检定证书" in first
    assert "检定结论合格" in first
    assert "有效期至2027年3月4日" in first
    assert "不合格项" not in results


def test_a_rejection_notice_gives_reasons_and_no_validity() -> None:
    first, second, results = pages(typeset(paper(Kind.REJECTION), XML))
    assert "检定结果通知书" in first
    assert "检定结论不合格" in first
    assert "有效期至" not in first
    assert "本通知书没有有效期" in second
    assert "不合格项1.称量第2行：修正误差8.5g，超出限值±7.5g。" in results
    assert "铅封完好不符合要求" in results


def test_a_calibration_certificate_has_neither_conclusion_nor_validity_nor_verdicts() -> None:
    first, second, results = pages(typeset(paper(Kind.CALIBRATION), XML))
    assert "校准证书" in first
    assert "校准员检定员甲" in first
    assert not re.search("检定结论|校准结论|有效期至", first)
    assert "不作是否合格的结论" in second
    assert not re.search("合格|允许范围|检定点", results)


def test_limits_and_verdicts_stand_in_their_row_with_k_and_p_once_below() -> None:
    results = pages(typeset(paper(Kind.REJECTION), XML))[2]
    assert "检定点参考值（g）示值（g）修正误差（g）允许范围（g）U（g）结果" in results
    assert "第1行1001000.0±2.51.0合格" in results
    assert "第2行15000150058.5±7.53.1不合格" in results
    assert "包含因子k=2，包含概率p=0.95。" in results


def test_k_and_p_are_columns_where_rows_differ() -> None:
    rows = (WEIGHING.rows[0], WEIGHING.rows[1].model_copy(update={"coverage_factor": Decimal("2.13")}))
    results = pages(typeset(paper(tables=(WEIGHING.model_copy(update={"rows": rows}),)), XML))[2]
    assert "±7.53.12.130.95合格" in results
    assert "包含因子k=" not in results


def test_tables_before_and_after_adjustment_say_so_with_their_own_units_and_clause() -> None:
    before = Table(
        title="示值误差",
        quantity="误差",
        unit="Δ℃",
        reference_unit="℃",
        clause="6.3",
        phase="调整前",
        rows=(Row(point="甲", reference=Decimal("20.0"), error=Decimal("-0.30"), upper=Decimal("0.5")),),
    )
    results = pages(typeset(paper(tables=(before, before.model_copy(update={"phase": "调整后"}))), XML))[2]
    assert "示值误差（调整前）依据条款6.3检定点参考值（℃）误差（℃）允许范围（℃）甲20.0−0.30≤0.5" in results
    assert "示值误差（调整后）" in results


@pytest.mark.parametrize(
    ("lower", "upper", "text"),
    [
        ("-2.5", "2.5", "±2.5"),
        ("-2.5", "2.50", "±2.50"),
        ("-1.0", "2.0", "−1.0 ～ 2.0"),
        (None, "0", "≤\u20090"),
        ("0.5", None, "≥\u20090.5"),
        (None, None, "—"),
    ],
)
def test_limits_are_written_as_short_as_they_allow(lower: str | None, upper: str | None, text: str) -> None:
    lowest, highest = (None if limit is None else Decimal(limit) for limit in (lower, upper))
    assert limits_text(lowest, highest) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_a_printed_number_reads_back_as_the_same_decimal(value: Decimal) -> None:
    text = number_text(value)
    assert "-" not in text
    assert "e" not in text.lower()
    assert Decimal(text.replace("−", "-")) == value
    assert Decimal(text.replace("−", "-")).as_tuple().exponent == min(value.as_tuple().exponent, 0)


def test_what_is_unconfirmed_is_listed_and_where_all_is_confirmed_nothing_is() -> None:
    assert "未与正式文本核对" in "".join(pages(typeset(paper(), XML)))
    assert "未与正式文本核对" not in "".join(pages(typeset(paper(unconfirmed=()), XML)))


def test_demonstration_is_written_on_every_page_and_on_no_real_paper() -> None:
    for text in pages(typeset(paper(is_demonstration=True), XML)):
        assert "演示数据，不是有效的检定证书" in text
    assert "演示" not in "".join(pages(typeset(paper(), XML)))


def test_every_page_carries_the_number_and_which_page_of_how_many_it_is() -> None:
    texts = pages(typeset(paper(), XML))
    assert len(texts) == 3
    for count, text in enumerate(texts, 1):
        assert text.endswith(f"证书编号：示-J-2026-000001第{count}页共3页")


def test_the_code_leads_to_the_public_page_and_the_cover_says_how_to_check() -> None:
    content = paper()
    with pdfplumber.open(io.BytesIO(typeset(content, XML))) as document:
        page = document.pages[0]
        text = squeezed(page.extract_text())
        below = [
            word
            for word in page.extract_words()
            if word["text"] == content.number
            and word["x0"] > page.width / 2
            and word["top"] > page.height / 2
        ]
        around = (page.width - 68 - 82, below[0]["top"] - 84, page.width - 66, below[0]["top"] - 1)
        picture = page.crop(around).to_image(resolution=300).original
    assert read_qr(picture) == content.url
    assert f"核验：扫描二维码，或登录{content.url}；电子文件用命令quanhengcertificateverify文件。" in text


def test_empty_optional_fields_show_a_dash() -> None:
    first = pages(typeset(with_instrument(model="", serial_no="", manufacturer=""), XML))[0]
    assert "型号/规格—出厂编号—制造单位—" in first


def test_the_same_content_gives_the_same_bytes_and_another_day_others() -> None:
    content = paper()
    assert typeset(content, XML) == typeset(content, XML)
    assert typeset(content, XML) != typeset(paper(issued_on=date(2026, 3, 7)), XML)


def test_threads_get_the_same_bytes_as_one_after_the_other() -> None:
    contents = [paper(kind, number=f"{kind}-{count}") for kind in Kind for count in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda content: typeset(content, XML), contents))
    assert together == [typeset(content, XML) for content in contents]


def test_the_file_is_pdf_a_3b_with_title_institute_and_day_of_issue() -> None:
    reader = PdfFileReader(io.BytesIO(typeset(paper(), XML)))
    info = reader.trailer["/Info"]
    xmp = reader.root["/Metadata"].data.decode()
    assert info["/Title"] == "检定证书 示-J-2026-000001"
    assert info["/Author"] == "示例县计量检定测试所"
    assert info["/CreationDate"] == info["/ModDate"] == "D:20260306000000Z"
    assert "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>" in xmp
    assert '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">检定证书 示-J-2026-000001<' in xmp


def test_the_xml_is_attached_byte_for_byte_as_an_alternative() -> None:
    root = PdfFileReader(io.BytesIO(typeset(paper(), XML))).root
    (attached,) = [item.get_object() for item in root["/AF"]]
    stream = attached["/EF"]["/F"]
    assert attached["/UF"] == "示-J-2026-000001.xml"
    assert attached["/AFRelationship"] == "/Alternative"
    assert stream["/Subtype"] == "/application/xml"
    assert stream.data == XML
    assert len(root["/Names"]["/EmbeddedFiles"]["/Names"]) == 2


def test_the_name_of_the_attachment_is_one_that_file_systems_take() -> None:
    assert attachment_name("川检/2026:1") == "川检_2026_1.xml"


def test_xml_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        typeset(paper(), "<a>é</a>".encode("latin-1"))


@pytest.mark.parametrize(
    "text",
    [
        "#panic(1)",
        "*粗*",
        "$x^2$",
        '"; #1',
        "\\u{41} \\",
        "<label> @ref",
        "#[",
        "= 标题",
        "- 项",
        "// 注",
        "`raw`",
        "~--",
    ],
)
def test_what_would_be_markup_is_printed_as_it_is(text: str) -> None:
    first = pages(typeset(with_instrument(name=text), XML))[0]
    assert f"计量器具名称{squeezed(text)}型号/规格" in first


MARKUP = st.text(st.sampled_from([*"#*$\"\\<>[]{}()@_`=-+/~'&;: 甲乙1aé"]), min_size=1, max_size=60)


@settings(max_examples=25, deadline=None)
@given(MARKUP.map(str.strip).filter(bool))
def test_any_text_comes_back_from_the_paper(text: str) -> None:
    first = pages(typeset(with_instrument(serial_no=text), XML))[0]
    assert f"出厂编号{squeezed(text)}制造单位" in first


def test_names_of_300_letters_stay_within_the_paper() -> None:
    content = with_instrument(name="长" * 300, serial_no="X" * 300)
    pdf = typeset(content, XML)
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        letters = [char for page in document.pages for char in page.chars]
        assert max(char["x1"] for char in letters) < document.pages[0].width - 60
    text = "".join(pages(pdf))
    assert "长" * 300 in text
    assert "X" * 300 in text


def test_200_rows_and_30_standards_go_on_with_their_headings_repeated() -> None:
    rows = tuple(WEIGHING.rows[0].model_copy(update={"point": f"点{count}号"}) for count in range(200))
    standard = paper().standards[0].model_copy(update={"certificate_number": "CAL-2026-000123456-77"})
    content = paper(tables=(WEIGHING.model_copy(update={"rows": rows}),), standards=(standard,) * 30)
    texts = pages(typeset(content, XML))
    with_rows = [text for text in texts if "号100100" in text]
    with_standards = [text for text in texts if "F-07" in text]

    assert len(with_rows) > 3
    assert len(with_standards) > 1
    assert all("称量检定点参考值" in text for text in with_rows)
    assert all("溯源证书编号" in text for text in with_standards)
    assert all(f"点{count}号100100" in "".join(with_rows) for count in range(200))
    assert texts[-1].endswith(f"第{len(texts)}页共{len(texts)}页")


def test_every_text_field_of_a_content_has_a_name() -> None:
    filled = paper(
        supersedes="旧",
        marks=("封印",),
        remarks=("备注",),
        reasons=("项",),
        conclusion="不合格",
        kind=Kind.REJECTION,
        valid_until=None,
    )
    table = WEIGHING.model_copy(update={"clause": "6", "phase": "调整前"})
    names = {name for name, _ in named_texts(filled.model_copy(update={"tables": (table,)}))}
    assert names == set(FIELD_NAMES.values())


def test_a_character_that_no_font_has_is_refused_with_its_field() -> None:
    people = paper().people.model_copy(update={"checker": "王\U0010fffd"})
    with pytest.raises(UnprintableCharacter) as refused:
        typeset(paper(people=people), XML)
    assert refused.value.details == {"field": "核验员", "character": "\U0010fffd", "code": "U+10FFFD"}
    assert refused.value.text.startswith("“核验员”中的")


def test_a_rare_character_is_printed_where_a_font_of_the_machine_has_it() -> None:
    people = paper().people.model_copy(update={"signatory": "王\U00020bb7"})
    if 0x20BB7 in machine_characters():
        assert "批准人王\U00020bb7" in pages(typeset(paper(people=people), XML))[0]
    else:
        with pytest.raises(UnprintableCharacter):
            typeset(paper(people=people), XML)


def test_what_no_font_has_together_is_refused_and_not_left_to_the_typesetter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(characters, "machine_characters", lambda: frozenset({0x10FFFD}))
    with pytest.raises(UnprintableCharacter) as refused:
        typeset(with_instrument(model="型\U0010fffd"), XML)
    assert refused.value.details["field"] == "型号/规格"


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\ufeff", "\u2028", "\x85", "\u00ad"])
def test_a_character_that_hides_or_turns_text_is_refused(hidden: str) -> None:
    with pytest.raises(HiddenCharacter) as refused:
        typeset(with_instrument(serial_no=f"A{hidden}1"), XML)
    assert refused.value.details == {"field": "出厂编号", "code": f"U+{ord(hidden):04X}"}


def test_blanks_of_any_width_are_printed() -> None:
    assert "型号/规格甲乙丙" in pages(typeset(with_instrument(model="甲\u3000乙\u2009丙"), XML))[0]


def test_days_of_work_are_a_span_where_they_differ() -> None:
    assert "检定日期2026年3月4日至2026年3月5日" in pages(typeset(paper(begun_on=date(2026, 3, 4)), XML))[0]


def test_a_place_that_is_the_laboratory_is_not_called_on_site() -> None:
    assert "（现场检定）" in pages(typeset(paper(), XML))[1]
    assert "（现场检定）" not in pages(typeset(paper(is_on_site=False), XML))[1]
