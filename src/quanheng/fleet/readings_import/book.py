"""Who the meters are: what the store, a list, or the readings themselves say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from quanheng.fleet.folders import area_folders
from quanheng.fleet.readings_import.headings import Headings
from quanheng.fleet.readings_import.refusals import BadImport
from quanheng.fleet.store_errors import BadArea
from quanheng.fleet.store_files import settle
from quanheng.fleet.store_meters import CONSUMER, MASTER, meter_rows
from quanheng.kernels.fleet.area import Phase

_ROLES = {
    MASTER: MASTER,
    "总表": MASTER,
    "台区总表": MASTER,
    "考核表": MASTER,
    "关口表": MASTER,
    CONSUMER: CONSUMER,
    "户表": CONSUMER,
    "用户": CONSUMER,
    "用户表": CONSUMER,
    "分表": CONSUMER,
}
_UNSAFE = re.compile(r"[^\w\- .]|^\.")


@dataclass(slots=True)
class Meter:
    """One meter of one area; None and "" where nobody said."""

    area: str
    meter: str
    role: str = ""
    phase: str = ""
    mpe_percent: float | None = None
    multiplier: float = 1.0
    is_known: bool = True  # from the store or a list, which readings do not overrule


@dataclass(slots=True)
class Book:
    """All meters, numbered as they were met."""

    meters: list[Meter] = field(default_factory=list)
    folders: dict[str, Path] = field(default_factory=dict)  # of the areas that are stored already
    is_open: bool = False  # readings may bring new meters
    needs_role: bool = False  # but only those whose role they say
    differing: list[tuple[Meter, str]] = field(default_factory=list)  # what readings said otherwise
    _places: dict[tuple[str, str], int] = field(default_factory=dict)
    _areas: set[str] = field(default_factory=set)
    _area_of: dict[str, set[str]] = field(default_factory=dict)

    def add(self, meter: Meter) -> int:
        """Add a meter, or what is now known of it; return its number."""
        key = meter.area, meter.meter
        if key not in self._places:
            self._places[key] = len(self.meters)
            self._areas.add(meter.area)
            self._area_of.setdefault(meter.meter, set()).add(meter.area)
            self.meters.append(meter)
            return self._places[key]
        known = self.meters[self._places[key]]
        known.role, known.phase = meter.role or known.role, meter.phase or known.phase
        known.mpe_percent = known.mpe_percent if meter.mpe_percent is None else meter.mpe_percent
        known.multiplier = meter.multiplier
        return self._places[key]

    def place(self, area: str | None, meter: str, role: str, phase: str) -> int | str:
        """Return the number of the meter that readings name, or the reason why their rows are rejected."""
        if area is None:
            areas = self._area_of.get(meter, set())
            if len(areas) != 1:
                return "no_area" if areas else "unknown_meter"
            area = next(iter(areas))
        if not area or not meter:
            return "no_meter" if area else "no_area"
        number = self._places.get((area, meter))
        if number is None:
            if not self.is_open or (self.needs_role and not role):
                return "unknown_meter" if area in self._areas else "unknown_area"
            number = self.add(Meter(area, meter, is_known=False))
        self._learn(self.meters[number], _ROLES.get(role.lower(), ""), _phase(phase))
        return number

    def _learn(self, known: Meter, role: str, phase: str) -> None:
        for name, said in (("role", role), ("phase", phase)):
            before = getattr(known, name)
            if said and not before:
                setattr(known, name, said)
            elif said and said != before:
                self.differing.append((known, said))

    def folder(self, directory: Path, area: str) -> Path:
        """Return where an area is stored; its name below ``directory`` where it is new."""
        safe = _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), area)
        return self.folders.get(area, directory / safe)


def store_book(directory: Path) -> tuple[Book, list[str]]:
    """Return the meters of the areas below a folder, and the folders whose list cannot be read.

    What an interrupted import left is finished first.
    """
    book, unreadable = Book(), []
    for folder in area_folders(directory) if directory.is_dir() else []:
        settle(folder)
        try:
            rows = meter_rows(folder)
        except BadArea:
            unreadable.append(folder.name)
            continue
        for row in rows:
            mpe = row["mpe_percent"]
            book.add(
                Meter(
                    str(row["area_id"]),
                    str(row["meter_id"]),
                    str(row["role"]),
                    str(row["phase"] or ""),
                    float(mpe) if isinstance(mpe, int | float) else None,
                )
            )
            book.folders[str(row["area_id"])] = folder
    return book, unreadable


def add_list(book: Book, name: str, rows: Iterable[dict[str, str]], headings: Headings) -> None:
    """Add a list of meters, row by row.  BadImport (meters), naming the line."""
    if "role" not in headings.columns:
        raise BadImport("meters", f"{name}：没有 role（角色）列，不知道哪只是总表。")
    seen: set[tuple[str, str]] = set()
    for row in rows:
        where = f"{name} 第 {row['line']} 行"
        if not any(value for field, value in row.items() if field != "line"):
            continue
        role = _ROLES.get(row["role"].lower())
        if not row["area"] or not row["meter"] or role is None:
            raise BadImport("meters", f"{where}：台区、表号、角色（总表或户表）都要写。")
        if (row["area"], row["meter"]) in seen:
            raise BadImport("meters", f"{where}：{row['area']} 的 {row['meter']} 写了两次。")
        seen.add((row["area"], row["meter"]))
        mpe = _number(row.get("mpe_percent", ""), f"{where}：最大允许误差")
        factor = _number(row.get("multiplier", ""), f"{where}：倍率")
        phase = _phase(row.get("phase", ""))
        book.add(Meter(row["area"], row["meter"], role, phase, mpe, factor or 1.0))


def _phase(text: str) -> str:
    found = Phase.of({"三相": "ABC"}.get(text, text.removesuffix("相")))
    return "" if found is Phase.UNKNOWN else found.name


def _number(text: str, what: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise BadImport("meters", f"{what}应为大于 0 的数，写的是“{text}”。")
    return value
