"""Links between documents lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.blocks import DOCUMENTS, ROOT


def _slugs(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    text = re.sub(
        r"^```.*?^```$|`[^`\n]*`", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        place = document.parent / path if path else document
        if not place.exists() or (
            anchor and place.suffix == ".md" and anchor not in _slugs(place.read_text(encoding="utf-8"))
        ):
            broken.append(target)
    assert broken == []


def test_the_index_leads_to_every_document() -> None:
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    below = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    missing = [
        str(path)
        for path in below
        if path.name != "index.md" and path.parts[0] != "decisions" and f"({path.as_posix()})" not in index
    ]
    assert missing == []
