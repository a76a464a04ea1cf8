"""From a key in a token to a certificate that a citizen can check: nothing of a demonstration is in the way."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from quanheng.certificates import selectors
from quanheng.certificates.checking import Verdict
from quanheng.certificates.errors import KeyNotFit
from quanheng.certificates.services import register_key
from quanheng.core.models import County
from quanheng.transparency.models import Leaf
from tests.certificates.issued import checked, issue
from tests.certificates.making import World, make_checked
from tests.certificates.signing import softhsm
from tests.certificates.signing.conftest import LABEL


def test_a_key_in_a_token_is_registered_and_issues_a_certificate_that_is_no_demonstration(
    world: World, token: Path, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.PUBLIC_URL = "https://metrology.example"
    County.objects.update(is_demo=False)
    softhsm.put_key(LABEL, "own", ec.generate_private_key(ec.SECP256R1()), owner=world.institute.name)
    (work,) = make_checked(world)

    with caplog.at_level(logging.DEBUG):
        key = register_key(
            actor=world.people["signatory"],
            institute=world.institute,
            key_uri=softhsm.address(token, LABEL, "own"),
        )
        made = issue(world, work)

    assert (made.signing_certificate, made.is_demo, key.is_demo) == (key, False, False)
    for data in (selectors.pdf_of(made), selectors.xml_of(made)):
        report = checked(data)
        assert (report.verdict, report.status) == (Verdict.AUTHENTIC, "valid")
        assert report.to_dict()["demonstration"] is False
    told = caplog.text + key.key_uri + "".join(bytes(leaf.entry).decode() for leaf in Leaf.objects.all())
    assert softhsm.PIN not in told


def test_a_token_key_of_another_owner_is_not_registered(world: World, token: Path) -> None:
    with pytest.raises(KeyNotFit):
        register_key(
            actor=world.people["signatory"],
            institute=world.institute,
            key_uri=softhsm.address(token, LABEL, "seal"),
        )
