"""The record of an instrument, its filing, and what happens to it: as people of each role meet them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from quanheng.core.models import User
from quanheng.instruments.enums import Condition, EventKind, Filing, Use, Verdict
from quanheng.instruments.models import Instrument, Place
from quanheng.parties.models import Party
from quanheng.transparency.sequencer import sequence
from tests.instruments.imports.conftest import imported, ledger, row
from tests.instruments.making import PHOTO, act, fresh, make_party, make_place, make_scale, unit, verify
from tests.web.staff.conftest import TODAY, As, text_of

pytestmark = pytest.mark.django_db
People = dict[str, User]


@pytest.fixture
def shop(people: People) -> Party:
    return make_party()


@pytest.fixture
def market(people: People) -> Place:
    return make_place()


@pytest.fixture
def filed(people: People, shop: Party, market: Place) -> Instrument:
    """A filed scale of the shop, verified a month ago."""
    found = make_scale(owner=shop, place=market, spot="7 号", filed_by=people["officer"])
    verify(people["officer"], found, date(2026, 4, 20))
    return fresh(found)


def _url(name: str, instrument: Instrument, *more: Any) -> str:
    return reverse(f"staff:{name}", args=[instrument.public_id, *more])


def _page(client: Client, instrument: Instrument) -> str:
    return text_of(client.get(_url("instrument", instrument)))


# ---- the record --------------------------------------------------------------------------------------------------


def test_the_head_says_the_state_and_the_reason_opens_to_rule_and_arithmetic(
    as_: As, filed: Instrument
) -> None:
    page = _page(as_("officer"), filed)
    assert "合格有效 有效至 2027-04-19，还有 334 天。" in page
    assert "JJG 539-2016：2026-04-20 起 12 个月，有效至 2027-04-19。" in page
    assert "2026-04-20 + 12 个月（对应日前一日）= 2027-04-19" in page
    assert "未核对" in page
    assert "条款没有查到" in page
    assert "可信程度凭记忆，把握较大" in page
    assert "quanheng rules mandatory price_scale trade --on 2026-05-20" in page


@pytest.mark.parametrize(
    ("days", "word"), [(400, "逾期 应于"), (340, "即将到期 有效至"), (10, "合格有效 有效至")]
)
def test_the_word_follows_the_due_date(as_: As, people: People, shop: Party, days: int, word: str) -> None:
    found = make_scale(owner=shop, filed_by=people["officer"])
    verify(people["officer"], found, TODAY - timedelta(days=days))
    assert word in _page(as_("officer"), found)


def test_the_word_says_what_is_in_the_way_first(as_: As, people: People, shop: Party) -> None:
    officer = as_("officer")
    draft, sent = make_scale(owner=shop), make_scale(owner=shop, serial_no="2", submit=True)
    unclear = make_scale(owner=shop, serial_no="3", use=Use.UNKNOWN, filed_by=people["officer"])
    free = make_scale(owner=shop, serial_no="4", use=Use.OTHER, filed_by=people["officer"])
    once = make_scale(
        owner=shop, serial_no="5", name="玻璃体温计", use=Use.MEDICAL, filed_by=people["officer"]
    )
    verify(people["officer"], once, date(2025, 1, 1))
    assert "草稿 还没有提交备案" in _page(officer, draft)
    assert "待审核 已提交，等待审核。检定合格前不得使用。" in _page(officer, sent)
    assert "待核实 是否强制检定还不能判断" in _page(officer, unclear)
    assert "非强制检定 没有到期日" in _page(officer, free)
    assert "合格 只做首次检定" in _page(officer, once)


def test_what_was_never_verified_is_never_called_valid(as_: As, people: People, shop: Party) -> None:
    found = make_scale(owner=shop, filed_by=people["officer"])
    officer, headers = as_("officer"), {"HX-Request": "true", "HX-Target": "panel"}
    record, panel = _page(officer, found), text_of(officer.get(_url("instrument", found), headers=headers))
    for page in (record, panel):
        assert "尚无检定记录 检定合格前不得使用。" in page
        assert "有效至" not in page
    sheet = officer.get(f"{reverse('staff:instruments_csv')}?cols=state")
    for page in (
        text_of(officer.get(reverse("staff:party", args=[shop.public_id]))),
        b"".join(sheet.streaming_content).decode(),
    ):
        assert "尚无检定记录" in page
        assert "即将到期" not in page
    page = text_of(officer.get(reverse("staff:instruments")))
    assert (page.count("尚无检定记录"), page.count("即将到期")) == (1, 1)  # the second is a filter
    listed = officer.get(f"/api/instruments/{found.public_id}").json()
    assert listed["state"] == "never"


def test_a_ledger_is_one_leaf_and_the_record_leads_to_it(as_: As, people: People) -> None:
    batch = imported(ledger(row()))
    found = Instrument.objects.get()
    subject = f"subject=importbatch%3A{batch.public_id}"
    page = as_("officer").get(_url("instrument", found))
    assert subject in page.content.decode()
    assert "这台器具由台账导入" in text_of(page)
    assert "目前日志里还没有" in text_of(page)
    sequence()
    assert f"importbatch:{batch.public_id}" in text_of(
        as_("officer").get(f"{reverse('staff:log')}?{subject}")
    )

    verify(people["officer"], found, date(2026, 5, 1))
    sequence()
    html = as_("officer").get(_url("instrument", found)).content.decode()
    assert subject in html
    assert f"?subject=instrument%3A{found.public_id}" in html


def test_a_stopped_instrument_says_whether_a_file_shows_it(as_: As, people: People, shop: Party) -> None:
    found = make_scale(owner=shop, filed_by=people["officer"])
    verify(people["officer"], found, date(2024, 1, 1))
    act(people["officer"], found, EventKind.STOPPED)
    assert "停用 自 2026-05-20 起。没有照片或文件，仍按在用计算到期日。已逾期" in _page(as_("officer"), found)
    other = make_scale(owner=shop, serial_no="2", filed_by=people["officer"])
    act(people["officer"], other, EventKind.STOPPED, data=PHOTO)
    assert "没有照片或文件" not in _page(as_("officer"), other).partition("为什么")[0]


def test_what_came_back_into_use_explains_its_due_date(as_: As, people: People, filed: Instrument) -> None:
    act(people["officer"], filed, EventKind.STOPPED, TODAY - timedelta(days=5))
    act(people["officer"], filed, EventKind.RESUMED, TODAY - timedelta(days=1))
    page = _page(as_("officer"), filed)
    assert "逾期 应于 2026-05-19 前检定，已逾期 1 天。" in page
    assert "停用后恢复使用" in page


def test_the_history_shows_each_change_and_hands_out_its_file(
    as_: As, people: People, filed: Instrument
) -> None:
    act(people["owner"], filed, EventKind.STOPPED, data=PHOTO)
    event = filed.events.get(kind=EventKind.STOPPED)
    page = _page(as_("officer"), filed)
    for shown in (
        "登记检定结果",
        "：摊位歇业",
        "使用状态：在用 → 停用",
        "现场.jpg",
        event.file_sha256,
        "赵户",
    ):
        assert shown in page
    answer = as_("clerk").get(_url("instrument_event_file", filed, event.pk))
    assert b"".join(answer.streaming_content) == PHOTO
    assert answer["Content-Type"] == "application/octet-stream"
    assert as_("liaison").get(_url("instrument_event_file", filed, event.pk)).status_code == 403


def test_an_owner_reads_no_names_of_officers(as_: As, people: People, filed: Instrument) -> None:
    assert "计量股甲" in _page(as_("inspector"), filed)
    assert "计量股甲" not in _page(as_("owner"), filed)


def test_the_panel_is_a_part_without_the_frame(as_: As, filed: Instrument) -> None:
    headers = {"HX-Request": "true", "HX-Target": "panel"}
    part = as_("officer").get(_url("instrument", filed), headers=headers).content.decode()
    assert "<html" not in part
    assert "2027-04-19" in part
    assert f'href="{_url("instrument", filed)}"' in part


def test_an_instrument_of_others_is_not_there(as_: As, people: People) -> None:
    theirs = make_scale(owner=make_party("福善店", town="福善镇", account=False))
    for person, status in (("owner", 404), ("clerk", 404), ("liaison", 403), ("auditor", 200)):
        assert as_(person).get(_url("instrument", theirs)).status_code == status


def test_buttons_are_those_that_the_person_may_press(as_: As, filed: Instrument) -> None:
    offered = {
        person: {
            name
            for name in ("instrument_edit", "instrument_verify")
            if _url(name, filed) in as_(person).get(_url("instrument", filed)).content.decode()
        }
        for person in ("officer", "owner", "clerk", "auditor")
    }
    assert offered == {
        "officer": {"instrument_edit", "instrument_verify"},
        "owner": {"instrument_edit"},
        "clerk": {"instrument_edit"},
        "auditor": set(),
    }
    for person, is_offered in (("owner", True), ("inspector", True), ("clerk", False), ("auditor", False)):
        html = as_(person).get(_url("instrument", filed)).content.decode()
        assert (_url("instrument_act", filed, "stop") in html) is is_offered


def _correction(found: Instrument, **given: Any) -> dict[str, Any]:
    owner = found.owner.name if found.owner else ""
    kept = {
        name: getattr(fresh(found), name) for name in ("revision", "name", "use", "serial_no", "manufacturer")
    }
    return kept | {"owner": owner, "town": unit("亭子镇").pk} | given


# ---- filing ------------------------------------------------------------------------------------------------------


def test_an_owner_submits_and_the_officer_files_what_was_seen(as_: As, people: People, shop: Party) -> None:
    owner, officer = as_("owner"), as_("officer")
    found = make_scale(people["owner"], owner=shop)
    done = owner.post(_url("instrument_submit", found), {"revision": found.revision}, follow=True)
    assert "已提交备案" in text_of(done)
    seen = fresh(found).revision
    owner.post(_url("instrument_edit", found), _correction(found, model="ACS-15"))
    late = officer.post(_url("instrument_file", found), {"revision": seen}, follow=True)
    assert "已被他人修改" in text_of(late)
    assert fresh(found).filing == Filing.SUBMITTED
    officer.post(_url("instrument_file", found), {"revision": fresh(found).revision})
    assert fresh(found).filing == Filing.FILED
    assert fresh(found).model == "ACS-15"


def test_a_return_needs_its_reason_and_shows_it(as_: As, people: People, shop: Party) -> None:
    found = make_scale(people["owner"], owner=shop, submit=True)
    officer = as_("officer")
    blank = officer.post(_url("instrument_return", found), {"revision": found.revision}, follow=True)
    assert "请写明退回理由" in text_of(blank)
    officer.post(_url("instrument_return", found), {"revision": found.revision, "reason": "编号看不清"})
    page = _page(as_("owner"), found)
    assert "已退回" in page
    assert "编号看不清" in page
    assert as_("owner").post(_url("instrument_file", found), {"revision": 1}).status_code == 403


# ---- what happens to it ------------------------------------------------------------------------------------------


def _act(instrument: Instrument, *, data: bytes | None = None, **given: Any) -> dict[str, Any]:
    form = {
        "revision": fresh(instrument).revision,
        "happened_on": TODAY.isoformat(),
        "reason": "歇业",
    } | given
    return form | ({"file": SimpleUploadedFile("现场.jpg", data)} if data is not None else {})


def test_stopping_says_what_happens_without_a_file_and_evidence_may_follow(
    as_: As, people: People, filed: Instrument
) -> None:
    owner = as_("owner")
    assert "没有照片或文件时，停用后仍按在用计算逾期" in text_of(
        owner.get(_url("instrument_act", filed, "stop"))
    )
    owner.post(_url("instrument_act", filed, "stop"), _act(filed))
    assert fresh(filed).condition == Condition.STOPPED
    assert _url("instrument_act", filed, "evidence") in owner.get(_url("instrument", filed)).content.decode()
    owner.post(_url("instrument_act", filed, "evidence"), _act(filed, data=PHOTO))
    assert fresh(filed).standing.due_on is None
    owner.post(_url("instrument_act", filed, "resume"), _act(filed))
    assert fresh(filed).standing.due_on == TODAY


@pytest.mark.parametrize("code", ["seal", "scrap", "move", "transfer"])
def test_what_needs_a_file_asks_for_it(as_: As, filed: Instrument, code: str) -> None:
    more = {"place": "亭子镇集贸市场", "owner": "达川演示超市"}
    answer = as_("officer").post(_url("instrument_act", filed, code), _act(filed, **more))
    assert answer.status_code == 422
    assert 'id="id_file_error"' in answer.content.decode()
    assert fresh(filed).condition == Condition.IN_USE


def test_a_move_and_a_transfer_by_name_or_code(as_: As, people: People, filed: Instrument) -> None:
    make_place("福善镇市场", town="福善镇")
    heir = make_party("福善店", town="福善镇", account=False, credit_code="91110000600037341L")
    as_("inspector").post(
        _url("instrument_act", filed, "move"), _act(filed, data=PHOTO, place="福善镇市场", spot="3 号")
    )
    assert (fresh(filed).place.name, fresh(filed).spot) == ("福善镇市场", "3 号")
    unknown = as_("owner").post(
        _url("instrument_act", filed, "transfer"), _act(filed, data=PHOTO, owner="没有的店")
    )
    assert "名录中没有这个名称" in text_of(unknown)
    gone = as_("owner").post(
        _url("instrument_act", filed, "transfer"), _act(filed, data=PHOTO, owner=heir.credit_code)
    )
    assert gone.url == reverse("staff:today")  # it is theirs to see no more
    assert fresh(filed).owner == heir


def test_a_refused_act_keeps_what_was_typed(as_: As, filed: Instrument) -> None:
    answer = as_("officer").post(
        _url("instrument_act", filed, "stop"),
        _act(filed, happened_on=(TODAY + timedelta(days=3)).isoformat()),
    )
    assert answer.status_code == 409
    assert "日期不能晚于今天" in text_of(answer)
    assert "歇业" in text_of(answer)


def test_an_act_that_does_not_exist_is_not_found(as_: As, filed: Instrument) -> None:
    assert as_("officer").get(_url("instrument_act", filed, "explode")).status_code == 404
    assert as_("clerk").get(_url("instrument_act", filed, "stop")).status_code == 403


def test_a_certificate_is_recorded_and_a_wrong_one_told(as_: As, filed: Instrument) -> None:
    officer, url = as_("officer"), _url("instrument_verify", filed)
    form = {
        "revision": filed.revision,
        "certificate_no": "证2026",
        "verdict": "passed",
        "verified_on": "2026-05-20",
        "valid_until": "2026-05-01",
    }
    assert "有效期不能早于检定日期" in text_of(officer.post(url, form))
    assert officer.post(url, form | {"valid_until": "2027-05-19"}).status_code == 302
    assert "证2026" in _page(officer, filed)
    rejected = form | {"revision": fresh(filed).revision, "certificate_no": "结2", "verdict": "rejected"}
    assert officer.post(url, rejected | {"valid_until": ""}).status_code == 302
    assert filed.verification_records.first().verdict == Verdict.REJECTED
    assert as_("owner").get(url).status_code == 403
