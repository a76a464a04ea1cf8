"""Two people at one verification, one application, one instrument, at the same instant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from quanheng.core.county import load_county, read_county
from quanheng.core.models import User
from quanheng.instruments.models import Instrument
from quanheng.parties.models import Party
from quanheng.transparency.models import PendingLeaf
from quanheng.verification.models import Application, Verification
from quanheng.verification.services.applications import accept_application, return_application
from quanheng.verification.services.work import (
    check_verification,
    conclude_verification,
    return_verification,
    save_draft,
    submit_readings,
)
from tests.instruments.making import TODAY, make_party
from tests.people import make_people
from tests.verification.making import (
    a_scale,
    apply,
    checked,
    draft,
    equip,
    fresh,
    good,
    opened,
    plan,
    submitted,
)

Race = Callable[..., list[str]]
ROUNDS = range(5)
COUNTY = Path(__file__).parent.parent.parent / "examples/dachuan/county.yaml"
STALE = ["base.stale_revision", "ok"]


@pytest.fixture
def cast(race: Race, home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, User]:
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)
    now = datetime(TODAY.year, TODAY.month, TODAY.day, 2, tzinfo=UTC)
    monkeypatch.setattr("quanheng.base.clock.now", lambda: now)
    load_county(read_county(COUNTY))
    return make_people()


@pytest.fixture
def shop(cast: dict[str, User]) -> Party:
    return make_party()


@pytest.fixture
def one(cast: dict[str, User], shop: Party) -> Instrument:
    equip(cast)
    return a_scale(cast, shop)


@pytest.mark.parametrize("_", ROUNDS)
def test_two_who_conclude_at_once_are_one_conclusion_and_one_leaf(
    race: Race, cast: dict[str, User], one: Instrument, _: int
) -> None:
    verification = fresh(checked(cast, one))
    conclude = partial(
        conclude_verification,
        actor=cast["signatory"],
        public_id=verification.public_id,
        revision=verification.revision,
    )

    assert race(conclude, conclude) == STALE
    assert Verification.objects.get().state == "concluded"
    assert PendingLeaf.objects.filter(kind="verification:concluded").count() == 1


@pytest.mark.parametrize("_", ROUNDS)
def test_a_return_and_a_conclusion_exclude_each_other(
    race: Race, cast: dict[str, User], one: Instrument, _: int
) -> None:
    verification = fresh(checked(cast, one))
    known = {
        "actor": cast["signatory"],
        "public_id": verification.public_id,
        "revision": verification.revision,
    }

    assert (
        race(partial(conclude_verification, **known), partial(return_verification, **known, reason="再看"))
        == STALE
    )
    assert Verification.objects.get().state in {"concluded", "recording"}


@pytest.mark.parametrize("_", ROUNDS)
def test_a_verification_is_checked_once(race: Race, cast: dict[str, User], one: Instrument, _: int) -> None:
    verification = fresh(submitted(cast, one))
    check = partial(
        check_verification,
        actor=cast["checker"],
        public_id=verification.public_id,
        revision=verification.revision,
    )

    assert race(check, check) == STALE


@pytest.mark.parametrize("_", ROUNDS)
def test_what_is_typed_while_it_is_handed_in_is_not_slipped_in(
    race: Race, cast: dict[str, User], one: Instrument, _: int
) -> None:
    verification = fresh(draft(cast, opened(cast, one), good()))
    known = {
        "actor": cast["verifier"],
        "public_id": verification.public_id,
        "revision": verification.revision,
    }
    save = partial(save_draft, **known, performed_on=TODAY, as_found={}, as_left={})

    assert race(partial(submit_readings, **known), save) == STALE
    present = Verification.objects.get()
    assert (present.state, bool(present.as_found)) in {("submitted", True), ("recording", False)}


@pytest.mark.parametrize("_", ROUNDS)
def test_one_instrument_is_applied_for_once(
    race: Race, cast: dict[str, User], shop: Party, one: Instrument, _: int
) -> None:
    ask = partial(apply, cast["owner"], shop, one)

    assert race(ask, ask) == ["ok", "verification.instruments_refused"]
    assert Application.objects.count() == 1


@pytest.mark.parametrize("_", ROUNDS)
def test_an_application_is_answered_once(
    race: Race, cast: dict[str, User], shop: Party, one: Instrument, _: int
) -> None:
    application = apply(cast["owner"], shop, one)
    known = {"public_id": application.public_id, "revision": application.revision}

    outcome = race(
        partial(accept_application, actor=cast["checker"], **known),
        partial(return_application, actor=cast["verifier"], **known, reason="缺资料"),
    )
    assert outcome == STALE


@pytest.mark.parametrize("_", ROUNDS)
def test_an_instrument_gets_one_open_verification(
    race: Race, cast: dict[str, User], one: Instrument, _: int
) -> None:
    order = partial(plan, cast, one)

    assert race(order, order) == ["ok", "verification.instruments_refused"]
    assert Verification.objects.count() == 1
