"""The supply areas of the world: one with a suspect, one that is not judged, one that could not be read."""

from __future__ import annotations

import tempfile
from pathlib import Path

from quanheng.core.models import OrgUnit, User
from quanheng.fleet.area_names import AreaName
from quanheng.fleet.results_file import write_results
from quanheng.fleet.services import take_estimates
from tests.fleet.making import METERS, estimate, unusable, withheld


def make_fleet(actor: User) -> None:
    """Make them, after an earlier run."""
    names = {"A1": AreaName("朝阳路一号", OrgUnit.objects.get(name="亭子镇").pk)}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "OUT.parquet"
        for estimates in ([estimate(meters=METERS[:1])], [estimate(), withheld(), unusable()]):
            write_results(out, estimates)
            take_estimates(actor=actor, results_path=out, folder="readings", names=names)
