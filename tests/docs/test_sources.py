"""docs/sources.md names every standard that the metrological kernels and the work of institutes rest on."""

from __future__ import annotations

import re

import pytest

from tests.docs.blocks import ROOT

SOURCE = ROOT / "src/quanheng"
PLACES = (
    *(
        f"kernels/{name}"
        for name in ("uncertainty", "conformity", "procedures", "rounding.py", "quantities.py")
    ),
    *(f"kernels/{name}" for name in ("certificate", "dcc", "traceability")),
    *("verification/rules.yaml", "verification", "workforce", "standards", "certificates"),
    *("kernels/fleet", "fleet"),
    *("kernels/sampling", "lots/plans.yaml", "lots/extension.yaml", "manufacturers"),
    *("kernels/scoring", "followups"),
)
STANDARD = re.compile(
    r"(?:JCGM|OIML R|GB/T|JJF|JJG|ISO(?:/IEC|/TS)?|EN) \d+(?:\.\d+)*(?:-\d+)?(?::\d+)?|ILAC-G8(?::[\d/]*\d)?"
)


def standards(place: str) -> set[str]:
    path = SOURCE / place
    files = [path] if path.is_file() else [*path.rglob("*.py"), *path.rglob("*.yaml")]
    return {found for file in files for found in STANDARD.findall(file.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("place", PLACES)
def test_every_standard_that_is_named_is_among_the_sources(place: str) -> None:
    sources = (ROOT / "docs/sources.md").read_text(encoding="utf-8")
    assert sorted(name for name in standards(place) if name not in sources) == []
