"""Names that stand for several units: who belongs to them, and who may say so."""

from __future__ import annotations

import json

import pytest

from quanheng.base.errors import StaleRevision
from quanheng.core.enums import UnitKind
from quanheng.core.errors import BadUnit, UnitNotFound
from quanheng.core.models import OrgUnit
from quanheng.core.selectors import groups_of, units_behind
from quanheng.core.services import save_unit
from quanheng.transparency.models import PendingLeaf

pytestmark = pytest.mark.django_db

OFFICES = "各街道办事处"


def _unit(name: str) -> OrgUnit:
    return OrgUnit.objects.get(name=name)


def _save(name: str, **changes: object) -> OrgUnit:
    """Save a unit as it stands, but for ``changes``; a new one where no unit bears the name."""
    unit = OrgUnit.objects.filter(name=name).first()
    fields: dict[str, object] = {"kind": UnitKind.SUBDISTRICT, "unit_id": None, "revision": 0}
    if unit is not None:
        fields = {"kind": UnitKind(unit.kind), "unit_id": unit.pk, "revision": unit.revision}
    return save_unit(actor=None, name=name, **(fields | changes))  # type: ignore[arg-type]


def _logged(unit: OrgUnit) -> dict[str, object]:
    leaf = PendingLeaf.objects.filter(kind="unit:saved", subject=f"unit:{unit.pk}").latest("pk")
    data: dict[str, object] = json.loads(bytes(leaf.entry))["data"]
    return data


def test_a_new_subdistrict_joins_its_group_and_the_group_obliges_it(dachuan: object) -> None:
    group = _unit(OFFICES)
    office = _save("新城街道", groups=[group.pk])

    assert office in units_behind(group)
    assert groups_of(frozenset({office.pk})) == {group.pk}
    assert "新城街道" in _logged(group)["members"]  # type: ignore[operator]
    assert "members" not in _logged(office)


def test_a_group_gets_exactly_these_members_and_none_says_nothing(dachuan: object) -> None:
    two = [_unit("翠屏街道").pk, _unit("三里坪街道").pk]
    group = _save(OFFICES, members=two)
    assert {unit.pk for unit in units_behind(group)} == set(two)
    assert _logged(group)["members"] == ["三里坪街道", "翠屏街道"]

    _save(OFFICES, code="x")
    assert {unit.pk for unit in units_behind(group)} == set(two)
    _save("翠屏街道", groups=[])
    assert _logged(group)["members"] == ["三里坪街道"]


def test_joining_and_leaving_count_as_edits_on_both_sides(dachuan: object) -> None:
    office, group = _unit("翠屏街道"), _unit(OFFICES)
    _save(OFFICES, members=[])
    with pytest.raises(StaleRevision):  # a form of the office opened before would let it join again
        _save("翠屏街道", revision=office.revision, groups=[group.pk])

    _save("翠屏街道", groups=[group.pk])
    with pytest.raises(StaleRevision):
        _save(OFFICES, revision=group.revision + 1, members=[])
    assert units_behind(group) == [office]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("翠屏街道", {"members": ["三里坪街道"]}),
        (OFFICES, {"members": ["各乡、镇人民政府"]}),
        (OFFICES, {"members": [OFFICES]}),
        (OFFICES, {"members": ["达川区"]}),
        (OFFICES, {"groups": ["各乡、镇人民政府"]}),
        ("翠屏街道", {"groups": ["三里坪街道"]}),
    ],
)
def test_only_groups_have_members_and_no_group_is_one(
    dachuan: object, name: str, changes: dict[str, list[str]]
) -> None:
    before = list(OrgUnit.members.through.objects.order_by("pk").values())
    ids = {field: [_unit(other).pk for other in others] for field, others in changes.items()}
    with pytest.raises(BadUnit):
        _save(name, **ids)

    assert list(OrgUnit.members.through.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("field", ["members", "groups"])
def test_a_member_or_group_that_is_not_there_is_refused(dachuan: object, field: str) -> None:
    with pytest.raises(UnitNotFound):
        _save(OFFICES if field == "members" else "翠屏街道", **{field: [10**6]})


@pytest.mark.parametrize(
    ("name", "kind"),
    [(OFFICES, UnitKind.DEPARTMENT), ("翠屏街道", UnitKind.GROUP), ("翠屏街道", UnitKind.COUNTY)],
)
def test_a_group_never_becomes_a_unit_nor_the_reverse(dachuan: object, name: str, kind: UnitKind) -> None:
    with pytest.raises(BadUnit):
        _save(name, kind=kind)


def test_a_new_group_is_made_with_its_members(dachuan: object) -> None:
    group = _save("各执法单位", kind=UnitKind.GROUP, members=[_unit("区公安分局").pk])

    assert units_behind(group) == [_unit("区公安分局")]
