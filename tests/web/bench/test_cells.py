"""The cells of the inputs: what is changed in a cell is changed in its place of the text, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.evaluations.reading import MAX_VALUES
from quanheng.kernels.marked_yaml import load_marked
from quanheng.web.bench.cells import MOST_CELLS, Cell, lines_of, merged

TEXT = """# 说明
inputs:
  lS: {label: 标准, value: 50000623, std: 25, dof: 18, unit: nm}   # 证书
  d:
    value: 215
    components:
      - {label: 重复性, std: 5.8, dof: 24}
      - {half_width: 0.5, distribution: 'arcsine'}
  r: {readings: [1, 2.5, 3], unit: "m/s"}
  块: {估计值: 1, 半宽: 0.2}
model: y = lS + d
"""


def cells(text: str) -> dict[str, Cell]:
    return {cell.address: cell for line in lines_of(text) for cell in line.cells}


def test_every_scalar_of_an_input_is_a_cell_and_stands_where_it_says() -> None:
    found = cells(TEXT)
    assert {address: cell.value for address, cell in found.items()} == {
        "lS/value": "50000623",
        "lS/std": "25",
        "lS/dof": "18",
        "lS/unit": "nm",
        "d/value": "215",
        "d/1/std": "5.8",
        "d/1/dof": "24",
        "d/2/half_width": "0.5",
        "d/2/distribution": "arcsine",
        "r/readings": "1, 2.5, 3",
        "r/unit": "m/s",
        "块/value": "1",
        "块/half_width": "0.2",
    }
    assert all(cell.line == TEXT[: cell.start].count("\n") + 1 for cell in found.values())
    assert [(line.name, line.label) for line in lines_of(TEXT)] == [
        ("lS", "标准"),
        ("d", ""),
        ("", "重复性"),
        ("", ""),
        ("r", ""),
        ("块", ""),
    ]


def test_a_cell_is_changed_in_its_place_and_nothing_else() -> None:
    changed = merged(TEXT, TEXT, {"lS/std": "30", "d/2/half_width": "0.6"})
    assert changed == TEXT.replace("std: 25", "std: 30").replace("half_width: 0.5", "half_width: 0.6")


def test_a_list_is_edited_as_a_line() -> None:
    assert "readings: [1, 2, 4.5]" in merged(TEXT, TEXT, {"r/readings": "1，2, 4.5,"})


def test_what_comes_back_as_it_was_changes_nothing() -> None:
    same = {address: f" {cell.value} " for address, cell in cells(TEXT).items()}
    assert merged(TEXT, TEXT, same) == TEXT


def test_text_and_cells_may_both_have_changed() -> None:
    typed = TEXT.replace("# 说明", "# 说明\n# 又一行").replace("value: 215", "value: 216")
    before = {address: cell.value for address, cell in cells(TEXT).items()}
    both = merged(typed, TEXT, before | {"lS/std": "30"})
    assert both == typed.replace("std: 25", "std: 30")


def test_a_cell_whose_input_is_gone_stays_away() -> None:
    typed = TEXT.replace('  r: {readings: [1, 2.5, 3], unit: "m/s"}\n', "")
    assert merged(typed, TEXT, {"r/unit": "km/h"}) == typed


def test_a_cell_that_the_text_never_had_is_not_invented() -> None:
    assert merged(TEXT, TEXT, {"lS/model": "1", "../../x": "1", "": "1"}) == TEXT


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn"]), max_size=30))
def test_whatever_is_typed_into_a_cell_is_that_value_and_leaves_the_rest_alone(value: str) -> None:
    changed = merged(TEXT, TEXT, {"r/unit": value, "lS/unit": value})
    data = load_marked(changed).data
    for name, was in (("r", "m/s"), ("lS", "nm")):
        assert str(data["inputs"][name]["unit"]) in {value.strip(), was} or _as_number(value)
    for name in ("d", "块"):
        assert data["inputs"][name] == load_marked(TEXT).data["inputs"][name]
    assert data["model"] == "y = lS + d"


def _as_number(value: str) -> bool:
    """Whether YAML reads it as a number: it then stands in the text as it was typed."""
    try:
        float(value)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    "text", ["", "inputs: [", "a: 1", "inputs: 1", "inputs: {a: 1}", "- a", "[" * 2000, "inputs: {a: }"]
)
def test_what_is_no_model_has_no_cells(text: str) -> None:
    assert cells(text) == {}
    assert merged(text, text, {"a/value": "1"}) == text


def test_more_cells_than_anybody_edits_are_not_shown() -> None:
    many = "inputs:\n" + "".join(f"  a{n}: {{value: 1, std: 1}}\n" for n in range(MOST_CELLS // 3 + 1))
    assert lines_of(many) == []


def _bomb(key: str) -> str:
    """Return a text of 400 characters that, written out, is 10^13 characters long."""
    lines = ["inputs:", "  a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 13)]
    return "\n".join([*lines, f"  {key}"])


@pytest.mark.parametrize(
    "text",
    [
        _bomb("? *a12\n  : 1"),
        _bomb("b: {value: *a12}"),
        "inputs: {a: &a {value: 1}, b: *a}",
        "inputs: {a: {value: 1, value: 2}}",
        "inputs: {a: {value: 1}}\n? [x]\n: 1",
        "inputs: {a: {? [std] : 1}}",
        "inputs: {[a]: {value: 1}}",
    ],
)
def test_a_text_that_the_page_refuses_has_no_cells(text: str) -> None:
    """Not even references are followed: a key written out may be longer than any memory."""
    assert lines_of(text) == []
    assert merged(text, text, {"a/value": "1"}) == text


def test_a_text_with_more_values_than_a_model_of_the_page_is_not_read_to_its_end() -> None:
    assert lines_of("inputs: {a: {value: 1}}\nx: [" + "1," * 3 * MAX_VALUES + "]") == []
    assert lines_of("inputs: {a: {value: 1}}\nx: [" + "1," * MAX_VALUES + "]") != []
