from __future__ import annotations

from pathlib import Path

import pytest

from quanheng.core.county import load_county, read_county
from quanheng.core.enums import UnitKind
from quanheng.core.errors import BadCountyFile, OtherCounty
from quanheng.core.models import County, Neighbour, OrgUnit
from quanheng.core.selectors import unit_names, units_behind
from quanheng.core.services import save_unit

OTHER = """
code: "500154"
name: 开州区
full_name: 重庆市开州区
departments: [{name: 区市场监管局, aliases: [区市场监督管理局]}]
towns: [{name: 甲镇}, {name: 乙乡}]
groups: [{name: 各乡镇人民政府, members: town}]
"""


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "county.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.django_db
def test_the_demonstration_county_has_its_towns_departments_and_neighbours(dachuan: object) -> None:
    assert County.objects.get().unit.code == "511703"
    assert OrgUnit.objects.filter(kind__in=[UnitKind.TOWN, UnitKind.SUBDISTRICT]).count() == 33
    assert Neighbour.objects.filter(code="511702").exists()
    assert unit_names()["区市场监督管理局"] == "区市场监管局"
    assert len(units_behind(OrgUnit.objects.get(name="各街道办事处"))) == 6


@pytest.mark.django_db
def test_another_county_boots_from_its_own_file(tmp_path: Path) -> None:
    loaded = load_county(read_county(_file(tmp_path, OTHER)))

    assert loaded.created == 4
    assert County.objects.get().full_name == "重庆市开州区"
    assert [unit.name for unit in units_behind(OrgUnit.objects.get(name="各乡镇人民政府"))] == [
        "甲镇",
        "乙乡",
    ]


@pytest.mark.django_db
def test_loading_again_keeps_what_was_edited(dachuan: object, tmp_path: Path) -> None:
    unit = OrgUnit.objects.get(name="亭子镇")
    save_unit(
        actor=None, unit_id=unit.pk, revision=1, kind=UnitKind.TOWN, name="亭子镇", code="1", aliases=["亭子"]
    )
    root = Path(__file__).parent.parent.parent

    loaded = load_county(read_county(root / "examples/dachuan/county.yaml"))

    assert loaded.created == 0
    unit.refresh_from_db()
    assert unit.code == "1"


@pytest.mark.django_db
def test_a_unit_renamed_on_the_page_is_not_made_again_under_its_old_name(dachuan: object) -> None:
    unit = OrgUnit.objects.get(name="区水务局")
    save_unit(
        actor=None,
        unit_id=unit.pk,
        revision=1,
        kind=UnitKind.DEPARTMENT,
        name="区水利局",
        aliases=["区水务局"],
    )
    root = Path(__file__).parent.parent.parent

    assert load_county(read_county(root / "examples/dachuan/county.yaml")).created == 0
    assert not OrgUnit.objects.filter(name="区水务局").exists()


@pytest.mark.django_db
def test_a_second_county_in_one_installation_is_refused(dachuan: object, tmp_path: Path) -> None:
    with pytest.raises(OtherCounty, match="开州区"):
        load_county(read_county(_file(tmp_path, OTHER)))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("500154", "5001"), "code"),
        (("full_name: 重庆市开州区\n", ""), "full_name"),
        (("towns:", "villages:"), "towns"),
        (("aliases: [区市场监督管理局]", "aliases: [甲镇]"), "甲镇"),
        (("code:", "code: [\n:"), "county.yaml"),
    ],
)
def test_a_wrong_county_file_is_refused_naming_the_place(
    tmp_path: Path, change: tuple[str, str], named: str
) -> None:
    with pytest.raises(BadCountyFile) as refused:
        read_county(_file(tmp_path, OTHER.replace(*change)))

    assert named in refused.value.text


def test_no_line_of_code_knows_the_demonstration_county() -> None:
    package = Path(__file__).parent.parent.parent / "src"
    files = [path for suffix in ("*.py", "*.html", "*.js") for path in package.rglob(suffix)]

    assert [path for path in files if "达川" in path.read_text(encoding="utf-8")] == []
