"""docs/reference/log-format.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import quanheng.kernels.tlog
from quanheng.kernels.tlog.entry import parse_leaf
from quanheng.kernels.tlog.proof_file import FORMAT, make_proof
from tests.kernels.tlog.logs import KEY, make_entries, publish

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/reference/log-format.md").read_text(encoding="utf-8")


def table_of(heading: str) -> set[str]:
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))


def test_every_finding_is_listed_and_no_other() -> None:
    sources = Path(quanheng.kernels.tlog.__file__).parent.glob("*.py")
    codes = {code for path in sources for code in re.findall(r'"(log\.[a-z_]+)"', path.read_text("utf-8"))}
    assert table_of("What a check finds") == codes - {"log.vkey"}


def test_the_leaf_shown_is_a_leaf() -> None:
    (shown,) = re.findall(r"```json\n(.+)\n```", PAGE)
    leaf = parse_leaf(shown.replace("<64 hex digits>", "0" * 64).encode())
    assert leaf.kind == "plan:compiled"
    assert table_of("Leaf") == {"v", "kind", "at", "subject", "data"}


def test_the_fields_of_a_proof_file() -> None:
    files = publish([make_entries(3)])
    proof = make_proof(read=files.get, index=1, note=files["checkpoint"], key=KEY.verifier).decode()
    assert table_of("Proof file") == set(re.findall(r'^  "([a-z_]+)":', proof, re.MULTILINE))
    assert f"`{FORMAT}`" in PAGE
