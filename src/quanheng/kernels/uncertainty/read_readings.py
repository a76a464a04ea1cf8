"""An effect of a model file evaluated from readings: Type A (JCGM 100:2008, 4.2 and H.5)."""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

import numpy as np

from quanheng.kernels.findings import Finding
from quanheng.kernels.uncertainty import distributions as d
from quanheng.kernels.uncertainty.model import Array, Part
from quanheng.kernels.uncertainty.part_keys import (
    ALWAYS,
    TRUST,
    Effect,
    degrees_of_freedom,
    kind_of,
    label_of,
    probability,
)
from quanheng.kernels.uncertainty.section import BadModel, Section
from quanheng.kernels.uncertainty.type_a import (
    Mean,
    Variances,
    analysis_of_variance,
    mean_of,
    variances_of_groups,
)

OBSERVED = frozenset({"readings", "readings_at_points", "group_means", "pooled_std"})

_KEYS = (ALWAYS - {"distribution"}) | OBSERVED
_GROUPED = frozenset({"group_stds", "group_size", "significance"})
_SIGNIFICANCE = 0.05
_TINY = float(np.finfo(float).tiny)  # stands for 0 where the readings of one point are all equal


def read_observed(section: Section, name: str) -> Effect:
    """Return what readings say of the input ``name``: their mean and its standard deviation.

    The part is None where the readings are all equal: they show no variation.

    Raises
    ------
    BadModel
        Too few readings, groups of unequal size, no numbers.
    """
    try:
        if "pooled_std" in section:
            return _pooled(section)
        key = section.one_of(OBSERVED)
        if key == "group_means":
            return _summarised(section, name)
        if key == "readings_at_points":
            section.only(_KEYS, "各点的读数")
            return _effect(section, mean_of(_at_points(section)))
        readings = section.table("readings")
        if readings.ndim == 1:
            section.only(_KEYS, "读数")
            return _effect(section, mean_of(readings))
        return _grouped(section, name, readings)
    except BadModel:
        raise
    except ValueError as error:  # what Type A evaluation itself refuses
        raise section.refuse(str(error), next(key for key in section.values if key in OBSERVED)) from error


def _grouped(section: Section, name: str, groups: Array) -> Effect:
    """Return what groups of readings say, by the F test at the level that the file states."""
    section.only(_KEYS | {"significance"}, "分组的读数")
    level = _level(section)
    return _by_test(section, name, analysis_of_variance(groups, level), level)


def _summarised(section: Section, name: str) -> Effect:
    """Return what groups say of which only mean, standard deviation and size are known, as in Table H.9."""
    section.only(_KEYS | _GROUPED, "分组的读数")
    means, deviations = section.table("group_means"), section.table(section.needed("group_stds"))
    if means.ndim != 1 or means.shape != deviations.shape:
        raise section.refuse("各组平均值和各组标准差的个数应相同。", "group_stds")
    size, level = section.number(section.needed("group_size")), _level(section)
    if size != int(size):
        raise section.refuse("每组个数应为正整数。", "group_size")
    return _by_test(section, name, variances_of_groups(means, deviations, int(size), level), level)


def _level(section: Section) -> float:
    return probability(section, "significance") if "significance" in section else _SIGNIFICANCE


def _by_test(section: Section, name: str, found: Variances, level: float) -> Effect:
    finding = Finding("analysis_of_variance", _said(name, found, level), _data(name, found, level))
    return _effect(section, found.chosen)._replace(findings=(finding,))


def _at_points(section: Section) -> Array:
    rows = section.table("readings_at_points")
    if rows.ndim == 1:
        raise section.refuse("应为各点读数的列表，如 [[1.1, 1.2], [2.0, 2.1]]。", "readings_at_points")
    section.source.numbers([0.0] * len(rows), section.where("readings_at_points"))  # as many as other points
    return rows


def _pooled(section: Section) -> Effect:
    """Return the mean of n readings whose deviation is known from more of them than these (4.2.4)."""
    section.only(_KEYS | TRUST | {"number_of_readings"}, "合并样本标准差")
    degrees = degrees_of_freedom(section)
    deviation = section.positive("pooled_std")
    estimate = None
    if "readings" in section:
        section.only(frozenset(section.values) - {"number_of_readings"}, "给了读数时")
        readings = section.table("readings")
        if readings.ndim != 1 or not len(readings):
            raise section.refuse("应为一列读数。", "readings")
        n, estimate = len(readings), np.array([readings.mean()])
    else:
        count = section.number(section.needed("number_of_readings"))
        n = int(count)
        if n < 1 or n != count:
            raise section.refuse("读数个数应为正整数。", "number_of_readings")
    return Effect(_part(section, deviation / sqrt(n), degrees), estimate)


def _effect(section: Section, mean: Mean) -> Effect:
    u = np.atleast_1d(mean.standard_uncertainty)
    part = _part(section, u, float(mean.degrees_of_freedom)) if np.any(u > 0) else None
    return Effect(part, np.atleast_1d(mean.estimate))


def _part(section: Section, u: Array, degrees: float) -> Part:
    """Return a Type A effect; in Monte Carlo a scaled t (JCGM 101:2008, 6.4.9.2), normal where u is known exactly."""
    scale = np.maximum(u, _TINY)
    distribution = d.Normal(scale) if degrees == inf else d.StudentT(scale, degrees)
    return Part(label_of(section), distribution, u, degrees, kind_of(section, "A"))


def _said(name: str, found: Variances, level: float) -> str:
    with_effect, without = found.accepted, found.rejected
    return (
        f"{name}：组间效应在 {level:g} 的水平上{'显著' if found.is_significant else '不显著'}"
        f"（F = {found.f:.3g}，临界值 {found.f_critical:.3g}）。"
        f"计入组间效应 u = {float(with_effect.standard_uncertainty):.3g}，自由度 {with_effect.degrees_of_freedom}；"
        f"不计入 u = {float(without.standard_uncertainty):.3g}，自由度 {without.degrees_of_freedom}。"
        f"采用{'前者' if found.is_significant else '后者'}。"
    )


def _data(name: str, found: Variances, level: float) -> dict[str, Any]:
    return {
        "input": name,
        "f": found.f,
        "f_critical": found.f_critical,
        "probability": found.probability,
        "significance": level,
        "is_significant": found.is_significant,
        "within": found.within,
        "between": found.between,
        "standard_uncertainty_with_effect": float(found.accepted.standard_uncertainty),
        "degrees_of_freedom_with_effect": found.accepted.degrees_of_freedom,
        "standard_uncertainty_without_effect": float(found.rejected.standard_uncertainty),
        "degrees_of_freedom_without_effect": found.rejected.degrees_of_freedom,
    }
