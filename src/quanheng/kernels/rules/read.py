"""Rule files and the file of kinds: strict, with the place of what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from quanheng.kernels.dates import ValidityConvention
from quanheng.kernels.rules.kinds import KindIndex
from quanheng.kernels.rules.model import (
    Condition,
    Confidence,
    Control,
    InstrumentKind,
    Mode,
    RuleVersion,
    Term,
    Transition,
    Use,
)

_MAX_BYTES = 2**20
_COMPARISON = re.compile(r"(<=|>=|<|>)\s*(\d+(?:\.\d+)?)")
_REASONS = {
    "missing": "缺少这一项。",
    "extra_forbidden": "没有这一项，请核对拼写。",
    "enum": "不在可选值之内。",
    "greater_than": "应大于 0。",
    "string_type": "应为文字；数字请加引号。",
    "int_type": "应为整数。",
    "int_parsing": "应为整数。",
    "date_from_datetime_parsing": "应为日期，如 2027-01-08。",
    "date_type": "应为日期，如 2027-01-08。",
    "list_type": "应为列表。",
    "frozen_set_type": "应为列表。",
    "dict_type": "应为“名称: 值”的形式。",
    "model_type": "应为“名称: 值”的形式。",
}

Text = Annotated[str, Field(min_length=1, max_length=500)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]


class BadRules(ValueError):
    """A file that cannot be read as rules: ``where`` names the place, ``reason`` what is wrong, in Chinese."""

    def __init__(self, where: str, reason: str) -> None:
        self.where, self.reason = where, reason
        super().__init__(f"{where}：{reason}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


Model = TypeVar("Model", bound=_Strict)


class _Term(_Strict):
    when: dict[Code, str | list[str]] = {}
    mode: Mode
    months: int | None = Field(gt=0)


class _Rule(_Strict):
    key: Code
    number: int = Field(gt=0)
    kind: Code | None = None
    control: Control
    uses: frozenset[Use] = frozenset()
    terms: list[_Term] = []
    validity: ValidityConvention = ValidityConvention.DAY_BEFORE
    transition: Transition = Transition.NEXT_VERIFICATION
    catalogue: str = Field(default="", max_length=100)
    regulation: str = Field(default="", max_length=100)
    edition: str = Field(default="", max_length=50)
    in_force_from: date | None
    in_force_to: date | None = None
    source: str = Field(default="", max_length=1000)
    clause: Text | None
    confidence: Confidence
    lacks: frozenset[str] = frozenset()
    note: str = Field(default="", max_length=2000)


class _Kind(_Strict):
    code: Code
    name: Text
    item: Text | None = None
    aliases: list[Text] = []
    parameters: list[Code] = []


def read_kinds(data: Any) -> KindIndex:
    """Return the kinds of a parsed file ``{"kinds": [...]}``.

    Raises
    ------
    BadRules
        A field is missing, unknown or wrong; a code or name stands twice.
    """
    kinds = [_validated(_Kind, row, f"kinds[{i}]") for i, row in enumerate(_rows(data, "kinds"))]
    try:
        return KindIndex(
            InstrumentKind(k.code, k.name, k.item, tuple(k.aliases), tuple(k.parameters)) for k in kinds
        )
    except ValueError as error:
        raise BadRules("kinds", f"代码或名称重复（{error}）。") from error


def load_rule_file(data: bytes) -> Any:
    """Return what a rule file holds, for `read_rules`.

    Raises
    ------
    BadRules
        It is too large, not UTF-8, or not YAML.
    """
    if len(data) > _MAX_BYTES:
        raise BadRules("文件", "超过 1 MiB。")
    try:
        return yaml.safe_load(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadRules("文件", "不是 UTF-8 文字。") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark else "文件"
        raise BadRules(where, "不是 YAML。") from error


def read_rules(data: Any, kinds: KindIndex) -> tuple[RuleVersion, ...]:
    """Return the rule versions of a parsed file ``{"defaults": {...}, "rules": [...]}``.

    Raises
    ------
    BadRules
        A field is missing, unknown or wrong; a kind is unknown; an id stands twice.
    """
    return tuple(read_rule(body, kinds, where=where) for where, body in rule_bodies(data))


def rule_bodies(data: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return (place, row with the defaults filled in) for each rule of a parsed file."""
    rows = _rows(data, "rules")
    defaults = data.get("defaults") or {}
    if not isinstance(defaults, dict):
        raise BadRules("defaults", _REASONS["dict_type"])
    bodies, seen = [], set[tuple[Any, Any]]()
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise BadRules(f"rules[{index}]", _REASONS["dict_type"])
        body = defaults | row
        where = f"{body.get('key', f'rules[{index}]')}/{body.get('number', '?')}"
        if (identity := (body.get("key"), body.get("number"))) in seen:
            raise BadRules(where, "同一编号出现两次。")
        seen.add(identity)
        bodies.append((where, body))
    return bodies


def read_rule(body: Mapping[str, Any], kinds: KindIndex, *, where: str) -> RuleVersion:
    """Return one rule version from its row; ``where`` names the row in a refusal.

    Raises
    ------
    BadRules
        As for `read_rules`.
    """
    row = _validated(_Rule, dict(body), where)
    kind = row.kind or row.key
    if kind not in kinds:
        raise BadRules(where, f"没有“{kind}”这一种类。")
    terms = tuple(
        Term(
            tuple(_condition(name, said, f"{where}.terms[{i}]") for name, said in sorted(t.when.items())),
            t.mode,
            t.months,
        )
        for i, t in enumerate(row.terms)
    )
    given = {name: getattr(row, name) for name in _Rule.model_fields if name not in ("kind", "terms")}
    return RuleVersion(**given, kind=kind, terms=terms)


def rule_body(rule: RuleVersion) -> dict[str, Any]:
    """Return a rule as its row in a rule file, for JSON; `read_rule` reads it back.

    A row never says that it is confirmed: only a person can.
    """
    return {
        "key": rule.key,
        "number": rule.number,
        "kind": rule.kind,
        "control": rule.control.value,
        "uses": sorted(use.value for use in rule.uses),
        "terms": [
            {
                "when": {c.parameter: _said(c) for c in term.when},
                "mode": term.mode.value,
                "months": term.months,
            }
            for term in rule.terms
        ],
        "validity": rule.validity.value,
        "transition": rule.transition.value,
        "catalogue": rule.catalogue,
        "regulation": rule.regulation,
        "edition": rule.edition,
        "in_force_from": rule.in_force_from and rule.in_force_from.isoformat(),
        "in_force_to": rule.in_force_to and rule.in_force_to.isoformat(),
        "source": rule.source,
        "clause": rule.clause,
        "confidence": rule.confidence.value,
        "lacks": sorted(rule.lacks),
        "note": rule.note,
    }


def _said(condition: Condition) -> str | list[str]:
    if condition.operator == "in":
        return [str(value) for value in condition.values]
    return f"{condition.operator} {condition.values[0]}"


def _condition(parameter: str, said: str | list[str], where: str) -> Condition:
    if isinstance(said, list):
        return Condition(parameter, "in", tuple(said))
    found = _COMPARISON.fullmatch(said.strip())
    if found is None:
        raise BadRules(where, f'条件“{parameter}: {said}”应为比较（如 "<= 25"）或列表。')
    return Condition(parameter, found[1], (Decimal(found[2]),))


def _rows(data: Any, name: str) -> list[Any]:
    if not isinstance(data, dict) or not isinstance(data.get(name), list):
        raise BadRules(name, "文件中应有这一列表。")
    if strange := sorted(str(key) for key in set(data) - {name, "defaults", "format"}):
        raise BadRules(strange[0], _REASONS["extra_forbidden"])
    return list(data[name])


def _validated(model: type[Model], row: Any, where: str) -> Model:
    try:
        return model.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join([where, *(str(part) for part in first["loc"])])
        raise BadRules(place, _REASONS.get(first["type"], first["msg"])) from error
