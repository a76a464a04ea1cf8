"""What the tutorial of the first day says of the pages: a plan is adopted, a ledger imported."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from quanheng.core.models import OrgUnit, User
from quanheng.instruments.models import ImportBatch, Instrument
from quanheng.instruments.services.importing.running import run_import
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


@pytest.mark.django_db
def test_the_officer_imports_the_ledger_files_a_scale_and_cannot_undo_the_batch(home: Path) -> None:
    load_demo(ROOT / "examples/dachuan")
    officer = _as("officer")
    ledger = (ROOT / "examples/tutorial/ledger.csv").read_bytes()

    asked = officer.post(
        "/staff/imports/", {"file": SimpleUploadedFile("ledger.csv", ledger)}, follow=True
    ).content.decode()
    assert "认出 7 列，有 1 列要您指明。" in asked
    batch = ImportBatch.objects.get()
    page = f"/staff/imports/{batch.public_id}/"
    said = {f"column_{n}": column["field"] or "owner" for n, column in enumerate(batch.options["columns"])}
    given = {"revision": batch.revision, "date_order": "mdy"} | said
    tried = officer.post(f"{page}headings/", given, follow=True).content.decode()
    assert "共 3 行，可以导入 2 行" in tried
    assert "“2026.2.30”不是日期：没有这一天。" in tried
    batch.refresh_from_db()
    town = OrgUnit.objects.get(name="亭子镇").pk
    all_rows = {"revision": batch.revision, "town": town, "use": "trade", "filing": "submitted"}
    assert "导入这 2 行" in officer.post(f"{page}try/", all_rows, follow=True).content.decode()
    batch.refresh_from_db()
    officer.post(f"{page}confirm/", {"revision": batch.revision})
    run_import(batch.public_id)

    scale = Instrument.objects.get(serial_no="JC260001")
    instrument = f"/staff/instruments/{scale.public_id}/"
    assert "属强检" in officer.get(instrument).content.decode()
    officer.post(f"{instrument}file/", {"revision": scale.revision})
    batch.refresh_from_db()
    undo = {"revision": batch.revision, "reason": "试一试"}
    assert "不能撤销：有 1 台器具在导入后又有变动" in officer.post(f"{page}undo/", undo).content.decode()
    assert Instrument.objects.filter(serial_no__startswith="JC26").count() == 2
