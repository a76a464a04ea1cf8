"""Writes: a lot is opened, its list filled, and closed for ever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from django.db import transaction
from django.db.models import Min, OuterRef, Subquery
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.sheets import Rejected
from quanheng.base.texts import text_fault
from quanheng.core.models import OrgUnit, User
from quanheng.core.selectors import unit_names
from quanheng.kernels.rules import Use
from quanheng.kernels.rules.due import Facts, due
from quanheng.kernels.sampling.draw import list_sha256
from quanheng.kernels.text_keys import name_key, serial_key
from quanheng.lots.enums import Origin
from quanheng.lots.errors import BadLot, EmptyList, ListClosed, LotNumberTaken, MetersRefused
from quanheng.lots.members import NewMeter
from quanheng.lots.models import Lot, LotMeter
from quanheng.lots.services.shared import ROWS_AT_ONCE, locked_lot, log, refuse_other_maker, store_list
from quanheng.parties.models import Party
from quanheng.regulations.selectors import rule_set

FIRST_YEAR = 1990
_KEYS_AT_ONCE = 10_000  # SQLite takes 32,766 parameters
_LONGEST = {"serial_no": 60, "mark_no": 60, "area_id": 100, "meter_id": 100}


@transaction.atomic
def open_lot(
    *,
    actor: User | None,
    origin: Origin,
    number: str,
    kind: str,
    maker: str,
    model: str,
    first_verified_in: int,
    accuracy_class: str = "",
    delivery: str = "",
    utility: Party | None = None,
    maker_unit: OrgUnit | None = None,
    is_demo: bool = False,
) -> Lot:
    """Open a lot: meters of one maker, type, class, delivery and year of first verification.

    ``actor`` is None for who runs the house.  A maker may open lots that it delivers, for its own unit.

    Raises
    ------
    NotPermitted
        The person may not open such a lot.
    BadLot, LotNumberTaken
        What describes it is missing or wrong; the maker has a lot of that number.
    """
    refuse_other_maker(actor, origin, maker_unit.pk if maker_unit else None)
    lot = Lot(
        origin=Origin(origin),
        number=number.strip(),
        kind=kind,
        maker=maker.strip(),
        maker_key=name_key(maker),
        model=model.strip(),
        accuracy_class=accuracy_class.strip(),
        first_verified_in=first_verified_in,
        delivery=delivery.strip(),
        utility=utility,
        maker_unit=maker_unit,
        created_by=actor,
        created_at=clock.now(),
        is_demo=is_demo,
    )
    if fault := _lot_fault(lot):
        raise BadLot(reason=fault)
    made, is_new = Lot.objects.get_or_create(
        origin=lot.origin, maker_key=lot.maker_key, number=lot.number, defaults=_fields(lot)
    )
    if not is_new:
        raise LotNumberTaken(maker=lot.maker, number=lot.number)
    log(
        "opened",
        made,
        actor,
        origin=str(lot.origin),
        number=lot.number,
        kind=lot.kind,
        manufacturer=lot.maker,
        model=lot.model,
        accuracy=lot.accuracy_class,
        delivery=lot.delivery,
        year=lot.first_verified_in,
    )
    return made


@transaction.atomic
def add_meters(
    *, actor: User | None, lot: Lot, meters: Sequence[NewMeter], unread: Sequence[Rejected] = ()
) -> int:
    """Put meters on the list of a lot that is not closed, all or none; return how many.

    ``unread`` are rows of the same file that could not be read: they are refused together with the others.

    Raises
    ------
    NotPermitted, ListClosed
        The person may not; the list is closed.
    MetersRefused
        Rows of another maker, type, class, delivery or year, doubles, days or names that make no sense; each is named.
    """
    lot = locked_lot(lot)
    refuse_other_maker(actor, lot.origin, lot.maker_unit_id)
    if lot.is_complete:
        raise ListClosed()
    reader = _Rows(lot, list(unread))
    rows = [row for meter in meters if (row := reader.row(meter)) is not None]
    reader.refuse_known(rows)
    if reader.rejected:
        raise MetersRefused(sorted(reader.rejected, key=lambda one: (one.row, one.column)))
    LotMeter.objects.bulk_create((made for made, _meter in rows), batch_size=ROWS_AT_ONCE)
    if rows:
        keys = (made.serial_key for made, _meter in rows)
        log("meters_added", lot, actor, meters=len(rows), sha256=list_sha256(keys))
    return len(rows)


@transaction.atomic
def close_list(*, actor: User | None, lot: Lot) -> Lot:
    """Close the list for ever: from here it may be drawn from, and its hash stands in the log.

    Raises
    ------
    NotPermitted, ListClosed, EmptyList
        The person may not; it is closed already; there is no meter on it.
    """
    lot = locked_lot(lot)
    refuse_other_maker(actor, lot.origin, lot.maker_unit_id)
    if lot.is_complete:
        raise ListClosed()
    keys = list(lot.meters.order_by().values_list("serial_key", flat=True))
    if not keys:
        raise EmptyList()
    lot.is_complete, lot.closed_at = True, clock.now()
    lot.size, lot.list_sha256 = len(keys), store_list(keys)
    lot.due_on = lot.meters.aggregate(on=Min("valid_until"))["on"]
    lot.revision += 1
    lot.save()
    _link_to_factory(lot)
    log(
        "closed",
        lot,
        actor,
        sha256=lot.list_sha256,
        meters=lot.size,
        until=lot.due_on.isoformat() if lot.due_on else "",
    )
    return lot


def _fields(lot: Lot) -> dict[str, object]:
    names = ("kind", "maker", "model", "accuracy_class", "first_verified_in", "delivery", "utility")
    return {
        name: getattr(lot, name) for name in (*names, "maker_unit", "created_by", "created_at", "is_demo")
    }


def _lot_fault(lot: Lot) -> str:
    texts = (
        (_("批号"), lot.number, 60, True),
        (_("制造单位"), lot.maker, 200, True),
        (_("型号"), lot.model, 100, True),
        (_("准确度等级"), lot.accuracy_class, 20, False),
        (_("到货批次"), lot.delivery, 60, False),
    )
    for label, text, longest, is_needed in texts:
        if fault := text_fault(label, text, longest, is_needed=is_needed):
            return fault
    if not lot.maker_key:
        return _("制造单位的名称没有文字。")
    if lot.kind not in rule_set().kinds:
        return _("没有“%(kind)s”这一类计量器具。") % {"kind": lot.kind}
    if not FIRST_YEAR <= lot.first_verified_in <= clock.today().year:
        return _("首次检定年份应在 %(first)s 年至今年之间。") % {"first": FIRST_YEAR}
    return ""


def _link_to_factory(lot: Lot) -> None:
    """Point meters in service to themselves as their maker delivered them, whichever list came first."""
    ours = LotMeter.objects.filter(maker_key=lot.maker_key, origin=Origin.IN_SERVICE, made_as=None)
    if lot.origin == Origin.IN_SERVICE:
        ours = ours.filter(lot=lot)
    made = LotMeter.objects.filter(
        origin=Origin.FACTORY, maker_key=lot.maker_key, serial_key=OuterRef("serial_key")
    )
    if lot.origin == Origin.FACTORY:
        made = made.filter(lot=lot)
        ours = ours.filter(serial_key__in=lot.meters.order_by().values("serial_key"))
    if LotMeter.objects.filter(origin=Origin.FACTORY, maker_key=lot.maker_key).exists():
        ours.update(made_as=Subquery(made.values("pk")[:1]))


@dataclass
class _Rows:
    """Rows of a list turned into meters of one lot; what is wrong with each is collected."""

    lot: Lot
    rejected: list[Rejected] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)
    _marks: dict[str, int] = field(default_factory=dict)
    _ends: dict[tuple[date | None, ...], date | None] = field(default_factory=dict)
    _today: date = field(default_factory=clock.today)

    def row(self, meter: NewMeter) -> tuple[LotMeter, NewMeter] | None:
        """Return a meter as it is kept, None where something is wrong with it."""
        key = serial_key(meter.serial_no)
        faults = [*self._text_faults(meter, key), *self._other_lot(meter), *self._day_faults(meter)]
        until = None if faults else self._valid_until(meter)
        if not faults and until is None and self.lot.origin == Origin.IN_SERVICE:
            faults.append((self._labels["valid_until"], _("规则没有给出这类表的使用期限，请填写。")))
        town = self._towns.get(meter.town.strip()) if meter.town.strip() else None
        if meter.town.strip() and town is None:
            faults.append(
                (self._labels["town"], _("没有“%(town)s”这个单位。") % {"town": meter.town.strip()})
            )
        if faults:
            self.rejected += [Rejected(meter.row, column, reason) for column, reason in faults]
            return None
        made = LotMeter(
            lot=self.lot,
            origin=self.lot.origin,
            maker_key=self.lot.maker_key,
            serial_no=meter.serial_no.strip(),
            serial_key=key,
            mark_no=meter.mark_no.strip(),
            verified_on=meter.verified_on,
            valid_until=until,
            installed_on=meter.installed_on,
            town_id=town,
            area_id=meter.area_id.strip(),
            meter_id=meter.meter_id.strip(),
            errors=list(meter.errors),
        )
        return made, meter

    def refuse_known(self, rows: Sequence[tuple[LotMeter, NewMeter]]) -> None:
        """Reject what stands on a list already, of this lot or of another of the same maker."""
        at = {made.serial_key: meter for made, meter in rows}
        keys = list(at)
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            known = LotMeter.objects.filter(
                origin=self.lot.origin,
                maker_key=self.lot.maker_key,
                serial_key__in=keys[start : start + _KEYS_AT_ONCE],
            )
            for key, number in known.order_by().values_list("serial_key", "lot__number"):
                reason = _("批“%(number)s”的名单里已有这台表。") % {"number": number}
                self.rejected.append(Rejected(at[key].row, _("出厂编号"), reason))

    def _text_faults(self, meter: NewMeter, key: str) -> Iterator[tuple[str, str]]:
        labels = self._labels
        serial, mark, area, consumer = (
            text.strip() for text in (meter.serial_no, meter.mark_no, meter.area_id, meter.meter_id)
        )
        for (name, longest), text in zip(_LONGEST.items(), (serial, mark, area, consumer), strict=True):
            is_needed = name == "serial_no"
            if len(text) <= longest and text.isprintable() and (text or not is_needed):
                continue  # quicker than to ask, and a list has a hundred thousand of them
            if fault := text_fault(labels[name], text, longest, is_needed=is_needed):
                yield labels[name], fault
        if serial and not key:
            yield labels["serial_no"], _("出厂编号里没有数字和字母。")
        for name, text, seen in (("serial_no", key, self._seen), ("mark_no", mark, self._marks)):
            if text in seen:
                yield labels[name], _("与第 %(row)s 行重复。") % {"row": seen[text]}
            elif text:
                seen[text] = meter.row
        if bool(area) != bool(consumer):
            yield labels["meter_id"], _("台区编号和表号应同时填写。")

    def _other_lot(self, meter: NewMeter) -> Iterator[tuple[str, str]]:
        """Yield what a row says of the lot that differs: such a meter belongs to another lot."""
        lot = self.lot
        for name in ("maker", "model", "accuracy_class", "delivery"):
            text, ours = getattr(meter, name).strip(), getattr(lot, name)
            if text and text != ours and name_key(text) != name_key(ours):
                given = {"text": text[:40], "ours": ours or _("未填")}
                told = _("为“%(text)s”，这一批是“%(ours)s”。不同的表应分批。") % given
                yield self._labels[name], told
        if meter.verified_on is not None and meter.verified_on.year != lot.first_verified_in:
            given = {"text": f"{meter.verified_on:%Y-%m-%d}", "ours": str(lot.first_verified_in)}
            told = _("为 %(text)s，这一批首次检定在 %(ours)s 年。不同的表应分批。") % given
            yield self._labels["verified_on"], told

    def _day_faults(self, meter: NewMeter) -> Iterator[tuple[str, str]]:
        labels = self._labels
        verified, installed, until = meter.verified_on, meter.installed_on, meter.valid_until
        if verified is None and self.lot.origin == Origin.IN_SERVICE:
            yield labels["verified_on"], _("没有填写。")
        for name, day in (("verified_on", verified), ("installed_on", installed)):
            if day is not None and day > self._today:
                yield labels[name], _("%(day)s 还没有到。") % {"day": f"{day:%Y-%m-%d}"}
        if verified is not None and installed is not None and installed < verified:
            yield labels["installed_on"], _("早于首次检定日期。")
        if verified is not None and until is not None and until <= verified:
            yield labels["valid_until"], _("不晚于首次检定日期。")
        if installed is not None and self.lot.origin == Origin.FACTORY:
            yield labels["installed_on"], _("出厂批的表还没有安装。")

    def _valid_until(self, meter: NewMeter) -> date | None:
        key = (meter.verified_on, meter.installed_on, meter.valid_until)
        if key not in self._ends:
            self._ends[key] = self._computed(meter)
        return self._ends[key]

    def _computed(self, meter: NewMeter) -> date | None:
        if meter.verified_on is None and meter.valid_until is None:
            return None
        facts = Facts(
            self.lot.kind,
            Use.TRADE,
            first_used_on=meter.installed_on,
            last_verified_on=meter.verified_on,
            printed_valid_until=meter.valid_until,
            parameters={"accuracy_class": self.lot.accuracy_class} if self.lot.accuracy_class else {},
        )
        found = due(rule_set(), facts, self._today).due_on
        return meter.valid_until if found is None else found

    @cached_property
    def _labels(self) -> Mapping[str, str]:
        return {
            "serial_no": _("出厂编号"),
            "mark_no": _("检定标记编号"),
            "area_id": _("台区编号"),
            "meter_id": _("表号"),
            "verified_on": _("首次检定日期"),
            "installed_on": _("安装日期"),
            "valid_until": _("有效期至"),
            "town": _("乡镇街道"),
            "maker": _("制造单位"),
            "model": _("型号"),
            "accuracy_class": _("准确度等级"),
            "delivery": _("到货批次"),
        }

    @cached_property
    def _towns(self) -> Mapping[str, int]:
        """Return the ids of units by every name and alias that documents use."""
        ids = dict(OrgUnit.objects.filter(is_active=True).values_list("name", "pk"))
        return {name: ids[unit] for name, unit in unit_names().items()}
