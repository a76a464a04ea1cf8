"""Signatures: genuine, changed, wrapped, of other makers; xmlsec says the same."""

from __future__ import annotations

import copy
from base64 import b64encode
from pathlib import Path

import pytest
import xmlsec
from cryptography.hazmat.primitives import serialization
from lxml import etree
from signxml import CanonicalizationMethod

from quanheng.kernels.dcc import Signature, parse_xml, read_signatures
from quanheng.kernels.dcc.names import SIGNATURE, ds
from tests.kernels.dcc.sample import certificate, key, sample, signed

GENUINE = [
    "dcclib_valid_signature.xml",
    "pydcc_dcc_gp_temperature_typical_v12_signed.xml",
    "pydcc_dcc_gp_temperature_typical_v12_v3.2.0_signed.xml",
]
MANIPULATED = "pydcc_dcc_gp_temperature_typical_v12_v3.2.0_signed_manipulated.xml"


def _one(data: bytes | etree._Element) -> Signature:
    found = read_signatures(parse_xml(data) if isinstance(data, bytes) else data)
    assert len(found) == 1
    return found[0]


def _xmlsec(root: etree._Element) -> bool:
    """What libxmlsec says of the first signature by the first certificate in it."""
    root = etree.fromstring(etree.tostring(root))
    signature = next(root.iter(SIGNATURE))
    xmlsec.tree.add_ids(root, ["Id"])
    text = "".join((next(root.iter(ds("X509Certificate"))).text or "").split())
    pem = f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)
    try:
        context.verify(signature)
    except xmlsec.Error:
        return False
    return True


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
@pytest.mark.parametrize("c14n", list(CanonicalizationMethod))
def test_a_genuine_signature_is_valid(kind: str, c14n: CanonicalizationMethod) -> None:
    root = parse_xml(signed(kind, c14n))
    found = _one(root)
    assert found.is_valid, found.reason
    assert found.signer == f"CN={kind} of a test"
    assert _xmlsec(root)


def test_a_document_without_a_signature_has_none() -> None:
    assert read_signatures(parse_xml(sample())) == ()


def test_a_change_of_any_text_or_attribute_after_signing_is_found() -> None:
    root = parse_xml(signed())
    for number, element in enumerate(root.iter(etree.Element)):
        if element.tag == SIGNATURE:
            break
        changed = copy.deepcopy(root)
        part = list(changed.iter(etree.Element))[number]
        part.text = f"{part.text or ''}1"
        found = _one(changed)
        assert not found.is_valid, part.tag
        assert "第 1 个引用（整个文件）的摘要不符" in found.reason
        part.text = element.text
        for name in part.attrib:
            part.set(name, "x")
            assert not _one(changed).is_valid


def test_a_change_of_any_text_in_a_signed_file_of_others_is_found(shared: Path) -> None:
    for name in GENUINE:
        root = parse_xml((shared / "dcc/examples" / name).read_bytes())
        elements = list(root.iter(etree.Element))
        outside = elements.index(next(root.iter(SIGNATURE)))
        assert _one(root).is_valid
        for element in elements[:outside:7]:
            kept, element.text = element.text, f"{element.text or ''} "
            assert not _one(root).is_valid, (name, element.tag)
            element.text = kept
        assert _one(root).is_valid


def test_a_changed_value_or_signed_information_is_found() -> None:
    root = parse_xml(signed())
    value = next(root.iter(ds("SignatureValue")))
    value.text = (value.text or "").replace(
        (value.text or "")[5], "A" if (value.text or "")[5] != "A" else "B"
    )
    assert "签名值不符" in _one(root).reason

    root = parse_xml(signed())
    next(root.iter(ds("SignedInfo"))).set("Id", "x")
    assert "签名值不符" in _one(root).reason


def test_the_certificate_of_another_is_found() -> None:
    root = parse_xml(signed("ecdsa"))
    other = next(parse_xml(signed("rsa")).iter(ds("X509Certificate"))).text
    next(root.iter(ds("X509Certificate"))).text = other
    assert "签名值不符" in _one(root).reason


def test_a_genuine_signature_over_a_part_does_not_count_for_the_document() -> None:
    whole = signed(reference="weight", data=sample(), id_attribute="id")
    found = _one(whole)
    assert [reference.problem for reference in found.references] == [""]
    assert not found.is_valid
    assert "没有覆盖整个文件" in found.reason


def test_a_signed_document_wrapped_in_another_does_not_count() -> None:
    """The signed root goes where nobody looks, and an altered copy takes its place."""
    start = ("<dcc:digitalCalibrationCertificate ", '<dcc:digitalCalibrationCertificate id="r" ')
    original = parse_xml(signed(data=sample(start), reference="r", id_attribute="id"))
    assert _one(original).is_valid
    forged = parse_xml(sample(("0.80", "0.10")))
    comment = etree.SubElement(forged, "{https://ptb.de/dcc}comment")
    comment.append(original)
    found = _one(forged)
    assert not found.is_valid
    assert "没有覆盖整个文件" in found.reason


def test_an_identifier_that_is_not_unique_is_refused() -> None:
    root = parse_xml(signed(reference="weight", id_attribute="id"))
    root.append(etree.fromstring('<x Id="weight"/>'))
    assert "应恰有一个" in _one(root).reason


def test_every_signature_must_be_valid() -> None:
    root = parse_xml(signed())
    second = copy.deepcopy(next(root.iter(SIGNATURE)))
    root.append(second)
    assert [found.is_valid for found in read_signatures(root)] == [False, False]


def test_an_outside_reference_and_an_unknown_transform_are_refused_and_not_followed(tmp_path: Path) -> None:
    root = parse_xml(signed())
    next(root.iter(ds("Reference"))).set("URI", f"file://{tmp_path}/x")
    assert "不在本文件之内" in _one(root).reason
    root = parse_xml(signed())
    next(root.iter(ds("Transform"))).set("Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116")
    assert "不支持变换" in _one(root).reason


def test_weak_and_missing_algorithms_and_keys_are_refused() -> None:
    for tag, value in (
        ("SignatureMethod", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        ("DigestMethod", "http://www.w3.org/2000/09/xmldsig#sha1"),
        ("CanonicalizationMethod", "x"),
    ):
        root = parse_xml(signed())
        next(root.iter(ds(tag))).set("Algorithm", value)
        assert not _one(root).is_valid
    root = parse_xml(signed())
    information = next(root.iter(ds("KeyInfo")))
    root[-1].remove(information)
    assert "没有附证书或公钥" in _one(root).reason
    bare = etree.fromstring(f'<a><Signature xmlns="{SIGNATURE[1:].split("}")[0]}"/></a>')
    assert "不完整" in _one(bare).reason


def _made_by_xmlsec(*, xpath: bool) -> etree._Element:
    root = parse_xml(sample())
    constants = xmlsec.constants
    signature = xmlsec.template.create(
        root, constants.TransformExclC14N, constants.TransformRsaSha256, ns="ds"
    )
    root.append(signature)
    reference = xmlsec.template.add_reference(signature, constants.TransformSha256, uri="")
    if xpath:
        transform = xmlsec.template.add_transform(reference, constants.TransformXPath)
        expression = etree.SubElement(transform, ds("XPath"))
        expression.text = "not(ancestor-or-self::ds:Signature)"
    else:
        xmlsec.template.add_transform(reference, constants.TransformEnveloped)
    information = xmlsec.template.ensure_key_info(signature)
    value = etree.SubElement(etree.SubElement(information, ds("KeyValue")), ds("RSAKeyValue"))
    numbers = key("rsa").public_key().public_numbers()
    for name, number in (("Modulus", numbers.n), ("Exponent", numbers.e)):
        octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
        etree.SubElement(value, ds(name)).text = b64encode(octets).decode()
    context = xmlsec.SignatureContext()
    private = key("rsa").private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context.key = xmlsec.Key.from_memory(private, constants.KeyDataFormatPem)
    context.sign(signature)
    return parse_xml(etree.tostring(root))


@pytest.mark.parametrize("xpath", [False, True])
def test_a_signature_of_xmlsec_with_a_bare_key_is_verified(xpath: bool) -> None:
    root = _made_by_xmlsec(xpath=xpath)
    found = _one(root)
    assert found.is_valid, found.reason
    assert found.signer == ""
    next(root.iter("{https://ptb.de/dcc}uniqueIdentifier")).text = "S-2"
    assert not _one(root).is_valid


def test_a_transform_that_hides_content_is_not_followed() -> None:
    root = _made_by_xmlsec(xpath=True)
    next(root.iter(ds("XPath"))).text = "not(ancestor-or-self::dcc:coreData)"
    assert "不支持变换" in _one(root).reason


def test_signed_files_of_others_get_the_verdict_that_xmlsec_gives(shared: Path) -> None:
    for name, genuine in [*((name, True) for name in GENUINE), (MANIPULATED, False)]:
        root = parse_xml((shared / "dcc/examples" / name).read_bytes())
        assert _one(root).is_valid is genuine
        assert _xmlsec(root) is genuine


def test_what_the_certificate_says_of_itself_is_told_and_decides_nothing() -> None:
    found = _one(signed())
    assert found.valid_until == certificate("ecdsa").not_valid_after_utc
    assert found.certificate == certificate("ecdsa").public_bytes(serialization.Encoding.DER)
    assert found.is_valid
