from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_identifier_of_the_glossary_exists() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    words = set(re.findall(r"\w+", source))
    rows = re.findall(
        r"^\|[^|]+\|[^|]+\| (.+?) \|", (ROOT / "docs/glossary.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    named = [part for row in rows for name in re.findall(r"`([\w.]+)`", row) for part in name.split(".")]

    assert len(named) > 30
    assert [name for name in named if name not in words] == []
