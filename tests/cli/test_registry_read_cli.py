"""`quanheng registry read` as a person and as a program use it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from quanheng.cli.registry import app
from tests.kernels.ledger.sheets import HEADINGS, SCALE, xlsx

ROWS = [[*HEADINGS, "单位", "出厂编"], [*SCALE, "某单位", "9"], [*SCALE[:4], "2024.2.30", None, None, None]]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "台账.xlsx"
    path.write_bytes(xlsx(ROWS))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["read", *map(str, arguments)])


def test_the_json_has_exactly_the_agreed_shape(ledger: Path) -> None:
    result = run(ledger, "--json")
    assert result.exit_code == 0
    read = json.loads(result.stdout)
    assert read["sheet"] == "Sheet1"
    assert read["header_row"] == 1
    assert read["mapping"] == {
        "计量器具名称": "name",
        "规格型号": "model",
        "出厂编号": "serial_no",
        "使用单位": "owner",
        "检定日期": "last_date",
        "有效期至": "valid_until",
        "单位": None,
        "出厂编": None,
    }
    assert read["unknown_headings"] == ["单位", "出厂编"]
    assert read["suggestions"] == {"单位": ["owner"], "出厂编": ["serial_no"]}
    assert read["confidence"]["出厂编号"] == 1
    assert read["records"] == [
        {
            "row": 2,
            "name": "电子计价秤",
            "model": "ACS-30",
            "serial_no": "0012345",
            "owner": "某某市场",
            "last_date": "2024-03-05",
            "valid_until": "2025-03-04",
            "other": {"单位": "某单位", "出厂编": "9"},
        }
    ]
    assert read["rejected"] == [
        {
            "row": 3,
            "column": "检定日期",
            "code": "ledger.bad_date",
            "text": "“2024.2.30”不是日期：没有这一天。",
        }
    ]
    assert read["findings"] == []


def test_the_summary_says_columns_questions_and_rejected_rows(ledger: Path) -> None:
    result = run(ledger)
    assert result.exit_code == 0
    for line in (
        "工作表：Sheet1，标题在第 1 行",
        "记录 1 条，未读取 1 行，待指明的列 2 个，待核对 0 处",
        "C 出厂编号 → serial_no　例：0012345",
        "G 单位 → ？请指明（可能是 owner）　例：某单位",
        "第 3 行“检定日期”：“2024.2.30”不是日期：没有这一天。［ledger.bad_date］",
    ):
        assert line in result.stdout


def test_answers_settle_what_was_asked(ledger: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text('{"单位": null, "H": "remark"}', encoding="utf-8")
    read = json.loads(run(ledger, "--json", "--answers", answers).stdout)
    assert read["unknown_headings"] == []
    assert read["records"][0]["remark"] == "9"


@pytest.mark.parametrize("content", ["[1]", "{", '{"单位": 3}', '{"单位": "nobody"}'])
def test_bad_answers_are_one_line_and_exit_code_2(ledger: Path, tmp_path: Path, content: str) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text(content, encoding="utf-8")
    result = run(ledger, "--answers", answers)
    assert result.exit_code == 2
    assert "［ledger.bad_answers］" in result.stderr


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "ledger.empty"), (b"%PDF-1.7", "ledger.unsupported_type"), (None, "ledger.not_found")],
)
def test_a_refusal_is_one_line_and_exit_code_2(tmp_path: Path, content: bytes | None, code: str) -> None:
    path = tmp_path / "a.csv"
    if content is not None:
        path.write_bytes(content)
    result = run(path, "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == code
    assert result.stderr.count("\n") == 1


def test_a_sheet_and_an_order_of_dates_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    more = {"Two": [["Instrument", "Serial No", "Due Date"], ["Gauge", "1", "3/4/2024"]]}
    path.write_bytes(xlsx(ROWS, more=more))
    read = json.loads(run(path, "--json", "--sheet", "Two", "--date-order", "dmy").stdout)
    assert read["records"][0]["valid_until"] == "2024-04-03"
    assert run(path, "--sheet", "Three").exit_code == 2
    assert "［ledger.bad_date_order］" in run(path, "--date-order", "ymd").stderr


def test_no_database_and_no_settings_are_needed(ledger: Path) -> None:
    code = (
        "import sys; from quanheng.cli.registry import app\n"
        f"app(['read', {str(ledger)!r}], standalone_mode=False)\n"
        "assert not any(m == 'django' or m.startswith('django.') for m in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
