"""Bringing the demonstration county's instruments in: by the services and the intake that a real one uses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from django.db import transaction

from quanheng.base import clock
from quanheng.base.disk import write_atomic
from quanheng.core.enums import Role, UnitKind
from quanheng.core.models import OrgUnit, RoleAssignment, User
from quanheng.instruments.demo.ledgers import make_ledgers
from quanheng.instruments.demo.world import INSTITUTE, DemoWorld, demo_credit_code, make_world
from quanheng.instruments.enums import EventKind, Filing, Setting, Use, Verdict
from quanheng.instruments.models import ImportBatch, Instrument, Place
from quanheng.instruments.services.conditions import change_condition
from quanheng.instruments.services.filing import file_instruments, return_instruments
from quanheng.instruments.services.places import PlaceDetails, save_place
from quanheng.instruments.services.registry import InstrumentDetails, register_instrument
from quanheng.instruments.services.verifications import record_verification
from quanheng.kernels.dates import ValidityConvention, last_valid_day
from quanheng.parties.enums import PartyKind
from quanheng.parties.models import Party
from quanheng.parties.services import PartyDetails, open_account_unit, save_party

_CODE_OF_OWNER = 90001
_PROOF = "演示数据，不是真实材料：设备已停用的照片。\n".encode()


def load_instruments(*, officer: User, seed: int, intake: Path) -> int:
    """Make users, places and what owners filed themselves, and put the ledgers into the intake folder.

    Returns the number of ledgers; 0 where there are instruments already: they stay as they are.
    """
    if Instrument.objects.exists() or ImportBatch.objects.exists():
        return 0
    today = clock.today()
    towns, streets = _units(UnitKind.TOWN), _units(UnitKind.SUBDISTRICT)
    world = make_world(seed=seed, today=today, towns=list(towns), streets=list(streets))
    ledgers = make_ledgers(world, seed=seed, today=today)
    # The ledgers first: what stands in the database says that they were written.
    for name, data in ledgers.items():
        write_atomic(intake / name, data)
    with transaction.atomic():
        units = towns | streets
        _save_places(world, units)
        _save_owners(world, units)
        _file_by_owner(officer, next(iter(towns.values())), today)
    return len(ledgers)


def _owner_unit() -> OrgUnit:
    """Return the business for whom the owner's account of the demonstration acts."""
    return (
        RoleAssignment.objects.select_related("unit").filter(role=Role.INSTRUMENT_OWNER).earliest("pk").unit
    )


def _units(kind: UnitKind) -> dict[str, OrgUnit]:
    """Return the units of a kind by name, in the order of their codes: the same in every database."""
    return {
        unit.name: unit for unit in OrgUnit.objects.filter(kind=kind, is_active=True).order_by("code", "name")
    }


def _save_places(world: DemoWorld, units: Mapping[str, OrgUnit]) -> None:
    for place in world.places:
        details = PlaceDetails(
            name=place.name,
            setting=Setting(place.setting),
            town=units[place.town],
            longitude=place.longitude,
            latitude=place.latitude,
        )
        save_place(actor=None, public_id=None, revision=0, details=details, is_demo=True)


def _save_owners(world: DemoWorld, units: Mapping[str, OrgUnit]) -> None:
    saved: dict[str, Party] = {}
    for owner in world.owners:
        details = PartyDetails(
            name=owner.name,
            kind=PartyKind(owner.kind),
            credit_code=owner.credit_code,
            town=units[owner.town],
            parent_id=saved[owner.parent].pk if owner.parent else None,
        )
        saved[owner.name] = save_party(actor=None, public_id=None, revision=0, details=details, is_demo=True)


def _file_by_owner(officer: User, town: OrgUnit, today: date) -> None:
    """Register what the demonstration's owner filed: in each state of filing and of use."""
    details = PartyDetails(
        name=_owner_unit().name,
        kind=PartyKind.BUSINESS,
        credit_code=demo_credit_code("91", _CODE_OF_OWNER),
        town=town,
    )
    party = save_party(actor=None, public_id=None, revision=0, details=details, is_demo=True)
    party = open_account_unit(actor=officer, public_id=party.public_id)
    market = Place.objects.get(name="演示亭子农贸市场", town=town)
    made = [_registered(officer, party, market, number) for number in range(1, 15)]
    ids = [instrument.public_id for instrument in made if instrument.filing == Filing.SUBMITTED]
    file_instruments(actor=officer, public_ids=ids[:8])
    return_instruments(actor=officer, public_ids=ids[8:10], reason="铭牌照片看不清，请重新拍摄（演示）")
    for number, public_id in enumerate(ids[:8]):
        _verified(officer, public_id, today - timedelta(days=45 * number + 20), number)
    acts = (
        (ids[4], EventKind.STOPPED, _PROOF),
        (ids[5], EventKind.STOPPED, b""),  # without a file it stays due
        (ids[6], EventKind.SEALED, _PROOF),
        (ids[7], EventKind.SCRAPPED, _PROOF),
    )
    for public_id, act, proof in acts:
        change_condition(
            actor=officer,
            public_id=public_id,
            revision=Instrument.objects.get(public_id=public_id).revision,
            act=act,
            happened_on=today - timedelta(days=9),
            reason="柜台调整，暂不使用（演示）",
            data=proof,
            filename="演示照片.txt" if proof else "",
        )


def _registered(officer: User, party: Party, market: Place, number: int) -> Instrument:
    details = InstrumentDetails(
        name="条码计价秤" if number % 2 else "电子计价秤",
        model="TM-15A" if number % 2 else "ACS-30",
        serial_no=f"YS26{number:04d}",
        manufacturer="演示衡器一厂",
        accuracy_class="Ⅲ级",
        measuring_range="0～15kg",
        use=Use.TRADE,
        owner=party,
        place=market,
        spot=f"生鲜柜台{number}号",
    )
    # The last two were never finished.
    return register_instrument(actor=officer, details=details, submit=number <= 12, is_demo=True)  # noqa: PLR2004


def _verified(officer: User, public_id: UUID, on: date, number: int) -> None:
    record_verification(
        actor=officer,
        public_id=public_id,
        revision=Instrument.objects.get(public_id=public_id).revision,
        verified_on=on,
        valid_until=last_valid_day(on, months=12, convention=ValidityConvention.DAY_BEFORE),
        certificate_no=f"演示检{on.year}-{90000 + number}",
        institution=INSTITUTE,
        verdict=Verdict.PASSED,
    )
