"""What a certificate says: the one source from which the paper, the XML and the public page are made.

Numbers are `Decimal`, exactly as they are printed; a signed paper holds no binary fractions.  The content is frozen
when the certificate gets its number; its canonical JSON is kept and hashed, and never edited.
Fields: 计量检定印、证管理办法 and JJF 1002 (from memory, unconfirmed).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

_NO_TEXT = (
    r"\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff"  # control characters, breaks of lines, what XML has not
)

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300, pattern=rf"^[^{_NO_TEXT}]*$")]
GivenLine = Annotated[Line, StringConstraints(min_length=1)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Url = Annotated[
    str,
    StringConstraints(
        max_length=300, pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/?=&-]*)?$"
    ),
]


def _printable(number: Decimal) -> Decimal:
    """Refuse what nobody prints: it would also fill the memory."""
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or not exponent >= -_PLACES or number.adjusted() > _PLACES:
        raise PydanticCustomError("number", "数值超出范围。")
    return number


_PLACES = 30  # before and after the point
Number = Annotated[Decimal, AfterValidator(_printable)]


class Kind(StrEnum):
    """What sort of paper it is."""

    VERIFICATION = "verification"
    """检定证书: passed."""
    REJECTION = "rejection"
    """检定结果通知书: rejected; no validity."""
    CALIBRATION = "calibration"
    """校准证书: values with uncertainty, no verdict."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Institute(_Part):
    """Who verified; ``authorisation_number`` of the 计量授权证书."""

    name: GivenLine
    authorisation_number: Line = ""
    city: GivenLine
    address: Line = ""
    phone: Line = ""


class Customer(_Part):
    """Who submitted the instrument (送检单位)."""

    name: GivenLine
    city: GivenLine
    address: Line = ""


class Instrument(_Part):
    """What was verified, as on its nameplate."""

    name: GivenLine
    model: Line = ""
    serial_no: Line = ""
    manufacturer: Line = ""
    accuracy_class: Line = ""
    measuring_range: Line = ""
    label_code: Line = ""


class Regulation(_Part):
    """By which edition of which regulation; ``sha256`` of the packaged file that judged."""

    number: GivenLine
    edition: GivenLine
    title: GivenLine
    sha256: Sha256

    @property
    def document(self) -> str:
        """The regulation as it is cited, such as JJG 539-2016."""
        return f"{self.number}-{self.edition}"


class StandardUsed(_Part):
    """A measurement standard, and its own certificate that was valid on the day."""

    name: GivenLine
    serial_no: Line = ""
    accuracy: Line = ""
    examination_number: Line = ""
    """计量标准考核证书号 or 社会公用计量标准证书号."""
    certificate_number: GivenLine
    certificate_issuer: GivenLine
    certificate_valid_until: date
    certificate_sha256: Sha256 | None = None


class Surrounding(_Part):
    """A condition during the work, such as 温度 22.5 ℃; ``unit`` as in kernels.quantities."""

    name: GivenLine
    value: Number
    unit: Line = ""


class Row(_Part):
    """One measured point [units of its table]; None where there is no such number.

    ``error`` is indicated − reference, or what else the table judges, rounded where the regulation says so; limits
    are inclusive.  The three numbers of the uncertainty (U, k, p) come together.
    """

    point: GivenLine
    reference: Number | None = None
    indication: Number | None = None
    error: Number
    expanded_uncertainty: Annotated[Number, Field(gt=0)] | None = None
    coverage_factor: Annotated[Number, Field(ge=1)] | None = None
    coverage_probability: Annotated[Number, Field(gt=0, lt=1)] | None = None
    lower: Number | None = None
    upper: Number | None = None
    passed: bool | None = None

    @model_validator(mode="after")
    def _whole_uncertainty(self) -> Row:
        parts = (self.expanded_uncertainty, self.coverage_factor, self.coverage_probability)
        if len({part is None for part in parts}) > 1:
            raise PydanticCustomError("uncertainty", "扩展不确定度、包含因子和包含概率须一并给出。")
        return self


class Table(_Part):
    """The points of one test; ``quantity`` is what ``error`` is called; ``phase`` 调整前 or 调整后, else empty.

    ``unit`` is that of error, uncertainty and limits.  Reference and indication have their own: an electricity meter
    is read in A and judged in %.
    """

    title: GivenLine
    quantity: GivenLine
    unit: Line = ""
    reference_unit: Line = ""
    indication_unit: Line = ""
    clause: Line = ""
    phase: Line = ""
    rows: Annotated[tuple[Row, ...], Field(min_length=1)]


class Check(_Part):
    """Something looked at and not measured, such as 铅封完好."""

    text: GivenLine
    passed: bool


class People(_Part):
    """检定（校准）、核验、批准: names as printed.  Two people may bear one name: accounts tell them apart, not names."""

    verifier: GivenLine
    checker: GivenLine
    signatory: GivenLine


class Content(_Part):
    """All that a certificate says."""

    format: Annotated[int, Field(ge=1, le=1)] = 1
    number: GivenLine
    kind: Kind
    institute: Institute
    customer: Customer
    instrument: Instrument
    regulation: Regulation
    standards: Annotated[tuple[StandardUsed, ...], Field(min_length=1)]
    surroundings: tuple[Surrounding, ...] = ()
    place: GivenLine
    is_on_site: bool
    begun_on: date
    ended_on: date
    tables: tuple[Table, ...] = ()
    checks: tuple[Check, ...] = ()
    conclusion: Line = ""
    """合格, with its class; 不合格; empty on a calibration certificate."""
    reasons: tuple[GivenLine, ...] = ()
    """What failed, each with its clause: on a rejection notice."""
    marks: tuple[GivenLine, ...] = ()
    """Numbers of seals and marks put on."""
    remarks: tuple[GivenLine, ...] = ()
    unconfirmed: tuple[GivenLine, ...] = ()
    """What the verdict rests on and nobody has compared with the official text."""
    people: People
    issued_on: date
    valid_until: date | None = None
    supersedes: Line = ""
    """Number of the certificate in whose place this one stands."""
    url: Url
    """Public page, as in the QR code."""
    is_demonstration: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Content:
        match self.kind:
            case Kind.VERIFICATION:
                wrong = self.valid_until is None or not self.conclusion or bool(self.reasons)
            case Kind.REJECTION:
                wrong = self.valid_until is not None or not self.conclusion or not self.reasons
            case Kind.CALIBRATION:
                wrong = self.valid_until is not None or bool(self.conclusion) or not self.tables
        if wrong:
            raise PydanticCustomError(
                "kind",
                "检定证书须有结论和有效期；检定结果通知书须有结论和不合格项，没有有效期；校准证书须有数据，不给结论。",
            )
        if not self.begun_on <= self.ended_on <= self.issued_on:
            raise PydanticCustomError("days", "日期须依次为：开始、结束、签发。")
        if self.valid_until is not None and self.valid_until < self.ended_on:
            raise PydanticCustomError("days", "有效期不能早于检定日期。")
        if not self.tables and not self.checks:
            raise PydanticCustomError("results", "没有任何检定数据或检查结果。")
        return self


def content_json(content: Content) -> dict[str, object]:
    """Return the content as canonical JSON can hold it: decimals and days as text."""
    return content.model_dump(mode="json")


def read_content(data: object) -> Content:
    """Return the content that `content_json` wrote.

    Raises
    ------
    pydantic.ValidationError
        With every place that is wrong.
    """
    return Content.model_validate(data)
