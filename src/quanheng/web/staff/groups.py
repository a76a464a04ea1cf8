"""Places and owners as groups of instruments: how many each has, how many are overdue, what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from quanheng.base import clock
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.instruments.enums import Setting
from quanheng.instruments.models import Place, Standing
from quanheng.instruments.selectors import LIVE, ListQuery, standings_visible
from quanheng.parties.enums import PartyKind
from quanheng.parties.models import Party
from quanheng.web.lists import whole
from quanheng.web.staff.forms import RevisionForm
from quanheng.web.staff.instrument_lists import list_url


@dataclass(frozen=True)
class Group:
    """A place or an owner with its instruments."""

    of: Any
    count: int
    overdue: int
    url: str
    overdue_url: str

    @property
    def share(self) -> str:
        """The overdue as a share of all [%]."""
        return f"{Decimal(100 * self.overdue) / self.count:.1f}" if self.count else ""


def groups(user: User, field: str, members: Sequence[Any]) -> list[Group]:
    """Return each member (of the field ``place`` or ``owner``) with its counts, by one query."""
    late = Count("pk", filter=Q(due_on__lt=clock.today()))
    rows = standings_visible(user).filter(LIVE, **{f"{field}__in": [member.pk for member in members]})
    counted = {
        key: (count, overdue)
        for key, count, overdue in rows.order_by().values_list(field).annotate(count=Count("pk"), late=late)
    }
    found = []
    for member in members:
        count, overdue = counted.get(member.pk, (0, 0))
        url, late_url = (list_url(ListQuery(**{field: member.pk}, due=due)) for due in ("", "overdue"))
        found.append(Group(member, count, overdue, url, late_url))
    return found


def with_overdue(user: User, field: str) -> QuerySet[Standing, Any]:
    """Return the keys of the places or owners that have an overdue instrument."""
    late = standings_visible(user).filter(LIVE, due_on__lt=clock.today())
    found: QuerySet[Standing, Any] = late.exclude(**{field: None}).order_by().values(field)
    return found


def asked_town(request: HttpRequest) -> int | None:
    """Return the town that a list is narrowed to."""
    return whole(request.GET.get("town"))


def town_choices() -> list[tuple[int, str]]:
    """Return the towns and subdistricts in use."""
    kinds = (UnitKind.TOWN, UnitKind.SUBDISTRICT)
    return list(OrgUnit.objects.filter(kind__in=kinds, is_active=True).values_list("pk", "name"))


class TownField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic when it runs
    """A town or subdistrict; none for what lies outside or is not known."""

    def __init__(self, **options: Any) -> None:
        towns = OrgUnit.objects.filter(kind__in=(UnitKind.TOWN, UnitKind.SUBDISTRICT), is_active=True)
        super().__init__(towns, label=_("乡镇街道"), required=False, empty_label=_("不详或县外"), **options)


class PlaceForm(RevisionForm):
    """A place: what it is, where it lies."""

    name = forms.CharField(label=_("名称"), max_length=200)
    setting = forms.ChoiceField(label=_("场所类型"), choices=Setting.listed)
    town = TownField()
    address = forms.CharField(label=_("地址"), max_length=300, required=False)
    longitude = forms.DecimalField(
        label=_("经度"),
        required=False,
        max_digits=9,
        decimal_places=6,
        help_text=_("WGS 84 坐标，如 107.511830；不用手机地图的偏移坐标。"),
    )
    latitude = forms.DecimalField(label=_("纬度"), required=False, max_digits=8, decimal_places=6)

    @staticmethod
    def initial_of(place: Place) -> dict[str, Any]:
        """Return the place as the form shows it."""
        names = ("revision", "name", "setting", "town", "address", "longitude", "latitude")
        return {name: getattr(place, name) for name in names}


class PartyForm(RevisionForm):
    """A user of instruments."""

    name = forms.CharField(label=_("名称"), max_length=200)
    kind = forms.ChoiceField(label=_("类型"), choices=lambda: PartyKind.choices)
    credit_code = forms.CharField(
        label=_("统一社会信用代码"),
        max_length=40,
        required=False,
        help_text=_("18 位，保存时按 GB 32100 核对校验位；没有的可不填。"),
    )
    town = TownField()
    address = forms.CharField(label=_("地址"), max_length=300, required=False)
    contact_name = forms.CharField(label=_("联系人"), max_length=50, required=False)
    contact_phone = forms.CharField(label=_("联系电话"), max_length=50, required=False)
    parent = forms.CharField(
        label=_("上级单位"),
        max_length=200,
        required=False,
        help_text=_("连锁的分店填总店的统一社会信用代码或全称。"),
    )

    @staticmethod
    def initial_of(party: Party) -> dict[str, Any]:
        """Return the party as the form shows it."""
        names = ("revision", "name", "kind", "credit_code", "town", "address", "contact_name")
        parent = (party.parent.credit_code or party.parent.name) if party.parent else ""
        return {name: getattr(party, name) for name in names} | {
            "contact_phone": party.contact_phone,
            "parent": parent,
        }

    def clean_parent(self) -> Party | None:
        """Return the party that is meant."""
        text = self.cleaned_data["parent"].strip()
        if not text:
            return None
        found = list(Party.objects.filter(Q(credit_code=text.upper()) | Q(name=text))[:2])
        if len(found) != 1:
            several = _("有几个单位叫这个名称，请填统一社会信用代码。")
            raise forms.ValidationError(several if found else _("没有找到这个单位。"))
        return found[0]
