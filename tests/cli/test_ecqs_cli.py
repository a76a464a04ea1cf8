from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quanheng.cli.main import app
from quanheng.core.models import User
from quanheng.instruments.models import Comparison
from tests.web.world import World, build_world


@pytest.fixture
def world(people: dict[str, User]) -> World:
    return build_world(people)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["registry", *arguments])
    return result.exit_code, result.output


def test_what_is_exported_compares_without_a_difference(world: World, tmp_path: Path) -> None:
    sheet = tmp_path / "ecqs.xlsx"
    code, text = run("ecqs-export", "-o", str(sheet))
    assert (code, "已写入 1 台" in text, "尚未与官方模板核对" in text) == (0, True, True)

    code, text = run("ecqs-compare", str(sheet), "--as", "officer", "--json")
    assert code == 0
    assert json.loads(text) == {"differences": [], "rejected": []}


def test_differences_are_told_in_one_line(world: World, tmp_path: Path) -> None:
    ledger = tmp_path / "theirs.csv"
    ledger.write_text("出厂编号,器具名称,规格型号\nSN9,电子计价秤,ACS-30\n", encoding="utf-8")
    code, text = run("ecqs-compare", str(ledger), "--as", "officer")
    assert code == 0
    assert "只在本局 1 台，只在对方 1 台，字段不同 0 处" in text


@pytest.mark.parametrize("username", ["auditor", "owner", "nobody"])
def test_who_may_not_import_may_not_compare(world: World, tmp_path: Path, username: str) -> None:
    ledger = tmp_path / "theirs.csv"
    ledger.write_text("出厂编号,器具名称\nSN9,电子计价秤\n", encoding="utf-8")
    before = Comparison.objects.count()
    assert run("ecqs-compare", str(ledger), "--as", username)[0] == 2
    assert Comparison.objects.count() == before


def test_a_missing_file_is_refused_in_one_line(world: World) -> None:
    code, text = run("ecqs-compare", "nowhere.xlsx", "--as", "officer")
    assert (code, "instruments.unreadable_file" in text) == (2, True)
