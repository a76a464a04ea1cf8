"""The registry through the API: registered, filed, stopped, verified; places and owners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from quanheng.base import clock
from quanheng.instruments.models import Instrument
from tests.web.conftest import ApiClient
from tests.web.world import World

pytestmark = pytest.mark.django_db
As = Callable[[str], ApiClient]


def described(world: World, **given: Any) -> dict[str, Any]:
    return {
        "name": "电子台秤",
        "serial_no": "TCS-9",
        "manufacturer": "演示衡器厂",
        "use": "trade",
        "owner": str(world.party.public_id),
        "place": str(world.place.public_id),
    } | given


def test_an_owner_registers_and_submits_and_the_officer_files(world: World, as_person: As) -> None:
    made = as_person("owner").send("POST", "/api/instruments", described(world, submit=True))
    assert made.status_code == 201
    one = made.json()
    assert (one["filing"], one["kind"], one["town"]["name"]) == ("submitted", "platform_scale", "亭子镇")
    assert one["obligation"] == "mandatory"
    officer, path = as_person("officer"), f"/api/instruments/{one['public_id']}"
    assert officer.send("POST", f"{path}/file").json()["filing"] == "filed"
    again = officer.send("POST", f"{path}/file")
    assert (again.status_code, again.json()["code"]) == (409, "instruments.wrong_filing")


def test_a_list_is_narrowed_like_the_page(world: World, as_person: As) -> None:
    client = as_person("officer")

    def count(query: str) -> int:
        answer = client.get(f"/api/instruments?{query}").json()
        assert len(answer["items"]) == min(answer["count"], answer["limit"])
        found: int = answer["count"]
        return found

    assert count("") == Instrument.objects.count()
    assert count("filing=submitted") == Instrument.objects.filter(filing="submitted").count()
    assert count(f"place={world.place.public_id}") == Instrument.objects.filter(place=world.place).count()
    assert count(f"owner={uuid4()}") == 0
    assert count("text=2024102") == 1
    assert count("due=none&limit=1") == Instrument.objects.filter(standing__due_on=None).count()
    bad = client.get("/api/instruments?due=late")
    assert (bad.status_code, bad.json()["code"]) == (422, "web.bad_request")


def test_a_correction_is_guarded_and_a_second_record_refused(world: World, as_person: As) -> None:
    client, path = as_person("officer"), f"/api/instruments/{world.instrument.public_id}"
    body = described(world, serial_no="SN9", revision=world.instrument.revision)
    assert client.send("PUT", path, body).json()["serial_no"] == "SN9"
    stale = client.send("PUT", path, body | {"serial_no": "SN10"})
    assert (stale.status_code, stale.json()["code"]) == (409, "base.stale_revision")
    twin = client.send("POST", "/api/instruments", described(world, serial_no="SN2024102"))
    assert (twin.status_code, twin.json()["code"]) == (409, "instruments.known")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": "sundial"}, "instruments.bad"),
        ({"owner": str(uuid4())}, "parties.not_found"),
        ({"place": str(uuid4())}, "instruments.place_not_found"),
        ({"town": 999_999}, "core.unit_not_found"),
        ({"name": " "}, "web.bad_request"),
        ({"in_use_on": "2999-01-01"}, "instruments.bad"),
    ],
)
def test_what_does_not_fit_is_refused_and_not_kept(
    world: World, as_person: As, given: dict[str, Any], code: str
) -> None:
    before = Instrument.objects.count()
    answer = as_person("officer").send("POST", "/api/instruments", described(world, **given))
    assert answer.json()["code"] == code
    assert Instrument.objects.count() == before


def test_stopping_takes_a_photo_and_sealing_needs_one(world: World, as_person: As) -> None:
    client, path = as_person("officer"), f"/api/instruments/{world.instrument.public_id}/condition"
    form = {
        "revision": world.instrument.revision,
        "act": "sealed",
        "happened_on": clock.today().isoformat(),
        "reason": "停业",
    }
    refused = client.post(path, form)
    assert (refused.status_code, refused.json()["code"]) == (422, "instruments.bad_event")
    photo = SimpleUploadedFile("封存.jpg", b"\xff\xd8 sealed")
    sealed = client.post(path, form | {"file": photo})
    assert sealed.json()["condition"] == "sealed"
    assert sealed.json()["due_on"] is None


def test_a_verification_is_recorded_and_read_back(world: World, as_person: As) -> None:
    path = f"/api/instruments/{world.instrument.public_id}"
    body = {
        "revision": world.instrument.revision,
        "verified_on": clock.today().isoformat(),
        "certificate_no": "Z1",
        "verdict": "passed",
    }
    assert as_person("owner").send("POST", f"{path}/verifications", body).status_code == 403
    made = as_person("officer").send("POST", f"{path}/verifications", body)
    assert (made.status_code, made.json()["verified_on"]) == (201, clock.today().isoformat())
    read = as_person("owner").get(f"{path}/verifications").json()
    assert [item["certificate_no"] for item in read["items"]] == ["Z1"]


def test_what_is_outside_the_scope_is_not_there(world: World, as_person: As) -> None:
    officer = as_person("officer")
    far = officer.send("POST", "/api/parties", {"name": "石桥粮油店"}).json()
    body = described(world, owner=far["public_id"], place=None, serial_no="FAR1")
    one = officer.send("POST", "/api/instruments", body).json()
    for name in ("owner", "clerk"):
        client = as_person(name)
        assert client.get(f"/api/instruments/{one['public_id']}").status_code == 404
        assert client.send("POST", f"/api/instruments/{one['public_id']}/submit").status_code == 404
        assert client.get(f"/api/parties/{far['public_id']}").status_code == 404


def test_places_and_owners_are_made_changed_and_guarded(world: World, as_person: As) -> None:
    client = as_person("officer")
    place = client.send(
        "POST",
        "/api/places",
        {"name": "石桥市场", "setting": "market", "longitude": "107.4", "latitude": "31"},
    )
    assert (place.status_code, place.json()["longitude"]) == (201, "107.4")
    path = f"/api/places/{place.json()['public_id']}"
    assert client.send("PUT", path, {"revision": 1, "name": "石桥中心市场"}).json()["revision"] == 2
    assert client.send("PUT", path, {"revision": 1, "name": "石桥"}).json()["code"] == "base.stale_revision"
    assert client.get("/api/places?text=sqzx").json()["count"] == 1
    bad = client.send("POST", "/api/parties", {"name": "某店", "credit_code": "92511703MADEM0001A"})
    assert bad.json()["code"] == "parties.bad_credit_code"
    branch = {"name": "某店", "parent": str(world.party.public_id)}
    assert client.send("POST", "/api/parties", branch).json()["parent"]["name"] == world.party.name
    lost = client.send("POST", "/api/parties", {"name": "某某店", "parent": str(uuid4())})
    assert lost.json()["code"] == "parties.not_found"
