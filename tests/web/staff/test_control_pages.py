"""Random controls on the web: closed, signed and drawn in one press; a list that waits is offered again."""

from __future__ import annotations

import pytest
from django.urls import reverse

from quanheng.core.models import User
from quanheng.followups.models import ControlDraw
from quanheng.followups.services.controls import close_controls
from tests.followups.making import make_utility
from tests.web.fleet_world import make_fleet
from tests.web.staff.conftest import As, text_of

pytestmark = pytest.mark.usefixtures("home")
URL = reverse("staff:followups")


def test_an_officer_closes_a_list_and_draws_from_it(as_: As, people: dict[str, User]) -> None:
    make_fleet(people["officer"])
    make_utility()
    officer = as_("officer")
    sent = officer.post(reverse("staff:followup_controls"), {"count": 1}, follow=True)
    assert "抽取了 1 台随机对照" in text_of(sent)
    drawn = ControlDraw.objects.get()
    page = text_of(as_("auditor").get(URL))
    assert "quanheng sampling draw --list list.txt --checkpoint checkpoint.txt --count 1" in page
    assert drawn.list_sha256 in page
    files = [
        as_("auditor").get(reverse(f"staff:followup_controls_{name}", args=[drawn.public_id]))
        for name in ("list", "checkpoint")
    ]
    assert b"".join(files[0]).startswith(b"A1/A1-m0")  # type: ignore[call-overload]
    assert files[1].content.decode() == drawn.checkpoint


def test_a_list_that_waits_is_drawn_from_before_another_is_closed(as_: As, people: dict[str, User]) -> None:
    make_fleet(people["officer"])
    closed = close_controls(actor=people["officer"], count=1)
    officer = as_("officer")
    assert "关闭名单并抽取" not in text_of(officer.get(URL))
    checkpoint = reverse("staff:followup_controls_checkpoint", args=[closed.public_id])
    assert officer.get(checkpoint).status_code == 404
    refused = officer.post(reverse("staff:followup_controls"), {"count": 2}, follow=True)
    assert "有一份关闭了的名单还没有抽取" in text_of(refused)
    officer.post(reverse("staff:followup_controls_draw", args=[closed.public_id]))
    closed.refresh_from_db()
    assert closed.drawn_at is not None
    assert "关闭名单并抽取" in text_of(officer.get(URL))
