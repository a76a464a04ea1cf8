"""What the tests of instruments make over and over."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from quanheng.core.models import OrgUnit, User
from quanheng.instruments.enums import EventKind, Setting, Use, Verdict
from quanheng.instruments.models import Instrument, Place, VerificationRecord
from quanheng.instruments.services.conditions import change_condition
from quanheng.instruments.services.filing import file_instruments
from quanheng.instruments.services.places import PlaceDetails, save_place
from quanheng.instruments.services.registry import InstrumentDetails, register_instrument
from quanheng.instruments.services.verifications import record_verification
from quanheng.parties.enums import PartyKind
from quanheng.parties.models import Party
from quanheng.parties.services import PartyDetails, open_account_unit, save_party
from quanheng.transparency.models import PendingLeaf

TODAY = date(2026, 5, 20)
PHOTO = b"\xff\xd8 a photograph"


def unit(name: str) -> OrgUnit:
    """An organisational unit of the demonstration county."""
    return OrgUnit.objects.get(name=name)


def make_party(
    name: str = "达川演示超市", *, town: str | None = "亭子镇", account: bool = True, **given: Any
) -> Party:
    """A user of instruments; with an account, the one of the cast's owner where the name is the same."""
    details = PartyDetails(
        name=name, kind=given.pop("kind", PartyKind.BUSINESS), town=unit(town) if town else None, **given
    )
    party = save_party(actor=None, public_id=None, revision=0, details=details)
    return open_account_unit(actor=None, public_id=party.public_id) if account else party


def make_place(name: str = "亭子镇集贸市场", *, town: str | None = "亭子镇") -> Place:
    """A market."""
    details = PlaceDetails(name=name, setting=Setting.MARKET, town=unit(town) if town else None)
    return save_place(actor=None, public_id=None, revision=0, details=details)


def scale(**given: Any) -> InstrumentDetails:
    """A price-computing scale of a market: trade, therefore subject to mandatory verification."""
    return InstrumentDetails(
        **{
            "name": "电子计价秤",
            "model": "ACS-30",
            "serial_no": "20240317",
            "manufacturer": "演示衡器厂",
            "accuracy_class": "Ⅲ",
            "measuring_range": "0～30 kg",
            "use": Use.TRADE,
        }
        | given
    )


def make_scale(
    actor: User | None = None, *, filed_by: User | None = None, submit: bool = False, **given: Any
) -> Instrument:
    """A registered scale: a draft, submitted, or filed by somebody."""
    instrument = register_instrument(
        actor=actor, details=scale(**given), submit=submit or filed_by is not None
    )
    if filed_by is not None:
        file_instruments(actor=filed_by, public_ids=[instrument.public_id])
    return fresh(instrument)


def fresh(instrument: Instrument) -> Instrument:
    """The record as it stands now."""
    return Instrument.objects.select_related("standing", "owner", "place", "town").get(pk=instrument.pk)


def verify(actor: User, instrument: Instrument, on: date, **given: Any) -> VerificationRecord:
    """A certificate of that day."""
    present = fresh(instrument)
    return record_verification(
        actor=actor,
        public_id=present.public_id,
        **{
            "revision": present.revision,
            "verified_on": on,
            "valid_until": None,
            "certificate_no": f"证{on:%Y%m%d}",
            "institution": "达川区计量检定所（演示）",
            "verdict": Verdict.PASSED,
        }
        | given,
    )


def act(
    actor: User, instrument: Instrument, kind: EventKind, on: date = TODAY, *, data: bytes = b""
) -> Instrument:
    """Stop, seal, resume or scrap."""
    present = fresh(instrument)
    change_condition(
        actor=actor,
        public_id=present.public_id,
        revision=present.revision,
        act=kind,
        happened_on=on,
        reason="摊位歇业",
        data=data,
        filename="现场.jpg",
    )
    return fresh(instrument)


def leaves(kind: str) -> list[dict[str, Any]]:
    """What the staged leaves of a kind say."""
    rows = PendingLeaf.objects.filter(kind=kind).order_by("pk")
    return [json.loads(bytes(leaf.entry))["data"] for leaf in rows]


def logged() -> str:
    """All that the log will show of what was done, as text."""
    return "".join(bytes(leaf.entry).decode() for leaf in PendingLeaf.objects.all())
