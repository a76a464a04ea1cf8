"""A published log as tests look at it: from its files alone."""

from __future__ import annotations

from pathlib import Path

from quanheng.kernels.tlog.check import Report, check_log
from quanheng.kernels.tlog.checkpoint import parse_checkpoint
from quanheng.kernels.tlog.layout import CHECKPOINT_PATH, ENTRIES, TILE_WIDTH, tile_at
from quanheng.kernels.tlog.notes import parse_note
from quanheng.kernels.tlog.tiles import read_items
from quanheng.transparency.selectors import reader


def report(folder: Path) -> Report:
    """Return what `quanheng log check` finds."""
    paths = [path.relative_to(folder).as_posix() for path in folder.glob("tile/**/*") if path.is_file()]
    return check_log(read=reader(folder), paths=paths)


def check_codes(folder: Path) -> list[str]:
    """Return the codes of the findings; a log of which nothing is out yet has none."""
    if not (folder / CHECKPOINT_PATH).exists():
        return []
    return [finding.code for finding in report(folder).findings]


def published_size(folder: Path) -> int:
    """Return the size that the published checkpoint states; 0 without one."""
    path = folder / CHECKPOINT_PATH
    return parse_checkpoint(parse_note(path.read_bytes()).text).size if path.exists() else 0


def published_entries(folder: Path) -> list[bytes]:
    """Return every entry that the published checkpoint covers."""
    size = published_size(folder)
    bundles = (tile_at(size, ENTRIES, index) for index in range(-(-size // TILE_WIDTH)))
    return [entry for ref in bundles for entry in read_items(reader(folder), ref)]
