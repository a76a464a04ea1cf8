from __future__ import annotations

import io
import re
import shutil
import struct
from datetime import date
from pathlib import Path

import pdfplumber
import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from quanheng.instruments.documents import labels, typesetting
from quanheng.instruments.documents.coverage import covered_characters
from quanheng.instruments.documents.labels import SHEETS, label_sheet
from quanheng.instruments.documents.typesetting import FONT, typeset
from quanheng.instruments.errors import DocumentError, TooManyLabels
from quanheng.instruments.models import Instrument, Place
from quanheng.parties.models import Party
from tests.instruments.making import make_scale
from tests.instruments.qr import read_qr
from tests.web.test_vendored_assets import manifest_problems

BASE = "https://metrology.example"
DPI = 300
ON = date(2026, 5, 20)


@pytest.fixture
def scales(shop: Party, market: Place) -> list[Instrument]:
    return [
        make_scale(submit=True, owner=shop, place=market, serial_no=f"SN{n:03}", spot=f"{n} 号摊位")
        for n in range(1, 31)
    ]


def pages_of(pdf: bytes) -> list[pdfplumber.page.Page]:
    return pdfplumber.open(io.BytesIO(pdf)).pages


def squeezed(text: str | None) -> str:
    return re.sub(r"\s+", "", text or "")


def cut(picture: Image.Image, sheet: labels.Sheet, position: int) -> Image.Image:
    """The left part of one label, which holds the code and nothing else."""
    column, row = position % sheet.columns, position // sheet.columns
    left = sheet.left + column * (sheet.width + sheet.gap_x)
    top = sheet.top + row * (sheet.height + sheet.gap_y)
    box = (left, top, left + min(sheet.height - 9.5, 27.5) + 5, top + sheet.height)
    return picture.crop(tuple(round(mm / 25.4 * DPI) for mm in box))


def test_a_sheet_shows_of_each_instrument_what_it_is_and_the_code_in_letters(
    scales: list[Instrument],
) -> None:
    pages = pages_of(label_sheet(scales, base_url=BASE))

    assert [(round(page.width), round(page.height)) for page in pages] == [(595, 842)] * 2
    text = squeezed("".join(page.extract_text() for page in pages))
    for scale in scales:
        assert scale.label_code in text
        assert squeezed(f"{scale.model} {scale.serial_no}") in text
        assert squeezed(f"{scale.place}{scale.spot}") in text
    assert text.count("电子计价秤") == text.count("扫码查询检定状态") == len(scales)
    assert text.count("达川区") >= len(scales)


@pytest.mark.parametrize("name", list(SHEETS))
def test_every_printed_code_reads_as_the_address_of_its_instrument(
    scales: list[Instrument], name: str
) -> None:
    sheet = SHEETS[name]
    pages = pages_of(label_sheet(scales, base_url=f"{BASE}/", sheet=sheet))

    read = []
    for number, page in enumerate(pages):
        picture = page.to_image(resolution=DPI).original
        left = len(scales) - number * sheet.per_page
        read += [read_qr(cut(picture, sheet, at)) for at in range(min(left, sheet.per_page))]
    assert read == [f"{BASE}/q/{scale.label_code}" for scale in scales]


@pytest.mark.parametrize("level", "lmqh")
def test_the_reader_of_these_tests_reads_codes_of_every_level_and_size(level: str) -> None:
    for text in ("https://a.example/q/2345", "https://metrology.example/q/" + "Z" * 10):
        drawn = io.BytesIO()
        segno.make_qr(text, error=level, boost_error=False).save(drawn, kind="png", scale=5, border=4)
        assert read_qr(Image.open(drawn)) == text


def test_labels_used_up_on_the_first_sheet_stay_free(scales: list[Instrument]) -> None:
    sheet = SHEETS["70x37"]
    (page,) = pages_of(label_sheet(scales[:2], base_url=BASE, sheet=sheet, skip=5))

    picture = page.to_image(resolution=DPI).original.convert("L")
    assert cut(picture, sheet, 4).getextrema() == (255, 255)
    assert read_qr(cut(picture, sheet, 5)).endswith(scales[0].label_code)


def test_the_same_labels_are_the_same_bytes(scales: list[Instrument]) -> None:
    assert label_sheet(scales[:3], base_url=BASE) == label_sheet(scales[:3], base_url=BASE)


def test_only_demonstration_instruments_are_marked(shop: Party, market: Place) -> None:
    real = make_scale(submit=True, owner=shop, place=market, serial_no="1")
    shown = make_scale(submit=True, owner=shop, place=market, serial_no="2")
    Instrument.objects.filter(pk=shown.pk).update(is_demo=True)
    shown.refresh_from_db()

    assert "演示数据" not in pages_of(label_sheet([real], base_url=BASE))[0].extract_text()
    assert "演示数据" in pages_of(label_sheet([shown], base_url=BASE))[0].extract_text()


def test_more_labels_than_a_file_should_hold_are_refused(
    scales: list[Instrument], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels, "MOST_LABELS", 29)
    with pytest.raises(TooManyLabels) as refused:
        label_sheet(scales, base_url=BASE)
    assert refused.value.details == {"count": 30, "most": 29}


def test_a_character_that_no_font_has_is_named_with_where_it_stands(shop: Party, market: Place) -> None:
    scale = make_scale(submit=True, owner=shop, place=market, spot="老\U0010fffd摊")
    with pytest.raises(DocumentError) as refused:
        label_sheet([scale], base_url=BASE)
    assert refused.value.details["code"] == "U+10FFFD"
    assert "老\U0010fffd摊" in refused.value.details["text"]


def test_a_rare_character_is_printed_with_a_font_of_the_machine_where_one_has_it() -> None:
    rare = "\U0002a6d6"  # a character of extension B that the vendored font leaves out
    assert ord(rare) not in covered_characters(FONT.read_bytes())
    data = {"title": "t", "notices": []}
    if ord(rare) in typesetting.machine_characters():
        assert typeset("notice.typ", data | {"title": rare}, on=ON).startswith(b"%PDF")
    else:
        with pytest.raises(DocumentError):
            typeset("notice.typ", data | {"title": rare}, on=ON)


def test_the_vendored_font_prints_every_character_of_the_national_standard_set() -> None:
    """GB/T 2312, rows 1 to 9 and 16 to 87."""
    wanted = set()
    for row in [*range(0xA1, 0xAA), *range(0xB0, 0xF8)]:
        for cell in range(0xA1, 0xFF):
            try:
                wanted.add(bytes((row, cell)).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    assert len(wanted) > 7000
    assert sorted(wanted - typesetting._printable()) == []


CODES = st.frozensets(st.integers(0x20, 0xFFFE) | st.integers(0x10000, 0x10FFFF), min_size=1, max_size=40)


@given(CODES)
def test_the_characters_of_a_segmented_map_are_read_back(codes: frozenset[int]) -> None:
    groups = [struct.pack(">III", code, code, glyph) for glyph, code in enumerate(sorted(codes), 1)]
    table = struct.pack(">HHIII", 12, 0, 16 + 12 * len(groups), 0, len(groups)) + b"".join(groups)
    assert covered_characters(_font(table)) == codes
    assert covered_characters(_collection(table), 0) == codes


@given(
    CODES.map(lambda codes: frozenset(code for code in codes if code < 0xFFFF)).filter(bool), st.booleans()
)
def test_the_characters_of_a_segment_mapping_are_read_back(codes: frozenset[int], is_indirect: bool) -> None:
    ordered = [*sorted(codes), 0xFFFF]
    count = len(ordered)
    glyphs = [*range(1, count), 0]
    deltas = [(glyph - code) & 0xFFFF for glyph, code in zip(glyphs, ordered, strict=True)]
    # Through the glyph array every segment finds its own word; without it, by its delta.
    ranges = [2 * count] * count if is_indirect else [0] * count
    words = [*ordered, 0, *ordered, *deltas, *ranges, *(glyphs if is_indirect else [])]
    head = struct.pack(">HHHHHHH", 4, 14 + 2 * len(words), 0, 2 * count, 0, 0, 0)
    assert covered_characters(_font(head + struct.pack(f">{len(words)}H", *words))) == codes


def _font(subtable: bytes, base: int = 0) -> bytes:
    """A font file that is nothing but its cmap; offsets of tables count from the start of the file."""
    cmap = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + subtable
    record = struct.pack(">4sIII", b"cmap", 0, base + 28, len(cmap))
    return struct.pack(">IHHHH", 0x00010000, 1, 0, 0, 0) + record + cmap


def _collection(subtable: bytes) -> bytes:
    return struct.pack(">4sHHII", b"ttcf", 1, 0, 1, 16) + _font(subtable, base=16)


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x01\x00\x00", b"%PDF-1.7 not a font at all", b"ttcf" + bytes(60)]
)
def test_what_is_no_font_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="font"):
        covered_characters(data)


def test_the_font_is_the_one_of_its_manifest_and_is_not_sent_to_browsers(tmp_path: Path) -> None:
    assert manifest_problems(FONT.parent) == []
    assert "static" not in FONT.parts
    copied = Path(shutil.copytree(FONT.parent, tmp_path / "fonts"))
    (copied / FONT.name).write_bytes(b"another font")
    assert manifest_problems(copied) == [f"changed {FONT.name}"]
