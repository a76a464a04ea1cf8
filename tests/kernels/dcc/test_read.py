"""What is read from a certificate, of every version and form of D-SI."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from quanheng.kernels.dcc import (
    CertificateLink,
    NotADcc,
    Uncertainty,
    at,
    day_of,
    number_of,
    parse_xml,
    read_dcc,
    readable_unit,
)
from quanheng.kernels.dcc.amounts import read_amounts
from quanheng.kernels.dcc.structure import structure_errors
from tests.kernels.dcc.sample import sample


def test_what_an_importer_needs_is_read() -> None:
    found = read_dcc(sample())
    assert found.sha256 == hashlib.sha256(sample()).hexdigest()
    assert (found.identifier, found.laboratory.name, found.laboratory_code) == (
        "S-2026-0001",
        "质量实验室",
        "L1",
    )
    assert day_of(found.issued_on) == date(2026, 3, 5)
    assert [(item.name, item.model, item.identifications[0].value) for item in found.items] == [
        ("砝码", "F1", "W-7")
    ]
    assert found.equipment[0].certificate == CertificateLink("校准证书", "UP-1", "SHA-256", "ab12")
    (quantity,) = found.quantities
    assert quantity.path == ("1 kg", "误差")
    assert quantity.ref_types == ("basic_measuredValue",)
    assert quantity.statements[0].conformity == ("pass",)
    (amount,) = quantity.amounts
    assert (amount.values, amount.units) == (("0.80",), (r"\milli\gram",))
    assert amount.uncertainty == Uncertainty("expanded", "expandedMU", ("0.30",), ("2",), ("0.95",))
    (group,) = found.measurement_results
    assert group.circumstances.methods[0].norms == ("JJG 99",)
    assert group.circumstances.conditions[0].quantities[0].amounts[0].values == ("20.1",)


def test_another_document_is_no_certificate_and_the_reason_is_told() -> None:
    with pytest.raises(NotADcc, match="根元素是 a"):
        read_dcc(b"<a/>")
    with pytest.raises(NotADcc, match=r"example\.org"):
        read_dcc(sample(("https://ptb.de/dcc", "https://example.org/dcc")))


def test_a_certificate_with_nothing_in_it_is_read_as_empty() -> None:
    found = read_dcc(b'<digitalCalibrationCertificate xmlns="https://ptb.de/dcc"/>')
    assert (found.identifier, found.items, found.quantities, found.equipment) == ("", (), (), ())


@pytest.mark.parametrize("inside", ["<!---->", "<!-- 9 -->", "<?x y?>"])
def test_a_comment_inside_a_number_or_name_does_not_change_what_is_read(inside: str) -> None:
    places = [
        ("<si:value>0.80", f"<si:value>0.{inside}80"),
        ("S-2026-0001", f"S-2026-{inside}0001"),
        ("<dcc:norm>JJG 99", f"<dcc:norm>{inside}JJG 99"),
        ("<dcc:content>质量实验室", f"<dcc:content>质量{inside}实验室"),
        ("<dcc:conformity>pass", f"<dcc:conformity>{inside}pass"),
        ("<si:valueExpandedMU>0.30", f"<si:valueExpandedMU>0.3{inside}0"),
    ]
    found, plain = read_dcc(sample(*places)), read_dcc(sample())
    assert dataclasses.replace(found, sha256=plain.sha256) == plain


def test_nothing_inside_a_signature_is_read_wherever_it_stands() -> None:
    extra = (
        '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:Object><dcc:measuringEquipment><dcc:name>'
        "<dcc:content>另一台</dcc:content></dcc:name></dcc:measuringEquipment></ds:Object></ds:Signature>"
    )
    places = [
        ("<dcc:measurementResults>", f"<dcc:measurementResults>{extra}"),
        ("质量实验室", f"质量{extra}实验室"),
    ]
    found, plain = read_dcc(sample(*places)), read_dcc(sample())
    assert dataclasses.replace(found, sha256=plain.sha256) == plain


def _amounts(content: str) -> tuple:
    return read_amounts(etree.fromstring(f'<q xmlns="https://ptb.de/si">{content}</q>'))


def test_legacy_and_current_uncertainties_are_read_alike() -> None:
    old = "<real><value>1</value><unit>u</unit><expandedUnc><uncertainty>0.1</uncertainty>{}</expandedUnc></real>"
    new = (
        "<real><value>1</value><unit>u</unit><measurementUncertaintyUnivariate><expandedMU><valueExpandedMU>0.1"
        "</valueExpandedMU>{}</expandedMU></measurementUncertaintyUnivariate></real>"
    )
    rest = "<coverageFactor>2</coverageFactor><coverageProbability>0.95</coverageProbability>"
    for text in (old, new):
        ((amount),) = _amounts(text.format(rest))
        assert amount.uncertainty is not None
        assert amount.uncertainty.kind == "expanded"
        assert amount.uncertainty.values == ("0.1",)
        assert amount.uncertainty.coverage_factors == ("2",)


def test_lists_of_all_forms_are_read_with_a_unit_and_an_uncertainty_for_each_value() -> None:
    (listed,) = _amounts(
        "<realList><listUnit>u</listUnit><listUnivariateUnc><expandedUnc><uncertainty>0.1</uncertainty></expandedUnc>"
        "</listUnivariateUnc><real><value>1</value></real><real><value>2</value></real></realList>"
    )
    assert (listed.values, listed.units) == (("1", "2"), ("u",))
    assert listed.uncertainty is not None
    assert [at(listed.uncertainty.values, index) for index in (0, 1)] == ["0.1", "0.1"]

    (mixed,) = _amounts(
        "<list><real><value>1</value><unit>u</unit></real><real><value>2</value><unit>v</unit>"
        "<expandedUnc><uncertainty>0.2</uncertainty></expandedUnc></real></list>"
    )
    assert mixed.units == ("u", "v")
    assert mixed.uncertainty is not None
    assert mixed.uncertainty.values == ("", "0.2")

    (words,) = _amounts(
        "<realListXMLList><valueXMLList>1 2 3</valueXMLList><unitXMLList>u</unitXMLList>"
        "<measurementUncertaintyUnivariateXMLList><expandedMUXMLList><valueExpandedMUXMLList>0.1 0.2 0.3"
        "</valueExpandedMUXMLList></expandedMUXMLList></measurementUncertaintyUnivariateXMLList></realListXMLList>"
    )
    assert words.values == ("1", "2", "3")
    assert words.uncertainty is not None
    assert words.uncertainty.values == ("0.1", "0.2", "0.3")


def test_values_of_a_list_keep_the_kind_of_their_own_uncertainty_and_their_own_label() -> None:
    real = "<real>{}<value>{}</value>{}</real>"
    expanded = "<expandedUnc><uncertainty>0.2</uncertainty><coverageFactor>2</coverageFactor></expandedUnc>"
    interval = "<coverageInterval><standardUnc>0.1</standardUnc></coverageInterval>"
    found = _amounts(
        f"<list><listUnit>u</listUnit>{real.format('', '1', expanded)}{real.format('', '2', interval)}</list>"
    )
    assert [
        (
            each.values,
            each.units,
            each.uncertainty.kind,
            each.uncertainty.values,
            each.uncertainty.coverage_factors,
        )
        for each in found
        if each.uncertainty
    ] == [(("1",), ("u",), "expanded", ("0.2",), ("2",)), (("2",), ("u",), "interval", ("0.1",), ())]
    (labelled,) = _amounts(
        f"<list>{real.format('', '1', '')}{real.format('<label>second</label>', '2', '')}</list>"
    )
    assert labelled.labels == ("", "second")


def test_lists_of_every_form_inside_a_list_are_read() -> None:
    found = _amounts(
        "<list><realListXMLList><valueXMLList>1 2</valueXMLList><unitXMLList>u</unitXMLList></realListXMLList>"
        "<complexList><complex><valueReal>3</valueReal><valueImag>4</valueImag><unit>v</unit></complex></complexList>"
        "<list><realList><real><value>5</value><unit>w</unit></real></realList></list></list>"
    )
    assert [(each.form, each.values, each.units) for each in found] == [
        ("realListXMLList", ("1", "2"), ("u",)),
        ("complexList", ("3 + 4 j",), ("v",)),
        ("realList", ("5",), ("w",)),
    ]


def test_the_number_of_a_linked_certificate_is_read_by_its_names_of_every_version() -> None:
    old = sample(("dcc:referralID>", "dcc:referenceID>"), ("dcc:referral>", "dcc:reference>"))
    assert read_dcc(old).equipment == read_dcc(sample()).equipment
    assert structure_errors(parse_xml(old)) == ()
    none = sample(("<dcc:referralID>UP-1</dcc:referralID>", ""))
    assert [each.text for each in structure_errors(parse_xml(none))] == [
        "certificate 缺少 referralID 或 referenceID"
    ]


def test_a_hybrid_is_one_quantity_in_several_units_and_a_complex_value_is_written_out() -> None:
    one = "<real><value>{}</value><unit>{}</unit></real>"
    found = _amounts(f"<hybrid>{one.format('500', 'g')}{one.format('1', '|jin')}</hybrid>")
    assert [amount.units for amount in found] == [("g",), ("|jin",)]
    (number,) = _amounts("<complex><valueReal>1</valueReal><valueImag>-2</valueImag><unit>u</unit></complex>")
    assert number.values == ("1 + -2 j",)
    (interval,) = _amounts(
        "<real><value>1</value><unit>u</unit><coverageInterval><standardUnc>0.1</standardUnc>"
        "<intervalMin>0.8</intervalMin><intervalMax>1.2</intervalMax></coverageInterval></real>"
    )
    assert interval.uncertainty is not None
    assert (interval.uncertainty.kind, interval.uncertainty.minima) == ("interval", ("0.8",))


def test_every_amount_of_the_examples_is_read_with_its_units(shared: Path) -> None:
    """Values that stand in the files are counted by name; as many are read below results."""
    for file in sorted((shared / "dcc/examples").glob("[pd]*_*v[23]*.xml")):
        root = parse_xml(file.read_bytes())
        results = root.iter("{https://ptb.de/dcc}result")
        written = sum(
            len((found.text or "").split())
            for result in results
            for found in result.find("{https://ptb.de/dcc}data").iter(
                "{https://ptb.de/si}value", "{https://ptb.de/si}valueXMLList"
            )
            if not any("measurementMetaData" in str(each.tag) for each in found.iterancestors())
            if not any("influenceConditions" in str(each.tag) for each in found.iterancestors())
        )
        amounts = [
            amount for quantity in read_dcc(file.read_bytes()).quantities for amount in quantity.amounts
        ]
        assert sum(len(amount.values) for amount in amounts) == written, file
        assert all(amount.units for amount in amounts)


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        (r"\degreecelsius", "°C"),
        (r"\kilogram\per\metre\tothe{3}", "kg/m³"),
        (r"\metre\tothe{3}\per\hour", "m³/h"),
        (r"\milli\gram", "mg"),
        (r"\kilogram\metre\tothe{-1}\second\tothe{-2}", "kg·m⁻¹·s⁻²"),
        (r"\watt\per\metre\tothe{2}\per\kelvin", "W/(m²·K)"),
        (r"\per\second", "1/s"),
        (r"\micro\volt\per\volt", "µV/V"),
        (r"\volt\tothe{0.5}", "V^0.5"),
        ("|jin", "|jin"),
        (r"\furlong", r"\furlong"),
        (r"\kilo", r"\kilo"),
        (r"\metre\per", r"\metre\per"),
        ("", ""),
        ("§unit§", "§unit§"),
    ],
)
def test_a_unit_is_shown_as_printed_or_else_as_written(unit: str, shown: str) -> None:
    assert readable_unit(unit) == shown


def test_numbers_and_days_are_read_or_are_none() -> None:
    assert number_of(" 1.20E-3 ") == Decimal("1.20E-3")
    assert [number_of(text) for text in ("", "x", "NaN", "INF", "２")] == [None] * 5
    assert day_of("2026-03-01+08:00") == date(2026, 3, 1)
    assert day_of("2026-13-01") is None
