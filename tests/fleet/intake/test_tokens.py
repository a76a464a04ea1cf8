"""What the log says of a utility's token: whose it is by a key, never a name that may be a person's own."""

from __future__ import annotations

import pytest

from quanheng.core.models import User
from quanheng.fleet.intake.services import make_token, revoke_token
from quanheng.kernels.tlog.entry import parse_leaf
from quanheng.parties.enums import PartyKind
from quanheng.parties.services import PartyDetails, save_party
from quanheng.transparency.models import PendingLeaf
from tests.instruments.making import unit


@pytest.mark.django_db
def test_a_party_stands_in_the_log_by_its_key_and_a_utility_that_is_none_by_its_name(
    people: dict[str, User],
) -> None:
    officer = people["officer"]
    details = PartyDetails(name="赵户电站", kind=PartyKind.INDIVIDUAL, town=unit("亭子镇"))
    party = save_party(actor=None, public_id=None, revision=0, details=details)
    token, _secret = make_token(actor=officer, utility=party.public_id)
    revoke_token(actor=officer, public_id=token.public_id)
    make_token(actor=officer, name="演示供电公司")
    told = [
        parse_leaf(bytes(leaf.entry)).data
        for leaf in PendingLeaf.objects.filter(kind__startswith="utility_token:").order_by("pk")
    ]
    assert [one.get("party") for one in told] == [party.person, party.person, None]
    assert "赵户" not in str(told)
    assert told[2]["name"] == "演示供电公司"
