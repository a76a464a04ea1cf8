"""What a standard that was found to have drifted means for past verdicts: gathers, asks the kernel, ranks.  Reads.

How far a standard deviates is its true value minus the value used for it: the negative of the error that its
certificates state (indicated - reference), for it is used by what it indicates.  A point of a verification belongs
to the point of the standard that is nearest; a load of several weights deviates in proportion.  A judged error is less
by as much as the standard is more (E = I - R), in the unit of the error, or in % of the reference.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import log
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from quanheng.kernels.quantities import BadQuantity, Quantity, convert, unit
from quanheng.kernels.traceability import BadTraceability, Course, load_standards, recall
from quanheng.parties.models import Party
from quanheng.standards.models import MeasurementStandard, StandardCertificate
from quanheng.verification.enums import Conclusion, VerificationState
from quanheng.verification.errors import BadRecall
from quanheng.verification.models import Recall, UsedStandard, Verification

COMMAND = "quanheng traceability recall input.json"


@dataclass(frozen=True)
class Affected:
    """The verifications between the last certificate before the finding and the finding itself."""

    before: StandardCertificate
    found: StandardCertificate
    verifications: QuerySet[Verification]


def affected_by(found: StandardCertificate) -> Affected:
    """Return what was measured with a standard since the certificate before ``found``.

    Raises
    ------
    BadRecall
        There is no earlier certificate, or nothing was measured since.
    """
    earlier = found.standard.certificates.filter(
        withdrawn_at=None, calibrated_on__lt=found.calibrated_on
    ).first()
    if earlier is None:
        raise BadRecall(reason=_("这件标准没有更早的证书，不知道从哪一天查起。"))
    used = UsedStandard.objects.filter(standard=found.standard).values("verification")
    rows = Verification.objects.filter(
        pk__in=used,
        state=VerificationState.CONCLUDED,
        performed_on__gte=earlier.calibrated_on,
        performed_on__lte=found.calibrated_on,
    ).select_related("instrument")
    if not rows.exists():
        raise BadRecall(reason=_("上一份证书以来，没有用这件标准检定过器具。"))
    return Affected(earlier, found, rows.order_by("performed_on", "pk"))


def computed(affected: Affected, course: Course) -> dict[str, Any]:
    """Return input and result of a recall: `Recall.result`.

    ``input`` is a file as `quanheng traceability recall` reads it; ``ranked`` the verifications, the most doubtful
    first; ``not_computed`` those of which nothing can be said, each with its reason.
    """
    standards = _histories(affected, course)
    told: list[dict[str, Any]] = []
    open_: list[dict[str, Any]] = []
    told_of: dict[str, dict[str, Any]] = {}
    # One after the other: a judgement is large, and a standard may have served for thousands.
    for one in affected.verifications.defer("as_found", "as_left", "used").iterator(chunk_size=500):
        row = _row(one)
        if one.conclusion == Conclusion.CALIBRATED:
            open_.append(row | {"reason": _("校准不给结论；请按新的偏差重新评定其数值。")})
        elif points := list(_points(one, standards)):
            passed, number = one.conclusion == Conclusion.PASSED, row["verification"]
            told.append({"number": number, "date": row["performed_on"], "passed": passed, "points": points})
            told_of[number] = row
        else:
            open_.append(row | {"reason": _("检定点与标准器的单位或量值对不上，算不出来。")})
    document = {"title": str(affected.found.standard), "standards": standards, "verifications": told}
    found = {"input": document, "command": COMMAND, "not_computed": open_, "notes": []}
    return found | _ranked(document, told_of)


def _ranked(document: dict[str, Any], rows: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    if not document["verifications"]:
        return {"ranked": [], "expected_flips": 0.0, "flips_interval": None}
    try:
        content, records = load_standards(json.dumps(document).encode(), is_json=True)
        answer = recall(content.histories, records.verdicts())
    except BadTraceability as error:
        raise BadRecall(reason=str(error)) from error
    numbers = [one["number"] for one in document["verifications"]]
    return {
        "notes": [finding.text for finding in content.findings],
        "expected_flips": float(f"{answer.expected_flips:.6g}"),
        "flips_interval": answer.flips_interval and list(answer.flips_interval),
        "ranked": [
            rows[numbers[at]] | {"probability": float(f"{answer.flip_probability[at]:.6g}")}
            for at in answer.ranking.tolist()
        ],
    }


def _row(one: Verification) -> dict[str, Any]:
    return {
        "verification": str(one.public_id),
        "instrument": str(one.instrument.public_id),
        "performed_on": str(one.performed_on),
        "conclusion": str(one.conclusion),
    }


def _histories(affected: Affected, course: Course) -> dict[str, Any]:
    """Return the calibrations of each point of the standard that both certificates state, as the kernel reads them."""
    standard, last = affected.found.standard, affected.found.calibrated_on
    rows = standard.certificates.filter(withdrawn_at=None, calibrated_on__lte=last).order_by(
        "calibrated_on", "pk"
    )
    by_day = {row.calibrated_on: row for row in rows} | {last: affected.found}
    codes = _codes(affected.before) & _codes(affected.found)
    if not codes:
        raise BadRecall(reason=_("两份证书没有相同的检定点，无从比较。请在证书中登记各点的误差和不确定度。"))
    return {
        code: {"name": f"{standard} {code}", "calibrations": list(_calibrations(by_day, code, course))}
        for code in sorted(codes)
    }


def _calibrations(
    by_day: Mapping[date, StandardCertificate], code: str, course: Course
) -> Iterator[dict[str, Any]]:
    is_first = True
    for day, certificate in by_day.items():
        for point in certificate.points:
            if _code(point) == code:
                half = Decimal(point["expanded_uncertainty"]) / Decimal(point["coverage_factor"])
                deviation = float(-Decimal(point["error"]))
                told = {"date": str(day), "left": deviation, "standard_uncertainty": float(half)}
                yield told if is_first else told | {"found": deviation, "course": course.value}
                is_first = False
                break


def _codes(certificate: StandardCertificate) -> set[str]:
    return {_code(point) for point in certificate.points}


def _code(point: Mapping[str, str]) -> str:
    return f"{Decimal(point['nominal']).normalize():f} {point['unit']}"


def _points(one: Verification, standards: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the points of a verification, each with the point of the standard it was made with."""
    for point in one.judgement["decides"]["points"]:
        lower, upper = point["mpe"]
        if point["of_group"] or point["error"] is None or (lower is None and upper is None):
            continue
        nearest = _nearest(point, standards)
        if nearest is None:
            continue
        limits = {"lower": lower, "upper": upper}
        yield {
            "error": point["error"],
            "standard_uncertainty": point["standard_uncertainty"] or 0.0,
            "standards": dict([nearest]),
            **{name: limit for name, limit in limits.items() if limit is not None},
        }


def _nearest(point: Mapping[str, Any], codes: Iterable[str]) -> tuple[str, float] | None:
    """Return the point of the standard nearest to a reference value, and how the judged error follows it."""
    reference = point["reference"]
    if reference is None:
        return None
    best: tuple[float, str, float] | None = None
    for code in codes:
        text, _space, written = code.partition(" ")
        try:
            nominal = convert(float(text), written, point["reference_unit"])
            found = _apart(reference, nominal, written)
            sensitivity = found and _sensitivity(point, reference, found[1], written)
        except BadQuantity:
            continue
        if found is not None and sensitivity is not None and (best is None or found[0] < best[0]):
            best = found[0], code, sensitivity
    return best and (best[1], best[2])


def _apart(reference: float, nominal: float, written: str) -> tuple[float, float] | None:
    """Return how far a reference value is from a point of a standard, and its multiple of it.

    Temperatures differ by so many degrees and are no multiples; all else is compared by its ratio.
    """
    if unit(written).quantity is Quantity.TEMPERATURE:
        return abs(reference - nominal), 1.0
    if reference <= 0 or nominal <= 0:
        return None
    return abs(log(reference / nominal)), reference / nominal


def _sensitivity(point: Mapping[str, Any], reference: float, multiple: float, written: str) -> float | None:
    """Return by how much the judged error changes with the deviation of the standard [unit/unit]."""
    own, judged = unit(written).difference, unit(point["unit"] or "1").difference
    if judged.quantity is not Quantity.RATIO:
        return -multiple * convert(1.0, own, judged)
    if not reference:
        return None
    in_reference = convert(1.0, own, unit(point["reference_unit"]).difference)
    return -multiple * in_reference / reference * convert(1.0, "1", judged)


def notices_of(recall_: Recall) -> list[dict[str, Any]]:
    """Return a draft for each owner whose instruments are in doubt: ``owner`` (None: unknown), ``text``, ``rows``.

    Whoever is notified, and in what words, a person decides.
    """
    told = [
        row for row in recall_.result["ranked"] if Decimal(str(row["probability"])) >= recall_.threshold
    ] + recall_.result["not_computed"]
    by_id = {
        str(one.public_id): one
        for one in Verification.objects.filter(
            public_id__in=[row["verification"] for row in told]
        ).select_related("instrument__owner", "instrument__place", "work_order__institute")
    }
    owners: dict[int | None, tuple[Party | None, list[dict[str, Any]]]] = {}
    for row in told:
        one = by_id[row["verification"]]
        owner = one.instrument.owner
        rows = owners.setdefault(one.instrument.owner_id, (owner, []))[1]
        rows.append(row | {"name": str(one.instrument), "spot": one.instrument.spot})
    institute = recall_.standard.unit.name
    return [
        {"owner": owner, "rows": rows, "text": _letter(owner, rows, recall_.standard, institute)}
        for owner, rows in owners.values()
    ]


def _letter(
    owner: Party | None, rows: list[dict[str, Any]], standard: MeasurementStandard, institute: str
) -> str:
    lines = [
        _("{name}，{on} 检定").format(name=row["name"], on=row["performed_on"])
        + (_("，结论可能改变的概率 {p:.0%}").format(p=row["probability"]) if "probability" in row else "")
        for row in rows
    ]
    text = _(
        "{owner}：\n检定所用的“{standard}”经复校，量值有变化。下列计量器具的检定结论因此存疑，请安排重新检定，不另收费：\n{lines}\n{institute}"
    )
    return text.format(
        owner=owner or _("使用单位"), standard=standard, lines="\n".join(lines), institute=institute
    )
