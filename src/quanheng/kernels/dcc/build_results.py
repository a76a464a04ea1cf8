"""The results of a DCC of ours: method, standards, surroundings, a result for each table, the checks."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from quanheng.kernels.certificate.content import Content, Kind, Row, StandardUsed, Table
from quanheng.kernels.dcc.build_parts import add, add_identification, add_quantity, add_text

_NAMES = {Kind.VERIFICATION: "检定结果", Kind.REJECTION: "检定结果", Kind.CALIBRATION: "校准结果"}


def add_results(root: etree._Element, content: Content, software: etree._Element) -> None:
    """Add ``measurementResults``; ``software`` is the list of programs to be repeated there.

    One measurementResult holds every table: PTB's Schematron wants method, software and surroundings in each.
    """
    results = add(root, "measurementResults")
    one = add(results, "measurementResult", ref_type=f"cnlm_{content.kind}")
    add_text(one, "name", _NAMES[content.kind])
    _add_method(one, content)
    used = add(one, "usedSoftware")
    for program in software:
        used.append(deepcopy(program))  # lxml moves an element that is added twice
    equipment = add(one, "measuringEquipments")
    for standard in content.standards:
        _add_standard(equipment, standard, content)
    _add_surroundings(one, content)
    listed = add(one, "results")
    for table in content.tables:
        _add_table(listed, table)
    if content.checks:
        _add_checks(listed, content)


def _add_method(one: etree._Element, content: Content) -> None:
    method = add(add(one, "usedMethods"), "usedMethod", ref_type="basic_calibrationMethod cnlm_regulation")
    law = content.regulation
    add_text(method, "name", law.title)
    add_text(method, "description", "所用规程数据文件的 SHA-256 见 reference。")
    add(method, "norm", law.document)
    add(method, "reference", f"sha256:{law.sha256}")


def _add_standard(parent: etree._Element, standard: StandardUsed, content: Content) -> None:
    one = add(parent, "measuringEquipment", ref_type="basic_calibrationStandard cnlm_standard")
    add_text(one, "name", standard.name)
    if standard.accuracy:
        kind = add(one, "equipmentClass", ref_type="cnlm_accuracy")
        add(kind, "reference", "准确度等级、最大允许误差或不确定度")
        add(kind, "classID", standard.accuracy)
    until = standard.certificate_valid_until.isoformat()
    add_text(
        one,
        "description",
        f"证书 {standard.certificate_number}，{standard.certificate_issuer}，有效期至 {until}。",
    )
    if standard.certificate_sha256 is not None:
        link = add(one, "certificate", ref_type="cnlm_standardCertificate")
        add_text(link, "referral", standard.certificate_issuer)
        add(link, "referralID", standard.certificate_number)
        add(link, "procedure", "SHA-256")
        add(link, "value", standard.certificate_sha256)
        add(link, "inValidityRange", _boolean(standard.certificate_valid_until >= content.ended_on))
    known = add(one, "identifications")
    add_identification(known, "manufacturer", standard.serial_no, "出厂编号", "basic_serialNumber")
    number = standard.examination_number
    add_identification(known, "other", number, "计量标准证书号", "cnlm_examinationNumber")
    number = standard.certificate_number
    add_identification(known, "other", number, "证书编号", "cnlm_certificateNumber")


def _add_surroundings(parent: etree._Element, content: Content) -> None:
    listed = add(parent, "influenceConditions")
    for one in content.surroundings:
        condition = add(listed, "influenceCondition", ref_type="cnlm_surrounding")
        add_text(condition, "name", one.name)
        add_quantity(add(condition, "data"), one.name, one.value, one.unit, ref_type="cnlm_surrounding")
    place = add(listed, "influenceCondition", ref_type="cnlm_place")
    add_text(place, "name", "地点")
    where = "现场" if content.is_on_site else "实验室"
    add_text(add(place, "data"), "text", f"{content.place}（{where}）")


def _add_table(parent: etree._Element, table: Table) -> None:
    one = add(parent, "result", ref_type="cnlm_table")
    add_text(one, "name", f"{table.title}（{table.phase}）" if table.phase else table.title)
    if table.clause:
        add_text(one, "description", f"依据条款：{table.clause}")
    data = add(one, "data")
    for row in table.rows:
        _add_row(data, table, row)


def _add_row(data: etree._Element, table: Table, row: Row) -> None:
    one = add(data, "list", ref_type="cnlm_row")
    add_text(one, "name", row.point)
    if row.reference is not None:
        add_quantity(one, "参考值", row.reference, table.reference_unit, ref_type="basic_referenceValue")
    if row.indication is not None:
        add_quantity(one, "示值", row.indication, table.indication_unit, ref_type="basic_measuredValue")
    known = None
    if (
        row.expanded_uncertainty is not None
        and row.coverage_factor is not None
        and row.coverage_probability is not None
    ):
        known = row.expanded_uncertainty, row.coverage_factor, row.coverage_probability
    judged = add_quantity(
        one, table.quantity, row.error, table.unit, ref_type="basic_measurementError", uncertainty=known
    )
    if row.passed is not None:
        _add_verdict(judged, passed=row.passed)
    if row.lower is not None:
        add_quantity(one, "下限", row.lower, table.unit, ref_type="cnlm_lowerLimit")
    if row.upper is not None:
        add_quantity(one, "上限", row.upper, table.unit, ref_type="cnlm_upperLimit")


def _add_checks(parent: etree._Element, content: Content) -> None:
    one = add(parent, "result", ref_type="cnlm_checks")
    add_text(one, "name", "外观和功能检查")
    listed = add(add(one, "data"), "list", ref_type="cnlm_checks")
    for check in content.checks:
        quantity = add(listed, "quantity", ref_type="cnlm_check")
        add_text(quantity, "name", check.text)
        add_text(quantity, "noQuantity", "符合" if check.passed else "不符合")
        _add_verdict(quantity, passed=check.passed)


def _add_verdict(quantity: etree._Element, *, passed: bool) -> None:
    data = add(add(quantity, "measurementMetaData"), "metaData", ref_type="basic_conformity")
    add(data, "conformity", "pass" if passed else "fail")


def _boolean(value: bool) -> str:
    return "true" if value else "false"
