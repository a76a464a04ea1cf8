"""POST /api/readings: who may, what is kept, what is told, twice, killed, flooding."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client

from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.fleet.errors import BadUtility, IntakeBusy, TokenNotFound
from quanheng.fleet.intake import services
from quanheng.fleet.intake.importing import import_spool
from quanheng.fleet.intake.places import intake_of
from quanheng.fleet.intake.segments import closed_segments
from quanheng.fleet.models import ReadingsUpload, UtilityToken
from quanheng.fleet.store import read_area
from quanheng.transparency.models import PendingLeaf
from quanheng.web.api import readings as operation
from tests.fleet.readings import quarter_hours

TIMES = quarter_hours(8)
LINES = [
    f"T1,{m},{t},{1.5 if m == 'M1' else 2},230,{r}"
    for m, r in (("M0", "总表"), ("M1", "户表"))
    for t in TIMES
]
HEADING = "area,meter,timestamp,kwh,volts,role"


def csv(*more: str) -> bytes:
    return "\n".join([HEADING, *LINES, *more, ""]).encode()


@pytest.fixture(autouse=True)
def _fresh_rates() -> None:
    for rate in (operation._uploads, operation._wrong, operation._logged):
        rate.clear()


@pytest.fixture
def secret(people: dict[str, User]) -> str:
    return services.make_token(actor=people["officer"], name="供电公司")[1]


@pytest.fixture
def send(secret: str):
    def post(body: bytes, media: str = "text/csv", token: str | None = secret, query: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return Client(enforce_csrf_checks=True).post(
            f"/api/readings{query}", data=body, content_type=media, headers=headers
        )

    return post


def spool(home: Path) -> list[Path]:
    return closed_segments(intake_of(home).spool)


def test_good_rows_are_kept_and_bad_ones_told_by_line(send, home: Path) -> None:
    body = csv(
        "T1,M1,yesterday,1,230,户表",
        "T1,,2026-01-30 02:15,1,230,户表",
        "T1,M1,2090-01-30 02:15,1,230,户表",
        "T1,M1,2026-01-30 02:15,many,230,户表",
        "T1,M1,2026-01-30 02:15",
        "T1,M1,2026-01-30 02:15,1,-4,户表",
    )
    answer = send(body)
    assert answer.status_code == 202
    said = answer.json()
    assert (said["rows"], said["kept"], said["rejected"]) == (22, 17, 5)
    assert said["sha256"] == hashlib.sha256(body).hexdigest()
    told = {row["line"]: row["reason"] for row in said["rejected_rows"]}
    assert told == {
        18: "bad_time", 19: "no_meter", 20: "future", 21: "not_a_number", 22: "columns", 23: "voltage_not_positive"
    }  # fmt: skip
    (segment,) = spool(home)
    assert segment.name == said["segment"]
    import_spool(intake_of(home), home / "fleet", services.clock.now())
    assert read_area(home / "fleet" / "T1", None, None).area.energy[0][:8].tolist() == [1.5] * 8


def test_the_same_body_again_is_answered_the_same_and_kept_once(send, home: Path) -> None:
    first, second = send(csv()), send(csv())
    assert first.json() == second.json()
    assert ReadingsUpload.objects.count() == len(spool(home)) == 1
    assert PendingLeaf.objects.filter(kind="readings:received").count() == 1
    assert UtilityToken.objects.get().last_used_on is not None


@pytest.mark.parametrize("form", ["ndjson", "parquet"])
def test_ndjson_and_parquet_say_the_same_as_csv(send, home: Path, form: str) -> None:
    names = HEADING.split(",")
    rows = [dict(zip(names, line.split(","), strict=True)) for line in LINES]
    typed = [row | {"kwh": float(row["kwh"]), "volts": float(row["volts"])} for row in rows]
    if form == "ndjson":
        lines = [
            *(json.dumps(row) for row in typed),
            "{",
            '{"area": "T1", "meter": "M1", "timestamp": "2026-01-30 02:15"}',
        ]
        answer = send("\n".join(lines).encode(), "application/x-ndjson")
        assert [(row["line"], row["reason"]) for row in answer.json()["rejected_rows"]] == [
            (17, "not_json"), (18, "wrong_type")
        ]  # fmt: skip
    else:
        target = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(typed), target)
        answer = send(target.getvalue(), "application/vnd.apache.parquet")
        assert answer.json()["rejected"] == 0
    assert (answer.status_code, answer.json()["kept"]) == (202, 16)
    import_spool(intake_of(home), home / "fleet", services.clock.now())
    assert read_area(home / "fleet" / "T1", None, None).area.energy[0][:8].tolist() == [1.5] * 8


def test_registers_are_said_by_the_query_or_the_heading(send) -> None:
    assert send(csv(), query="?kind=registers").json()["kind"] == "registers"
    assert send(csv().replace(b"kwh", b"register", 1)).json()["kind"] == "registers"
    assert send(csv(), query="?kind=other").status_code == 422


def test_only_a_token_in_force_opens_it(send, secret: str, people: dict[str, User], home: Path) -> None:
    assert [send(csv(), token=token).status_code for token in (None, "", "qhr_wrong", secret + "x")] == [
        401
    ] * 4
    signed_in = Client()
    signed_in.force_login(people["officer"])
    assert signed_in.post("/api/readings", data=csv(), content_type="text/csv").status_code == 401
    services.revoke_token(actor=people["officer"], public_id=UtilityToken.objects.get().public_id)
    answer = send(csv())
    assert (answer.status_code, answer.json()["code"]) == (403, "fleet.token_revoked")
    assert spool(home) == []


def test_the_secret_is_kept_nowhere(secret: str) -> None:
    token = UtilityToken.objects.get()
    assert token.sha256 == hashlib.sha256(secret.encode()).hexdigest()
    assert len(secret) > 40
    assert secret not in str([*UtilityToken.objects.values(), *PendingLeaf.objects.values()])


@pytest.mark.parametrize("name", ["inspector", "auditor", "verifier", "owner", "clerk"])
def test_who_may_not_make_tokens_makes_and_revokes_none(people: dict[str, User], name: str) -> None:
    with pytest.raises(NotPermitted):
        services.make_token(actor=people[name], name="x")
    made, _secret = services.make_token(actor=people["admin"], name="x")
    with pytest.raises(NotPermitted):
        services.revoke_token(actor=people[name], public_id=made.public_id)


def test_a_token_is_for_one_utility_that_is_named(people: dict[str, User]) -> None:
    for name in ("", "x" * 101, "a\x00b"):
        with pytest.raises(BadUtility):
            services.make_token(actor=people["officer"], name=name)
    with pytest.raises(TokenNotFound):
        services.revoke_token(actor=people["officer"], public_id=people["officer"].public_id)


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"", "text/csv"),
        (b"area,meter\nT1,M1\n", "text/csv"),
        (HEADING.encode() + b"\n", "text/csv"),
        (csv(), "application/json"),
        (csv(), "application/vnd.apache.parquet"),
        (b"PAR1" + b"\0" * 50, "application/vnd.apache.parquet"),
        (b"\x1f\x8b\x08\x00aaaa", "text/csv"),
        (HEADING.encode() + b"\nT1,M1,never,1,230,x\n", "text/csv"),
        (b"\xff\xfe\x00\x81", "application/x-ndjson"),
    ],
)
def test_what_is_no_body_of_readings_is_refused_and_nothing_is_kept(
    send, home: Path, body: bytes, media: str
) -> None:
    answer = send(body, media)
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["code"] == "fleet.bad_readings"
    assert not ReadingsUpload.objects.exists()
    assert not [path for path in intake_of(home).spool.glob("*") if path.is_file()]


def test_too_large_too_often_and_too_many_wrong_tokens_are_refused(send, settings) -> None:
    settings.MAX_READINGS_BYTES = 100
    assert "MiB" in send(csv()).json()["detail"]
    settings.MAX_READINGS_BYTES, settings.READINGS_PER_MINUTE = 10**6, 3
    assert [send(csv()).status_code for _ in range(3)] == [202, 202, 429]
    statuses = [send(b"", token="wrong").status_code for _ in range(25)]
    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_one_at_a_time_is_read_and_the_others_come_again(secret: str, tmp_path: Path, home: Path) -> None:
    body = tmp_path / "readings.csv"
    body.write_bytes(csv())
    token = UtilityToken.objects.get()
    with services._TURN, pytest.raises(IntakeBusy):
        services.receive_readings(token=token, body=body, media="text/csv")
    assert services.receive_readings(token=token, body=body, media="text/csv").rows == 16


def test_what_is_cut_off_between_disk_and_record_is_stored_once_when_it_comes_again(
    send, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(services, "_record", lambda **_given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            send(csv())
    assert len(spool(home)) == 1
    assert not ReadingsUpload.objects.exists()
    assert send(csv()).status_code == 202
    moved = import_spool(intake_of(home), home / "fleet", services.clock.now())
    assert (moved.rejected.total(), moved.stored) == (0, ["T1"])


@pytest.mark.parametrize("area", [["x" * 5000], [{"a": 1}], [["T1"]], [b"\xff\xfe"]])
def test_parquet_that_unpacks_to_much_or_holds_no_texts_is_refused(send, home: Path, area: list[Any]) -> None:
    rows = {"area": area * 50, "meter": ["M1"] * 50, "timestamp": [TIMES[0]] * 50, "kwh": [1.0] * 50}
    target = io.BytesIO()
    pq.write_table(pa.table(rows), target)
    answer = send(target.getvalue(), "application/vnd.apache.parquet")
    assert (answer.status_code, answer.json()["code"]) == (422, "fleet.bad_readings")
    assert spool(home) == []
