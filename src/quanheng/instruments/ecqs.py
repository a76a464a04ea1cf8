"""Exchange with the national system (e-CQS): its import sheet out, by a layout that is configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path

import xlsxwriter
import yaml
from django.conf import settings
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from quanheng.instruments.errors import BadLayout
from quanheng.instruments.models import Instrument
from quanheng.regulations.packaged import packaged_kinds

PACKAGED = Path(__file__).parent / "data" / "ecqs.yaml"
FIELDS = (
    "ecqs_no",
    "owner",
    "credit_code",
    "name",
    "catalogue_item",
    "kind_name",
    "use",
    "model",
    "measuring_range",
    "accuracy_class",
    "manufacturer",
    "serial_no",
    "place",
    "town",
    "condition",
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Strict):
    """One column of the sheet: ``words`` turns a stored value into the word of the template."""

    heading: str
    field: str
    words: dict[str, str] = {}


class Layout(_Strict):
    """The column layout of the import sheet, and which fields are compared on the way back."""

    is_confirmed: bool
    sheet: str
    columns: tuple[Column, ...]
    compared: tuple[str, ...]

    @model_validator(mode="after")
    def _fields_exist(self) -> Layout:
        named = [column.field for column in self.columns]
        if unknown := (set(named) | set(self.compared)) - set(FIELDS):
            raise ValueError(f"没有这样的字段：{'、'.join(sorted(unknown))}")
        if missing := {"name", "serial_no", *self.compared} - set(named):
            raise ValueError(f"缺少字段：{'、'.join(sorted(missing))}")
        if len(set(named)) < len(named) or len({column.heading for column in self.columns}) < len(named):
            raise ValueError("表头或字段重复")
        return self

    def words_of(self, field: str) -> Mapping[str, str]:
        """Return the stored value → word table of a field."""
        return next((column.words for column in self.columns if column.field == field), {})


def layout() -> Layout:
    """Return the county's layout, or the packaged one.  BadLayout where the file is missing or wrong."""
    path = Path(settings.ECQS_LAYOUT) if settings.ECQS_LAYOUT else PACKAGED
    try:
        return Layout.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise BadLayout(path=path.name, reason=str(error)[:300]) from error


def values_of(instrument: Instrument) -> dict[str, str]:
    """Return what we record of an instrument, by the fields of a layout, as stored."""
    kinds = packaged_kinds()
    kind = kinds[instrument.kind] if instrument.kind in kinds else None  # noqa: SIM401  it has no get
    return {
        "ecqs_no": instrument.details.get("ecqs_no", ""),
        "owner": instrument.owner.name if instrument.owner else "",
        "credit_code": instrument.owner.credit_code if instrument.owner else "",
        "name": instrument.name,
        "catalogue_item": (kind.item or "") if kind else "",
        "kind_name": kind.name if kind else "",
        "use": str(instrument.use),
        "model": instrument.model,
        "measuring_range": instrument.measuring_range,
        "accuracy_class": instrument.accuracy_class,
        "manufacturer": instrument.manufacturer,
        "serial_no": instrument.serial_no,
        "place": place_words(instrument),
        "town": instrument.town.name if instrument.town else "",
        "condition": str(instrument.condition),
    }


def place_words(instrument: Instrument) -> str:
    """Return place and spot as one cell."""
    return " ".join(
        part for part in (instrument.place.name if instrument.place else "", instrument.spot) if part
    )


def import_sheet(instruments: Iterable[Instrument]) -> bytes:
    """Return the .xlsx that the national system takes, one row for each instrument, every cell as text.

    A value that the layout has no word for is written as it is stored: the system refuses it visibly,
    which is better than a guess.
    """
    chosen = layout()
    stream = BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        sheet = book.add_worksheet(chosen.sheet)
        sheet.set_column(0, len(chosen.columns) - 1, 18)
        for at, column in enumerate(chosen.columns):
            sheet.write_string(0, at, column.heading, bold)
        sheet.freeze_panes(1, 0)
        for number, instrument in enumerate(instruments, 1):
            values = values_of(instrument)
            for at, column in enumerate(chosen.columns):
                value = values[column.field]
                sheet.write_string(number, at, column.words.get(value, value))
    return stream.getvalue()
