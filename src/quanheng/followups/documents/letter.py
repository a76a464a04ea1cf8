"""The letter to a household: what was found, what is paid back, how it was computed, on what it rests."""

from __future__ import annotations

import zipfile
from dataclasses import asdict, dataclass
from datetime import date
from io import BytesIO
from pathlib import Path

from docxtpl import DocxTemplate

from quanheng.core.selectors import county
from quanheng.followups.enums import Basis
from quanheng.followups.models import Compensation
from quanheng.instruments.documents.notices import issuer_name
from quanheng.instruments.documents.typesetting import chinese_date

TEMPLATE = Path(__file__).parent / "compensation_letter.docx"
TITLE = "电能表计量误差退补告知书"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # no clock enters the bytes


@dataclass(frozen=True)
class Letter:
    """The letter, as printed; it names the meter and no person."""

    title: str
    addressee: str
    sentence: str
    lines: tuple[tuple[str, str], ...]
    basis: tuple[str, ...]
    has_unconfirmed: bool
    is_preliminary: bool
    is_demo: bool
    issuer: str
    county: str
    on: str

    @classmethod
    def of(cls, made: Compensation, on: date) -> Letter:
        """Return the letter of figures that need not be saved yet."""
        follow_up, home = made.follow_up, county()
        serial = follow_up.instrument.serial_no if follow_up.instrument else follow_up.meter_id
        is_tested = made.basis == Basis.TESTED
        return cls(
            title=TITLE,
            addressee=f"电能表 {serial} 的用户",
            sentence=made.sentence,
            lines=(
                ("期间", f"{made.period_from} 至 {made.period_to}"),
                ("期间电能表的示值电量", f"{made.registered_kwh} kWh"),
                (
                    "误差（检定，k = 2）" if is_tested else "误差（远程估计，k = 2）",
                    f"{made.error_percent:+.2f} % ± {made.expanded_uncertainty_percent:.2f} %",
                ),
                ("算法", made.rules[0]["what"]),
                (
                    "多计电量（负数为少计）",
                    f"{made.energy_kwh:.1f} kWh（{made.low_kwh:.1f} 至 {made.high_kwh:.1f} kWh）",
                ),
                ("电价", f"{made.price.normalize():f} 元/kWh"),
                ("退给用户的金额", f"{made.amount} 元（{made.low_amount} 至 {made.high_amount} 元）"),
            ),
            basis=tuple(
                f"{rule['what']}。来源：{rule['source']}{'' if rule['is_confirmed'] else '（未核对）'}"
                for rule in made.rules
            ),
            has_unconfirmed=not all(rule["is_confirmed"] for rule in made.rules),
            is_preliminary=not is_tested,
            is_demo=made.is_demo,
            issuer=issuer_name(),
            county=home.full_name if home else "",
            on=chinese_date(on),
        )


def letter_word(letter: Letter) -> bytes:
    """Return the letter as .docx: the same bytes for the same letter."""
    template = DocxTemplate(TEMPLATE)
    lines = [{"label": label, "text": text} for label, text in letter.lines]
    template.render(asdict(letter) | {"lines": lines}, autoescape=True)
    stream = BytesIO()
    template.save(stream)
    return _without_clock(stream.getvalue())


def _without_clock(data: bytes) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as made, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as kept:
        for name in sorted(made.namelist()):
            kept.writestr(zipfile.ZipInfo(name, _ZIP_DATE), made.read(name), zipfile.ZIP_DEFLATED)
    return stream.getvalue()
