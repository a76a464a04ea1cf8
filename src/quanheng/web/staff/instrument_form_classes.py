"""Forms that say what an instrument is, whose, and where: one at a time, or a whole market."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from django import forms
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import scope_of
from quanheng.instruments.enums import Use
from quanheng.instruments.models import Instrument, Place
from quanheng.instruments.selectors import places_named
from quanheng.instruments.services.naming import NewNames
from quanheng.instruments.services.registry import InstrumentDetails
from quanheng.kernels.rules import PARAMETERS
from quanheng.kernels.text_keys import name_key
from quanheng.parties.models import Party
from quanheng.parties.selectors import parties_visible
from quanheng.regulations.packaged import packaged_kinds
from quanheng.web.staff.forms import RevisionForm, file_bytes
from quanheng.web.staff.instrument_words import FIELD_WORDS, PLATE_WORDS, UNITS

TOWNS = (UnitKind.TOWN, UnitKind.SUBDISTRICT)
Found = TypeVar("Found", Party, Place)
GASES = (("natural_gas", _("天然气")), ("coal_gas", _("人工煤气")), ("lpg", _("液化石油气")))


def day_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    """Return a field for a date, with the browser's calendar."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, help_text=help_text, widget=widget)


def looked_up(name: str) -> dict[str, str]:
    """Return the attributes of a field whose names are offered while it is typed."""
    return {
        "list": f"{name}-names",
        "autocomplete": "off",
        "hx-get": reverse("staff:instrument_names"),
        "hx-trigger": "input changed delay:250ms",
        "hx-target": f"#{name}-names",
    }


def use_choices() -> list[tuple[str, str]]:
    """Return the uses, each with what it means."""
    meant = {
        Use.TRADE: gettext("贸易结算：买卖、收费按它的读数算"),
        Use.SAFETY: gettext("安全防护：防爆、防火、防毒，保护人身和设备"),
        Use.MEDICAL: gettext("医疗卫生：看病、体检、防疫用"),
        Use.ENVIRONMENT: gettext("环境监测：监测水、气、声、辐射"),
        Use.ENFORCEMENT: gettext("行政执法：执法部门取证、监测用"),
        Use.OTHER: gettext("其他用途：只供自己参考、教学、生产过程用"),
        Use.UNKNOWN: gettext("不清楚，请监管人员核实"),
    }
    return [(use.value, meant[use]) for use in Use]


def kind_choices() -> list[tuple[str, Any]]:
    """Return the kinds under their catalogue items; first: by the name."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for kind in packaged_kinds():
        groups.setdefault(kind.item or gettext("目录以外"), []).append((kind.code, kind.name))
    return [("", gettext("按名称认定")), *groups.items()]


def town_choices() -> list[tuple[Any, str]]:
    """Return towns and subdistricts."""
    units = OrgUnit.objects.filter(kind__in=TOWNS, is_active=True)
    return [("", gettext("请选择")), *units.values_list("pk", "name")]


def text_field(name: str, limit: int, *, required: bool = False, **attrs: str) -> forms.CharField:
    """Return a field of an instrument as text."""
    widget = forms.TextInput(attrs={"autocomplete": "off"} | attrs)
    return forms.CharField(label=FIELD_WORDS[name], max_length=limit, required=required, widget=widget)


class PlateFields(forms.Form):
    """What stands on the nameplate, and what the instrument is used for."""

    name = text_field("name", 100, required=True, list="kind-names")
    kind = forms.ChoiceField(label=_("器具种类"), required=False, choices=kind_choices)
    use = forms.ChoiceField(
        label=_("用来做什么"), choices=use_choices, widget=forms.RadioSelect, initial=Use.TRADE
    )
    model = text_field("model", 100)
    manufacturer = text_field("manufacturer", 200)
    accuracy_class = text_field("accuracy_class", 100)
    measuring_range = text_field("measuring_range", 100)

    def add_parameters(self, given: Mapping[str, Any]) -> None:
        """Ask what the period of this kind depends on."""
        for name in parameters_of(str(given.get("name", "")), str(given.get("kind", ""))):
            self.fields[f"parameter_{name}"] = parameter_field(name)

    def parameters(self) -> dict[str, Any]:
        """Return what was answered."""
        return {
            name.removeprefix("parameter_"): value if isinstance(value, str) else float(value)
            for name, value in self.cleaned_data.items()
            if name.startswith("parameter_") and value not in {None, ""}
        }

    def parameter_lines(self) -> list[tuple[forms.BoundField, str]]:
        """Return the bound fields of parameters with their units, for the template."""
        return [
            (self[name], UNITS.get(name.removeprefix("parameter_"), ""))
            for name in self.fields
            if name.startswith("parameter_")
        ]


def parameters_of(name: str, kind: str) -> tuple[str, ...]:
    """Return the parameters to ask for; the class stands on every form already."""
    kinds = packaged_kinds()
    code = kind if kind in kinds else kinds.kind_of(name) if name else None
    return tuple(one for one in kinds[code].parameters if one != "accuracy_class") if code else ()


def parameter_field(name: str) -> forms.Field:
    """Return the field of one parameter of a period."""
    label = gettext(PARAMETERS[name])
    if name == "gas":
        return forms.ChoiceField(label=label, required=False, choices=[("", gettext("请选择")), *GASES])
    return forms.DecimalField(
        label=label.partition("（")[0] if name in UNITS else label, required=False, min_value=0, max_digits=9
    )


class OwnerPlaceFields(forms.Form):
    """Whose it is and where it stands: names, looked up as they are typed."""

    owner = forms.CharField(label=FIELD_WORDS["owner"], max_length=200, required=False)
    owner_is_new = forms.BooleanField(label=_("名录中没有，登记为新的使用单位"), required=False)
    place = forms.CharField(label=FIELD_WORDS["place"], max_length=200, required=False)
    place_is_new = forms.BooleanField(label=_("名录中没有，登记为新的场所"), required=False)
    town = forms.TypedChoiceField(
        label=FIELD_WORDS["town"], choices=town_choices, coerce=int, empty_value=None, required=False
    )
    spot = text_field("spot", 100)

    user: User
    present: Instrument | None

    def for_person(self, user: User, present: Instrument | None) -> None:
        """Offer what this person may choose from; the one party of an owner is chosen already.

        The owner and place of ``present`` may stay, whoever else bears their names.
        """
        self.user, self.present = user, present
        self.may_add = bool(scope_of(user, "instruments.register_others"))
        mine = list(parties_visible(user)[:2]) if not self.may_add else []
        if len(mine) == 1:
            self.fields["owner"].initial = mine[0].name
            self.fields["owner"].widget.attrs["readonly"] = True
        if not self.may_add:
            del self.fields["owner_is_new"], self.fields["place_is_new"]
        for name in ("owner", "place"):
            self.fields[name].widget.attrs |= looked_up(name)

    def clean(self) -> dict[str, Any]:
        """Find the party and the place that the names mean; what is not found is asked about."""
        data = super().clean() or {}
        town = data.get("town")
        if place := data.get("place"):
            data["place_found"] = self._found("place", place_choices(place, town))
        if owner := data.get("owner"):
            where = town or getattr(data.get("place_found"), "town_id", None)
            data["owner_found"] = self._found("owner", owner_choices(self.user, owner, where))
        return data

    def _found(self, name: str, found: list[Any]) -> Any:
        kept = getattr(self.present, name, None)
        if kept is not None and name_key(kept.name) == name_key(self.cleaned_data[name]):
            return kept
        is_new = bool(self.cleaned_data.get(f"{name}_is_new"))
        if len(found) == 1 or (found and is_new):
            return found[0]
        if found:
            towns = "、".join(str(item.town or gettext("乡镇街道不详")) for item in found[:5])
            self.add_error(
                name,
                gettext("有 %(n)s 个同名：%(towns)s。请先选乡镇街道。") % {"n": len(found), "towns": towns},
            )
        elif not is_new:
            told = gettext("名录中没有这个名称。")
            if self.may_add:
                told += gettext("请核对，或勾选登记为新的。")
            self.add_error(name, told)
        return None


def owner_choices(user: User, text: str, town: int | None) -> list[Party]:
    """Return the parties that a name or credit code means for this person, best first."""
    rows = parties_visible(user)
    found = list(rows.filter(credit_code=text.strip().upper())) if text.strip() else []
    found = found or list(rows.filter(name_key=name_key(text)))
    here = [party for party in found if party.town_id == town]
    return here if town and here else found


def place_choices(text: str, town: int | None) -> list[Place]:
    """Return the places that a name means, in the town where one is given."""
    found = list(places_named(text).filter(name_key=name_key(text)).select_related("town"))
    return [place for place in found if not town or place.town_id in {town, None}]


class InstrumentForm(PlateFields, OwnerPlaceFields, RevisionForm):
    """One instrument on one page."""

    serial_no = text_field("serial_no", 100)
    in_use_on = day_field(FIELD_WORDS["in_use_on"], required=False)
    institute = forms.TypedChoiceField(
        label=FIELD_WORDS["institute"], coerce=int, empty_value=None, required=False
    )
    photo = forms.FileField(
        label=_("铭牌照片"), required=False, widget=forms.FileInput(attrs={"accept": "image/*"})
    )

    def __init__(self, *args: Any, user: User, present: Instrument | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.for_person(user, present)
        units = OrgUnit.objects.filter(kind=UnitKind.INSTITUTE, is_active=True).values_list("pk", "name")
        self.fields["institute"].choices = [("", gettext("不定")), *units]  # type: ignore[attr-defined]
        for name in PLATE_WORDS:
            self.fields[f"plate_{name}"] = text_field(name, 50)
        self.fields["serial_no"].help_text = gettext("铭牌上的编号，照抄；没有就留空。")
        if present is not None:
            self.fields["photo"].help_text = gettext("要换照片时才选；原来的照片留在经过里。")
        self.fields["spot"].help_text = gettext("摊位号、枪号、科室等。")
        self.fields["in_use_on"].help_text = gettext("水表、燃气表、电能表按启用日期计算使用期限。")
        self.add_parameters(self.data or self.initial)

    def clean_photo(self) -> tuple[str, bytes]:
        """Return name and bytes; empty where none was sent."""
        photo = self.cleaned_data["photo"]
        return (photo.name, file_bytes(photo)) if photo else ("", b"")

    def plate_lines(self) -> list[forms.BoundField]:
        """Return the fields of weighing instruments, for the template."""
        return [self[f"plate_{name}"] for name in PLATE_WORDS]

    def new_names(self) -> NewNames:
        """Return the names of owner and place that the person asks to enter."""
        data = self.cleaned_data
        names = {
            name: data[name]
            for name in ("owner", "place")
            if data.get(f"{name}_is_new") and data[name] and data[f"{name}_found"] is None
        }
        return NewNames(**names)

    def details(self, kept: InstrumentDetails | None = None) -> InstrumentDetails:
        """Return what the person states; what this form does not ask for stays as it was (``kept``)."""
        data = self.cleaned_data
        details = dict(kept.details) if kept else {}
        for name in PLATE_WORDS:
            details.pop(name, None)
            if text := data[f"plate_{name}"].strip():
                details[name] = text
        asked = {
            item.name: data[item.name]
            for item in fields(InstrumentDetails)
            if item.name in data and item.name not in {"owner", "place", "town", "institute", "use"}
        }
        units: dict[str, Any] = {
            name: OrgUnit.objects.filter(pk=data[name]).first() if data[name] else None
            for name in ("town", "institute")
        }
        return InstrumentDetails(
            **asked,
            **units,
            details=details,
            parameters=self._kept_parameters(kept) | self.parameters(),
            use=Use(data["use"]),
            owner=data.get("owner_found"),
            place=data.get("place_found"),
        )

    def _kept_parameters(self, kept: InstrumentDetails | None) -> dict[str, Any]:
        asked = {name.removeprefix("parameter_") for name in self.fields}
        return {name: value for name, value in kept.parameters.items() if name not in asked} if kept else {}


def only_one(found: list[Found]) -> Found:
    """Return the one that was found.  ValidationError where there is none, or more."""
    if not found:
        raise forms.ValidationError(gettext("名录中没有这个名称。"))
    if len(found) > 1:
        towns = "、".join(str(item.town or gettext("乡镇街道不详")) for item in found[:5])
        raise forms.ValidationError(
            gettext("有 %(n)s 个同名：%(towns)s。") % {"n": len(found), "towns": towns}
        )
    return found[0]


class DoorForm(PlateFields):
    """What all instruments of a market share, and the lines, one for each, as a sheet gives them."""

    place = forms.CharField(
        label=_("市场或场所"),
        max_length=200,
        help_text=_("名录中的名称。"),
    )
    rows = forms.CharField(
        label=_("每台一行：位置、使用单位、电话、出厂编号，用制表符隔开"),
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        strip=False,
    )
    field_order = ("place",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["manufacturer"].required = True
        self.fields["place"].widget.attrs |= looked_up("place")
        self.add_parameters(self.data or self.initial)

    def clean_place(self) -> Place:
        """Return the place of this name."""
        return only_one(place_choices(self.cleaned_data["place"], None))

    def common(self) -> InstrumentDetails:
        """Return what all of them share."""
        data = self.cleaned_data
        return InstrumentDetails(
            **{
                name: data[name]
                for name in ("name", "kind", "model", "manufacturer", "accuracy_class", "measuring_range")
            },
            parameters=self.parameters(),
            use=Use(data["use"]),
        )
