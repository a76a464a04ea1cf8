"""Evidence, units, people, the county day and the log over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django_tasks_db.models import DBTaskResult

from quanheng.base import clock
from quanheng.base.files import stored_path
from quanheng.core.models import User
from quanheng.kernels.canonical import opens
from quanheng.kernels.tlog.entry import parse_leaf
from quanheng.kernels.tlog.proof_file import verify_proof
from quanheng.taskboard.enums import Part
from quanheng.taskboard.models import Evidence
from tests.people import PASSWORD
from tests.web.world import World


def _filing(world: World, **changes: object) -> dict[str, object]:
    file = SimpleUploadedFile("水表台账.csv", b"meter,due\n1,2026-12-31\n")
    return {"unit_id": world.unit.pk, "happened_on": clock.today().isoformat(), "file": file} | changes


def test_evidence_is_filed_read_back_and_withdrawn(world, as_person):
    liaison, url = as_person("liaison"), f"/api/tasks/{world.task.public_id}/evidence"
    filed = liaison.post(url, _filing(world)).json()
    assert (filed["file_name"], filed["file_size"], filed["unit"]) == ("水表台账.csv", 23, "区水务局")
    assert liaison.get(url).json()["count"] == 2
    download = liaison.get(f"/api/evidence/{filed['public_id']}/file")
    assert b"".join(download) == b"meter,due\n1,2026-12-31\n"
    assert download["Content-Type"] == "application/octet-stream"
    assert download["Content-Disposition"].startswith("attachment")
    withdraw = f"/api/evidence/{filed['public_id']}/withdraw"
    assert liaison.send("POST", withdraw, {"reason": ""}).status_code == 422
    assert liaison.send("POST", withdraw, {"reason": "传错了"}).json()["withdrawal_reason"] == "传错了"
    again = liaison.send("POST", withdraw, {"reason": "传错了"})
    assert (again.status_code, again.json()["code"]) == (409, "taskboard.already_withdrawn")


def test_a_lost_or_altered_original_is_a_refusal_and_not_a_fault(world, as_person):
    auditor, url = as_person("auditor"), f"/api/evidence/{world.evidence.public_id}/file"
    path = stored_path(world.evidence.file_sha256)
    path.write_bytes(b"other")
    altered = auditor.get(url)
    assert (altered.status_code, altered.json()["code"]) == (409, "taskboard.evidence_file_altered")
    path.unlink()
    lost = auditor.get(url)
    assert (lost.status_code, lost.json()["code"]) == (404, "taskboard.evidence_file_missing")


def test_a_unit_that_shares_a_task_lists_and_opens_only_its_own_files(world, as_person):
    town = world.people["clerk"].assignments.get().unit
    world.task.task_units.create(unit=town, part=Part.RESPONSIBLE, position=99)
    clerk, url = as_person("clerk"), f"/api/tasks/{world.task.public_id}/evidence"
    own = clerk.post(url, _filing(world, unit_id=town.pk)).json()
    assert [item["public_id"] for item in clerk.get(url).json()["items"]] == [own["public_id"]]
    assert clerk.get(f"/api/evidence/{own['public_id']}").status_code == 200
    for path in ("", "/file"):
        answer = clerk.get(f"/api/evidence/{world.evidence.public_id}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "taskboard.evidence_not_found")
    assert as_person("liaison").get(url).json()["count"] == 2  # the water bureau leads


def test_evidence_that_breaks_a_rule_is_refused_and_not_kept(world, as_person, settings):
    liaison, url = as_person("liaison"), f"/api/tasks/{world.task.public_id}/evidence"
    other = world.people["clerk"].assignments.get().unit_id
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    settings.MAX_UPLOAD_BYTES = 64
    large = SimpleUploadedFile("large.bin", b"x" * 65)
    answers = {
        "taskboard.unit_not_in_task": _filing(world, unit_id=other),
        "taskboard.bad_evidence": _filing(world, happened_on=tomorrow),
        "web.bad_request": _filing(world, file=large),
    }
    for code, form in answers.items():
        assert liaison.post(url, form).json()["code"] == code
    assert Evidence.objects.count() == 1


def test_units_are_made_changed_and_guarded_against_lost_edits(dachuan, as_person):
    officer = as_person("officer")
    new = {"kind": "department", "name": "区能源局", "aliases": ["区能源管理局"]}
    unit = officer.send("POST", "/api/units", new).json()
    assert unit["aliases"] == ["区能源管理局"]
    taken = officer.send("POST", "/api/units", new)
    assert (taken.status_code, taken.json()["code"]) == (409, "core.name_taken")
    change = new | {"name": "区能源和节能局", "revision": unit["revision"]}
    assert officer.send("PUT", f"/api/units/{unit['id']}", change).json()["name"] == "区能源和节能局"
    stale = officer.send("PUT", f"/api/units/{unit['id']}", change)
    assert (stale.status_code, stale.json()["code"]) == (409, "base.stale_revision")
    assert officer.get("/api/units/999999").json()["code"] == "core.unit_not_found"
    assert officer.get("/api/units?kind=town&limit=200").json()["count"] == 27


def test_members_and_groups_are_read_and_set(dachuan, as_person):
    officer = as_person("officer")
    group = officer.get("/api/units?kind=group").json()["items"][1]
    assert {member["name"] for member in group["members"]} >= {"翠屏街道", "三里坪街道"}
    new = {"kind": "subdistrict", "name": "新城街道", "groups": [group["id"]]}
    office = officer.send("POST", "/api/units", new).json()
    assert office["groups"] == [{"id": group["id"], "name": "各街道办事处"}]
    url, body = f"/api/units/{group['id']}", {"kind": "group", "name": group["name"]}
    stale = officer.send("PUT", url, body | {"revision": group["revision"]})
    assert stale.json()["code"] == "base.stale_revision"  # somebody joined meanwhile
    revision = officer.get(url).json()["revision"]
    kept = officer.send("PUT", url, body | {"revision": revision}).json()
    assert office["id"] in {member["id"] for member in kept["members"]}
    change = body | {"revision": kept["revision"], "members": [office["id"]]}
    assert officer.send("PUT", url, change).json()["members"] == [{"id": office["id"], "name": "新城街道"}]
    wrong = {"kind": "town", "name": "甲镇", "members": [office["id"]]}
    assert officer.send("POST", "/api/units", wrong).json()["code"] == "core.bad_unit"
    unknown = change | {"revision": kept["revision"] + 1, "members": [10**6]}
    assert officer.send("PUT", url, unknown).json()["code"] == "core.unit_not_found"


def test_an_administrator_resets_a_password_and_nobody_else_does(people, as_person):
    clerk, admin = people["clerk"], as_person("admin")
    url, body = (
        f"/api/users/{clerk.public_id}/password",
        {"revision": clerk.revision, "password": f"{PASSWORD}-2"},
    )
    for other in ("officer", "auditor", "clerk"):
        assert as_person(other).send("POST", url, body).json()["code"] == "core.not_permitted"
    weak = admin.send("POST", url, body | {"password": "12345678"})
    assert (weak.status_code, weak.json()["code"]) == (422, "core.bad_user")
    done = admin.send("POST", url, body)
    assert (done.status_code, f"{PASSWORD}-2" in done.content.decode()) == (200, False)
    assert admin.send("POST", url, body).json()["code"] == "base.stale_revision"
    clerk.refresh_from_db()
    assert clerk.check_password(f"{PASSWORD}-2")


def test_a_person_is_made_given_a_role_and_erased(world, as_person):
    admin = as_person("admin")
    new = {"username": "newcomer", "display_name": "新来者", "password": PASSWORD}
    person = admin.send("POST", "/api/users", new).json()
    assert person["roles"] == []
    assert admin.send("POST", "/api/users", new).json()["code"] == "core.bad_user"
    weak = admin.send("POST", "/api/users", new | {"username": "other", "password": "12345678"})
    assert weak.json()["code"] == "core.bad_user"
    roles = [{"role": "inspector", "unit_id": world.unit.pk}]
    url = f"/api/users/{person['public_id']}"
    set_up = admin.send("PUT", f"{url}/roles", {"revision": person["revision"], "roles": roles}).json()
    assert [(role["role_label"], role["unit"]) for role in set_up["roles"]] == [("执法检查人员", "区水务局")]
    erased = admin.send("POST", f"{url}/erase", {"revision": set_up["revision"], "reason": "本人要求"}).json()
    assert (erased["display_name"], erased["roles"], erased["is_active"]) == ("已删除人员", [], False)
    assert "newcomer" not in admin.get("/api/users?limit=200").content.decode()


def test_the_last_administrator_cannot_be_removed(people, as_person):
    admin: User = people["admin"]
    body = {"revision": admin.revision, "roles": []}
    refused = as_person("admin").send("PUT", f"/api/users/{admin.public_id}/roles", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "core.last_administrator")
    assert admin.assignments.exists()


def test_a_day_is_queued_once_with_its_job(world, as_person):
    officer = as_person("officer")
    asked = officer.send("POST", "/api/days")
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    assert DBTaskResult.objects.filter(args_kwargs__args=[asked.json()["public_id"]]).count() == 1
    again = officer.send("POST", "/api/days")
    assert (again.status_code, again.json()["code"]) == (409, "taskboard.day_running")
    done = officer.get(f"/api/days/{world.day.public_id}").json()
    assert done["steps"][0]["lines"][0]["command"] == "quanheng log check log"
    assert officer.get("/api/days").json()["count"] == 2


def test_the_log_is_read_and_its_proofs_hold(world, as_person):
    client = as_person("owner")
    log = client.get("/api/log").json()
    size = log["checkpoint"]["tree_size"]
    assert log["pending"] == 0
    newest = client.get("/api/log/leaves?limit=2").json()
    assert [leaf["index"] for leaf in newest["items"]] == [size - 1, size - 2]
    older = client.get(f"/api/log/leaves?before={newest['older']}").json()
    assert (older["items"][0]["index"], older["newer"]) == (size - 3, size - 3)
    adopted = client.get("/api/log/leaves?kind=plan:adopted").json()["items"]
    assert [json.loads(leaf["entry"])["data"]["doc_number"] for leaf in adopted] == ["达川府办〔2025〕9号"]
    proof = client.get(f"/api/log/leaves/{adopted[0]['index']}/proof")
    assert verify_proof(proof.content).entry.decode() == adopted[0]["entry"]
    assert client.get(f"/api/log/leaves/{size}").json()["code"] == "transparency.leaf_not_found"


def test_what_a_commitment_hides_opens_until_the_person_is_erased(world, as_person):
    auditor = as_person("auditor")
    (leaf,) = auditor.get("/api/log/leaves?kind=evidence:filed").json()["items"]
    committed = parse_leaf(leaf["entry"].encode()).data["by"]["commitment"]
    url = f"/api/log/leaves/{leaf['index']}/openings"
    opened = {item["field"]: item for item in auditor.get(url).json()}
    assert opened["by"]["value"] == "水务联络员"
    assert opens(committed, bytes.fromhex(opened["by"]["salt"]), "水务联络员")
    liaison = world.people["liaison"]
    body = {"revision": liaison.revision, "reason": "本人要求"}
    assert as_person("admin").send("POST", f"/api/users/{liaison.public_id}/erase", body).status_code == 200
    assert {item["value"] for item in auditor.get(url).json()} == {None}
    evidence = auditor.get(f"/api/evidence/{world.evidence.public_id}").json()
    assert (evidence["file_name"], evidence["filed_by"]) == ("已删除", "已删除人员")


def test_the_county_is_told_to_whoever_signed_in(dachuan, as_person):
    county = as_person("owner").get("/api/county").json()
    assert (county["code"], county["name"], county["is_demo"]) == ("511703", "达川区", True)
    assert {"code": "511725", "name": "渠县"} in county["neighbours"]
