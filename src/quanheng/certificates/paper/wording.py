"""A content in the words of the paper: labels, dates, numbers and tables as they are printed.

The order follows Chinese verification certificates as they are customary (cover, standards and conditions,
results).  Hashes stand in the attached XML only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from quanheng.instruments.documents.typesetting import chinese_date
from quanheng.kernels.certificate.content import Content, Kind, Row, StandardUsed, Table

NONE = "—"
THIN_SPACE = "\u2009"
TITLES = {
    Kind.VERIFICATION: "检定证书",
    Kind.REJECTION: "检定结果通知书",
    Kind.CALIBRATION: "校准证书",
}
_STATEMENTS = {
    Kind.VERIFICATION: "有效期至所列之日，含当日。",
    Kind.REJECTION: "本通知书没有有效期。不合格的项目和所依据的条款见“不合格项”。",
    Kind.CALIBRATION: "本证书给出校准值及其扩展不确定度，不作是否合格的结论。",
}


@dataclass(frozen=True)
class _Column:
    """A column of a table of results: its heading and unit, and what a row has in it."""

    heading: str
    unit: str
    cell: Callable[[Row], str]


def number_text(value: Decimal) -> str:
    """Return a number with every digit that it has, and a minus sign that is one."""
    text = f"{value.copy_abs():f}"
    return f"−{text}" if value < 0 else text


def limits_text(lower: Decimal | None, upper: Decimal | None) -> str:
    """Return inclusive limits: ±2.5, −1.0 ～ 2.0, ≤ 2.5 or ≥ 0.5."""
    if lower is None and upper is None:
        return NONE
    if lower is None or upper is None:
        sign, value = ("≤", upper) if lower is None else ("≥", lower)
        return f"{sign}{THIN_SPACE}{number_text(value or Decimal(0))}"
    if lower == upper.copy_negate():
        return f"±{number_text(upper)}"
    return f"{number_text(lower)} ～ {number_text(upper)}"


def words(content: Content) -> dict[str, Any]:
    """Return all that the template prints, as JSON can hold it."""
    work = "校准" if content.kind is Kind.CALIBRATION else "检定"
    paper = "本通知书" if content.kind is Kind.REJECTION else "本证书"
    return {
        "title": TITLES[content.kind],
        "work": work,
        "number": content.number,
        "institute": content.institute.name,
        "is_demo": content.is_demonstration,
        "cover": _cover(content, work),
        "people": [
            ["批准人", content.people.signatory],
            ["核验员", content.people.checker],
            [f"{work}员", content.people.verifier],
        ],
        "days": _days(content, work),
        "contact": _contact(content),
        "url": content.url,
        "instrument": _instrument(content, work),
        "standards": [_standard(standard) for standard in content.standards],
        "conditions": _conditions(content, work),
        "statements": _statements(content, paper),
        "reasons": list(content.reasons),
        "tables": [_table(table, work) for table in content.tables],
        "checks": [[check.text, "符合要求" if check.passed else "不符合要求"] for check in content.checks],
        "remarks": _remarks(content, paper),
        "unconfirmed": list(content.unconfirmed),
    }


def _cover(content: Content, work: str) -> list[list[str]]:
    instrument, regulation = content.instrument, content.regulation
    pairs = [
        ("委托单位" if content.kind is Kind.CALIBRATION else "送检单位", content.customer.name),
        ("计量器具名称", instrument.name),
        ("型号/规格", instrument.model),
        ("出厂编号", instrument.serial_no),
        ("制造单位", instrument.manufacturer),
        (f"{work}依据", f"{regulation.document}《{regulation.title}》"),
    ]
    if content.kind is not Kind.CALIBRATION:
        pairs.append((f"{work}结论", content.conclusion))
    return _shown(pairs)


def _days(content: Content, work: str) -> list[list[str]]:
    pairs = [(f"{work}日期", _period(content.begun_on, content.ended_on))]
    pairs.append(("签发日期", chinese_date(content.issued_on)))
    if content.valid_until is not None:
        pairs.append(("有效期至", chinese_date(content.valid_until)))
    return _shown(pairs)


def _period(first: date, last: date) -> str:
    return chinese_date(last) if first == last else f"{chinese_date(first)}至{chinese_date(last)}"


def _contact(content: Content) -> list[list[str]]:
    institute = content.institute
    return _shown(
        [
            ("授权证书号", institute.authorisation_number),
            ("地址", _address(institute.city, institute.address)),
            ("电话", institute.phone),
        ]
    )


def _address(city: str, address: str) -> str:
    return address if city in address else f"{city} {address}".strip()


def _instrument(content: Content, work: str) -> list[list[str]]:
    instrument = content.instrument
    return _shown(
        [
            ("准确度等级", instrument.accuracy_class),
            ("测量范围", instrument.measuring_range),
            ("标签编号", instrument.label_code),
            (f"{work}标记和封印", "；".join(content.marks)),
        ]
    )


def _standard(standard: StandardUsed) -> list[str]:
    return [
        text or NONE
        for text in (
            standard.name,
            standard.serial_no,
            standard.accuracy,
            standard.examination_number,
            standard.certificate_number,
            standard.certificate_issuer,
            standard.certificate_valid_until.isoformat(),
        )
    ]


def _conditions(content: Content, work: str) -> list[list[str]]:
    customer = content.customer
    pairs = [
        ("委托单位地址" if work == "校准" else "送检单位地址", _address(customer.city, customer.address)),
        (f"{work}地点", f"{content.place}（现场{work}）" if content.is_on_site else content.place),
    ]
    pairs += [
        (item.name, THIN_SPACE.join(filter(None, (number_text(item.value), item.unit))))
        for item in content.surroundings
    ]
    return _shown(pairs)


def _statements(content: Content, paper: str) -> list[str]:
    return [
        f"{paper}应当完整使用；只复制其中一部分，须先得到本机构书面同意。",
        "结果只对所列的这一台计量器具有效，反映工作当日的状态。",
        _STATEMENTS[content.kind],
        f"电子文件内附同一内容的机器可读数据 {attachment_name(content.number)}。",
    ]


def attachment_name(number: str) -> str:
    """Return the file name of the XML: the certificate's number, without what file systems refuse."""
    return "".join("_" if letter in '\\/:*?"<>|' else letter for letter in number) + ".xml"


def _remarks(content: Content, paper: str) -> list[str]:
    replaced = [f"{paper}代替编号为 {content.supersedes} 的证书。"] if content.supersedes else []
    return [*replaced, *content.remarks]


def _table(table: Table, work: str) -> dict[str, Any]:
    note = _uncertainty_note(table.rows)
    candidates = [*_columns(table, work), *([] if note else _FACTORS), _RESULT]
    columns = [column for column in candidates if any(column.cell(row) != NONE for row in table.rows)]
    return {
        "title": f"{table.title}（{table.phase}）" if table.phase else table.title,
        "clause": f"依据条款 {table.clause}" if table.clause else "",
        "headings": [[column.heading, column.unit.removeprefix("Δ")] for column in columns],
        "rows": [[column.cell(row) for column in columns] for row in table.rows],
        "has_result": columns[-1] is _RESULT,
        "note": note,
    }


def _columns(table: Table, work: str) -> Sequence[_Column]:
    return (
        _Column(f"{work}点", "", lambda row: row.point),
        _Column("参考值", table.reference_unit, lambda row: _given(row.reference)),
        _Column("示值", table.indication_unit, lambda row: _given(row.indication)),
        _Column(table.quantity, table.unit, lambda row: _given(row.error)),
        _Column("允许范围", table.unit, lambda row: limits_text(row.lower, row.upper)),
        _Column("U", table.unit, lambda row: _given(row.expanded_uncertainty)),
    )


def _uncertainty_note(rows: Sequence[Row]) -> str:
    """Return k and p once where all rows have the same; empty where they differ or there are none."""
    given = {(row.coverage_factor, row.coverage_probability) for row in rows if row.expanded_uncertainty}
    if len(given) != 1:
        return ""
    ((factor, probability),) = given
    return f"U：扩展不确定度，包含因子 k = {_given(factor)}，包含概率 p = {_given(probability)}。"


def _given(value: Decimal | None) -> str:
    return NONE if value is None else number_text(value)


def _shown(pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    return [[label, text or NONE] for label, text in pairs]


_FACTORS = (
    _Column("k", "", lambda row: _given(row.coverage_factor)),
    _Column("p", "", lambda row: _given(row.coverage_probability)),
)
_RESULT = _Column("结果", "", lambda row: {True: "合格", False: "不合格", None: NONE}[row.passed])
