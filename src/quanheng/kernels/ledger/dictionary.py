"""Headings → canonical fields: by the dictionary, then by typos that can mean one entry only."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

_FIELD_NAMES = """seq name model serial_no manufacturer owner place accuracy range max min e d
last_date valid_until interval_months certificate_no institution use remark"""
FIELDS = tuple(_FIELD_NAMES.split())
EXACT, NORMALISED, SAME_SOUND, NEAR_SOUND, SLIP = 1.0, 0.95, 0.9, 0.85, 0.8
WEAK = 0.9
THRESHOLD = 0.8
"""From here on a heading is mapped; below it is asked about."""

_MEASURES = """kg g mg t N kN kPa MPa Pa bar m mm cm km L mL m³ m³/h L/min A V kV mA kW kWh ℃ % Hz kHz h min s
mmHg 级 吨 千克 公斤 克 米 毫米 升"""
_PIECES = "台 件 台件 台/件 套 个 只 支 元"
_PERIODS = {"month": "月 个月 month months mths", "year": "年 year years yrs", "day": "天 日 day days"}
_PERIOD_UNITS = {word: unit for unit, words in _PERIODS.items() for word in words.split()}
_SHOWN = {unicodedata.normalize("NFKC", unit).casefold(): unit for unit in _MEASURES.split()}
_UNITS = frozenset({*_SHOWN, *_PIECES.split(), *_PERIOD_UNITS})
_PERIOD_TAIL = re.compile(r"(.+?)(?:in)?(months?|mths|days?|years?|yrs)")
_FOR_THE_WRITER = """必填 选填 可选 必填项 年月日 年/月/日 年-月-日 盖章 公章 全称 文本 文本格式 日期格式 required optional
yyyy-mm-dd yyyy/mm/dd mm/dd/yyyy yyyymmdd"""
_QUALIFIERS = frozenset(_FOR_THE_WRITER.split())
_BRACKETS = re.compile(r"[(\[【〔<]([^()\[\]【】〔〕<>]*)[)\]】〕>]")
_SLASH_UNIT = re.compile(r"^(.*\S\S)\s*[/,:]\s*([^/,:]+)$")
_NOT_WORDS = re.compile(r"[\W_]+")
_CJK = re.compile(r"[㐀-鿿]+")
_LOOKALIKE = str.maketrans("曰", "日")
_LONGEST = 60
_SHORTEST_TYPO = 3
_SHORTEST_LATIN_TYPO = 5


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading without its ornaments: the words, and the unit of its values as written or ""."""

    words: str
    unit: str
    is_plain: bool


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a heading means.

    ``kind`` is "field", "by_values", "split", "known" (no canonical field), "ask" or "unknown";
    ``target`` the field or the name of the known kind; ``suggestions`` fields to offer where asked.
    """

    kind: str
    target: str = ""
    confidence: float = 0.0
    unit: str = ""
    suggestions: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def parse_heading(text: str) -> Heading:
    """Take blanks, punctuation, stars, remarks for the writer and a unit in brackets off a heading."""
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    unit = ""
    for match in _BRACKETS.finditer(plain):
        inner = re.sub(r"\s", "", match[1])
        if (measure := inner.removeprefix("单位:")) in _UNITS:
            unit = measure
        elif inner.strip("*") not in _QUALIFIERS and not inner.startswith(("如", "例", "格式")):
            continue
        plain = plain.replace(match[0], "", 1)
    if not unit and (tail := _SLASH_UNIT.match(plain)) and tail[2].strip() in _UNITS:
        plain, unit = tail[1], tail[2].strip()
    words = _NOT_WORDS.sub("", plain)
    return Heading(words, unit, is_plain=words == text.strip())


@cache
def entries() -> dict[str, Meaning]:
    """Return the dictionary: words → meaning.  Raises ValueError where a word stands in it twice."""
    source = files("quanheng.kernels.ledger").joinpath("dictionary.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(source)
    weak = set(loaded["weak"])
    found: dict[str, Meaning] = {}

    def add(words: Iterable[str], meaning: Meaning) -> None:
        for word in words:
            if word in found or word != parse_heading(word).words:
                raise ValueError("dictionary.yaml: twice, or not in its plain form", word)
            found[word] = meaning

    for name, words in loaded["fields"].items():
        flat = list(_flat(words))
        add((w for w in flat if w not in weak), Meaning("field", name, EXACT))
        add((w for w in flat if w in weak), Meaning("field", name, WEAK))
    add(
        loaded["by_values"],
        Meaning("by_values", "valid_until", EXACT, "", ("valid_until", "interval_months")),
    )
    add(loaded["split"], Meaning("split", "model", EXACT, "", ("model", "accuracy")))
    for name, words in loaded["known"].items():
        add(_flat(words), Meaning("known", name, EXACT))
    for name, words in loaded["ask"].items():
        add(_flat(words), Meaning("ask", name, 0.0, "", (name,) if name in FIELDS else ("owner",)))
    return found


def _flat(words: Iterable[Any]) -> Iterator[str]:
    for word in words:
        if isinstance(word, list):
            yield from word
        else:
            yield str(word)


@lru_cache(maxsize=4096)
def meaning_of(text: str) -> Meaning:
    """Return what a heading means.  A typo is taken for an entry only where no other is as near."""
    return _known(text) or _asked(parse_heading(text))


@lru_cache(maxsize=4096)
def _known(text: str) -> Meaning | None:
    heading = parse_heading(text)
    if not heading.words:
        return None
    found = entries().get(heading.words)
    if found is not None:
        return _sure(found, EXACT if heading.is_plain else NORMALISED, heading.unit)
    if tail := _PERIOD_TAIL.fullmatch(heading.words):
        found = entries().get(tail[1])
        if found is not None and found.target == "interval_months" and found.kind == "field":
            return _sure(found, NORMALISED, tail[2])
    return _bilingual(heading) or _typo(heading)


@lru_cache(maxsize=4096)
def is_for_the_writer(text: str) -> bool:
    """Whether a cell tells the writer what to enter beneath it: 必填, 文本, （年月日）, (kg)."""
    words = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold().strip("()[]【】*")
    return words in _QUALIFIERS or words in _UNITS


@lru_cache(maxsize=4096)
def is_heading(text: str) -> bool:
    """Whether a cell is a heading word.  A label ("单位名称：") is none: its value stands beside it."""
    if len(text) > _LONGEST or text.rstrip().endswith((":", "：")):
        return False
    return _known(text) is not None


def period_unit(unit: str) -> str:
    """Return "month", "year", "day" or "" for the unit of a heading."""
    return _PERIOD_UNITS.get(unit, "")


def shown_unit(unit: str) -> str:
    """Return a unit as it is appended to a value; "" for units of time and of pieces."""
    return _SHOWN.get(unit, "")


def _sure(found: Meaning, confidence: float, unit: str) -> Meaning:
    if found.kind == "ask":
        return Meaning("ask", found.target, 0.0, unit, found.suggestions)
    return Meaning(found.kind, found.target, min(found.confidence, confidence), unit, found.suggestions)


def _bilingual(heading: Heading) -> Meaning | None:
    """出厂编号 Serial No.: both halves must be in the dictionary and mean the same."""
    chinese = "".join(_CJK.findall(heading.words))
    latin = _CJK.sub("", heading.words)
    if not chinese or not latin:
        return None
    one, other = entries().get(chinese), entries().get(latin)
    if one is None or other is None or (one.kind, one.target) != (other.kind, other.target):
        return None
    return _sure(one, NORMALISED, heading.unit)


def _typo(heading: Heading) -> Meaning | None:
    """Return the one meaning that a misspelt heading can have.

    Any entry of another meaning that one wrong, missing or added character would explain forbids it.
    """
    words = heading.words.translate(_LOOKALIKE)
    if words in entries():
        return _sure(entries()[words], SAME_SOUND, heading.unit)
    for confidence, candidates in _near(words):
        if not candidates:
            continue
        near = candidates | {w for w in entries() if _distance(w, words, 1) <= 1}
        if len({(entries()[w].kind, entries()[w].target) for w in near}) > 1:
            return None
        return _sure(entries()[min(candidates)], confidence, heading.unit)
    return None


def _near(words: str) -> Iterator[tuple[float, set[str]]]:
    """Yield (confidence, entries) of typos: one sounds the same, nearly the same, one slip."""
    known = entries()
    if _CJK.fullmatch(words):
        if len(words) < _SHORTEST_TYPO:
            return
        near = {w for w in _sounds()[_near_sound(words)] if _differing(w, words) <= max(1, len(words) // 3)}
        same = {w for w in near if _sound(w) == _sound(words)}
        if near:
            yield SAME_SOUND if same == near else NEAR_SOUND, near
    elif len(words) < _SHORTEST_LATIN_TYPO:
        return
    yield SLIP, {w for w in _slips(words) if w in known}


def _slips(words: str) -> Iterator[str]:
    for i in range(len(words) - 1):
        first, second = words[i], words[i + 1]
        yield words[:i] + (second if first == second else second + first) + words[i + 2 :]


def _differing(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True)) if len(one) == len(other) else len(one)


@lru_cache(maxsize=4096)
def _sound(words: str) -> tuple[str, ...]:
    from pypinyin import lazy_pinyin  # its dictionary takes longer to load than most commands run

    return tuple(lazy_pinyin(words))


def _near_sound(words: str) -> tuple[str, ...]:
    """Return the pinyin without tones, zh ch sh as z c s, ng as n, l as n."""
    return tuple(re.sub(r"^([zcs])h", r"\1", re.sub("ng$", "n", re.sub("^l", "n", s))) for s in _sound(words))


@cache
def _sounds() -> defaultdict[tuple[str, ...], set[str]]:
    found: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for words in entries():
        if _CJK.fullmatch(words):
            found[_near_sound(words)].add(words)
    return found


def _asked(heading: Heading) -> Meaning:
    """Return the fields of entries one or two characters away, as suggestions only."""
    words = heading.words.translate(_LOOKALIKE)
    furthest = 1 if len(words) < 5 else 2  # noqa: PLR2004  characters
    near = sorted(
        (distance, entry.target)
        for word, entry in entries().items()
        if entry.kind in ("field", "by_values", "split")
        and len(words) > 1
        and (distance := _distance(word, words, furthest)) <= furthest
    )
    return Meaning("unknown", "", 0.0, heading.unit, tuple(dict.fromkeys(target for _, target in near))[:3])


def _distance(one: str, other: str, furthest: int) -> int:
    if abs(len(one) - len(other)) > furthest:
        return furthest + 1
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
        if min(row) > furthest:
            return furthest + 1
    return row[-1]
