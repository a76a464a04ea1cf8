"""Signing keys: registered with their X.509 certificate, revoked in the log, never a file outside the demonstration."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from quanheng.certificates.errors import (
    BadRevocation,
    KeyAlreadyRevoked,
    KeyNotFit,
    NoSigningKey,
    SigningKeyNotFound,
)
from quanheng.certificates.models import Certificate, SigningCertificate
from quanheng.certificates.services import register_key, revoke_key
from quanheng.certificates.services.keys import signer_of
from quanheng.certificates.signing.demonstration import make_demonstration_key
from quanheng.certificates.signing.errors import BadKeyAddress, DemonstrationKeyRefused
from quanheng.core.errors import NotPermitted
from quanheng.core.models import County
from tests.certificates.issued import issue
from tests.certificates.making import NOW, World, make_checked
from tests.instruments.making import leaves

HOUR = timedelta(hours=1)


def make_key(folder: Path, name: str) -> str:
    """Make a key file and return its address."""
    make_demonstration_key(folder, institute_name=name, now=NOW - HOUR, years=5)
    return f"file:{folder / 'key.pem'}"


def revoke(world: World, key: SigningCertificate) -> SigningCertificate:
    return revoke_key(
        actor=world.people["officer"], public_id=key.public_id, distrusted_from=NOW, reason="失窃"
    )


def test_a_registered_key_signs_and_its_certificate_is_in_the_log(world: World, tmp_path: Path) -> None:
    key = register_key(
        actor=world.people["signatory"],
        institute=world.institute,
        key_uri=make_key(tmp_path / "k", world.institute.name),
    )

    assert issue(world, make_checked(world)[0]).signing_certificate == key
    (leaf,) = leaves("signing_key:registered")
    assert (leaf["pem"], leaf["unit"]) == (key.pem, f"unit:{world.institute.pk}")
    assert "PRIVATE" not in key.pem


def test_the_demonstration_makes_a_key_on_first_use_and_says_loudly_that_it_is_one(
    world: World, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        registered, _key = signer_of(world.institute)

    assert registered.is_demo
    assert "没有法律效力" in caplog.text
    assert (home / "keys" / f"institute-{world.institute.pk}" / "key.pem").stat().st_mode & 0o777 == 0o600
    assert signer_of(world.institute)[0] == registered
    assert len(leaves("signing_key:registered")) == 1


def test_outside_the_demonstration_no_key_file_is_taken_made_or_used(world: World, tmp_path: Path) -> None:
    (verification,) = make_checked(world)
    signer_of(world.institute)
    County.objects.update(is_demo=False)

    with pytest.raises(DemonstrationKeyRefused):
        register_key(
            actor=None,
            institute=world.institute,
            key_uri=make_key(tmp_path / "k", world.institute.name),
        )
    with pytest.raises(DemonstrationKeyRefused):
        issue(world, verification)
    SigningCertificate.objects.update(revoked_at=NOW, distrusted_from=NOW, revocation_reason="x")
    with pytest.raises(NoSigningKey):
        issue(world, verification)
    assert not Certificate.objects.exists()


def test_a_certificate_of_others_or_out_of_its_days_is_not_registered(world: World, tmp_path: Path) -> None:
    others = make_key(tmp_path / "others", "别所")
    make_demonstration_key(
        tmp_path / "old", institute_name=world.institute.name, now=NOW - timedelta(days=800), years=1
    )

    for uri, told in ((others, "单位不是"), (f"file:{tmp_path / 'old' / 'key.pem'}", "已过期")):
        with pytest.raises(KeyNotFit, match=told):
            register_key(actor=None, institute=world.institute, key_uri=uri)


def test_a_key_is_registered_once_and_only_by_those_who_look_after_it(world: World, tmp_path: Path) -> None:
    given = {"institute": world.institute, "key_uri": make_key(tmp_path / "k", world.institute.name)}
    for name in ("verifier", "owner", "auditor"):
        with pytest.raises(NotPermitted):
            register_key(actor=world.people[name], **given)
    key = register_key(actor=world.people["officer"], **given)

    with pytest.raises(KeyNotFit, match="已登记"):
        register_key(actor=world.people["officer"], **given)
    with pytest.raises(SigningKeyNotFound):
        revoke_key(
            actor=world.people["verifier"], public_id=key.public_id, distrusted_from=NOW, reason="失窃"
        )


def test_an_address_of_no_known_kind_is_refused(world: World) -> None:
    for uri in ("https://a.example/key", "key.pem", "file:relative.pem"):
        with pytest.raises(BadKeyAddress):
            register_key(actor=None, institute=world.institute, key_uri=uri)


def test_a_revoked_key_signs_no_more_and_the_log_says_since_when(world: World) -> None:
    registered, _key = signer_of(world.institute)
    (verification,) = make_checked(world)

    revoke(world, registered)

    with pytest.raises(NoSigningKey):
        issue(world, verification)
    (leaf,) = leaves("signing_key:revoked")
    assert leaf["distrusted_from"] == NOW.isoformat()
    with pytest.raises(KeyAlreadyRevoked):
        revoke(world, registered)


def test_a_key_revoked_while_the_files_are_made_does_not_issue_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered, _key = signer_of(world.institute)
    (verification,) = make_checked(world)
    monkeypatch.setattr(
        "quanheng.certificates.services.issuing._refuse_unsound",
        lambda *_given: revoke(world, registered),
    )

    with pytest.raises(NoSigningKey):
        issue(world, verification)

    assert leaves("certificate:issued") == []


def test_a_revocation_needs_a_reason_and_a_moment_that_was(world: World) -> None:
    registered, _key = signer_of(world.institute)
    given = {"actor": None, "public_id": registered.public_id}
    for moment, reason in ((NOW, " "), (NOW + HOUR, "失窃"), (NOW - HOUR, "失窃")):
        with pytest.raises(BadRevocation):
            revoke_key(**given, distrusted_from=moment, reason=reason)
