"""Keys that sign for an institute: registered and revoked in the log, opened to sign."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.locks import lock_for_transaction
from quanheng.certificates.errors import (
    BadRevocation,
    KeyAlreadyRevoked,
    KeyNotFit,
    NoSigningKey,
    SigningKeyNotFound,
)
from quanheng.certificates.models import MAX_REASON, SigningCertificate
from quanheng.certificates.signing.demonstration import make_demonstration_key
from quanheng.certificates.signing.keys import DEMONSTRATION_WARNING, FileKey, SigningKey, open_key
from quanheng.certificates.signing.x509_findings import certificate_findings
from quanheng.core.errors import NotPermitted
from quanheng.core.models import County, OrgUnit, User
from quanheng.core.permissions import scope_of
from quanheng.core.services import acted_by
from quanheng.transparency.services import Personal, enqueue_leaf

DEMONSTRATION_YEARS = 10
MAX_PEM_CHARACTERS = 20_000  # with its issuers; a leaf of the log must hold it
_KEYS = "certificates.keys"
_log = logging.getLogger(__name__)


@transaction.atomic
def register_key(*, actor: User | None, institute: OrgUnit, key_uri: str) -> SigningCertificate:
    """Register the key at an address of `signing.keys.open_key` for an institute.

    The key is opened, so that what is registered can sign; its X.509 certificate goes to the log.

    Raises
    ------
    NotPermitted
        The person does not look after keys of this institute.
    BadKeyAddress, KeyUnavailable, WrongKey, DemonstrationKeyRefused
        See `open_key`; a key in a file is refused outside a demonstration county.
    KeyNotFit
        Expired or not yet valid, not for signing, of another organisation (neither O nor CN is a name of the
        institute), or registered already.
    """
    if actor is not None and not scope_of(actor, _KEYS).covers(institute.pk):
        raise NotPermitted(permission=_KEYS)
    lock_for_transaction(_KEYS)
    key = open_key(key_uri, allow_demonstration=is_demonstration())
    _refuse_unfit(key, institute)
    return _register(actor, institute, key, key_uri)


@transaction.atomic
def revoke_key(
    *, actor: User | None, public_id: UUID, distrusted_from: datetime, reason: str
) -> SigningCertificate:
    """Revoke a key; what the log saw before ``distrusted_from`` stays valid, what it saw since does not.

    Raises
    ------
    SigningKeyNotFound, KeyAlreadyRevoked
        Not there, or of another institute; revoked before.
    BadRevocation
        No reason; a moment to come, or before the key was registered.
    """
    lock_for_transaction(_KEYS)
    found = SigningCertificate.objects.select_for_update().filter(public_id=public_id).first()
    if found is None or (actor is not None and not scope_of(actor, _KEYS).covers(found.institute_id)):
        raise SigningKeyNotFound
    if found.revoked_at is not None:
        raise KeyAlreadyRevoked
    now, reason = clock.now(), reason.strip()
    if not 0 < len(reason) <= MAX_REASON:
        raise BadRevocation(reason=_("请写明理由，不超过 {longest} 个字。").format(longest=MAX_REASON))
    if not found.registered_at <= distrusted_from <= now:
        raise BadRevocation(reason=_("不再信任的时刻应在登记之后，不能晚于现在。"))
    found.revoked_by, found.revoked_at = actor, now
    found.distrusted_from, found.revocation_reason = distrusted_from, reason
    found.save()
    given = {} if actor is None else {"reason": Personal(reason, actor.person)}
    enqueue_leaf(
        kind="signing_key:revoked",
        subject=f"signing_key:{found.fingerprint}",
        data={**_unit(found.institute), "distrusted_from": _stamp(distrusted_from)},
        personal=acted_by(actor) | given,
    )
    return found


def signer_of(institute: OrgUnit) -> tuple[SigningCertificate, SigningKey]:
    """Return the newest key of an institute that may sign now, opened; the demonstration makes one on first use.

    Raises
    ------
    NoSigningKey
        None is registered, or each is revoked or out of its validity.
    KeyUnavailable, WrongKey, BadKeyAddress, DemonstrationKeyRefused
        See `open_key`; the key is not the one that was registered.
    """
    now = clock.now()
    found = SigningCertificate.objects.filter(
        institute=institute, revoked_at=None, not_before__lte=now, not_after__gt=now
    ).first()
    if found is None:
        if not is_demonstration():
            raise NoSigningKey(institute=institute.name)
        found = _demonstration_key(institute)
    return found, open_registered(found)


def open_registered(registered: SigningCertificate) -> SigningKey:
    """Return a registered key, opened; for what it raises see `signer_of`."""
    key = open_key(registered.key_uri, allow_demonstration=is_demonstration())
    if fingerprint_of(key.certificate) != registered.fingerprint:
        raise NoSigningKey(institute=registered.institute.name)
    if key.is_demonstration:
        _warn(registered.fingerprint)
    return key


@cache
def _warn(_fingerprint: str) -> None:
    """Say once in a process that a key is for demonstration: a batch would else drown everything in it."""
    _log.warning(gettext(DEMONSTRATION_WARNING))


def fingerprint_of(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of the DER of an X.509 certificate [hex]."""
    return certificate.fingerprint(SHA256()).hex()


@transaction.atomic
def _demonstration_key(institute: OrgUnit) -> SigningCertificate:
    """Return the demonstration key of an institute, made and registered by whoever comes first."""
    lock_for_transaction(_KEYS)
    folder = Path(settings.HOME) / "keys" / f"institute-{institute.pk}"
    uri = f"file:{folder / 'key.pem'}"
    if not (folder / "key.pem").exists():
        make_demonstration_key(
            folder,
            institute_name=institute.name,
            now=clock.now().replace(microsecond=0),
            years=DEMONSTRATION_YEARS,
        )
    key = FileKey(folder / "key.pem")
    known = SigningCertificate.objects.filter(fingerprint=fingerprint_of(key.certificate)).first()
    if known is not None and known.revoked_at is not None:
        raise NoSigningKey(institute=institute.name)
    return known or _register(None, institute, key, uri)


def _register(actor: User | None, institute: OrgUnit, key: SigningKey, key_uri: str) -> SigningCertificate:
    certificate = key.certificate
    pem = "".join(one.public_bytes(Encoding.PEM).decode() for one in (certificate, *key.chain))
    if len(pem) > MAX_PEM_CHARACTERS:
        raise KeyNotFit(reason=_("证书链过长"))
    made = SigningCertificate.objects.create(
        institute=institute,
        pem=pem,
        fingerprint=fingerprint_of(certificate),
        subject=certificate.subject.rfc4514_string()[:300],
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key_uri=key_uri,
        is_demo=key.is_demonstration,
        registered_by=actor,
        registered_at=clock.now(),
    )
    enqueue_leaf(
        kind="signing_key:registered",
        subject=f"signing_key:{made.fingerprint}",
        data={
            **_unit(institute),
            "pem": pem,
            "not_before": _stamp(made.not_before),
            "not_after": _stamp(made.not_after),
            "demo": made.is_demo,
        },
        personal=acted_by(actor),
    )
    return made


def _refuse_unfit(key: SigningKey, institute: OrgUnit) -> None:
    certificate = key.certificate
    if found := certificate_findings(certificate, clock.now()):
        raise KeyNotFit(reason="".join(finding.text for finding in found).rstrip("。"))
    owners = [
        *certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME),
        *certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME),
    ]
    known = {institute.name, *institute.aliases.values_list("name", flat=True)}
    if not any(str(owner.value) in known for owner in owners):
        raise KeyNotFit(reason=_("证书主体中的单位不是“{name}”").format(name=institute.name))
    if SigningCertificate.objects.filter(fingerprint=fingerprint_of(certificate)).exists():
        raise KeyNotFit(reason=_("已登记过"))


def is_demonstration() -> bool:
    """Say whether this county is a demonstration, where keys in files may sign."""
    return County.objects.filter(is_demo=True).exists()


def _unit(institute: OrgUnit) -> dict[str, str]:
    return {"unit": f"unit:{institute.pk}", "institute": institute.name}


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
