from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from pathlib import Path

import pytest
import xmlsec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml import SignatureConfiguration, XMLVerifier
from signxml.exceptions import InvalidSignature

from quanheng.certificates.signing.errors import CannotSign, CertificateNotValid
from quanheng.certificates.signing.keys import FileKey
from quanheng.certificates.signing.report import Flaw
from quanheng.certificates.signing.xml_signature import sign_xml, verify_xml_signature
from tests.certificates.signing.making import NOW, YEAR, chained_key

DS = "{http://www.w3.org/2000/09/xmldsig#}"
PAPER = """<?xml version="1.0" encoding="UTF-8"?>
<dcc:digitalCalibrationCertificate xmlns:dcc="https://ptb.de/dcc" xmlns:si="https://ptb.de/si"
    xmlns:unused="urn:unused" schemaVersion="3.3.0">
  <dcc:item id="one" refType="a b">电子秤</dcc:item>
  <dcc:item>合格<?note kept?></dcc:item>
</dcc:digitalCalibrationCertificate>
""".encode()


@pytest.fixture(scope="session")
def signed(issued_key: FileKey) -> bytes:
    return sign_xml(PAPER, issued_key, signed_at=NOW)


def by_signxml(xml: bytes, key: FileKey) -> bytes:
    settings = SignatureConfiguration(location="./", verification_time=NOW)
    found = XMLVerifier().verify(xml, x509_cert=key.certificate, expect_config=settings)
    assert not isinstance(found, list)
    return found.signed_data


def by_xmlsec(xml: bytes, key: FileKey) -> None:
    context = xmlsec.SignatureContext()
    pem = key.certificate.public_bytes(Encoding.PEM)
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)
    context.verify(etree.fromstring(xml).find(f"{DS}Signature"))


def test_a_signed_document_verifies_here_by_signxml_and_by_xmlsec(signed: bytes, issued_key: FileKey):
    report = verify_xml_signature(signed)
    assert report.valid
    assert report.reason == ""
    assert report.certificate == issued_key.certificate
    assert report.chain == issued_key.chain
    assert report.content == by_signxml(signed, issued_key)
    by_xmlsec(signed, issued_key)


def test_a_self_signed_key_signs_as_well(key: FileKey):
    made = sign_xml(PAPER, key, signed_at=NOW)
    report = verify_xml_signature(made)
    assert (report.valid, report.certificate, report.chain) == (True, key.certificate, ())
    by_signxml(made, key)
    by_xmlsec(made, key)


def test_the_signature_is_the_last_child_with_c14n_11_and_ecdsa(signed: bytes):
    root = etree.fromstring(signed)
    assert root[-1].tag == f"{DS}Signature"
    algorithms = [one.get("Algorithm") for one in root[-1].iter() if one.get("Algorithm")]
    assert algorithms == [
        "http://www.w3.org/2006/12/xml-c14n11",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        "http://www.w3.org/2006/12/xml-c14n11",
        "http://www.w3.org/2001/04/xmlenc#sha256",
    ]
    assert len(root.findall(f".//{DS}X509Certificate")) == 3


def test_the_content_of_the_report_is_the_document_without_the_signature(signed: bytes):
    content = etree.fromstring(verify_xml_signature(signed).content)
    assert etree.tostring(content, method="c14n") == etree.tostring(etree.fromstring(PAPER), method="c14n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("合格", "不合格"),
        ('refType="a b"', 'refType="a c"'),
        ('id="one" ', ""),
        ('xmlns:unused="urn:unused"', 'xmlns:unused="urn:other"'),
        ('xmlns:dcc="https://ptb.de/dcc"', 'xmlns:dcc="https://ptb.de/dcx"'),
        ("<dcc:item>合格<?note kept?></dcc:item>", ""),
        ("<?note kept?>", "<?note changed?>"),
        ("</dcc:item>\n  <dcc", "</dcc:item> <dcc"),
    ],
)
def test_changed_content_is_named(signed: bytes, issued_key: FileKey, old: str, new: str):
    changed = signed.decode().replace(old, new).encode()
    assert changed != signed
    report = verify_xml_signature(changed)
    assert (report.present, report.valid, report.flaw, report.failed) == (True, False, Flaw.CHANGED, "")
    assert report.reason == "文件内容在签名后被改动。"
    assert report.certificate == issued_key.certificate
    with pytest.raises(InvalidSignature):
        by_signxml(changed, issued_key)
    with pytest.raises(xmlsec.Error):
        by_xmlsec(changed, issued_key)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_changed_letter_of_the_content_passes(signed: bytes, data: st.DataObject):
    text = signed.decode()
    place = data.draw(st.integers(text.index("<dcc:"), text.index("<ds:Signature") - 1))
    letter = data.draw(st.characters(codec="utf-8", exclude_characters=text[place]))
    changed = (text[:place] + letter + text[place + 1 :]).encode()
    report = verify_xml_signature(changed)
    if report.valid:  # another spelling of the same document, such as a line break for a blank in a tag
        assert report.content == verify_xml_signature(signed).content
    else:
        assert report.flaw in {Flaw.CHANGED, Flaw.UNREADABLE, Flaw.BROKEN}


def test_a_comment_is_never_part_of_the_signed_content(signed: bytes):
    commented = signed.decode().replace("合格", "合<!-- 不 -->格").encode()
    report = verify_xml_signature(commented)
    assert report.valid
    assert "合格" in report.content.decode()


def moved(root: etree._Element, signature: etree._Element) -> Flaw:
    root.insert(0, signature)
    return Flaw.MISPLACED


def deeper(root: etree._Element, signature: etree._Element) -> Flaw:
    root[0].append(signature)
    return Flaw.MISPLACED


def wrapped(root: etree._Element, signature: etree._Element) -> Flaw:
    """The signed document is carried along inside; another stands in its place."""
    genuine = etree.fromstring(etree.tostring(root))
    root[0].text = "另一台秤"
    etree.SubElement(signature, f"{DS}Object").append(genuine)
    return Flaw.SEVERAL


def smuggled(root: etree._Element, signature: etree._Element) -> Flaw:
    """Readers that look for items anywhere would find this one; the signature does not cover it."""
    etree.SubElement(etree.SubElement(signature, f"{DS}Object"), "{https://ptb.de/dcc}item").text = "合格"
    return Flaw.FOREIGN_PARTS


def doubled(root: etree._Element, signature: etree._Element) -> Flaw:
    root.append(etree.fromstring(etree.tostring(signature)))
    return Flaw.SEVERAL


def stripped(root: etree._Element, signature: etree._Element) -> Flaw:
    root.remove(signature)
    return Flaw.ABSENT


def narrowed(root: etree._Element, signature: etree._Element) -> Flaw:
    signature.find(f".//{DS}Reference").set("URI", "#one")
    return Flaw.PARTIAL


def ambiguous(root: etree._Element, signature: etree._Element) -> Flaw:
    root.set("{urn:x}Id", "one")
    return narrowed(root, signature)


def outside(root: etree._Element, signature: etree._Element) -> Flaw:
    signature.find(f".//{DS}Reference").set("URI", "https://example.org/other.xml")
    return Flaw.PARTIAL


def transformed(root: etree._Element, signature: etree._Element) -> Flaw:
    transforms = signature.find(f".//{DS}Transforms")
    etree.SubElement(transforms, f"{DS}Transform", Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116")
    return Flaw.WEAK


def weakened(root: etree._Element, signature: etree._Element) -> Flaw:
    method = signature.find(f".//{DS}SignatureMethod")
    method.set("Algorithm", "http://www.w3.org/2000/09/xmldsig#hmac-sha1")
    return Flaw.WEAK


def without_certificate(root: etree._Element, signature: etree._Element) -> Flaw:
    signature.remove(signature.find(f"{DS}KeyInfo"))
    return Flaw.NO_CERTIFICATE


def with_broken_certificate(root: etree._Element, signature: etree._Element) -> Flaw:
    signature.find(f".//{DS}X509Certificate").text = "AAAA"
    return Flaw.WRONG_CERTIFICATE


def revalued(root: etree._Element, signature: etree._Element) -> Flaw:
    value = signature.find(f"{DS}SignatureValue")
    value.text = value.text[:-8] + "AAAAAA=="
    return Flaw.FORGED


def relabelled(root: etree._Element, signature: etree._Element) -> Flaw:
    """The digest is mended after the change, as a forger without the key would."""
    root[0].text = "另一台秤"
    bare = etree.fromstring(etree.tostring(root))
    bare.remove(bare[-1])
    digest = hashlib.sha256(etree.tostring(bare, method="c14n")).digest()
    signature.find(f".//{DS}DigestValue").text = b64encode(digest).decode()
    return Flaw.FORGED


def styled(root: etree._Element, signature: etree._Element) -> Flaw:
    root.addprevious(etree.ProcessingInstruction("xml-stylesheet", 'href="https://example.org/lie.xsl"'))
    return Flaw.PARTIAL


@pytest.mark.parametrize(
    "attack",
    [
        moved, deeper, wrapped, smuggled, doubled, stripped, narrowed, ambiguous, outside, transformed,
        weakened, without_certificate, with_broken_certificate, revalued, relabelled, styled,
    ],
)  # fmt: skip
def test_an_attack_on_the_signature_is_refused_and_named(signed: bytes, attack):
    root = etree.fromstring(signed)
    flaw = attack(root, root[-1])
    report = verify_xml_signature(etree.tostring(root.getroottree()))
    assert report.flaw is flaw
    assert not report.valid
    assert report.content == b""
    assert report.present is (flaw is not Flaw.ABSENT)


def test_a_certificate_of_another_key_does_not_pass(signed: bytes, key: FileKey):
    other = etree.fromstring(sign_xml(PAPER, key, signed_at=NOW))
    root = etree.fromstring(signed)
    root[-1].replace(root[-1].find(f"{DS}KeyInfo"), other[-1].find(f"{DS}KeyInfo"))
    report = verify_xml_signature(etree.tostring(root))
    assert (report.flaw, report.certificate) == (Flaw.FORGED, key.certificate)


BOMB = b"<!DOCTYPE a [" + b"".join(
    b'<!ENTITY e%d "%s">' % (i, b"&e%d;" % (i - 1) * 10 if i else b"lol") for i in range(12)
)


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"no xml",
        PAPER[:-20],
        b"\xff\xfe",
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        BOMB + b"]><a>&e11;</a>",
    ],
)
def test_what_is_no_safe_xml_is_neither_signed_nor_verified(xml: bytes, key: FileKey):
    report = verify_xml_signature(xml)
    assert (report.present, report.flaw) == (False, Flaw.UNREADABLE)
    with pytest.raises(CannotSign):
        sign_xml(xml, key, signed_at=NOW)


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(min_value=0, max_value=5000))
def test_a_truncated_document_is_unreadable(signed: bytes, cut: int):
    assert verify_xml_signature(signed[: min(cut, len(signed) - 2)]).flaw is Flaw.UNREADABLE


def test_a_document_with_a_large_attachment_is_signed_and_changes_in_it_are_seen(key: FileKey):
    large = PAPER.replace("电子秤".encode(), b"QUJD" * 3_000_000)
    made = sign_xml(large, key, signed_at=NOW)
    assert verify_xml_signature(made).valid
    assert verify_xml_signature(made.replace(b"QUJD</dcc", b"QUJE</dcc")).flaw is Flaw.CHANGED


def test_what_a_signature_cannot_protect_is_not_signed(signed: bytes, key: FileKey):
    for xml, reason in (
        (signed, "已有签名"),
        (PAPER.replace(b"<dcc:item>", b"<!-- x --><dcc:item>"), "注释"),
        (PAPER.replace(b"<dcc:digital", b"<?xml-stylesheet href='x'?><dcc:digital"), "处理指令"),
    ):
        with pytest.raises(CannotSign, match=reason):
            sign_xml(xml, key, signed_at=NOW)


def test_an_expired_certificate_signs_nothing(tmp_path: Path):
    expired = chained_key(tmp_path, end=NOW)
    assert verify_xml_signature(sign_xml(PAPER, expired, signed_at=NOW)).valid
    for moment in (NOW + YEAR, NOW - 2 * YEAR):
        with pytest.raises(CertificateNotValid):
            sign_xml(PAPER, expired, signed_at=moment)


def test_signatures_of_other_people_are_judged_as_the_reference_data_say(shared: Path):
    for case in json.loads((shared / "dcc/expected.json").read_text())["files"]:
        if not case["wellformed"]:
            continue
        report = verify_xml_signature((shared / "dcc" / case["file"]).read_bytes())
        assert report.present is case["has_signature"], case["file"]
        if case["has_signature"]:
            truth = case["signature_truth"]
            wrong = [one["uri"] for one in truth["refs"] if not one["digest_ok"]]
            assert report.valid is (truth["signedinfo_signature_ok"] and not wrong), case["file"]
            assert report.failed == (wrong[0] if wrong else None), case["file"]
            assert report.certificate is not None


def test_changed_properties_of_a_xades_signature_are_named(shared: Path):
    path = shared / "dcc/examples/pydcc_dcc_gp_temperature_typical_v12_v3.2.0_signed.xml"
    text = path.read_text()
    changed = re.sub(r"(<xades:SigningTime>)20\d\d", r"\g<1>1999", text)
    assert changed != text
    report = verify_xml_signature(changed.encode())
    assert report.flaw is Flaw.PROPERTIES_CHANGED
    assert str(report.failed).startswith("#xades-id-")
