"""Are the XML signatures of a document those of the keys they carry, over the whole document as it is now?

XMLDSig 1.1 core validation (section 3.2), of XAdES too: every Reference and SignedInfo.  Not judged here:
who the signer is, whether the certificate was trusted, in date or revoked on the day of signing.
Comments are outside of what XMLDSig signs, so a changed comment goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from quanheng.kernels.dcc.names import SIGNATURE, ds
from quanheng.kernels.dcc.references import CannotCheck, canonical_of, canonical_part, covered_by
from quanheng.kernels.dcc.signing_keys import (
    DIGESTS,
    METHODS,
    SigningKey,
    decoded,
    digest,
    embedded_keys,
    verifies,
)
from quanheng.kernels.dcc.texts import own_text

MAX_SIGNATURES = 8
MAX_REFERENCES = 8
_XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
NOT_JUDGED = "证书链、有效期和吊销没有在此判断"


@dataclass(frozen=True, slots=True)
class Reference:
    """One thing that a signature covers; ``problem`` is empty where the digest agrees, ``uri`` None where none is said."""

    uri: str | None
    is_whole: bool
    problem: str


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature.  ``is_valid``: all references and SignedInfo agree, and one covers the whole document.

    ``signer``, ``issuer`` and the validity are what the certificate says of itself; ``claimed_time`` is
    what the signer wrote (XAdES SigningTime), proven by nobody.
    """

    is_valid: bool
    reason: str
    algorithm: str = ""
    signer: str = ""
    issuer: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    claimed_time: str = ""
    certificate: bytes = b""
    references: tuple[Reference, ...] = ()


def read_signatures(root: etree._Element) -> tuple[Signature, ...]:
    """Return the signatures of a document, in its order; those inside another (countersignatures) are not counted."""
    found = [element for element in root.iter(SIGNATURE) if not _is_inside(element)]
    if len(found) > MAX_SIGNATURES:
        return (Signature(is_valid=False, reason=f"签名超过 {MAX_SIGNATURES} 个，没有验证"),)
    return tuple(_read(element) for element in found)


def _is_inside(element: etree._Element) -> bool:
    return any(ancestor.tag == SIGNATURE for ancestor in element.iterancestors())


def _read(signature: etree._Element) -> Signature:
    info = signature.find(ds("SignedInfo"))
    if info is None:
        return Signature(is_valid=False, reason="签名不完整：缺少 SignedInfo")
    method = info.find(ds("SignatureMethod"))
    algorithm = "" if method is None else method.get("Algorithm", "")
    claimed = signature.find(f".//{_XADES}SigningTime")
    references = tuple(
        _check(reference, signature) for reference in info.findall(ds("Reference"))[:MAX_REFERENCES]
    )
    key, problem = _signing_key(signature, info, algorithm)
    reasons = [problem, *_problems(references, len(info.findall(ds("Reference"))))]
    said = "；".join(reason for reason in reasons if reason)
    certificate = key.certificate if key else None
    return Signature(
        is_valid=not said,
        reason=said or "签名与整个文件相符",
        algorithm=algorithm,
        signer=certificate.subject.rfc4514_string() if certificate else "",
        issuer=certificate.issuer.rfc4514_string() if certificate else "",
        valid_from=certificate.not_valid_before_utc if certificate else None,
        valid_until=certificate.not_valid_after_utc if certificate else None,
        claimed_time="" if claimed is None else own_text(claimed),
        certificate=certificate.public_bytes(Encoding.DER) if certificate else b"",
        references=references,
    )


def _problems(references: tuple[Reference, ...], count: int) -> Iterator[str]:
    if count > MAX_REFERENCES:
        yield f"引用超过 {MAX_REFERENCES} 个，没有验证"
    for number, reference in enumerate(references, start=1):
        if reference.problem:
            what = "整个文件" if reference.is_whole or reference.uri == "" else reference.uri or "没有写明"
            yield f"第 {number} 个引用（{what}）{reference.problem}"
    if not any(reference.is_whole or reference.problem for reference in references):
        yield "签名没有覆盖整个文件，不能证明本证书的内容"


def _check(reference: etree._Element, signature: etree._Element) -> Reference:
    uri = reference.get("URI")
    method = reference.find(ds("DigestMethod"))
    name = "" if method is None else method.get("Algorithm", "")
    if name not in DIGESTS:
        return Reference(uri, is_whole=False, problem=f"无法验证：不接受摘要算法 {name or '（没有写明）'}")
    try:
        covered = covered_by(reference, signature)
        agrees = digest(DIGESTS[name], covered.data) == decoded(reference.find(ds("DigestValue")))
    except CannotCheck as error:
        return Reference(uri, is_whole=False, problem=f"无法验证：{error}")
    except ValueError:
        return Reference(uri, is_whole=False, problem="的摘要值不可读")
    return Reference(uri, covered.is_whole, "" if agrees else "的摘要不符：内容在签名之后改动过")


def _signing_key(
    signature: etree._Element, info: etree._Element, algorithm: str
) -> tuple[SigningKey | None, str]:
    """Return the embedded key that made the signature, and what is wrong; empty: nothing."""
    if algorithm not in METHODS:
        return None, f"不接受签名算法 {algorithm or '（没有写明）'}"
    keys = list(embedded_keys(signature.find(ds("KeyInfo"))))
    if not keys:
        return None, "签名没有附证书或公钥，无法验证"
    try:
        how = canonical_of(info.find(ds("CanonicalizationMethod")))
        signed = canonical_part(info, how, with_comments=how.with_comments)
        value = decoded(signature.find(ds("SignatureValue")))
    except CannotCheck as error:
        return keys[0], f"无法验证：{error}"
    except ValueError:
        return keys[0], "签名值不可读"
    for key in keys:
        if verifies(key.key, algorithm, value, signed):
            return key, ""
    return keys[0], "签名值不符：签名信息改动过，或签名不是所附证书的密钥所作"
