"""Certificates made up for tests: one plain example of each kind, and a strategy that walks what may be said.

Nobody and nothing in them is real.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from quanheng.kernels.certificate.content import (
    Check,
    Content,
    Customer,
    Institute,
    Instrument,
    Kind,
    People,
    Regulation,
    Row,
    StandardUsed,
    Surrounding,
    Table,
)

HOSTILE = (
    "<dcc:conformity>pass</dcc:conformity>",
    "]]>&amp;\"'",
    "𠮷野家&子公司",
    "\u202e\u200f倒着写\u202c",
    "长" * 300,
    "{{ 1 }} #let x = 1 \\kilogram",
    "e\u0301 与 é",
)
"""Texts that break what is careless with XML, typesetting, directions or lengths."""

WEIGHING = Table(
    title="称量",
    quantity="修正误差",
    unit="g",
    reference_unit="g",
    indication_unit="g",
    rows=(
        Row(
            point="第 1 行",
            reference=Decimal(100),
            indication=Decimal(100),
            error=Decimal("0.0"),
            expanded_uncertainty=Decimal("1.0"),
            coverage_factor=Decimal(2),
            coverage_probability=Decimal("0.95"),
            lower=Decimal("-2.5"),
            upper=Decimal("2.5"),
            passed=True,
        ),
        Row(
            point="第 2 行",
            reference=Decimal(15000),
            indication=Decimal(15005),
            error=Decimal("3.5"),
            expanded_uncertainty=Decimal("3.1"),
            coverage_factor=Decimal(2),
            coverage_probability=Decimal("0.95"),
            lower=Decimal("-7.5"),
            upper=Decimal("7.5"),
            passed=True,
        ),
    ),
)


def example_content(kind: Kind = Kind.VERIFICATION, **changes: Any) -> Content:
    """Return a plain certificate of a market scale, with some fields replaced."""
    given: dict[str, Any] = {
        "number": {"verification": "示-J-2026-000001", "rejection": "示-B-2026-000001"}.get(
            kind, "示-X-2026-000001"
        ),
        "kind": kind,
        "institute": Institute(
            name="示例县计量检定测试所",
            authorisation_number="（川）法计（2024）00001号",
            city="示例县",
            address="计量路 1 号",
            phone="0818-0000000",
        ),
        "customer": Customer(name="示例县中心农贸市场", city="示例县", address="市场路 2 号"),
        "instrument": Instrument(
            name="电子计价秤",
            model="ACS-30",
            serial_no="SN-0001",
            manufacturer="示例衡器厂",
            accuracy_class="III",
            measuring_range="Max 30 kg，e = 10 g",
            label_code="QH2K7M9P",
        ),
        "regulation": Regulation(number="JJG 539", edition="2016", title="数字指示秤", sha256="5a" * 32),
        "standards": (
            StandardUsed(
                name="M1 等级标准砝码",
                serial_no="F-07",
                accuracy="M1 等级",
                examination_number="〔2024〕示量标证字第 001 号",
                certificate_number="示-2026-0007",
                certificate_issuer="示例市计量院",
                certificate_valid_until=date(2027, 1, 4),
                certificate_sha256="07" * 32,
            ),
            StandardUsed(
                name="温湿度计",
                serial_no="T-02",
                certificate_number="示-2026-0008",
                certificate_issuer="示例市计量院",
                certificate_valid_until=date(2026, 12, 31),
            ),
        ),
        "surroundings": (
            Surrounding(name="温度", value=Decimal("22.5"), unit="℃"),
            Surrounding(name="相对湿度", value=Decimal(55), unit="%"),
        ),
        "place": "示例县中心农贸市场",
        "is_on_site": True,
        "begun_on": date(2026, 3, 5),
        "ended_on": date(2026, 3, 5),
        "tables": (WEIGHING,),
        "checks": (Check(text="铅封完好", passed=True),),
        "people": People(verifier="检定员甲", checker="核验员乙", signatory="批准人丙"),
        "issued_on": date(2026, 3, 6),
        "unconfirmed": ("最大允许误差（JJG 539-2016，条款未查到）",),
        "url": f"https://example.org/certificates/{kind}-1",
        "is_demonstration": True,
    } | _of_kind(kind)
    return Content(**(given | changes))


def _of_kind(kind: Kind) -> dict[str, Any]:
    match kind:
        case Kind.VERIFICATION:
            return {
                "conclusion": "合格",
                "valid_until": date(2027, 3, 4),
                "marks": ("封印 A-000123", "检定标记 B-000456"),
            }
        case Kind.REJECTION:
            bad = WEIGHING.rows[1].model_copy(update={"error": Decimal("8.5"), "passed": False})
            return {
                "conclusion": "不合格",
                "reasons": ("称量第 2 行：修正误差 8.5 g，超出限值 ±7.5 g。",),
                "tables": (WEIGHING.model_copy(update={"rows": (WEIGHING.rows[0], bad)}),),
                "checks": (Check(text="铅封完好", passed=False),),
            }
        case Kind.CALIBRATION:
            bare = {"lower": None, "upper": None, "passed": None}
            rows = tuple(row.model_copy(update=bare) for row in WEIGHING.rows)
            return {"tables": (WEIGHING.model_copy(update={"rows": rows}),), "checks": ()}


_PRINTABLE = st.characters(
    exclude_categories=("Cs", "Cc", "Cn", "Zl", "Zp"), exclude_characters="\ufffe\uffff"
)
LINES = st.one_of(st.sampled_from(HOSTILE), st.text(_PRINTABLE, max_size=30)).map(str.strip)
GIVEN_LINES = LINES.filter(bool)
NUMBERS = st.integers(0, 9).flatmap(lambda places: st.decimals(-(10**9), 10**9, places=places))
POSITIVE = st.integers(0, 9).flatmap(
    lambda places: st.decimals(Decimal(1).scaleb(-places), 10**6, places=places)
)
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
UNITS = st.sampled_from(["", "g", "kg", "%", "%LEL", "℃", "Δ℃", "m³/h", "s/d", "斤", "µmol/mol", "未知单位"])
HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)


def _models(model: Any, /, **fields: Any) -> st.SearchStrategy[Any]:
    return st.builds(model, **fields)


_UNCERTAINTIES = st.none() | st.tuples(
    POSITIVE, st.decimals(1, 20, places=2), st.decimals(Decimal("0.01"), Decimal("0.99"), places=2)
)


def _row(known: tuple[Decimal, Decimal, Decimal] | None, **fields: Any) -> Row:
    names = ("expanded_uncertainty", "coverage_factor", "coverage_probability")
    return Row(**(fields | (dict(zip(names, known, strict=True)) if known else {})))


ROWS = _models(
    _row,
    known=_UNCERTAINTIES,
    point=GIVEN_LINES,
    reference=st.none() | NUMBERS,
    indication=st.none() | NUMBERS,
    error=NUMBERS,
    lower=st.none() | NUMBERS,
    upper=st.none() | NUMBERS,
    passed=st.none() | st.booleans(),
)
TABLES = _models(
    Table,
    title=GIVEN_LINES,
    quantity=GIVEN_LINES,
    unit=UNITS,
    reference_unit=UNITS,
    indication_unit=UNITS,
    clause=LINES,
    phase=st.sampled_from(["", "调整前", "调整后"]),
    rows=st.lists(ROWS, min_size=1, max_size=3).map(tuple),
)
STANDARDS = _models(
    StandardUsed,
    name=GIVEN_LINES,
    serial_no=LINES,
    accuracy=LINES,
    examination_number=LINES,
    certificate_number=GIVEN_LINES,
    certificate_issuer=GIVEN_LINES,
    certificate_valid_until=DAYS,
    certificate_sha256=st.none() | HASHES,
)
_PEOPLE = st.lists(GIVEN_LINES, min_size=3, max_size=3, unique=True).map(
    lambda names: People(verifier=names[0], checker=names[1], signatory=names[2])
)


def _tuples(one: st.SearchStrategy[Any], least: int = 0) -> st.SearchStrategy[Any]:
    return st.lists(one, min_size=least, max_size=3).map(tuple)


@st.composite
def contents(draw: st.DrawFn) -> Content:
    """Draw a certificate that the model accepts."""
    kind = draw(st.sampled_from(Kind))
    begun = draw(DAYS)
    ended = begun + timedelta(days=draw(st.integers(0, 30)))
    passed = kind is Kind.VERIFICATION
    return Content(
        number=draw(GIVEN_LINES),
        kind=kind,
        institute=draw(
            _models(
                Institute,
                name=GIVEN_LINES,
                authorisation_number=LINES,
                city=GIVEN_LINES,
                address=LINES,
                phone=LINES,
            )
        ),
        customer=draw(_models(Customer, name=GIVEN_LINES, city=GIVEN_LINES, address=LINES)),
        instrument=draw(
            _models(
                Instrument,
                name=GIVEN_LINES,
                **dict.fromkeys(
                    ("model", "serial_no", "manufacturer", "accuracy_class", "measuring_range", "label_code"),
                    LINES,
                ),
            )
        ),
        regulation=draw(
            _models(Regulation, number=GIVEN_LINES, edition=GIVEN_LINES, title=GIVEN_LINES, sha256=HASHES)
        ),
        standards=draw(_tuples(STANDARDS, least=1)),
        surroundings=draw(_tuples(_models(Surrounding, name=GIVEN_LINES, value=NUMBERS, unit=UNITS))),
        place=draw(GIVEN_LINES),
        is_on_site=draw(st.booleans()),
        begun_on=begun,
        ended_on=ended,
        tables=draw(_tuples(TABLES, least=1)),
        checks=draw(_tuples(_models(Check, text=GIVEN_LINES, passed=st.booleans()))),
        conclusion="" if kind is Kind.CALIBRATION else draw(GIVEN_LINES),
        reasons=draw(_tuples(GIVEN_LINES, least=1)) if kind is Kind.REJECTION else (),
        marks=draw(_tuples(GIVEN_LINES)),
        remarks=draw(_tuples(GIVEN_LINES)),
        unconfirmed=draw(_tuples(GIVEN_LINES)),
        people=draw(_PEOPLE),
        issued_on=ended + timedelta(days=draw(st.integers(0, 30))),
        valid_until=ended + timedelta(days=draw(st.integers(0, 4000))) if passed else None,
        supersedes=draw(LINES),
        url=f"https://example.org/certificates/{draw(st.uuids())}",
        is_demonstration=draw(st.booleans()),
    )
