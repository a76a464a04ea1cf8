"""Who sees which certificate, and what everybody may look up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanheng.base.files import stored_path
from quanheng.certificates import selectors
from quanheng.certificates.errors import CertificateNotFound, FileLost, ProofNotReady
from quanheng.certificates.models import Certificate
from quanheng.certificates.selectors import Status, status_of
from quanheng.instruments.models import Instrument
from quanheng.kernels.tlog.proof_file import verify_proof
from quanheng.transparency.sequencer import sequence
from tests.certificates.issued import issue, log_key, proof_of
from tests.certificates.making import TODAY, World, make_checked, make_instrument
from tests.instruments.making import make_party


@pytest.fixture
def certificate(world: World) -> Certificate:
    return issue(world, make_checked(world)[0])


def test_everybody_finds_an_issued_certificate_by_its_number(certificate: Certificate) -> None:
    assert selectors.certificate(f" {certificate.number} ") == certificate
    for number in ("", "511703-J1-2026-999999", "'; --"):
        with pytest.raises(CertificateNotFound):
            selectors.certificate(number)


def test_a_file_is_found_by_its_hash(certificate: Certificate) -> None:
    for digest in (certificate.pdf_sha256, certificate.xml_sha256):
        assert selectors.certificate_by_hash(digest) == certificate
    assert selectors.certificate_by_hash("") is None


def test_the_label_leads_to_the_newest_certificate(world: World, certificate: Certificate) -> None:
    assert selectors.latest_of_instrument(certificate.instrument_id) == certificate
    assert selectors.latest_of_instrument(make_instrument(world, "2").pk) is None


def test_the_last_day_is_valid_and_the_next_is_not(certificate: Certificate) -> None:
    until = certificate.valid_until
    assert until is not None

    assert [status_of(certificate, day) for day in (TODAY, until, until + timedelta(days=1))] == [
        Status.VALID,
        Status.VALID,
        Status.EXPIRED,
    ]


def test_an_owner_sees_what_is_of_a_branch(world: World, certificate: Certificate) -> None:
    branch = make_party("分店", account=False, parent_id=world.owner.pk)
    Instrument.objects.update(owner=branch)

    assert certificate in selectors.certificates_for(world.people["owner"])


def test_each_sees_what_is_of_his_institute_town_or_shop(world: World, certificate: Certificate) -> None:
    seen = {name: certificate in selectors.certificates_for(user) for name, user in world.people.items()}

    assert {name for name, sees in seen.items() if sees} >= {"officer", "auditor", "verifier", "owner"}
    assert not seen["liaison"]
    with pytest.raises(CertificateNotFound):
        selectors.certificate_for(world.people["liaison"], certificate.number)


def test_the_list_is_searched_by_number_serial_and_owner(world: World, certificate: Certificate) -> None:
    officer = world.people["officer"]
    for query in (certificate.number, "20240317", "演示超市"):
        assert list(selectors.certificates_for(officer, query=query)) == [certificate]
    assert not selectors.certificates_for(officer, query="别的")
    assert not selectors.certificates_for(officer, kind="rejection")


def test_the_proof_is_there_once_the_log_is_published(certificate: Certificate) -> None:
    with pytest.raises(ProofNotReady):
        selectors.proof_of(certificate)
    sequence()

    proof = verify_proof(proof_of(certificate), key=log_key())

    assert proof.leaf.subject == f"certificate:{certificate.number}"


def test_a_file_that_is_not_as_it_was_issued_is_not_handed_out(certificate: Certificate) -> None:
    path = stored_path(certificate.pdf_sha256)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(FileLost):
        selectors.pdf_of(certificate)
    path.unlink()
    with pytest.raises(FileLost):
        selectors.pdf_of(certificate)
