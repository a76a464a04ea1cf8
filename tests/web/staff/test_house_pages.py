from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from quanheng.base import clock
from quanheng.core.models import OrgUnit, User
from quanheng.core.services import create_user
from quanheng.taskboard.models import DayRun, Plan
from quanheng.taskboard.services.evidence import file_evidence
from quanheng.taskboard.services.plans import receive_document
from quanheng.transparency.models import Leaf, Opening
from quanheng.transparency.sequencer import sequence
from tests.people import PASSWORD
from tests.plans import REVISED, STRANGE
from tests.web.staff.conftest import TODAY, As, text_of

pytestmark = pytest.mark.django_db

HOME = "staff:today"
FAILED = [
    {"name": "日志", "lines": [{"text": "未完成：磁盘已满", "command": "quanheng day", "is_ok": False}]}
]


def _day(state: str, **values) -> DayRun:
    now = clock.now()
    finished = None if state in {"waiting", "running"} else now
    return DayRun.objects.create(state=state, started_at=now, finished_at=finished, steps_total=4, **values)


def test_today_puts_the_worst_first_and_only_what_the_officer_can_act_on(as_: As, plan: Plan) -> None:
    plan.tasks.filter(label="（一）2").update(deadline_on=TODAY - timedelta(days=9), is_continuous=False)
    receive_document(actor=None, data=STRANGE.encode(), filename="陌生.txt")
    receive_document(actor=None, data=REVISED.encode(), filename="修订.txt")
    _day("failed", steps=FAILED)
    page = as_("officer").get(reverse(HOME))
    assert [need.word for need in page.context["mine"]] == ["未完成", "逾期", "待认定", "待采用"]
    assert "有 4 件事等您办，其中 2 件已经误了时间或出了错。" in text_of(page)
    assert "区梦想局" in text_of(page)


def test_today_of_a_liaison_lists_the_own_tasks_one_by_one(as_: As, plan: Plan) -> None:
    page = as_("liaison").get(reverse(HOME))
    assert [need.text for need in page.context["mine"]] == ["（一）2 公布供水计量信息"]
    assert reverse("staff:task", args=[plan.tasks.get(label="（一）2").public_id]) in page.content.decode()


def test_today_of_an_auditor_informs_and_asks_for_nothing(as_: As, plan: Plan) -> None:
    _day("failed", steps=FAILED)
    page = as_("auditor").get(reverse(HOME))
    assert page.context["mine"] == []
    assert {need.word for need in page.context["others"]} >= {"未完成", "未起步"}


def test_today_tells_the_administrator_of_people_without_a_role(as_: As) -> None:
    create_user(actor=None, username="chen", display_name="陈", password=PASSWORD)
    words = [need.word for need in as_("admin").get(reverse(HOME)).context["mine"]]
    assert "待设岗" in words


def test_today_of_a_verifier_without_work_says_so(as_: As) -> None:
    page = as_("verifier").get(reverse(HOME))
    assert "现在没有等您办的事。" in text_of(page)


def test_the_button_queues_one_day_and_the_page_polls_it(as_: As) -> None:
    officer = as_("officer")
    page = officer.post(reverse("staff:day_run"), follow=True)
    run = DayRun.objects.get()
    assert DBTaskResult.objects.count() == 1
    status = reverse("staff:day_status", args=[run.public_id])
    assert f'hx-get="{status}"' in page.content.decode()
    assert "县区日（排队中，等后台开始）" in text_of(page)
    assert reverse("staff:day_run") not in page.content.decode()  # no second press

    again = officer.post(reverse("staff:day_run"), follow=True)
    assert "县区日正在进行或排队" in text_of(again)
    assert DBTaskResult.objects.count() == DayRun.objects.count() == 1

    DayRun.objects.update(state="done", finished_at=clock.now(), steps=[{"name": "日志", "lines": []}] * 4)
    part = officer.get(status).content.decode()
    assert "hx-get" not in part  # it stops asking
    assert f"?run={run.public_id}" in part


def test_a_failed_step_is_named_with_its_command(as_: As) -> None:
    _day("failed", steps=FAILED)
    page = text_of(as_("inspector").get(reverse("staff:day")))
    assert "，1 步未完成" in page
    assert "未完成：磁盘已满" in page
    assert "quanheng day" in page


@pytest.fixture
def filed(plan: Plan, people: dict[str, User]) -> Leaf:
    """The leaf of a file whose name names a person."""
    task = plan.tasks.get(label="（一）2")
    file_evidence(
        actor=people["liaison"],
        task_id=task.public_id,
        unit_id=OrgUnit.objects.get(name="区水务局").pk,
        happened_on=TODAY,
        data=b"x",
        filename="张三的记录.pdf",
    )
    sequence()
    return Leaf.objects.get(kind="evidence:filed")


def test_the_log_lists_leaves_filters_them_and_shows_what_waits(as_: As, filed: Leaf, people) -> None:
    receive_document(actor=None, data=REVISED.encode(), filename="修订.txt")
    owner = as_("owner")
    page = owner.get(reverse("staff:log"))
    assert f"日志共 {filed.index + 1} 条，全部由最新检查点签署；另有 1 条等待编号。" in text_of(page)
    kind = owner.get(reverse("staff:log"), {"kind": "evidence:filed"}).context["rows"]
    assert [row.index for row in kind] == [filed.index]
    subject = owner.get(reverse("staff:log"), {"subject": filed.subject}).context["rows"]
    assert [row.index for row in subject] == [filed.index]


def test_a_leaf_opens_its_commitments_only_for_who_may_and_says_when_erased(as_: As, filed: Leaf) -> None:
    url = reverse("staff:leaf", args=[filed.index])
    allowed, hidden = text_of(as_("officer").get(url)), text_of(as_("owner").get(url))
    assert "张三的记录.pdf 与承诺相符" in allowed
    assert "张三" not in hidden
    assert "个人信息，您的岗位不能查看" in hidden
    Opening.objects.filter(value="张三的记录.pdf").update(value="李四的记录.pdf")
    assert "与承诺不符" in text_of(as_("officer").get(url))
    Opening.objects.all().delete()
    assert "个人信息已删除" in text_of(as_("officer").get(url))


def test_a_leaf_page_leads_to_a_proof_that_verifies(as_: As, filed: Leaf) -> None:
    from quanheng.kernels.tlog.proof_file import verify_proof

    html = as_("owner").get(reverse("staff:leaf", args=[filed.index])).content.decode()
    proof = as_("owner").get(re.search(r'data-proof-url="([^"]+)"', html)[1]).content
    assert verify_proof(proof).index == filed.index
    assert re.search(r'data-vkey="([^"]+)"', html)[1].replace("&#x27;", "'") == json.loads(proof)["vkey"]


def test_a_leaf_that_is_not_there_is_a_page_saying_so(as_: As, filed: Leaf) -> None:
    answer = as_("owner").get(reverse("staff:leaf", args=[filed.index + 1]))
    assert answer.status_code == 404
    assert f"没有序号为 {filed.index + 1} 的记录" in text_of(answer)


def test_search_finds_each_kind_only_for_who_may_see_it(as_: As, filed: Leaf) -> None:
    def found(username: str, words: str) -> dict[str, list[str]]:
        page = as_(username).get(reverse("staff:search"), {"q": words})
        return {group.label: [hit.text for hit in group.items] for group in page.context["groups"]}

    assert found("admin", "水务") == {
        "任务": ["（一）2 公布供水计量信息"],
        "单位": ["区水务局"],
        "用户": ["水务联络员"],
    }
    assert found("liaison", "水务") == {"任务": ["（一）2 公布供水计量信息"]}
    assert found("liaison", "张三") == {"佐证材料": ["张三的记录.pdf"]}
    assert found("clerk", "张三") == {}
    assert found("owner", "水务") == {}
    assert found("admin", "区水务局别的") == {}
    assert "规划文件" in found("officer", "方案")


def test_search_without_words_or_with_wild_ones_is_calm(as_: As, plan: Plan) -> None:
    officer = as_("officer")
    for words in ("", "   ", "%", "_", "'\"<script>", "长" * 5000):
        answer = officer.get(reverse("staff:search"), {"q": words})
        assert answer.status_code == 200
        assert "<script>" not in re.sub(r"<script [^>]*src=", "", answer.content.decode())


def test_a_refusal_for_htmx_is_a_partial_where_the_page_keeps_its_messages(as_: As) -> None:
    answer = as_("owner").get(reverse("staff:plan_board"), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "您的岗位没有此项权限" in text_of(answer)
    assert "<html" not in answer.content.decode()
    assert answer["HX-Retarget"]


def test_a_visitor_signs_in_first_and_comes_back(client, plan: Plan) -> None:
    url = f"{reverse('staff:plan_board')}?status=moving"
    answer = client.get(url)
    assert answer.url == f"{reverse('account_login')}?next=%2Fstaff%2Fboard%2F%3Fstatus%3Dmoving"
    back = client.post(answer.url, {"login": "officer", "password": PASSWORD})
    assert back.url == url


def test_writing_needs_a_token_and_the_right_method(people) -> None:
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people["officer"], backend="allauth.account.auth_backends.AuthenticationBackend")
    assert strict.post(reverse("staff:day_run")).status_code == 403
    assert strict.get(reverse("staff:day_run")).status_code == 405
    assert not DayRun.objects.exists()


def test_pages_that_refuse_carry_no_inline_code_either(as_: As, plan: Plan) -> None:
    officer = as_("officer")
    unit = OrgUnit.objects.get(name="区水务局")
    task = plan.tasks.first()
    stale = {"revision": 0, "name": "区水务局", "kind": "department"}
    answers = [
        officer.post(reverse("staff:unit_edit", args=[unit.pk]), stale),
        officer.post(reverse("staff:plan_upload")),
        officer.post(reverse("staff:task_measure", args=[task.public_id]), {"revision": 0}),
        officer.post(reverse("staff:evidence_file", args=[task.public_id])),
        officer.get(reverse("staff:leaf", args=[10**9])),
        officer.get(reverse("staff:users")),
    ]
    assert [answer.status_code for answer in answers] == [409, 422, 409, 422, 404, 403]
    for answer in answers:
        html = answer.content.decode()
        assert not re.search(r"<style\b|\sstyle=\"|\son[a-z]+=\"|javascript:", html)
        for tag in re.findall(r"<script\b[^>]*>", html):
            assert "src=" in tag or 'type="application/json"' in tag


def test_a_field_never_shows_the_record_as_its_unit(as_: As) -> None:
    page = as_("officer").get(reverse("staff:unit_edit", args=[OrgUnit.objects.get(name="区水务局").pk]))
    assert "<span>区水务局</span>" not in page.content.decode()
