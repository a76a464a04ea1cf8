"""The words of a model file: each key and distribution under its proper name, with the spellings that also count."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches


def _all(words: Mapping[str, str]) -> dict[str, str]:
    """Return spelling → proper name."""
    return {spelling: name for name, others in words.items() for spelling in (name, *others.split())}


MODEL = _all(
    {
        "title": "名称",
        "description": "说明 ref source",
        "coverage_probability": "p 包含概率",
        "coverage_factor": "k 包含因子",
        "inputs": "输入量",
        "constants": "常数",
        "correlations": "相关系数",
        "joint": "同时观测",
        "model": "模型",
        "outputs": "输出量",
        "implicit": "方程",
        "fits": "拟合",
        "second_order": "二阶项",
    }
)

PART = {
    "label": "说明 名称",
    "distribution": "dist 分布",
    "std": "standard_uncertainty u 标准不确定度",
    "std_percent": "relative_standard_uncertainty_percent 相对标准不确定度",
    "expanded_uncertainty": "U 扩展不确定度",
    "coverage_factor": "k 包含因子",
    "coverage_probability": "p 包含概率",
    "half_width": "a 半宽",
    "half_width_percent": "相对半宽",
    "lower": "下限",
    "upper": "上限",
    "resolution": "分度值 分辨力",
    "scale": "尺度参数",
    "inexactness": "界限的不准确程度",
    "beta": "β",
    "alpha": "α",
    "shape": "形状参数",
    "mu": "μ",
    "sigma": "σ",
    "count": "计数",
    "dof": "degrees_of_freedom df nu ν 自由度",
    "relative_uncertainty_of_uncertainty": "不确定度的相对不确定度",
    "readings": "observations 读数",
    "readings_at_points": "各点读数",
    "group_means": "各组平均值",
    "group_stds": "各组标准差",
    "group_size": "每组个数",
    "significance": "显著性水平",
    "pooled_std": "合并样本标准差",
    "number_of_readings": "n 读数个数",
    "type": "类别",
}

COMPONENT = _all({"name": "", **PART})

INPUT = _all(
    {
        "name": "",
        "value": "estimate nominal mean 值 估计值",
        "unit": "单位",
        "components": "分量",
        **PART,
    }
)

OUTPUT = _all({"name": "", "label": "说明 名称", "unit": "单位"})

FIT = _all(
    {
        "label": "说明 名称",
        "formula": "curve model 曲线",
        "parameters": "参数",
        "data": "数据",
        "uncertainties": "std 标准不确定度",
        "covariance": "协方差",
        "relative_weights": "只作权",
        "new_readings": "新读数",
        "dof": "degrees_of_freedom 自由度",
        "units": "unit 单位",
    }
)

IMPLICIT = _all({"equations": "方程", "unknowns": "未知量"})

MATRIX = _all({"inputs": "输入量", "matrix": "矩阵"})

DISTRIBUTIONS = _all(
    {
        "normal": "gaussian gauss 正态 正态分布",
        "t": "student student_t students_t t分布",
        "rectangular": "rectangle uniform 矩形 均匀 矩形分布 均匀分布",
        "triangular": "triangle 三角 三角形 三角分布",
        "trapezoidal": "trapezoid 梯形 梯形分布",
        "arcsine": "arcsin u_shaped u_shape U形 反正弦 反正弦分布",
        "two_point": "两点 两点分布",
        "curvilinear_trapezoid": "curvilinear_trapezoidal ctrap CTrap 曲线梯形 曲线梯形分布",
        "exponential": "指数 指数分布",
        "gamma": "伽马 伽马分布",
        "poisson": "counts 泊松 泊松分布",
        "beta": "贝塔 贝塔分布",
        "lognormal": "log_normal 对数正态 对数正态分布",
    }
)

_LEFT_OUT = re.compile(r"[\s_'’‐-]|[(（].*?[)）]")
_TAIL = re.compile(r"(?<=.)(分布|distribution)$")


def _bare(name: str) -> str:
    return _TAIL.sub("", _LEFT_OUT.sub("", name.casefold()))


_BARE = {_bare(spelling): name for spelling, name in DISTRIBUTIONS.items()}


def distribution_of(written: str) -> str | None:
    """Return the proper name of a distribution, whatever its case, blanks, hyphens and a "distribution" behind it.

    >>> distribution_of("Student-t"), distribution_of("反正弦（U 形）分布"), distribution_of("Cauchy")
    ('t', 'arcsine', None)
    """
    return _BARE.get(_bare(written))


def nearest_distribution(written: str) -> str | None:
    """Return the proper name of the distribution that a misspelt name comes close to."""
    near = get_close_matches(_bare(written), _BARE, 1)
    return _BARE[near[0]] if near else None
