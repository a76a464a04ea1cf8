"""What every answer carries, and what stands between a password and the house."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from axes.models import AccessAttempt
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, reverse

from quanheng.core.models import User
from quanheng.web.accounts import AccountAdapter
from tests.people import PASSWORD
from tests.web.routes import ACCOUNT, PORTAL, STAFF
from tests.web.world import World


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> None:
    cache.clear()  # allauth counts failures there, and the cache outlives a test


GETS = [name.split(" ")[1] for name in PORTAL | STAFF | ACCOUNT if name.startswith("GET ")]


def test_every_page_carries_the_strict_policy_and_no_inline_code(world: World, as_person) -> None:
    table = PORTAL | STAFF | ACCOUNT
    clients = {"admin": as_person("admin"), "officer": as_person("officer")}
    pages = 0
    for target in GETS:
        row = table[f"GET {target}"]
        person = "admin" if "admin" in row.allowed else "officer"
        answer = clients[person].get(reverse(target, kwargs=dict(row.args(world))))
        policy = answer["Content-Security-Policy"]
        assert "unsafe-" not in policy, target
        assert {"script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} <= set(
            policy.split("; ")
        ), target
        assert answer["X-Content-Type-Options"] == "nosniff", target
        assert answer["X-Frame-Options"] == "DENY", target
        assert answer["Referrer-Policy"] == "same-origin", target
        if answer["Content-Type"].startswith("text/html") and answer.status_code == 200:
            pages += 1
            _assert_no_inline_code(answer.content.decode(), target)
    assert pages > 25


def _assert_no_inline_code(html: str, target: str) -> None:
    """The policy would only make such code fail in silence: find it here instead."""
    for tag in re.findall(r"<script\b[^>]*>", html):
        assert "src=" in tag or 'type="application/json"' in tag, (target, tag)
    assert not re.search(r"<style\b|\sstyle=\"|\son[a-z]+=\"|javascript:", html), target
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", html), target


@pytest.mark.django_db
def test_cookies_are_out_of_reach_of_scripts_and_other_sites(people) -> None:
    client = Client()
    assert _sign_in(client, "officer").status_code == 302
    session = client.cookies["sessionid"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    assert client.cookies["csrftoken"]["samesite"] == "Lax"


def test_cookies_go_over_tls_only_unless_insecure_http_is_asked_for(tmp_path) -> None:
    program = (
        "import django; django.setup(); from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.LANGUAGE_COOKIE_SECURE, s.SECURE_HSTS_SECONDS)"
    )
    printed = {}
    for insecure in ("0", "1"):
        env = os.environ | {"QUANHENG_HOME": str(tmp_path), "QUANHENG_INSECURE_HTTP": insecure}
        run = subprocess.run(
            [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
        )
        printed[insecure] = run.stdout.split()
    assert printed == {"0": ["True", "True", "True", "31536000"], "1": ["False", "False", "False", "0"]}


def _sign_in(client: Client, username: str, password: str = PASSWORD):
    return client.post(reverse("account_login"), {"login": username, "password": password})


def test_five_wrong_passwords_lock_the_name_even_for_the_right_one(people) -> None:
    client = Client()
    for _ in range(4):
        assert _sign_in(client, "officer", "wrong-password").status_code == 200
    locked = _sign_in(client, "officer", "wrong-password")
    assert locked.status_code == 429
    assert _sign_in(client, "officer").status_code != 302
    assert "_auth_user_id" not in client.session
    assert _sign_in(Client(), "inspector").status_code == 302  # another name from the same place is not


def test_a_locked_name_is_locked_in_any_case(people) -> None:
    for _ in range(5):
        _sign_in(Client(), "officer", "wrong-password")

    assert _sign_in(Client(), "oFFicer").status_code == 429


def test_a_second_factor_cannot_be_guessed_without_end(people) -> None:
    TOTP.activate(people["officer"], generate_totp_secret())
    client = Client()
    _sign_in(client, "officer")
    answers = {client.post(reverse("mfa_authenticate"), {"code": "000000"}).content for _ in range(10)}
    assert all("登录失败次数过多".encode() not in answer for answer in answers)

    assert "登录失败次数过多".encode() in client.post(reverse("mfa_authenticate"), {"code": "000000"}).content


@pytest.mark.django_db
def test_a_request_for_another_host_is_refused_and_not_an_error() -> None:
    assert Client().get("/", headers={"host": "evil.example"}).status_code == 400


def test_a_right_password_forgets_the_wrong_ones(people) -> None:
    for _ in range(3):
        _sign_in(Client(), "officer", "wrong-password")
    assert AccessAttempt.objects.get().failures_since_start == 3
    assert _sign_in(Client(), "officer").status_code == 302
    assert not AccessAttempt.objects.exists()


def test_whoever_has_a_second_factor_is_asked_for_it(people) -> None:
    secret = generate_totp_secret()
    TOTP.activate(people["officer"], secret)
    client = Client()
    asked = _sign_in(client, "officer")
    assert (asked.status_code, asked["Location"]) == (302, reverse("mfa_authenticate"))
    assert client.get(reverse("staff:today")).status_code == 302  # the password alone opens nothing
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert wrong.status_code == 200
    counter = next(iter(yield_hotp_counters_from_time()))
    code = format_hotp_value(hotp_value(secret, counter))
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    assert client.get(reverse("staff:today")).status_code == 200


def test_nobody_registers_by_themselves(rf) -> None:
    assert AccountAdapter().is_open_for_signup(rf.get("/")) is False
    for name in ("account_signup", "account_email", "account_reset_password"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


def test_signing_in_never_leads_to_another_site(people) -> None:
    url = f"{reverse('account_login')}?next=https://elsewhere.example/"
    answer = Client().post(url, {"login": "officer", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, reverse(settings.LOGIN_REDIRECT_URL))


def test_a_switched_off_account_cannot_go_on(people) -> None:
    client = Client()
    _sign_in(client, "officer")
    assert client.get(reverse("staff:today")).status_code == 200
    _switch_off(people["officer"])
    assert client.get(reverse("staff:today")).status_code == 302


def test_a_switched_off_account_cannot_sign_in(people) -> None:
    _switch_off(people["officer"])
    client = Client()
    assert _sign_in(client, "officer").status_code in {200, 302}
    assert "_auth_user_id" not in client.session


def _switch_off(user: User) -> None:
    user.is_active = False
    user.save(update_fields=["is_active"])
