"""Department names: what kind of name it is, and when two names mean one body."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

# Single units only: 市州, 乡镇 or 县市区 are several of them, so that a name reads in one way.
_UNIT = (
    "自治区|直辖市|计划单列市|设区的市|民族乡|自治州|自治县|设区市|地级以上市|街道|街(?!道)|开发区|园区|新区|兵团|省份|社区|村"
    "|省|市|州|县|区|旗|盟|乡|镇|地"
)
_NOTE = r"(?:[（(〔][^（）()〔〕]{1,20}[）)〕])?"
_TAIL = (
    r"(?:(?:党委|党工委|委)(?:、|和|及)?)?(?:人民政府|行政公署|政府|党委|党工委|办事处|管委会|管理委员会)"
    r"(?:（[^（）]{1,12}）)?"
)
_STOP = r"(?=$|[，,；;。：:、\s]|等|和|及|以及|与|会同|配合|负责|牵头|按|依|分别|共同|参与|落实|具体|为)"
#: 各乡、镇人民政府 or 各县（市、区）: one name although it contains the list separator.
COLLECTIVE = re.compile(
    rf"(?:地方)?各级党委(?:、|和|及)?(?:人民)?政府{_STOP}|(?:地方)?(?:各(?:级|有关|相关)?|有关|相关)(?:{_UNIT}){_NOTE}(?:(?:、|和|及)?(?:{_UNIT}){_NOTE})*(?:{_TAIL})?{_STOP}"
)
_LOCAL = re.compile(
    rf"^(?:各[\u4e00-\u9fff]{{2,10}}所在地?)?(?:地方)?(?:县级以上|市级以上|各级|各|有关|相关|所在|所涉|涉及|属地|试点|省级|市级|县级|地方)*"
    rf"(?:级|(?:{_UNIT}){_NOTE}|、|和|及|地方|区域)*(?:人民政府|行政公署|政府|党委和政府|党委政府|党委、政府|地方|地区|地)?$"
)
_TOWN_LEVEL = re.compile("乡|镇|街道|村|社区|开发区|园区|新区|管委会|办事处")
#: 各县、区人民政府（管委会）: what stands behind the government is no government of its own.
_ASIDE = re.compile("(?<=政府)[（(][^（）()]+[）)]$")
_GENERIC = re.compile(
    r"(?:部门|单位|直属机构)$|^(?:各?有关|各?相关|其他|其它)\S*(?:方面|机构|企业|组织|院校|协会|主体|人员)$"
)
_PLACE = re.compile(r"^[\u4e00-\u9fff]{2,8}?(?:省|自治区|自治州|市|州|盟)(?:人民政府|政府)?$")
_BODY = re.compile(
    r"(?:(?<!干)部|委|局|署|办|厅|院|行|会|社|处|站|所|组|队|室|馆|中心|政府|公司|集团|法院|检察院|公安|党校|学校|学院|大学|人大|党派|林场|农场|民航"
    r"|总工会|工会|妇联|残联|协|文联|社科联|侨联|银联|工商联|团|海关|专班|办事处|联席会议|税务|气象|银行|供电|电力|联通|移动|电信|铁塔|烟草|石油|石化|邮政"
    r"|街道|园区|开发区|高新区|经开区|新区|示范区|保税区|片区|乡|镇|大队|支队|总队|分中心|基地|厂|网|军区|人武部|武警|消防"
    r"|乡镇|村|社区|中央|政协|运营商|战区|指挥部|台|医院|实验室|博物馆|图书馆|协会|联盟|商会|研究院|集团公司|管委会|联社|机关|机构|企业|高校|院校)"
    r"(?:[（(〔\[【][^（）()〔〕\[\]【】]+[）)〕\]】])?$"
)
#: 企业牵头 names no body; 区属国有企业 does.
_COMMON_NOUN = re.compile(
    "政府|中央|第三方.*|(?!各).{0,2}(?:企业|机构|高校|院校|学校|医院|协会|社区|公司|集团|中心|基地)"
)
_NOT_IN_NAME = re.compile(r"[。！？：:；;“”《》%％]|\d{2}|[的了将把对于是]|以下|自行|依法|符合|不再")
_QUOTED = re.compile("“[^“”]{1,14}”(?=.)")
_MIN_NAME, _MAX_NAME, _MIN_CLASS = 2, 40, 3
_NEAR = 0.5
_SPACE = re.compile(r"[\s\u3000\u200b\ufeff]+")


class Kind(Enum):
    """What a listed name denotes."""

    BODY = "body"  # a named body, or a class of bodies with a duty of its own (各街道办事处)
    LOCAL = "local"  # local governments as a class, or a province or city as such
    GENERIC = "generic"  # 有关部门, 各部门: the list is open
    UNCLEAR = "unclear"  # nothing in the name says it is a body


@lru_cache(maxsize=8192)
def kind_of(name: str) -> Kind:  # noqa: PLR0911 - one return for each kind of sign
    """Classify one name as written (without surrounding whitespace)."""
    if len(name) > _MAX_NAME:
        return Kind.UNCLEAR
    name = _QUOTED.sub("", name)
    if _GENERIC.search(name) and not _NOT_IN_NAME.search(name):
        return Kind.GENERIC
    is_town_level = bool(_TOWN_LEVEL.search(_ASIDE.sub("", name)))
    if _LOCAL.fullmatch(name) and not is_town_level and len(name) >= _MIN_CLASS:
        return Kind.LOCAL
    if COLLECTIVE.fullmatch(name):
        return Kind.BODY if is_town_level else Kind.LOCAL
    if _NOT_IN_NAME.search(name) or len(name) < _MIN_NAME:
        return Kind.UNCLEAR
    if _PLACE.fullmatch(name) and len(name) >= _MIN_CLASS:
        return Kind.LOCAL
    return Kind.BODY if _BODY.search(name) and not _COMMON_NOUN.fullmatch(name) else Kind.UNCLEAR


def is_place(name: str) -> bool:
    """Whether the name is that of one province, city or district, such as 甲省人民政府."""
    return bool(_PLACE.fullmatch(name)) and name[0] not in "各省市县有相地所"


def squeeze(text: str) -> str:
    """Remove all whitespace, including full-width and zero-width."""
    return _SPACE.sub("", text)


@cache
def _table() -> dict[str, Any]:
    source = files("quanheng.kernels.policy").joinpath("departments.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(source)
    return loaded


@cache
def _tails() -> tuple[tuple[str, str], ...]:
    """(tail as written, tail in short form), longest first."""
    table = _table()
    pairs: dict[str, str] = {}
    for stem in table["stems"]:
        for ending in table["endings"]:
            target = stem["short"] + ending["short"]
            for written in [stem["short"], *stem["long"]]:
                for tail in [ending["short"], *ending["long"]]:
                    pairs[written + tail] = target
    for ending in table["endings"]:
        pairs.update(dict.fromkeys(ending["long"], ending["short"]))
    for body in table["bodies"]:
        pairs.update(dict.fromkeys([body["short"], *body["long"]], body["short"]))
    return tuple(sorted(pairs.items(), key=lambda pair: -len(pair[0])))


@lru_cache(maxsize=8192)
def generic_form(name: str) -> str:
    """Return the nationwide short form of ``name``; classes of bodies lose separators and 人民."""
    name = squeeze(name).translate(str.maketrans("()", "（）"))
    if COLLECTIVE.fullmatch(name):
        return re.sub(r"[、和及（）〔〕]", "", name).replace("人民政府", "政府")
    for tail, short in _tails():
        if name.endswith(tail):
            name = name[: -len(tail)] + short
            break
    if name.startswith("国家") and name[2:] in _table()["national"]:
        return name[2:]
    return name


@dataclass(frozen=True)
class Names:
    """Decides which names mean one body: a county's own table first, then the nationwide forms."""

    canonical_by_form: Mapping[str, str]
    known: frozenset[str]
    has_table: bool

    @classmethod
    def build(cls, aliases: Mapping[str, str], known: Collection[str]) -> Names:
        by_form = {generic_form(name): name for name in known}
        for canonical in aliases.values():
            by_form.setdefault(generic_form(canonical), canonical)
        by_form.update({generic_form(alias): canonical for alias, canonical in aliases.items()})
        names = frozenset(known) | frozenset(aliases.values())
        return cls(by_form, names, bool(names))

    def canonical(self, name: str) -> str:
        form = generic_form(name)
        return self.canonical_by_form.get(form, form)

    def is_known(self, name: str) -> bool | None:
        """None where there is no table to compare with; classes of bodies are always known."""
        if not self.has_table:
            return None
        return generic_form(name) in self.canonical_by_form or bool(COLLECTIVE.fullmatch(squeeze(name)))

    def nearest(self, name: str, count: int = 3) -> list[str]:
        """Candidates to show beside a question; never used as an answer."""
        form = generic_form(name)
        scored = [(SequenceMatcher(None, form, generic_form(k)).ratio(), k) for k in sorted(self.known)]
        return [k for score, k in sorted(scored, key=lambda s: (-s[0], s[1]))[:count] if score >= _NEAR]
