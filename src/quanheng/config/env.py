"""Settings come from the environment and from nowhere else; a bad value stops the start."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Setting:
    """One variable of the environment: what docs/reference/settings.md must say of it."""

    name: str
    default: str
    help: str


SETTINGS = (
    Setting(
        "QUANHENG_HOME", "var", "Folder of everything that must be backed up: database, log, files, keys"
    ),
    Setting(
        "QUANHENG_DATABASE_URL", "", "postgresql://… for PostgreSQL ≥ 15; empty: SQLite in the home folder"
    ),
    Setting("QUANHENG_SECRET_KEY", "", "Signing key of sessions; empty: made once in HOME/keys/secret_key"),
    Setting("QUANHENG_ALLOWED_HOSTS", "127.0.0.1,localhost", "Host names served, separated by commas"),
    Setting(
        "QUANHENG_PUBLIC_URL",
        "",
        "Address of the public pages, printed in QR labels and calendars (https://…); empty: as asked for",
    ),
    Setting("QUANHENG_INSECURE_HTTP", "0", "1 allows cookies over plain HTTP: only for loopback and tests"),
    Setting("QUANHENG_BEHIND_PROXY", "0", "1 where a reverse proxy ends TLS and sets X-Forwarded-Proto"),
    Setting("QUANHENG_DEBUG", "0", "1 shows stack traces in the browser: never on a server"),
    Setting("QUANHENG_TIME_ZONE", "Asia/Shanghai", "Time zone of dates in pages and due dates"),
    Setting(
        "QUANHENG_COUNTY", "", "county.yaml that `plan compile` takes names from when no --county is given"
    ),
    Setting(
        "QUANHENG_ECQS_LAYOUT", "", "Column layout of the e-CQS import sheet (YAML); empty: the packaged one"
    ),
    Setting("QUANHENG_MAX_UPLOAD_MIB", "20", "Largest file a person may send [MiB]"),
    Setting("QUANHENG_MAX_READINGS_MIB", "64", "Largest body that POST /api/readings takes [MiB]"),
    Setting("QUANHENG_READINGS_PER_MINUTE", "60", "Uploads of readings that one token may make in a minute"),
    Setting(
        "QUANHENG_READINGS_FUTURE_MINUTES", "60", "Readings later than the clock by more are not taken [min]"
    ),
    Setting(
        "QUANHENG_READINGS_KEEP_DAYS", "30", "Days for which received segments are kept once they are stored"
    ),
    Setting(
        "QUANHENG_ESTIMATE_MINUTES", "20", "Time that a county day takes for estimating new months [min]"
    ),
    Setting(
        "QUANHENG_DCC_SCHEMAS",
        "",
        "Folder of PTB's schemas for digital calibration certificates; empty: ../shared, then HOME/dcc-schemas",
    ),
    Setting("QUANHENG_NIGHTLY_AT", "02:30", "Local time at which the worker runs the county day"),
)
# Read without Django: by the tests, and by `certificates.schema_files`.
_READ_ELSEWHERE = {"QUANHENG_SHARED", "QUANHENG_TEST_STRICT"}
_DEFAULTS = {setting.name: setting.default for setting in SETTINGS}


class BadSetting(ValueError):
    """A variable of the environment has a value that cannot be used."""


def text(name: str) -> str:
    """Return a variable listed in SETTINGS, or its default.  KeyError for one not listed."""
    return os.environ.get(name, "") or _DEFAULTS[name]


def flag(name: str) -> bool:
    """Return a 0/1 variable as a truth value."""
    value = text(name)
    if value not in {"0", "1"}:
        raise BadSetting(f"{name} must be 0 or 1, not {value!r}")
    return value == "1"


def whole(name: str) -> int:
    """Return a variable as a positive whole number."""
    value = text(name)
    if not value.isdecimal() or int(value) == 0:
        raise BadSetting(f"{name} must be a positive whole number, not {value!r}")
    return int(value)


def refuse_unknown() -> None:
    """Refuse a QUANHENG_ variable that does not exist: a misspelt one would silently do nothing."""
    known = _DEFAULTS.keys() | _READ_ELSEWHERE
    if unknown := sorted(name for name in os.environ if name.startswith("QUANHENG_") and name not in known):
        raise BadSetting(f"no such setting: {', '.join(unknown)} (see docs/reference/settings.md)")


def database_url() -> str:
    """Return the address of PostgreSQL; empty for SQLite in the home folder."""
    value = text("QUANHENG_DATABASE_URL")
    if value and not value.startswith(("postgresql://", "postgres://")):
        raise BadSetting("QUANHENG_DATABASE_URL must begin with postgresql://; leave it empty for SQLite")
    return value


def public_url() -> str:
    """Return the address of the public pages without a slash at its end; empty where none is set."""
    value = text("QUANHENG_PUBLIC_URL")
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment):
        raise BadSetting(f"QUANHENG_PUBLIC_URL must be like https://metrology.example, not {value!r}")
    return value.rstrip("/")


def time_of_day(name: str) -> str:
    """Return an HH:MM variable."""
    value = text(name)
    try:
        time.fromisoformat(value)
    except ValueError as error:
        raise BadSetting(f"{name} must be a time such as 02:30, not {value!r}") from error
    return value


def names(name: str) -> list[str]:
    """Return a comma-separated variable as a list without blanks."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def secret_key(home: Path) -> str:
    """Return the configured key, or the one kept in the home folder, made on first use."""
    if value := text("QUANHENG_SECRET_KEY"):
        return value
    path = home / "keys" / "secret_key"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text()
