"""A DCC and the verdict on it as lines for a terminal; what a stranger wrote cannot steer it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from quanheng.cli.columns import columns
from quanheng.kernels.dcc import (
    Amount,
    Dcc,
    Equipment,
    Item,
    Quantity,
    Statement,
    Validation,
    at,
    readable_unit,
)
from quanheng.kernels.dcc.model import CertificateLink, Circumstances, Condition, Contact, Identification

_SHOWN, _LONGEST = 20, 1000
_ONE = "\\one"
_CONFORMITY = {
    "pass": "符合",
    "fail": "不符合",
    "conditionalPass": "有条件符合",
    "conditionalFail": "有条件不符合",
    "noPass": "不能判为符合",
    "noFail": "不能判为不符合",
}
_ISSUERS = {
    "manufacturer": "制造厂",
    "calibrationLaboratory": "校准实验室",
    "customer": "客户",
    "owner": "所有者",
    "other": "其他",
}
_PLACES = {
    "laboratory": "实验室",
    "customer": "客户处",
    "laboratoryBranch": "实验室分部",
    "customerBranch": "客户分部",
    "other": "其他地点",
}
_STATUSES = {
    "beforeAdjustment": "调整前",
    "afterAdjustment": "调整后",
    "beforeRepair": "修理前",
    "afterRepair": "修理后",
}
_TRUTHS = {"true": "是", "1": "是", "false": "否", "0": "否"}


def verdict_lines(found: Validation) -> Iterator[str]:
    """Yield the verdict on a file."""
    if not found.is_well_formed:
        yield "没有通过：文件没有读取。"
        yield from (clean(note) for note in found.notes)
        return
    yield f"schemaVersion：{clean(found.schema_version or '（没有写明）')}"
    said = {True: "符合", False: f"不符合，{len(found.xsd)} 处", None: "未做"}[found.is_xsd_valid]
    yield f"XSD：{said}"
    yield from _some([str(message) for message in found.xsd])
    if found.structure is not None:
        yield f"结构检查：{f'{len(found.structure)} 处' if found.structure else '没有发现问题'}"
        yield from _some([str(message) for message in found.structure])
    ruled = f"错误 {len(found.errors)} 处，提醒 {len(found.warnings)} 处" if found.is_ruled else "未做"
    yield f"Schematron：{ruled}"
    yield from _some([f"错误　{message}" for message in found.errors])
    yield from _some([f"提醒　{message}" for message in found.warnings])
    signed = {True: "有效", False: "无效", None: "没有"}[found.is_signature_valid]
    yield f"签名：{signed}" + (f"。{clean(found.signature_reason)}" if found.signatures else "")
    for signature in found.signatures:
        if signature.signer:
            yield f"  签名人：{clean(signature.signer)}；签发：{clean(signature.issuer)}"
    yield from (f"注意：{clean(note)}" for note in found.notes)


def certificate_lines(found: Dcc) -> Iterator[str]:
    """Yield everything a certificate says."""
    yield f"数字校准证书 {clean(found.identifier) or '（没有编号）'}"
    yield from _fields(
        [
            ("DCC 版本", found.schema_version),
            ("语言", "、".join(found.languages)),
            ("接收日期", found.received_on),
            ("校准日期", _span(found.begun_on, found.ended_on)),
            ("签发日期", found.issued_on),
            ("校准地点", _PLACES.get(found.performed_at, found.performed_at)),
            ("其他编号", _identified(found.identifications)),
            ("代替的证书", found.replaces),
            ("上一份证书", _link(found.previous_report)),
            ("实验室", _contact(found.laboratory, found.laboratory_code)),
            ("客户", _contact(found.customer)),
            ("人员", "；".join(_person_lines(found))),
            ("文件的 SHA-256", found.sha256),
        ]
    )
    for number, item in enumerate(found.items, start=1):
        yield f"被校对象 {number}：{_item(item)}"
    yield from _circumstances(found.circumstances)
    for group in found.measurement_results:
        yield ""
        yield f"测量结果：{clean(group.name) or '（没有名称）'}"
        yield from _circumstances(group.circumstances)
        for result in group.results:
            yield f"  结果：{clean(result.name)}" + (
                f"（{clean(result.description)}）" if result.description else ""
            )
            yield from (f"    {clean(text)}" for text in result.texts)
            yield from _table(result.quantities)
            if result.others:
                yield f"    另有公式、文件或其他 XML {result.others} 处，这里不显示。"
    if found.statements:
        yield ""
    yield from (f"声明：{_statement(statement)}" for statement in found.statements)


def clean(text: str) -> str:
    """Return a text without characters that steer a terminal or turn the direction of writing."""
    return "".join("�" if unicodedata.category(each) in {"Cc", "Cf"} else each for each in text)


def _fields(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield from (f"  {name}：{clean(value)}" for name, value in rows if value)


def _some(lines: Sequence[str]) -> Iterator[str]:
    yield from (f"  {clean(line[:_LONGEST])}{'……' * (len(line) > _LONGEST)}" for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield f"  ……共 {len(lines)} 处，全部见 --json。"


def _span(begun: str, ended: str) -> str:
    return begun if begun == ended else f"{begun} 至 {ended}"


def _contact(contact: Contact, code: str = "") -> str:
    parts = (contact.name, f"代码 {code}" if code else "", contact.address, contact.phone, contact.email)
    return "，".join(part for part in parts if part)


def _person_lines(found: Dcc) -> Iterator[str]:
    for person in found.persons:
        notes = "，".join(part for part in (person.role, "主签字人" if person.is_main_signer else "") if part)
        yield f"{person.name}（{notes}）" if notes else person.name


def _identified(found: Sequence[Identification]) -> str:
    return "；".join(f"{each.name or _ISSUERS.get(each.issuer, each.issuer)} {each.value}" for each in found)


def _item(item: Item) -> str:
    parts = (item.name, item.model, item.manufacturer, _identified(item.identifications))
    return clean("，".join(part for part in parts if part))


def _link(link: CertificateLink | None) -> str:
    if link is None:
        return ""
    return f"{link.referral_id}（{link.procedure}：{link.value}）"


def _circumstances(found: Circumstances) -> Iterator[str]:
    for method in found.methods:
        norms = "、".join((*method.norms, *method.references))
        yield f"  方法：{clean(method.name)}" + (f"（{clean(norms)}）" if norms else "")
    yield from (f"  软件：{clean(each.name)} {clean(each.release)}" for each in found.software)
    yield from (f"  设备：{_equipment(each)}" for each in found.equipment)
    yield from (f"  条件：{_condition(each)}" for each in found.conditions)
    yield from (f"  说明：{_statement(each)}" for each in found.statements)


def _equipment(found: Equipment) -> str:
    link = _link(found.certificate)
    return _item(found.item) + (f"，证书 {clean(link)}" if link else "")


def _condition(found: Condition) -> str:
    status = _STATUSES.get(found.status, found.status)
    values = "；".join(_inline(quantity) for quantity in found.quantities)
    return clean(f"{found.name}{f'（{status}）' if status else ''}：{values}")


def _inline(quantity: Quantity) -> str:
    """Return a quantity in a line: 温度 22.5 °C."""
    amount = next(iter(quantity.amounts), None)
    name = "／".join(quantity.path)
    if amount is None:
        return f"{name} {quantity.text}".strip()
    values = "、".join(amount.values)
    units = "、".join(_unit(unit) for unit in amount.units if unit != _ONE)
    spread = f" ± {'、'.join(amount.uncertainty.values)}" if amount.uncertainty else ""
    return f"{name} {values}{spread} {units}".strip()


def _statement(found: Statement) -> str:
    norms = "、".join((*found.norms, *found.references))
    parts = (
        found.name,
        found.declaration,
        "、".join(_CONFORMITY.get(each, each) for each in found.conformity),
        f"有效：{'、'.join(_TRUTHS.get(each, each) for each in found.valid)}" if found.valid else "",
        {True: "可溯源", False: "不可溯源", None: ""}[found.is_traceable],
        f"依据 {norms}" if norms else "",
        f"约定 {found.convention}" if found.convention else "",
        f"日期 {found.date}" if found.date else "",
        f"期限 {found.period}" if found.period else "",
        found.authority,
        "；".join(_inline(quantity) for quantity in found.quantities),
    )
    return clean("；".join(part for part in parts if part))


def _table(quantities: Sequence[Quantity]) -> Iterator[str]:
    rows = [row for quantity in quantities for row in _rows(quantity)]
    if not rows:
        return
    head = ("量", "值", "单位", "不确定度", "k", "结论")
    kept = [at for at in range(len(head)) if at == 0 or any(row[at] for row in rows)]
    shown = [[row[at] for at in kept] for row in (head, *rows)]
    text = {at for at, column in enumerate(kept) if column in {0, 2, 5}}
    yield from (f"    {line}" for line in columns(shown, left=text))
    for quantity in quantities:
        name = _title(quantity)
        if quantity.relative_uncertainties:
            yield f"    {name}　相对不确定度：{clean('、'.join(quantity.relative_uncertainties))}"
        yield from (f"    {name}　条件：{_condition(each)}" for each in quantity.conditions)
        said = [_statement(each) for each in quantity.statements]
        yield from (f"    {name}　说明：{line}" for line in dict.fromkeys(said) if line)


def _rows(quantity: Quantity) -> Iterator[tuple[str, ...]]:
    name = _title(quantity)
    if not quantity.amounts:
        yield (name, clean(quantity.text), "", "", "", "")
    told = 0  # values so far in the first unit: the statements are about these, in this order
    for number, amount in enumerate(quantity.amounts):
        is_again = amount.units != quantity.amounts[0].units
        for index, value in enumerate(amount.values):
            title = (name if number == 0 else "（换一单位）" if is_again else "") if index == 0 else ""
            label = clean(at(amount.labels, index))
            yield (
                f"{title} {label}".strip(),
                clean(value),
                _unit(at(amount.units, index)),
                *_spread(amount, index),
                "" if is_again else _verdict(quantity, told + index),
            )
        told += 0 if is_again else len(amount.values)


def _title(quantity: Quantity) -> str:
    return clean("／".join(quantity.path)) or "（没有名称）"


def _verdict(quantity: Quantity, index: int) -> str:
    """Return what each statement says of the value at ``index``: one word for all values, or one each."""
    said = (at(statement.conformity, index) for statement in quantity.statements)
    return clean("、".join(dict.fromkeys(_CONFORMITY.get(word, word) for word in said if word)))


def _spread(amount: Amount, index: int) -> tuple[str, str]:
    """Return the uncertainty of a value and its coverage factor, as printed."""
    found = amount.uncertainty
    if found is None:
        return "", ""
    value = clean(at(found.values, index))
    symbol = {"expanded": "U", "standard": "u", "interval": "u"}[found.kind]
    parts = [f"{symbol} = {value}" if value else ""]
    if found.kind == "interval":
        ends = clean(at(found.minima, index)), clean(at(found.maxima, index))
        probability = clean(at(found.coverage_probabilities, index))
        parts += [f"[{ends[0]}, {ends[1]}]" if any(ends) else "", f"p = {probability}" if probability else ""]
    return "，".join(filter(None, parts)), clean(at(found.coverage_factors, index))


def _unit(unit: str) -> str:
    return clean(readable_unit(unit))
