"""Our DCC: valid for PTB, complete, and nothing in a text can become anything but text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from quanheng.kernels.certificate.content import Content, Instrument, Kind, Row, Surrounding, Table
from quanheng.kernels.dcc.build import DOCUMENTATION, build_dcc
from quanheng.kernels.dcc.names import DCC, SI
from tests.kernels.certificate.contents import HOSTILE, WEIGHING, contents, example_content

ROOT = Path(__file__).parents[3]
SPACES = {"dcc": DCC, "si": SI}
EXAMPLES = [example_content(kind) for kind in Kind]
ODD_UNITS = example_content(
    tables=(
        WEIGHING.model_copy(update={"unit": "斤", "reference_unit": "%LEL", "indication_unit": "没有的单位"}),
        WEIGHING.model_copy(update={"unit": "没有的单位", "reference_unit": "斤", "indication_unit": ""}),
    )
)


def built(content: Content) -> etree._Element:
    return etree.fromstring(build_dcc(content, software_release="0.1.0"))


def texts(root: etree._Element, path: str) -> list[str]:
    return [str(text) for text in cast(list[object], root.xpath(path, namespaces=SPACES))]


@pytest.fixture(scope="session")
def xsd_errors(shared: Path) -> Callable[[etree._Element], list[str]]:
    schema = etree.XMLSchema(etree.parse(shared / "dcc/xsd/dcc/v3.3.0/dcc.xsd"))

    def errors(root: etree._Element) -> list[str]:
        return [] if schema.validate(root) else [str(schema.error_log)]

    return errors


@pytest.mark.parametrize("content", [*EXAMPLES, ODD_UNITS], ids=["passed", "rejected", "calibrated", "units"])
def test_a_certificate_is_valid_for_schema_and_schematron_without_a_warning(
    content: Content, xsd_errors: Callable[[etree._Element], list[str]]
) -> None:
    schematron = pytest.importorskip("dcclib.validation.schematron").SchematronValidator.for_dcc()
    xml = build_dcc(content, software_release="0.1.0")
    assert xsd_errors(etree.fromstring(xml)) == []
    result = schematron.validate_str(xml.decode())
    said = [*result.failed_assertions, *result.successful_reports]
    assert [one.text for one in said if one.role in {"error", "warning"}] == []


@given(content=contents())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_certificate_says_is_valid_for_the_schema(
    xsd_errors: Callable[[etree._Element], list[str]], content: Content
) -> None:
    assert xsd_errors(built(content)) == []


@given(content=contents())
@settings(max_examples=20, deadline=None)
def test_the_same_content_makes_the_same_bytes(content: Content) -> None:
    again = Content.model_validate_json(content.model_dump_json())
    assert build_dcc(content, software_release="1.2.3") == build_dcc(again, software_release="1.2.3")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_text_stays_text(hostile: str, xsd_errors: Callable[[etree._Element], list[str]]) -> None:
    plain, content = built(example_content()), example_content()
    told = content.model_copy(
        update={
            "instrument": Instrument(name=hostile, model=hostile, serial_no=hostile, manufacturer=hostile),
            "remarks": (hostile,),
            "conclusion": hostile,
            "place": hostile,
        }
    )
    root = built(told)
    assert xsd_errors(root) == []
    assert texts(root, "//dcc:item/dcc:model/text()") == [hostile]
    assert texts(root, "//dcc:statement[@refType='cnlm_remark']/dcc:declaration/dcc:content/text()") == [
        hostile
    ]
    for name in ("conformity", "uniqueIdentifier", "statements"):
        assert len(root.findall(f".//{{{DCC}}}{name}")) == len(plain.findall(f".//{{{DCC}}}{name}"))


@pytest.mark.parametrize("content", EXAMPLES, ids=list(Kind))
def test_every_text_number_and_day_of_the_content_is_said(content: Content) -> None:
    root = built(content)
    comment = root.find(f"{{{DCC}}}comment")
    assert comment is not None
    root.remove(comment)
    said = Counter(str(text) for text in root.itertext())
    page = "\n".join(said)
    held = content.model_dump(
        mode="json", exclude={"format", "kind", "regulation", "is_demonstration", "is_on_site"}
    )
    missing = [leaf for leaf in _leaves(held) if leaf not in page]
    assert missing == []
    assert {content.regulation.document, content.regulation.title} <= said.keys()


def _leaves(value: object) -> list[str]:
    if isinstance(value, dict):
        return [leaf for key, one in value.items() if not key.endswith("unit") for leaf in _leaves(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in _leaves(one)]
    return [] if value is None or isinstance(value, bool) or value == "" else [str(value)]


@pytest.mark.parametrize(
    ("kind", "verdict"), [(Kind.VERIFICATION, ["pass"]), (Kind.REJECTION, ["fail"]), (Kind.CALIBRATION, [])]
)
def test_the_verdict_is_a_statement_and_a_calibration_has_none(kind: Kind, verdict: list[str]) -> None:
    root = built(example_content(kind))
    assert texts(root, "//dcc:statement/dcc:conformity/text()") == verdict
    assert bool(texts(root, "//dcc:results//dcc:conformity/text()")) == bool(verdict)
    assert texts(root, "//dcc:statement[dcc:conformity]/dcc:norm/text()") == ["JJG 539-2016"] * len(verdict)


def test_validity_is_a_period_from_the_day_of_verification_and_a_last_day() -> None:
    root = built(example_content())
    assert texts(root, "//dcc:statement[dcc:conformity]/dcc:date/text()") == ["2026-03-05"]
    assert texts(root, "//dcc:statement[dcc:conformity]/dcc:period/text()") == ["P365D"]
    assert texts(root, "//dcc:statement[@refType='cnlm_validUntil']/dcc:date/text()") == ["2027-03-04"]
    assert texts(built(example_content(Kind.REJECTION)), "//dcc:period/text()") == []


def test_a_row_has_its_verdict_and_its_uncertainty_where_they_are_known() -> None:
    bare = Row(point="第 1 行", error=Decimal("0.10"), passed=False)
    table = Table(title="基本误差", quantity="相对误差", unit="%", rows=(bare, WEIGHING.rows[0]))
    root = built(example_content(tables=(table,)))
    first, second = root.findall(f".//{{{DCC}}}list[@refType='cnlm_row']")
    assert texts(first, ".//si:value/text()") == ["0.10"]
    assert texts(first, ".//dcc:conformity/text()") == ["fail"]
    assert texts(first, ".//si:expandedMU/*/text()") == []
    assert texts(second, ".//si:expandedMU/*/text()") == ["1.0", "2", "0.95"]
    assert texts(second, ".//dcc:quantity/@refType") == [
        "basic_referenceValue", "basic_measuredValue", "basic_measurementError", "cnlm_lowerLimit", "cnlm_upperLimit",
    ]  # fmt: skip


def test_the_certificate_of_a_standard_is_linked_by_its_hash_where_that_is_known() -> None:
    root = built(example_content())
    assert texts(root, "//dcc:certificate/dcc:referralID/text()") == ["示-2026-0007"]
    assert texts(root, "//dcc:certificate/dcc:procedure/text()") == ["SHA-256"]
    assert texts(root, "//dcc:certificate/dcc:value/text()") == ["07" * 32]
    assert texts(root, "//dcc:certificate/dcc:inValidityRange/text()") == ["true"]
    numbers = (
        "//dcc:measuringEquipment//dcc:identification[@refType='cnlm_certificateNumber']/dcc:value/text()"
    )
    assert texts(root, numbers) == ["示-2026-0007", "示-2026-0008"]


def test_a_standard_whose_certificate_had_run_out_is_not_in_its_validity_range() -> None:
    old = example_content().standards[0].model_copy(update={"certificate_valid_until": date(2026, 3, 4)})
    root = built(example_content(standards=(old,)))
    assert texts(root, "//dcc:certificate/dcc:inValidityRange/text()") == ["false"]


def test_what_stands_in_place_of_another_certificate_names_it() -> None:
    path = "//dcc:reportAmendedSubstituted/*/text()"
    assert texts(built(example_content(supersedes="示-J-2026-000000")), path) == [
        "substituted",
        "示-J-2026-000000",
    ]
    assert texts(built(example_content()), path) == []


def test_a_demonstration_says_so_and_others_do_not() -> None:
    path = "//dcc:statement[@refType='cnlm_demonstration']/dcc:declaration/dcc:content/text()"
    assert texts(built(example_content()), path) == ["演示数据：不是真的证书，没有法律效力。"]
    assert texts(built(example_content(is_demonstration=False)), path) == []


def test_each_of_three_people_has_a_role_and_the_signatory_signs() -> None:
    root = built(example_content())
    assert texts(root, "//dcc:respPerson/dcc:role/text()") == ["verifier", "checker", "signatory"]
    assert texts(root, "//dcc:respPerson[dcc:mainSigner='true']//dcc:content/text()") == [
        "批准人丙",
        "批准人",
    ]


def test_an_instrument_without_any_number_is_known_by_its_certificate() -> None:
    root = built(example_content(instrument=Instrument(name="压力表")))
    assert texts(root, "//dcc:item//dcc:identification/*[not(*)]/text()") == [
        "calibrationLaboratory",
        "示-J-2026-000001",
    ]


def test_a_unit_outside_d_si_stands_beside_one_of_d_si_and_is_declared() -> None:
    humid = Surrounding(name="气压", value=Decimal(750), unit="mmHg")
    root = built(example_content(surroundings=(humid,)))
    assert texts(root, "//si:hybrid/si:real/si:unit/text()") == ["|mmhg", r"\pascal"]
    assert texts(root, "//si:hybrid/si:real/si:value/text()") == ["750", "99991.790561250"]
    assert texts(root, "//dcc:nonSIUnit/text()") == ["|mmhg"]


def test_every_own_ref_type_belongs_to_the_declared_namespace() -> None:
    root = built(example_content(Kind.REJECTION))
    used = {name for names in texts(root, "//@refType") for name in names.split()}
    assert texts(root, "//dcc:refTypeDefinition/dcc:namespace/text()") == ["cnlm"]
    assert {name.split("_")[0] for name in used} == {"basic", "cnlm"}


def test_every_own_ref_type_is_documented() -> None:
    documented = set(re.findall(r"`(cnlm_[A-Za-z]+)`", (ROOT / DOCUMENTATION).read_text()))
    used = {
        name
        for content in (*EXAMPLES, ODD_UNITS)
        for names in texts(built(content), "//@refType")
        for name in names.split()
        if name.startswith("cnlm_")
    }
    assert used <= documented


@pytest.mark.parametrize("release", ["", "v1", "1.2.3.4.5", "1.0.dev1", "2026.1", "1.0\n"])
def test_a_release_that_ptb_does_not_know_is_refused(release: str) -> None:
    with pytest.raises(ValueError, match="a release is one to four numbers"):
        build_dcc(EXAMPLES[0], software_release=release)
    assert b"<dcc:release>v 1.2.3</dcc:release>" in build_dcc(EXAMPLES[0], software_release="1.2.3")
