"""Files of readings into a store: read once, set aside by area, stored area by area.

Nothing is stored before all files have been read; each area changes as a whole or not at all.
"""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from quanheng.base.disk import write_atomic
from quanheng.base.locks import lock_for_process
from quanheng.fleet.readings_import.area_import import AreaOutcome, Reading, import_area
from quanheng.fleet.readings_import.book import Book, Meter, add_list, store_book
from quanheng.fleet.readings_import.coding import Coder
from quanheng.fleet.readings_import.grouping import Grouping
from quanheng.fleet.readings_import.headings import Headings
from quanheng.fleet.readings_import.refusals import BadImport
from quanheng.fleet.readings_import.rejections import Rejections
from quanheng.fleet.readings_import.sources import Batch, batches, table_rows
from quanheng.fleet.readings_import.spill import Spill, parts_for
from quanheng.fleet.readings_import.times import Clock, zone_of
from quanheng.fleet.store_files import is_area

REJECTED = "rejected.csv"
_NEEDED = ("meter", "timestamp", "kwh")
_LOCK, _ASIDE = ".import.lock", ".import-"
_GZIP_RATIO = 6


@dataclass(frozen=True, slots=True)
class Options:
    """How files are read."""

    reading: Reading = field(default_factory=Reading)
    timezone: str = "Asia/Shanghai"
    meters: Path | None = None
    unnamed: frozenset[str] = frozenset()  # columns that are not told of, though nothing uses them
    needs_role: bool = False  # a new meter is one whose role a row says, not any in a file with such a column


@dataclass(slots=True)
class Summary:
    """What became of an import."""

    rows: int = 0  # that were read, blank lines left out
    areas: list[AreaOutcome] = field(default_factory=list)
    rejections: Rejections = field(default_factory=Rejections)
    ignored_columns: list[str] = field(default_factory=list)
    unreadable_areas: list[str] = field(default_factory=list)  # folders whose list of meters cannot be read
    differing: list[tuple[Meter, str]] = field(default_factory=list)  # role or phase said otherwise before


def import_readings(
    files: Sequence[Path],
    directory: Path,
    options: Options = Options(),
    tell: Callable[[str], None] = lambda _text: None,
) -> Summary:
    """Store the readings of files below ``directory``; ``tell`` is told how far it has come.

    Rows that cannot be used are rejected, and also listed in ``directory/rejected.csv``.

    Raises
    ------
    BadImport
        Nothing was stored: not_found, unreadable, headings, timezone, meters, no_master, is_area,
        in_progress.
    """
    if is_area(directory):
        raise BadImport("is_area", f"{directory} 本身是一个台区；请写它的上一级文件夹。")
    zone = zone_of(options.timezone)
    with lock_for_process(directory / _LOCK) as is_held:
        if not is_held:
            raise BadImport("in_progress", f"另一个导入正在写入 {directory}。")
        for left in directory.glob(f"{_ASIDE}*"):
            shutil.rmtree(left, ignore_errors=True)
        aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=directory))
        try:
            summary = _import(files, directory, options, Clock(zone), aside, tell)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    _list_rejected(directory / REJECTED, summary.rejections)
    return summary


def _import(
    files: Sequence[Path],
    directory: Path,
    options: Options,
    clock: Clock,
    aside: Path,
    tell: Callable[[str], None],
) -> Summary:
    summary = Summary()
    rejections = summary.rejections
    book, summary.unreadable_areas = store_book(directory)
    book.needs_role = options.needs_role
    if options.meters is not None:
        add_list(book, options.meters.name, *table_rows(options.meters))
    grouping = Grouping(book)
    parts = parts_for(sum(_size(file) for file in files))
    spill = Spill(aside, parts, grouping.parts(parts))
    coder = Coder(book, clock, rejections)
    kinds: set[str | None] = set()
    try:
        for batch in _batches(files, book, options, summary, tell):
            kinds.add(batch.headings.kind)
            spill.add(coder.rows(batch))
    finally:
        spill.close()
    reading = options.reading
    if reading.kind is None and len(kinds) == 1:
        reading = replace(reading, kind=kinds.pop())
    for part in spill.parts():
        for area, meters, rows in grouping.split(part):
            folder = book.folder(directory, area)
            summary.areas.append(import_area(folder, area, meters, rows, reading, rejections))
            tell(f"台区 {area}：{len(rows)} 行")
    summary.areas.sort(key=lambda outcome: outcome.area_id)
    summary.differing = book.differing
    return summary


def _batches(
    files: Sequence[Path], book: Book, options: Options, summary: Summary, tell: Callable[[str], None]
) -> Iterator[Batch]:
    for path in files:
        is_first = True
        for batch in batches(path, _NEEDED, summary.rejections):
            if is_first:
                _check(path, batch.headings, book, options)
                summary.ignored_columns += [
                    name
                    for name in batch.headings.ignored
                    if name not in summary.ignored_columns and name not in options.unnamed
                ]
                is_first = False
            summary.rows += len(batch.origins)
            yield batch
            tell(
                f"{path.name}：{batch.done_bytes / 1e6:.0f} / {path.stat().st_size / 1e6:.0f} MB，{summary.rows} 行"
            )


def _check(path: Path, headings: Headings, book: Book, options: Options) -> None:
    book.is_open = options.meters is None and "role" in headings.columns
    if "area" not in headings.columns and not book.meters:
        raise BadImport("headings", f"{path.name}：没有 area（台区）列；或用 --meters 给出电表清单。")
    if not book.is_open and not book.meters:
        raise BadImport(
            "no_master", f"{path.name}：没有写哪只是总表。请加 role（角色）列，或用 --meters 给出电表清单。"
        )


def _size(path: Path) -> int:
    try:
        size = path.stat().st_size
    except OSError:
        return 0
    return size * (_GZIP_RATIO if path.suffix in {".gz", ".parquet"} else 1)


def _list_rejected(path: Path, rejections: Rejections) -> None:
    if not rejections.rows:
        path.unlink(missing_ok=True)
        return
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("file", "line", "column", "reason", "text"))
    writer.writerows((row.file, row.line, row.column, row.reason, row.text) for row in rejections.rows)
    write_atomic(path, stream.getvalue().encode("utf-8-sig"))
