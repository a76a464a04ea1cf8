"""What all areas of the API share: types of fields, pages of a list, documented refusals."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from django.db.models import QuerySet
from ninja import Path, Schema
from pydantic import Field, StringConstraints

T = TypeVar("T")

# PostgreSQL cannot store NUL in text.
_TEXT = r"^[^\x00]*$"
Words = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=_TEXT)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_TEXT)]
Key = Annotated[int, Field(ge=1, le=2**63 - 1)]
Revision = Annotated[int, Field(ge=0, le=2**31 - 1)]
KeyInPath = Path[Key]
IndexInPath = Path[Annotated[int, Field(ge=0, le=2**63 - 1)]]

MAX_LIMIT = 200


class Problem(Schema):
    """Why an operation was refused: RFC 9457.  ``code`` is a contract, listed in the reference of errors."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: dict[str, str]


class UnitNameOut(Schema):
    id: int
    name: str


class Slice(Schema):
    """Which part of a list is asked for."""

    limit: int = Field(50, ge=1, le=MAX_LIMIT)
    offset: int = Field(0, ge=0, le=2**31 - 1)


class Paged(Schema, Generic[T]):
    """A part of a list, and how long the whole is."""

    items: list[T]
    count: int
    limit: int
    offset: int


def page_of(rows: list[Any] | QuerySet[Any], part: Slice) -> dict[str, Any]:
    """Return the asked part of a list as ``Paged`` wants it."""
    count = len(rows) if isinstance(rows, list) else rows.count()
    items = list(rows[part.offset : part.offset + part.limit])
    return {"items": items, "count": count, "limit": part.limit, "offset": part.offset}


def reads(answer: Any) -> dict[int, Any]:
    """Return the documented answers of an operation that only reads."""
    return {200: answer} | dict.fromkeys((401, 403, 404, 422), Problem)


def writes(answer: Any, status: int = 200) -> dict[int, Any]:
    """Return the documented answers of an operation that changes something."""
    return {status: answer} | dict.fromkeys((401, 403, 404, 409, 422), Problem)


def sends_file(media_type: str = "application/octet-stream") -> dict[str, Any]:
    """Return what OpenAPI needs to hear of an operation that answers with a file."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"responses": {200: {"description": "OK", "content": content}}}
