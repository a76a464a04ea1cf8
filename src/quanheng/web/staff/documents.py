"""What the pages that print share: which instruments are meant, and answers that are files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from urllib.parse import quote

from django.http import HttpResponse, QueryDict

from quanheng.instruments.models import Instrument
from quanheng.instruments.selectors import ListQuery
from quanheng.web.lists import whole

_NUMBERS = {"town", "place", "owner", "batch"}
_DAYS = {"due_from", "due_to"}
_LONGEST = 200
_PARTS = re.compile(r"\d+|\D+")


def list_query(given: QueryDict | Mapping[str, str]) -> ListQuery:
    """Return what a query narrows a list by; a value that makes no sense narrows nothing."""
    found: dict[str, object] = {}
    for item in fields(ListQuery):
        text = given.get(item.name, "").replace("\0", "")[:_LONGEST]  # PostgreSQL has no NUL in text
        if item.name in _NUMBERS:
            found[item.name] = whole(text)
        else:
            found[item.name] = day(text) if item.name in _DAYS else text
    return ListQuery(**found)  # type: ignore[arg-type]  # by the names of its fields


def day(text: str | None) -> date | None:
    """Return a parameter as a date, or None."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def by_spot(instrument: Instrument) -> list[tuple[int, int, str]]:
    """Return a key that sorts as people walk: by place, then stall 2 before stall 10."""
    text = f"{instrument.place or ''} {instrument.spot}"
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _PARTS.findall(text)]


def file_response(body: bytes, name: str, content_type: str) -> HttpResponse:
    """Return a file to be saved under a Chinese name (RFC 6266)."""
    answer = HttpResponse(body, content_type=content_type)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer
