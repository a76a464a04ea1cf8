"""The county that this installation serves."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema

from quanheng.core.models import County, Neighbour
from quanheng.core.selectors import county
from quanheng.web.api.errors import NoCounty
from quanheng.web.api.schemas import reads
from quanheng.web.auth import require_permission

router = Router(tags=["county"])


class NeighbourOut(Schema):
    code: str
    name: str


class CountyOut(Schema):
    code: str
    name: str
    full_name: str
    is_demo: bool
    neighbours: list[NeighbourOut]

    @staticmethod
    def resolve_code(county: County) -> str:
        return county.unit.code

    @staticmethod
    def resolve_name(county: County) -> str:
        return county.unit.name

    @staticmethod
    def resolve_neighbours(_county: County) -> list[Neighbour]:
        return list(Neighbour.objects.all())


@router.get("/county", response=reads(CountyOut), summary="本县区及邻近县区")
def get_county(request: HttpRequest) -> County:
    require_permission(request, "core.view_today")
    home = county()
    if home is None:
        raise NoCounty()
    return home
