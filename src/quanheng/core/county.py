"""The county from a file: names, units, aliases, neighbours.  Nothing in code knows a county."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from quanheng.core.enums import UnitKind
from quanheng.core.errors import BadCountyFile, OtherCounty
from quanheng.core.models import County, Neighbour, OrgUnit, UnitAlias
from quanheng.transparency.services import enqueue_leaf

Name = Annotated[str, Field(min_length=1, max_length=100)]
_REASONS = {
    "missing": _("缺少这一项。"),
    "extra_forbidden": _("没有这一项，请核对拼写。"),
    "string_too_short": _("不能为空。"),
    "string_too_long": _("太长。"),
    "string_pattern_mismatch": _("应为 6 位数字代码。"),
    "string_type": _("应为文字；数字代码请加引号。"),
    "list_type": _("应为列表。"),
    "literal_error": _("只能是 department、institute、town 或 subdistrict。"),
    "enum": _("只能是 department、institute、town 或 subdistrict。"),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class NamedUnit(_Strict):
    """A department, institute or town of the file."""

    name: Name
    code: str = Field(default="", max_length=12)
    aliases: list[Name] = []


class GroupUnit(NamedUnit):
    """A name that stands for all units of one kind."""

    members: Literal[UnitKind.DEPARTMENT, UnitKind.INSTITUTE, UnitKind.TOWN, UnitKind.SUBDISTRICT]


class NeighbourEntry(_Strict):
    """A county next door."""

    code: str = Field(pattern=r"^\d{6}$")
    name: Name


class CountyFile(_Strict):
    """The whole file; docs/reference/county-file.md describes every field."""

    code: str = Field(pattern=r"^\d{6}$")
    name: Name
    full_name: Name
    is_demo: bool = False
    departments: list[NamedUnit]
    institutes: list[NamedUnit] = []
    businesses: list[NamedUnit] = []
    manufacturers: list[NamedUnit] = []
    towns: list[NamedUnit]
    subdistricts: list[NamedUnit] = []
    groups: list[GroupUnit] = []
    neighbours: list[NeighbourEntry] = []


@dataclass(frozen=True)
class Loaded:
    """What loading a county file did: ``kept`` names units already there, which stay as edited."""

    created: int
    kept: int


def read_county(path: Path) -> CountyFile:
    """Read and check a county file.

    Raises
    ------
    BadCountyFile
        Naming the line or the field, and what is wrong with it.
    """
    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
        county = CountyFile.model_validate(data)
    except OSError as error:
        raise BadCountyFile(where=str(path), reason=gettext("文件不存在或无法读取。")) from error
    except UnicodeDecodeError as error:
        raise BadCountyFile(where=path.name, reason=gettext("不是 UTF-8 文字。")) from error
    except yaml.YAMLError as error:
        raise BadCountyFile(
            where=path.name, reason=gettext("不是 YAML：%(error)s") % {"error": error}
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or path.name
        reason = gettext(_REASONS.get(first["type"], first["msg"]))
        raise BadCountyFile(where=where, reason=reason) from error
    seen: dict[str, str] = {}
    for unit in _all_units(county):
        for name in (unit.name, *unit.aliases):
            if seen.setdefault(name, unit.name) != unit.name or unit.aliases.count(name) > 1:
                reason = gettext("名称“%(name)s”与“%(other)s”重复。") % {"name": name, "other": seen[name]}
                raise BadCountyFile(where=unit.name, reason=reason)
    return county


@transaction.atomic
def load_county(file: CountyFile) -> Loaded:
    """Make the county of this installation; units that exist already stay as they were edited.

    Raises
    ------
    OtherCounty
        The installation serves another county already.
    """
    present = County.objects.select_related("unit").first()
    if present is not None and present.unit.code != file.code:
        raise OtherCounty(present=present.full_name, wanted=file.full_name)
    if present is None:
        root = OrgUnit.objects.create(kind=UnitKind.COUNTY, name=file.name, code=file.code)
        County.objects.create(unit=root, full_name=file.full_name, is_demo=file.is_demo)
    else:
        root = present.unit
    created = kept = 0
    # A unit renamed on the page keeps its old name as an alias; one switched off is there all the same.
    names = {
        *OrgUnit.objects.values_list("name", flat=True),
        *UnitAlias.objects.values_list("name", flat=True),
    }
    for kind, units in _by_kind(file).items():
        for unit in units:
            if unit.name in names:
                kept += 1
            else:
                _create(root, kind, unit)
                created += 1
    for neighbour in file.neighbours:
        Neighbour.objects.get_or_create(code=neighbour.code, defaults={"name": neighbour.name})
    if created:
        enqueue_leaf(
            kind="county:loaded",
            subject=f"county:{file.code}",
            data={"name": file.full_name, "demo": file.is_demo, "units": created},
        )
    return Loaded(created=created, kept=kept)


def _create(root: OrgUnit, kind: UnitKind, unit: NamedUnit) -> None:
    made = OrgUnit.objects.create(
        kind=kind, parent=root, name=unit.name, code=unit.code, position=OrgUnit.objects.count()
    )
    taken = set(UnitAlias.objects.filter(name__in=unit.aliases).values_list("name", flat=True))
    UnitAlias.objects.bulk_create(
        UnitAlias(unit=made, name=name) for name in unit.aliases if name not in taken
    )
    if isinstance(unit, GroupUnit):
        made.members.set(OrgUnit.objects.filter(kind=unit.members))


def _by_kind(file: CountyFile) -> dict[UnitKind, list[NamedUnit]]:
    return {
        UnitKind.DEPARTMENT: file.departments,
        UnitKind.INSTITUTE: file.institutes,
        UnitKind.BUSINESS: file.businesses,
        UnitKind.MANUFACTURER: file.manufacturers,
        UnitKind.TOWN: file.towns,
        UnitKind.SUBDISTRICT: file.subdistricts,
        UnitKind.GROUP: list(file.groups),
    }


def _all_units(file: CountyFile) -> list[NamedUnit]:
    return [unit for units in _by_kind(file).values() for unit in units]
