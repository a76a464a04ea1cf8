"""Reading a model within the limits of a page."""

from __future__ import annotations

import numpy as np
from django.utils.translation import gettext as _

from quanheng.evaluations.errors import BadMeasurementModel, TooMuchWork
from quanheng.evaluations.sharing import MAX_TEXT_BYTES
from quanheng.kernels.expressions import render
from quanheng.kernels.marked_yaml import BadYaml, load_marked
from quanheng.kernels.uncertainty.model import Model
from quanheng.kernels.uncertainty.read import load_model
from quanheng.kernels.uncertainty.section import BadModel

MAX_VALUES = 1200  # in the whole text: readings, parameters, names
MAX_INPUTS = 40
MAX_POINTS = 200
MAX_OUTPUTS = 20  # each has its line, and its correlation with every other
MAX_COST = 2e8  # of the derivatives by all inputs at all points, in characters of formulas
_NEWTON = 30  # solving equations costs about so many times as much as a formula
_SORTED = 100  # drawing a correlated input, about as much as a formula of so many characters


def read_text(text: str) -> Model:
    """Return the model that a text describes.

    Raises
    ------
    BadMeasurementModel
        It is none: line and reason.
    TooMuchWork
        It is longer or larger than a page takes.
    """
    if len(text.encode()) > MAX_TEXT_BYTES:
        raise TooMuchWork(reason=_("模型超过 %(limit)s KiB。") % {"limit": MAX_TEXT_BYTES // 1024})
    try:
        _refuse_many("value", len(load_marked(text).lines), MAX_VALUES)
        model = load_model(text)
    except (BadYaml, BadModel) as error:
        raise BadMeasurementModel(line=error.line, reason=error.reason) from error
    _refuse_many("input", len(model.inputs), MAX_INPUTS)
    _refuse_many("output", len(model.outputs), MAX_OUTPUTS)
    _refuse_many("point", model.points, MAX_POINTS)
    directions = len(model.inputs) ** (2 if model.has_second_order else 1)
    _refuse_many("cost", int(cost_of_trial(model) * directions * model.points), int(MAX_COST))
    return model


def cost_of_trial(model: Model) -> int:
    """Return how long the formulas are that one trial computes, with what drawing it costs: a measure of its time."""
    formulas = sum(len(render(node)) for node in model.definitions.values())
    related = int(np.any(model.correlation != np.eye(len(model.inputs)), axis=1).sum())
    drawing = len(model.inputs) + related * _SORTED
    if model.implicit is None:
        return formulas + drawing
    equations = sum(len(render(node)) for node in model.implicit.equations)
    return (formulas + equations) * _NEWTON * len(model.implicit.equations) + drawing


def _refuse_many(what: str, count: int, most: int) -> None:
    if count <= most:
        return
    words = {
        "value": _("模型有 %(count)s 项内容，超过 %(most)s 项；请下载模型后用命令计算。"),
        "input": _("模型有 %(count)s 个输入量，超过 %(most)s 个；请下载模型后用命令计算。"),
        "output": _(
            "模型有 %(count)s 个输出量，超过 %(most)s 个；请下载模型后用命令 quanheng uncertainty eval 计算，"
            "或用 outputs 选出要看的。"
        ),
        "point": _("模型有 %(count)s 个校准点，超过 %(most)s 个；请下载模型后用命令计算。"),
        "cost": _("模型的算式、输入量和校准点合起来太多；请下载模型后用命令计算。"),
    }
    raise TooMuchWork(reason=words[what] % {"count": count, "most": most})
