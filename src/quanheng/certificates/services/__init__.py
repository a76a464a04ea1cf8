"""Writes: keys, issuing, ending.  What was issued is never edited."""

from quanheng.certificates.services.ending import forget_person, supersede_certificate, withdraw_certificate
from quanheng.certificates.services.issuing import issue_certificate, resume_prepared
from quanheng.certificates.services.keys import register_key, revoke_key

__all__ = [
    "forget_person",
    "issue_certificate",
    "register_key",
    "resume_prepared",
    "revoke_key",
    "supersede_certificate",
    "withdraw_certificate",
]
