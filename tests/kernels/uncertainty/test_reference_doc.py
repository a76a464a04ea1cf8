"""docs/reference/uncertainty-model.md: its files are models, and it names every key, distribution and finding."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from quanheng.kernels.expressions import FUNCTIONS
from quanheng.kernels.uncertainty import evaluate, load_model
from quanheng.kernels.uncertainty.spellings import DISTRIBUTIONS, FIT, IMPLICIT, INPUT, MATRIX, MODEL, OUTPUT

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs/reference/uncertainty-model.md").read_text(encoding="utf-8")
FILES = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", FILES)
def test_every_file_of_the_page_can_be_evaluated(text: str):
    evaluate(load_model(text))


def test_there_is_a_file_for_each_section():
    assert len(FILES) >= 8


@pytest.mark.parametrize("words", [MODEL, INPUT, FIT, IMPLICIT, MATRIX, OUTPUT, DISTRIBUTIONS])
def test_every_spelling_is_on_the_page(words: dict[str, str]):
    assert [spelling for spelling in words if spelling not in TEXT] == []


def test_every_function_is_on_the_page():
    listed = re.search(r"函数：`([^`]*)`", TEXT)
    assert listed is not None
    assert set(listed[1].split()) == set(FUNCTIONS)


def test_every_finding_is_on_the_page():
    package = ROOT / "src/quanheng/kernels/uncertainty"
    modules = [
        path
        for path in package.glob("*.py")
        if path.stem in {"combine", "correlations"} or "read" in path.stem
    ]
    codes = {code for path in modules for code in re.findall(r'Finding\(\s*"(\w+)"', path.read_text("utf-8"))}
    assert {"unused_input", "fully_correlated", "first_order_vanishes"} <= codes
    assert [code for code in sorted(codes) if f"`{code}`" not in TEXT] == []
