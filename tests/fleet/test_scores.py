"""Scores of results against a truth, computed by hand."""

from __future__ import annotations

import json
from math import sqrt
from pathlib import Path

import pytest

from quanheng.fleet.results_file import BadResults, write_results
from quanheng.fleet.scores import BadTruth, score
from quanheng.kernels.fleet.results import CONFORMING as GOOD
from quanheng.kernels.fleet.results import OUT_OF_TOLERANCE as OUT
from quanheng.kernels.fleet.results import UNDETERMINED as OPEN
from tests.fleet.making import NAN, estimate, unusable

#        meter, status, error, standard uncertainty, probability, share
METERS = [
    ("m1", GOOD, 0.4, 0.3, 0.0, 0.30, ""),  # true 0.0: inside
    (
        "m2",
        OUT,
        -5.0,
        0.5,
        1.0,
        0.30,
        "x",
    ),  # true -4.0: two standard uncertainties away: outside; large, found
    ("m3", OUT, 3.0, 0.5, 0.99, 0.10, "x"),  # true 1.9: good, accused; outside
    ("m4", GOOD, 0.5, 0.9, 0.01, 0.10, ""),  # true 2.1: wrong, missed; inside
    ("m5", OPEN, 1.0, 3.0, 0.4, 0.15, "x"),  # true 9.0: wrong, large, not compared
    ("m6", OPEN, NAN, NAN, NAN, 0.04, "x"),  # true 8.0: wrong; under 0.3/n of the energy: not large
    ("m7", GOOD, 0.0, 0.1, 0.0, 0.01, ""),  # truth not known
]
TRUTH = {"m1": 0.0, "m2": -4.0, "m3": 1.9, "m4": 2.1, "m5": 9.0, "m6": 8.0, "m7": NAN, "elsewhere": 50.0}


def _truth(path: Path, area: str = "A1", errors: dict[str, float] = TRUTH) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"area": area, "error_percent": errors}), encoding="utf-8")
    return path


@pytest.fixture
def out(tmp_path):
    path = tmp_path / "out.parquet"
    write_results(path, [estimate("A1", METERS), estimate("A2", METERS[:1]), unusable("A3")])
    return path


def test_every_count_is_that_of_the_definition(out, tmp_path):
    found = score(out, [_truth(tmp_path / "t.json")])
    (row,) = found["areas"]
    squares = [0.4**2, 1.0**2, 1.1**2, 1.6**2]
    expected = {
        "meters": 7,
        "judged": 5,
        "compared": 4,
        "wrong": 4,
        "found": 1,
        "large": 2,
        "large_found": 1,
        "accused": 1,
        "missed": 1,
        "rmse_percent": pytest.approx(sqrt(sum(squares) / 4)),
        "coverage": 0.5,
    }
    assert {name: row[name] for name in expected} == expected
    assert row["findings"] == ["meter_exchanged"]
    assert found["all"] == expected
    assert all(not name.startswith("_") for name in row)


def test_areas_are_weighted_by_their_meters(out, tmp_path):
    _truth(tmp_path / "t" / "x" / "truth.json")
    _truth(tmp_path / "t" / "y" / "truth.json", "A2", {"m1": 0.4})
    found = score(out, [tmp_path / "t"])
    assert [row["area_id"] for row in found["areas"]] == ["A1", "A2"]
    assert found["all"]["rmse_percent"] == pytest.approx(sqrt((0.16 + 1 + 1.21 + 2.56) / 5))
    assert found["all"]["coverage"] == pytest.approx(3 / 5)


def test_an_area_without_verdicts_has_no_figures(out, tmp_path):
    found = score(out, [_truth(tmp_path / "t.json", "A3", {})])
    assert found["areas"][0]["status"] == "unusable"
    assert (found["all"]["rmse_percent"], found["all"]["coverage"], found["all"]["meters"]) == (None, None, 0)


def test_two_truths_of_one_area_must_agree(out, tmp_path):
    once, twice = (_truth(tmp_path / name, errors={"m1": 0.1}) for name in ("a.json", "b.json"))
    assert score(out, [once, twice])["all"]["compared"] == 1
    _truth(twice, errors={"m1": 0.2})
    with pytest.raises(BadTruth, match="两份不同的真值"):
        score(out, [once, twice])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"area": "A1"}',
        '{"area": "A1", "error_percent": []}',
        '{"area": "A1", "error_percent": {"m1": null}}',
        '{"area": "A1", "error_percent": {"m1": "x"}}',
        "[" * 100_000,
        "\udcff",
    ],
)
def test_a_file_that_is_no_truth_is_named(out, tmp_path, text):
    path = tmp_path / "t.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(BadTruth, match=r"t\.json 不是真值文件"):
        score(out, [path])


def test_without_a_common_area_there_is_no_score(out, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadTruth, match="中没有 truth"):
        score(out, [tmp_path / "empty"])
    with pytest.raises(BadTruth, match="无法读取"):
        score(out, [tmp_path / "absent.json"])
    with pytest.raises(BadTruth, match="既有结果又有真值"):
        score(out, [_truth(tmp_path / "t.json", "B")])
    with pytest.raises(BadResults):
        score(_truth(tmp_path / "t.json"), [tmp_path / "t.json"])


def test_a_meter_is_wrong_by_its_own_mpe_and_results_that_do_not_say_it_are_not_scored(tmp_path):
    path, truth = tmp_path / "out.parquet", _truth(tmp_path / "truth.json", errors={"m1": 1.5})
    for mpe, wrong in ((2.0, 0), (1.0, 1)):
        write_results(path, [estimate("A1", METERS[:1], mpe_percent=mpe)])
        assert score(path, [truth])["all"]["wrong"] == wrong
    write_results(path, [estimate("A1", METERS[:1], mpe_percent=NAN)])
    with pytest.raises(BadResults, match="重新估计"):
        score(path, [truth])
