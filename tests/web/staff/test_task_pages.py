from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from quanheng.base.files import stored_path
from quanheng.core.models import OrgUnit, RoleAssignment
from quanheng.taskboard.models import Evidence, Plan, Task
from quanheng.taskboard.services.measures import measure_task_by
from quanheng.transparency.sequencer import sequence
from tests.web.staff.conftest import TODAY, As, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def water(plan: Plan) -> Task:
    """The task that the water bureau leads."""
    return plan.tasks.get(label="（一）2")


@pytest.fixture
def market(plan: Plan) -> Task:
    """The task that the market bureau leads and every town shares."""
    return plan.tasks.get(label="（一）1")


def _unit(name: str) -> int:
    return OrgUnit.objects.get(name=name).pk


def _filing(unit: str, *, data: bytes = b"what was done", on=None, name: str = "张三的记录.pdf"):
    day = (on or TODAY).isoformat()
    return {"unit": _unit(unit), "happened_on": day, "file": SimpleUploadedFile(name, data)}


def _file(client, task: Task, **options):
    return client.post(reverse("staff:evidence_file", args=[task.public_id]), _filing(**options))


def test_a_task_says_why_a_unit_leads_and_that_it_has_no_indicator(as_: As, market: Task) -> None:
    page = text_of(as_("officer").get(reverse("staff:task", args=[market.public_id])))
    assert "按文件所述“分号前为牵头单位”规则。" in page
    assert "尚无指标" in page
    assert "未起步 尚无佐证材料。" in page
    assert "清单写作“2026年6月底前”" in page


def test_the_panel_is_a_part_without_the_frame(as_: As, market: Task) -> None:
    url = reverse("staff:task", args=[market.public_id])
    part = as_("officer").get(url, headers={"HX-Request": "true", "HX-Target": "panel"}).content.decode()
    assert "<html" not in part
    assert market.title in part
    assert f'href="{url}"' in part


def test_a_liaison_files_for_the_own_bureau_and_the_page_shows_file_person_and_hash(
    as_: As, water: Task
) -> None:
    liaison = as_("liaison")
    url = reverse("staff:task", args=[water.public_id])
    form = liaison.get(url).context["form"]
    assert "区水务局" in str(form["unit"])
    assert "区市场监管局" not in str(form["unit"])
    done = _file(liaison, water, unit="区水务局")
    assert done.url == f"{url}#evidence"
    sequence()
    page = text_of(liaison.get(url))
    evidence = Evidence.objects.get()
    for shown in (
        "张三的记录.pdf",
        "水务联络员",
        evidence.file_sha256,
        "推进中 近 90 天有 1 个单位提交佐证。",
    ):
        assert shown in page
    assert "日志第" in page


def test_a_liaison_cannot_file_for_another_bureau_of_the_same_task(as_: As, water: Task) -> None:
    answer = _file(as_("liaison"), water, unit="区市场监管局")
    assert answer.status_code == 403
    assert "“区市场监管局”不是这项任务" in text_of(answer)
    assert not Evidence.objects.exists()


def test_a_liaison_does_not_learn_of_a_task_of_others(as_: As, market: Task) -> None:
    liaison = as_("liaison")
    assert liaison.get(reverse("staff:task", args=[market.public_id])).status_code == 404
    assert _file(liaison, market, unit="区市场监管局").status_code == 404


def test_a_town_clerk_files_through_the_group_for_the_own_town_only(as_: As, market: Task) -> None:
    clerk = as_("clerk")
    assert _file(clerk, market, unit="亭子镇").status_code == 302
    assert Evidence.objects.get().unit.name == "亭子镇"
    assert _file(clerk, market, unit="福善镇").status_code == 403
    assert _file(clerk, market, unit="各乡、镇人民政府").status_code == 403
    assert Evidence.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"data": b""}, "文件是空的"),
        ({"on": TODAY + timedelta(days=2)}, "日期不能晚于今天"),
    ],
)
def test_a_refused_filing_keeps_what_was_typed_and_says_why(as_: As, water: Task, change, told) -> None:
    answer = _file(as_("liaison"), water, **({"unit": "区水务局"} | change))
    assert answer.status_code == 409
    assert told in text_of(answer)
    typed = (change.get("on") or TODAY).isoformat()
    assert f'value="{typed}"' in answer.content.decode()


def test_the_same_file_twice_is_told(as_: As, water: Task) -> None:
    liaison = as_("liaison")
    _file(liaison, water, unit="区水务局")
    again = _file(liaison, water, unit="区水务局", name="另一个名字.pdf")
    assert again.status_code == 409
    assert "提交过同一个文件" in text_of(again)


def test_a_file_comes_back_byte_for_byte_as_a_download(as_: As, water: Task) -> None:
    liaison = as_("liaison")
    _file(liaison, water, unit="区水务局", data=b"<script>x</script>", name="a.html")
    url = reverse("staff:evidence_download", args=[Evidence.objects.get().public_id])
    answer = liaison.get(url)
    assert b"".join(answer.streaming_content) == b"<script>x</script>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert as_("clerk").get(url).status_code == 404


def test_a_lost_original_is_named_not_papered_over(as_: As, water: Task) -> None:
    liaison = as_("liaison")
    _file(liaison, water, unit="区水务局")
    evidence = Evidence.objects.get()
    stored_path(evidence.file_sha256).unlink()
    answer = liaison.get(reverse("staff:evidence_download", args=[evidence.public_id]))
    assert answer.status_code == 404
    assert "原件不在服务器上" in text_of(answer)


def test_a_clerk_sees_the_files_of_the_own_town_only_but_every_count(as_: As, market: Task) -> None:
    clerk, officer = as_("clerk"), as_("officer")
    _file(clerk, market, unit="亭子镇", name="自己的.pdf")
    _file(officer, market, unit="福善镇", name="别人的.pdf", data=b"theirs")
    theirs = Evidence.objects.get(unit__name="福善镇")
    urls = (reverse("staff:task", args=[market.public_id]), f"{reverse('staff:search')}?q=的.pdf")
    for url in urls:
        page = text_of(clerk.get(url))
        assert "自己的.pdf" in page
        assert "别人的.pdf" not in page
        assert "别人的.pdf" in text_of(officer.get(url))
    download = reverse("staff:evidence_download", args=[theirs.public_id])
    assert clerk.get(download).status_code == 404
    assert officer.get(download).status_code == 200
    assert "2 个单位提交佐证" in text_of(clerk.get(urls[0]))


def test_an_altered_original_is_not_handed_out(as_: As, water: Task) -> None:
    liaison = as_("liaison")
    _file(liaison, water, unit="区水务局")
    evidence = Evidence.objects.get()
    stored_path(evidence.file_sha256).write_bytes(b"something else")
    answer = liaison.get(reverse("staff:evidence_download", args=[evidence.public_id]))
    assert answer.status_code == 409
    assert "散列值不符" in text_of(answer)


def test_withdrawing_says_what_it_does_asks_why_and_keeps_the_record(as_: As, water: Task) -> None:
    liaison = as_("liaison")
    _file(liaison, water, unit="区水务局")
    url = reverse("staff:evidence_withdraw", args=[Evidence.objects.get().public_id])
    assert "将撤回区水务局的 1 份材料“张三的记录.pdf”" in text_of(liaison.get(url))
    assert liaison.post(url, {"reason": " "}).status_code == 422
    assert Evidence.objects.get().withdrawn_at is None
    page = text_of(liaison.post(url, {"reason": "传错了文件"}, follow=True))
    assert "已撤回" in page
    assert "传错了文件" in page
    assert "未起步" in page  # it counts no more
    assert "已经撤回" in text_of(liaison.post(url, {"reason": "再撤一次"}))


def test_only_who_may_file_for_the_unit_may_withdraw(as_: As, market: Task) -> None:
    _file(as_("officer"), market, unit="福善镇")
    url = reverse("staff:evidence_withdraw", args=[Evidence.objects.get().public_id])
    assert as_("clerk").post(url, {"reason": "不是我的"}).status_code == 404  # nor do they see it
    RoleAssignment.objects.filter(user__username="liaison").update(unit=_unit("区市场监管局"))
    assert as_("liaison").post(url, {"reason": "只是牵头"}).status_code == 403
    assert as_("auditor").post(url, {"reason": "只读"}).status_code == 403
    assert Evidence.objects.get().withdrawn_at is None


def test_an_auditor_sees_a_task_without_a_form(as_: As, water: Task) -> None:
    html = as_("auditor").get(reverse("staff:task", args=[water.public_id])).content.decode()
    assert reverse("staff:evidence_file", args=[water.public_id]) not in html
    assert reverse("staff:task_measure", args=[water.public_id]) not in html


def test_linking_an_indicator_shows_value_target_and_command(as_: As, water: Task) -> None:
    officer = as_("officer")
    url = reverse("staff:task_measure", args=[water.public_id])
    form = {
        "revision": water.revision,
        "use_task_units_filing_percent": "on",
        "target_task_units_filing_percent": "50",
    }
    assert officer.post(url, form).status_code == 302
    _file(officer, water, unit="区水务局")
    page = text_of(officer.get(reverse("staff:task", args=[water.public_id])))
    assert "单位落实面 50%" in page.replace("50 %", "50%")
    assert "目标 50 %" in page
    assert "quanheng indicator show task.units_filing_percent --task '（一）2'" in page
    assert "已完成" in page


def test_a_stale_revision_keeps_the_input_shows_what_changed_and_overwrites_nothing(
    as_: As, water: Task
) -> None:
    officer = as_("officer")
    url = reverse("staff:task_measure", args=[water.public_id])
    form = {"revision": water.revision, "use_task_evidence": "on", "target_task_evidence": "7"}
    measure_task_by(
        actor=None,
        task_id=water.public_id,
        revision=water.revision,
        targets={"task.units_filing": Decimal(2)},
    )
    answer = officer.post(url, form)
    assert answer.status_code == 409
    page = text_of(answer)
    assert "已被他人修改" in page
    assert "挂接，目标 2" in page  # what is saved now ...
    assert 'value="7"' in answer.content.decode()  # ... and what this person typed
    assert [item.name for item in water.indicators.all()] == ["task.units_filing"]

    form["revision"] = water.revision + 1  # as the page now carries it: saving again is a decision
    assert f'name="revision" value="{form["revision"]}"' in answer.content.decode()
    assert officer.post(url, form).status_code == 302
    assert [item.name for item in water.indicators.all()] == ["task.evidence"]


def test_a_target_that_is_no_number_stands_beside_its_field(as_: As, water: Task) -> None:
    url = reverse("staff:task_measure", args=[water.public_id])
    form = {"revision": water.revision, "use_task_evidence": "on", "target_task_evidence": "许多"}
    answer = as_("officer").post(url, form)
    assert answer.status_code == 422
    assert "有 1 处需要改正" in text_of(answer)
    assert not water.indicators.exists()


def test_evidence_comes_in_pages_of_fifty_and_the_timeline_ends_with_the_newest(
    as_: As, plan: Plan, water: Task
) -> None:
    officer, url = as_("officer"), reverse("staff:task", args=[water.public_id])
    for number in range(52):
        _file(officer, water, unit="区水务局", data=str(number).encode(), name=f"记录{number}.txt")
    first, second = officer.get(url), officer.get(url, {"page": 2})
    assert [len(page.context["evidence"]) for page in (first, second)] == [50, 2]
    assert "第 1—50 条，共 52 条" in text_of(first)
    assert len(first.context["events"]) == 50
    assert "只列出最近 50 件" in text_of(first)
