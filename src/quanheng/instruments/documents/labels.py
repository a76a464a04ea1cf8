"""Sheets of QR labels: each leads to the public page of its instrument."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import segno
from django.utils.translation import gettext_lazy as _

from quanheng.base import clock
from quanheng.core.selectors import county
from quanheng.instruments.documents.typesetting import typeset
from quanheng.instruments.errors import TooManyLabels
from quanheng.instruments.models import Instrument

# About a quarter of a minute on an old server, half a gigabyte of memory, and more than anyone sticks in a day.
MOST_LABELS = 3000


@dataclass(frozen=True)
class Sheet:
    """Self-adhesive labels on an A4 sheet; all lengths in mm."""

    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    gap_x: float = 0
    gap_y: float = 0

    @property
    def per_page(self) -> int:
        """Labels on one sheet of paper."""
        return self.columns * self.rows


# Sizes as sold; the margins are what remains of A4 when the labels are centred.
SHEETS = {
    "70x37": Sheet(3, 8, 70, 37, 0, 0.5),
    "63.5x38.1": Sheet(3, 7, 63.5, 38.1, 7.25, 15.15, gap_x=2.5),
    "99.1x38.1": Sheet(2, 7, 99.1, 38.1, 4.65, 15.15, gap_x=2.5),
}
SHEET_WORDS = {
    "70x37": _("70 × 37 mm，每页 24 张"),
    "63.5x38.1": _("63.5 × 38.1 mm，每页 21 张"),
    "99.1x38.1": _("99.1 × 38.1 mm，每页 14 张"),
}
DEFAULT_SHEET = "70x37"


def label_sheet(
    instruments: Iterable[Instrument], *, base_url: str, sheet: Sheet = SHEETS[DEFAULT_SHEET], skip: int = 0
) -> bytes:
    """Return the labels as PDF, in the given order; ``skip`` labels of the first page are used up already.

    Owner and place of the instruments should be selected with them.

    Raises
    ------
    TooManyLabels
        More than MOST_LABELS.
    DocumentError
        A name with a character that no font here can print.
    """
    chosen = list(instruments)
    if len(chosen) > MOST_LABELS:
        raise TooManyLabels(count=len(chosen), most=MOST_LABELS)
    home = county()
    free = [None] * (skip % sheet.per_page)
    data = {
        **{name: getattr(sheet, name) for name in Sheet.__dataclass_fields__},
        "county": home.full_name if home else "",
        "title": "计量器具标签",
        "invitation": "扫码查询检定状态",
        "demo_word": "演示数据",
        "labels": [*free, *(_label(instrument, base_url) for instrument in chosen)],
    }
    return typeset("labels.typ", data, on=clock.today(), is_tagged=False)


def label_url(base_url: str, code: str) -> str:
    """Return the address that a label leads to."""
    return f"{base_url.rstrip('/')}/q/{code}"


def qr_svg(content: str) -> str:
    """Return a QR code (ISO/IEC 18004, level M or better) as SVG, one unit a module, without quiet zone.

    The label's own white paper is the quiet zone of four modules.
    """
    stream = BytesIO()
    segno.make_qr(content, error="m").save(stream, kind="svg", border=0, xmldecl=False, omitsize=True)
    return stream.getvalue().decode()


def _label(instrument: Instrument, base_url: str) -> dict[str, Any]:
    place = f"{instrument.place or instrument.owner or ''} {instrument.spot}".strip()
    return {
        "qr": qr_svg(label_url(base_url, instrument.label_code)),
        "name": instrument.name,
        "model": " ".join(filter(None, (instrument.model, instrument.serial_no))),
        "code": instrument.label_code,
        "place": place,
        "demo": instrument.is_demo,
    }
