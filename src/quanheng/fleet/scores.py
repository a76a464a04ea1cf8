"""How good results are where the truth is known: error, coverage, wrong meters found, good ones accused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from quanheng.fleet.results_file import BadResults, read_results
from quanheng.kernels.fleet.results import CONFORMING, OUT_OF_TOLERANCE, UNDETERMINED, AreaEstimate

_HALF_WIDTH = 1.959964  # of a 95 % interval, in standard uncertainties


class BadTruth(ValueError):
    """A truth file that cannot be read."""


def score(results: Path, truths: Sequence[Path]) -> dict[str, Any]:
    """Return the scores of each area with a truth, and of all together.

    Raises
    ------
    BadTruth
        No truth, or one that is none.
    BadResults
        The results are none, or do not say by which maximum permissible error meters were judged.
    """
    known: dict[str, dict[str, float]] = {}
    for path in _files(truths):
        area_id, errors = _truth(path)
        if known.setdefault(area_id, errors) != errors:
            raise BadTruth(f"台区 {area_id} 有两份不同的真值，后一份是 {path}。")
    rows = [_row(area, known[area.area_id]) for area in read_results(results) if area.area_id in known]
    if not rows:
        raise BadTruth("没有一个台区既有结果又有真值。")
    squares = sum(row.pop("_squares") for row in rows)
    inside = sum(row.pop("_inside") for row in rows)
    names = ("meters", "judged", "compared", "wrong", "found", "large", "large_found", "accused", "missed")
    sums = {name: sum(row[name] for row in rows) for name in names}
    compared = sums["compared"]
    together = {
        **sums,
        "rmse_percent": float(np.sqrt(squares / compared)) if compared else None,
        "coverage": inside / compared if compared else None,
    }
    return {"areas": rows, "all": together}


def _files(truths: Sequence[Path]) -> list[Path]:
    """Return the truth files, those below a folder in the order of their paths.  Raises BadTruth: none there."""
    files: list[Path] = []
    for path in truths:
        found = sorted(path.rglob("truth.json")) if path.is_dir() else [path]
        if not found:
            raise BadTruth(f"{path} 中没有 truth.json。")
        files += found
    return files


def _truth(path: Path) -> tuple[str, dict[str, float]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return str(content["area"]), {str(k): float(v) for k, v in content["error_percent"].items()}
    except OSError as error:
        raise BadTruth(f"无法读取 {path}：{error.strerror}。") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadTruth(f"{path} 不是真值文件：应是 JSON，有 area 和每块表的 error_percent。") from error


def _row(area: AreaEstimate, truth: dict[str, float]) -> dict[str, Any]:
    """Return one area's scores; ``large`` are wrong by twice the tolerance with a load share of at least 0.3/n."""
    mpe_percent = area.mpe_percent
    if not np.isfinite(mpe_percent).all():
        raise BadResults(f"台区 {area.area_id} 的结果没有写最大允许误差，请用现在的版本重新估计。")
    true = np.array([truth.get(name, np.nan) for name in area.meter_ids])
    known = np.isfinite(true)
    status = np.array(area.meter_status, dtype=object)
    compared = known & (status != UNDETERMINED)
    miss = area.error_percent - true
    wrong = known & (np.abs(true) > mpe_percent)
    large = known & (np.abs(true) >= 2 * mpe_percent) & (area.energy_share >= 0.3 / max(len(true), 1))
    named = status == OUT_OF_TOLERANCE
    inside = np.abs(miss) <= _HALF_WIDTH * area.standard_uncertainty_percent
    count = int(compared.sum())
    squares = float((miss[compared] ** 2).sum())
    return {
        "area_id": area.area_id,
        "status": area.status,
        "meters": len(true),
        "judged": int((status != UNDETERMINED).sum()),
        "compared": count,
        "rmse_percent": float(np.sqrt(squares / count)) if count else None,
        "coverage": float(inside[compared].mean()) if count else None,
        "wrong": int(wrong.sum()),
        "found": int((wrong & named).sum()),
        "large": int(large.sum()),
        "large_found": int((large & named).sum()),
        "accused": int((known & ~wrong & named).sum()),
        "missed": int((wrong & (status == CONFORMING)).sum()),
        "findings": [f.code for f in area.findings],
        "_squares": squares,
        "_inside": int(inside[compared].sum()),
    }
