"""What the database says of the worth of certificates is what `status_of` says of each."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from quanheng.certificates.listing import signed_since, status_counts, with_status
from quanheng.certificates.models import Certificate, SigningCertificate
from quanheng.certificates.selectors import Status, status_of
from quanheng.certificates.services import issue_certificate, supersede_certificate, withdraw_certificate
from quanheng.verification.enums import WorkKind
from tests.certificates.issued import issue
from tests.certificates.making import NOW, READINGS, TODAY, World, make_checked, rejected_readings


@pytest.fixture
def every_status(world: World) -> None:
    """Certificates that passed, failed, calibrated, were withdrawn, superseded, left in the making."""
    sign = world.people["signatory"]
    _valid, withdrawn, old = (issue(world, one) for one in make_checked(world, "1", "2", "3"))
    withdraw_certificate(actor=sign, number=withdrawn.number, reason="演示")
    supersede_certificate(actor=sign, number=old.number, reason="演示")
    issue(world, make_checked(world, "4", readings=rejected_readings())[0])
    readings = READINGS | {"readings": {"weighing": READINGS["readings"]["weighing"]}}
    issue(world, make_checked(world, "5", kind=WorkKind.CALIBRATION, readings=readings)[0])
    (last,) = make_checked(world, "6")

    def stop(_step: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        issue_certificate(actor=sign, public_id=last.public_id, revision=last.revision, after_step=stop)


@pytest.mark.usefixtures("every_status")
def test_each_row_has_the_status_that_status_of_gives_on_every_day() -> None:
    until = Certificate.objects.exclude(valid_until=None).values_list("valid_until", flat=True).first()
    assert until is not None
    for on in (TODAY, until, until + timedelta(days=1), date(2050, 1, 1)):
        rows = with_status(Certificate.objects.all(), on)
        assert {one.number: one.status for one in rows} == {
            one.number: str(status_of(one, on)) for one in Certificate.objects.all()
        }
    assert status_counts(Certificate.objects.all(), TODAY) == {
        Status.PREPARED: 1,
        Status.VALID: 2,
        Status.EXPIRED: 0,
        Status.REJECTED: 1,
        Status.CALIBRATION: 1,
        Status.SUPERSEDED: 1,
        Status.WITHDRAWN: 1,
    }


@pytest.mark.usefixtures("every_status")
def test_a_revocation_touches_what_was_signed_from_that_moment_on() -> None:
    key = SigningCertificate.objects.get()
    assert signed_since(key, NOW) == 6
    assert signed_since(key, NOW + timedelta(seconds=1)) == 0
