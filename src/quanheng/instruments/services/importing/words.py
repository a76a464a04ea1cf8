"""What the words of a ledger say: where, what for, in what state; and nothing where they say it of two."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from quanheng.instruments.enums import Setting, Use
from quanheng.parties.enums import PartyKind

# A name that ends with one of these is a place that an inspector visits as one.
_PLACE_WORDS = {
    Setting.MARKET: "农贸市场 集贸市场 批发市场 菜市场 市场",
    Setting.FUEL_STATION: "加油加气站 加油站 加气站",
    Setting.HEALTH: "医院 卫生院 卫生室 卫生所 诊所 卫生服务中心 卫生服务站 医务室 保健院",
    Setting.CHARGING: "充电站",
    Setting.SHOP: "超市 商场 购物中心 便利店 商店 药店 药房",
    Setting.DEPOT: "粮站 粮库 收购点 收购站",
    Setting.TRANSPORT: "客运站 货运站 汽车站",
    Setting.INDUSTRY: "食品厂 加工厂 水泥厂 砖厂 化工厂",
    Setting.OTHER: "学校 小学 中学 幼儿园",
}
_SETTINGS = {word: setting for setting, words in _PLACE_WORDS.items() for word in words.split()}
_ALTERNATIVES = "|".join(sorted(map(re.escape, _SETTINGS), key=len, reverse=True))
_IS_PLACE = re.compile(rf".*?({_ALTERNATIVES})(?:[（(][^（）()]*[）)])?")
_PLACE_THEN_SPOT = re.compile(rf"(.*(?:{_ALTERNATIVES}))[\s,，、\-—]*(.+)")
# 市场旁、市场路: near the place or named after it, not in it.
_NOT_WITHIN = re.compile(
    r"^(?:旁|对面|附近|门口|外|东侧|西侧|南侧|北侧|路|街|巷|管理|监督|监管|开发|服务|有限|公司|部)"
)

_USES = {
    Use.TRADE: ("贸易结算", "贸易", "结算"),
    Use.MEDICAL: ("医疗卫生", "医疗"),
    Use.SAFETY: ("安全防护", "安全"),
    Use.ENVIRONMENT: ("环境监测", "环境", "环保"),
    Use.ENFORCEMENT: ("行政执法", "行政监测", "执法"),
}
_OTHER_USE = {"其他", "其它", "其他用途", "其它用途", "其他使用"}
_DN = re.compile(r"(?<![A-Z0-9])DN\s*(\d{1,4})(?![\d.])", re.IGNORECASE)
_G_SIZE = re.compile(r"(?<![A-Z0-9])G\s*(\d{1,4}(?:\.\d{1,2})?)(?![\d.])", re.IGNORECASE)
_METER_CLASS = re.compile(r"(\d(?:\.\d)?[SsＳ]?)\s*级?")
_GASES = {"天然气": "natural_gas", "液化石油气": "lpg"}


@lru_cache(maxsize=65536)
def setting_of(name: str) -> Setting | None:
    """Return what sort of place bears this name; None where the name is not that of a place.

    >>> setting_of("翠屏路农贸市场"), setting_of("一楼大厅")
    (Setting.MARKET, None)
    """
    found = _IS_PLACE.fullmatch(name)
    return _SETTINGS[found[1]] if found else None


@lru_cache(maxsize=65536)
def place_and_spot(text: str) -> tuple[str, str]:
    """Part the cell of an installation place into the place and the spot within it; either may be "".

    >>> place_and_spot("翠屏路农贸市场肉类区12号")
    ('翠屏路农贸市场', '肉类区12号')
    >>> place_and_spot("一楼大厅"), place_and_spot("农贸市场旁空地")
    (('', '一楼大厅'), ('', '农贸市场旁空地'))
    """
    if setting_of(text) is not None:
        return text, ""
    parts = _PLACE_THEN_SPOT.fullmatch(text)
    if parts is None or _NOT_WITHIN.match(parts[2]) or setting_of(parts[1]) is None:
        return "", text
    return parts[1], parts[2].strip()


@lru_cache(maxsize=4096)
def use_of(text: str) -> Use:
    """Return the use that a cell states; UNKNOWN where it states none, or two.

    >>> use_of("用于贸易结算"), use_of("贸易结算、安全防护"), use_of("其他")
    (Use.TRADE, Use.UNKNOWN, Use.OTHER)
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    if plain in _OTHER_USE:
        return Use.OTHER
    found = [use for use, words in _USES.items() if any(word in plain for word in words)]
    return found[0] if len(found) == 1 else Use.UNKNOWN


class Towns:
    """The towns of the county, as found in the names of places and users."""

    def __init__(self, names: Iterable[tuple[str, int]]) -> None:
        self._units = {name: unit for name, unit in names if name}
        words = "|".join(sorted(map(re.escape, self._units), key=len, reverse=True))
        self._pattern = re.compile(words) if words else None
        self._known: dict[str, int | None] = {}

    def within(self, text: str) -> int | None:
        """Return the id of the one town that the text names; None where it names none, or several."""
        if self._pattern is None or not text:
            return None
        if text not in self._known:
            found = {self._units[name] for name in self._pattern.findall(text)}
            self._known[text] = found.pop() if len(found) == 1 else None
        return self._known[text]


@lru_cache(maxsize=65536)
def party_kind_of(name: str) -> PartyKind:
    """Return what a new user of instruments is, as far as the name says it."""
    if "公司" in name:
        return PartyKind.BUSINESS
    if name.endswith(("人民医院", "卫生院", "学校", "小学", "中学", "人民政府", "管理局", "服务中心")):
        return PartyKind.INSTITUTION
    return PartyKind.OTHER


@lru_cache(maxsize=65536)
def parameters_of(
    known: tuple[str, ...], name: str, texts: str, accuracy: str
) -> dict[str, int | float | str]:
    """Return the parameters that periods depend on, where the ledger writes them out.

    ``known`` are those of the kind, ``texts`` model, range and nominal size.  A size written twice
    differently says nothing; a model that only by habit stands for a size (LXS-15E) neither.
    """
    found: dict[str, int | float | str] = {}
    plain = unicodedata.normalize("NFKC", texts)
    if "dn_mm" in known and len(sizes := set(_DN.findall(plain))) == 1:
        found["dn_mm"] = int(sizes.pop())
    if "g_size" in known and len(sizes := set(_G_SIZE.findall(plain))) == 1:
        size = float(sizes.pop())
        found["g_size"] = int(size) if size.is_integer() else size
    if "gas" in known and len(gases := {gas for word, gas in _GASES.items() if word in name}) == 1:
        found["gas"] = gases.pop()
    if "accuracy_class" in known and (
        match := _METER_CLASS.fullmatch(unicodedata.normalize("NFKC", accuracy))
    ):
        found["accuracy_class"] = match[1].upper()
    return found
