"""What was issued by any release verifies for ever: the same verdict, status, content and checks."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.golden.reading import DAYS, dcc_hashes, files, proven, reports

RELEASES = sorted(path.parent for path in (Path(__file__).parent / "certificates").glob("*/expected.json"))


@pytest.fixture(params=RELEASES, ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture
def expected(folder: Path) -> Any:
    return json.loads((folder / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("day", DAYS)
def test_each_golden_certificate_is_told_as_on_the_day_it_was_issued(
    folder: Path, expected: Any, day: str
) -> None:
    told = reports(folder, date.fromisoformat(day))

    assert {path.name for path in files(folder)} == expected["reports"][day].keys()
    refuse_changed(told, expected["reports"][day])


def test_a_proof_holds_without_the_log(folder: Path, expected: Any) -> None:
    refuse_changed(proven(folder), expected["proven"])
    assert {one["verdict"] for one in expected["proven"].values()} == {"authentic"}


def refuse_changed(told: dict[str, Any], expected: dict[str, Any]) -> None:
    """A later release may look at more, which must then not fail; it may not say anything else."""
    assert told.keys() == expected.keys()
    for name, report in expected.items():
        checks, now = report.pop("checks"), told[name].pop("checks")
        assert told[name] == report, name
        assert {check: now.get(check) for check in checks} == checks, name
        assert False not in {ok for check, ok in now.items() if check not in checks}, name


def test_the_dcc_of_a_content_is_the_same_to_the_byte(folder: Path, expected: Any) -> None:
    assert dcc_hashes(folder) == expected["dcc_sha256"]


def test_the_golden_files_say_what_they_are_for(expected: Any) -> None:
    early, late = (expected["reports"][day] for day in DAYS)

    assert {name: (one["verdict"], one["status"]) for name, one in early.items()} == {
        "after-the-theft.xml": ("not_authentic", "unknown"),
        "before-the-theft.xml": ("authentic", "valid"),
        "calibration.pdf": ("authentic", "calibration"),
        "calibration.xml": ("authentic", "calibration"),
        "rejection.pdf": ("authentic", "rejected"),
        "rejection.xml": ("authentic", "rejected"),
        "successor.xml": ("authentic", "valid"),
        "superseded.xml": ("authentic", "superseded"),
        "verification.pdf": ("authentic", "valid"),
        "verification.xml": ("authentic", "valid"),
        "withdrawn.xml": ("authentic", "withdrawn"),
    }
    assert {one["verdict"] for name, one in late.items() if name != "after-the-theft.xml"} == {"authentic"}
    assert late["verification.pdf"]["status"] == "expired"  # the keys expired too
    assert all(one["demonstration"] for one in early.values() if one["number"])
    assert early["verification.pdf"]["checks"]["sm2_seal"] is True
