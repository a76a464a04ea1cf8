"""Verdicts on files of others, and what is said where something was not done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from quanheng.certificates.schema_files import FolderOfSchemas
from quanheng.kernels.dcc import Validation, Validator, parse_xml, validation_json
from quanheng.kernels.dcc.schemas import NoSchema, name_of, xsd_errors
from quanheng.kernels.dcc.structure import structure_errors
from quanheng.kernels.dcc.validate import MAX_RULED_ELEMENTS
from tests.kernels.dcc.sample import sample, signed

NOTHING: Mapping[str, bytes] = MappingProxyType({})


@pytest.fixture(scope="module")
def schemas(shared: Path) -> FolderOfSchemas:
    return FolderOfSchemas(shared / "dcc/xsd")


@pytest.fixture(scope="module")
def validator(schemas: FolderOfSchemas) -> Validator:
    return Validator(schemas)


def _truth(entry: dict[str, object]) -> bool | None:
    truth = entry.get("signature_truth")
    if not isinstance(truth, dict):
        return None
    return truth["signedinfo_signature_ok"] and all(part["digest_ok"] for part in truth["refs"])


def test_the_verdict_on_every_file_of_the_reference_data_is_the_recorded_one(
    shared: Path, validator: Validator
) -> None:
    entries = json.loads((shared / "dcc/expected.json").read_text())["files"]
    for entry in entries:
        data = (shared / "dcc" / entry["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry["sha256"]
        found = validator.validate(data)
        answer = validation_json(found)
        assert answer["well_formed"] == entry["wellformed"], entry["file"]
        assert answer["schema_version"] == entry["schemaVersion"], entry["file"]
        assert answer["xsd_valid"] == entry["xsd_valid"], entry["file"]
        assert bool(answer["xsd_errors"]) == (entry["xsd_valid"] is False)
        if entry["wellformed"]:
            assert answer["xsd_errors"][: len(entry["first_errors"])] == entry["first_errors"]
        assert answer["signature"]["present"] == entry["has_signature"], entry["file"]
        assert answer["signature"]["valid"] == _truth(entry), entry["file"]
        if entry["xsd_valid"]:
            assert structure_errors(parse_xml(data)) == (), entry["file"]


def test_the_sample_is_valid_with_and_without_a_signature(validator: Validator) -> None:
    for data, is_valid in ((sample(), None), (signed(), True)):
        found = validator.validate(data)
        assert found.is_xsd_valid is True
        assert found.errors == ()
        assert found.is_signature_valid is is_valid
        assert not found.has_problems


def test_without_schemas_the_answer_says_that_nothing_was_validated_and_checks_the_structure() -> None:
    found = Validator(NOTHING).validate(sample())
    assert found.is_xsd_valid is None
    assert found.structure == ()
    assert not found.is_ruled
    assert any("未做 XSD 校验" in note for note in found.notes)
    assert any("未做 Schematron 校验" in note for note in found.notes)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (('schemaVersion="3.3.0"', 'schemaVersion="3.4.0-rc.2"'), "没有 3.4.0-rc.2 版的 schema"),
        (('schemaVersion="3.3.0"', 'schemaVersion="../../x"'), "不是版本号"),
        ((' schemaVersion="3.3.0"', ""), "没有写明 schemaVersion"),
        (("digitalCalibrationCertificate", "certificate"), "不是 DCC"),
        (('schemaVersion="3.3.0"', 'schemaVersion="2.1.1"'), "不能编译"),
    ],
)
def test_where_no_schema_fits_the_xsd_is_said_not_to_be_done(
    change: tuple[str, str], why: str, validator: Validator
) -> None:
    found = validator.validate(sample(change))
    assert found.is_xsd_valid is None
    assert found.structure is not None
    assert any("未做 XSD 校验" in note and why in note for note in found.notes)


@pytest.mark.parametrize(
    "change",
    [
        ('xmlns:dcc="https://ptb.de/dcc"', 'xmlns:dcc="https://example.org/dcc"'),
        ('schemaVersion="3.3.0"', 'schemaVersion="3.2.1"'),
        ("<dcc:conformity>pass</dcc:conformity>", "<dcc:conformity>ok</dcc:conformity>"),
        ("<si:value>20.1</si:value>", "<si:value>warm</si:value>"),
    ],
)
def test_a_wrong_namespace_version_or_value_is_invalid(change: tuple[str, str], validator: Validator) -> None:
    found = validator.validate(sample(change))
    assert found.is_well_formed
    assert found.is_xsd_valid is False
    assert found.has_problems


def _with_data(content: str) -> bytes:
    start, end = "<dcc:data><dcc:list>", "</dcc:list></dcc:data>"
    text = sample().decode()
    return (text[: text.index(start)] + f"<dcc:data>{content}</dcc:data>" + text.split(end)[1]).encode()


def test_mathml_is_accepted_unread_and_other_foreign_xml_is_not(validator: Validator) -> None:
    formula = (
        "<dcc:formula><dcc:mathml><{0} xmlns='http://www.w3.org/1998/Math/MathML'><mi>x</mi></{0}>"
        "</dcc:mathml></dcc:formula>"
    )
    found = validator.validate(_with_data(formula.format("math")))
    assert found.is_xsd_valid is True
    assert any("MathML" in note for note in found.notes)
    assert validator.validate(_with_data(formula.format("maths"))).is_xsd_valid is False
    assert validator.validate(_with_data("<dcc:xml><x xmlns='urn:x'/></dcc:xml>")).is_xsd_valid is False


@pytest.mark.parametrize(
    ("count", "attributes", "why"),
    [(MAX_RULED_ELEMENTS, "", "元素超过"), (400, 'id="i{0}" refId="i{0}"', "标识和引用太多")],
)
def test_a_document_too_large_for_the_rules_is_said_not_to_be_put_through_them(
    count: int, attributes: str, why: str, validator: Validator
) -> None:
    one = "<dcc:text {}><dcc:content>x</dcc:content></dcc:text>"
    found = validator.validate(_with_data("".join(one.format(attributes.format(i)) for i in range(count))))
    assert found.is_xsd_valid is True
    assert not found.is_ruled
    assert any(why in note for note in found.notes)


def test_a_schema_that_the_document_names_is_never_opened(tmp_path: Path, validator: Validator) -> None:
    own = tmp_path / "own.xsd"
    own.write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x"><xs:element name="x"/></xs:schema>'
    )
    named = (
        "<dcc:xml><x xmlns='urn:x' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'"
        f" xsi:schemaLocation='urn:x {own}'/></dcc:xml>"
    )
    assert validator.validate(_with_data(named)).is_xsd_valid is False


def test_the_original_schemas_of_ptb_with_addresses_at_ptb_give_the_same_verdict(
    shared: Path, schemas: FolderOfSchemas
) -> None:
    originals = dict(schemas)
    for version in ("2.4.0", "3.0.0", "3.1.2"):
        originals[f"dcc/{version}"] = (shared / f"dcc/xsd/ptb_original/v{version}/dcc.xsd").read_bytes()
    for name in ("ptb_v2.4.0_example.xml", "ptb_v3.0.0_example.xml", "pydcc_dcc_gp_humidity_v1.0.xml"):
        root = parse_xml((shared / "dcc/examples" / name).read_bytes())
        assert xsd_errors(root, root.get("schemaVersion"), originals) == ()


def test_a_schema_whose_import_is_missing_is_not_compiled_and_named(schemas: FolderOfSchemas) -> None:
    part = {name: data for name, data in schemas.items() if name != "si/2.2.1"}
    with pytest.raises(NoSchema, match=r"缺少 si/2\.2\.1"):
        xsd_errors(parse_xml(sample()), "3.3.0", part)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://ptb.de/dcc/v3.3.0/dcc.xsd", "dcc/3.3.0"),
        ("https://ptb.de/si/v2.2.1/SI_Format.xsd", "si/2.2.1"),
        ("https://ptb.de/dcc/dsi/v2.2.1.xsd", "si/2.2.1"),
        ("https://www.ptb.de/dcc/d-sig/xmldsig-core-schema.xsd", "xmldsig"),
        ("https://ptb.de/dcc/qudt/v2.2.1.xsd", "qudt/2.2.1"),
        ("/schematron/dcc.sch", "schematron"),
        ("file:///etc/passwd", ""),
    ],
)
def test_a_schema_is_known_by_its_address(address: str, name: str) -> None:
    assert name_of(address) == name


def test_a_refused_file_has_a_reason_and_no_other_result() -> None:
    found = Validator(NOTHING).validate(b"<!DOCTYPE a><a/>")
    assert found == Validation(is_well_formed=False, refusal="doctype", notes=found.notes)
    answer = validation_json(found)
    assert answer["refusal"] == "doctype"
    assert answer["signature"]["valid"] is None
    assert found.has_problems


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("<dcc:uniqueIdentifier>S-2026-0001<", "<dcc:uniqueIdentifier><"), "uniqueIdentifier 为空"),
        (("2026-03-02</dcc:end", "2026-02-02</dcc:end"), "晚于"),
        (("2026-03-05</dcc:issue", "5 March</dcc:issue"), "不是日期"),
        ((">CN<", ">China<"), "写法不对"),
        (('refType="basic', 'refId="nobody" refType="basic'), "没有对应的元素"),
        (("<dcc:list>", '<dcc:list id="weight">'), "用了 2 次"),
        (("<si:unit>\\degreecelsius</si:unit>", ""), "恰有一个 unit"),
        (("<si:value>0.80</si:value>", "<si:value>０.８</si:value>"), "不是数"),
        ((">pass<", ">passed<"), "符合性声明"),
        (("dcc:customer>", "dcc:client>"), "缺少 customer"),
        (("https://ptb.de/dcc", "https://ptb.de/other"), "根元素"),
    ],
)
def test_our_own_checks_find_what_a_reader_would_stumble_over(change: tuple[str, str], why: str) -> None:
    assert structure_errors(parse_xml(sample())) == ()
    found = structure_errors(parse_xml(sample(change)))
    assert any(why in message.text for message in found), found
