"""A small DCC 3.3.0 of an invented laboratory, and signatures on it by keys made here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import CanonicalizationMethod, SignatureConstructionMethod, XMLSigner

DCC = """<?xml version="1.0" encoding="UTF-8"?>
<dcc:digitalCalibrationCertificate xmlns:dcc="https://ptb.de/dcc" xmlns:si="https://ptb.de/si" schemaVersion="3.3.0">
 <dcc:administrativeData>
  <dcc:dccSoftware><dcc:software><dcc:name><dcc:content>试作</dcc:content></dcc:name><dcc:release>v 1.0</dcc:release></dcc:software></dcc:dccSoftware>
  <dcc:coreData>
   <dcc:countryCodeISO3166_1>CN</dcc:countryCodeISO3166_1>
   <dcc:usedLangCodeISO639_1>zh</dcc:usedLangCodeISO639_1>
   <dcc:mandatoryLangCodeISO639_1>zh</dcc:mandatoryLangCodeISO639_1>
   <dcc:uniqueIdentifier>S-2026-0001</dcc:uniqueIdentifier>
   <dcc:beginPerformanceDate>2026-03-01</dcc:beginPerformanceDate>
   <dcc:endPerformanceDate>2026-03-02</dcc:endPerformanceDate>
   <dcc:performanceLocation>laboratory</dcc:performanceLocation>
   <dcc:issueDate>2026-03-05</dcc:issueDate>
  </dcc:coreData>
  <dcc:items><dcc:item id="weight">
   <dcc:name><dcc:content lang="zh">砝码</dcc:content></dcc:name><dcc:model>F1</dcc:model>
   <dcc:identifications><dcc:identification><dcc:issuer>manufacturer</dcc:issuer><dcc:value>W-7</dcc:value></dcc:identification></dcc:identifications>
  </dcc:item></dcc:items>
  <dcc:calibrationLaboratory><dcc:calibrationLaboratoryCode>L1</dcc:calibrationLaboratoryCode><dcc:contact><dcc:name><dcc:content>质量实验室</dcc:content></dcc:name><dcc:location><dcc:city>某市</dcc:city></dcc:location></dcc:contact></dcc:calibrationLaboratory>
  <dcc:respPersons><dcc:respPerson><dcc:person><dcc:name><dcc:content>校准员甲</dcc:content></dcc:name></dcc:person><dcc:mainSigner>true</dcc:mainSigner></dcc:respPerson></dcc:respPersons>
  <dcc:customer><dcc:name><dcc:content>某检定所</dcc:content></dcc:name><dcc:location><dcc:city>某县</dcc:city></dcc:location></dcc:customer>
 </dcc:administrativeData>
 <dcc:measurementResults><dcc:measurementResult>
  <dcc:name><dcc:content lang="zh">质量</dcc:content></dcc:name>
  <dcc:usedMethods><dcc:usedMethod><dcc:name><dcc:content lang="zh">比较法</dcc:content></dcc:name><dcc:norm>JJG 99</dcc:norm></dcc:usedMethod></dcc:usedMethods>
  <dcc:measuringEquipments><dcc:measuringEquipment>
   <dcc:name><dcc:content lang="zh">标准砝码</dcc:content></dcc:name>
   <dcc:certificate><dcc:referral><dcc:content lang="zh">校准证书</dcc:content></dcc:referral><dcc:referralID>UP-1</dcc:referralID><dcc:procedure>SHA-256</dcc:procedure><dcc:value>ab12</dcc:value></dcc:certificate>
  </dcc:measuringEquipment></dcc:measuringEquipments>
  <dcc:influenceConditions><dcc:influenceCondition><dcc:name><dcc:content lang="zh">温度</dcc:content></dcc:name><dcc:data><dcc:quantity><si:real><si:value>20.1</si:value><si:unit>\\degreecelsius</si:unit></si:real></dcc:quantity></dcc:data></dcc:influenceCondition></dcc:influenceConditions>
  <dcc:results><dcc:result>
   <dcc:name><dcc:content lang="zh">约定质量</dcc:content></dcc:name>
   <dcc:data><dcc:list><dcc:name><dcc:content lang="zh">1 kg</dcc:content></dcc:name><dcc:quantity refType="basic_measuredValue">
    <dcc:name><dcc:content lang="zh">误差</dcc:content></dcc:name>
    <si:real><si:value>0.80</si:value><si:unit>\\milli\\gram</si:unit><si:measurementUncertaintyUnivariate><si:expandedMU><si:valueExpandedMU>0.30</si:valueExpandedMU><si:coverageFactor>2</si:coverageFactor><si:coverageProbability>0.95</si:coverageProbability></si:expandedMU></si:measurementUncertaintyUnivariate></si:real>
    <dcc:measurementMetaData><dcc:metaData><dcc:conformity>pass</dcc:conformity></dcc:metaData></dcc:measurementMetaData>
   </dcc:quantity></dcc:list></dcc:data>
  </dcc:result></dcc:results>
 </dcc:measurementResult></dcc:measurementResults>
</dcc:digitalCalibrationCertificate>
"""


def sample(*changes: tuple[str, str]) -> bytes:
    """The sample with texts replaced; each must be there."""
    text = DCC
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


@cache
def key(kind: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


@cache
def certificate(kind: str) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{kind} of a test")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key(kind).public_key())
        .serial_number(7)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=30))
        .sign(key(kind), hashes.SHA256())
    )


def signed(
    kind: str = "ecdsa",
    c14n: CanonicalizationMethod = CanonicalizationMethod.CANONICAL_XML_1_1,
    data: bytes | None = None,
    *,
    reference: str | None = None,
    **options: object,
) -> bytes:
    """The sample with an enveloped signature of signxml."""
    signer = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=f"{kind}-sha256",
        c14n_algorithm=c14n,
    )
    private = key(kind).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = certificate(kind).public_bytes(serialization.Encoding.PEM).decode()
    root = etree.fromstring(data or sample())
    made = signer.sign(root, key=private, cert=public, reference_uri=reference, **options)
    return etree.tostring(made, encoding="utf-8", xml_declaration=True)
