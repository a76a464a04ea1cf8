from __future__ import annotations

import json
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from quanheng.cli.main import app
from quanheng.taskboard.models import PlanVersion
from tests.conftest import ROOT
from tests.plans import PLAN, STRANGE


def _file(text: str, name: str = "plan.txt") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


def test_compile_answers_what_the_command_prints_and_keeps_nothing(dachuan, as_person, tmp_path):
    path = tmp_path / "plan.txt"
    path.write_text(PLAN, encoding="utf-8")
    county = ROOT / "examples/dachuan/county.yaml"
    printed = CliRunner().invoke(app, ["plan", "compile", str(path), "--county", str(county), "--json"])
    answered = as_person("inspector").post("/api/policy/compile", {"file": _file(PLAN)})
    assert answered.status_code == 200
    told, said = answered.json(), json.loads(printed.stdout)
    # The command reads the names of a county from its file, the operation from the units as edited since.
    assert [item["name"] for item in told.pop("departments")] == [
        item["name"] for item in said.pop("departments")
    ]
    assert told == said
    assert not PlanVersion.objects.exists()


def test_a_document_becomes_a_draft_then_the_plan_on_the_board(dachuan, as_person):
    officer = as_person("officer")
    assert officer.get("/api/plans/current").status_code == 404
    draft = officer.post("/api/drafts", {"file": _file(PLAN)}).json()
    assert (draft["tasks"], draft["number"], draft["plan_id"]) == (3, None, None)
    plan = officer.send("POST", f"/api/drafts/{draft['public_id']}/adopt").json()
    assert (plan["doc_number"], plan["version"]) == ("达川府办〔2025〕9号", 1)
    assert officer.get("/api/plans/current").json() == plan
    tasks = officer.get(f"/api/plans/{plan['public_id']}/tasks").json()
    assert tasks["count"] == 3
    assert {task["status"] for task in tasks["items"]} <= {"not_started", "overdue"}
    again = officer.post("/api/drafts", {"file": _file(PLAN, "other name.txt")})
    assert (again.status_code, again.json()["code"]) == (409, "taskboard.document_known")


def test_unknown_departments_are_asked_about_never_guessed(dachuan, as_person):
    officer = as_person("officer")
    draft = officer.post("/api/drafts", {"file": _file(STRANGE)}).json()
    refused = officer.send("POST", f"/api/drafts/{draft['public_id']}/adopt")
    assert (refused.status_code, refused.json()["code"]) == (409, "taskboard.unknown_departments")
    unit = officer.get("/api/units?kind=department").json()["items"][0]
    assert officer.send("POST", f"/api/units/{unit['id']}/aliases", {"name": "区梦想局"}).status_code == 201
    assert officer.send("POST", f"/api/drafts/{draft['public_id']}/adopt").status_code == 200


def test_a_draft_can_be_discarded_once(world, as_person):
    officer, url = as_person("officer"), f"/api/drafts/{world.draft.public_id}"
    assert officer.delete(url).status_code == 204
    assert officer.delete(url).status_code == 404
    adopted = officer.delete(f"/api/drafts/{world.version.public_id}")
    assert (adopted.status_code, adopted.json()["code"]) == (409, "taskboard.already_adopted")


def test_changes_between_versions_name_the_task(world, as_person):
    url = f"/api/versions/{world.draft.public_id}/changes?since={world.version.public_id}"
    changes = as_person("inspector").get(url).json()
    assert "lead_changed" in {change["code"] for change in changes}
    assert as_person("inspector").get(url.split("?", maxsplit=1)[0]).status_code == 422


def test_each_person_is_shown_the_tasks_of_their_scope(world, as_person):
    def titles(username: str) -> set[str]:
        answer = as_person(username).get(f"/api/plans/{world.plan.public_id}/tasks").json()
        return {task["title"] for task in answer["items"]}

    assert titles("auditor") == {"核对市场在用秤", "公布供水计量信息", "培训计量人员"}
    assert titles("liaison") == {"公布供水计量信息"}
    assert titles("clerk") == {"核对市场在用秤"}  # through the group of all towns


def test_tasks_are_filtered_and_paged_with_a_cap(world, as_person):
    client, url = as_person("officer"), f"/api/plans/{world.plan.public_id}/tasks"
    page = client.get(f"{url}?limit=1&offset=1").json()
    assert (len(page["items"]), page["count"], page["offset"]) == (1, 3, 1)
    assert client.get(f"{url}?q=供水").json()["count"] == 1
    assert client.get(f"{url}?status=moving").json()["items"][0]["public_id"] == str(world.task.public_id)
    too_many = client.get(f"{url}?limit=201")
    assert (too_many.status_code, list(too_many.json()["errors"])) == (422, ["query.limit"])


def test_measures_are_strings_with_their_command_and_guarded_by_revision(world, as_person):
    officer, url = as_person("officer"), f"/api/tasks/{world.task.public_id}"
    task = officer.get(url).json()
    percent = next(item for item in task["measures"] if item["name"] == "task.units_filing_percent")
    assert (percent["value"], percent["target"]) == ("50.0", "99.5000")
    assert percent["command"] == f"quanheng indicator show task.units_filing_percent --task '{task['label']}'"
    body = {"revision": task["revision"], "targets": {"task.evidence": "1"}}
    done = officer.send("PUT", f"{url}/measures", body).json()
    assert (done["status"], done["revision"]) == ("done", task["revision"] + 1)
    stale = officer.send("PUT", f"{url}/measures", body)
    assert (stale.status_code, stale.json()["code"]) == (409, "base.stale_revision")
    unknown = officer.send(
        "PUT", f"{url}/measures", {"revision": done["revision"], "targets": {"task.joy": None}}
    )
    assert (unknown.status_code, unknown.json()["code"]) == (404, "taskboard.unknown_indicator")


def test_exports_are_the_office_files_they_say(world, as_person):
    client = as_person("liaison")
    for name in ("tasks.xlsx", "tasks.docx"):
        answer = client.get(f"/api/plans/{world.plan.public_id}/{name}")
        assert answer.content.startswith(b"PK\x03\x04")


def test_an_export_holds_the_tasks_that_are_asked_for_and_says_so(world, as_person):
    url = f"/api/plans/{world.plan.public_id}/tasks"
    query = "?status=not_started&unit=区市场监管局"
    listed = [task["label"] for task in as_person("officer").get(url + query).json()["items"]]
    assert 0 < len(listed) < 3
    file = as_person("officer").get(f"{url}.xlsx{query}").content
    sheet = CalamineWorkbook.from_filelike(BytesIO(file)).get_sheet_by_name("任务看板").to_python()
    assert [row[1] for row in sheet[2:]] == listed
    assert sheet[0][0].endswith("筛选：未起步，区市场监管局")


def test_indicators_say_value_command_and_what_they_are_of(world, as_person):
    client = as_person("clerk")
    listed = client.get("/api/indicators?limit=200").json()["items"]
    assert {"plan.tasks", "task.evidence"} <= {item["name"] for item in listed}
    shown = client.get("/api/indicators/plan.tasks").json()
    assert (shown["value"], shown["command"]) == ("3", "quanheng indicator show plan.tasks")
    assert client.get("/api/indicators/task.evidence").status_code == 422
    assert client.get(f"/api/indicators/plan.tasks?task={world.task.public_id}").status_code == 422
    assert (
        client.get(f"/api/indicators/task.evidence?task={world.task.public_id}").status_code == 404
    )  # not hers
    own = as_person("liaison").get(f"/api/indicators/task.evidence?task={world.task.public_id}").json()
    assert own["value"] == "1"
    assert client.get("/api/indicators/plan.joy").json()["code"] == "taskboard.unknown_indicator"


def test_a_figure_of_the_whole_plan_cannot_measure_one_task(world, as_person):
    officer, url = as_person("officer"), f"/api/tasks/{world.task.public_id}"
    body = {"revision": world.task.revision, "targets": {"plan.tasks": "1"}}
    assert officer.send("PUT", f"{url}/measures", body).status_code in {404, 422}
    assert officer.get(url).status_code == 200
