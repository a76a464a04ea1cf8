"""The enveloped XML signature of a digital calibration certificate (W3C XMLDSig 1.1, C14N 1.1).

One reference over the whole document, ECDSA P-256 with SHA-256, the certificate in X509Data.  Checked are
also the signatures of others, XAdES included, as long as they cover the whole document.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from datetime import datetime
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.utils.translation import gettext as _
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidDigest, InvalidSignature, SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from quanheng.certificates.signing.errors import CannotSign
from quanheng.certificates.signing.keys import SigningKey
from quanheng.certificates.signing.report import Flaw, SignatureReport, Unsound
from quanheng.certificates.signing.x509_findings import issuers_among, read_certificate, refuse_invalid
from quanheng.kernels.dcc.parse import BadXml, parse_xml

_DS = "http://www.w3.org/2000/09/xmldsig#"
_XADES = "http://uri.etsi.org/01903/"
_SIGNATURE = f"{{{_DS}}}Signature"
_TRANSFORM = f"{{{_DS}}}Transform"
_REFERENCE = f"{{{_DS}}}SignedInfo/{{{_DS}}}Reference"
_ENVELOPED = f"{_DS}enveloped-signature"
_C14N = frozenset(method.value for method in CanonicalizationMethod)
_OWN_NAMESPACES = (
    _DS,
    _XADES,
    "http://www.w3.org/2009/xmldsig11#",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
)
# The same rule by which signxml finds an element, so that both mean the same one.
_BY_ID = etree.XPath("//*[@*[local-name()='Id' or local-name()='ID' or local-name()='id']=$name]")
_METHODS = frozenset(
    method
    for method in SignatureMethod
    if method.name.startswith(("RSA_SHA", "ECDSA_SHA", "SHA")) and "SHA1" not in method.name
)
_DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})


# signxml reads again what parse_xml has let pass: a text may then be longer than 10 MB (an attached PDF).
_AGAIN = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=True)


class _Signer(XMLSigner):
    _default_parser = _AGAIN


class _ForSignxml:
    """What signxml asks of an elliptic curve key, answered by a `SigningKey`."""

    key_size = 256

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def sign(self, data: bytes, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        if not isinstance(signature_algorithm.algorithm, SHA256):
            raise TypeError(signature_algorithm)
        return self._key.sign(data)


def sign_xml(xml: bytes, key: SigningKey, *, signed_at: datetime) -> bytes:
    """Return the document with a signature as the last child of its root, in UTF-8.

    The signature holds no time: the log is the trusted one.

    Parameters
    ----------
    signed_at:
        Now, with its zone; the certificate must be valid then.

    Raises
    ------
    CannotSign
        It is not XML, is signed already, or holds what such a signature cannot protect: a document type,
        a comment (XMLDSig 4.4.3.3), a processing instruction outside the root.
    CertificateNotValid, KeyUnavailable
        The certificate is not valid at ``signed_at``; the token does not answer.
    """
    refuse_invalid(key.certificate, signed_at)
    root = _parsed_to_sign(xml)
    signer = _Signer(
        signature_algorithm=SignatureMethod.ECDSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_1,
    )
    adapter = cast(ec.EllipticCurvePrivateKey, _ForSignxml(key))
    signed = signer.sign(root, key=adapter, cert=[key.certificate, *key.chain])
    return etree.tostring(signed, xml_declaration=True, encoding="UTF-8")


def _parsed_to_sign(xml: bytes) -> etree._Element:
    try:
        root = _parsed(xml)
    except Unsound as flaw:
        raise CannotSign(reason=flaw.detail.rstrip("。")) from flaw
    if next(root.iter(_SIGNATURE), None) is not None:
        raise CannotSign(reason=_("文件中已有签名"))
    if next(root.iter(etree.Comment), None) is not None:
        raise CannotSign(reason=_("文件含注释，签名不能保护注释"))
    if _has_instruction_beside(root):
        raise CannotSign(reason=_("根元素之外有处理指令"))
    return root


def _parsed(xml: bytes) -> etree._Element:
    """Parse as `parse_xml` does, without entities and outside files; Unsound where it refuses."""
    try:
        return parse_xml(xml)
    except BadXml as error:
        raise Unsound(Flaw.UNREADABLE, str(error)) from error


def _has_instruction_beside(root: etree._Element) -> bool:
    """Say whether there is a processing instruction outside the root, such as a style sheet."""
    beside = [*root.itersiblings(preceding=True), *root.itersiblings()]
    return any(isinstance(node, etree._ProcessingInstruction) for node in beside)


def verify_xml_signature(xml: bytes) -> SignatureReport:
    """Say whether one signature covers the whole document and is made by the certificate in it.

    Refused are, beside changed content: more than one signature; a signature that is not the last child of
    the root; references to less than the whole document; transforms other than the enveloped signature and
    canonicalisation; foreign elements inside the signature (signature wrapping).  Never raises.
    """
    chain: tuple[x509.Certificate, ...] = ()
    try:
        root = _parsed(xml)
        signature = _only_signature(root)
        _check_structure(root, signature)
        chain = _certificates(signature)
        content = _verified(root, signature, chain[0])
    except Unsound as found:
        return SignatureReport(
            present=found.flaw not in {Flaw.ABSENT, Flaw.UNREADABLE},
            flaw=found.flaw,
            detail=found.detail,
            failed=found.failed,
            certificate=chain[0] if chain else None,
            chain=chain[1:],
        )
    return SignatureReport(present=True, flaw=None, certificate=chain[0], chain=chain[1:], content=content)


def _only_signature(root: etree._Element) -> etree._Element:
    """Return the signature below the root: there must be one in the whole document, as its last child."""
    found = list(root.iter(_SIGNATURE))
    if not found:
        raise Unsound(Flaw.ABSENT)
    if len(found) > 1:
        raise Unsound(Flaw.SEVERAL, str(len(found)))
    children = [child for child in root if isinstance(child.tag, str)]
    if not children or children[-1] is not found[0]:
        raise Unsound(Flaw.MISPLACED)
    return found[0]


def _check_structure(root: etree._Element, signature: etree._Element) -> None:
    """Demand that the references cover the whole document and that the signature carries nothing else."""
    if _has_instruction_beside(root):
        raise Unsound(Flaw.PARTIAL, "processing instruction outside the root")
    for element in signature.iter(etree.Element):
        if not (etree.QName(element).namespace or "").startswith(_OWN_NAMESPACES):
            raise Unsound(Flaw.FOREIGN_PARTS, etree.QName(element).localname)
    references = signature.findall(_REFERENCE)
    targets = [_target(root, reference) for reference in references]
    if targets.count(root) != 1:
        raise Unsound(Flaw.PARTIAL)
    for reference, target in zip(references, targets, strict=True):
        if target is not root and signature not in target.iterancestors():
            raise Unsound(Flaw.PARTIAL, reference.get("URI", ""))
        _check_transforms(reference, enveloped=target is root)


def _target(root: etree._Element, reference: etree._Element) -> etree._Element:
    """Return the one element that a reference means; Unsound where there are none or several."""
    uri = reference.get("URI")
    if uri == "":
        return root
    if uri is None or not uri.startswith("#") or uri.startswith("#xpointer"):
        raise Unsound(Flaw.PARTIAL, str(uri))
    found = _BY_ID(root, name=uri[1:])
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], etree._Element):
        raise Unsound(Flaw.PARTIAL, uri)
    return found[0]


def _check_transforms(reference: etree._Element, *, enveloped: bool) -> None:
    transforms = reference.findall(f"{{{_DS}}}Transforms/{_TRANSFORM}")
    names = [transform.get("Algorithm", "") for transform in transforms]
    if (names[:1] == [_ENVELOPED]) != enveloped:
        raise Unsound(Flaw.PARTIAL, ", ".join(names))
    rest = names[1:] if enveloped else names
    if len(rest) > 1 or not _C14N.issuperset(rest):
        raise Unsound(Flaw.WEAK, ", ".join(rest))


def _certificates(signature: etree._Element) -> tuple[x509.Certificate, ...]:
    """Return the signer's certificate of X509Data, the one that issued no other, and its issuers."""
    texts = signature.findall(f"{{{_DS}}}KeyInfo/{{{_DS}}}X509Data/{{{_DS}}}X509Certificate")
    if not texts:
        raise Unsound(Flaw.NO_CERTIFICATE)
    try:
        pool = [read_certificate(b64decode(text.text or "")) for text in texts]
    except ValueError as error:
        raise Unsound(Flaw.WRONG_CERTIFICATE, str(error)) from error
    issuers = [one.issuer for one in pool if one.issuer != one.subject]
    leaf = next((one for one in pool if one.subject not in issuers), pool[0])
    return (leaf, *issuers_among(leaf, pool))


def _verified(root: etree._Element, signature: etree._Element, certificate: x509.Certificate) -> bytes:
    """Return the signed bytes of the whole document; Unsound where a digest or the signature is wrong."""
    references = signature.findall(_REFERENCE)
    whole = next(i for i, reference in enumerate(references) if _target(root, reference) is root)
    settings = SignatureConfiguration(
        location="./",
        expect_references=len(references),
        signature_methods=_METHODS,
        digest_algorithms=_DIGESTS,
        # The period of validity is judged by certificate_findings, at the time of the log.
        verification_time=certificate.not_valid_before_utc,
    )
    try:
        found = XMLVerifier().verify(root, x509_cert=certificate, expect_config=settings, parser=_AGAIN)
    except InvalidDigest as error:
        index = _failed_reference(error)
        flaw = Flaw.CHANGED if index == whole else Flaw.PROPERTIES_CHANGED
        raise Unsound(flaw, str(error), references[index].get("URI", "")) from error
    except InvalidSignature as error:
        # A namespace declared at the root is part of what is signed directly, too: name the content first.
        if not _digest_matches(root, references[whole]):
            raise Unsound(Flaw.CHANGED, str(error), references[whole].get("URI", "")) from error
        raise Unsound(Flaw.FORGED, str(error)) from error
    except etree.LxmlError as error:
        raise Unsound(Flaw.BROKEN, str(error)) from error
    except SignXMLException as error:
        raise Unsound(Flaw.WEAK, str(error)) from error
    except Exception as error:  # what a hostile KeyInfo or a strange key makes the libraries raise
        raise Unsound(Flaw.WRONG_CERTIFICATE, repr(error)) from error
    results = found if isinstance(found, list) else [found]
    return results[whole].signed_data


def _digest_matches(root: etree._Element, reference: etree._Element) -> bool:
    """Say whether the document without its signature has the digest that the reference states."""
    method = reference.find(f"{{{_DS}}}DigestMethod")
    stated = reference.findtext(f"{{{_DS}}}DigestValue") or ""
    name = DigestAlgorithm(method.get("Algorithm", "") if method is not None else "").name.lower()
    copy = etree.fromstring(etree.tostring(root), _AGAIN)
    signature = copy.findall(_SIGNATURE)[0]
    before, tail = signature.getprevious(), signature.tail or ""
    if before is None:
        copy.text = (copy.text or "") + tail
    else:
        before.tail = (before.tail or "") + tail
    copy.remove(signature)
    is_exclusive = any("xml-exc-c14n#" in one.get("Algorithm", "") for one in reference.iter(_TRANSFORM))
    canonical = etree.tostring(copy, method="c14n", exclusive=is_exclusive, with_comments=False)
    return b64decode(stated) == hashlib.new(name, canonical).digest()


def _failed_reference(error: InvalidDigest) -> int:
    """Return which reference signxml means; it says so in its message only."""
    index = re.search(r"reference (\d+)", str(error))
    return int(index.group(1)) if index else 0
