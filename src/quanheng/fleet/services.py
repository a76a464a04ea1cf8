"""Writes: taking in the results of a run, whole or not at all; forgetting what a person wrote of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from itertools import islice
from math import isfinite
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.locks import lock_for_transaction
from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.core.services import acted_by
from quanheng.fleet.area_names import AreaName
from quanheng.fleet.errors import BadResultsFile, RunKnown
from quanheng.fleet.models import MAX_FOLDER, MAX_ID, AreaResult, FleetRun, MeterResult, SupplyArea
from quanheng.fleet.results_file import BadResults, about, areas_path, read_results
from quanheng.kernels.fleet.results import OUT_OF_TOLERANCE, UNDETERMINED, AreaEstimate
from quanheng.kernels.text_keys import has_control
from quanheng.transparency.services import enqueue_leaf

FORGOTTEN = "已删除"
_TAKE = "fleet.take"
_AREAS_AT_ONCE = 50
_ROWS_AT_ONCE = 2000
_NUL = "\0"  # PostgreSQL keeps no text with it


@transaction.atomic
def take_estimates(
    *,
    actor: User | None,
    results_path: Path,
    folder: str = "",
    names: Mapping[str, AreaName] | None = None,
    month: date | None = None,
    is_demo: bool = False,
) -> FleetRun:
    """Take in OUT.parquet and OUT.areas.parquet; what they say of an area becomes its latest result.

    ``folder`` held the readings: it stands in the command that recomputes.  ``names`` are kept for the areas that
    are known then.  ``month`` is that of an update, which estimates all months up to it.  ``actor`` is None for who runs the house from its terminal.

    Raises
    ------
    NotPermitted
        The person may not take results in.
    BadResultsFile, RunKnown
        A file that cannot be read or kept, nothing of it is; these results were taken in before.
    """
    if actor is not None and not scope_of(actor, _TAKE):
        raise NotPermitted(permission=_TAKE)
    lock_for_transaction(_TAKE)
    try:
        run = _new_run(actor, results_path, folder, month)
        counts = _take_areas(run, read_results(results_path), is_demo=is_demo)
    except (BadResults, OSError) as error:
        raise BadResultsFile(reason=_reason(error)) from error
    _name_areas(names or {})
    enqueue_leaf(
        kind="fleet:taken",
        subject=f"fleetrun:{run.public_id}",
        data={
            "sha256": run.sha256,
            "areas_sha256": run.areas_sha256,
            "version": run.version,
            "since": run.since.isoformat() if run.since else "",
            "until": run.until.isoformat() if run.until else "",
            "month": f"{run.month:%Y-%m}" if run.month else "",
            **counts,
        },
        personal=acted_by(actor),
    )
    return run


@transaction.atomic
def forget_person(user: User) -> None:
    """Blank the folders that this person named; the results stay, for they are the county's."""
    FleetRun.objects.filter(taken_by=user).exclude(folder="").update(folder=FORGOTTEN)


def _new_run(actor: User | None, path: Path, folder: str, month: date | None) -> FleetRun:
    hashes = {"sha256": _sha256(path), "areas_sha256": _sha256(areas_path(path))}
    known = FleetRun.objects.filter(**hashes).first()
    if known is not None:
        raise RunKnown(on=f"{known.taken_at:%Y-%m-%d}")
    if len(folder) > MAX_FOLDER or has_control(folder):
        raise BadResultsFile(reason=_("文件夹的名称太长，或有看不见的字符。"))
    of = about(path)
    return FleetRun.objects.create(
        folder=folder,
        since=of.since,
        until=of.until,
        month=month,
        version=of.version[:50],
        taken_by=actor,
        taken_at=clock.now(),
        **hashes,
    )


def _take_areas(run: FleetRun, estimates: Iterator[AreaEstimate], *, is_demo: bool) -> dict[str, int]:
    """Write results area by area, so that memory does not grow with the county; return what was counted."""
    counts = {"areas": 0, "meters": 0, "suspects": 0}
    while group := list(islice(estimates, _AREAS_AT_ONCE)):
        for each in group:
            _refuse_unkeepable(each)
        results = AreaResult.objects.bulk_create(
            _area_result(run, area, each)
            for area, each in zip(_areas(group, is_demo=is_demo), group, strict=True)
        )
        MeterResult.objects.bulk_create(
            (
                row
                for result, each in zip(results, group, strict=True)
                for row in _meter_results(result, each)
            ),
            batch_size=_ROWS_AT_ONCE,
        )
        for result in results:
            result.area.latest = result
            counts["meters"] += result.meters
            counts["suspects"] += result.suspects
        SupplyArea.objects.bulk_update([result.area for result in results], ["latest"])
        counts["areas"] += len(group)
    return counts


def _areas(group: Sequence[AreaEstimate], *, is_demo: bool) -> list[SupplyArea]:
    """Return the records of these areas, new ones where there are none."""
    ids = [each.area_id for each in group]
    known = SupplyArea.objects.in_bulk(ids, field_name="area_id")
    made = SupplyArea.objects.bulk_create(
        SupplyArea(area_id=area_id, is_demo=is_demo) for area_id in ids if area_id not in known
    )
    known |= {area.area_id: area for area in made}
    return [known[area_id] for area_id in ids]


def _area_result(run: FleetRun, area: SupplyArea, each: AreaEstimate) -> AreaResult:
    return AreaResult(
        run=run,
        area=area,
        status=each.status,
        findings=[asdict(found) for found in each.findings],
        loss_kwh=_number(each.loss_kwh),
        loss_percent=_number(each.loss_percent),
        residual_sd_kwh=_number(each.residual_sd_kwh),
        meters=len(each.meter_ids),
        suspects=each.meter_status.count(OUT_OF_TOLERANCE),
        undetermined=each.meter_status.count(UNDETERMINED),
    )


def _meter_results(result: AreaResult, each: AreaEstimate) -> Iterator[MeterResult]:
    for at, meter_id in enumerate(each.meter_ids):
        yield MeterResult(
            area_result=result,
            meter_id=meter_id,
            status=each.meter_status[at],
            error_percent=_number(each.error_percent[at]),
            standard_uncertainty_percent=_number(each.standard_uncertainty_percent[at]),
            probability_out_of_tolerance=_number(each.probability_out_of_tolerance[at]),
            energy_share=_number(each.energy_share[at]),
            reason=each.reason[at],
            mpe_percent=_number(each.mpe_percent[at]),
        )


def _refuse_unkeepable(each: AreaEstimate) -> None:
    names = (each.area_id, *each.meter_ids)
    texts = (*each.reason, *(str(asdict(found)) for found in each.findings))
    if any(len(name) > MAX_ID or has_control(name) for name in names):
        raise BadResultsFile(
            reason=_("台区“%(area)s”：编号超过 %(most)s 个字，或有看不见的字符。")
            % {"area": each.area_id[:MAX_ID], "most": MAX_ID}
        )
    if any(_NUL in text or "\\x00" in text for text in texts):
        raise BadResultsFile(reason=_("台区“%(area)s”：文字中有不能保存的字符。") % {"area": each.area_id})


def _name_areas(names: Mapping[str, AreaName]) -> None:
    areas = SupplyArea.objects.in_bulk(list(names), field_name="area_id")
    for area_id, area in areas.items():
        area.name, area.town_id = names[area_id].name, names[area_id].town_id
    SupplyArea.objects.bulk_update(areas.values(), ["name", "town"], batch_size=_ROWS_AT_ONCE)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _reason(error: BadResults | OSError) -> str:
    if isinstance(error, OSError):
        given = {"name": Path(error.filename or "").name, "reason": error.strerror}
        return _("无法读取 %(name)s：%(reason)s。") % given
    return str(error)


def _number(value: float) -> float | None:
    return float(value) if isfinite(value) else None
