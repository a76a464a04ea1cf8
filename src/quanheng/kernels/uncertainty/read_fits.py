"""The calibration curves of a model file: least-squares fits whose parameters are correlated inputs."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

import numpy as np
from scipy.special import chdtrc

from quanheng.kernels.expressions import names
from quanheng.kernels.findings import Finding
from quanheng.kernels.marked_yaml import Path
from quanheng.kernels.uncertainty.fits import Curve, Fit, NoFit, fit
from quanheng.kernels.uncertainty.model import Array, Input
from quanheng.kernels.uncertainty.part_keys import degrees_of_freedom
from quanheng.kernels.uncertainty.read_inputs import Found, joint_part
from quanheng.kernels.uncertainty.section import Section, Source
from quanheng.kernels.uncertainty.spellings import FIT

_NOISE = 1e-13  # of the response; residuals below it are rounding
_INCONSISTENT = 0.05  # JCGM 100 gives no level; ISO/TS 28037:2010, 6.3 tests at 5 %


def read_fits(source: Source, given: Any, path: Path, found: Found) -> None:
    """Add the parameters of each fit to the inputs of ``found``, with their correlation.

    Raises
    ------
    BadModel
        Data of unequal length, unknown names in the curve, data that do not determine the parameters.
    """
    if given is None:
        return
    if not isinstance(given, Mapping):
        raise source.refuse("拟合应写成“名称: {formula, parameters, data}”的形式。", path)
    for name, item in given.items():
        section = source.section(item, (*path, name), FIT, "拟合")
        curve, parameters = _curve(source, section)
        try:
            result = fit(curve)
        except NoFit as error:
            raise section.refuse(str(error)) from error
        if result.is_scaled and result.standard_deviation <= _NOISE * np.max(np.abs(curve.response)):
            raise section.refuse("数据与曲线完全一致，参数没有不确定度。请给出数据的标准不确定度。")
        _add(section, str(name), parameters, result, found)
        _add_readings(section, str(name), result, found)
        found.findings.append(_fitted(str(name), parameters, result))


def _curve(source: Source, section: Section) -> tuple[Curve, list[str]]:
    response, _, written = section.text(section.needed("formula")).replace("＝", "=").partition("=")
    response = response.strip()
    if not written.strip():
        raise section.refuse("曲线应写作“响应 = 算式”，如 b = y1 + y2*(t - t0)。", "formula")
    formula = source.formula(written, section.where("formula"))
    data = _data(section, "data")
    if response not in data:
        raise section.refuse(f"数据中没有“{response}”。", "data")
    parameters = _parameters(section)
    constants = {name: float(value[0]) for name, value in source.constants.items() if len(value) == 1}
    abscissas = {name: values for name, values in data.items() if name != response}
    if unknown := [
        n for n in names(formula) if n not in abscissas and n not in parameters and n not in constants
    ]:
        raise section.refuse(f"曲线中的“{unknown[0]}”不是参数、数据或常数。", "formula")
    if clash := [name for name in parameters if name in data or name in constants]:
        raise section.refuse(f"“{clash[0]}”既是参数又是数据或常数。", "parameters")
    uncertainties = _uncertainties(section, data)
    covariance = uncertainties.pop(response, None)
    if "covariance" in section:
        if covariance is not None:
            raise section.refuse(f"“{response}”的标准不确定度和协方差只能给一个。", "covariance")
        covariance = _covariance(section, len(data[response]))
    curve = Curve(
        formula,
        parameters,
        abscissas,
        data[response],
        covariance,
        uncertainties,
        constants,
        section.flag("relative_weights"),
        degrees_of_freedom(section),
    )
    return curve, list(parameters)


def _data(section: Section, key: str) -> dict[str, Array]:
    given = section.values[section.needed(key)]
    if not isinstance(given, Mapping) or not given:
        raise section.refuse("数据应写成“名称: [数, …]”的形式。", key)
    inner = Section(section.source, given, {name: str(name) for name in given}, section.where(key))
    found = {str(name): inner.table(name) for name in given}
    first = next(iter(found))
    for name, values in found.items():
        if values.ndim != 1:
            raise inner.refuse("应为一列数。", name)
        if len(values) != len(found[first]):
            raise inner.refuse(
                f"“{name}”有 {len(values)} 个数，“{first}”有 {len(found[first])} 个：应相同。", name
            )
    return found


def _parameters(section: Section) -> dict[str, float]:
    given = section.values[section.needed("parameters")]
    if isinstance(given, list) and given:
        return {str(name): 0.0 for name in given}
    if isinstance(given, Mapping) and given:
        inner = Section(
            section.source, given, {name: str(name) for name in given}, section.where("parameters")
        )
        return {str(name): inner.number(name) for name in given}
    raise section.refuse("参数应为名称的列表，或写成“名称: 初值”。", "parameters")


def _uncertainties(section: Section, data: Mapping[str, Array]) -> dict[str, Array]:
    given = section.values.get("uncertainties")
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise section.refuse("标准不确定度应写成“名称: 数或列表”的形式。", "uncertainties")
    inner = Section(
        section.source, given, {name: str(name) for name in given}, section.where("uncertainties")
    )
    found = {}
    for name, value in given.items():
        if name not in data:
            raise inner.refuse(f"数据中没有“{name}”。", name)
        n = len(data[name])
        values = inner.table(name) if isinstance(value, list) else np.full(n, inner.number(name))
        if len(values) != n or values.ndim != 1:
            raise inner.refuse(f"应为 {n} 个数。", name)
        if not np.all(values > 0):
            raise inner.refuse("标准不确定度应当大于零；没有不确定度时不写。", name)
        found[str(name)] = values
    return found


def _covariance(section: Section, n: int) -> Array:
    found = section.table("covariance")
    if found.shape != (n, n) or not np.allclose(found, found.T, rtol=1e-12, atol=0):
        raise section.refuse(f"协方差矩阵应对称，{n} 行 {n} 列。", "covariance")
    return found


def _add(section: Section, name: str, parameters: list[str], result: Fit, found: Found) -> None:
    units = section.values.get("units") or {}
    for at, parameter in enumerate(parameters):
        if parameter in found.paths:
            raise section.refuse(f"“{parameter}”已有定义。", "parameters")
        found.paths[parameter] = section.where("parameters")
        part = joint_part(result.standard_uncertainties[at : at + 1], result.degrees_of_freedom, "")
        found.inputs.append(
            Input(
                parameter,
                result.estimates[at : at + 1],
                (part,),
                section.text("label"),
                str(units.get(parameter, "")) if isinstance(units, Mapping) else "",
                name,
            )
        )
    found.correlations[name] = result.correlation


def _add_readings(section: Section, name: str, result: Fit, found: Found) -> None:
    """Add new readings of the response: they vary as the residuals do, and share their degrees of freedom."""
    given = section.values.get("new_readings")
    if given is None:
        return
    if not isinstance(given, Mapping):
        raise section.refuse("新读数应写成“名称: [数, …]”的形式。", "new_readings")
    if not result.is_scaled:
        raise section.refuse("数据的标准不确定度已给出时，新读数请作为输入量给出。", "new_readings")
    inner = Section(section.source, given, {key: str(key) for key in given}, section.where("new_readings"))
    for key in given:
        readings = inner.table(key)
        if readings.ndim != 1 or not len(readings):
            raise inner.refuse("应为一列读数。", key)
        if key in found.paths:
            raise inner.refuse(f"“{key}”已有定义。", key)
        found.paths[key] = inner.where(key)
        u = np.array([result.standard_deviation / np.sqrt(len(readings))])
        part = joint_part(u, result.degrees_of_freedom, "")
        found.inputs.append(Input(key, np.array([readings.mean()]), (part,), ensemble=name))
    block = np.eye(len(result.estimates) + len(given))
    block[: len(result.estimates), : len(result.estimates)] = result.correlation
    found.correlations[name] = block


def _fitted(name: str, parameters: list[str], result: Fit) -> Finding:
    text = f"拟合“{name}”：残差标准差 s = {result.standard_deviation:.3g}，剩余自由度 {result.redundancy}。"
    probability = None
    code = "fitted"
    if not result.is_scaled and result.redundancy > 0:
        probability = float(chdtrc(result.redundancy, result.chi_squared))
        if probability < _INCONSISTENT:
            code = "fit_inconsistent"
            text += f"残差大于给出的不确定度所能解释的（χ² = {result.chi_squared:.3g}，概率 {probability:.2g}），请检查曲线的形式。"
    return Finding(
        code,
        text,
        {
            "fit": name,
            "parameters": {p: float(v) for p, v in zip(parameters, result.estimates, strict=True)},
            "standard_uncertainties": {
                p: float(u) for p, u in zip(parameters, result.standard_uncertainties, strict=True)
            },
            "correlation": result.correlation.tolist(),
            "residual_standard_deviation": result.standard_deviation,
            "redundancy": result.redundancy,
            "chi_squared": None if result.is_scaled else result.chi_squared,
            "chi_squared_probability": probability,
            "degrees_of_freedom": result.degrees_of_freedom if result.degrees_of_freedom != inf else None,
            "residuals": result.residuals.tolist(),
        },
    )
