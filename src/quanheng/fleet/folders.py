"""The areas below a folder."""

from __future__ import annotations

from typing import cast

from quanheng.fleet.places import AnyPlace, PlaceT
from quanheng.fleet.store_files import METERS, is_area, stored


def area_folders(directory: PlaceT) -> list[PlaceT]:
    """Return the folders of areas: ``directory`` itself where it is one, else those in it, sorted.

    One that lacks its curves, or cannot be looked into, is among them: whoever reads it says what is wrong.

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        There is no such folder.
    """
    if _is_meant(directory):
        return [directory]
    found = [item for item in directory.iterdir() if not item.name.startswith(".") and _may_be(item)]
    return cast("list[PlaceT]", sorted(found, key=lambda item: item.name))


def _is_meant(folder: AnyPlace) -> bool:
    return is_area(folder) or stored(folder, METERS).is_file()


def _may_be(item: AnyPlace) -> bool:
    try:
        return item.is_dir() and _is_meant(item)
    except OSError:
        return True
