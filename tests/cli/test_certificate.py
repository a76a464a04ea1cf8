"""`quanheng certificate`: a batch from a file, and the check that anybody can make offline."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from copy import deepcopy
from datetime import datetime
from errno import ENOSPC
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from quanheng.base import disk
from quanheng.certificates.checking.in_log import CHINA
from quanheng.certificates.models import Certificate, NumberSeries
from quanheng.certificates.services import withdraw_certificate
from quanheng.cli.main import app
from quanheng.core.models import County
from quanheng.transparency.models import Leaf
from quanheng.transparency.sequencer import sequence
from quanheng.verification.models import Verification, WorkOrder
from tests.certificates.conftest import on_one_day, world  # noqa: F401  fixtures
from tests.certificates.making import TODAY, World, make_instrument, rejected_readings

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/certificates/work-order.yaml"
ON = ["--on", TODAY.isoformat()]


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["certificate", *map(str, words)])


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Path:  # noqa: F811
    """Where the certificate of the example was written to."""
    make_instrument(world)
    made = run("issue", EXAMPLE, "-o", tmp_path / "out")
    assert made.exit_code == 0, made.output
    return tmp_path / "out"


@pytest.fixture
def pdf(folder: Path) -> Path:
    return next(folder.glob("*.pdf"))


@pytest.fixture
def log(home: Path) -> Path:
    return home / "log"


@pytest.mark.parametrize("zone", ["Pacific/Pago_Pago", "Pacific/Kiritimati"])
def test_today_is_the_day_in_china_wherever_one_asks(
    pdf: Path, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        told = run("verify", pdf).output
    finally:
        monkeypatch.undo()
        time.tzset()
    assert f"状态（{datetime.now(CHINA).date()}）" in told


def changed(path: Path, **changes: Any) -> Path:
    """Write the example, changed, to a file."""
    given = yaml.safe_load(EXAMPLE.read_text()) | changes
    path.write_text(yaml.safe_dump(given, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def test_the_example_becomes_pdf_xml_and_proof(folder: Path) -> None:
    number = Certificate.objects.get().number

    assert sorted(path.name for path in folder.iterdir()) == [
        f"{number}.pdf",
        f"{number}.pdf.proof.json",
        f"{number}.xml",
    ]


def test_the_same_file_again_issues_nothing_twice(folder: Path) -> None:
    again = run("issue", EXAMPLE, "-o", folder, "--json")

    assert again.exit_code == 0
    assert json.loads(again.stdout)["issued"] == [{"position": 1, "number": Certificate.objects.get().number}]
    assert (Certificate.objects.count(), WorkOrder.objects.count()) == (1, 1)


def test_what_broke_off_goes_on_where_it_was(
    world: World,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_instrument(world)
    out = tmp_path / "out"
    for step in ("submit_readings", "check_verification", "issue_certificate", "pdf_of"):
        module = "selectors" if step == "pdf_of" else "services.batch"
        with monkeypatch.context() as cut:
            cut.setattr(f"quanheng.certificates.{module}.{step}", _fail)
            assert isinstance(run("issue", EXAMPLE, "-o", out).exception, KeyboardInterrupt | SystemExit)

    assert run("issue", EXAMPLE, "-o", out).exit_code == 0
    assert (Certificate.objects.count(), Verification.objects.count()) == (1, 1)
    assert NumberSeries.objects.get().last == 1


def test_bad_instruments_are_told_by_line_and_the_others_are_issued(
    world: World,  # noqa: F811
    tmp_path: Path,
) -> None:
    for number in ("1", "2"):
        make_instrument(world, number)
    good = yaml.safe_load(EXAMPLE.read_text())["instruments"][0]["found"]
    entries = [
        {"serial": "1", "found": good},
        {"serial": "nowhere", "found": deepcopy(good)},
        {"serial": "2", "found": {"readings": {"weighing": [{"load": "x"}]}}},
        {"serial": "1", "found": deepcopy(good)},
    ]
    file = changed(tmp_path / "order.yaml", instruments=entries)

    result = run("issue", file, "-o", tmp_path / "out", "--json")

    told = json.loads(result.stdout)
    assert (result.exit_code, len(told["issued"]), len(told["refused"])) == (1, 1, 3)
    lines = file.read_text().splitlines()
    assert all("serial" in lines[one["line"] - 1] for one in told["refused"])
    assert "nowhere" in told["refused"][0]["reason"]


def test_a_rejected_instrument_gets_its_notice(world: World, tmp_path: Path) -> None:  # noqa: F811
    make_instrument(world)
    found = {name: rejected_readings()[name] for name in ("readings", "checks")}
    file = changed(tmp_path / "o.yaml", instruments=[{"serial": "20240317", "found": found}])

    assert run("issue", file, "-o", tmp_path / "out").exit_code == 0
    assert Certificate.objects.get().kind == "rejection"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"institute": "没有的所"}, "没有技术机构“没有的所”"),
        ({"verifier": "nobody"}, "没有用户“nobody”"),
        ({"standards": ["W-99"]}, "W-99"),
        ({"kind": "随便"}, "kind：应为首次检定"),
        ({"performed_on": "昨天"}, "performed_on：应为日期"),
        ({"instruments": []}, "instruments：不能为空"),
        ({"refernce": "x"}, "refernce：没有这一项"),
        ({"checker": "verifier"}, "不能是同一人"),
        ({"verifier": "officer"}, "您只能为"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_whole(
    world: World,  # noqa: F811
    tmp_path: Path,
    change: dict[str, Any],
    told: str,
) -> None:
    make_instrument(world)

    result = run("issue", changed(tmp_path / "o.yaml", **change), "-o", tmp_path / "out")

    assert (result.exit_code, Verification.objects.count()) == (2, 0)
    assert told in result.stderr


def test_a_full_disk_is_one_line_and_the_next_run_writes_what_was_issued(
    world: World,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_instrument(world)
    out, real = tmp_path / "out", disk.write_atomic

    def full(path: Path, data: bytes) -> None:
        if path.name.endswith(".proof.json"):
            raise OSError(ENOSPC, "No space left on device", str(path))
        real(path, data)

    with monkeypatch.context() as cut:
        cut.setattr(disk, "write_atomic", full)
        first = run("issue", EXAMPLE, "-o", out)

    assert first.exit_code == 1
    assert "No space left on device" in first.stderr.splitlines()[-1]
    assert run("issue", EXAMPLE, "-o", out).exit_code == 0
    assert (Certificate.objects.count(), len(list(out.glob("*.proof.json")))) == (1, 1)


def test_no_yaml_and_no_file_are_one_line(world: World, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "bad.yaml").write_bytes(b"a: [")

    assert "第 1 行" in run("issue", tmp_path / "bad.yaml", "-o", tmp_path).stderr
    assert run("issue", tmp_path / "none.yaml", "-o", tmp_path).exit_code == 2


def test_a_true_file_is_authentic_against_the_log(pdf: Path, log: Path) -> None:
    for file in (pdf, pdf.with_suffix(".xml")):
        result = run("verify", file, "--log", log, *ON, "--json")
        told = json.loads(result.stdout)
        assert (result.exit_code, told["verdict"], told["status"]) == (0, "authentic", "valid")
        assert told["demonstration"] is True


def test_the_proof_beside_the_file_is_used_with_a_trusted_key(pdf: Path, log: Path) -> None:
    assert run("verify", pdf, "--key", log / "log.vkey", *ON).exit_code == 0
    assert run("verify", pdf, *ON).exit_code == 3  # the key in the proof anybody can write
    shutil.move(f"{pdf}.proof.json", pdf.parent / "kept.json")
    assert run("verify", pdf, "--key", log / "log.vkey", *ON).exit_code == 3


def test_a_changed_file_exits_with_1_and_says_what_is_wrong(pdf: Path, log: Path) -> None:
    data = pdf.read_bytes()
    pdf.write_bytes(data[:5000] + b"?" + data[5001:])

    result = run("verify", pdf, "--log", log, *ON)

    assert result.exit_code == 1
    assert "［不符］PDF 签名无效" in result.stdout


def test_proofs_in_a_named_folder_are_believed_by_the_key_that_lies_there(
    pdf: Path, log: Path, tmp_path: Path
) -> None:
    proofs = tmp_path / "proofs"
    proofs.mkdir()
    shutil.move(f"{pdf}.proof.json", proofs)
    assert run("verify", pdf, "--log", proofs, *ON).exit_code == 3

    shutil.copy(log / "log.vkey", proofs)
    result = run("verify", pdf, "--log", proofs, *ON)
    assert (result.exit_code, "请核实公钥" in result.stdout) == (0, True)
    (proofs / "log.vkey").write_text("no key")
    assert run("verify", pdf, "--log", proofs, *ON).exit_code == 2


def test_a_seal_is_written_beside_the_file_and_checked_with_it(pdf: Path, log: Path, tmp_path: Path) -> None:
    key = tmp_path / "sm2.key"
    sealed = run("seal", pdf, "--key", key, "--new")
    assert (sealed.exit_code, "没有法律效力" in sealed.stderr) == (0, True)
    assert run("seal", pdf, "--key", key, "--new").exit_code == 2  # a key is never replaced
    assert run("seal", pdf, "--key", key).exit_code == 0

    told = run("verify", pdf, "--log", log, *ON)
    assert (told.exit_code, "［通过］SM2 签名与文件相符" in told.stdout) == (0, True)
    other = Path(f"{pdf}.sm2.json").rename(tmp_path / "seal.json")
    assert "［未定］SM2 签名未检查" in run("verify", pdf, "--log", log, *ON).stdout
    assert run("verify", pdf, "--log", log, *ON, "--seal", other).exit_code == 0
    wrong = run("verify", pdf.with_suffix(".xml"), "--log", log, *ON, "--seal", other)
    assert (wrong.exit_code, "［不符］SM2 签名文件与本文件不符" in wrong.stdout) == (3, True)
    assert run("verify", pdf, pdf, "--seal", other).exit_code == 2
    assert run("verify", pdf, "--seal", tmp_path / "none").exit_code == 2


def test_a_changed_or_foreign_file_is_not_sealed_and_none_outside_the_demonstration(
    pdf: Path, tmp_path: Path
) -> None:
    key, changed_pdf = tmp_path / "sm2.key", tmp_path / "changed.pdf"
    changed_pdf.write_bytes(pdf.read_bytes() + b" ")
    for file in (changed_pdf, EXAMPLE):
        assert run("seal", file, "--key", key, "--new").exit_code == 2
    County.objects.update(is_demo=False)
    for words in (["--new"], []):
        result = run("seal", pdf, "--key", key, *words)
        assert (result.exit_code, "演示密钥只能在演示环境中使用" in result.stderr) == (2, True)
    assert not key.exists()
    assert list(tmp_path.rglob("*.sm2.json")) == []


def test_several_files_give_a_list_and_the_worst_exit_code(pdf: Path, log: Path, tmp_path: Path) -> None:
    (tmp_path / "other.xml").write_text("<a/>")

    result = run("verify", pdf, tmp_path / "other.xml", "--log", log, *ON, "--json")

    assert result.exit_code == 1
    assert [one["verdict"] for one in json.loads(result.stdout)] == ["authentic", "not_authentic"]


def test_expired_and_withdrawn_are_said_of_an_authentic_file(
    world: World,  # noqa: F811
    pdf: Path,
    log: Path,
) -> None:
    late = run("verify", pdf, "--log", log, "--on", "2030-01-01", "--json")
    assert (late.exit_code, json.loads(late.stdout)["status"]) == (0, "expired")
    withdraw_certificate(actor=world.people["signatory"], number=pdf.stem, reason="超差")
    sequence()

    told = json.loads(run("verify", pdf, "--log", log, *ON, "--json").stdout)
    assert told["status"] == "withdrawn"


@pytest.mark.parametrize("words", [["--log", "none"], ["--key", "none"], ["--log", "."]])
def test_a_log_or_key_that_is_none_is_a_mistake(
    pdf: Path, words: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")

    assert run("verify", pdf, *words).exit_code == 2
    assert run("verify", "none.pdf").exit_code == 2


def test_a_pipe_in_the_folder_of_a_log_is_no_file(pdf: Path, tmp_path: Path) -> None:
    (tmp_path / "forged").mkdir()
    os.mkfifo(tmp_path / "forged/checkpoint")

    assert run("verify", pdf, "--log", tmp_path / "forged").exit_code == 2


def test_checking_needs_no_database_and_no_settings(pdf: Path, log: Path, tmp_path: Path) -> None:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("QUANHENG_", "DJANGO_"))
    }
    (tmp_path / "elsewhere").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "quanheng.cli.main", "certificate", "verify", pdf, "--log", log, *ON],
        cwd=tmp_path / "elsewhere",
        env=kept,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_list_and_show_and_resume(pdf: Path) -> None:
    listed = run("list", "--year", "2026")
    assert pdf.stem in listed.stdout
    assert json.loads(run("list", "--json").stdout)[0]["number"] == pdf.stem
    assert json.loads(run("show", pdf.stem, "--json").stdout)["content"]["number"] == pdf.stem
    assert "有效" in run("show", pdf.stem).stdout
    assert run("show", "none").exit_code == 2
    assert run("resume").exit_code == 0
    assert Leaf.objects.filter(kind="certificate:issued").count() == 1


def _fail(*_given: object, **_named: object) -> None:
    logging.getLogger(__name__).info("cut off")
    raise KeyboardInterrupt
