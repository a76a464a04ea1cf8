"""The inputs of a model file: each from its effects; those observed together with their correlation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

import numpy as np

from quanheng.kernels.findings import Finding
from quanheng.kernels.marked_yaml import Path
from quanheng.kernels.uncertainty.distributions import Normal, StudentT
from quanheng.kernels.uncertainty.model import Array, Input, Part
from quanheng.kernels.uncertainty.part_keys import Effect
from quanheng.kernels.uncertainty.read_parts import read_known
from quanheng.kernels.uncertainty.read_readings import OBSERVED, read_observed
from quanheng.kernels.uncertainty.section import Section, Source
from quanheng.kernels.uncertainty.spellings import COMPONENT, INPUT
from quanheng.kernels.uncertainty.type_a import joint_means

_WHOLE = frozenset({"name", "label", "unit", "value", "components"})
_ROUNDED = 0.1  # a stated total may differ so much from its components before it is remarked


@dataclass
class Found:
    """What reading the inputs yields; ``correlations`` has an entry for each ensemble whose data give one."""

    inputs: list[Input] = field(default_factory=list)
    correlations: dict[str, Array] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    paths: dict[str, Path] = field(default_factory=dict)


def sections(
    source: Source, given: Any, path: Path, spellings: Mapping[str, str], what: str
) -> Iterator[tuple[str, Section]]:
    """Yield (name, section) of a mapping name → section, or of a list of sections with a name."""
    if isinstance(given, list):
        for at, item in enumerate(given):
            section = source.section(item, (*path, at), spellings, what)
            yield section.text(section.needed("name")).strip(), section
    elif isinstance(given, Mapping):
        for name, item in given.items():
            if what == "输入量" and not isinstance(item, Mapping | None):
                raise source.refuse(
                    f"“{name}”只写了一个值：输入量要有不确定度，如 {name}: {{value: 5, std: 0.1}}；"
                    "没有不确定度的量请放入 constants。",
                    (*path, name),
                )
            section = source.section({} if item is None else item, (*path, name), spellings, what)
            section.only(frozenset(section.values) - {"name"}, "已有名称的项")
            yield str(name).strip(), section
    else:
        raise source.refuse(f"{what}应写成“名称: {{…}}”，或带 name 的列表。", path)


def read_inputs(source: Source, given: Any, path: Path, groups: Any, groups_path: Path) -> Found:
    """Return the inputs of a file; ``groups`` lists those observed together.

    Raises
    ------
    BadModel
        See `read_known` and `read_observed`; an input without estimate, or with a name that another has.
    """
    found, readings = Found(), dict[str, Array]()
    for name, section in sections(source, given, path, INPUT, "输入量"):
        if name in found.paths:
            raise section.refuse(f"输入量“{name}”有两个。")
        found.paths[name] = section.path
        found.inputs.append(_input(section, name, found.findings))
        if "readings" in section and "pooled_std" not in section:
            readings[name] = section.table("readings")
    _join(source, found, readings, groups, groups_path)
    return found


def broadcast(known: Input, points: int) -> Input:
    """Return the input with one value for each point."""
    return replace(
        known,
        estimate=np.broadcast_to(known.estimate, points).copy(),
        parts=tuple(
            replace(part, standard_uncertainty=np.broadcast_to(part.standard_uncertainty, points).copy())
            for part in known.parts
        ),
    )


def _input(section: Section, name: str, findings: list[Finding]) -> Input:
    value = section.numbers("value") if "value" in section else None
    effects = [read_effect(item, name, value) for item in _effects(section)]
    parts = tuple(effect.part for effect in effects if effect.part is not None)
    estimates = [effect.estimate for effect in effects if effect.estimate is not None]
    if value is None and len(estimates) != 1:
        raise section.refuse(
            f"“{name}”{'缺少估计值 value' if not estimates else '的估计值多于一个，请给出 value'}。"
        )
    if len(parts) < len(effects):
        findings.append(
            Finding("readings_all_equal", f"{name}：读数全部相同，A 类分量为零。", {"input": name})
        )
    for effect in effects:
        findings.extend(effect.findings)
    estimate = value if value is not None else estimates[0]
    known = Input(name, estimate, parts, section.text("label"), section.text("unit"))
    if not np.all(known.standard_uncertainty > 0):
        raise section.refuse(f"“{name}”的读数全部相同，看不出变化。请加上分辨力等分量，或放入 constants。")
    findings.extend(_stated_total(section, known))
    return known


def read_effect(section: Section, name: str, value: Array | None) -> Effect:
    """Return the effect of one section: from readings, or known."""
    if any(key in section for key in OBSERVED):
        return read_observed(section, name)
    return read_known(section, value)


def _effects(section: Section) -> list[Section]:
    if "components" not in section:
        return [section]
    section.only(_WHOLE | {"std"}, "分成分量的输入量")
    items = section.items("components")
    if not items:
        raise section.refuse("分量一个也没有。", "components")
    return [
        section.source.section(item, (*section.where("components"), at), COMPONENT, "分量")
        for at, item in enumerate(items)
    ]


def _stated_total(section: Section, known: Input) -> list[Finding]:
    """Compare a total that stands beside its components; the components count."""
    if "components" not in section or "std" not in section:
        return []
    stated = section.positive("std")
    if np.all(np.abs(stated / known.standard_uncertainty - 1) <= _ROUNDED):
        return []
    return [
        Finding(
            "components_differ",
            f"{known.name}：std 与各分量的合成相差超过 {_ROUNDED:.0%}，按分量计算。",
            {"input": known.name},
        )
    ]


def _join(source: Source, found: Found, readings: Mapping[str, Array], groups: Any, path: Path) -> None:
    """Make ensembles of the inputs that were observed together."""
    if groups is None:
        return
    if not isinstance(groups, list):
        raise source.refuse("应为同时观测的输入量的列表，如 [[V, I, phi]]。", path)
    index = {known.name: at for at, known in enumerate(found.inputs)}
    for at, group in enumerate(groups):
        place = (*path, at)
        if not isinstance(group, list) or len(group) < 2:  # noqa: PLR2004  one alone is not joint
            raise source.refuse("同时观测的输入量至少两个，如 [V, I, phi]。", place)
        names = [str(name) for name in group]
        for name in names:
            if name not in index:
                raise source.refuse(f"没有输入量“{name}”。", place)
            known = found.inputs[index[name]]
            if known.ensemble is not None or names.count(name) > 1:
                raise source.refuse(f"“{name}”同时观测的列表里有两次。", place)
            if len(known.parts) > 1:
                raise source.refuse(f"“{name}”同时观测，不能再有别的分量；请另设一个输入量。", place)
        members = [found.inputs[index[name]] for name in names]
        ensemble = "、".join(names)
        if any(name in readings for name in names):
            series = _simultaneous(source, names, readings, place)
            joined, found.correlations[ensemble] = _observed_jointly(source, members, series, place)
        else:
            joined = _known_jointly(source, members, place)
        for known in joined:
            found.inputs[index[known.name]] = replace(known, ensemble=ensemble)


def _simultaneous(source: Source, names: list[str], readings: Mapping[str, Array], path: Path) -> Array:
    series = [readings[name] for name in names if name in readings]
    if len(series) < len(names) or any(row.ndim != 1 for row in series):
        raise source.refuse("同时观测的输入量应当都有一列读数 readings，或都没有。", path)
    if len({len(row) for row in series}) != 1:
        raise source.refuse("同时观测的读数个数不同。", path)
    return np.array(series)


def _observed_jointly(
    source: Source, members: list[Input], series: Array, path: Path
) -> tuple[list[Input], Array]:
    """Return the inputs with the joint distribution of JCGM 102:2011, 5.3.2: t with n - N degrees of freedom."""
    quantities, n = series.shape
    try:
        parts = [
            replace(part, distribution=StudentT.of_joint_means(part.standard_uncertainty, n, quantities))
            for part in (known.parts[0] for known in members)
        ]
    except ValueError as error:
        raise source.refuse(str(error), path) from error
    _, correlation = joint_means(series)
    return [replace(known, parts=(part,)) for known, part in zip(members, parts, strict=True)], correlation


def _known_jointly(source: Source, members: list[Input], path: Path) -> list[Input]:
    if len({known.parts[0].degrees_of_freedom for known in members}) != 1:
        raise source.refuse("同时观测的输入量应有相同的自由度 dof。", path)
    if any(known.parts[0].distribution.name not in {"normal", "t"} for known in members):
        raise source.refuse("同时观测的输入量应为正态分布或 t 分布。", path)
    return members


def joint_part(u: Array, degrees: float, label: str) -> Part:
    """Return the part of an input whose values and uncertainty come from data, with ``degrees`` of freedom."""
    distribution = Normal(u) if degrees == inf else StudentT(u, degrees)
    return Part(label, distribution, u, degrees, "A")
