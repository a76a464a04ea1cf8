"""The list of instruments as a page shows it: sentence, filters, columns, lines, and what can be done with many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import Scope
from quanheng.instruments.columns import (
    COLUMNS,
    DUE_WORDS,
    STATE_KIND,
    Column,
    chosen_columns,
    kind_name,
    state_of,
    values_of,
)
from quanheng.instruments.described import VOCABULARIES, command, described, identity_words
from quanheng.instruments.enums import Condition, Filing, Setting
from quanheng.instruments.listing import SORTS, Bounded, Listing, read_listing
from quanheng.instruments.models import Standing
from quanheng.instruments.selectors import ListQuery, found_by, listed
from quanheng.regulations.packaged import packaged_kinds
from quanheng.web.auth import require_scope
from quanheng.web.figures import Figure
from quanheng.web.lists import ROWS_A_PAGE, Filter, Heading, Option, link, sort_heading, whole, words
from quanheng.web.staff.documents import list_query

_FILING_KIND = {Filing.SUBMITTED: "unsure", Filing.RETURNED: "bad", Filing.DRAFT: "off"}
# What stands in the form above the list, and not among the words.
_IN_FORM = ("text", "kind", "town")
# Parameters of the page that narrow nothing.
_LOOKS = ("cols", "sort", "dir")


@dataclass(frozen=True)
class Shown:
    """One cell: its words, where they lead, the css kind of a state, a mark beside it."""

    text: str
    label: str
    url: str = ""
    kind: str = ""
    css: str = ""
    is_unchecked: bool = False


@dataclass(frozen=True)
class Line:
    """One instrument of the list."""

    public_id: str
    revision: int  # as the person sees it
    name: str
    cells: list[Shown]


@dataclass(frozen=True)
class AskedList:
    """Who asks for which list: ``rows`` are narrowed and in no order.

    ``along_due`` are the same rows, asked for as a long list is read.
    """

    user: User
    scope: Scope
    query: ListQuery
    columns: list[Column]
    on: date
    rows: QuerySet[Standing]
    along_due: QuerySet[Standing]


def asked_list(request: HttpRequest) -> AskedList:
    """Return the list that the query asks for; see `require_scope` for what it refuses."""
    user, scope = require_scope(request, "instruments.view")
    return list_of(user, scope, list_query(request.GET), request.GET.getlist("cols"))


def list_of(user: User, scope: Scope, query: ListQuery, columns: Iterable[str]) -> AskedList:
    """Return the list that ``query`` means for this person."""
    on = clock.today()
    rows = along_due = listed(user, replace(query, text=""), on)
    if query.text.strip():
        found = found_by(query.text)
        rows, along_due = rows.filter(found.by_key()), rows.filter(found.along_due())
    return AskedList(user, scope, query, chosen_columns(columns), on, rows, along_due)


def list_url(query: ListQuery) -> str:
    """Return the page of a list."""
    named = {name: value for name, value in vars(query).items() if value}
    return f"{reverse('staff:instruments')}?{urlencode(named)}"


def is_uuid(text: str) -> bool:
    """Whether a parameter is the public id of something."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def sorting(request: HttpRequest) -> tuple[str, bool]:
    """Return by which name of `SORTS` the query sorts, and whether downwards."""
    name = request.GET.get("sort", "")
    return (name, request.GET.get("dir") == "down") if name in SORTS else ("due", False)


def read(request: HttpRequest, asked: AskedList) -> Listing:
    """Return the page of the list that the query asks for."""
    sort, descending = sorting(request)
    page = whole(request.GET.get("page")) or 1
    return read_listing(
        asked.rows,
        asked.on,
        along_due=asked.along_due,
        page=page,
        sort=sort,
        descending=descending,
    )


def lines(asked: AskedList, ids: Sequence[int]) -> list[Line]:
    """Return these instruments as lines, in this order, by one query."""
    place = {key: number for number, key in enumerate(ids)}
    found = values_of(Standing.objects.filter(pk__in=ids), asked.columns)
    return [_line(asked, values) for values in sorted(found, key=lambda values: place[values["pk"]])]


def _line(asked: AskedList, values: Mapping[str, Any]) -> Line:
    first, *others = asked.columns
    name = str(first.cell(values, asked.on) or "")
    cells = [_shown(column, values, asked.on) for column in others]
    return Line(str(values["instrument__public_id"]), values["instrument__revision"], name, cells)


def _shown(column: Column, values: Mapping[str, Any], on: date) -> Shown:
    cell = column.cell(values, on)
    text = cell.isoformat() if isinstance(cell, date) else "" if cell is None else str(cell)
    url = kind = ""
    if column.key == "owner" and values["owner__public_id"]:
        url = reverse("staff:party", args=[values["owner__public_id"]])
    elif column.key == "place" and values["place__public_id"]:
        url = reverse("staff:place", args=[values["place__public_id"]])
    elif column.key == "state":
        kind = STATE_KIND[state_of(values, on)]
    elif column.key == "filing":
        kind = _FILING_KIND.get(values["filing"], "")
    elif column.key == "condition" and values["condition"] != Condition.IN_USE:
        kind = "off"
    css = "date" if isinstance(cell, date) else "num" if isinstance(cell, int) else ""
    is_unchecked = column.key in {"due", "rule"} and bool(values["rule_id"] and not values["is_confirmed"])
    return Shown(text, str(column.label), url, kind, css, is_unchecked)


def headings(request: HttpRequest, asked: AskedList, listing: Listing) -> list[Heading]:
    """Return the columns; a list too long to be sorted offers no sorting but its own."""
    return [
        sort_heading(request, column.sort, str(column.label))
        if column.sort and column.key != "state" and not listing.total.is_more
        else Heading(str(column.label))
        for column in asked.columns
    ]


def pager(listing: Listing) -> Page[int]:
    """Return the page as components/pagination.html wants it."""

    class Counted(Paginator):  # type: ignore[type-arg]  # its rows are read already
        count = listing.total.value

    return Page(listing.ids, listing.page, Counted([], ROWS_A_PAGE))


def thin(number: int) -> str:
    """Return a number in groups of three, parted by a thin space."""
    return f"{number:,}".replace(",", "\u2009")


def told(count: Bounded) -> str:
    """Return a count in words: exact, or more than."""
    return (
        _("超过 %(n)s 台") % {"n": thin(count.value)}
        if count.is_more
        else _("%(n)s 台") % {"n": thin(count.value)}
    )


def figures(asked: AskedList, listing: Listing) -> dict[str, Figure]:
    """Return the numbers of the sentence, each with its list and, county-wide, its command."""
    found = {"total": _figure(asked, "total", _("共"), listing.total, asked.query)}
    if listing.overdue.value and asked.query.due != "overdue":
        late = replace(asked.query, due="overdue")
        found["overdue"] = _figure(asked, "overdue", _("逾期"), listing.overdue, late)
        is_one_group = asked.query.setting or asked.query.place or asked.query.owner
        if listing.worst and listing.worst[0] and not is_one_group:
            setting, count = listing.worst
            label = str(Setting(setting).label)
            there = replace(late, setting=setting)
            found["worst"] = _figure(asked, "worst", label, Bounded(count), there)
    return found


def _figure(asked: AskedList, name: str, label: str, count: Bounded, query: ListQuery) -> Figure:
    return Figure(
        id=f"list-{name}",
        label=label,
        value=told(count),
        unit="",
        formula=_("符合所列条件、未报废也未并入的器具台数；逾期：到期日早于今天"),
        source=_("器具台账和现行规则"),
        command=command(query, "--count") if asked.scope.is_all else "",
        url=list_url(query),
    )


def views_line(current: str) -> Filter:
    """Return the ways to look at the registry: by instrument, place, owner."""
    views = [("instruments", _("器具")), ("places", _("场所")), ("parties", _("使用单位"))]
    options = [Option(label, reverse(f"staff:{name}"), name == current) for name, label in views]
    return Filter(_("看法"), options)


def word_filters(request: HttpRequest) -> tuple[list[Filter], list[Filter]]:
    """Return the filters as words: those always seen, and those behind 更多."""
    due = [(name, str(label), None) for name, label in DUE_WORDS.items()]
    seen = [
        words(request, "due", _("到期"), due),
        words(request, "filing", _("备案"), _options("filing")),
    ]
    more = [
        words(request, "setting", _("场所类型"), _options("setting")),
        words(request, "use", _("用途"), _options("use")),
        words(request, "obligation", _("检定义务"), _options("obligation")),
        words(request, "condition", _("使用状态"), _options("condition")),
        words(
            request,
            "identity",
            _("身份信息"),
            [(name, word, None) for name, word in identity_words().items()],
        ),
        words(request, "unconfirmed", _("规则"), [("yes", _("未核对"), None)]),
    ]
    return seen, more


def _options(name: str) -> list[tuple[str, str, int | None]]:
    return [(value, str(label), None) for value, label in VOCABULARIES[name].choices]


def chosen_words(request: HttpRequest, asked: AskedList) -> list[Option]:
    """Return what narrows the list and does not stand in the form or among the words seen: a click takes it away."""
    return [
        Option(f"{label} {word}", link(request, **{name: None}), active=True)
        for name, label, word in described(asked.query, asked.user)
        if name not in {*_IN_FORM, "due", "filing"}
    ]


def in_words(asked: AskedList) -> str:
    """Return everything that narrows a list, for the heading of a file."""
    return "，".join(f"{label} {word}" for _name, label, word in described(asked.query, asked.user))


def narrowing_form(request: HttpRequest, asked: AskedList) -> dict[str, Any]:
    """Return what the form above the list offers, and what it must keep of the query."""
    towns = OrgUnit.objects.filter(kind__in=(UnitKind.TOWN, UnitKind.SUBDISTRICT), is_active=True)
    names = {item.name for item in fields(ListQuery)} - set(_IN_FORM) | set(_LOOKS)
    return {
        "towns": [(town.pk, town.name) for town in towns if asked.scope.covers(town.pk)],
        "kinds": [(kind.code, kind_name(kind.code)) for kind in packaged_kinds()],
        "kept": [(name, value) for name in names for value in request.GET.getlist(name) if value],
    }


def column_choice(request: HttpRequest, asked: AskedList) -> dict[str, Any]:
    """Return the columns as check boxes, and what their form must keep of the query."""
    chosen = {column.key for column in asked.columns}
    return {
        "columns": [(column.key, str(column.label), column.key in chosen) for column in COLUMNS],
        "kept": [
            (name, value)
            for name, values in request.GET.lists()
            if name not in {"cols", "page"}
            for value in values
            if value
        ],
    }
