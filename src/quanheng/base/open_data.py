"""Where open data lies: each table with its gzip form beside it, and what was counted while it was written."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings

from quanheng.base.disk import replacing, write_atomic
from quanheng.base.rows import write_rows


def open_folder() -> Path:
    """Return where open files lie."""
    return Path(settings.HOME) / "open"


def open_table(name: str, *, packed: bool = False) -> Path:
    """Return where a table lies; its gzip form is beside it."""
    return open_folder() / (f"{name}.gz" if packed else name)


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table to ``path``; all or nothing survives a crash."""
    with replacing(path) as stream:
        # The mark at the start tells spreadsheets that this is UTF-8.
        text = TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        write_rows(text, columns, rows)
        text.detach()


@contextmanager
def reading_table(path: Path) -> Iterator[TextIO]:
    """Give the text of a table."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        yield stream


def pack_table(name: str) -> None:
    """Write the gzip form of a table; the same bytes for the same table."""
    with (
        open_table(name).open("rb") as plain,
        replacing(open_table(name, packed=True)) as stream,
        gzip.GzipFile(fileobj=stream, mode="wb", filename="", mtime=0, compresslevel=6) as packed,
    ):
        shutil.copyfileobj(plain, packed)


def keep_counts(name: str, counts: dict[str, Any]) -> None:
    """Keep what was counted while a table was written, for the pages."""
    text = json.dumps(counts, ensure_ascii=False, separators=(",", ":"))
    write_atomic(open_folder() / name, text.encode())


def kept_counts(name: str) -> Any:
    """Return what `keep_counts` kept.  OSError or ValueError where there is nothing that can be read."""
    return json.loads((open_folder() / name).read_text(encoding="utf-8"))
