"""Let the test runner empty the append-only tables between tests that commit.

Django's ``flush`` deletes all rows; the triggers of transparency/migrations/0002 and
certificates/migrations/0003 refuse that, as they should.  The owner of a database may drop triggers,
and so do we, for the length of that one transaction.  Nothing outside the tests does.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.db import connection

_TRIGGERS = [
    import_module("quanheng.transparency.migrations.0002_append_only"),
    import_module("quanheng.certificates.migrations.0003_append_only"),
]
drop_statements = _TRIGGERS[0].drop_statements


@pytest.fixture(autouse=True, scope="session")
def flush_empties_append_only_tables() -> Iterator[None]:
    """Take the triggers away in the transaction of a flush, and put them back in it."""
    operations = type(connection.ops)
    original = operations.sql_flush

    def sql_flush(self: Any, style: Any, tables: list[str], **options: Any) -> list[str]:
        statements: list[str] = original(self, style, tables, **options)
        vendor = self.connection.vendor
        for triggers in _TRIGGERS:
            if set(triggers.SAME_ROW) & set(tables):
                drop, create = triggers.drop_statements(vendor), triggers.create_statements(vendor)
                statements = [*drop, *statements, *create]
        return statements

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "sql_flush", sql_flush)
        yield
