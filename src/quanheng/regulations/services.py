"""Loading, adding and confirming rule versions.  A version is never edited: another supersedes it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.errors import StaleRevision
from quanheng.base.files import store_file
from quanheng.base.locks import lock_for_transaction
from quanheng.core.models import User
from quanheng.core.services import acted_by
from quanheng.kernels.canonical import canonical_json
from quanheng.kernels.rules import LACKS, BadRules, lint, load_rule_file, read_rule, rule_bodies, rule_body
from quanheng.kernels.rules import RuleVersion as Rule
from quanheng.regulations.enums import Origin
from quanheng.regulations.errors import (
    AlreadyConfirmed,
    AlreadySuperseded,
    BadConfirmation,
    BadRuleFile,
    RuleKnown,
    RuleNotFound,
)
from quanheng.regulations.models import MAX_AGAINST, MAX_CLAUSE, RuleVersion
from quanheng.regulations.packaged import packaged_kinds, packaged_rules
from quanheng.regulations.selectors import SUPPLIED
from quanheng.transparency.services import Personal, enqueue_leaf

_LOCK = "regulations"


@dataclass(frozen=True)
class Loaded:
    """What loading the packaged rules did: ``kept`` were there already, with their confirmations."""

    added: int
    kept: int


@transaction.atomic
def load_packaged_rules() -> Loaded:
    """Put the packaged rules into the database; repeating it changes nothing.

    A packaged row that a new version of the software words differently becomes a new version,
    unconfirmed.  What the county added or confirmed stays.
    """
    lock_for_transaction(_LOCK)
    present: dict[tuple[str, int], RuleVersion] = {}
    for row in RuleVersion.objects.filter(origin=Origin.PACKAGED).order_by("number"):
        present[row.key, row.body["number"]] = row  # the latest wording of each
    added: list[RuleVersion] = []
    for rule in packaged_rules().versions:
        body, before = rule_body(rule), present.get((rule.key, rule.number))
        if before is None or before.body != body:
            added.append(_create(rule, body, Origin.PACKAGED, actor=None, supersedes=before))
    if added:
        enqueue_leaf(
            kind="rules:loaded",
            subject="rules:packaged",
            data={"rules": {row.rule_id: _digest(row.body) for row in added}},
        )
    return Loaded(added=len(added), kept=len(packaged_rules().versions) - len(added))


@transaction.atomic
def add_rule_version(*, actor: User, body: Mapping[str, Any], supersedes: UUID | None = None) -> RuleVersion:
    """Add a version of the county's own, unconfirmed; ``body`` is a row of a rule file.

    Its number is the next one of its key, whatever ``body`` says.  ``supersedes`` takes another
    version out of force altogether; without it the new one follows or, beginning on the same day,
    goes before a packaged one.

    Raises
    ------
    BadRuleFile, RuleKnown
        The row is wrong or lacks source, clause or the mark for it; a version says the same.
    RuleNotFound, AlreadySuperseded
        About ``supersedes``.
    """
    lock_for_transaction(_LOCK)
    rule = _checked(body)
    before = _to_supersede(supersedes, rule)
    row = _create(rule, rule_body(rule), Origin.COUNTY, actor=actor, supersedes=before)
    enqueue_leaf(
        kind="rule:added",
        subject=f"rule:{row.public_id}",
        data={
            "rule": row.rule_id,
            "sha256": _digest(row.body),
            "from": row.body["in_force_from"],
            "supersedes": before.rule_id if before else None,
        },
        personal=acted_by(actor),
    )
    return row


@transaction.atomic
def add_rule_file(*, actor: User, data: bytes) -> list[RuleVersion]:
    """Add all rows of a rule file, or none.  The refusals are those of `add_rule_version`."""
    try:
        bodies = rule_bodies(load_rule_file(data))
    except BadRules as error:
        raise BadRuleFile(where=error.where, reason=error.reason) from error
    return [add_rule_version(actor=actor, body=body) for _where, body in bodies]


@transaction.atomic
def confirm_rule(
    *,
    actor: User,
    public_id: UUID,
    revision: int,
    against: str,
    clause: str,
    data: bytes = b"",
    filename: str = "",
) -> RuleVersion:
    """Record that a version was compared with the official text, and where it says so.

    Parameters
    ----------
    against : str
        The official document, such as JJG 539-2016, edition and publisher.
    clause : str
        Where in it the period or the item stands.
    data, filename
        A scan or copy of that place, where there is one.

    Raises
    ------
    RuleNotFound, AlreadyConfirmed, AlreadySuperseded, StaleRevision
        Of the row.
    BadConfirmation
        Document or clause missing; the rule itself still lacks something; the file is too large.
    """
    row = RuleVersion.objects.select_for_update().filter(public_id=public_id).first()
    if row is None:
        raise RuleNotFound(public_id=str(public_id))
    if row.is_confirmed:
        raise AlreadyConfirmed(rule=row.rule_id)
    _refuse_superseded(row)
    if row.revision != revision:
        raise StaleRevision(rule=row.rule_id)
    _check_confirmation(row, against, clause, data)
    row.is_confirmed, row.confirmed_at, row.confirmed_by = True, clock.now(), actor
    row.confirmed_against, row.confirmed_clause = against.strip(), clause.strip()
    if data:
        row.confirmed_sha256, row.confirmed_file_name = store_file(data), filename[-255:]
    row.revision += 1
    row.save()
    enqueue_leaf(
        kind="rule:confirmed",
        subject=f"rule:{row.public_id}",
        data={
            "rule": row.rule_id,
            "sha256": _digest(row.body),
            "against": row.confirmed_against,
            "clause": row.confirmed_clause,
            "file_sha256": row.confirmed_sha256,
        },
        # A file name often names a person.
        personal=acted_by(actor)
        | ({"file_name": Personal(row.confirmed_file_name, actor.person)} if data else {}),
    )
    return row


def _check_confirmation(row: RuleVersion, against: str, clause: str, data: bytes) -> None:
    if lacks := sorted(set(row.body["lacks"]) - SUPPLIED):
        names = "、".join(_(LACKS[item]) for item in lacks)
        reason = _("该规则尚缺%(lacks)s，请先添加补全的新版本。") % {"lacks": names}
        raise BadConfirmation(reason=reason)
    if not against.strip() or not clause.strip():
        raise BadConfirmation(reason=_("请写明所核对的正式文本和条款。"))
    for text, longest in ((against, MAX_AGAINST), (clause, MAX_CLAUSE)):
        if len(text.strip()) > longest:
            raise BadConfirmation(reason=_("文字超过 %(longest)s 个字。") % {"longest": longest})
    if len(data) > settings.MAX_UPLOAD_BYTES:
        size = settings.MAX_UPLOAD_BYTES // 2**20
        raise BadConfirmation(reason=_("文件超过 %(size)s MiB。") % {"size": size})


def _checked(body: Mapping[str, Any]) -> Rule:
    """Return the rule of a row with the next number of its key."""
    key = body.get("key")
    last = RuleVersion.objects.filter(key=str(key)).aggregate(last=Max("number"))["last"] or 0
    try:
        rule = read_rule({**body, "number": last + 1}, packaged_kinds(), where=str(key))
    except BadRules as error:
        raise BadRuleFile(where=error.where, reason=error.reason) from error
    if found := lint([rule], packaged_kinds()):
        raise BadRuleFile(where=rule.key, reason=found[0].text.partition("：")[2])
    for row in RuleVersion.objects.filter(key=rule.key, successors=None):
        if row.body | {"number": rule.number} == rule_body(rule):
            raise RuleKnown(rule=row.rule_id)
    return rule


def _to_supersede(public_id: UUID | None, rule: Rule) -> RuleVersion | None:
    if public_id is None:
        return None
    before = RuleVersion.objects.filter(public_id=public_id, key=rule.key).first()
    if before is None:
        raise RuleNotFound(public_id=str(public_id))
    _refuse_superseded(before)
    return before


def _refuse_superseded(row: RuleVersion) -> None:
    if later := row.successors.first():
        raise AlreadySuperseded(by=later.rule_id)


def _create(
    rule: Rule,
    body: dict[str, Any],
    origin: Origin,
    *,
    actor: User | None,
    supersedes: RuleVersion | None,
) -> RuleVersion:
    taken = RuleVersion.objects.filter(key=rule.key)
    number = rule.number
    if taken.filter(number=number).exists():
        number = (taken.aggregate(last=Max("number"))["last"] or 0) + 1
    return RuleVersion.objects.create(
        key=rule.key,
        number=number,
        kind=rule.kind,
        in_force_from=rule.in_force_from,
        in_force_to=rule.in_force_to,
        body=body,
        origin=origin,
        supersedes=supersedes,
        created_at=clock.now(),
        created_by=actor,
    )


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(body)).hexdigest()
