"""Rule versions as the pages show them: in words, with where they stand today and what rests on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.utils.translation import gettext as _

from quanheng.instruments.models import Standing
from quanheng.kernels.rules import (
    CONFIDENCES,
    CONTROLS,
    LACKS,
    MODES,
    PARAMETERS,
    USES,
    VALUES,
    Condition,
    Mode,
    RuleSet,
)
from quanheng.kernels.rules import RuleVersion as Rule
from quanheng.regulations.enums import Origin
from quanheng.regulations.models import RuleVersion
from quanheng.regulations.packaged import packaged_kinds
from quanheng.regulations.selectors import as_rule, rule_rows, rule_set


@dataclass(frozen=True)
class RuleLine:
    """One version: its row, its rule, and what a person wants to know at a glance."""

    row: RuleVersion
    rule: Rule
    kind: str
    item: str
    uses: str
    control: str
    terms: list[str]
    confidence: str
    lacks: list[str]
    stands: str  # in_force, coming, past, superseded
    ends: date | None
    instruments: int

    @property
    def stands_word(self) -> str:
        """Return where it stands on the day of asking."""
        return {
            "in_force": _("现行"),
            "coming": _("将施行"),
            "past": _("已失效"),
            "superseded": _("已被取代"),
        }[self.stands]

    @property
    def stands_kind(self) -> str:
        """Return the css of components/status.html."""
        return {"in_force": "good", "coming": "going", "past": "off", "superseded": "off"}[self.stands]


def rule_lines(on: date, *, kind: str = "") -> list[RuleLine]:
    """Return every version of the database, by kind and day of coming into force."""
    rules = rule_set()
    counts = dict(
        Standing.objects.exclude(rule_id="").values_list("rule_id").annotate(n=Count("pk")).order_by()
    )
    rows = list(rule_rows(kind=kind).prefetch_related("successors"))
    lines = [_line(row, rules, on, counts.get(row.rule_id, 0)) for row in rows]
    order = {code.code: at for at, code in enumerate(packaged_kinds())}
    return sorted(lines, key=lambda line: (order[line.rule.kind], line.rule.in_force_from or date.min))


def rule_line(row: RuleVersion, on: date) -> RuleLine:
    """Return one version."""
    return _line(row, rule_set(), on, Standing.objects.filter(rule_id=row.rule_id).count())


def term_words(rule: Rule) -> list[str]:
    """Return each term as a sentence: conditions, mode and period."""
    lines = []
    for term in rule.terms:
        when = _("，").join(map(_condition_words, term.when))
        period = _("周期未查到") if term.mode is not Mode.SCRAP_WHEN_INACCURATE else ""
        if term.months is not None:
            period = _("%(months)s 个月") % {"months": term.months}
        demand = " ".join(filter(None, (_(MODES[term.mode]), period)))
        lines.append(_("：").join(filter(None, (when, demand))))
    return lines


def _condition_words(condition: Condition) -> str:
    values = _("、").join(_(VALUES.get(str(value), str(value))) for value in condition.values)
    sign = {"<=": "≤", ">=": "≥", "in": _("为")}.get(condition.operator, condition.operator)
    return f"{_(PARAMETERS[condition.parameter])} {sign} {values}"


def _line(row: RuleVersion, rules: RuleSet, on: date, instruments: int) -> RuleLine:
    rule = as_rule(row)
    described = packaged_kinds()[rule.kind]
    superseded = any(True for _later in row.successors.all())
    ends = rule.in_force_to if superseded else rules.ends(rule)
    return RuleLine(
        row=row,
        rule=rule,
        kind=described.name,
        item=described.item or "",
        uses=_("、").join(_(USES[use]) for use in sorted(rule.uses)),
        control=_(CONTROLS[rule.control]),
        terms=term_words(rule),
        confidence=_(CONFIDENCES[rule.confidence]),
        lacks=[_(LACKS[name]) for name in sorted(rule.lacks)],
        stands=_stands(rule, on, ends, superseded=superseded),
        ends=ends,
        instruments=instruments,
    )


def _stands(rule: Rule, on: date, ends: date | None, *, superseded: bool) -> str:
    if superseded:
        return "superseded"
    if rule.in_force_from is not None and rule.in_force_from > on:
        return "coming"
    return "past" if ends is not None and ends < on else "in_force"


def origin_word(row: RuleVersion) -> str:
    """Return who brought a version."""
    return str(Origin(row.origin).label)


def next_change(on: date) -> date:
    """Return the next day on which a recorded version comes into force; ``on`` where none is recorded."""
    return min(
        (v.in_force_from for v in rule_set().versions if v.in_force_from and v.in_force_from > on), default=on
    )
