"""What is true of a simulated area, in the shape of the reference cases' truth files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The truth of one area; the mappings hold every listed meter by its identifier."""

    area_id: str
    seed: int
    days: int
    loss_ratio: float  # technical loss, of the energy through the master
    v_min: float  # lowest voltage at a consumer [V]
    error_percent: Mapping[str, float]  # on the first day
    wrong: tuple[str, ...]  # meters beyond their tolerance on the first day
    share: Mapping[str, float]  # of the energy of the listed meters of this area
    notes: tuple[Mapping[str, object], ...]  # one of each fault
    master_error_percent: float

    def to_json(self) -> dict[str, object]:
        """Return what a truth file holds."""
        return {
            "area": self.area_id,
            "net": "simulated",
            "seed": self.seed,
            "days": self.days,
            "loss_ratio": self.loss_ratio,
            "v_min": self.v_min,
            "unconverged": 0,
            "stress": sorted({str(note["kind"]) for note in self.notes}),
            "notes": [dict(note) for note in self.notes],
            "wrong": list(self.wrong),
            "error_percent": dict(self.error_percent),
            "share": dict(self.share),
            "master_error_percent": self.master_error_percent,
        }
