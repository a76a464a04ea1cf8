"""`quanheng registry import | batches | resume | undo`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quanheng.cli.main import app
from quanheng.core.models import User
from quanheng.instruments.enums import Filing
from quanheng.instruments.models import ImportBatch, Instrument
from quanheng.instruments.services.importing.batches import confirm_import
from tests.instruments.imports.conftest import ledger, row, tried

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["registry", *arguments])
    return result.exit_code, result.output


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "台账.csv"
    path.write_bytes(ledger(row(), row(使用单位="", 出厂编号="SN2", 安装地点="3号柜")))
    return path


def test_a_ledger_is_tried_imported_listed_and_undone(file: Path, people: dict[str, User]) -> None:
    code, said = run("import", str(file), "--dry-run")
    assert (code, Instrument.objects.count(), ImportBatch.objects.count()) == (0, 0, 0)
    assert "新增 1 行，更新 0 行，无变化 0 行，未导入 1 行" in said
    assert "第 4 行“使用单位”：没有使用单位" in said
    options = ["--owner", "示例小学", "--town", "石桥镇", "--filed", "普查", "--as", "officer"]
    code, said = run("import", str(file), *options)
    assert (code, "新增 2 行" in said) == (0, True)
    assert set(Instrument.objects.values_list("filing", flat=True)) == {Filing.FILED}
    batch = ImportBatch.objects.get()
    assert batch.received_by == people["officer"]
    assert str(batch.public_id) in run("batches")[1]
    assert run("undo", str(batch.public_id)[:8], "--reason", "试")[0] == 0
    assert not Instrument.objects.exists()


def test_an_unknown_heading_stops_before_anything_is_imported(tmp_path: Path) -> None:
    file, answers = tmp_path / "a.csv", tmp_path / "answers.json"
    file.write_bytes(ledger(row(神秘一栏="甲")))
    code, said = run("import", str(file))
    assert (code, ImportBatch.objects.count()) == (3, 0)
    assert '{"神秘一栏": null}' in said
    answers.write_text(json.dumps({"神秘一栏": "remark"}), encoding="utf-8")
    assert run("import", str(file), "--answers", str(answers))[0] == 0
    assert Instrument.objects.get().details == {"remark": "甲"}


def test_what_cannot_be_done_is_one_line_and_code_2(file: Path, people: dict[str, User]) -> None:
    for arguments, code in (
        (["import", str(file), "--as", "nobody"], "core.user_not_found"),
        (["import", str(file), "--as", "auditor"], "core.not_permitted"),
        (["import", str(file), "--town", "月球镇"], "core.unit_not_found"),
        (["import", str(file) + "x"], "instruments.bad_import"),
        (["undo", "ffffffff", "--reason", "x"], "instruments.batch_not_found"),
    ):
        status, said = run(*arguments)
        assert (status, code in said) == (2, True), arguments
    assert not ImportBatch.objects.exists()


def test_an_interrupted_import_is_resumed(file: Path) -> None:
    batch = tried(file.read_bytes())
    confirm_import(actor=None, public_id=batch.public_id, revision=batch.revision)
    assert run("resume")[0] == 0
    assert Instrument.objects.count() == 1
