"""The model of the tutorial: JCGM 100:2008, H.1, end-gauge calibration."""

from __future__ import annotations

from importlib.resources import files


def example_text() -> str:
    """Return the YAML of the tutorial's model."""
    return files(__package__).joinpath("gum_h1.yaml").read_text(encoding="utf-8")
