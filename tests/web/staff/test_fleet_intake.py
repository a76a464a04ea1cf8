"""The page of the intake: tokens made and revoked, what waits and what was not taken, files sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from quanheng.core.models import User
from quanheng.fleet.intake.importing import import_spool
from quanheng.fleet.intake.places import intake_of
from quanheng.fleet.models import UtilityToken
from quanheng.transparency.models import PendingLeaf
from tests.fleet.intake.test_segments import quarters, row, write

PAGE = "staff:fleet_intake"


@pytest.fixture
def officer(people: dict[str, User]) -> Client:
    return signed_in(people["officer"])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shown(client: Client) -> str:
    return client.get(reverse(PAGE)).content.decode()


def test_a_token_is_made_shown_once_and_revoked_after_a_question(officer: Client) -> None:
    assert "还没有发出令牌" in shown(officer)
    refused = officer.post(reverse("staff:fleet_token_new"), {"name": " "})
    assert (refused.status_code, "请写使用单位或名称" in refused.content.decode()) == (422, True)
    wrong = officer.post(reverse("staff:fleet_token_new"), {"utility": "没有的单位"})
    assert "没有这个使用单位" in wrong.content.decode()
    made = officer.post(reverse("staff:fleet_token_new"), {"name": "演示供电公司"})
    assert (made.status_code, made["Cache-Control"]) == (200, "no-store")
    assert "qhr_" in made.content.decode()
    token = UtilityToken.objects.get()
    assert "演示供电公司" in shown(officer)
    assert "qhr_" not in shown(officer)
    address = reverse("staff:fleet_token_revoke", args=[token.public_id])
    assert "确认停用" in officer.get(address).content.decode()
    assert UtilityToken.objects.get().revoked_at is None
    assert officer.post(address).status_code == 302
    assert officer.post(address).status_code == 302  # twice is once
    assert "已停用" in shown(officer)
    kinds = [*PendingLeaf.objects.filter(kind__startswith="utility_token").values_list("kind", flat=True)]
    assert sorted(kinds) == ["utility_token:made", "utility_token:revoked"]


def test_the_page_shows_what_waits_who_listens_and_what_was_not_taken(
    officer: Client, people: dict[str, User], home: Path
) -> None:
    intake, now = intake_of(home), datetime.now(UTC)
    write(intake, [*quarters(intake), row("M7", 0, role="")])
    import_spool(intake, home / "fleet", now)
    write(intake, quarters(intake))
    for name, at in (("a", now), ("b", now - timedelta(minutes=5))):
        said = {"broker": f"mqtt://{name}", "topic": "meters/+/+", "messages": 7, "is_connected": True}
        body = said | {"said_at": at.isoformat(), "last_at": at.isoformat()}
        (intake.status / f"mqtt-{name}.json").write_text(json.dumps(body))
    (intake.status / "mqtt-c.json").write_bytes(b"{torn")
    text = shown(officer)
    for part in ("1 段读数等待存入", "正在接收", "没有运行", "T9", "2026-01-06 00:00", "-import.csv"):
        assert part in text
    (rejected,) = intake.rejects.iterdir()
    answer = officer.get(reverse("staff:fleet_rejects", args=[rejected.name]))
    assert b"unknown_meter" in b"".join(answer)  # type: ignore[arg-type]
    assert "attachment" in answer["Content-Disposition"]
    for name in ("..%2Fareas.json", "areas.json", ".hidden.csv"):
        assert officer.get(f"{reverse(PAGE)}rejects/{name}").status_code == 404
    auditor = signed_in(people["auditor"])
    assert "发出令牌</a>" not in shown(auditor)
    assert reverse(PAGE) in auditor.get(reverse("staff:fleet")).content.decode()
