"""Every command that a document shows runs, and prints what the document says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import DOCUMENTS, ROOT, agrees, commands, fences, starts_from

WITH_COMMANDS = [document for document in DOCUMENTS if commands(document)]
MUST_HAVE_COMMANDS = [
    "README.md",
    "README.zh.md",
    "docs/tutorials/first-day.md",
    "docs/tutorials/uncertainty.md",
    "docs/tutorials/first-verification.md",
    "docs/tutorials/suspects-from-readings.md",
    "docs/explanation/uncertainty.md",
    "docs/explanation/verdict.md",
    "docs/howto/check-the-log.md",
    "docs/howto/check-certificate.md",
]


def _name(document: Path) -> str:
    return str(document.relative_to(ROOT))


def _environment() -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("QUANHENG_", "DJANGO_"))
    }
    bin_folder = str(Path(sys.executable).parent)
    return kept | {
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "QUANHENG_INSECURE_HTTP": "1",
        "LC_ALL": "C.UTF-8",
    }


def _run(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", text],
        cwd=folder,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("document", WITH_COMMANDS, ids=_name)
def test_the_commands_of_a_document_do_what_it_says(
    document: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = tmp_path / "quanheng"
    shutil.copytree(ROOT / "examples", folder / "examples")
    match starts_from(document):
        case "demo":
            shutil.copytree(request.getfixturevalue("demonstration_home"), folder / "var")
        case "empty":
            pass
        case other:
            pytest.fail(f"{_name(document)} does not say what its commands start from: {other}")
    for command in commands(document):
        done = _run(command.text, folder)
        where = f"{_name(document)}:{command.line}: {command.text}\n{done.stdout}"
        assert done.returncode == 0, where
        if command.shown:
            assert agrees(command.shown, done.stdout), f"{where}\nshown:\n{command.shown}"


@pytest.mark.parametrize("name", MUST_HAVE_COMMANDS)
def test_a_document_that_teaches_by_commands_has_some(name: str) -> None:
    assert ROOT / name in WITH_COMMANDS


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_a_block_of_commands_that_is_not_run_says_why(document: Path) -> None:
    silent = [
        f"{_name(document)}:{line}"
        for info, _content, line in fences(document)
        if re.match(r"(sh|bash|shell|console)\b", info)
        and info != "console"
        and not re.fullmatch(r"sh not-run: .{4,}", info)
    ]
    assert silent == []


def test_output_is_compared_line_by_line_with_gaps_where_the_document_has_them() -> None:
    assert agrees("日志 … 条\n", "日志 56 条\n")
    assert agrees("first\n…\nlast\n", "first\na\nb\nlast\n")
    assert not agrees("日志 … 条\n", "日志 56 份\n")
    assert not agrees("first\n", "first\nsecond\n")
