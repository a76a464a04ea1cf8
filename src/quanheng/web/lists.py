"""Lists on a page: filters and sorting as links, pages of fifty."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

ROWS_A_PAGE = 50
_DIGITS = 18  # of a 64-bit number
T = TypeVar("T")


@dataclass(frozen=True)
class Option:
    """One word of a filter; ``count`` is None where counting says nothing."""

    label: str
    url: str
    active: bool
    count: int | None = None


@dataclass(frozen=True)
class Filter:
    """A filter as a line of words."""

    label: str
    options: list[Option]


@dataclass(frozen=True)
class Heading:
    """A column of a table; ``url`` is empty where it does not sort."""

    label: str
    url: str = ""
    direction: str = ""
    css: str = ""


def link(request: HttpRequest, **changes: object) -> str:
    """Return this page's query with some parameters changed (None takes one away), from the first page."""
    query = request.GET.copy()
    for name in ("page", "before", "after"):
        query.pop(name, None)
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


def words(
    request: HttpRequest, name: str, label: str, options: Sequence[tuple[str, str, int | None]]
) -> Filter:
    """Return a filter on the parameter ``name``: everything, or one of (value, word, count)."""
    chosen = request.GET.get(name, "")
    shown = [Option(_("全部"), link(request, **{name: None}), not chosen)]
    shown += [Option(word, link(request, **{name: value}), chosen == value, n) for value, word, n in options]
    return Filter(label, shown)


def sort_heading(request: HttpRequest, name: str, label: str, css: str = "") -> Heading:
    """Return a column that sorts by ``name``; a second click turns the order round."""
    is_current = request.GET.get("sort") == name
    is_down = request.GET.get("dir") == "down"
    direction = ("descending" if is_down else "ascending") if is_current else ""
    url = link(request, sort=name, dir="down" if is_current and not is_down else None)
    return Heading(label, url, direction, css)


def sort_rows(request: HttpRequest, rows: list[T], keys: Mapping[str, Callable[[T], Any]]) -> list[T]:
    """Return ``rows`` in the order that the query asks for; as they are where it asks for none."""
    key = keys.get(request.GET.get("sort", ""))
    return sorted(rows, key=key, reverse=request.GET.get("dir") == "down") if key else rows


def whole(text: str | None) -> int | None:
    """Return a parameter as a whole number that a database can hold, or None."""
    return int(text) if text and text.isdecimal() and len(text) <= _DIGITS else None


def page_of(request: HttpRequest, rows: Sequence[Any] | QuerySet[Any]) -> Page[Any]:
    """Return the asked page; a number that makes no sense gives the nearest one that does."""
    return Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))


def query_of(request: HttpRequest) -> str:
    """Return the query without the page, for the links under a table."""
    return link(request).removeprefix("?")
