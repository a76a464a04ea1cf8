"""The columns that a list of instruments can show: the same on the page, in Excel and in CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanheng.instruments.enums import Condition, Filing, Obligation, Setting, Use
from quanheng.instruments.models import Standing
from quanheng.regulations import packaged

Values = Mapping[str, Any]
Cell = str | date | int | None


@dataclass(frozen=True)
class Column:
    """One column: ``paths`` are what it reads of a standing, ``show`` what it makes of them on a day.

    ``sort`` is its name in `listing.SORTS`, ``width`` that of the sheet [character].
    """

    key: str
    label: Any
    paths: tuple[str, ...]
    width: int
    sort: str = ""
    show: Callable[[Values, date], Cell] | None = None

    def cell(self, values: Values, on: date) -> Cell:
        """Return what stands in this column for one instrument."""
        if self.show is not None:
            return self.show(values, on)
        value: Cell = values[self.paths[0]]
        return value


def due_word(due_on: date | None, amber_on: date | None, verified_on: date | None, on: date) -> str:
    """Return the one name of `due_conditions` that says the state of an instrument on a day.

    What was never verified was never valid, whatever its due date: it must not be used.
    """
    if due_on is None:
        return "none"
    if verified_on is None:
        return "never"
    if due_on < on:
        return "overdue"
    return "soon" if amber_on is not None and amber_on <= on else "later"


DUE_WORDS = {
    "overdue": gettext_lazy("逾期"),
    "soon": gettext_lazy("即将到期"),
    "later": gettext_lazy("有效期内"),
    "never": gettext_lazy("从未检定"),
    "none": gettext_lazy("无到期日"),
}
# The same as the state of one instrument, on every page and in every file.
STATE_WORDS = DUE_WORDS | {"never": gettext_lazy("尚无检定记录"), "none": ""}
# css of components/status.html
STATE_KIND = {"overdue": "late", "soon": "unsure", "later": "good", "never": "late", "none": ""}


def state_of(values: Values, on: date) -> str:
    """Return the name of the state (see `due_word`) of one line of `values_of`."""
    return due_word(values["due_on"], values["amber_on"], values["verified_on"], on)


def _state(values: Values, on: date) -> str:
    return str(STATE_WORDS[state_of(values, on)])


def _labelled(vocabulary: Any, path: str) -> Callable[[Values, date], str]:
    def show(values: Values, _on: date) -> str:
        return str(vocabulary(values[path]).label) if values[path] else ""

    return show


def kind_name(code: str) -> str:
    """Return what a kind is called; that it is unclear where there is none."""
    return packaged.kind_name(code) or _("待核实")


COLUMNS: Sequence[Column] = (
    Column("name", gettext_lazy("器具"), ("instrument__name",), 22, "name"),
    Column("serial", gettext_lazy("出厂编号"), ("instrument__serial_no",), 18, "serial"),
    Column(
        "kind",
        gettext_lazy("种类"),
        ("kind",),
        16,
        "kind",
        lambda values, _on: kind_name(values["kind"]),
    ),
    Column("model", gettext_lazy("型号规格"), ("instrument__model",), 14),
    Column("maker", gettext_lazy("制造单位"), ("instrument__manufacturer",), 22),
    Column("class", gettext_lazy("准确度等级"), ("instrument__accuracy_class",), 12),
    Column("range", gettext_lazy("测量范围"), ("instrument__measuring_range",), 14),
    Column("use", gettext_lazy("用途"), ("use",), 12, "", _labelled(Use, "use")),
    Column("owner", gettext_lazy("使用单位"), ("owner__name",), 28, "owner"),
    Column("code", gettext_lazy("统一社会信用代码"), ("owner__credit_code",), 22),
    Column("place", gettext_lazy("场所"), ("place__name",), 24, "place"),
    Column("setting", gettext_lazy("场所类型"), ("setting",), 14, "", _labelled(Setting, "setting")),
    Column("town", gettext_lazy("乡镇街道"), ("town__name",), 12, "town"),
    Column("spot", gettext_lazy("位置"), ("instrument__spot",), 12),
    Column("verified", gettext_lazy("最近检定"), ("verified_on",), 12, "verified"),
    Column("valid", gettext_lazy("有效期至"), ("valid_until",), 12, "valid"),
    Column("due", gettext_lazy("到期日"), ("due_on",), 12, "due"),
    Column("state", gettext_lazy("状态"), ("due_on", "amber_on", "verified_on"), 12, "due", _state),
    Column("period", gettext_lazy("周期（月）"), ("period_months",), 10),
    Column("rule", gettext_lazy("规则"), ("rule_id",), 20),
    Column(
        "obligation", gettext_lazy("检定义务"), ("obligation",), 12, "", _labelled(Obligation, "obligation")
    ),
    Column("filing", gettext_lazy("备案"), ("filing",), 10, "filing", _labelled(Filing, "filing")),
    Column(
        "condition",
        gettext_lazy("使用状态"),
        ("condition",),
        10,
        "condition",
        _labelled(Condition, "condition"),
    ),
    Column("institute", gettext_lazy("检定机构"), ("institute__name",), 22),
    Column("label", gettext_lazy("标签码"), ("instrument__label_code",), 14),
    Column("registered", gettext_lazy("登记日期"), ("instrument__registered_on",), 12, "registered"),
)
BY_KEY = {column.key: column for column in COLUMNS}
DEFAULT = ("name", "serial", "owner", "place", "town", "due", "state", "filing", "condition")
# What a line of the page needs besides its columns: its links and the marks beside its words.
_BESIDES = (
    "pk",
    "instrument__public_id",
    "instrument__revision",
    "owner__public_id",
    "place__public_id",
    "due_on",
    "amber_on",
    "verified_on",
    "is_confirmed",
    "rule_id",
    "filing",
    "condition",
)


def chosen_columns(keys: Iterable[str]) -> list[Column]:
    """Return the named columns in the order of `COLUMNS`; the name is always among them.

    Where none is named, or none that exists: the usual ones.
    """
    wanted = {key for key in keys if key in BY_KEY} or set(DEFAULT)
    return [column for column in COLUMNS if column.key in wanted or column.key == "name"]


def values_of(rows: QuerySet[Standing], columns: Sequence[Column]) -> QuerySet[Standing, dict[str, Any]]:
    """Return only what ``columns`` show of ``rows``, one dict a line: no model objects are made."""
    paths = dict.fromkeys([*_BESIDES, *(path for column in columns for path in column.paths)])
    found: QuerySet[Standing, dict[str, Any]] = rows.values(*paths)
    return found
