"""What the desk of an institute shows: steps, lists, marks, recalls; and whom it turns away."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from quanheng.core.models import User
from quanheng.instruments.models import Instrument
from quanheng.parties.models import Party
from quanheng.standards.models import MeasurementStandard
from quanheng.verification.enums import MarkKind
from quanheng.verification.models import MarkUse, Recall
from quanheng.verification.services.marks import receive_marks
from tests.instruments.making import TODAY
from tests.verification.making import (
    apply,
    bad,
    checked,
    concluded,
    fresh,
    laboratory,
    opened,
    submitted,
)
from tests.web.staff.conftest import As, text_of

pytestmark = pytest.mark.django_db
People = dict[str, User]
DESK = "/staff/verification/"


def page(name: str, *args: Any) -> str:
    return reverse(f"staff:{name}", args=args)


def test_each_finds_their_own_step_on_the_desk_and_today(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    opened(people, scales[0])
    submitted(people, scales[1])
    checked(people, scales[2])
    for person, words in (
        ("verifier", "待您办理 1 台：检定 1"),
        ("checker", "待您办理 1 台：核验 1"),
        ("signatory", "待您办理 1 台：批准 1"),
    ):
        assert words in text_of(as_(person).get(DESK))
        assert "有 1 件事等您办" in text_of(as_(person).get("/staff/"))
    assert "没有待您办理的检定。" in text_of(as_("officer").get(DESK))


def test_an_owner_is_not_asked_to_answer_the_own_application(
    as_: As, people: People, shop: Party, scales: list[Instrument]
) -> None:
    apply(people["owner"], shop, scales[0])
    assert "待受理的申请" in text_of(as_("verifier").get(DESK))
    seen = text_of(as_("owner").get(DESK))
    assert "待受理的申请" not in seen
    assert "您的申请" in seen


def test_what_was_rejected_and_is_still_in_use_waits_for_who_may_stop_it(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    assert "检定不合格、还没有处理" not in text_of(as_("officer").get("/staff/"))
    concluded(people, scales[0], bad())
    for person, is_mine in (("officer", True), ("owner", True), ("verifier", False)):
        answer = as_(person).get("/staff/")
        lines = answer.context["mine" if is_mine else "others"]
        assert "检定不合格、还没有处理的 1 台" in [need.text for need in lines], person


def test_the_list_is_searched_narrowed_and_exported(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    opened(people, scales[0])
    submitted(people, scales[1])
    officer: Client = as_("officer")
    assert "共 2 台次" in text_of(officer.get(page("verification_list")))
    assert "共 1 台次" in text_of(officer.get(page("verification_list") + "?text=D002"))
    narrowed = officer.get(page("verification_list_xlsx") + "?state=submitted").content
    rows = list(openpyxl.load_workbook(BytesIO(narrowed)).active.iter_rows(min_row=3, values_only=True))
    assert [(row[1], row[5]) for row in rows] == [("D002", "待核验")]


# ---- marks and recalls ----------------------------------------------------------------------------------------------


def test_marks_are_put_on_and_what_does_not_add_up_is_said(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    one = submitted(people, scales[0])
    receive_marks(
        actor=people["verifier"],
        institute=laboratory().pk,
        kind=MarkKind.SEAL,
        first="S001",
        last="S100",
        issued_to=None,
        issued_on=TODAY,
    )
    verifier = as_("verifier")
    given = {"revision": fresh(one).revision, "kind": "seal", "numbers": "S001、S004 Z9"}
    told = text_of(verifier.post(page("marks_put", one.public_id), given, follow=True))
    assert "Z9 不在领用的号段内" in told  # while the instrument is still there
    assert "没有下落" not in told
    shown = text_of(verifier.get(page("marks")))
    assert "有 2 处对不上。" in shown
    assert "S002—S003 共 2 个没有下落" in shown
    assert "Z9 不在领用的号段内" in shown
    spoilt = {"act": "spoil", "institute": laboratory().pk, "kind": "seal", "used_on": TODAY.isoformat()}
    verifier.post(page("marks"), spoilt | {"number": "S002", "reason": "断裂"})
    assert MarkUse.objects.get(number="S002").spoilt_reason == "断裂"
    refused = verifier.post(page("marks"), spoilt | {"number": "S003", "reason": ""})
    assert refused.status_code == 422


def test_a_recall_ranks_the_verdicts_and_drafts_a_letter_for_each_owner(
    as_: As, people: People, scales: list[Instrument], weights: MeasurementStandard
) -> None:
    concluded(people, scales[0])
    point = {"nominal": "10000", "error": "40", "expanded_uncertainty": "0.08", "coverage_factor": "2"}
    found = weights.certificates.create(
        number="力-2026-002",
        issuer="省计量院",
        calibrated_on=TODAY,
        valid_until=TODAY.replace(year=2027),
        points=[point | {"unit": "g"}],
        file_sha256="0" * 64,
        file_name="证书.pdf",
        recorded_at=datetime(2026, 5, 20, tzinfo=UTC),
    )
    signatory = as_("signatory")
    given = {"certificate": str(found.public_id), "course": "random", "threshold": "0.05"}
    assert signatory.post(page("recall_new"), given).status_code == 422  # why, is logged
    answer = signatory.post(page("recall_new"), given | {"reason": "复校超差"}, follow=True)
    made = Recall.objects.get()
    assert "用它作的 1 个结论中" in text_of(answer)
    assert made.result["command"] in text_of(answer)
    letters = text_of(signatory.get(page("recall_notices", made.public_id)))
    assert ("达川演示超市" in letters) == bool(answer.context["doubtful"])
    assert signatory.get(page("recall_input", made.public_id)).json() == made.result["input"]
