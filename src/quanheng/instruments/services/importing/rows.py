"""A record of a ledger, made ready to be laid beside the registry; nothing is looked up here."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from quanheng.instruments.enums import Filing, Setting, Use, Verdict
from quanheng.instruments.models import Instrument, VerificationRecord
from quanheng.instruments.services.importing.reading import OWN_HEADINGS
from quanheng.instruments.services.importing.words import (
    Towns,
    parameters_of,
    place_and_spot,
    setting_of,
    use_of,
)
from quanheng.kernels.credit_code import credit_code
from quanheng.kernels.ledger.dates import BadDate, read_date
from quanheng.kernels.ledger.dictionary import parse_heading
from quanheng.kernels.ledger.model import Record, Rejected, SheetMapping
from quanheng.kernels.rules import KindIndex
from quanheng.kernels.text_keys import lookalike_key, name_key, serial_key
from quanheng.parties.models import Party

# Kept with the rows of the batch, so they stay in the language of the ledger.
REASONS = {
    "import.no_name": "没有器具名称。",
    "import.several_instruments": "数量为 {count}：一行代表多台器具。请每台一行，各填出厂编号。",
    "import.no_owner": "没有使用单位，也没有为全部行指定使用单位。",
    "import.too_long": "“{start}…”超过 {limit} 字。",
    "import.bad_credit_code": "统一社会信用代码“{given}”有误：{reason}。",
    "import.future_date": "检定日期 {on} 晚于今天。",
    "import.valid_before_verified": "有效期至 {until} 早于检定日期 {on}。",
    "import.rejected_with_validity": "结论为不合格，却写有有效期 {until}。",
    "import.scrapped_row": "台账写明“{text}”，未导入。",
    "import.owner_ambiguous": "有 {count} 个使用单位名为“{name}”，分属不同乡镇街道，无法确定是哪一个。",
    "import.place_ambiguous": "有 {count} 个场所名为“{name}”，分属不同乡镇街道，无法确定是哪一个。",
    "import.credit_code_taken": "统一社会信用代码 {given} 已登记在“{holder}”名下，台账写的是“{name}”。",
    "import.other_credit_code": "“{name}”已登记的统一社会信用代码是 {present}，台账写的是 {given}。",
    "import.serial_twice": "与本表第 {row} 行的出厂编号相同，而{fields}不同。",
    "import.other_kind": "同一制造单位、同一出厂编号已登记为“{name}”。",
    "import.several_matches": "有 {count} 台已登记的器具与本行相符，无法确定是哪一台。",
    "import.scrapped": "该器具已登记为报废（{on}）。",
}
# Which column is looked at first where a row is not fit to be laid beside the registry.
FIELD_OF = {
    "import.owner_ambiguous": "owner",
    "import.place_ambiguous": "place",
    "import.credit_code_taken": "owner",
    "import.other_credit_code": "owner",
    "import.serial_twice": "serial_no",
    "import.other_kind": "name",
    "import.several_matches": "serial_no",
    "import.scrapped": "serial_no",
}
# What is noted on a row that was imported.
NOTES = {
    "ledger.differs": "与已登记的不同，未改：{fields}",
    "import.no_verified_on": "只有有效期（{until}），没有检定日期，未记检定记录。",
    "import.no_place": "没有使用地点和乡镇街道，先列为待审核。",
}
_LIMITS: dict[str, int] = {
    name: int(getattr(model._meta.get_field(target), "max_length", 0))
    for model, pairs in (
        (
            Instrument,
            (
                ("name", "name"),
                ("model", "model"),
                ("serial_no", "serial_no"),
                ("manufacturer", "manufacturer"),
                ("accuracy", "accuracy_class"),
                ("range", "measuring_range"),
                ("place", "spot"),
            ),
        ),
        (Party, (("owner", "name"),)),
        (VerificationRecord, (("certificate_no", "certificate_no"), ("institution", "institution"))),
    )
    for name, target in pairs
}
_DETAILS = ("max", "min", "e", "d", "interval_months", "remark")
_CODE_HEADINGS = ("信用代码",)
_TOWN_HEADINGS = {"乡镇", "街道", "乡镇街道", "所在乡镇"}
_SIZE_HEADINGS = {"口径", "公称口径"}
_IN_USE_HEADINGS = {"启用日期", "启用时间", "投用日期", "投入使用日期", "安装日期", "安装时间"}
_SCRAPPED = re.compile(r"(?<![未不])报废")
_STOPPED = re.compile(r"(?<![未不])(?:停用|封存|停业|闲置)")


@dataclass(frozen=True)
class Defaults:
    """What holds for all rows that do not say otherwise; ``filing`` is the state of new instruments.

    ``owner`` and ``place`` are names.  With a place given, the ledger's places are spots within it.
    """

    use: str = ""
    town: int | None = None
    place: str = ""
    setting: str = ""
    owner: str = ""
    filing: str = Filing.SUBMITTED
    reason: str = ""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Defaults:
        """Return the defaults kept in the options of a batch."""
        return cls(**{name: options[name] for name in cls.__dataclass_fields__ if name in options})

    def to_dict(self) -> dict[str, Any]:
        """Return them as the options of a batch keep them."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(slots=True)
class Prepared:
    """One row as the registry would write it."""

    row: int
    name: str
    kind: str
    model: str
    serial_no: str
    serial_key: str
    manufacturer: str
    maker_key: str
    accuracy_class: str
    measuring_range: str
    details: dict[str, str]
    parameters: dict[str, Any]
    use: str
    default_use: str
    owner: str
    owner_key: str
    credit_code: str
    place: str
    place_text: str
    setting: str
    spot: str
    town: int | None
    in_use_on: date | None
    is_stopped: bool
    verified_on: date | None
    valid_until: date | None
    certificate_no: str
    institution: str
    verdict: str
    fingerprint: str

    @property
    def lookalike_key(self) -> str:
        """Return the key under which near-duplicates are offered."""
        return lookalike_key(self.serial_no)


@dataclass
class Columns:
    """Which heading holds which field, and what sort of thing the columns without field hold."""

    heading_of: dict[str, str] = field(default_factory=dict)
    kind_of: dict[str, str] = field(default_factory=dict)
    words_of: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, mapping: SheetMapping) -> Columns:
        """Return the columns of a mapping."""
        found = cls()
        for column in mapping.columns:
            if column.field:
                found.heading_of.setdefault(column.field, column.heading)
            found.kind_of[column.heading] = column.kind
            found.words_of[column.heading] = parse_heading(column.heading).words
        return found


class Unfit(Exception):
    """A row that cannot be imported; becomes a `Rejected`."""

    def __init__(self, code: str, column: str | None = None, **values: object) -> None:
        self.code, self.column = code, column
        self.text = REASONS[code].format(**values)
        super().__init__(self.text)

    def rejected(self, row: int) -> Rejected:
        """Return it as the reader returns rows that it cannot read."""
        return Rejected(row, self.column, self.code, self.text)


class Preparer:
    """Makes rows of one ledger ready."""

    def __init__(
        self, *, columns: Columns, defaults: Defaults, kinds: KindIndex, towns: Towns, today: date
    ) -> None:
        self.columns, self.defaults, self.kinds, self.towns, self.today = (
            columns,
            defaults,
            kinds,
            towns,
            today,
        )
        self._kind_of: dict[str, str] = {}
        self._owner, self._place = clean(defaults.owner), clean(defaults.place)

    def prepare(self, record: Record) -> Prepared | Rejected:
        """Return the row made ready, or why it cannot be imported."""
        try:
            return self._prepare(record)
        except Unfit as unfit:
            return unfit.rejected(record.row)

    def _prepare(self, record: Record) -> Prepared:
        values = {name: clean(v) if isinstance(v, str) else v for name, v in record.values.items()}
        text = {name: value for name, value in values.items() if isinstance(value, str)}
        self._refuse_long(text)
        name = text.get("name", "")
        if not name:
            raise Unfit("import.no_name", self._heading("name"))
        if record.count > 1:
            raise Unfit("import.several_instruments", self._kind_heading("count"), count=record.count)
        other = self._other(record.other)
        owner = text.get("owner", "") or self._owner
        owner_key = name_key(owner)
        if not owner_key:
            raise Unfit("import.no_owner", self._heading("owner"))
        place, place_text, spot = self._where(text.get("place", ""), other.department, owner)
        serial = serial_key(text.get("serial_no", ""))
        kind = self._kind(name)
        model, measures, accuracy = text.get("model", ""), text.get("range", ""), text.get("accuracy", "")
        use = use_of(text["use"]) if text.get("use") else ""
        details = {key: str(values[key]) for key in _DETAILS if values.get(key) not in (None, "")}
        if use == Use.UNKNOWN:
            details["use"] = text["use"]
        known = self.kinds[kind].parameters if kind else ()
        parameters = parameters_of(known, name, f"{model} {measures} {other.size}", accuracy) if known else {}
        verified_on, valid_until = self._dates(values, other.is_rejected)
        if verified_on is None and valid_until is not None:
            details["valid_until"] = valid_until.isoformat()
        return Prepared(
            row=record.row,
            name=name,
            kind=kind,
            model=model,
            serial_no=text.get("serial_no", "") if serial else "",
            serial_key=serial,
            manufacturer=text.get("manufacturer", ""),
            maker_key=name_key(text.get("manufacturer", "")),
            accuracy_class=accuracy,
            measuring_range=measures,
            details=details | other.details,
            parameters=dict(parameters),
            use=use,
            default_use=self.defaults.use,
            owner=owner,
            owner_key=owner_key,
            credit_code=other.credit_code,
            place=place,
            place_text=place_text,
            setting=str(setting_of(place) or self.defaults.setting or Setting.OTHER),
            spot=spot,
            town=self._town(other.town, place_text, owner),
            in_use_on=other.in_use_on,
            is_stopped=other.is_stopped,
            verified_on=verified_on,
            valid_until=valid_until,
            certificate_no=text.get("certificate_no", ""),
            institution=text.get("institution", ""),
            verdict=Verdict.REJECTED if other.is_rejected else Verdict.PASSED,
            fingerprint=self._fingerprint(values, other.internal),
        )

    def _where(self, text: str, department: str, owner: str) -> tuple[str, str, str]:
        """Return the place, the cell that may name a registered place, and the spot.

        An owner that is itself a place (石桥加油站) is where its instruments stand.
        """
        if self._place:
            return self._place, "", _joined(text, department)
        place, spot = place_and_spot(text)
        if not place and setting_of(owner) is not None:
            place = owner
        return place, text, _joined(spot, department)

    def _town(self, *texts: str) -> int | None:
        for text in texts:
            if (found := self.towns.within(text)) is not None:
                return found
        return self.defaults.town

    def _kind(self, name: str) -> str:
        if name not in self._kind_of:
            self._kind_of[name] = self.kinds.kind_of(name) or ""
        return self._kind_of[name]

    def _dates(self, values: Mapping[str, Any], is_rejected: bool) -> tuple[date | None, date | None]:
        verified_on, valid_until = values.get("last_date"), values.get("valid_until")
        if verified_on is not None and verified_on > self.today:
            raise Unfit("import.future_date", self._heading("last_date"), on=verified_on)
        if valid_until is None or verified_on is None:
            return verified_on, valid_until
        if valid_until < verified_on:
            raise Unfit(
                "import.valid_before_verified",
                self._heading("valid_until"),
                until=valid_until,
                on=verified_on,
            )
        if is_rejected:
            raise Unfit("import.rejected_with_validity", self._heading("valid_until"), until=valid_until)
        return verified_on, valid_until

    def _refuse_long(self, text: Mapping[str, str]) -> None:
        for name, limit in _LIMITS.items():
            if len(value := text.get(name, "")) > limit:
                raise Unfit("import.too_long", self._heading(name), start=value[:12], limit=limit)

    def _fingerprint(self, values: Mapping[str, Any], internal: Mapping[str, str]) -> str:
        said = {k: str(v) for k, v in values.items() if k not in {"seq", "remark"} and v not in (None, "")}
        said |= {f"#{heading}": value for heading, value in internal.items()}
        if "owner" not in said:
            said["owner"] = self._owner
        said["in"] = self._place
        body = json.dumps(said, ensure_ascii=False, sort_keys=True).encode()
        return hashlib.sha256(body).hexdigest()[:32]

    def _other(self, cells: Mapping[str, str]) -> _Other:
        found = _Other()
        for heading, raw in cells.items():
            if heading in OWN_HEADINGS or not (value := clean(raw)):
                continue
            kind, words = self.columns.kind_of.get(heading, ""), self.columns.words_of.get(heading, "")
            if kind == "person":  # who looks after it is nobody's business here
                continue
            if kind == "status":
                if _SCRAPPED.search(value):
                    raise Unfit("import.scrapped_row", heading, text=value[:20])
                found.is_rejected |= "不合格" in value and "/" not in value
                found.is_stopped |= bool(_STOPPED.search(value))
            elif kind == "department":
                found.department = _joined(found.department, value)
            elif kind == "internal_no":
                found.internal[heading] = value
            elif any(word in words for word in _CODE_HEADINGS):
                found.credit_code = _credit_code(value, heading)
                continue
            elif words in _TOWN_HEADINGS:
                found.town = value
            elif words in _SIZE_HEADINGS:
                found.size = value if value.upper().startswith("DN") else f"DN{value}".removesuffix("mm")
            elif words in _IN_USE_HEADINGS:
                found.in_use_on = _day(value, self.today)
            found.details[heading[:50]] = value[:300]
        return found

    def _heading(self, name: str) -> str | None:
        return self.columns.heading_of.get(name)

    def _kind_heading(self, kind: str) -> str | None:
        return next((h for h, k in self.columns.kind_of.items() if k == kind), None)


@dataclass
class _Other:
    """What the columns without a canonical field say."""

    details: dict[str, str] = field(default_factory=dict)
    internal: dict[str, str] = field(default_factory=dict)
    credit_code: str = ""
    department: str = ""
    town: str = ""
    size: str = ""
    in_use_on: date | None = None
    is_rejected: bool = False
    is_stopped: bool = False


def clean(text: str) -> str:
    """Return ``text`` without blanks around it and without NUL, which PostgreSQL cannot keep."""
    return text.replace("\x00", "").strip()


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)[:100]


def _credit_code(text: str, heading: str) -> str:
    try:
        return credit_code(text)
    except ValueError as error:
        raise Unfit("import.bad_credit_code", heading, given=text[:40], reason=str(error)) from error


def _day(text: str, today: date) -> date | None:
    """Return a day in the past; what is none is kept as text beside the record, and not used."""
    try:
        found = read_date(text)
    except BadDate:
        return None
    return found if found is not None and found <= today else None
