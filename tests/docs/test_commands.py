"""Every command that a document shows runs, and prints what the document says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.docs.blocks import DOCUMENTS, ROOT, agrees, commands, environment, fences, follow, starts_from

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
    "docs/howto/province.md",
]


def _name(document: Path) -> str:
    return str(document.relative_to(ROOT))


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
        case "spark":
            pytest.skip("tests/fleet/test_spark.py runs them, where it has a cluster")
        case other:
            pytest.fail(f"{_name(document)} does not say what its commands start from: {other}")
    follow(document, folder, environment())


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
