"""`quanheng lifetime` and `quanheng sampling variables` as a person and as a program use them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import typer
from typer.testing import CliRunner, Result

from quanheng.cli.lifetime import lifetime_command
from quanheng.cli.sampling_variables import variables_command

BATCH = Path(__file__).resolve().parent.parent.parent / "examples/lifetime/batch.csv"
_APPS = {}
for _name, _command in (("lifetime", lifetime_command), ("variables", variables_command)):
    _APPS[_name] = typer.Typer()
    _APPS[_name].command()(_command)


def run(name: str, *arguments: object) -> Result:
    return CliRunner().invoke(_APPS[name], [str(argument) for argument in arguments])


def test_a_batch_is_answered_in_words_numbers_and_a_picture(tmp_path: Path) -> None:
    out = tmp_path / "batch.svg"
    told = run("lifetime", BATCH, "--max-fraction", 0.1, "-o", out)
    assert told.exit_code == 0, told.stderr
    answer = json.loads(run("lifetime", BATCH, "--max-fraction", 0.1, "--meters", 500, "--json").stdout)
    left = answer["years_left"]
    assert left["sentence"] in told.stdout
    assert left["sentence"] in out.read_text(encoding="utf-8")
    assert left["low"] < left["at_least"] < left["years"] < left["high"]
    assert (answer["meters"], answer["nonconforming"]) == (454, 11)
    assert len(answer["replacement"]) == 10


def test_bad_rows_are_told_and_nothing_is_written(tmp_path: Path) -> None:
    file, out = tmp_path / "bad.csv", tmp_path / "bad.svg"
    file.write_text("last_good,first_bad,entry\n4,3,0\n4,6,5\n", encoding="utf-8")
    found = run("lifetime", file, "--json", "-o", out)
    assert found.exit_code == 2
    error = json.loads(found.stdout)["error"]
    assert [(row["row"], row["column"]) for row in error["rows"]] == [(2, "first_bad"), (3, "entry")]
    assert not out.exists()
    assert run("lifetime", tmp_path / "none.csv").exit_code == 2
    assert run("lifetime", BATCH, "--max-fraction", 3).exit_code == 2
    assert run("lifetime", BATCH, "--family", "gamma").exit_code == 2
    assert run("lifetime", BATCH, "--mpe", 2).exit_code == 2  # no errors in the file


def _sample(path: Path, spread: float, points: tuple[str, ...] = ("",)) -> Path:
    rng = np.random.default_rng(2)
    rows = [f"D{at},{rng.normal(0.1, spread):.3f},{point}" for at in range(50) for point in points]
    path.write_text("\n".join(("表号,误差,检定点", *rows)) + "\n", encoding="utf-8")
    return path


def test_a_sample_is_judged_at_each_point_by_both_plans(tmp_path: Path) -> None:
    file = _sample(tmp_path / "sample.csv", 0.5, ("Imax", "0.1Ib"))
    found = run("variables", file, "--mpe", 2, "--json")
    answer = json.loads(found.stdout)
    assert (found.exit_code, answer["outcome"]) == (0, "accept")
    assert [point["point"] for point in answer["points"]] == ["Imax", "0.1Ib"]
    assert all(point["normality"]["shapiro_wilk_p"] > 0 for point in answer["points"])
    assert max(answer["acceptance_at_limiting_quality"]["variables"]) <= 0.10
    assert "计量：接收　计数：接收" in run("variables", file, "--mpe", 2).stdout
    assert run("variables", _sample(tmp_path / "wide.csv", 1.6), "--mpe", 2).exit_code == 1


def test_a_bad_sample_is_refused_row_by_row(tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("meter,error\nA,0.1\nA,0.2\nB,nan\n,0.3\n", encoding="utf-8")
    found = run("variables", file, "--mpe", 2, "--json")
    assert found.exit_code == 2
    rows = json.loads(found.stdout)["error"]["rows"]
    assert [(row["line"], row["column"]) for row in rows] == [(3, "meter"), (4, "error"), (5, "meter")]
    file.write_text("meter,error\nA,0.1\nB,0.2\nC,0.3\n", encoding="utf-8")
    few = run("variables", file, "--mpe", 2)
    assert (few.exit_code, "太少" in few.stderr) == (2, True)
    assert run("variables", file).exit_code == 2
    assert run("variables", file, "--mpe", 2, "--upper", 1).exit_code == 2
