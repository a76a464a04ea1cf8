"""``quanheng open-data`` writes what the portal offers."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from typer.testing import CliRunner

from quanheng.cli.main import app
from quanheng.taskboard.demo import load_demo
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db


def test_the_file_is_byte_for_byte_that_of_the_portal(home: Path, client: Client) -> None:
    load_demo(ROOT / "examples/dachuan")
    output = home / "plan.json"

    result = CliRunner().invoke(app, ["open-data", "-o", str(output)])

    assert result.exit_code == 0, result.output
    assert output.read_bytes() == client.get("/open/plan.json").content


def test_without_an_adopted_plan_there_is_no_file(dachuan: object, home: Path) -> None:
    result = CliRunner().invoke(app, ["open-data", "-o", str(home / "plan.json")])

    assert result.exit_code == 2
    assert "没有找到这份规划" in result.output
    assert not (home / "plan.json").exists()


def test_a_place_that_cannot_be_written_is_named(home: Path) -> None:
    load_demo(ROOT / "examples/dachuan")
    (home / "file").write_text("")

    result = CliRunner().invoke(app, ["open-data", "-o", str(home / "file/plan.json")])

    assert result.exit_code == 2
    assert "无法写入" in result.output
