"""A chain from its file.  The format is described in docs/reference/traceability-file.md."""

from __future__ import annotations

import re
from typing import NamedTuple

from quanheng.kernels.traceability.errors import BadTraceability
from quanheng.kernels.traceability.fields import Fields, load_fields
from quanheng.kernels.traceability.graph import Certificate, RatioLimits, Standard, Verification

_TOP = ("verification", "limits", "standards")
_VERIFICATION = ("number", "on", "instrument", "standards", "mpe", "unit")
_LIMITS = ("of_instrument", "of_standard")
_STANDARD = ("name", "is_national", "certificates")
_CERTIFICATE = (
    "number",
    "issued_by",
    "calibrated_on",
    "valid_until",
    "standards",
    "sha256",
    "file_sha256",
    "expanded_uncertainty",
    "unit",
)
_HASH = re.compile(r"[0-9a-f]{64}")


class ChainFile(NamedTuple):
    """What a file says of one verification."""

    standards: dict[str, Standard]
    verification: Verification
    limits: RatioLimits


def load_chain(text: bytes, *, is_json: bool = False) -> ChainFile:
    """Return the content of a file.

    Raises
    ------
    BadTraceability
        With the line of a YAML file, or the place in a JSON file.
    """
    top = load_fields(text, is_json=is_json, known=_TOP)
    limits = top.child("limits", _LIMITS) if "limits" in top else None
    ratios = RatioLimits(*(_positive(limits, key) for key in _LIMITS)) if limits else RatioLimits()
    named = top.child("standards")
    standards = {code: _standard(named.child(code, _STANDARD), code) for code in map(str, named.values)}
    return ChainFile(standards, _verification(top.child("verification", _VERIFICATION)), ratios)


def _verification(fields: Fields) -> Verification:
    return Verification(
        fields.needed_text("number"),
        fields.needed_day("on"),
        fields.needed_text("instrument"),
        fields.texts("standards"),
        _positive(fields, "mpe"),
        fields.text("unit"),
    )


def _standard(fields: Fields, code: str) -> Standard:
    certificates = tuple(_certificate(each) for each in fields.each("certificates", _CERTIFICATE))
    numbers = [each.number for each in certificates]
    for at, number in enumerate(numbers):
        if number in numbers[:at]:
            raise fields.refuse(f"证书 {number} 重复。", "certificates", at)
    return Standard(code, fields.text("name", code), certificates, fields.flag("is_national"))


def _certificate(fields: Fields) -> Certificate:
    try:
        return Certificate(
            fields.needed_text("number"),
            fields.needed_text("issued_by"),
            fields.needed_day("calibrated_on"),
            fields.day("valid_until"),
            fields.texts("standards"),
            _hash(fields, "sha256"),
            _hash(fields, "file_sha256"),
            _positive(fields, "expanded_uncertainty"),
            fields.text("unit"),
        )
    except BadTraceability as error:
        raise error if error.line is not None or error.where else fields.refuse(error.reason) from None


def _hash(fields: Fields, key: str) -> str:
    text = fields.text(key)
    if text and not _HASH.fullmatch(text):
        raise fields.refuse("SHA-256 应为 64 位十六进制小写字符。", key)
    return text


def _positive(fields: Fields, key: str) -> float | None:
    return fields.positive(key) if key in fields else None
