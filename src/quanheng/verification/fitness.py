"""Everything that stands between a verification and its next step, said at once and each with what to do.

Asked anew at submitting, checking and concluding: a qualification, a certificate of a standard or the instrument may
have changed meanwhile.  Authorisation, verifier and standards are asked about for the day of the work, checker and
signatory for the day of their own step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanheng.base import clock
from quanheng.base.errors import BureauError
from quanheng.base.gaps import Gap
from quanheng.core.models import User
from quanheng.instruments.enums import Condition
from quanheng.instruments.models import Instrument
from quanheng.instruments.services.standing import facts_of
from quanheng.kernels.canonical import canonical_json
from quanheng.kernels.certificate import Kind
from quanheng.kernels.certificate.results import NoResult, tables_of
from quanheng.kernels.dates import ValidityConvention, last_valid_day
from quanheng.kernels.procedures import (
    About,
    BadSheet,
    Edition,
    Judgement,
    NoEditionInForce,
    Outcome,
    UnknownKind,
)
from quanheng.kernels.procedures.readings import BadReadings
from quanheng.kernels.procedures.report import report
from quanheng.kernels.rules import Mode
from quanheng.regulations.selectors import rule_set
from quanheng.standards.models import MeasurementStandard, StandardCertificate
from quanheng.standards.selectors import certificate_on, standard_gaps
from quanheng.verification.enums import Conclusion, VerificationState, WorkKind
from quanheng.verification.judging import Document, completed, edition_for, is_measured, judge_completed
from quanheng.verification.models import Verification
from quanheng.verification.rules import barred_to_signatory, rule_on
from quanheng.workforce.selectors import authorisation_gaps, person_gaps

Certificates = list[tuple[MeasurementStandard, StandardCertificate]]
OUT_OF_USE = {Condition.STOPPED, Condition.SEALED, Condition.SCRAPPED, Condition.MERGED}
_ROLES = {
    "verifier": gettext_lazy("检定员"),
    "checker": gettext_lazy("核验员"),
    "signatory": gettext_lazy("批准人"),
}


@dataclass(frozen=True)
class Judged:
    """What the engine says of the documents of a verification; ``found`` is there where something was adjusted."""

    edition: Edition
    judgement: Judgement
    found: Judgement | None


@dataclass(frozen=True)
class Examined:
    """All reasons why the next step cannot be taken, and what the documents say where they can be judged."""

    gaps: list[Gap]
    judged: Judged | None
    certificates: Certificates
    valid_until: date | None


def refusals(verification: Verification) -> list[Gap]:
    """Return why a verification cannot be submitted, checked or concluded, whichever comes next; empty: it can."""
    return examined(verification).gaps


def examined(verification: Verification, *, actor: User | None = None) -> Examined:
    """Return the reasons, and what was looked at to find them.

    ``actor`` takes the next step; without it that is whom the work order names.
    """
    prefetch_related_objects([verification.work_order], "standards")
    gaps = [*_day_gaps(verification), *instrument_gaps(verification.instrument)]
    certificates = _certificates(verification)
    judged = until = None
    try:
        edition = edition_for(verification)
    except (UnknownKind, NoEditionInForce) as error:
        code = "unknown_kind" if isinstance(error, UnknownKind) else "no_edition"
        gaps.append(Gap(code, _("{reason}请更正检定日期或器具种类。").format(reason=error)))
    except BureauError as error:
        gaps.append(Gap("procedure_changed", error.text))
    else:
        regulation = edition.procedure.regulation.number
        unit, on = verification.work_order.institute, _day(verification)
        gaps += authorisation_gaps(unit=unit, regulation=regulation, on=on)
        if verification.state == VerificationState.CHECKED and not gaps:
            gaps += authorisation_gaps(unit=unit, regulation=regulation, on=clock.today())
        gaps += _people_gaps(verification, regulation, actor)
        gaps += _standards_gaps(verification, regulation, certificates)
        judged = _judged(verification, edition, gaps)
    if judged is not None:
        gaps += _verdict_gaps(verification, judged)
        # A day to come is refused above; a year 9999 has no period after it.
        if conclusion_of(verification, judged) is Conclusion.PASSED and _day(verification) <= clock.today():
            until = valid_until(verification, judged)
            gaps += [_no_period()] if until is None else []
    return Examined(gaps, judged, certificates, until)


def instrument_gaps(instrument: Instrument) -> list[Gap]:
    """Return why an instrument cannot be verified at all: out of use, or nobody said of which kind it is."""
    gaps = []
    if instrument.condition in OUT_OF_USE:
        text = _("{instrument}现为“{condition}”，不能检定。恢复使用后再申请。")
        if instrument.condition in {Condition.SCRAPPED, Condition.MERGED}:
            text = _("{instrument}现为“{condition}”，不能检定。")
        words = {"instrument": instrument, "condition": instrument.get_condition_display()}
        gaps.append(Gap("instrument_out_of_use", text.format(**words)))
    if not instrument.kind:
        text = _("{instrument}的器具种类待核实，不知道按哪个规程检定。请先在登记中核实种类。")
        gaps.append(Gap("instrument_kind_unknown", text.format(instrument=instrument)))
    return gaps


def conclusion_of(verification: Verification, judged: Judged) -> Conclusion:
    """Return what is concluded where nothing stands in the way."""
    if verification.kind == WorkKind.CALIBRATION:
        return Conclusion.CALIBRATED
    return Conclusion.PASSED if judged.judgement.outcome(0) is Outcome.PASSED else Conclusion.REJECTED


def valid_until(verification: Verification, judged: Judged) -> date | None:
    """Return the last valid day, inclusive, of what passed; None where no rule says a period.

    By the rule of the registry in force on the day of the work, which the county confirms; where it has none, by the
    file of the regulation.
    """
    on = _day(verification)
    facts = facts_of(verification.instrument)
    rule = rule_set().version_on(facts.kind, on) if facts.kind else None
    term = rule.term_for(facts.parameters)[0] if rule else None
    if rule and term and term.months and term.mode is not Mode.SCRAP_WHEN_INACCURATE:
        return last_valid_day(on, months=term.months, convention=rule.validity)
    period = judged.judgement.period(0)
    if period is None or period.months is None:
        return None
    convention = rule.validity if rule else ValidityConvention.DAY_BEFORE
    return last_valid_day(on, months=period.months, convention=convention)


def _day(verification: Verification) -> date:
    return verification.performed_on or clock.today()


def _day_gaps(verification: Verification) -> Iterator[Gap]:
    on, order = verification.performed_on, verification.work_order
    if on is None:
        yield Gap("no_day", _("没有填写检定日期。"))
        return
    if on > clock.today():
        yield Gap("day_in_future", _("检定日期 {on} 晚于今天。请更正检定日期。").format(on=on))
    applied = order.application and timezone.localdate(order.application.submitted_at)
    if applied and on < applied:
        text = _("检定日期 {on} 早于申请日期 {applied}。请更正检定日期。")
        yield Gap("day_before_application", text.format(on=on, applied=applied))
    registered = verification.instrument.registered_on
    if on < registered:
        text = _("检定日期 {on} 早于器具登记的日期 {registered}。请更正检定日期。")
        yield Gap("day_before_registration", text.format(on=on, registered=registered))


def _people_gaps(verification: Verification, regulation: str, actor: User | None) -> Iterator[Gap]:
    people = people_of(verification, actor)
    unit = verification.work_order.institute
    days = _days_of_steps(verification)
    needing = rule_on("needs_qualification", _day(verification)).value
    for role, user in people.items():
        if role in needing:
            for gap in person_gaps(user=user, unit=unit, regulation=regulation, on=days[role]):
                text = _("{role}：{text}").format(role=_ROLES[role], text=gap.text)
                yield Gap(f"{role}_{gap.code}", text)
    if people["verifier"] == people["checker"]:
        yield Gap(
            "checker_is_verifier",
            _("{name}既是检定员又是核验员。请由另一人核验。").format(name=people["checker"]),
        )
    yield from _signatory_gaps(verification, people)


def _days_of_steps(verification: Verification) -> dict[str, date]:
    """Return the day on which each acts: the day of the work, then the days of checking and signing, or today."""

    def day(at: datetime | None) -> date:
        return timezone.localdate(at) if at else clock.today()

    return {
        "verifier": _day(verification),
        "checker": day(verification.checked_at),
        "signatory": day(verification.concluded_at),
    }


def _signatory_gaps(verification: Verification, people: dict[str, User]) -> Iterator[Gap]:
    for role in barred_to_signatory(verification.kind, _day(verification)):
        if people["signatory"] == people[role]:
            text = _("{name}是这项工作的{role}，不能同时作批准人。请由另一名授权签字人批准。")
            yield Gap(f"signatory_is_{role}", text.format(name=people[role], role=_ROLES[role]))


def people_of(verification: Verification, actor: User | None = None) -> dict[str, User]:
    """Return who has acted or acts next, by role; whom the work order names where nobody has."""
    order = verification.work_order
    people = {
        "verifier": verification.verifier or order.verifier,
        "checker": verification.checker or order.checker,
        "signatory": verification.signatory or order.signatory,
    }
    step = {
        VerificationState.RECORDING: "verifier",
        VerificationState.SUBMITTED: "checker",
        VerificationState.CHECKED: "signatory",
    }.get(VerificationState(verification.state))
    if actor is not None and step is not None:
        people[step] = actor
    return people


def _standards_gaps(verification: Verification, regulation: str, certificates: Certificates) -> Iterator[Gap]:
    order, on = verification.work_order, _day(verification)
    standards = list(order.standards.all())
    if not standards:
        yield Gap("no_standard", _("任务单没有写明所用的计量标准。请取消后重新下达任务单。"))
    for standard in standards:
        for gap in standard_gaps(standard=standard, unit=order.institute, regulation=regulation, on=on):
            yield Gap(f"standard_{gap.code}", gap.text)
    if verification.state == VerificationState.RECORDING:
        return
    now = {certificate.pk for _standard, certificate in certificates}
    then = {row.certificate_id for row in verification.used_standards.all()}
    if now != then:
        text = _("提交之后，所用计量标准的证书有变动（换证或撤销）。请退回检定员，重新提交。")
        yield Gap("standard_certificate_changed", text)


def _certificates(verification: Verification) -> Certificates:
    on = _day(verification)
    pairs = [(one, certificate_on(one, on)) for one in verification.work_order.standards.all()]
    return [(standard, certificate) for standard, certificate in pairs if certificate is not None]


def _judged(verification: Verification, edition: Edition, gaps: list[Gap]) -> Judged | None:
    """Judge both documents; what cannot be read goes to ``gaps``."""
    has_found, has_left = is_measured(verification.as_found), is_measured(verification.as_left)
    if not has_found and not has_left:
        gaps.append(Gap("no_readings", _("没有读数。请先填写检定记录。")))
        return None
    found: Judgement | None = None
    if has_found:
        phase = _("调整前，") if has_left else ""
        found = _judge(verification, verification.as_found, edition, gaps, phase)
    if not has_left:
        return Judged(edition, found, None) if found else None
    decides = _judge(verification, verification.as_left, edition, gaps, _("调整后，"))
    return Judged(edition, decides, found) if decides else None


def _judge(
    verification: Verification, document: Document, edition: Edition, gaps: list[Gap], where: str
) -> Judgement | None:
    try:
        made = completed(verification, document, edition.procedure)
        for one in made.differences:
            text = _("{where}“{label}”记录为 {typed}，登记为 {registered}。以实物铭牌为准，请改正其中一处。")
            words = {"label": one.label, "typed": one.typed, "registered": one.registered}
            gaps.append(Gap("differs_from_registry", text.format(where=where, **words)))
        return judge_completed(verification, made, edition.procedure)
    except BadReadings as error:
        gaps += [Gap("bad_readings", f"{where}{problem}") for problem in error.problems]
    except BadSheet as error:
        gaps.append(Gap("bad_stage", str(error)))
    except BureauError as error:
        gaps.append(Gap("standards_disagree", error.text))
    return None


def _verdict_gaps(verification: Verification, judged: Judged) -> Iterator[Gap]:
    judgement = judged.judgement
    is_calibration = verification.kind == WorkKind.CALIBRATION
    told = verification.judgement.get("decides")
    if told is not None and canonical_json(told) != canonical_json(report(judgement)):
        text = _("按现在的登记和计量标准重新判定，结果与提交时不同。请退回检定员，重新提交。")
        yield Gap("judgement_changed", text)
    for text in judgement.said(0, About.FINDING):
        code = _code_of_finding(text)
        if not is_calibration or code == "environment":
            yield Gap(code, text)
    if is_calibration:
        try:
            if not tables_of(judgement, kind=Kind.CALIBRATION):
                yield Gap("no_readings", _("没有读数。请先填写记录。"))
        except NoResult as error:
            yield Gap("no_uncertainty", str(error))
        return
    is_open = judgement.outcome(0) is Outcome.UNDETERMINED
    for text in judgement.said(0, About.MISSING):
        if is_open or text.startswith(_ENVIRONMENT):
            yield Gap("missing", text)


def _no_period() -> Gap:
    text = _("登记规则和规程都没有给出检定周期，不知道有效期至哪一天。请计量监管人员在规则中补上周期。")
    return Gap("no_period", text)


# How the engine begins its sentences (kernels/procedures/judge.py, decisions.py).
_ENVIRONMENT, _INSTRUMENT, _STANDARD = "环境：", "器具", "标准器不符合要求"


def _code_of_finding(text: str) -> str:
    if text.startswith(_ENVIRONMENT):
        return "environment"
    if _STANDARD in text:
        return "standard_not_good_enough"
    return "instrument_requirement" if text.startswith(_INSTRUMENT) else "finding"
