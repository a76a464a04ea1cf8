"""docs/sources.md names every standard that the metrological kernels rest on."""

from __future__ import annotations

import re

import pytest

from tests.docs.blocks import ROOT

KERNELS = ROOT / "src/quanheng/kernels"
PLACES = ("uncertainty", "conformity", "procedures", "rounding.py", "quantities.py")
STANDARD = re.compile(
    r"(?:JCGM|OIML R|GB/T|JJF|JJG|ISO(?:/IEC|/TS)?|EN) \d[\d.]*(?:-\d+)?(?::\d+)?|ILAC-G8(?::[\d/]*\d)?"
)


def standards(place: str) -> set[str]:
    path = KERNELS / place
    files = [path] if path.is_file() else [*path.rglob("*.py"), *path.rglob("*.yaml")]
    return {found for file in files for found in STANDARD.findall(file.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("place", PLACES)
def test_every_standard_in_the_kernels_is_among_the_sources(place: str) -> None:
    sources = (ROOT / "docs/sources.md").read_text(encoding="utf-8")
    assert sorted(name for name in standards(place) if name not in sources) == []
