"""The areas below a folder."""

from __future__ import annotations

from pathlib import Path

from quanheng.fleet.store_files import is_area


def area_folders(directory: Path) -> list[Path]:
    """Return the folders of areas: ``directory`` itself where it is one, else those in it, sorted.

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        There is no such folder.
    """
    if is_area(directory):
        return [directory]
    return sorted(
        item
        for item in directory.iterdir()
        if not item.name.startswith(".") and item.is_dir() and is_area(item)
    )
