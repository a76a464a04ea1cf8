from __future__ import annotations

import pytest
from django.urls import reverse

from quanheng.core.models import OrgUnit, UnitAlias
from quanheng.taskboard.models import Plan, PlanVersion, Task
from tests.plans import PLAN, REVISED, STRANGE
from tests.web.staff.conftest import As, sent, text_of

pytestmark = pytest.mark.django_db


def _upload(client, text: str, name: str = "方案.txt"):
    return client.post(reverse("staff:plan_upload"), {"file": sent(text, name)})


def test_an_upload_is_reviewed_then_adopted_and_only_then_on_the_board(as_: As) -> None:
    officer = as_("officer")
    answer = _upload(officer, PLAN)
    draft = PlanVersion.objects.get()
    assert answer.url == reverse("staff:draft", args=[draft.public_id])
    review = text_of(officer.get(answer.url))
    assert "读出 3 项任务、清单 2 行" in review
    assert "还没有采用任何规划文件" in text_of(officer.get(reverse("staff:plan_board")))

    adopted = officer.post(reverse("staff:draft_adopt", args=[draft.public_id]), follow=True)
    board = text_of(adopted)
    assert "3 项任务：未起步 3；正文与清单不一致" in board
    assert all(task.title in board for task in Task.objects.all())


def test_the_same_bytes_twice_are_refused_with_the_way_to_the_first(as_: As) -> None:
    officer = as_("officer")
    _upload(officer, PLAN)
    again = _upload(officer, PLAN, "又一份.txt")
    assert again.status_code == 422
    assert "这份文件已收到过（方案.txt）" in text_of(again)
    assert reverse("staff:draft", args=[PlanVersion.objects.get().public_id]) in again.content.decode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "文件是空的"), (b"\x00\x01\x02" * 400, "文件未能读取"), ("没有括号的文字。".encode(), "")],
    ids=["empty", "binary", "no brackets"],
)
def test_a_refused_document_says_why_in_chinese(as_: As, data: bytes, reason: str) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    officer = as_("officer")
    answer = officer.post(reverse("staff:plan_upload"), {"file": SimpleUploadedFile("a.txt", data)})
    if reason:
        assert answer.status_code == 422
        assert reason in text_of(answer)
        assert not PlanVersion.objects.exists()
    else:  # legal but empty: a draft that cannot be adopted, and says so
        review = officer.get(answer.url)
        assert "文件中没有找到带责任单位的任务，不能采用" in text_of(review)
        assert "采用这一版本" not in text_of(review)


def test_too_large_a_file_never_reaches_the_compiler(as_: As, settings) -> None:
    settings.MAX_UPLOAD_BYTES = 100
    answer = _upload(as_("officer"), PLAN)
    assert answer.status_code == 422
    assert "文件太大" in text_of(answer)


def test_an_unknown_name_is_asked_and_blocks_adoption_until_answered(as_: As) -> None:
    officer = as_("officer")
    page = officer.get(_upload(officer, STRANGE).url)
    draft = PlanVersion.objects.get()
    assert "这是哪个单位？" in text_of(page)
    assert "采用这一版本" not in text_of(page)
    refused = officer.post(reverse("staff:draft_adopt", args=[draft.public_id]))
    assert refused.status_code == 409
    assert "尚未认定：区梦想局" in text_of(refused)

    url = reverse("staff:draft_alias", args=[draft.public_id])
    assert officer.post(url, {"name": "区梦想局"}).status_code == 422  # no unit chosen, nothing guessed
    water = OrgUnit.objects.get(name="区水务局")
    answered = officer.post(url, {"name": "区梦想局", "unit": water.pk}, follow=True)
    assert "今后“区梦想局”就是“区水务局”" in text_of(answered)
    assert UnitAlias.objects.get(name="区梦想局").unit == water
    assert officer.post(reverse("staff:draft_adopt", args=[draft.public_id])).status_code == 302
    assert water in Task.objects.get(label="（一）2").units.all()


def test_an_unknown_name_can_become_a_new_unit(as_: As) -> None:
    officer = as_("officer")
    _upload(officer, STRANGE)
    draft = PlanVersion.objects.get()
    url = reverse("staff:draft_alias", args=[draft.public_id])
    page = officer.post(url, {"name": "区梦想局", "kind": "department", "new": "1"}, follow=True)
    assert "已新建单位“区梦想局”" in text_of(page)
    assert OrgUnit.objects.get(name="区梦想局").kind == "department"
    assert "采用这一版本" in text_of(page)


def test_a_new_version_shows_what_will_change_before_and_what_changed_after(as_: As, plan: Plan) -> None:
    officer = as_("officer")
    review = text_of(officer.get(_upload(officer, REVISED, "修订.txt").url))
    assert "采用后看板的变化" in review
    assert "牵头部门由区水务局改为区市场监管局" in review
    draft = PlanVersion.objects.get(adopted_at=None)
    officer.post(reverse("staff:draft_adopt", args=[draft.public_id]))
    history = text_of(officer.get(reverse("staff:versions", args=[plan.public_id])))
    assert "现行第 2 版" in history
    assert "牵头部门由区水务局改为区市场监管局" in history
    assert "最早的一版" in history


def test_a_discarded_draft_is_gone_and_the_board_untouched(as_: As, plan: Plan) -> None:
    officer = as_("officer")
    _upload(officer, REVISED, "修订.txt")
    draft = PlanVersion.objects.get(adopted_at=None)
    answer = officer.post(reverse("staff:draft_discard", args=[draft.public_id]), follow=True)
    assert "草稿已放弃" in text_of(answer)
    assert not PlanVersion.objects.filter(adopted_at=None).exists()
    assert plan.tasks.filter(retired_in=None).count() == 3


def test_an_auditor_reads_a_draft_without_any_button_on_it(as_: As) -> None:
    url = _upload(as_("officer"), STRANGE).url
    page = as_("auditor").get(url)
    html = page.content.decode()
    assert "区梦想局" in text_of(page)
    assert reverse("staff:draft_alias", args=[PlanVersion.objects.get().public_id]) not in html
    assert "放弃草稿" not in html


def test_the_document_marks_what_differs_and_can_show_only_that(as_: As, plan: Plan) -> None:
    liaison = as_("liaison")
    url = reverse("staff:document", args=[plan.public_id])
    full = liaison.get(url)
    assert "附件中没有“培训计量人员”。" in text_of(full)
    assert "牵头部门不一致" in text_of(full)
    assert "<mark>区水务局</mark>" in full.content.decode()
    assert "3 项任务，清单 2 行；" in text_of(full)
    compiled = plan.current.compiled
    named = {finding["where"] for finding in compiled["findings"]}
    only = text_of(liaison.get(url, {"only": "findings"}))
    for item in compiled["items"]:
        shown = f"{item['label']} {item['title']}" in only
        assert shown == (item["label"] in named), item["label"]
