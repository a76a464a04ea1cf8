"""What new rules would change: asked of the registry, with nothing saved."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
import yaml
from typer.testing import CliRunner

from quanheng.base import clock
from quanheng.cli.main import app
from quanheng.core.models import OrgUnit, User
from quanheng.instruments.enums import EventKind, Use, Verdict
from quanheng.instruments.errors import BadRuleFile
from quanheng.instruments.models import Instrument
from quanheng.instruments.services.conditions import change_condition
from quanheng.instruments.services.registry import InstrumentDetails, register_instrument
from quanheng.instruments.services.verifications import record_verification
from quanheng.instruments.whatif import described, effect_of
from quanheng.kernels.rules import rule_body
from quanheng.parties.services import PartyDetails, save_party
from quanheng.regulations.packaged import packaged_rules

TOMORROW_OF_JJG_1204 = date(2027, 1, 8)


@pytest.fixture
def scale(people: dict[str, User]) -> Instrument:
    return registered(people["officer"], "电子计价秤", Use.TRADE, "1")


def registered(officer: User, name: str, use: Use, serial: str) -> Instrument:
    town = OrgUnit.objects.get(name="亭子镇")
    details = PartyDetails(name=f"演示商户{serial}", town=town)
    owner = save_party(actor=officer, public_id=None, revision=0, details=details)
    instrument = register_instrument(
        actor=officer,
        details=InstrumentDetails(name=name, use=use, serial_no=serial, owner=owner),
        submit=True,
    )
    record_verification(
        actor=officer,
        public_id=instrument.public_id,
        revision=instrument.revision,
        verified_on=clock.today() - timedelta(days=30),
        valid_until=None,
        certificate_no=f"演示 {serial}",
        institution="",
        verdict=Verdict.PASSED,
    )
    return instrument


def tried(rule_id: str, **changes: object) -> bytes:
    body = rule_body(packaged_rules().version(rule_id)) | changes
    return yaml.safe_dump({"format": 1, "rules": [body]}, allow_unicode=True).encode()


def test_price_scales_get_another_regulation_from_the_day_it_comes_into_force(scale: Instrument) -> None:
    before = effect_of(b"", on=TOMORROW_OF_JJG_1204 - timedelta(days=1))
    on_the_day = effect_of(b"", on=TOMORROW_OF_JJG_1204)

    assert before.counts == {}
    assert on_the_day.counts == {"rule_changes_at_next_verification": 1}
    row = described(on_the_day.changes)[0]
    assert row["instrument"] == str(scale.public_id)
    assert (row["before"]["rule"], row["after"]["rule"]) == ("price_scale/1", "price_scale/2")


def test_a_shorter_period_that_holds_at_once_moves_due_dates(scale: Instrument) -> None:
    terms = [{"when": {}, "mode": "periodic", "months": 6}]
    data = tried("price_scale/2", terms=terms, transition="at_once")

    effect = effect_of(data, on=TOMORROW_OF_JJG_1204)

    assert effect.counts == {"due_moves": 1}
    row = described(effect.changes)[0]
    assert row["after"]["due_on"] < row["before"]["due_on"]


def test_a_rule_that_drops_the_use_ends_the_obligation(scale: Instrument) -> None:
    effect = effect_of(tried("price_scale/2", uses=["medical"]), on=TOMORROW_OF_JJG_1204)
    assert effect.counts == {"no_longer_mandatory": 1}


def test_other_kinds_are_examined_and_do_not_change(scale: Instrument, people: dict[str, User]) -> None:
    registered(people["officer"], "压力表", Use.SAFETY, "2")
    effect = effect_of(b"", on=TOMORROW_OF_JJG_1204)
    assert (effect.examined, sum(effect.counts.values())) == (2, 1)
    assert effect.by_kind == {"price_scale": {"rule_changes_at_next_verification": 1}}


def test_the_list_may_be_cut_but_never_the_counts(scale: Instrument, people: dict[str, User]) -> None:
    registered(people["officer"], "电子计价秤", Use.TRADE, "2")
    effect = effect_of(b"", on=TOMORROW_OF_JJG_1204, most=1)
    assert (len(effect.changes), effect.is_cut, sum(effect.counts.values())) == (1, True, 2)


def test_drafts_and_what_is_shown_to_be_out_of_use_are_not_concerned(
    scale: Instrument, people: dict[str, User]
) -> None:
    officer = people["officer"]
    register_instrument(
        actor=officer, details=InstrumentDetails(name="电子计价秤", use=Use.TRADE, serial_no="9")
    )
    scale.refresh_from_db()
    change_condition(
        actor=officer,
        public_id=scale.public_id,
        revision=scale.revision,
        act=EventKind.STOPPED,
        happened_on=clock.today(),
        reason="停业",
        data=b"\xff\xd8 photo",
        filename="停用.jpg",
    )
    assert effect_of(b"", on=TOMORROW_OF_JJG_1204).examined == 0


def test_asking_changes_nothing(scale: Instrument) -> None:
    before = list(Instrument.objects.values()), str(scale.standing.due_on)
    effect_of(tried("price_scale/2", uses=["medical"]), on=TOMORROW_OF_JJG_1204)
    scale.standing.refresh_from_db()
    assert (list(Instrument.objects.values()), str(scale.standing.due_on)) == before


@pytest.mark.parametrize("data", [b"rules: 3", b"\xff\xfe", b"rules: [{key: nothing}]"])
def test_what_is_no_rule_file_is_refused(scale: Instrument, data: bytes) -> None:
    with pytest.raises(BadRuleFile):
        effect_of(data, on=TOMORROW_OF_JJG_1204)


def test_the_command_lists_each_instrument(scale: Instrument) -> None:
    result = CliRunner().invoke(app, ["rules", "what-if", "--on", "2027-01-08", "--json"])
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert [row["serial_no"] for row in shown["changes"]] == ["1"]
    assert shown["counts"] == {"rule_changes_at_next_verification": 1}


def test_the_command_refuses_a_missing_file_and_a_bad_day(scale: Instrument) -> None:
    missing = CliRunner().invoke(app, ["rules", "what-if", "nowhere.yaml", "--on", "2027-01-08"])
    assert (missing.exit_code, "instruments.bad_rule_file" in missing.output) == (2, True)
    assert CliRunner().invoke(app, ["rules", "what-if", "--on", "8.1.2027"]).exit_code == 2
