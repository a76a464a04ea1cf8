"""`quanheng followups score`: the open data give the score again; a bad file is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quanheng.cli.main import app
from quanheng.kernels.scoring import Outcome
from quanheng.kernels.scoring.table import table_text

RUN = CliRunner()


def test_the_open_data_give_the_score_again(tmp_path: Path) -> None:
    path = tmp_path / "score.csv"
    path.write_text(table_text([Outcome("suspect", 0.9, -5.0, 0.5, -5.2, 0.1, 2.0)]), encoding="utf-8")
    told = RUN.invoke(app, ["followups", "score", str(path)])
    assert told.exit_code == 0
    assert "核实了 1 台，其中 1 台超差；布里尔分数 0.0100" in told.stdout
    assert "没有随机对照" in told.stdout
    answer = json.loads(RUN.invoke(app, ["followups", "score", str(path), "--json"]).stdout)
    assert answer["everything"]["parts"]["score"] == pytest.approx(0.01)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "score.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    told = RUN.invoke(app, ["followups", "score", str(path), "--json"])
    assert told.exit_code == 2
    assert "第一行没有这些列" in json.loads(told.stdout.splitlines()[-1])["error"]["message"]
    assert RUN.invoke(app, ["followups", "score", str(tmp_path / "none.csv")]).exit_code == 2
