"""A measurement model from its file.  The format is described in docs/reference/uncertainty-model.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np
from scipy.special import ndtr

from quanheng.kernels.expressions import (
    FUNCTIONS,
    BadExpression,
    Binary,
    Cycle,
    Name,
    Node,
    in_order,
    names,
    parse,
)
from quanheng.kernels.findings import Finding
from quanheng.kernels.marked_yaml import BadYaml, Marked, Path, load_marked
from quanheng.kernels.uncertainty.correlations import read_correlations
from quanheng.kernels.uncertainty.implicit import NotDefined, started, undefined
from quanheng.kernels.uncertainty.model import Implicit, Model
from quanheng.kernels.uncertainty.part_keys import probability
from quanheng.kernels.uncertainty.read_fits import read_fits
from quanheng.kernels.uncertainty.read_inputs import Found, broadcast, read_inputs, sections
from quanheng.kernels.uncertainty.section import BadModel, Section, Source
from quanheng.kernels.uncertainty.spellings import IMPLICIT, MODEL, OUTPUT

_UNNAMED = "y"
_PROBABILITY = 0.95

Formulas = dict[str, tuple[Node, Path]]


def load_model(text: str | bytes) -> Model:
    """Return the model of a YAML file.

    >>> model = load_model('''
    ... inputs:
    ...   m: {value: 100.28, std: 0.05, unit: mg}
    ...   V: {value: 100, half_width: 0.1, unit: mL}
    ... model: c = 1000*m/V
    ... ''')
    >>> model.outputs, [known.name for known in model.inputs]
    (('c',), ['m', 'V'])

    Raises
    ------
    BadModel
        The file is no model; the message says where, and why, in Chinese.
    """
    try:
        marked = load_marked(text)
    except BadYaml as error:
        raise BadModel(error.reason, error.line, "") from error
    return _read(Source(marked, has_lines=True))


def read_model(data: Mapping[str, Any]) -> Model:
    """Return the model of a mapping, as a JSON document holds it.

    Raises
    ------
    BadModel
        As for `load_model`, with the place in the mapping and no line.
    """
    return _read(Source(Marked(data, {}), has_lines=False))


def _read(source: Source) -> Model:
    top = source.section(source.marked.data, (), MODEL, "模型文件")
    _read_constants(source, top)
    found = _read_inputs(source, top)
    implicit, implicit_path = _read_implicit(source, top)
    formulas = _read_formulas(source, top)
    _check_names(source, found, formulas, implicit, implicit_path)
    definitions = _in_order(source, formulas)
    correlation, remarks = read_correlations(source, top, found.inputs, found.correlations)
    outputs, labels, units = _read_outputs(source, top, definitions, implicit)
    p, k = _read_coverage(top)
    inputs = tuple(broadcast(known, source.points) for known in found.inputs)
    model = Model(
        title=top.text("title"),
        inputs=inputs,
        correlation=correlation,
        constants={name: np.broadcast_to(v, source.points) for name, v in source.constants.items()},
        definitions=definitions,
        outputs=outputs,
        points=source.points,
        implicit=implicit and _broadcast(implicit, source.points),
        coverage_probability=p,
        coverage_factor=k,
        has_second_order=top.flag("second_order"),
        labels={known.name: known.label for known in inputs if known.label} | labels,
        units={known.name: known.unit for known in inputs if known.unit} | units,
        findings=(*found.findings, *remarks, *_unused(found, definitions, implicit)),
    )
    return _checked(source, model, formulas, implicit_path)


def _read_inputs(source: Source, top: Section) -> Found:
    """Return the inputs, those of fits among them."""
    given = top.values.get("inputs", {}) if "fits" in top else top.values[top.needed("inputs")]
    found = read_inputs(source, given, top.where("inputs"), top.values.get("joint"), top.where("joint"))
    read_fits(source, top.values.get("fits"), top.where("fits"), found)
    if not found.inputs:
        raise top.refuse("输入量一个也没有。", "inputs")
    for name, place in found.paths.items():
        _check_name(source, name, place)
    return found


def _read_coverage(top: Section) -> tuple[float, float | None]:
    """Return p and k; of a given k the p of a normal distribution."""
    if "coverage_factor" not in top:
        return (
            probability(top, "coverage_probability") if "coverage_probability" in top else _PROBABILITY
        ), None
    top.one_of({"coverage_factor", "coverage_probability"})
    k = top.number("coverage_factor")
    if not k > 0:
        raise top.refuse("包含因子应当大于零。", "coverage_factor")
    return float(2 * ndtr(k) - 1), k


def _read_constants(source: Source, top: Section) -> None:
    given = top.values.get("constants")
    if given is None:
        return
    path = top.where("constants")
    if not isinstance(given, Mapping):
        raise source.refuse("常数应写成“名称: 数”的形式。", path)
    for name, value in given.items():
        _check_name(source, str(name), (*path, name))
        source.constants[str(name)] = source.numbers(value, (*path, name))


def _read_formulas(source: Source, top: Section) -> Formulas:
    """Return the definitions: one text with a formula a line, a list of such texts, or a mapping."""
    given, path = top.values.get("model"), top.where("model")
    if given is None:
        if "implicit" in top:
            return {}
        raise top.refuse("缺少“model”。")
    written: list[tuple[str | None, Any, Path]]
    if isinstance(given, Mapping):
        written = [(str(name), text, (*path, name)) for name, text in given.items()]
    elif isinstance(given, list):
        written = [(None, text, (*path, at)) for at, text in enumerate(given)]
    else:
        written = [(None, text, place) for text, place in _lines(source, str(given), path)]
    formulas: Formulas = {}
    for name, text, place in written:
        named, formula = (name, text) if name is not None else _split(source, text, place, len(written))
        if named in formulas:
            raise source.refuse(f"“{named}”有两个算式。", place)
        _check_name(source, named, place)
        formulas[named] = source.formula(formula, place), place
    if not formulas:
        raise top.refuse("算式一个也没有。", "model")
    return formulas


def _lines(source: Source, text: str, path: Path) -> list[tuple[str, Path]]:
    """Return the formulas of a text, one a line or separated by semicolons, each with its place."""
    lines = text.replace("；", ";").splitlines()
    for at in range(len(lines) if len(lines) > 1 else 0):  # of a text that begins below its key
        source.lines[(*path, at)] = source.line(path) + at + 1
    return [(part, (*path, at)) for at, line in enumerate(lines) for part in line.split(";") if part.strip()]


def _split(source: Source, text: Any, path: Path, count: int) -> tuple[str, str]:
    left, sign, right = str(text).replace("＝", "=").partition("=")
    if sign:
        return left.strip(), right
    if count > 1:
        raise source.refuse("应写作“名称 = 算式”。", path)
    return _UNNAMED, left


def _read_implicit(source: Source, top: Section) -> tuple[Implicit | None, Path]:
    if "implicit" not in top:
        return None, ()
    path = top.where("implicit")
    section = source.section(top.values["implicit"], path, IMPLICIT, "方程组")
    equations = []
    given, where = section.values[section.needed("equations")], section.where("equations")
    written = (
        _lines(source, given, where)
        if isinstance(given, str)
        else [(text, (*where, at)) for at, text in enumerate(section.items("equations"))]
    )
    for text, place in written:
        left, sign, right = str(text).replace("＝", "=").partition("=")
        sides = [source.formula(side, place) for side in ((left, right) if sign else (left,))]
        equations.append(Binary("-", sides[0], sides[1]) if sign else sides[0])
    given = section.values[section.needed("unknowns")]
    if not isinstance(given, Mapping) or not given:
        raise section.refuse("未知量应写成“名称: 初值”的形式。", "unknowns")
    if len(given) != len(equations):
        raise section.refuse(
            f"{len(given)} 个未知量要有 {len(given)} 个方程，现有 {len(equations)} 个。", "equations"
        )
    unknowns = {}
    for name, start in given.items():
        place = (*section.where("unknowns"), name)
        _check_name(source, str(name), place)
        unknowns[str(name)] = source.numbers(start, place)
    return Implicit(tuple(equations), unknowns), path


def _broadcast(implicit: Implicit, points: int) -> Implicit:
    return Implicit(
        implicit.equations, {name: np.broadcast_to(v, points) for name, v in implicit.unknowns.items()}
    )


def _check_names(
    source: Source, found: Found, formulas: Formulas, implicit: Implicit | None, implicit_path: Path
) -> None:
    """Refuse names that are defined twice, and formulas with names that are not defined."""
    known: dict[str, str] = dict.fromkeys(source.constants, "常数")
    unknowns = dict.fromkeys(implicit.unknowns, implicit_path) if implicit else {}
    for what, places in (
        ("输入量", found.paths),
        ("未知量", unknowns),
        ("算式", {name: place for name, (_, place) in formulas.items()}),
    ):
        for name, place in places.items():
            if name in known:
                raise source.refuse(f"“{name}”已经是{known[name]}，不能再是{what}。", place)
            known[name] = what
    for node, place in (
        *formulas.values(),
        *((equation, implicit_path) for equation in (implicit.equations if implicit else ())),
    ):
        for name in names(node):
            if name not in known:
                near = get_close_matches(name, known, 1)
                raise source.refuse(f"“{name}”没有定义。{f'是否为“{near[0]}”？' if near else ''}", place)


def _check_name(source: Source, name: str, path: Path) -> None:
    if name in FUNCTIONS:
        raise source.refuse(f"“{name}”是函数名，请换一个名称。", path)
    if not _is_name(name):
        raise source.refuse(
            f"“{name}”不能作名称：应以字母或汉字开头，其后可有数字和下划线，不能是 pi。", path
        )


def _is_name(text: str) -> bool:
    try:
        return parse(text) == Name(text)
    except BadExpression:
        return False


def _in_order(source: Source, formulas: Formulas) -> dict[str, Node]:
    try:
        return in_order({name: node for name, (node, _) in formulas.items()})
    except Cycle as error:
        raise source.refuse(str(error), formulas[error.names[0]][1]) from error


def _read_outputs(
    source: Source, top: Section, definitions: Mapping[str, Node], implicit: Implicit | None
) -> tuple[tuple[str, ...], dict[str, str], dict[str, str]]:
    """Return the outputs, by default all that no formula uses, with their labels and units."""
    possible = (*(implicit.unknowns if implicit else ()), *definitions)
    given, path = top.values.get("outputs"), top.where("outputs")
    if given is None:
        used = {name for node in definitions.values() for name in names(node)}
        used |= {n for e in (implicit.equations if implicit else ()) for n in names(e) if n in definitions}
        return tuple(name for name in possible if name not in used), {}, {}
    labels, units, chosen = {}, {}, dict[str, Path]()
    if isinstance(given, list) and not any(isinstance(item, Mapping) for item in given):
        rows: Iterable[tuple[str, Section | None, Path]] = (
            (str(name), None, (*path, at)) for at, name in enumerate(given)
        )
    else:
        rows = (
            (name, section, section.path) for name, section in sections(source, given, path, OUTPUT, "输出量")
        )
    for name, section, place in rows:
        if name not in possible:
            raise source.refuse(f"没有算式给出“{name}”。", place)
        if name in chosen:
            raise source.refuse(f"输出量“{name}”有两个。", place)
        chosen[name] = place
        if section is not None:
            labels[name], units[name] = section.text("label"), section.text("unit")
    if not chosen:
        raise top.refuse("输出量一个也没有。", "outputs")
    return tuple(chosen), labels, units


def _unused(found: Found, definitions: Mapping[str, Node], implicit: Implicit | None) -> list[Finding]:
    nodes = (*definitions.values(), *(implicit.equations if implicit else ()))
    used = {name for node in nodes for name in names(node)}
    return [
        Finding("unused_input", f"输入量 {known.name} 没有算式使用。", {"input": known.name})
        for known in found.inputs
        if known.name not in used
    ]


def _checked(source: Source, model: Model, formulas: Formulas, implicit_path: Path) -> Model:
    """Return the model with its equations solved; refuse one that has no value or slope at the estimates."""
    ready = started(model)
    try:
        bad = undefined(ready)
    except NotDefined as error:
        raise source.refuse(error.reason, implicit_path) from error
    if bad is not None:
        raise source.refuse(f"{bad.output}：{bad.reason}", formulas[bad.output][1])
    return ready
