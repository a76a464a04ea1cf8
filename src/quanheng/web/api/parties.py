"""Places where instruments stand, and who uses them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field, StringConstraints

from quanheng.core.errors import UnitNotFound
from quanheng.core.models import OrgUnit
from quanheng.instruments.enums import Setting
from quanheng.instruments.models import Place
from quanheng.instruments.selectors import place_for, places_named, places_visible
from quanheng.instruments.services.places import PlaceDetails, save_place
from quanheng.parties.enums import PartyKind
from quanheng.parties.models import Party
from quanheng.parties.selectors import parties_named, parties_visible, party_for
from quanheng.parties.services import PartyDetails, save_party
from quanheng.web.api.instruments import Line, NamedOut
from quanheng.web.api.schemas import Key, Paged, Revision, Slice, UnitNameOut, page_of, reads, writes
from quanheng.web.auth import require_permission

router = Router(tags=["parties"])

Title = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Address = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00]*$")]
Short = Annotated[str, StringConstraints(max_length=50, pattern=r"^[^\x00]*$")]


class PlaceOut(Schema):
    public_id: UUID
    name: str
    setting: Setting
    town: UnitNameOut | None
    address: str
    longitude: Decimal | None = Field(description="WGS 84 [°]")
    latitude: Decimal | None
    is_demo: bool
    revision: int


class PlaceIn(Schema):
    name: Title
    setting: Setting = Setting.OTHER
    town: Key | None = None
    address: Address = ""
    longitude: Annotated[Decimal, Field(ge=-180, le=180, max_digits=9, decimal_places=6)] | None = None
    latitude: Annotated[Decimal, Field(ge=-90, le=90, max_digits=8, decimal_places=6)] | None = None


class PlaceChangeIn(PlaceIn):
    revision: Revision


class PartyOut(Schema):
    public_id: UUID
    name: str
    kind: PartyKind
    credit_code: str
    town: UnitNameOut | None
    address: str
    contact_name: str
    contact_phone: str
    parent: NamedOut | None
    is_demo: bool
    revision: int


class PartyIn(Schema):
    name: Title
    kind: PartyKind = PartyKind.OTHER
    credit_code: Short = Field("", description="统一社会信用代码，按 GB 32100 核对")
    town: Key | None = None
    address: Address = ""
    contact_name: Short = ""
    contact_phone: Short = ""
    parent: UUID | None = Field(None, description="连锁的总店")


class PartyChangeIn(PartyIn):
    revision: Revision


class PlaceSlice(Slice):
    text: Line = ""
    town: Key | None = None
    setting: Setting | None = None


class PartySlice(Slice):
    text: Line = ""
    town: Key | None = None
    kind: PartyKind | None = None


@router.get("/places", response=reads(Paged[PlaceOut]), summary="场所")
def list_places(request: HttpRequest, wanted: Query[PlaceSlice]) -> dict[str, Any]:
    user = require_permission(request, "instruments.view")
    rows = places_visible(user)
    if wanted.text.strip():
        rows = rows.filter(pk__in=places_named(wanted.text).values("pk"))
    given = wanted.dict(include={"town", "setting"}, exclude_none=True)
    return page_of(rows.filter(**given), wanted)


@router.post("/places", response=writes(PlaceOut, 201), summary="新建场所")
def post_place(request: HttpRequest, body: PlaceIn) -> Status[Place]:
    actor = require_permission(request, "parties.change")
    return Status(201, save_place(actor=actor, public_id=None, revision=0, details=_place(body)))


@router.get("/places/{uuid:public_id}", response=reads(PlaceOut), summary="一个场所")
def get_place(request: HttpRequest, public_id: UUID) -> Place:
    return place_for(require_permission(request, "instruments.view"), public_id)


@router.put("/places/{uuid:public_id}", response=writes(PlaceOut), summary="修改场所")
def put_place(request: HttpRequest, public_id: UUID, body: PlaceChangeIn) -> Place:
    actor = require_permission(request, "parties.change")
    return save_place(actor=actor, public_id=public_id, revision=body.revision, details=_place(body))


@router.get("/parties", response=reads(Paged[PartyOut]), summary="使用单位")
def list_parties(request: HttpRequest, wanted: Query[PartySlice]) -> dict[str, Any]:
    user = require_permission(request, "parties.view")
    rows = parties_visible(user)
    if wanted.text.strip():
        rows = rows.filter(pk__in=parties_named(wanted.text).values("pk"))
    given = wanted.dict(include={"town", "kind"}, exclude_none=True)
    return page_of(rows.filter(**given), wanted)


@router.post("/parties", response=writes(PartyOut, 201), summary="新建使用单位")
def post_party(request: HttpRequest, body: PartyIn) -> Status[Party]:
    actor = require_permission(request, "parties.change")
    return Status(201, save_party(actor=actor, public_id=None, revision=0, details=_party(body)))


@router.get("/parties/{uuid:public_id}", response=reads(PartyOut), summary="一个使用单位")
def get_party(request: HttpRequest, public_id: UUID) -> Party:
    return party_for(require_permission(request, "parties.view"), public_id)


@router.put("/parties/{uuid:public_id}", response=writes(PartyOut), summary="修改使用单位")
def put_party(request: HttpRequest, public_id: UUID, body: PartyChangeIn) -> Party:
    actor = require_permission(request, "parties.change")
    return save_party(actor=actor, public_id=public_id, revision=body.revision, details=_party(body))


def _place(body: PlaceIn) -> PlaceDetails:
    given = {name: getattr(body, name) for name in PlaceDetails.__dataclass_fields__}
    return PlaceDetails(**given | {"town": _town(body.town)})


def _party(body: PartyIn) -> PartyDetails:
    given = {name: getattr(body, name) for name in PartyDetails.__dataclass_fields__ if name != "parent_id"}
    parent = Party.objects.filter(public_id=body.parent).first() if body.parent else None
    # An id that leads nowhere is refused by the service, as a parent that is not there.
    parent_id = parent.pk if parent else (0 if body.parent else None)
    return PartyDetails(**given | {"town": _town(body.town), "parent_id": parent_id})


def _town(key: int | None) -> OrgUnit | None:
    if key is None:
        return None
    found = OrgUnit.objects.filter(pk=key).first()
    if found is None:
        raise UnitNotFound(unit_id=key)
    return found
