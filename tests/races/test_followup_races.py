"""Two officers order the test of one suspect; one body of readings comes twice; a token is revoked meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import pytest

from quanheng.core.county import load_county, read_county
from quanheng.core.models import User
from quanheng.fleet.errors import TokenRevoked
from quanheng.fleet.intake import services
from quanheng.fleet.intake.bodies import CSV
from quanheng.fleet.intake.places import intake_of
from quanheng.fleet.intake.segments import closed_segments
from quanheng.fleet.models import ReadingsUpload, UtilityToken
from quanheng.followups.models import FollowUp
from quanheng.instruments.models import Instrument
from quanheng.transparency.models import PendingLeaf
from quanheng.verification.models import Application
from tests.followups.making import make_utility, ordered, proposed
from tests.people import make_people
from tests.web.fleet_world import make_fleet

Race = Callable[..., list[str]]
ROUNDS = range(3)
COUNTY = Path(__file__).parent.parent.parent / "examples/dachuan/county.yaml"
READINGS = "area,meter,timestamp,kwh,role\nT1,M1,2026-01-05 00:15,1.5,户表\n"


@pytest.fixture
def cast(race: Race, home: Path) -> dict[str, User]:
    load_county(read_county(COUNTY))
    return make_people()


@pytest.fixture
def token(cast: dict[str, User]) -> UtilityToken:
    return services.make_token(actor=cast["officer"], name="供电公司")[0]


@pytest.fixture
def send(token: UtilityToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    """Send the same body, as two web processes take it in: each has a turn of its own."""
    monkeypatch.setattr(services, "_TURN", BoundedSemaphore(2))
    body = tmp_path / "readings.csv"
    body.write_text(READINGS, encoding="utf-8")
    return partial(services.receive_readings, token=token, body=body, media=CSV)


def spool(home: Path) -> list[Path]:
    return closed_segments(intake_of(home).spool)


@pytest.mark.parametrize("is_listed", [False, True])
def test_one_suspect_is_ordered_once(race: Race, cast: dict[str, User], is_listed: bool) -> None:
    make_fleet(cast["officer"])
    utility = make_utility()
    if is_listed:
        proposed(cast)
    before = Instrument.objects.count()
    outcome = race(*[partial(ordered, cast, utility)] * 2)
    assert outcome[1] == "ok"
    assert outcome[0] == "followups.meter_followed"
    assert (FollowUp.objects.count(), Application.objects.count()) == (1, 1)
    assert Instrument.objects.count() == before + 1


@pytest.mark.parametrize("_", ROUNDS)
def test_a_body_that_comes_twice_at_once_is_kept_once(
    race: Race, send: Callable[[], object], home: Path, _: int
) -> None:
    assert race(send, send) == ["ok", "ok"]
    assert (ReadingsUpload.objects.count(), len(spool(home))) == (1, 1)
    assert spool(home)[0].name == ReadingsUpload.objects.get().answer["segment"]
    assert PendingLeaf.objects.filter(kind="readings:received").count() == 1


@pytest.mark.parametrize("_", ROUNDS)
def test_readings_are_taken_or_their_token_was_revoked_before(
    race: Race, cast: dict[str, User], send: Callable[[], object], token: UtilityToken, home: Path, _: int
) -> None:
    revoke = partial(services.revoke_token, actor=cast["officer"], public_id=token.public_id)
    outcome = race(send, revoke)
    assert outcome in (["ok", "ok"], ["fleet.token_revoked", "ok"])
    kept = 1 if outcome[0] == "ok" else 0
    assert (ReadingsUpload.objects.count(), len(spool(home))) == (kept, kept)


def test_a_token_revoked_while_its_readings_are_checked_leaves_nothing_in_the_spool(
    cast: dict[str, User],
    send: Callable[[], object],
    token: UtilityToken,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checked = services.receive

    def revoked_meanwhile(*given: Any, **more: Any) -> Any:
        received = checked(*given, **more)
        services.revoke_token(actor=cast["officer"], public_id=token.public_id)
        return received

    monkeypatch.setattr(services, "receive", revoked_meanwhile)
    with pytest.raises(TokenRevoked):
        send()
    assert spool(home) == []
    assert not ReadingsUpload.objects.exists()
