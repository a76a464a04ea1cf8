"""Many rows into a table at once.  Model objects and `bulk_create` would cost half of an import's time."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, JSONField, Model, UUIDField

Row = Mapping[str, Any]
_encode = json.JSONEncoder(ensure_ascii=False).encode


def insert(model: type[Model], rows: Iterable[Row], **same: Any) -> None:
    """Insert rows, given as attribute → value, all with the same attributes; ``same`` holds for each.

    Dates, numbers, texts and None go as they are.  Runs in the caller's transaction; constraints are the
    database's to check.
    """
    every = list(rows)
    if every:
        names = tuple(every[0])
        _insert(model, names, map(itemgetter(*names), every), same)


def insert_objects(model: type[Model], objects: Sequence[Model]) -> None:
    """Insert unsaved objects and give them their keys."""
    if not objects:
        return
    for one, key in zip(objects, _new_keys(model, len(objects)), strict=True):
        one.pk = key
        one._state.adding = False
    names = tuple(field.attname for field in model._meta.concrete_fields)
    _insert(model, names, map(attrgetter(*names), objects), {})


def _insert(model: type[Model], names: tuple[str, ...], rows: Iterable[tuple[Any, ...]], same: Row) -> None:
    """Insert tuples of the values of ``names``, each followed by those of ``same``."""
    special = [place for place, name in enumerate(names) if name in _special(model)]
    fixed = tuple(_stored(value) if name in _special(model) else value for name, value in same.items())

    def adapted(row: tuple[Any, ...]) -> list[Any]:
        values = [*row, *fixed]
        for place in special:
            values[place] = _stored(values[place])
        return values

    table, columns = _table(model, (*names, *same))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(adapted(row))
        else:
            marks = ", ".join(["%s"] * (len(names) + len(same)))
            statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608  our own names
            cursor.executemany(statement, [adapted(row) for row in rows])


def _new_keys(model: type[Model], count: int) -> list[int]:
    """Return keys that the database gives out never again."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return [key for (key,) in cursor.fetchall()]
        # The only writer: SQLite's transactions begin IMMEDIATE (settings).  The insert moves the sequence on.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()
        first = (last[0] if last else 0) + 1
        return list(range(first, first + count))


@cache
def _table(model: type[Model], names: tuple[str, ...]) -> tuple[str, str]:
    """Return the table and the columns of these attributes, as SQL writes them."""
    quote = connection.ops.quote_name
    columns = {field.attname: field.column for field in model._meta.concrete_fields}
    return quote(model._meta.db_table), ", ".join(quote(columns[name]) for name in names)


@cache
def _special(model: type[Model]) -> frozenset[str]:
    kinds = (JSONField, UUIDField, DateTimeField)
    return frozenset(field.attname for field in model._meta.concrete_fields if isinstance(field, kinds))


def _stored(value: Any) -> Any:
    """Return a value as both databases take it: JSON as text, an instant as theirs, a UUID as its digits."""
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return "{}" if value == {} else _encode(value)
