"""Certificates as they lie on a citizen's disk: files, the log as published, the key of the log."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from quanheng.certificates import selectors
from quanheng.certificates.checking import CheckReport, PublishedLog, check_file
from quanheng.certificates.models import Certificate
from quanheng.certificates.services import issue_certificate
from quanheng.kernels.tlog.check import parse_key_file
from quanheng.kernels.tlog.notes import VerifierKey
from quanheng.transparency.selectors import log_folder, reader
from quanheng.transparency.sequencer import sequence
from quanheng.verification.models import Verification
from tests.certificates.making import TODAY, World


def issue(world: World, verification: Verification) -> Certificate:
    """Sign as the signatory of the cast."""
    return issue_certificate(
        actor=world.people["signatory"], public_id=verification.public_id, revision=verification.revision
    )


def log_key() -> VerifierKey:
    """The key of the log, as from a trusted place."""
    return parse_key_file((log_folder() / "log.vkey").read_bytes())


def published() -> PublishedLog:
    """The log as it is published once everything is in it."""
    sequence()
    return PublishedLog(reader(log_folder()), key=log_key())


def checked(data: bytes, *, at: date = TODAY, log: PublishedLog | None = None) -> CheckReport:
    """Check a file against the published log."""
    return check_file(data, log=log or published(), at=at)


def outcome(report: CheckReport) -> dict[str, bool | None]:
    """What was looked at, and how it came out."""
    return {check.name: check.ok for check in report.checks}


def failed(report: CheckReport) -> set[str]:
    """What the file did not stand."""
    return {check.name for check in report.checks if check.ok is False}


def told(report: CheckReport, name: str) -> str:
    """What is said of one check."""
    return next(check.text for check in report.checks if check.name == name)


def proof_of(certificate: Certificate) -> bytes:
    """The proof file as the public page gives it."""
    return json.dumps(selectors.proof_of(certificate)).encode()


def write(certificate: Certificate, folder: Path) -> Path:
    """Write PDF and XML, each under the number."""
    pdf = folder / f"{certificate.number}.pdf"
    pdf.write_bytes(selectors.pdf_of(certificate))
    pdf.with_suffix(".xml").write_bytes(selectors.xml_of(certificate))
    return pdf
