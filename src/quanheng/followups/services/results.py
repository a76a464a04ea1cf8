"""What tests found: taken from concluded verifications, or entered from the certificate of another body."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from math import isfinite
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.followups.enums import Finding, FollowUpState, Source
from quanheng.followups.errors import BadTestResult
from quanheng.followups.models import FollowUp, TestResult
from quanheng.followups.rules import rule_on
from quanheng.followups.selectors import concluded_of
from quanheng.followups.services.shared import RECORD, locked_follow_up, log, move, refuse_unpermitted
from quanheng.instruments.services.registry import kept_file
from quanheng.kernels.text_keys import has_control
from quanheng.verification.enums import ApplicationState, Conclusion
from quanheng.verification.models import Verification

_TEST, _UNIT = "basic_error", "%"
_MOST_PERCENT = 100.0
_EARLIEST = date(2000, 1, 1)


def error_of(verification: Verification) -> tuple[float, float, list[dict[str, Any]]] | None:
    """Return the error as found, its U (k = 2) and the points [%]; None where the verification measured no error.

    Points of one load are averaged; loads are weighted by the rule ``test_error``.  All points share one standard, so
    their U add up as their errors do: never too small.
    """
    said = verification.judgement.get("found") or verification.judgement.get("decides") or {}
    loads: dict[float, list[tuple[float, float]]] = defaultdict(list)
    for point in said.get("points", ()):
        is_error = point.get("test") == _TEST and point.get("unit") == _UNIT
        if not is_error or None in (point.get("reference"), point.get("error")):
            continue
        loads[point["reference"]].append((point["error"], point.get("expanded_uncertainty") or 0.0))
    if not loads:
        return None
    ordered = sorted(loads)
    weights = _weights(len(ordered), verification.performed_on or clock.today())
    error = uncertainty = 0.0
    points = []
    for weight, load in zip(weights, ordered, strict=True):
        mean, wide = (sum(values) / len(loads[load]) for values in zip(*loads[load], strict=True))
        error, uncertainty = error + weight * mean, uncertainty + weight * wide
        points.append({"load": load, "error": mean, "expanded_uncertainty": wide, "weight": weight})
    return error, uncertainty, points


def _weights(loads: int, on: date) -> list[float]:
    if loads < 3:  # noqa: PLR2004  nothing lies between
        return [1 / loads] * loads
    rule = rule_on("test_error", on).value
    between = rule["between"] / (loads - 2)
    parts = [rule["lowest"], *[between] * (loads - 2), rule["highest"]]
    return [part / sum(parts) for part in parts]


@transaction.atomic
def take_in_results(*, actor: User | None = None) -> tuple[int, int]:
    """Look what became of every ordered test; return how many were concluded, and how many came back untested.

    Safe to run at any time and twice.  ``actor`` is None in the county day.
    """
    if actor is not None:
        refuse_unpermitted(actor, RECORD)
    tested = back = 0
    rows = FollowUp.objects.select_for_update(of=("self",)).select_related("application__decided_by")
    for follow_up in rows.filter(state=FollowUpState.ORDERED).order_by("pk"):
        verification = concluded_of(follow_up)
        if verification is not None:
            tested += _take(follow_up, verification, actor)
        elif follow_up.application is not None and follow_up.application.state in {
            ApplicationState.RETURNED,
            ApplicationState.CANCELLED,
        }:
            reason = follow_up.application.decision_reason or _("申请已撤回。")
            by = follow_up.application.decided_by
            follow_up.application = None
            move(follow_up, FollowUpState.PROPOSED, reason, by)
            log("came_back", f"followup:{follow_up.public_id}", actor, demo=follow_up.is_demo)
            back += 1
    return tested, back


def _take(follow_up: FollowUp, verification: Verification, actor: User | None) -> int:
    found = error_of(verification)
    if found is None or verification.performed_on is None:
        return 0
    error, uncertainty, points = found
    is_good = verification.conclusion == Conclusion.PASSED
    _record(
        follow_up,
        actor,
        source=Source.VERIFICATION,
        verification=verification,
        tested_on=verification.performed_on,
        # What was adjusted on the spot was found wrong all the same.
        finding=Finding.CONFORMING if is_good and not _was_wrong(verification) else Finding.NONCONFORMING,
        error_percent=error,
        expanded_uncertainty_percent=uncertainty,
        points=points,
    )
    return 1


def _was_wrong(verification: Verification) -> bool:
    found = verification.judgement.get("found")
    return bool(found) and any(point.get("pass") is False for point in found.get("points", ()))


@transaction.atomic
def record_certificate(
    *,
    actor: User,
    public_id: UUID,
    revision: int,
    institution: str,
    certificate_no: str,
    tested_on: date,
    finding: Finding,
    error_percent: float,
    expanded_uncertainty_percent: float,
    data: bytes,
    filename: str,
) -> TestResult:
    """Enter what another body found, with its certificate.

    Raises
    ------
    NotPermitted, FollowUpNotFound, StaleRevision, WrongFollowUpState
        As `shared.locked_follow_up`; an institute of this platform was asked: its verification counts.
    BadTestResult, quanheng.instruments.errors.BadEvent
        A text, day or figure that cannot be, a verdict against the figures, no file; a file too large.
    """
    refuse_unpermitted(actor, RECORD)
    follow_up = locked_follow_up(public_id, revision, {FollowUpState.PROPOSED})
    texts = [institution.strip(), certificate_no.strip()]
    if not all(texts) or any(len(text) > 100 or has_control(text) for text in texts):  # noqa: PLR2004  of the field
        raise BadTestResult(reason=_("请填写检定机构和证书编号，各不超过 100 个字。"))
    if not _EARLIEST <= tested_on <= clock.today():
        raise BadTestResult(reason=_("检定日期不能晚于今天，也不能早于 %(on)s。") % {"on": _EARLIEST})
    if not isfinite(error_percent) or abs(error_percent) > _MOST_PERCENT:
        raise BadTestResult(reason=_("误差应在 -100 % 到 100 % 之间。"))
    if not isfinite(expanded_uncertainty_percent) or not 0 <= expanded_uncertainty_percent <= _MOST_PERCENT:
        raise BadTestResult(reason=_("扩展不确定度应在 0 到 100 % 之间。"))
    if (
        finding == Finding.CONFORMING
        and abs(error_percent) > follow_up.mpe_percent + expanded_uncertainty_percent
    ):
        raise BadTestResult(
            reason=_("误差 %(error)s %% 明显超出 ±%(mpe)s %%，结论却是合格。请核对证书。")
            % {"error": f"{error_percent:+g}", "mpe": f"{follow_up.mpe_percent:g}"}
        )
    if not data:
        raise BadTestResult(reason=_("请附证书的照片或文件。"))
    return _record(
        follow_up,
        actor,
        source=Source.CERTIFICATE,
        institution=texts[0],
        certificate_no=texts[1],
        file_sha256=kept_file(data),
        file_name=filename[-255:],
        tested_on=tested_on,
        finding=Finding(finding),
        error_percent=error_percent,
        expanded_uncertainty_percent=expanded_uncertainty_percent,
    )


def _record(follow_up: FollowUp, actor: User | None, **given: Any) -> TestResult:
    made = TestResult.objects.create(follow_up=follow_up, recorded_by=actor, recorded_at=clock.now(), **given)
    move(follow_up, FollowUpState.TESTED)
    log(
        "tested",
        f"followup:{follow_up.public_id}",
        actor,
        source=str(made.source),
        finding=str(made.finding),
        on=made.tested_on.isoformat(),
        of_home={"error": f"{made.error_percent:.6g}", "estimate": f"{follow_up.error_percent:.6g}"},
        verification=f"verification:{made.verification.public_id}" if made.verification else "",
        file_sha256=made.file_sha256,
        demo=follow_up.is_demo,
    )
    return made
