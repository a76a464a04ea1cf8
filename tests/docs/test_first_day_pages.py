"""What the tutorial of the first day says of the pages: the officer adopts, the clerk sees the town's task."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from quanheng.core.models import User
from quanheng.taskboard.demo import load_demo
from quanheng.taskboard.indicators import find
from quanheng.taskboard.intake import intake_folder, take_in
from quanheng.taskboard.models import Plan, PlanVersion
from quanheng.taskboard.selectors import current_plan, plan_records
from tests.docs.blocks import ROOT

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TITLES = ("设立计量服务点", "检查粮食收购用秤", "更换到期水表", "办好计量开放日")


def _as(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username), backend=BACKEND)
    return client


def _tasks() -> int:
    plan = current_plan()
    assert plan is not None
    return int(find("plan.tasks").value(plan_records(plan)))


@pytest.mark.django_db
def test_the_officer_answers_for_the_unknown_name_and_adopts(home: Path) -> None:
    load_demo(ROOT / "examples/dachuan")
    (intake_folder() / "plan.md").write_bytes((ROOT / "examples/tutorial/plan.md").read_bytes())
    [taken] = take_in()
    assert taken.is_accepted
    draft = PlanVersion.objects.get(adopted_at=None)
    officer, page = _as("officer"), f"/staff/plans/drafts/{draft.public_id}/"

    waiting = officer.get("/staff/plans/upload/").content.decode()
    before = officer.get(page).content.decode()
    assert "等待处理的草稿" in waiting
    assert "plan.md" in waiting
    assert "新建“区教体局”" in before
    assert "牵头部门不一致" in before
    assert "采用这一版本" not in before
    assert _tasks() == 15

    officer.post(f"{page}alias/", {"name": "区教体局", "new": "1", "kind": "department"})
    assert "采用这一版本" in officer.get(page).content.decode()
    officer.post(f"{page}adopt/")

    assert Plan.objects.count() == 2
    assert _tasks() == 4
    board = _as("clerk").get("/staff/board/").content.decode()
    assert [title for title in TITLES if title in board] == ["设立计量服务点"]
