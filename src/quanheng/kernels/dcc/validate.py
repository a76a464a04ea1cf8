"""The verdict on a file that claims to be a DCC: XSD, Schematron, signatures; each says when it was not done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lxml import etree

from quanheng.kernels.dcc.names import MATHML, ROOT, ROOT_NAME
from quanheng.kernels.dcc.parse import MAX_BYTES, BadXml, parse_xml
from quanheng.kernels.dcc.schemas import Message, NoSchema, SchemaFiles, compiled_schema, errors_by
from quanheng.kernels.dcc.signatures import NOT_JUDGED, Signature, read_signatures
from quanheng.kernels.dcc.structure import structure_errors

if TYPE_CHECKING:
    from quanheng.kernels.dcc.schematron import Schematron

MAX_RULED_ELEMENTS = 20_000
MAX_RULED_PAIRS = 100_000
"""Larger documents are not put through Schematron: its rules compare every identifier with every reference."""


@dataclass(frozen=True, slots=True)
class Validation:
    """The verdict.  None: not done, and ``notes`` says why.

    ``refusal`` is the code of BadXml; a refused document has no other result.  ``structure`` holds our own
    checks, which are done where the XSD was not.
    """

    is_well_formed: bool
    refusal: str = ""
    schema_version: str | None = None
    is_xsd_valid: bool | None = None
    xsd: tuple[Message, ...] = ()
    structure: tuple[Message, ...] | None = None
    is_ruled: bool = False
    errors: tuple[Message, ...] = ()
    warnings: tuple[Message, ...] = ()
    signatures: tuple[Signature, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_signature_valid(self) -> bool | None:
        """Whether every signature is valid; None where there is none."""
        return all(found.is_valid for found in self.signatures) if self.signatures else None

    @property
    def signature_reason(self) -> str:
        """Why the signature is valid or not, in Chinese."""
        if not self.is_well_formed:
            return "文件没有读取，没有查找签名。"
        if not self.signatures:
            return "没有签名。"
        if len(self.signatures) == 1:
            said = self.signatures[0].reason
        else:
            said = "；".join(f"签名 {i}：{found.reason}" for i, found in enumerate(self.signatures, start=1))
        return f"{said}。{NOT_JUDGED}。"

    @property
    def has_problems(self) -> bool:
        """Whether anything that was checked is wrong."""
        return (
            not self.is_well_formed
            or self.is_xsd_valid is False
            or bool(self.structure)
            or bool(self.errors)
            or self.is_signature_valid is False
        )


class Validator:
    """Validates documents against the same schemas; not shared between threads."""

    def __init__(self, files: SchemaFiles) -> None:
        # Late: who only reads a document does not wait for an XPath compiler.
        from quanheng.kernels.dcc.schematron import BadSchematron, read_schematron

        self._files = files
        self._schemas: dict[str, etree.XMLSchema] = {}
        self._rules: Schematron | None = None
        self._no_rules = ""
        try:
            self._rules = read_schematron(files["schematron"])
        except KeyError:
            self._no_rules = "没有找到 PTB 的 Schematron 规则（dcc.sch）"
        except BadSchematron as error:
            self._no_rules = str(error)

    def validate(self, data: bytes, *, max_bytes: int = MAX_BYTES) -> Validation:
        """Return the verdict on a file of at most ``max_bytes`` [bytes]; nothing is raised for a bad one."""
        try:
            root = parse_xml(data, max_bytes=max_bytes)
        except BadXml as error:
            return refused(error)
        version = root.get("schemaVersion")
        notes: list[str] = []
        found = self._xsd(root, version, notes)
        errors, warnings, is_ruled = self._rule(root, notes)
        if next(root.iter(f"{{{MATHML}}}math"), None) is not None:
            notes.append("公式（MathML）的内部没有校验：DCC 的 schema 没有附 MathML 的 schema。")
        return Validation(
            is_well_formed=True,
            schema_version=version,
            is_xsd_valid=None if found is None else not found,
            xsd=found or (),
            structure=structure_errors(root) if found is None else None,
            is_ruled=is_ruled,
            errors=errors,
            warnings=warnings,
            signatures=read_signatures(root),
            notes=tuple(notes),
        )

    def _xsd(self, root: etree._Element, version: str | None, notes: list[str]) -> tuple[Message, ...] | None:
        """Return what the XSD finds wrong; None where it was not done, with a note that says so."""
        if etree.QName(root).localname != ROOT_NAME:
            why = f"根元素是 {etree.QName(root).localname}，不是 DCC（{ROOT_NAME}）"
        elif version is None:
            why = "没有写明 schemaVersion"
        else:
            try:
                if version not in self._schemas:
                    self._schemas[version] = compiled_schema(version, self._files)
                return errors_by(self._schemas[version], root)
            except NoSchema as error:
                why = str(error)
        notes.append(f"未做 XSD 校验：{why}。只做了本软件自己的结构检查。")
        return None

    def _rule(
        self, root: etree._Element, notes: list[str]
    ) -> tuple[tuple[Message, ...], tuple[Message, ...], bool]:
        why = self._no_rules or _why_not_ruled(root)
        if why or self._rules is None:
            notes.append(f"未做 Schematron 校验：{why}。")
            return (), (), False
        said = self._rules.judge(root)
        errors = tuple(each.message for each in said if each.role == "error")
        return errors, tuple(each.message for each in said if each.role == "warning"), True


def _why_not_ruled(root: etree._Element) -> str:
    if root.tag != ROOT:
        return "不是 DCC"
    elements = list(root.iter(etree.Element))
    if len(elements) > MAX_RULED_ELEMENTS:
        return f"元素超过 {MAX_RULED_ELEMENTS} 个"
    ids, references = (sum(name in element.attrib for element in elements) for name in ("id", "refId"))
    return "标识和引用太多" if ids * references > MAX_RULED_PAIRS else ""


def expiry_notes(found: Validation, now: datetime) -> tuple[str, ...]:
    """Return what the certificates of the signers say of ``now``; it decides no verdict."""
    return tuple(
        f"签名人的证书已于 {signature.valid_until.date()} 到期（{signature.signer}）。"
        if signature.valid_until < now
        else f"签名人的证书从 {signature.valid_from.date()} 起才有效（{signature.signer}）。"
        for signature in found.signatures
        if signature.valid_until and signature.valid_from
        if not signature.valid_from <= now <= signature.valid_until
    )


def refused(error: BadXml) -> Validation:
    """Return the verdict on a file that was not read."""
    return Validation(is_well_formed=False, refusal=error.code, notes=(str(error),))


def validation_json(found: Validation) -> dict[str, Any]:
    """Return the verdict as JSON: the contract of docs/reference/dcc.md."""
    return {
        "well_formed": found.is_well_formed,
        "schema_version": found.schema_version,
        "xsd_valid": found.is_xsd_valid,
        "xsd_errors": [_verbatim(message) for message in found.xsd],
        "schematron_errors": [_verbatim(message) for message in found.errors],
        "schematron_warnings": [_verbatim(message) for message in found.warnings],
        "signature": {
            "present": bool(found.signatures),
            "valid": found.is_signature_valid,
            "reason": found.signature_reason,
            "signers": [_signer(signature) for signature in found.signatures],
        },
        "refusal": found.refusal or None,
        "schematron_done": found.is_ruled,
        "structure_errors": None if found.structure is None else [str(each) for each in found.structure],
        "notes": list(found.notes),
    }


def _verbatim(message: Message) -> str:
    """Return what a validator said in its own words, as programs compare it: ``line 37: Element …``."""
    return f"line {message.line}: {message.text}" if message.line else message.text


def _signer(signature: Signature) -> dict[str, Any]:
    return {
        "valid": signature.is_valid,
        "reason": signature.reason,
        "subject": signature.signer,
        "issuer": signature.issuer,
        "not_before": signature.valid_from.isoformat() if signature.valid_from else None,
        "not_after": signature.valid_until.isoformat() if signature.valid_until else None,
        "claimed_time": signature.claimed_time or None,
        "algorithm": signature.algorithm,
        "references": [
            {"uri": part.uri, "whole_document": part.is_whole, "digest_ok": not part.problem}
            for part in signature.references
        ],
    }
