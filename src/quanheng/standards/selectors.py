"""Reads: which standard may be used for which work on a day, and the records behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from quanheng.base.gaps import Gap
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import scope_of
from quanheng.kernels.quantities import BadQuantity, convert, split_quantity
from quanheng.standards.enums import Level, StandardCondition
from quanheng.standards.errors import FieldsDisagree, StandardCertificateNotFound, StandardNotFound
from quanheng.standards.models import MeasurementStandard, StandardCertificate

NOTICE_DAYS = 90
# 计量法 articles 6 to 9: these may be used only after examination; the others are part of one of them.
EXAMINED = frozenset({Level.PUBLIC.value, Level.REFERENCE.value})
# What regulation files call the largest permissible error of the standard itself.
_OWN_LIMIT = "standard_mpe"


def certificate_on(standard: MeasurementStandard, on: date) -> StandardCertificate | None:
    """Return the certificate with which a standard may be used on a day; the newest of several."""
    return (
        standard.certificates.filter(withdrawn_at=None, calibrated_on__lte=on, valid_until__gte=on)
        .order_by("-calibrated_on", "-pk")
        .first()
    )


def standard_gaps(*, standard: MeasurementStandard, unit: OrgUnit, regulation: str, on: date) -> list[Gap]:
    """Return why a standard may not be used by an institute for a regulation on a day; empty where it may.

    Codes: ``wrong_unit``, ``not_in_use``, ``not_for_regulation``, ``examination_over``, ``no_certificate``,
    ``certificate_over``, ``expired`` (a reference material), ``beyond_limit`` (its certificate shows an error beyond
    its own limit).  Whether that limit is good enough is the procedure's to say.
    """
    gaps = []
    given = {"standard": standard, "on": on}
    if standard.unit_id != unit.pk:
        text = _("“{standard}”属于{owner}，不是{unit}。请改用本机构的计量标准。")
        gaps.append(Gap("wrong_unit", text.format(owner=standard.unit, unit=unit, **given)))
    if standard.condition != StandardCondition.IN_USE:
        text = _("“{standard}”现为“{condition}”：{reason}。请改用其他计量标准，或先恢复使用。")
        words = {"condition": standard.get_condition_display(), "reason": standard.condition_reason}
        gaps.append(Gap("not_in_use", text.format(**words, **given)))
    if regulation not in standard.serves:
        text = _("“{standard}”没有登记用于 {regulation}。请改用其他计量标准，或在其登记中补上这个规程。")
        gaps.append(Gap("not_for_regulation", text.format(regulation=regulation, **given)))
    certificate = certificate_on(standard, on)
    if certificate is None:
        gaps_of_certificate = _certificate_gaps(standard, on)
    else:
        gaps_of_certificate = _limit_gaps(standard, certificate)
    return [*gaps, *_examination_gaps(standard, on), *gaps_of_certificate]


def usable_standards(*, unit: OrgUnit, regulation: str, on: date) -> list[MeasurementStandard]:
    """Return the standards with which an institute may work by a regulation on a day."""
    rows = MeasurementStandard.objects.filter(unit=unit, condition=StandardCondition.IN_USE)
    return [
        row
        for row in rows.select_related("unit")
        if not standard_gaps(standard=row, unit=unit, regulation=regulation, on=on)
    ]


def procedure_fields(standards: Iterable[MeasurementStandard]) -> dict[str, str]:
    """Return what procedures ask of standards, by field; where several give one, the largest.

    All these fields are largest permissible errors and expanded uncertainties: the largest is the worst.

    Raises
    ------
    FieldsDisagree
        Two of them give a field in units that cannot be compared.
    """
    worst: dict[str, tuple[str, MeasurementStandard]] = {}
    for standard in standards:
        for name, text in standard.fields.items():
            before = worst.get(name)
            if before is None or _is_larger(name, (text, standard), before):
                worst[name] = text, standard
    return {name: text for name, (text, _standard) in worst.items()}


def standards_visible(user: User) -> QuerySet[MeasurementStandard]:
    """Return the standards that this person may see, each with ``until``.

    ``until`` is the last valid day of the certificate that ends last, None where there is none.
    """
    scope = scope_of(user, "standards.view")
    last = StandardCertificate.objects.filter(standard=OuterRef("pk"), withdrawn_at=None)
    rows = MeasurementStandard.objects.select_related("unit").annotate(
        until=Subquery(last.order_by("-valid_until").values("valid_until")[:1])
    )
    return rows if scope.is_all else rows.filter(unit__in=scope.unit_ids)


def standard_for(user: User, public_id: UUID) -> MeasurementStandard:
    """Return one standard of this person's scope.  StandardNotFound where there is none."""
    found = standards_visible(user).filter(public_id=public_id).first()
    if found is None:
        raise StandardNotFound(public_id=str(public_id))
    return found


def standard_certificate_for(user: User, public_id: UUID) -> StandardCertificate:
    """Return a certificate of a standard of this person's scope.  StandardCertificateNotFound where there is none."""
    found = (
        StandardCertificate.objects.select_related("standard__unit")
        .filter(public_id=public_id, standard__in=standards_visible(user).values("pk"))
        .first()
    )
    if found is None:
        raise StandardCertificateNotFound(public_id=str(public_id))
    return found


def institutes_of(user: User) -> QuerySet[OrgUnit]:
    """Return the institutes whose standards this person may change."""
    scope = scope_of(user, "standards.change")
    rows = OrgUnit.objects.filter(kind=UnitKind.INSTITUTE, is_active=True)
    return rows if scope.is_all else rows.filter(pk__in=scope.unit_ids)


@dataclass(frozen=True, slots=True)
class Ending:
    """What a standard needs and that ends: ``code`` is certificate, examination or no_certificate."""

    code: str
    standard: MeasurementStandard
    until: date | None


def endings(user: User, on: date, days: int = NOTICE_DAYS) -> list[Ending]:
    """Return what is missing, ended, or ends within so many days of standards in use, the most urgent first."""
    last = on + timedelta(days=days)
    found = []
    for standard in standards_visible(user).filter(condition=StandardCondition.IN_USE):
        until: date | None = standard.until  # type: ignore[attr-defined]  # annotated by standards_visible
        if until is None:
            found.append(Ending("no_certificate", standard, None))
        elif until <= last:
            found.append(Ending("certificate", standard, until))
        if standard.examination_until is not None and standard.examination_until <= last:
            found.append(Ending("examination", standard, standard.examination_until))
    return sorted(found, key=lambda ending: (ending.until or date.min, ending.standard.pk))


def _examination_gaps(standard: MeasurementStandard, on: date) -> list[Gap]:
    until, given = standard.examination_until, {"standard": standard, "on": on}
    if until is None:
        if standard.level not in EXAMINED:
            return []
        text = _("“{standard}”是{level}，没有登记考核证书。请补登考核证书的编号和有效期。")
        return [Gap("examination_over", text.format(level=standard.get_level_display(), **given))]
    if on <= until:
        return []
    text = _(
        "“{standard}”的考核证书 {number} 有效期至 {until}，{on} 已过期。请办理复查考核，或改用其他计量标准。"
    )
    return [Gap("examination_over", text.format(number=standard.examination_number, until=until, **given))]


def _certificate_gaps(standard: MeasurementStandard, on: date) -> list[Gap]:
    """Tell why there is no certificate with which a standard may be used."""
    given = {"standard": standard, "on": on}
    earlier = standard.certificates.filter(withdrawn_at=None, calibrated_on__lte=on)
    row = earlier.order_by("-valid_until").first()
    is_material = standard.level == Level.MATERIAL
    if row is None:
        text = _("“{standard}”在 {on} 没有可用的检定或校准证书。请在其页面登记证书。")
        return [Gap("no_certificate", text.format(**given))]
    if is_material:
        text = _("标准物质“{standard}”有效期至 {until}，{on} 已过期。请改用在有效期内的批号。")
    else:
        text = _(
            "“{standard}”的证书 {number} 有效期至 {until}，{on} 已过期。请送检后登记新证书，或改用其他计量标准。"
        )
    code = "expired" if is_material else "certificate_over"
    return [Gap(code, text.format(number=row.number, until=row.valid_until, **given))]


def _limit_gaps(standard: MeasurementStandard, certificate: StandardCertificate) -> list[Gap]:
    """Tell a standard whose own errors passed its limit: every verdict by it would rest on a wrong assumption."""
    limit = standard.fields.get(_OWN_LIMIT, "")
    beyond = [point for point in certificate.points if _is_beyond(point, limit)] if limit else []
    if not beyond:
        return []
    text = _(
        "“{standard}”的证书 {number} 在 {nominal} {unit} 处误差 {error} {unit}，超过登记的最大允许误差 {limit}。请停用并送修，或改用其他计量标准。"
    )
    given = {name: beyond[0][name] for name in ("nominal", "error", "unit")}
    return [
        Gap("beyond_limit", text.format(standard=standard, number=certificate.number, limit=limit, **given))
    ]


def _is_beyond(point: Mapping[str, str], limit: str) -> bool:
    """Whether an error passes a limit, absolute or in per cent of the nominal value; not where they do not compare."""
    error, nominal, unit = abs(Decimal(point["error"])), abs(Decimal(point["nominal"])), point["unit"]
    try:
        value, limit_unit = split_quantity(limit)
        if limit_unit.symbol == "%" and unit != "%":
            return error * 100 > value * nominal
        return convert(error, unit, limit_unit) > value
    except BadQuantity:
        return False


def _is_larger(
    name: str, one: tuple[str, MeasurementStandard], other: tuple[str, MeasurementStandard]
) -> bool:
    (first, first_of), (second, second_of) = one, other
    try:
        value, unit = split_quantity(first)
        other_value, other_unit = split_quantity(second)
        return convert(value, unit, other_unit) > other_value
    except BadQuantity as error:
        details = {"one": str(first_of), "other": str(second_of), "first": first, "second": second}
        raise FieldsDisagree(name=name, **details) from error
