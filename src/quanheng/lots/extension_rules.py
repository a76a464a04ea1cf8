"""Which kinds may stay in use by their state, as dated rule data (extension.yaml); needs no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import yaml

from quanheng.kernels.rules import Confidence


@dataclass(frozen=True, slots=True)
class Extension:
    """One row: which kind, in which region (empty: everywhere), from which day to which, inclusive."""

    key: str
    kind: str
    what: str
    document: str
    source: str
    confidence: Confidence
    region: str = ""
    in_force_from: date | None = None
    in_force_to: date | None = None
    clause: str = ""
    lacks: tuple[str, ...] = ()
    is_confirmed: bool = False

    def holds(self, kind: str, region: str, on: date) -> bool:
        """Whether it lets this kind stay in a region (GB/T 2260 code) on a day."""
        return (
            self.kind == kind
            and region.startswith(self.region)
            and (self.in_force_from is None or self.in_force_from <= on)
            and (self.in_force_to is None or on <= self.in_force_to)
        )


@cache
def packaged_extensions() -> tuple[Extension, ...]:
    """Return the rows of extension.yaml."""
    text = files("quanheng.lots").joinpath("extension.yaml").read_text(encoding="utf-8")
    return read_extensions(text)


def read_extensions(text: str) -> tuple[Extension, ...]:
    """Return the rows of a text in the format of extension.yaml."""
    return tuple(
        Extension(**row | {"confidence": Confidence(row["confidence"]), "lacks": tuple(row.get("lacks", ()))})
        for row in yaml.safe_load(text)["extensions"]
    )


@cache
def life_limit() -> tuple[float, str]:
    """Return the share of nonconforming meters that the life model asks about, and where it comes from."""
    text = files("quanheng.lots").joinpath("extension.yaml").read_text(encoding="utf-8")
    row = yaml.safe_load(text)["life"]
    return float(row["most_nonconforming"]), str(row["source"])


@cache
def sample_within_months() -> int:
    """Return how many months before the end of a lot it may be sampled at the earliest."""
    text = files("quanheng.lots").joinpath("extension.yaml").read_text(encoding="utf-8")
    return int(yaml.safe_load(text)["sample_within"]["months"])


def extension_for(kind: str, region: str, on: date) -> Extension | None:
    """Return the row by which a kind may stay in use, None where it may not."""
    found = [row for row in packaged_extensions() if row.holds(kind, region, on)]
    return max(found, key=lambda row: (len(row.region), row.in_force_from or date.min), default=None)
