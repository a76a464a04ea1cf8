"""Writes of places: where instruments stand."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base.errors import StaleRevision
from quanheng.base.locks import lock_for_transaction
from quanheng.core.models import OrgUnit, User
from quanheng.core.services import acted_by
from quanheng.instruments.enums import Setting
from quanheng.instruments.errors import BadPlace, PlaceNameTaken, PlaceNotFound
from quanheng.instruments.models import Place
from quanheng.instruments.services.standing import refresh_standing
from quanheng.kernels.text_keys import has_control, initials, name_key
from quanheng.transparency.services import Personal, enqueue_leaf

# Two imports that bring the same market at once must not make it twice.
PLACES = "instruments.places"


# Places that are public by themselves; the names of others stand in the log as commitments.
_PUBLIC = {Setting.MARKET, Setting.FUEL_STATION, Setting.HEALTH, Setting.CHARGING}


@dataclass(frozen=True)
class PlaceDetails:
    """What a person states about a place.  Coordinates in WGS 84 [degree]."""

    name: str
    setting: Setting = Setting.OTHER
    town: OrgUnit | None = None
    address: str = ""
    longitude: Decimal | None = None
    latitude: Decimal | None = None


@transaction.atomic
def save_place(
    *,
    actor: User | None,
    public_id: UUID | None,
    revision: int,
    details: PlaceDetails,
    is_demo: bool = False,
) -> Place:
    """Create (``public_id`` None) or change a place; its instruments follow it to another town.

    Raises
    ------
    PlaceNotFound, StaleRevision
        No such place; somebody saved it meanwhile.
    BadPlace, PlaceNameTaken
        A blank name, half a pair of coordinates, or off the Earth; the name of another place of the town.
    """
    lock_for_transaction(PLACES)
    place = Place(revision=0, is_demo=is_demo) if public_id is None else _locked(public_id, revision)
    _refuse_bad(details)
    place.setting, place.name, place.town = details.setting, details.name.strip(), details.town
    place.name_key, place.initials = name_key(details.name)[:200], initials(details.name)
    place.address = details.address.strip()
    place.longitude, place.latitude = details.longitude, details.latitude
    if Place.objects.exclude(pk=place.pk).filter(name_key=place.name_key, town=place.town).exists():
        raise PlaceNameTaken(name=place.name)
    place.revision += 1
    place.save()
    inside = list(place.instruments.order_by("pk").select_for_update().values_list("pk", flat=True))
    if place.town is not None:
        place.instruments.update(town=place.town)
    refresh_standing(inside)
    personal = dict(acted_by(actor))
    if place.setting not in _PUBLIC:
        # A shop is often called by its keeper's name.
        personal["name"] = Personal(place.name, f"place:{place.public_id}")
    data = {
        "setting": str(place.setting),
        "town": place.town.name if place.town else "",
        "demo": place.is_demo,
    }
    enqueue_leaf(
        kind="place:saved",
        subject=f"place:{place.public_id}",
        data=data if "name" in personal else data | {"name": place.name},
        personal=personal,
    )
    return place


def _refuse_bad(details: PlaceDetails) -> None:
    if not name_key(details.name):
        raise BadPlace(reason=_("名称不能为空。"))
    if has_control(details.name.strip()) or has_control(details.address.strip()):
        raise BadPlace(reason=_("文字中有看不见的控制字符或换行，请删去。"))
    if len(details.name.strip()) > 200 or len(details.address.strip()) > 300:  # noqa: PLR2004  as the columns
        raise BadPlace(reason=_("名称不超过 200 字，地址不超过 300 字。"))
    if (details.longitude is None) != (details.latitude is None):
        raise BadPlace(reason=_("经度和纬度要么都填，要么都不填。"))
    if details.longitude is not None and details.latitude is not None:  # noqa: SIM102  reads as the rule
        if abs(details.longitude) > 180 or abs(details.latitude) > 90:  # noqa: PLR2004  degrees
            raise BadPlace(reason=_("经度应在 ±180° 之间，纬度应在 ±90° 之间。"))


def _locked(public_id: UUID, revision: int) -> Place:
    place = Place.objects.select_for_update().filter(public_id=public_id).first()
    if place is None:
        raise PlaceNotFound(public_id=str(public_id))
    if place.revision != revision:
        raise StaleRevision(yours=revision, present=place.revision)
    return place
