"""An institute's work on its pages: apply, accept, plan, record, check, sign; and what each page refuses."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from quanheng.certificates.models import Certificate
from quanheng.core.enums import Role
from quanheng.core.models import RoleAssignment, User
from quanheng.instruments.models import Instrument, Place
from quanheng.parties.models import Party
from quanheng.standards.models import MeasurementStandard
from quanheng.verification.enums import ApplicationState, VerificationState
from quanheng.verification.models import Application, WorkOrder
from quanheng.verification.services.applications import accept_application
from tests.instruments.making import TODAY, make_party
from tests.standards.making import make_certificate, make_standard
from tests.verification.making import (
    a_scale,
    accepted,
    apply,
    bad,
    checked,
    draft,
    fresh,
    good,
    laboratory,
    opened,
    plan,
    submitted,
)
from tests.web.staff.conftest import As, text_of

pytestmark = pytest.mark.django_db
People = dict[str, User]
DESK = "/staff/verification/"


def page(name: str, *args: Any) -> str:
    return reverse(f"staff:{name}", args=args)


def typed(**changes: Any) -> dict[str, Any]:
    """What a person types who finds a scale without fault."""
    rows = {
        "weighing": [(load, load, 5) for load in (200, 5000, 20000, 15000, 30000)],
        "eccentricity": [(10000, 10000, 5)] * 4,
        "repeatability": [(load, load, 5) for load in (15000, 30000) for _ in range(3)],
    }
    looks = ("type_approval", "seal", "self_locking", "software", "no_cheating")
    return (
        {f"rows-{name}": "\n".join("\t".join(map(str, row)) for row in test) for name, test in rows.items()}
        | {f"checks-{name}": "合格" for name in looks}
        | {"on": TODAY.isoformat(), "phase": "found", "environment-temperature": "22.5"}
        | changes
    )


# ---- applications ---------------------------------------------------------------------------------------------------


def test_an_owner_applies_for_what_is_due_and_the_institute_accepts(
    as_: As, scales: list[Instrument]
) -> None:
    owner = as_("owner")
    form = owner.get(page("application_new"))
    assert "12 台器具，其中 12 台已到该检的时候" in text_of(form)
    assert len(form.context["picked"]) == 12  # those due are chosen before anybody does
    given = {"institute": laboratory().pk, "applicant": scales[0].owner_id, "kind": "periodic"}
    given |= {"work_place": "lab", "instrument": [str(one.public_id) for one in scales[:2]]}
    answer = owner.post(page("application_new"), given, follow=True)
    assert "已提交申请，2 台。" in text_of(answer)
    made = Application.objects.get()
    desk = text_of(as_("checker").get(DESK))
    assert "待受理申请 1 份" in desk
    assert "2026-05-27" in desk  # five working days
    as_("checker").post(page("application_accept", made.public_id), {"revision": 1})
    assert "已受理" in text_of(owner.get(page("application", made.public_id)))
    assert "安排检定（2 台）" in text_of(as_("checker").get(page("application", made.public_id)))


def test_staff_at_the_door_apply_for_a_market_in_one_page(
    as_: As, scales: list[Instrument], market: Place
) -> None:
    officer = as_("officer")
    assert "亭子镇集贸市场" in text_of(officer.get(page("application_new")))
    url = f"{page('application_new')}?place={market.public_id}"
    form = officer.get(url)
    given = {"institute": laboratory().pk, "applicant": scales[0].owner_id, "kind": "periodic"}
    given |= {"work_place": "on_site", "instrument": sorted(form.context["picked"])}
    officer.post(url, given)
    made = Application.objects.get()
    assert (made.place, made.items.count()) == (market, 12)
    again = officer.get(url)
    assert again.context["free"] == 0
    assert "已申请或正在检定" in text_of(again)


def test_one_that_cannot_be_verified_is_named_and_nothing_is_applied_for(
    as_: As, people: People, scales: list[Instrument], shop: Party
) -> None:
    apply(people["owner"], shop, scales[0])
    given = {"institute": laboratory().pk, "applicant": shop.pk, "kind": "periodic", "work_place": "lab"}
    given |= {"instrument": [str(one.public_id) for one in scales[:2]]}
    answer = as_("owner").post(page("application_new"), given)
    assert answer.status_code == 409
    assert "电子计价秤 D001已经申请检定" in text_of(answer)
    assert Application.objects.count() == 1
    assert "请勾选至少一台器具" in text_of(
        as_("owner").post(page("application_new"), given | {"instrument": []})
    )


def test_an_application_is_returned_with_its_reason_or_taken_back(
    as_: As, people: People, scales: list[Instrument], shop: Party
) -> None:
    first, second = apply(people["owner"], shop, scales[0]), apply(people["owner"], shop, scales[1])
    checker = as_("checker")
    refused = checker.post(page("application_return", first.public_id), {"revision": 1}, follow=True)
    assert "请写明理由" in text_of(refused)
    checker.post(page("application_return", first.public_id), {"revision": 1, "reason": "不在授权范围"})
    assert "不在授权范围" in text_of(as_("owner").get(page("application", first.public_id)))
    as_("owner").post(page("application_cancel", second.public_id), {"revision": 1})
    states = Application.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [ApplicationState.RETURNED, ApplicationState.CANCELLED]


def test_the_exported_list_holds_what_is_shown(
    as_: As, people: People, scales: list[Instrument], shop: Party
) -> None:
    apply(people["owner"], shop, *scales[:3])
    body = as_("officer").get(page("applications_xlsx")).content
    rows = list(openpyxl.load_workbook(BytesIO(body)).active.iter_rows(min_row=3, values_only=True))
    assert [row[1:6] for row in rows] == [(shop.name, laboratory().name, None, 3, "待受理")]
    assert as_("officer").get(page("applications_xlsx") + "?state=accepted").content != body


# ---- work orders ----------------------------------------------------------------------------------------------------


def test_only_who_may_is_offered_and_the_others_are_named_with_the_reason(
    as_: As, people: People, scales: list[Instrument], shop: Party
) -> None:
    stranger = User.objects.create_user("newcomer", display_name="新检定员")
    RoleAssignment.objects.create(user=stranger, role=Role.VERIFIER, unit=laboratory())
    old = make_standard(laboratory(), serial_no="W-00")
    make_certificate(old, number="力-2025-009", valid_until=date(2026, 5, 1))
    application = accepted(people, shop, *scales[:3])
    shown = as_("checker").get(page("work_order_new", application.public_id))
    offered = [pk for pk, _name in shown.context["form"].fields["verifier"].choices]
    assert offered == [people["verifier"].pk]
    assert "新检定员没有登记为检定人员" in text_of(shown)
    assert [one.serial_no for one in shown.context["choice"].standards] == ["W-01"]
    assert "力-2025-009 有效期至 2026-05-01，2026-05-20 已过期" in text_of(shown)


def test_an_application_is_split_between_two_days_of_work(
    as_: As, people: People, scales: list[Instrument], shop: Party, weights: MeasurementStandard
) -> None:
    application = accepted(people, shop, *scales[:3])
    url = page("work_order_new", application.public_id)
    given = {
        "planned_on": TODAY.isoformat(),
        "regulation": "JJG 539",
        "verifier": people["verifier"].pk,
        "checker": people["checker"].pk,
        "signatory": people["signatory"].pk,
        "standards": [str(weights.public_id)],
        "kind": "periodic",
        "work_place": "lab",
        "instrument": [str(scales[0].public_id)],
    }
    first = as_("checker").post(url, given, follow=True)
    assert "还有 2 台未安排" in text_of(first)
    same = as_("checker").post(url, given | {"checker": people["verifier"].pk})
    assert same.status_code == 422  # not offered as a checker
    rest = [str(one.public_id) for one in scales[1:3]]
    done = as_("checker").post(url, given | {"instrument": rest}, follow=True)
    assert "任务单已下达。" in text_of(done)
    assert WorkOrder.objects.count() == 2
    assert "这份申请的器具都已安排" in text_of(as_("checker").get(url))


def test_an_owner_in_a_market_sees_nothing_of_the_other_stalls(
    as_: As, people: People, shop: Party, scales: list[Instrument], market: Place
) -> None:
    other = make_party("旁边的摊位")
    neighbour = a_scale(people, other, place=market, spot="99 号", serial_no="E001")
    asked = apply(people["checker"], shop, scales[0], neighbour)
    asked = accept_application(actor=people["checker"], public_id=asked.public_id, revision=asked.revision)
    order = plan(people, scales[0], neighbour, application=asked)

    of_order = ("work_order", order), ("work_order_sheet", order)
    for name, record in (("application", asked), *of_order):
        seen = text_of(as_("owner").get(page(name, record.public_id)))
        assert ("D001" in seen, "E001" in seen, "旁边的摊位" in seen) == (True, False, False)
        assert "E001" in text_of(as_("verifier").get(page(name, record.public_id)))


def test_the_sheet_to_print_has_the_points_of_the_regulation(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    order = plan(people, *scales[:2])
    text = text_of(as_("verifier").get(page("work_order_sheet", order.public_id)))
    assert "电子计价秤 D001" in text
    assert "30000" in text


# ---- readings -------------------------------------------------------------------------------------------------------


def test_what_is_typed_is_kept_and_judged_while_one_types(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    one = opened(people, scales[0])
    verifier, url = as_("verifier"), page("readings", one.public_id)
    start = verifier.get(url)
    assert "30000" in start.content.decode()  # a point that follows from what is registered
    sheet = start.context["sheet"]
    given = typed(revision=1, shown=sheet.shown) | {"rows-weighing": "200\t200\t5\n5000\t5001\t5"}
    live = verifier.post(url, given, headers={"HX-Request": "true"})
    text = text_of(live)
    assert "已保存" in text
    assert "“称量”读数不足：至少 5 行，给了 2 行。" in text
    assert fresh(one).revision == 2
    assert fresh(one).as_found["readings"]["weighing"][1]["indication"] == "5001 g"
    again = verifier.get(url).context["sheet"].typed["rows-weighing"].split("\n")
    assert again[:2] == ["200\t200\t5", "5000\t5001\t5"]
    assert len(again) == 5  # the points that are not measured yet are still there


def test_rows_of_other_points_stay_as_they_were_kept(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    one = opened(people, scales[0])
    verifier, url = as_("verifier"), page("readings", one.public_id)
    given = typed(revision=1) | {"rows-weighing": "5 kg\t5001\t5\n200\t200\t5"}
    verifier.post(url, given, headers={"HX-Request": "true"})

    again = verifier.get(url).context["sheet"].typed["rows-weighing"]
    assert again == "5 kg\t5001\t5\n200\t200\t5"


def test_a_record_that_is_read_has_no_rows_that_nobody_measured(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    one = opened(people, scales[0])
    verifier = as_("verifier")
    given = typed(revision=1) | {"rows-weighing": "200\t200\t5"}
    verifier.post(page("readings", one.public_id), given, headers={"HX-Request": "true"})

    (phase,) = verifier.get(page("verification", one.public_id)).context["phases"]
    assert {grid.id: rows for grid, rows in phase.grids}["rows-weighing"] == [["200", "200", "5"]]


def test_a_condition_that_cannot_be_is_told_beside_its_field(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    one = opened(people, scales[0])
    given = typed(revision=1) | {"environment-temperature": "abc"}
    seen = as_("verifier").post(page("readings", one.public_id), given)
    assert "没有读到数值：“abc”" in text_of(seen)
    fields = {entry.id: entry.error for entry in seen.context["form"].environment}
    assert "没有读到数值" in fields["environment-temperature"]


def test_what_the_registry_says_is_not_kept_a_second_time(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    one = opened(people, scales[0])
    as_("verifier").post(page("readings", one.public_id), typed(revision=1) | {"instrument-max": "15"})
    assert "instrument" not in fresh(one).as_found
    assert fresh(one).as_found["environment"] == {"temperature": "22.5 ℃"}


def test_two_devices_conflict_and_nothing_is_replaced_unasked(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    one = opened(people, scales[0])
    draft(people, one, good())
    verifier, url = as_("verifier"), page("readings", one.public_id)
    shown = {"headers": {"HX-Request": "true"}}
    for _time in range(2):  # typing on does not make it a decision
        stale = verifier.post(url, typed(revision=1), **shown)
        assert "冲突" in text_of(stale)
    assert fresh(one).as_found == good()
    taken = verifier.post(url, typed(revision=1, overwrite=fresh(one).revision), **shown)
    assert "已保存" in text_of(taken)
    assert fresh(one).as_found != good()


def test_readings_saved_already_word_for_word_are_no_conflict(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    """The answer was lost on the way, and the same is sent again."""
    one = opened(people, scales[0])
    verifier, url = as_("verifier"), page("readings", one.public_id)
    for _time in range(2):
        answer = verifier.post(url, typed(revision=1), headers={"HX-Request": "true"})
        assert "冲突" not in text_of(answer)
    assert fresh(one).revision == 2


def test_readings_go_to_the_checker_and_the_next_instrument_comes_up(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    order = plan(people, *scales[:2])
    first, second = order.verifications.order_by("pk")
    verifier = as_("verifier")
    short = verifier.post(page("readings_submit", first.public_id), typed(revision=1) | {"checks-seal": ""})
    assert short.status_code == 409
    assert "未检查：铅封完好。" in text_of(short)
    assert fresh(first).state == VerificationState.RECORDING
    now = fresh(first).revision
    answer = verifier.post(page("readings_submit", first.public_id), typed(revision=now))
    assert answer["Location"] == page("readings", second.public_id)
    assert fresh(first).state == VerificationState.SUBMITTED


def test_as_left_decides_and_can_be_dropped(as_: As, people: People, scales: list[Instrument]) -> None:
    one = opened(people, scales[0])
    draft(people, one, bad())
    verifier = as_("verifier")
    url = page("readings", one.public_id)
    assert "不合格" in text_of(verifier.get(url))
    first = verifier.get(f"{url}?phase=left").context["sheet"]
    assert first.typed["environment-temperature"] == "22.5"  # asked once
    assert "rows-weighing" not in first.typed
    verifier.post(url, typed(revision=fresh(one).revision, phase="left"))
    assert fresh(one).as_left
    assert fresh(one).as_found == bad()
    revision = {"revision": fresh(one).revision}
    verifier.post(page("readings_unadjusted", one.public_id), revision)
    assert fresh(one).as_left == {}


def test_a_kind_without_a_procedure_says_so(
    as_: As, people: People, shop: Party, weights: MeasurementStandard
) -> None:
    strange = a_scale(people, shop, kind="load_cell", name="称重传感器", serial_no="F1")
    one = opened(people, strange)
    answer = as_("verifier").get(page("readings", one.public_id))
    assert answer.status_code == 409
    assert "规程" in text_of(answer)


def _filled(body: bytes) -> SimpleUploadedFile:
    """Fill in a workbook: every load is shown as it is, every look is good."""
    book = openpyxl.load_workbook(BytesIO(body))
    for name in ("称量", "偏载", "重复性"):
        sheet = book[name]
        for row in sheet.iter_rows(min_row=2):
            if row[2].value is not None:
                row[3].value, row[4].value = row[2].value, 5
    checks = book["外观检查"]
    for row in checks.iter_rows(min_row=2):
        for cell in row[3:]:
            cell.value = "合格"
    stream = BytesIO()
    book.save(stream)
    return SimpleUploadedFile("记录.xlsx", stream.getvalue())


def test_a_workbook_for_a_whole_work_order_comes_back_as_drafts(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    order = plan(people, *scales[:3])
    verifier = as_("verifier")
    body = verifier.get(page("work_order_template", order.public_id)).content
    (edition,) = {
        batch.edition for batch in verifier.get(page("work_order", order.public_id)).context["batches"]
    }
    given = {"edition": edition, "on": TODAY.isoformat()}
    answer = verifier.post(page("work_order_readings", order.public_id), given | {"file": _filled(body)})
    assert "读入 3 台的读数" in text_of(answer)
    for one in order.verifications.all():
        assert one.performed_on == TODAY
        assert len(one.as_found["readings"]["weighing"]) == 5
        assert "instrument" not in one.as_found
    again = verifier.post(page("work_order_readings", order.public_id), given | {"file": _filled(body)})
    assert again.status_code == 422
    assert "已有读数，没有改动。" in text_of(again)


def test_a_file_that_contradicts_the_registry_is_not_taken_in(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    one = opened(people, scales[0])
    text = "instrument: {max: 15 kg}\nreadings: {weighing: [{load: 200 g, indication: 200 g}]}\n"
    file = SimpleUploadedFile("读数.yaml", text.encode())
    answer = as_("verifier").post(
        page("readings_file", one.public_id), {"revision": 1, "file": file}, follow=True
    )
    assert "登记的是 30 kg" in text_of(answer)
    assert fresh(one).as_found == {}


# ---- checking and signing -------------------------------------------------------------------------------------------


def test_the_checker_sees_points_and_confirms_or_sends_back(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    one = submitted(people, scales[0])
    checker, url = as_("checker"), page("verification", one.public_id)
    shown = text_of(checker.get(url))
    assert "5 点都在限值之内" in shown
    assert "环境温度22.5 ℃" in shown  # also where a file calls it otherwise
    assert "核验通过" in shown
    assert "核验通过" not in text_of(as_("verifier").get(url))
    revision = {"revision": fresh(one).revision}
    checker.post(page("verification_return", one.public_id), revision | {"reason": "第 3 行示值有误"})
    assert "第 3 行示值有误" in text_of(as_("verifier").get(page("readings", one.public_id)))


def test_who_recorded_is_told_why_they_cannot_check(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    RoleAssignment.objects.create(user=people["verifier"], role=Role.CHECKER, unit=laboratory())
    one = submitted(people, scales[0])
    shown = text_of(as_("verifier").get(page("verification", one.public_id)))
    assert "张检定既是检定员又是核验员。请由另一人核验。" in shown
    assert "核验通过" not in shown


def test_the_signatory_signs_and_the_certificate_is_there(
    as_: As, people: People, scales: list[Instrument], home: Any
) -> None:
    passed, rejected = checked(people, scales[0]), checked(people, scales[1], bad())
    signatory = as_("signatory")
    assert "待批准 2 台：判定合格 1，不合格 1" in text_of(signatory.get(page("signing")))
    json = {"headers": {"Accept": "application/json"}}
    for one in (passed, rejected):
        answer = signatory.post(
            page("verification_sign", one.public_id), {"revision": fresh(one).revision}, **json
        )
        assert answer.status_code == 200
        assert Certificate.objects.get(verification=one).number == answer.json()["number"]
    stale = signatory.post(page("verification_sign", passed.public_id), {"revision": 1}, **json)
    assert stale.status_code == 409
    assert "没有待批准的检定" in text_of(signatory.get(page("signing")))
    assert "不得使用" in text_of(signatory.get(page("verification", rejected.public_id)))
    rejections = text_of(as_("officer").get(page("rejections")))
    assert "1 台检定不合格，还没有处理，不得使用。" in rejections
    assert "超出限值" in rejections
    record = text_of(as_("officer").get(page("instrument", scales[0].public_id)))
    assert Certificate.objects.get(verification=passed).number in record
    assert "溯源" in record


def test_a_verification_is_cancelled_with_a_reason_and_may_be_planned_again(
    as_: As, people: People, scales: list[Instrument]
) -> None:
    one = opened(people, scales[0])
    given = {"revision": 1, "reason": "摊主未到"}
    as_("checker").post(page("verification_cancel", one.public_id), given)
    assert fresh(one).state == VerificationState.CANCELLED
    assert "摊主未到" in text_of(as_("checker").get(page("verification", one.public_id)))
    assert opened(people, scales[0]).pk != one.pk


def test_nobody_of_elsewhere_saves_into_a_draft(as_: As, people: People, scales: list[Instrument]) -> None:
    one = opened(people, scales[0])
    assert as_("signatory").post(page("readings", one.public_id), typed(revision=1)).status_code == 403
    assert as_("owner").get(page("readings", one.public_id)).status_code == 403
    assert fresh(one).revision == 1
