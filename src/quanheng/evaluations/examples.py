"""Models to start from, packaged with the software; each names its source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from quanheng.kernels.marked_yaml import load_marked

# In the order in which they are offered: each shows something that the ones before do not.
NAMES = (
    "gauge_block",
    "price_scale",
    "fuel_dispenser",
    "resistance_reactance",
    "thermometer_curve",
    "mass_in_air",
)


@dataclass(frozen=True)
class Example:
    """A packaged model."""

    name: str
    title: str
    text: str


@cache
def examples() -> tuple[Example, ...]:
    """Return the packaged models."""
    folder = files("quanheng.evaluations") / "packaged"
    texts = [(name, (folder / f"{name}.yaml").read_text("utf-8")) for name in NAMES]
    return tuple(Example(name, str(load_marked(text).data["title"]), text) for name, text in texts)


def example(name: str) -> Example | None:
    """Return one of them by its name."""
    return next((found for found in examples() if found.name == name), None)
