"""The correlation matrix of the inputs of a model file, checked.

Clauses are those of JCGM 100:2008.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from quanheng.kernels.findings import Finding
from quanheng.kernels.marked_yaml import Path
from quanheng.kernels.uncertainty.model import Array, Input
from quanheng.kernels.uncertainty.section import Section, Source
from quanheng.kernels.uncertainty.spellings import MATRIX

_ROUNDING = 1e-9
_PAIR = 3
_TWO = 2


def read_correlations(
    source: Source, section: Section, inputs: Sequence[Input], known: Mapping[str, Array]
) -> tuple[Array, tuple[Finding, ...]]:
    """Return the correlation matrix of the inputs, and what there is to say about it.

    Parameters
    ----------
    source, section : Source, Section
        The file and its outermost mapping.
    inputs : sequence of Input
    known : mapping
        Ensemble evaluated from readings or by a fit → correlation of its members, in their order.

    Raises
    ------
    BadModel
        Unknown inputs, a pair given twice, a coefficient outside ±1, a matrix that is not symmetric, impossible
        (not positive semidefinite), or singular other than by r = ±1.
    """
    index = {found.name: at for at, found in enumerate(inputs)}
    matrix = np.eye(len(inputs))
    for name, block in known.items():
        members = [at for at, found in enumerate(inputs) if found.ensemble == name]
        matrix[np.ix_(members, members)] = block
    path = section.where("correlations")
    given = section.values.get("correlations")
    if given is not None:
        for names, r, place in _pairs(source, given, path):
            _set(source, matrix, inputs, index, (names, r, place), known)
    _check(source, matrix, inputs, known, path)
    return matrix, _full(matrix, inputs)


def _pairs(source: Source, given: object, path: Path) -> list[tuple[tuple[str, str], float, Path]]:
    if isinstance(given, Mapping):
        return _matrix(source.section(given, path, MATRIX, "相关系数矩阵"))
    if not isinstance(given, list):
        raise source.refuse("应为 [输入量, 输入量, 相关系数] 的列表。", path)
    pairs = []
    for at, row in enumerate(given):
        place = (*path, at)
        if not isinstance(row, list) or len(row) != _PAIR:
            raise source.refuse("应写作 [输入量, 输入量, 相关系数]。", place)
        found = source.numbers(row[2], place)
        if len(found) != 1:
            raise source.refuse("相关系数应为一个数，各点相同。", place)
        pairs.append(((str(row[0]), str(row[1])), float(found[0]), place))
    return pairs


def _matrix(section: Section) -> list[tuple[tuple[str, str], float, Path]]:
    names = [str(name) for name in section.items(section.needed("inputs"))]
    matrix = section.table(section.needed("matrix"))
    n = len(names)
    if matrix.shape != (n, n):
        raise section.refuse(f"矩阵应为 {n} 行 {n} 列。", "matrix")
    if not np.all(np.diag(matrix) == 1):
        raise section.refuse("对角线上应为 1。", "matrix")
    for i in range(n):
        for j in range(i):
            if matrix[i, j] != matrix[j, i]:
                raise section.source.refuse(
                    f"矩阵不对称：第 {i + 1} 行第 {j + 1} 列是 {matrix[i, j]:g}，"
                    f"第 {j + 1} 行第 {i + 1} 列是 {matrix[j, i]:g}。",
                    (*section.where("matrix"), i),
                )
    return [
        ((names[j], names[i]), float(matrix[i, j]), (*section.where("matrix"), i))
        for i in range(n)
        for j in range(i)
    ]


def _set(
    source: Source,
    matrix: Array,
    inputs: Sequence[Input],
    index: Mapping[str, int],
    pair: tuple[tuple[str, str], float, Path],
    known: Mapping[str, Array],
) -> None:
    (first, second), r, place = pair
    for name in (first, second):
        if name not in index:
            raise source.refuse(f"没有输入量“{name}”。", place)
    if first == second:
        raise source.refuse(f"“{first}”与自身的相关系数总是 1。", place)
    if not -1 <= r <= 1:
        raise source.refuse(f"{first} 与 {second} 的相关系数 {r:g} 不在 -1 与 1 之间。", place)
    i, j = index[first], index[second]
    if matrix[i, j] != 0:
        raise source.refuse(f"{first} 与 {second} 的相关系数已经有了。", place)
    ensembles = {inputs[i].ensemble, inputs[j].ensemble}
    if r != 0 and ensembles != {None} and (len(ensembles) > 1 or ensembles & set(known)):
        raise source.refuse(
            f"{first} 与 {second}：同时观测或拟合得到的量，其相关系数由数据求得，与其他量不相关。", place
        )
    matrix[i, j] = matrix[j, i] = r


def _check(
    source: Source, matrix: Array, inputs: Sequence[Input], known: Mapping[str, Array], path: Path
) -> None:
    smallest, names = _smallest(matrix, inputs)
    if smallest < -_ROUNDING * len(inputs):
        raise source.refuse(
            f"{'、'.join(names)}的相关系数互相矛盾：相关矩阵不是半正定的（最小特征值 {smallest:.2g}）。", path
        )
    kept = _without_copies(matrix, [at for at, found in enumerate(inputs) if found.ensemble not in known])
    smallest, names = _smallest(matrix[np.ix_(kept, kept)], [inputs[at] for at in kept])
    if smallest < _ROUNDING:
        raise source.refuse(
            f"{'、'.join(names)}的相关矩阵是奇异的：其中一个量完全由其余的决定。请改由模型表示这一关系。",
            path,
        )


def _smallest(matrix: Array, inputs: Sequence[Input]) -> tuple[float, list[str]]:
    """Return the smallest eigenvalue and the inputs that take part in it."""
    if not len(matrix):
        return 1.0, []
    values, vectors = np.linalg.eigh(matrix)
    return float(values[0]), [
        found.name for at, found in enumerate(inputs) if abs(vectors[at, 0]) > np.sqrt(_ROUNDING)
    ]


def _without_copies(matrix: Array, candidates: Sequence[int]) -> list[int]:
    """Return the inputs of which none is fully correlated with another: r = ±1 is one quantity twice (5.2.2, NOTE 1)."""
    kept: list[int] = []
    for at in candidates:
        if not any(abs(matrix[at, other]) >= 1 - _ROUNDING for other in kept):
            kept.append(at)
    return kept


def _full(matrix: Array, inputs: Sequence[Input]) -> tuple[Finding, ...]:
    """Return one finding for each group of inputs that are fully correlated with one another."""
    found, seen = [], set[int]()
    for at in range(len(inputs)):
        group = [int(other) for other in np.flatnonzero(np.abs(matrix[at]) >= 1 - _ROUNDING)]
        if at in seen or len(group) == 1:
            continue
        seen.update(group)
        names = [inputs[member].name for member in group]
        text = f"{'、'.join(names)} 两两完全相关（r = ±1），相关矩阵是奇异的。"
        if len(group) == _TWO:
            text = f"{names[0]} 与 {names[1]} 完全相关（r = {matrix[group[0], group[1]]:+.0f}），相关矩阵是奇异的。"
        found.append(Finding("fully_correlated", text, {"inputs": names}))
    return tuple(found)
