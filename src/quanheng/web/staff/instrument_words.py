"""An instrument in the words of the staff pages: its state, why it is due, what happened to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanheng.instruments.columns import STATE_KIND, STATE_WORDS, due_word
from quanheng.instruments.enums import Condition, EventKind, Filing, Obligation, Use, Verdict
from quanheng.instruments.models import Instrument, InstrumentEvent
from quanheng.instruments.services.standing import facts_of
from quanheng.kernels.dates import ValidityConvention
from quanheng.kernels.rules import CONFIDENCES, LACKS, MODES, PARAMETERS, Due, due, reason_text
from quanheng.regulations.models import RuleVersion
from quanheng.regulations.packaged import kind_name
from quanheng.regulations.selectors import rule_set

FIELD_WORDS = {
    "name": gettext_lazy("器具名称"),
    "kind": gettext_lazy("器具种类"),
    "model": gettext_lazy("型号规格"),
    "serial_no": gettext_lazy("出厂编号"),
    "manufacturer": gettext_lazy("制造单位"),
    "accuracy_class": gettext_lazy("准确度等级"),
    "measuring_range": gettext_lazy("测量范围"),
    "use": gettext_lazy("用途"),
    "owner": gettext_lazy("使用单位"),
    "place": gettext_lazy("使用场所"),
    "town": gettext_lazy("乡镇街道"),
    "spot": gettext_lazy("具体位置"),
    "institute": gettext_lazy("检定机构"),
    "in_use_on": gettext_lazy("启用日期"),
    "condition": gettext_lazy("使用状态"),
    "certificate_no": gettext_lazy("证书编号"),
    "verdict": gettext_lazy("检定结论"),
    "into": gettext_lazy("并入标签"),
    "from": gettext_lazy("并入本条的标签"),
    "max": gettext_lazy("最大秤量"),
    "min": gettext_lazy("最小秤量"),
    "e": gettext_lazy("检定分度值 e"),
    "d": gettext_lazy("实际分度值 d"),
    "photo": gettext_lazy("铭牌照片"),
}
# What the plate of a weighing instrument says besides; kept as text with its unit.
PLATE_WORDS = ("max", "min", "e", "d")
UNITS = {"dn_mm": "mm", "q3_m3h": "m³/h"}


@dataclass(frozen=True)
class Head:
    """The first thing that a page says: a word, its css of components/status.html, and a sentence."""

    word: str
    kind: str
    text: str


def field_word(name: str) -> str:
    """Return what a field of an instrument is called; also ``parameters.dn_mm`` and ``details.max``."""
    short = name.partition(".")[2] or name
    word = PARAMETERS.get(short)
    return _(word) if word else str(FIELD_WORDS.get(short, short))


def value_word(name: str, value: str) -> str:
    """Return a value of the history as people read it."""
    if name == "kind":
        return kind_name(value) or value
    for field, words in (("use", Use), ("verdict", Verdict)):
        if name == field and value in words.values:
            return str(words(value).label)
    return value


def head_of(instrument: Instrument, on: date) -> Head:
    """Return the state of an instrument on a day.

    What is out of use says so; then how far the filing is; then the due date decides.
    """
    return _by_condition(instrument, on) or _by_filing(instrument, on) or _by_due(instrument, on)


def _by_condition(instrument: Instrument, on: date) -> Head | None:
    condition = Condition(instrument.condition)
    if condition is Condition.IN_USE:
        return None
    word = str(condition.label)
    if instrument.merged_into is not None:
        return Head(word, "off", _("这条记录已并入 %(into)s。") % {"into": instrument.merged_into})
    since = instrument.condition_on.isoformat() if instrument.condition_on else ""
    told = _("自 %(since)s 起。") % {"since": since} if since else ""
    if not instrument.condition_evidence:
        due_on = instrument.standing.due_on
        told += _("没有照片或文件，仍按在用计算到期日。")
        if due_on is not None and due_on < on:
            told += _("已逾期 %(days)s 天。") % {"days": (on - due_on).days}
            return Head(word, "late", told)
    return Head(word, "off", told)


def _by_filing(instrument: Instrument, on: date) -> Head | None:
    filing = Filing(instrument.filing)
    if filing is Filing.FILED:
        return None
    told = {
        Filing.DRAFT: _("还没有提交备案。"),
        Filing.SUBMITTED: _("已提交，等待审核。"),
        Filing.RETURNED: _("已退回，请改好后再提交。"),
    }[filing]
    css = {Filing.DRAFT: "off", Filing.SUBMITTED: "going", Filing.RETURNED: "bad"}[filing]
    if filing is not Filing.DRAFT and instrument.standing.due_on is not None:
        told += _by_due(instrument, on).text
    return Head(str(filing.label), css, told)


def _by_due(instrument: Instrument, on: date) -> Head:
    standing = instrument.standing
    if standing.due_on is None:
        return _without_due_date(instrument, on)
    state = due_word(standing.due_on, standing.amber_on, standing.verified_on, on)
    days = (standing.due_on - on).days
    given = {"on": standing.due_on.isoformat(), "days": abs(days)}
    if state == "never":
        text = _("检定合格前不得使用。")
        if days < 0:
            text += _("自 %(on)s 起应检，已逾期 %(days)s 天。") % given
    elif state == "overdue":
        text = _("应于 %(on)s 前检定，已逾期 %(days)s 天。") % given
    else:
        text = _("有效至 %(on)s，还有 %(days)s 天。") % given
    # The record says what the public page says: verified and valid, not only before its day.
    word = _("合格有效") if state == "later" else str(STATE_WORDS[state])
    return Head(word, STATE_KIND[state], text)


def _without_due_date(instrument: Instrument, on: date) -> Head:
    standing = instrument.standing
    if standing.obligation == Obligation.UNKNOWN:
        return Head(_("待核实"), "unsure", _("是否强制检定还不能判断。"))
    if standing.obligation == Obligation.VOLUNTARY:
        return Head(_("非强制检定"), "off", _("没有到期日，使用者可自行送检或校准。"))
    if due(rule_set(), facts_of(instrument), on).code == "first_verification_only":
        return Head(_("合格"), "good", _("只做首次检定，没有下一个到期日。"))
    return Head(_("待核实"), "unsure", _("到期日还不能计算。"))


@dataclass(frozen=True)
class Why:
    """Why an instrument is due on its day: sentences first, then lines of (label, value)."""

    obligation: str
    reason: str
    notes: list[str]
    is_confirmed: bool
    rule_url: str
    lines: list[tuple[str, str]]
    command: str


def why_due(instrument: Instrument, on: date) -> Why:
    """Return the rule behind the due date and the arithmetic, computed anew."""
    rules, facts = rule_set(), facts_of(instrument)
    answer = rules.obligation(facts.kind, facts.use, on, facts.parameters)
    found = due(rules, facts, on)
    notes = [reason_text(code, found.data, _) for code in found.notes]
    due_on = instrument.standing.due_on
    if answer.is_mandatory and due_on is not None and due_on != found.due_on:
        notes.append(
            _("停用后恢复使用，检定前不得使用：自恢复之日 %(on)s 起应检。") % {"on": due_on.isoformat()}
        )
    rule = found.rule or answer.rule
    command = (
        f"quanheng rules mandatory {facts.kind} {facts.use} --on {on}" if facts.kind and facts.use else ""
    )
    return Why(
        obligation=reason_text(answer.code, answer.data, _),
        reason=reason_text(found.code, found.data, _) if answer.is_mandatory else "",
        notes=notes,
        is_confirmed=rule is None or rule.is_confirmed,
        rule_url=_rule_url(rule.id) if rule else "",
        lines=_lines(found, is_mandatory=answer.is_mandatory is True),
        command=command,
    )


def _rule_url(rule_id: str) -> str:
    key, _slash, number = rule_id.rpartition("/")
    row = RuleVersion.objects.filter(key=key, number=number).first()
    return reverse("staff:rule", args=[row.public_id]) if row else ""


def _lines(found: Due, *, is_mandatory: bool) -> list[tuple[str, str]]:
    rule, term = found.rule, found.term
    if rule is None:
        return []
    lines = [(_("目录"), rule.catalogue)]
    if is_mandatory:
        lines += [
            (_("规程"), rule.document or _("没有查到")),
            (_("条款"), rule.clause or _("没有查到")),
            (_("检定方式"), _(MODES[term.mode]) if term else ""),
            (_("适用条件"), "；".join(_condition_words(str(one)) for one in term.when) if term else ""),
            (_("算式"), _sum(found)),
            (_("证书载明"), _day(found.printed_on)),
        ]
    lacks = "、".join(_(LACKS[name]) for name in sorted(rule.lacks))
    confidence = _(CONFIDENCES[rule.confidence])
    if lacks:
        confidence += _("；缺%(lacks)s") % {"lacks": lacks}
    lines += [(_("出处"), rule.source), (_("可信程度"), confidence), (_("规则版本"), rule.id)]
    return [(label, value) for label, value in lines if value]


def _condition_words(text: str) -> str:
    name, _space, rest = text.partition(" ")
    return f"{_(PARAMETERS[name])} {rest}" if name in PARAMETERS else text


def _sum(found: Due) -> str:
    """Return the arithmetic: base + months, by which convention, = the day that the rule alone allows."""
    if found.base_on is None or found.period_months is None or found.by_rule_on is None or not found.rule:
        return ""
    is_before = found.rule.validity is ValidityConvention.DAY_BEFORE
    return _("%(base)s + %(months)s 个月（%(how)s）= %(day)s") % {
        "base": found.base_on.isoformat(),
        "months": found.period_months,
        "how": _("对应日前一日") if is_before else _("对应日"),
        "day": found.by_rule_on.isoformat(),
    }


def _day(on: date | None) -> str:
    return on.isoformat() if on else ""


@dataclass(frozen=True)
class HistoryLine:
    """One thing that happened: what changed as (label, before, after), and the file that shows it."""

    at: datetime
    happened_on: date
    who: str
    word: str
    reason: str
    changes: list[tuple[str, str, str]]
    file_name: str
    file_url: str
    sha256: str


def history(instrument: Instrument, *, names_of_all: bool, reader_id: int) -> list[HistoryLine]:
    """Return everything that happened to an instrument, newest first.

    Names of those who acted are for staff who read the whole county; others see their own.
    """
    events: Iterable[InstrumentEvent] = instrument.events.select_related("by")
    lines = []
    for event in events:
        is_shown = names_of_all or event.by_id == reader_id
        url = reverse("staff:instrument_event_file", args=[instrument.public_id, event.pk])
        changes = [
            (field_word(name), value_word(name, before), value_word(name, after))
            for name, (before, after) in event.changes.items()
        ]
        who = str(event.by) if event.by else _("系统")
        lines.append(
            HistoryLine(
                at=event.at,
                happened_on=event.happened_on,
                who=who if is_shown or not event.by else "",
                word=str(EventKind(event.kind).label),
                reason=event.reason,
                changes=changes,
                file_name=event.file_name,
                file_url=url if event.file_sha256 else "",
                sha256=event.file_sha256,
            )
        )
    return lines
