"""``quanheng log`` from a directory of published files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from quanheng.cli.log import app
from quanheng.kernels.tlog.layout import CHECKPOINT_PATH, KEY_PATH
from quanheng.kernels.tlog.notes import ED25519, SigningKey
from tests.kernels.tlog.logs import KEY, ORIGIN, make_entries, make_entry, publish, write

ENTRIES = make_entries(300)
VKEY = KEY.verifier.vkey


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write(publish([ENTRIES]), tmp_path / "log")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_clean_log_passes_and_the_doubts_are_said(log: Path) -> None:
    result = run("check", log)
    assert result.exit_code == 0, result.output
    assert "核查通过" in result.output
    assert "公钥取自日志本身" in result.output
    assert VKEY in result.output
    assert "没有 --seen" in result.output
    assert "公钥取自日志本身" not in run("check", log, "--key", VKEY).output
    assert run("check", log, "--key", log / KEY_PATH).exit_code == 0


def test_an_empty_log_passes(tmp_path: Path) -> None:
    assert run("check", write(publish([]), tmp_path)).exit_code == 0


def test_each_finding_is_a_line_that_names_the_file(log: Path) -> None:
    (log / "tile/0/000").write_bytes(b"short")
    (log / "tile/entries/001.p/44").unlink()
    result = run("check", log)
    assert result.exit_code == 1
    lines = [line for line in result.output.splitlines() if line.startswith("问题")]
    assert [line.partition("] ")[2].partition("：")[0] for line in lines] == [
        "tile/0/000",
        "tile/entries/001.p/44",
    ]
    assert result.output.endswith("发现 2 个问题。\n")


def test_json_output(log: Path) -> None:
    report = json.loads(run("check", log, "--json").output)
    assert (report["ok"], report["size"], report["entries"], report["origin"]) == (True, 300, 300, ORIGIN)
    assert (report["is_key_from_log"], report["is_rollback_checked"]) == (True, False)
    (log / CHECKPOINT_PATH).write_text("text")
    result = run("check", log, "--json")
    report = json.loads(result.output)
    assert result.exit_code == 1
    assert (report["ok"], report["size"]) == (False, None)
    assert report["findings"][0]["code"] == "log.checkpoint_malformed"


def test_the_seen_checkpoint_is_remembered_and_guards_against_rollback(log: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    first = run("check", log, "--seen", seen)
    assert first.exit_code == 0
    assert "首次核查" in first.output
    assert seen.read_bytes() == (log / CHECKPOINT_PATH).read_bytes()

    grown = publish([ENTRIES, [make_entry(300)]])
    write(grown, log)
    assert run("check", log, "--seen", seen).exit_code == 0
    assert seen.read_bytes() == grown[CHECKPOINT_PATH]

    write(publish([ENTRIES]), log)
    back = run("check", log, "--seen", seen)
    assert back.exit_code == 1
    assert "log.rolled_back" in back.output
    assert seen.read_bytes() == grown[CHECKPOINT_PATH]  # the better memory is kept
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "seen"]


def test_prove_and_verify(log: Path, tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    assert run("prove", log, "--index", 299, "-o", file).exit_code == 0
    assert file.read_text() == run("prove", log, "--index", 299).output
    result = run("verify-proof", file)
    assert result.exit_code == 0
    assert ENTRIES[299].decode() in result.output
    assert "请另行核实" in result.output
    assert "请另行核实" not in run("verify-proof", file, "--key", VKEY).output

    other = SigningKey(ORIGIN, ED25519, bytes(32)).verifier.vkey
    assert run("verify-proof", file, "--key", other).exit_code == 1
    file.write_text(file.read_text().replace("subject-299", "subject-298"))
    result = run("verify-proof", file)
    assert result.exit_code == 1
    assert "证明不成立" in result.output


def test_no_proof_from_a_damaged_log(log: Path) -> None:
    (log / "tile/0/000").write_bytes(b"short")
    result = run("prove", log, "--index", 1)
    assert result.exit_code == 1
    assert "tile/0/000" in result.output
    (log / KEY_PATH).write_text("no key\n")
    assert run("prove", log, "--index", 1).exit_code == 1


def test_bad_usage_is_told_apart_from_findings(log: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    junk = tmp_path / "junk"
    junk.write_bytes(b"\x00\xff")
    for arguments in (
        ("check", tmp_path / "absent"),
        ("check", empty),
        ("check", log, "--key", "no key"),
        ("check", log, "--key", junk),
        ("check", log, "--seen", junk),
        ("prove", log, "--index", "300"),
        ("prove", log, "--index", "-1"),
        ("prove", empty, "--index", "0"),
        ("verify-proof", tmp_path / "absent"),
    ):
        assert run(*arguments).exit_code == 2, arguments
    assert junk.read_bytes() == b"\x00\xff"


def test_no_database_and_no_django_is_needed(log: Path) -> None:
    code = (
        "import sys; from quanheng.cli.log import app; app(['check', sys.argv[1]], standalone_mode=False);"
        "assert 'django' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(log)], check=True, capture_output=True)
