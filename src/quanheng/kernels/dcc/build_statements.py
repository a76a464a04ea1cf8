"""The statements of a DCC of ours: verdict, validity, what it rests on, and what must not be overlooked."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from quanheng.kernels.certificate.content import Content, Kind
from quanheng.kernels.dcc.build_parts import add, add_text, others_used

KIND_NAMES = {
    Kind.VERIFICATION: "检定证书",
    Kind.REJECTION: "检定结果通知书",
    Kind.CALIBRATION: "校准证书",
}
CONVENTION = "判定值（规程要求修约的，修约之后）在限值之内为合格，等于限值也为合格；不确定度不改变限值。"
_DEMONSTRATION = "演示数据：不是真的证书，没有法律效力。"
_FORM = {
    Kind.VERIFICATION: "本文件是检定证书的机读形式，与纸面证书内容相同。",
    Kind.REJECTION: "本文件是检定结果通知书的机读形式，与纸面通知书内容相同。",
    Kind.CALIBRATION: "本文件是校准证书的机读形式，与纸面证书内容相同；只给出量值和不确定度，不作合格与否的结论。",
}


def add_statements(parent: etree._Element, content: Content) -> None:
    """Add ``statements``."""
    listed = add(parent, "statements")
    if content.is_demonstration:
        _add_declaration(listed, "cnlm_demonstration", "演示数据", _DEMONSTRATION)
    _add_declaration(listed, f"cnlm_form cnlm_{content.kind}", KIND_NAMES[content.kind], _FORM[content.kind])
    if content.kind is not Kind.CALIBRATION:
        _add_verdict(listed, content)
    if content.valid_until is not None:
        until = add(listed, "statement", ref_type="cnlm_validUntil")
        add_text(until, "name", "有效期至")
        add_text(until, "declaration", f"有效期至 {content.valid_until.isoformat()}，含当日。")
        add(until, "date", content.valid_until.isoformat())
    for ref_type, name, text in _declarations(content):
        _add_declaration(listed, ref_type, name, text)
    page = add(listed, "statement", ref_type="cnlm_publicPage")
    add_text(page, "name", "查询网页")
    add(page, "link", content.url)
    for unit in others_used(_units(content)):
        one = add(listed, "statement", ref_type="cnlm_unit")
        add(one, "nonSIDefinition", unit.definition)
        add(one, "nonSIUnit", unit.other)


def _add_declaration(listed: etree._Element, ref_type: str, name: str, text: str) -> None:
    one = add(listed, "statement", ref_type=ref_type)
    add_text(one, "name", name)
    add_text(one, "declaration", text)


def _add_verdict(listed: etree._Element, content: Content) -> None:
    """Add the overall verdict: of the day ``date``, for ``period`` from that day, both days included."""
    one = add(listed, "statement", ref_type="basic_conformity cnlm_verdict")
    add_text(one, "name", "检定结论")
    add(one, "convention", CONVENTION)
    add(one, "norm", content.regulation.document)
    add_text(one, "declaration", content.conclusion)
    add(one, "date", content.ended_on.isoformat())
    if content.valid_until is not None:
        add(one, "period", f"P{(content.valid_until - content.ended_on).days + 1}D")
    add(one, "conformity", "pass" if content.kind is Kind.VERIFICATION else "fail")


def _declarations(content: Content) -> Iterator[tuple[str, str, str]]:
    """Yield refType, name and text of what is said in words."""
    for reason in content.reasons:
        yield "cnlm_reason", "不合格项", reason
    for mark in content.marks:
        yield "cnlm_mark", "封印和标记", mark
    for remark in content.remarks:
        yield "cnlm_remark", "说明", remark
    for thing in content.unconfirmed:
        yield "cnlm_unconfirmed", "未与规程正式文本核对", thing


def _units(content: Content) -> Iterator[str]:
    for one in content.surroundings:
        yield one.unit
    for table in content.tables:
        yield table.unit
        if any(row.reference is not None for row in table.rows):
            yield table.reference_unit
        if any(row.indication is not None for row in table.rows):
            yield table.indication_unit
