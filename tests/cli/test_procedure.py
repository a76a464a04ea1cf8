"""`quanheng procedure …` as a person and as a program use it."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from quanheng.cli.main import app
from quanheng.kernels.procedures import Procedure, packaged_procedures, packaged_text
from tests.conftest import ROOT

SCALE = ROOT / "examples/readings/platform-scale.yaml"
DISPENSERS = ROOT / "examples/readings/fuel-dispensers.csv"
ON = ("--on", "2026-11-23")
WORKED = """
instrument: {class: III, e: 5 g, max: 15 kg}
given: {weighing: {E0: 0.5 g}}
readings: [{load: 1000 g, indication: 1000 g, added: 1.5 g}]
"""


def procedure(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["procedure", *(str(argument) for argument in arguments)])


def judged(*arguments: object) -> Any:
    done = procedure("run", *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture
def readings(tmp_path: Path) -> Any:
    def write(text: str, name: str = "readings.yaml") -> Path:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_every_kind_is_listed_with_its_editions_and_days() -> None:
    lines = procedure("list").stdout.splitlines()
    prices = [line for line in lines if line.startswith("price_scale　电子计价秤")]
    assert [line.split("　")[2].split(" ")[1][:9] for line in prices] == ["539-2016", "1204-2025"]
    assert "2027-01-08" in prices[1]
    assert lines[-1].endswith("均未与正式文本核对。")
    rows = json.loads(procedure("list", "--json").stdout)
    assert len(rows) == len(packaged_procedures().editions)


@pytest.mark.parametrize(("on", "number"), [("2027-01-07", "JJG 539"), ("2027-01-08", "JJG 1204")])
def test_a_day_has_one_edition_for_a_kind(on: str, number: str) -> None:
    rows = json.loads(procedure("list", "--on", on, "--json").stdout)
    assert [row["regulation"]["number"] for row in rows if row["kind"] == "price_scale"] == [number]
    assert (
        json.loads(procedure("show", "电子计价秤", "--on", on, "--json").stdout)["regulation"]["number"]
        == number
    )


@pytest.mark.parametrize("name", sorted(packaged_procedures().procedures))
def test_every_regulation_is_shown_with_all_its_tables(name: str) -> None:
    from quanheng.cli.procedure_text import description

    law = packaged_procedures().procedures[name]
    shown = "\n".join(description(law))
    assert all(f"表：{table.label}" in shown for table in law.tables.values())
    assert all(check.text in shown for check in law.checks.values())


def test_a_regulation_as_json_is_a_file_that_can_be_read() -> None:
    shown = json.loads(procedure("show", "fuel_dispenser", *ON, "--json").stdout)
    assert Procedure.model_validate(shown["procedure"]) == packaged_procedures().procedures[shown["file"]]


def test_the_worked_example_of_a_scale_comes_out_exactly(readings: Any) -> None:
    found = judged("nawi_digital", readings(WORKED), *ON)
    point = found["points"][0]
    assert point["values"] == {"P": 1001.0, "E": 1.0, "Ec": 0.5}
    assert (point["error"], point["mpe"], point["mpe_half_width"], point["unit"]) == (
        0.5,
        [-2.5, 2.5],
        2.5,
        "g",
    )
    assert (point["pass"], found["of_measured"], found["verdict"]) == (True, "passed", "undetermined")
    assert 0.99 < point["probability_of_conformity"] <= 1
    assert point["expanded_uncertainty"] == pytest.approx(
        point["coverage_factor"] * point["standard_uncertainty"]
    )
    assert any("读数不足" in text for text in found["missing"])


@pytest.mark.parametrize(("shown", "error", "passed"), [("20.04", 0.2, True), ("20.08", 0.4, False)])
def test_the_worked_examples_of_a_fuel_dispenser_come_out_exactly(
    readings: Any, shown: str, error: float, passed: bool
) -> None:
    file = readings(f"readings: [{{V_J: {shown} L, V_B: 20.00 L, t_J: 20, t_B: 20}}]")
    found = judged("fuel_dispenser", file, *ON)
    point = found["points"][0]
    assert (point["error"], point["unit"], point["pass"]) == (error, "%", passed)
    assert found["verdict"] == ("undetermined" if passed else "rejected")
    assert found["of_measured"] == ("passed" if passed else "rejected")


def test_a_complete_verification_passes_with_the_grounds_of_it() -> None:
    found = judged("platform_scale", SCALE, *ON)
    assert (found["kind"], found["kind_name"], found["stage"]) == ("platform_scale", "电子台秤", "subsequent")
    assert (found["verdict"], found["verdict_text"], found["missing"], found["findings"]) == (
        "passed",
        "合格",
        [],
        [],
    )
    assert {reason["test"] for reason in found["decided_by"]} >= {
        "weighing",
        "eccentricity",
        "repeatability",
        "seal",
    }
    assert {"number": "JJG 539", "edition": "2016"}.items() <= found["regulation"].items()
    assert found["unconfirmed"]
    assert found["period"]["terms"] == [{"when": {}, "mode": "periodic", "months": 12}]


def test_a_broken_seal_decides_against_good_readings(readings: Any) -> None:
    found = judged(
        "platform_scale", readings(SCALE.read_text("utf-8").replace("seal: 合格", "seal: 不合格")), *ON
    )
    assert found["verdict"] == "rejected"
    assert [(reason["test"], reason["text"]) for reason in found["decided_by"]] == [
        ("seal", "铅封完好：不合格。")
    ]


def test_in_service_the_limits_are_those_in_service(readings: Any) -> None:
    file = readings(WORKED)
    limits = [
        judged("nawi_digital", file, *ON, "--stage", stage)["points"][0]["mpe_half_width"]
        for stage in ("first", "subsequent", "in-service")
    ]
    assert limits == [2.5, 2.5, 5.0]


def test_of_several_instruments_each_has_its_result() -> None:
    found = judged("fuel_dispenser", DISPENSERS, *ON)
    assert [row["instrument"] for row in found["results"]] == ["1号枪", "2号枪"]
    assert [row["verdict"] for row in found["results"]] == ["undetermined", "rejected"]
    assert found["counts"] == {"passed": 0, "rejected": 1, "undetermined": 1}
    brief = judged("fuel_dispenser", DISPENSERS, *ON, "--brief")
    assert [row["verdict"] for row in brief["results"]] == ["undetermined", "rejected"]
    assert "points" not in brief["results"][0]
    assert all(row["unconfirmed"] for row in brief["results"])
    assert all(row["remarks"] for row in brief["results"])


def test_a_person_reads_points_verdict_grounds_and_what_is_not_confirmed() -> None:
    done = procedure("run", "fuel_dispenser", DISPENSERS, *ON)
    for part in (
        "燃油加油机　JJG 443-2023（试行） 燃油加油机　2026-11-23　后续检定",
        "器具 2号枪",
        "20.08 L   0.4 %        ±0.3 %",
        "结论：不合格。",
        "依据：示值误差和重复性 第 1 行：示值误差 0.4 %，超出限值 ±0.3 %。",
        "未与正式文本核对：",
        "检定周期：周期检定 6 个月（规则 fuel_dispenser/2，未核对）",
        "共 2 台：合格 0，不合格 1，未能判定 1。",
    ):
        assert part in done.stdout
    assert "检定类别未给，按后续检定判定" in done.stderr


def test_the_arithmetic_is_written_as_a_person_would(readings: Any) -> None:
    file = readings(WORKED)
    for text in (
        procedure("run", "nawi_digital", file, *ON, "--explain").stdout,
        "\n".join(judged("nawi_digital", file, *ON, "--explain")["explanation"]),
    ):
        assert "P = I + 0.5 × e − ΔL = 1000 + 0.5 × 5 − 1.5 = 1001 g" in text
        assert "Ec = E − E₀ = 1 − 0.5 = 0.5 g" in text


def test_yaml_csv_and_the_template_give_the_same_result(readings: Any, tmp_path: Path) -> None:
    csv = readings("load(kg),示值,ΔL,E0,class,e,max(kg)\n1,1000,1.5,0.5,III,5,15\n", "readings.csv")
    form = tmp_path / "form.xlsx"
    sets = ("--set", "class=III", "--set", "e=5 g", "--set", "max=15kg")
    done = procedure("template", "nawi_digital", "-o", form, *ON, *sets)
    assert done.exit_code == 0, done.output
    book = openpyxl.load_workbook(BytesIO(form.read_bytes()))
    sheet = book["称量"]
    sheet.delete_rows(2, 20)
    for column, value in enumerate((None, None, 1000, 1000, 1.5, 0.5), 1):
        sheet.cell(2, column).value = value
    book.save(form)
    first, *others = (judged("nawi_digital", file, *ON) for file in (readings(WORKED), csv, form))
    assert all(other == first for other in others)


def test_the_template_has_rows_for_each_instrument_and_the_stage(tmp_path: Path) -> None:
    form = tmp_path / "form.xlsx"
    procedure("template", "water_meter", "-o", form, *ON, "--count", "3", "--stage", "in-service")
    book = openpyxl.load_workbook(form)
    assert [cell.value for cell in book["器具"][2]][3:] == ["1", "2", "3"]
    assert {cell.value for cell in book["器具"][4][3:]} == {"使用中检查"}


def test_the_packaged_files_hold_what_they_should() -> None:
    done = procedure("check")
    assert (done.exit_code, done.stdout.splitlines()[-1].split("，")[1]) == (0, "0 处问题。"), done.stdout


def test_what_is_wrong_with_a_file_is_said_with_its_line(readings: Any) -> None:
    text = packaged_text("jjg_539_2016").decode()
    broken = text.replace("above: 500, to: 2000", "above: 600, to: 2000", 1)
    line = next(at for at, row in enumerate(broken.splitlines(), 1) if "above: 600" in row)
    file = readings(broken, "mine.yaml")
    done = procedure("check", file)
    assert done.exit_code == 1
    assert any(
        row.startswith(f"mine.yaml 第 {line} 行") or f"第 {line - 1} 行" in row
        for row in done.stdout.splitlines()
    )
    assert json.loads(procedure("check", file, "--json").stdout)[0]["file"] == "mine.yaml"
    assert procedure("check", readings("format: 2\n", "bad.yaml")).exit_code == 1


def test_the_file_that_the_format_is_documented_with_has_nothing_wrong(readings: Any) -> None:
    document = (ROOT / "docs/reference/procedure-files.md").read_text("utf-8")
    shown = document.split("```yaml\n", 1)[1].split("```", 1)[0]
    done = procedure("check", readings(shown, "shown.yaml"))
    assert done.stdout == "检查 1 个文件，0 处问题。\n"


def test_the_readings_that_are_documented_are_read(readings: Any) -> None:
    document = (ROOT / "docs/reference/readings.md").read_text("utf-8")
    shown = document.split("```yaml\n", 1)[1].split("```", 1)[0]
    assert judged("platform_scale", readings(shown), *ON)["of_measured"] == "passed"


def test_the_format_is_given_as_json_schema_and_stands_so_in_the_documents() -> None:
    shown = procedure("schema").stdout
    assert json.loads(shown)["title"] == "Procedure"
    assert (ROOT / "docs/reference/procedure.schema.json").read_text("utf-8") == shown


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("fuel_dispensr", SCALE), "procedure.unknown_kind", "是否应为“fuel_dispenser”"),
        (
            ("cng_dispenser", SCALE, "--on", "1990-01-01"),
            "procedure.not_in_force",
            "JJG 996-2012（2013-06-03 至 今）",
        ),
        (("platform_scale", "none.yaml"), "procedure.not_found", "无法读取 none.yaml"),
        (("platform_scale", SCALE, "--stage", "yearly"), "procedure.bad_stage", "没有“yearly”这一检定类别"),
        (
            ("platform_scale", SCALE, "--stage", "first"),
            "procedure.bad_stage",
            "要求按首次检定判定，读数文件写的是后续检定",
        ),
        (
            ("fuel_dispenser", SCALE, *ON),
            "procedure.bad_readings",
            "platform-scale.yaml 第 3 行“class”：没有“class”这一项",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused_with_a_reason(
    arguments: tuple[object, ...], code: str, said: str
) -> None:
    done = procedure("run", *arguments, "--json")
    assert done.exit_code == 2
    assert said in done.stderr
    assert json.loads(done.stdout)["error"]["code"] == code


def test_each_bad_cell_has_its_line(readings: Any) -> None:
    file = readings("load(kg),indication,max\n1,1x,15000\n20,,\n", "r.csv")
    done = procedure("run", "nawi_digital", file, *ON, "--json")
    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        "r.csv 第 2 行“indication”：不认识的单位“x”。",
        "r.csv 第 3 行“indication”：没有填写。",
        "r.csv 第 3 行“load(kg)”：超出范围：20000 g，应不小于 0、不大于 15000 g。",
    ]
    problems = json.loads(done.stdout)["error"]["problems"]
    assert [(problem["row"], problem["column"]) for problem in problems] == [
        (2, "indication"),
        (3, "indication"),
        (3, "load(kg)"),
    ]


def test_readings_of_an_edition_not_in_force_are_refused(tmp_path: Path) -> None:
    form = tmp_path / "form.xlsx"
    procedure("template", "price_scale", "-o", form, "--on", "2027-01-07")
    done = procedure("run", "price_scale", form, "--on", "2027-01-08")
    assert done.exit_code == 2
    assert "读数是按 JJG 539-2016 记录的，这里要用的是 JJG 1204-2025" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--set", "e=5 L"), "“L”是体积的单位"),
        (("--set", "lod=5"), "没有“lod”这一项"),
        (("--stage", "yearly"), "没有“yearly”这一检定类别"),
    ],
)
def test_a_template_is_refused_with_a_reason(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = procedure("template", "nawi_digital", "-o", tmp_path / "f.xlsx", *ON, *arguments)
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "f.xlsx").exists()
