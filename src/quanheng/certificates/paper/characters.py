"""Which characters of a content can be printed, and under which name a person finds the others."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache

from pydantic import BaseModel

from quanheng.certificates.paper.errors import HiddenCharacter, UnprintableCharacter
from quanheng.instruments.documents.coverage import covered_characters
from quanheng.instruments.documents.typesetting import FONT, machine_characters
from quanheng.kernels.certificate.content import Content

# Every text of a content → what the person who fills it in calls it.
FIELD_NAMES = {
    "number": "证书编号",
    "institute.name": "检定机构名称",
    "institute.authorisation_number": "授权证书号",
    "institute.city": "检定机构所在市县",
    "institute.address": "检定机构地址",
    "institute.phone": "检定机构电话",
    "customer.name": "送检单位",
    "customer.city": "送检单位所在市县",
    "customer.address": "送检单位地址",
    "instrument.name": "计量器具名称",
    "instrument.model": "型号/规格",
    "instrument.serial_no": "出厂编号",
    "instrument.manufacturer": "制造单位",
    "instrument.accuracy_class": "准确度等级",
    "instrument.measuring_range": "测量范围",
    "instrument.label_code": "标签编号",
    "regulation.number": "规程编号",
    "regulation.edition": "规程版本",
    "regulation.title": "规程名称",
    "regulation.sha256": "规程文件散列值",
    "standards.name": "计量标准名称",
    "standards.serial_no": "计量标准编号",
    "standards.accuracy": "计量标准的准确度",
    "standards.examination_number": "计量标准考核证书号",
    "standards.certificate_number": "计量标准的证书编号",
    "standards.certificate_issuer": "计量标准的证书签发机构",
    "standards.certificate_sha256": "计量标准的证书散列值",
    "surroundings.name": "环境条件名称",
    "surroundings.unit": "环境条件单位",
    "place": "地点",
    "tables.title": "数据表名称",
    "tables.quantity": "数据表的量",
    "tables.unit": "数据表的单位",
    "tables.reference_unit": "参考值的单位",
    "tables.indication_unit": "示值的单位",
    "tables.clause": "数据表的依据条款",
    "tables.phase": "数据表的阶段",
    "tables.rows.point": "检定点",
    "checks.text": "检查项目",
    "conclusion": "结论",
    "reasons": "不合格项",
    "marks": "检定标记和封印",
    "remarks": "备注",
    "unconfirmed": "未核对的规定",
    "people.verifier": "检定员",
    "people.checker": "核验员",
    "people.signatory": "批准人",
    "supersedes": "被代替的证书编号",
    "url": "核验网址",
}
# They show nothing, or turn the order of what stands around them: two numbers could look the same.
_HIDDEN = {"Cc", "Cf", "Zl", "Zp"}


def foreign_characters(content: Content) -> dict[str, str]:
    """Return the characters that only fonts of this machine have, each with the name of a field that has it.

    Raises
    ------
    UnprintableCharacter
        No font here has a character.
    HiddenCharacter
        A character that prints nothing, or turns the direction of the text.
    """
    texts = list(named_texts(content))
    foreign = sorted({character for _, text in texts for character in text} - _vendored())
    fields = {character: next(name for name, text in texts if character in text) for character in foreign}
    for character, field in fields.items():
        if unicodedata.category(character) in _HIDDEN:
            raise HiddenCharacter(field=field, code=code_point(character))
        if ord(character) not in machine_characters():
            raise UnprintableCharacter(field=field, character=character, code=code_point(character))
    return fields


def code_point(character: str) -> str:
    """Return how Unicode calls a character: U+20BB7."""
    return f"U+{ord(character):04X}"


def named_texts(content: Content) -> Iterator[tuple[str, str]]:
    """Yield every text of the content, with the name of its field."""
    for path, text in _texts(content, ""):
        yield FIELD_NAMES[path], text


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    if type(value) is str:  # not the values of enums
        yield path, value
    elif isinstance(value, BaseModel):
        for name, part in value:
            yield from _texts(part, f"{path}.{name}" if path else name)
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts(part, path)


@cache
def _vendored() -> frozenset[str]:
    """Return what needs no other font: its glyphs, blanks and variation selectors."""
    seen = {chr(code) for code in covered_characters(FONT.read_bytes())}
    blanks = {chr(code) for code in (*range(0x2000, 0x200B), 0x202F, 0x205F)}
    selectors = {chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))}
    shown = {character for character in seen if unicodedata.category(character) not in _HIDDEN}
    return frozenset(shown | blanks | selectors)
