from __future__ import annotations

import stat
from pathlib import Path

import pytest

from quanheng.config import env


def test_a_setting_not_given_has_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUANHENG_MAX_UPLOAD_MIB", raising=False)
    monkeypatch.setenv("QUANHENG_NIGHTLY_AT", "23:05")

    assert env.whole("QUANHENG_MAX_UPLOAD_MIB") == 20
    assert env.time_of_day("QUANHENG_NIGHTLY_AT") == "23:05"


@pytest.mark.parametrize(
    ("read", "name", "bad"),
    [
        (env.flag, "QUANHENG_DEBUG", "yes"),
        (env.whole, "QUANHENG_MAX_UPLOAD_MIB", "0"),
        (env.whole, "QUANHENG_MAX_UPLOAD_MIB", "-3"),
        (env.time_of_day, "QUANHENG_NIGHTLY_AT", "25:00"),
    ],
)
def test_a_bad_value_stops_the_start_and_is_named(
    monkeypatch: pytest.MonkeyPatch, read: object, name: str, bad: str
) -> None:
    monkeypatch.setenv(name, bad)
    with pytest.raises(env.BadSetting, match=name):
        read(name)  # type: ignore[operator]


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("QUANHENG_SECRET_KEY", raising=False)
    key = env.secret_key(tmp_path)

    assert env.secret_key(tmp_path) == key
    assert len(key) >= 50
    assert stat.S_IMODE((tmp_path / "keys/secret_key").stat().st_mode) == 0o600


def test_a_misspelt_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    env.refuse_unknown()
    monkeypatch.setenv("QUANHENG_HOMME", "x")
    with pytest.raises(env.BadSetting, match="QUANHENG_HOMME"):
        env.refuse_unknown()


@pytest.mark.parametrize("url", ["mysql://a@b/c", "sqlite:///x", "postgres"])
def test_a_database_other_than_postgresql_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("QUANHENG_DATABASE_URL", "postgresql://a@b/c")
    assert env.database_url() == "postgresql://a@b/c"
    monkeypatch.setenv("QUANHENG_DATABASE_URL", url)
    with pytest.raises(env.BadSetting, match="postgresql"):
        env.database_url()


def test_the_public_address_is_an_address_without_a_slash_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ("https://metrology.example", "http://10.0.0.7:8000/", "https://a.example/county/"):
        monkeypatch.setenv("QUANHENG_PUBLIC_URL", given)
        assert env.public_url() == given.rstrip("/")
    monkeypatch.delenv("QUANHENG_PUBLIC_URL")
    assert env.public_url() == ""


@pytest.mark.parametrize(
    "given", ["metrology.example", "ftp://a.example", "https://", "https://a.example?x=1"]
)
def test_an_address_that_no_label_can_lead_to_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("QUANHENG_PUBLIC_URL", given)
    with pytest.raises(env.BadSetting, match="QUANHENG_PUBLIC_URL"):
        env.public_url()
