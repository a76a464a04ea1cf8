"""Where schemas are looked for, and that only pinned bytes of PTB are kept."""

from __future__ import annotations

import hashlib
import io
import urllib.error
from pathlib import Path

import pytest

from quanheng.certificates import schema_files as module
from quanheng.certificates.schema_files import (
    PINS,
    FolderOfSchemas,
    NotFetched,
    Pin,
    fetch_schema,
    schema_files,
    schema_folder,
)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No schemas anywhere: no variable, no reference data, an empty home."""
    monkeypatch.delenv("QUANHENG_DCC_SCHEMAS", raising=False)
    monkeypatch.setenv("QUANHENG_SHARED", str(tmp_path / "shared"))
    monkeypatch.setenv("QUANHENG_HOME", str(tmp_path / "home"))
    return tmp_path


def _write(path: Path, text: str = "<x/>") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_named_folder_comes_before_the_reference_data_and_these_before_the_home(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert schema_folder() is None
    assert dict(schema_files()) == {}
    _write(nowhere / "home/dcc-schemas/dcc/v3.3.0/dcc.xsd", "home")
    assert schema_files()["dcc/3.3.0"] == b"home"
    _write(nowhere / "shared/data/dcc/xsd/dcc/v3.3.0/dcc.xsd", "shared")
    assert schema_files()["dcc/3.3.0"] == b"shared"
    _write(nowhere / "named/dcc/v3.3.0/dcc.xsd", "named")
    monkeypatch.setenv("QUANHENG_DCC_SCHEMAS", str(nowhere / "named"))
    assert schema_files()["dcc/3.3.0"] == b"named"


def test_a_named_folder_that_does_not_exist_is_not_replaced_by_another(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(nowhere / "home/dcc-schemas/dcc/v3.3.0/dcc.xsd")
    monkeypatch.setenv("QUANHENG_DCC_SCHEMAS", str(nowhere / "misspelt"))
    assert schema_folder() is None


def test_both_layouts_are_read_and_a_file_too_large_is_not(tmp_path: Path) -> None:
    for path in (
        "dcc/v3.3.0/dcc.xsd",
        "si/v2.2.1/SI_Format.xsd",
        "dcc/dsi/v2.1.0.xsd",
        "x/dcc.sch",
        "other.xsd",
    ):
        _write(tmp_path / path)
    big = _write(tmp_path / "dcc/v3.2.0/dcc.xsd")
    with big.open("wb") as stream:
        stream.truncate(module.MAX_FILE_BYTES + 1)
    found = FolderOfSchemas(tmp_path)
    assert sorted(found) == ["dcc/3.2.0", "dcc/3.3.0", "schematron", "si/2.1.0", "si/2.2.1"]
    with pytest.raises(KeyError):
        found["dcc/3.2.0"]


def test_pins_are_the_hashes_of_the_original_files(shared: Path) -> None:
    held = {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (shared / "dcc/xsd/ptb_original").rglob("dcc.xsd")
    }
    assert {pin.sha256 for pin in PINS} == held
    assert all(pin.address.startswith("https://ptb.de/") for pin in PINS)


def test_pinned_bytes_are_kept_and_not_fetched_again_and_others_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(address: str, timeout: float) -> io.BytesIO:
        asked.append(address)
        return io.BytesIO(b"<xsd/>")

    monkeypatch.setattr("urllib.request.urlopen", answer)
    good = Pin("https://ptb.de/dcc/v9.0.0/dcc.xsd", hashlib.sha256(b"<xsd/>").hexdigest())
    assert fetch_schema(good, tmp_path).read_bytes() == b"<xsd/>"
    fetch_schema(good, tmp_path)
    assert asked == [good.address]
    with pytest.raises(NotFetched, match="不符"):
        fetch_schema(Pin("https://ptb.de/dcc/v9.1.0/dcc.xsd", "0" * 64), tmp_path)
    assert sorted(FolderOfSchemas(tmp_path)) == ["dcc/9.0.0"]


def test_without_a_network_the_refusal_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(address: str, timeout: float) -> io.BytesIO:
        raise urllib.error.URLError("no network")

    monkeypatch.setattr("urllib.request.urlopen", answer)
    with pytest.raises(NotFetched, match="无法下载"):
        fetch_schema(PINS[0], tmp_path)
    assert list(tmp_path.iterdir()) == []
