"""docs/reference/county-file.md names every field of a county file, and none that is not."""

from __future__ import annotations

import re

import pytest
import yaml
from pydantic import ValidationError

from quanheng.core.county import CountyFile, GroupUnit, NamedUnit, NeighbourEntry
from quanheng.core.enums import UnitKind
from tests.docs.blocks import ROOT, fences

DOCUMENT = ROOT / "docs/reference/county-file.md"
SECTIONS = {"县区": CountyFile, "单位": NamedUnit, "统称": GroupUnit, "邻近县区": NeighbourEntry}


def _section(title: str) -> str:
    return DOCUMENT.read_text(encoding="utf-8").split(f"\n## {title}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("title", SECTIONS)
def test_the_table_of_a_section_lists_exactly_the_fields(title: str) -> None:
    rows = re.findall(r"^\| `(\w+)` \| (是|否) \|", _section(title), re.MULTILINE)
    fields = SECTIONS[title].model_fields
    expected = {name: "是" if field.is_required() else "否" for name, field in fields.items()}
    if title == "统称":  # a group is a unit with one field more
        expected = {"members": expected["members"]}

    assert dict(rows) == expected


def test_every_kind_that_a_group_may_gather_is_named() -> None:
    text = _section("统称")
    kinds = set(UnitKind) - {UnitKind.COUNTY, UnitKind.GROUP}
    assert [kind for kind in kinds if f"`{kind}`" not in text] == []


def test_the_example_of_the_reference_is_a_county_file() -> None:
    [example] = [content for info, content, _line in fences(DOCUMENT) if info == "yaml"]
    county = CountyFile.model_validate(yaml.safe_load(example))
    assert county.groups
    with pytest.raises(ValidationError):
        CountyFile.model_validate(yaml.safe_load(example) | {"unheard_of": 1})
