"""Reads: authorisations, what is left of their ranges, files of factory data, factory rows of installed meters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import scope_of
from quanheng.kernels.text_keys import serial_key
from quanheng.lots.enums import Decision, Origin
from quanheng.lots.models import Lot, LotMeter, Sample
from quanheng.manufacturers.enums import AuthorisationState
from quanheng.manufacturers.errors import AuthorisationNotFound, UploadNotFound
from quanheng.manufacturers.marks import Marks
from quanheng.manufacturers.models import Authorisation, FactoryUpload, MarkRange
from quanheng.manufacturers.types import MeterType

VIEW = "manufacturers.view"
_MOST_METERS = 20


def authorisations_visible(user: User) -> QuerySet[Authorisation]:
    """Return the authorisations that this person may see: the bureau all, a maker its own."""
    scope = scope_of(user, VIEW)
    rows = Authorisation.objects.select_related("unit")
    return rows if scope.is_all else rows.filter(unit__in=scope.unit_ids)


def authorisation_for(user: User, public_id: UUID) -> Authorisation:
    """Return one authorisation.  AuthorisationNotFound where there is none for this person."""
    found = authorisations_visible(user).filter(public_id=public_id).first()
    if found is None:
        raise AuthorisationNotFound(public_id=str(public_id))
    return found


def uploads_visible(user: User) -> QuerySet[FactoryUpload]:
    """Return the files of factory data that this person may see."""
    scope = scope_of(user, VIEW)
    rows = FactoryUpload.objects.select_related("unit", "authorisation", "lot", "sent_by")
    return rows if scope.is_all else rows.filter(unit__in=scope.unit_ids)


def upload_for(user: User, public_id: UUID) -> FactoryUpload:
    """Return one file.  UploadNotFound where there is none for this person."""
    found = uploads_visible(user).filter(public_id=public_id).first()
    if found is None:
        raise UploadNotFound(public_id=str(public_id))
    return found


def makers() -> QuerySet[OrgUnit]:
    """Return the units that are makers."""
    return OrgUnit.objects.filter(kind=UnitKind.MANUFACTURER, is_active=True)


def types_of(authorisation: Authorisation) -> list[MeterType]:
    """Return the types in the scope."""
    return [MeterType.from_dict(kept) for kept in authorisation.types]


def marks_of(authorisation: Authorisation) -> list[Marks]:
    """Return the ranges of marks."""
    return [as_marks(row) for row in authorisation.ranges.all()]


def as_marks(row: MarkRange) -> Marks:
    """Return a stored range as one that can be asked."""
    return Marks(row.prefix, row.first, row.last, row.digits)


def not_in_force(authorisation: Authorisation, on: date) -> str:
    """Return why nothing may be delivered by it on a day; empty where it may."""
    if authorisation.state == AuthorisationState.WITHDRAWN:
        return _("已撤销。")
    if authorisation.state == AuthorisationState.SUSPENDED:
        return _("已暂停。")
    if on < authorisation.valid_from:
        return _("自 %(on)s 起才有效。") % {"on": authorisation.valid_from}
    if on > authorisation.valid_until:
        return _("有效期至 %(on)s，已经过了。") % {"on": authorisation.valid_until}
    return ""


@dataclass(frozen=True, slots=True)
class RangeUse:
    """A range of marks, how many of it are on meters, how many are left."""

    marks: Marks
    used: int

    @property
    def left(self) -> int:
        """Marks that are on no meter yet."""
        return len(self.marks) - self.used


def range_use(authorisation: Authorisation) -> list[RangeUse]:
    """Return the ranges with what is left of each."""
    ranges = marks_of(authorisation)
    counts = {f"range_{at}": Count("pk", filter=_bears(marks)) for at, marks in enumerate(ranges)}
    used = _delivered(authorisation.unit_id).aggregate(**counts)
    return [RangeUse(marks, used[name]) for name, marks in zip(counts, ranges, strict=True)]


def used_marks(unit_id: int, marks: Marks) -> QuerySet[LotMeter]:
    """Return the delivered meters of a maker that bear a mark of this range."""
    return _delivered(unit_id).filter(_bears(marks))


def _delivered(unit_id: int) -> QuerySet[LotMeter]:
    rows = LotMeter.objects.filter(lot__maker_unit=unit_id, origin=Origin.FACTORY)
    return rows.annotate(length=Length("mark_no"))


def _bears(marks: Marks) -> Q:
    return Q(
        mark_no__startswith=marks.prefix,
        mark_no__gte=marks.mark(marks.first),
        mark_no__lte=marks.mark(marks.last),
        length=len(marks.prefix) + marks.digits,
    )


def decided_samples(unit_id: int) -> QuerySet[Sample]:
    """Return the samples by which lots of a maker were accepted or rejected, the first first."""
    return Sample.objects.filter(
        lot__origin=Origin.FACTORY,
        lot__maker_unit=unit_id,
        decision__in=[Decision.ACCEPTED, Decision.REJECTED],
    ).order_by("decided_at", "pk")


def factory_lots(unit_ids: QuerySet[OrgUnit] | list[int]) -> QuerySet[Lot]:
    """Return the delivered lots of makers with how many meters each has, the newest first."""
    rows = Lot.objects.filter(origin=Origin.FACTORY, maker_unit__in=unit_ids)
    return rows.annotate(installed=Count("meters__installed_as")).order_by("-created_at", "-pk")


def factory_rows(user: User, serial: str) -> list[LotMeter]:
    """Return the meters with this serial number as their makers delivered them, with where they are installed."""
    rows = LotMeter.objects.filter(origin=Origin.FACTORY, serial_key=serial_key(serial))
    scope = scope_of(user, VIEW)
    if not scope.is_all:
        rows = rows.filter(lot__maker_unit__in=scope.unit_ids)
    return list(rows.select_related("lot").prefetch_related("installed_as__lot")[:_MOST_METERS])
