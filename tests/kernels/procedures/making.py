"""A small regulation in which every part of the format stands once, and sheets for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from quanheng.kernels.procedures import Procedure, Sheet, read_procedure, rows_of
from quanheng.kernels.procedures.model import Quantity
from quanheng.kernels.procedures.sheet import Column

TOY = """\
format: 1
regulation: {number: JJG 1, edition: "2020", title: 试验秤, in_force_from: 2020-01-01, confidence: memory_low, source: 自拟, lacks: [clause]}
serves:
- {kind: toy_scale, names: [试验秤]}
instrument:
  class: {label: 等级, choices: [A, B]}
  e: {label: 分度值, symbol: e, unit: g, above: 0}
  max: {label: 最大秤量, symbol: Max, unit: g, above: 0}
  d: {label: 实际分度值, symbol: d, unit: g, default: e}
  slack: {label: 余量, unit: g, default: slack_table}
  offset: {label: 偏置, to: 0, default: 0}
  lean: {label: 倾斜, below: 0, default: -1}
  sets: {label: 组数, default: 5}
  grain: {label: 粒度, default: 1}
require:
- {when: {class: A}, value: max/e, from: 100, to: 1000, text: 分度数}
environment:
  temperature: {label: 温度, unit: ℃, from: -10, to: 40}
  humidity: {label: 湿度, unit: "%", below: 80, required: false}
standard:
  fields:
    weight_mpe: {label: 砝码误差, unit: g, above: 0, default: limit/3}
    kit: {label: 加载装置, unit: g}
    best: {label: 最小误差, unit: g, default: 0}
    grade: {label: 级别, default: 1}
  require:
  - {value: weight_mpe, to: limit/3, text: 不超过三分之一, tests: [weighing]}
  - {when: {class: B}, value: kit, below: 9, text: 加载装置}
  - {when: {grade: ">= 1"}, value: weight_mpe, from: best, text: 不可能这样准, tests: [weighing]}
tables:
  mpe:
    label: 最大允许误差
    unit: g
    over: load/e
    times: {in_service: 2}
    rows:
    - {when: {class: A}, from: 0, to: 50, value: 0.5*e}
    - {when: {class: A}, above: 50, below: 200, value: e, clause: "7.0"}
    - {when: {class: A}, from: 200, value: 1.5*e, clause: "7.1", regulation: JJG 2-2019}
    - {when: {class: B, e: "<= 5"}, lower: -3*e, upper: 2*e}
    - {when: {class: B, e: "> 5"}, upper: e}
  interval:
    label: 修约间隔
    unit: g
    rows:
    - {value: 0.2*e*grain}
  nominal:
    label: 标称允差
    unit: g
    over: load
    clause: "8"
    rows:
    - {at: 100, value: 1}
    - {at: 200, value: 2}
  slack_table:
    label: 余量表
    unit: g
    rows:
    - {when: {class: A}, value: 0.1}
    - {when: {class: B, stage: [subsequent, in_service]}, value: 0.2}
    - {when: {class: B, stage: first}, value: 0.3}
tests:
  weighing:
    title: 称量
    at_least: {first: 2, subsequent: 1, in_service: 1}
    readings:
      load: {label: 载荷, symbol: L, unit: g, from: 0, to: max}
      indication: {label: 示值, symbol: I, unit: g, from: 0}
      added: {label: 附加砝码, symbol: ΔL, unit: g, default: 0.5*e, assumed_half_width: 0.6*e}
      way: {label: 方向, choices: [加, 减], default: 加}
    given:
      E0: {label: 零点误差, symbol: E₀, unit: g, default: 0, assumed_half_width: 0.3*e, from_test: {test: zero, value: Z, how: max_abs}}
      gain: {label: 系数, default: 1}
      site: {label: 地点, choices: [室内, 室外], required: false}
    values:
      E: {formula: P - load, symbol: E, label: 误差, unit: g}
      P: {formula: indication + 0.5*e - added, symbol: P, label: 化整前示值, unit: g}
      Ec: {formula: gain*E - E0, symbol: Ec, label: 修正误差, unit: g}
    show: {reference: load, indication: indication}
    judge:
    - {value: Ec, table: mpe}
    - {value: Ec, lower: -2*mpe, upper: 2*mpe*gain, label: 宽限, when: {way: 减}, clause: "9"}
    uncertainty:
    - {label: 砝码, of: load, half_width: weight_mpe, distribution: rectangular}
    - {label: 附加砝码, of: added, expanded_uncertainty: 0.2*e, coverage_factor: 2}
    - {label: 零点, of: E0, half_width: 0.06*e, distribution: triangular}
    - {label: 装置, standard_uncertainty: 0.1*e, degrees_of_freedom: sets - 1}
  zero:
    title: 零点
    required: false
    readings:
      shown: {label: 零点示值, unit: g}
    values:
      Z: {formula: shown - slack, label: 零点差, unit: g}
    judge:
    - {value: Z, upper: 0.5*e}
  repeat:
    title: 重复
    required: [first]
    stages: [first, in_service]
    group_by: [load]
    at_least: 2
    at_least_groups: 2
    readings:
      load: {label: 载荷, unit: g}
      indication: {label: 示值, unit: g}
      way: {label: 方向, choices: [加, 减], default: 加}
    statistics:
      up: {how: mean, of: indication, label: 加时, unit: g, when: {way: 加}}
      down: {how: mean, of: indication, label: 减时, unit: g, when: {way: 减}}
      R: {how: range, of: indication, label: 极差, unit: g}
      s: {how: std, of: indication, label: 标准偏差, unit: g}
      n: {how: count, of: indication, label: 次数}
    show: {reference: load, indication: indication}
    judge:
    - {value: R, upper: mpe}
    - {value: up - load, label: 平均误差, unit: g, table: mpe, round: interval, uncertainty: [{label: 重复性, standard_uncertainty: s/sqrt(n), degrees_of_freedom: n - 1}, {label: 砝码, of: up, half_width: kit, distribution: arcsine}]}
  pieces:
    title: 单值
    required: false
    when: {class: A}
    readings:
      load: {label: 标称值, unit: g}
      found: {label: 实测值, unit: g}
    given:
      spread: {label: 标准偏差, unit: g, default: 0, from_test: {test: repeat, value: s, how: max}}
      times: {label: 次数, default: 0, from_test: {test: repeat, value: load, how: count}}
    judge:
    - {value: found - load, label: 偏差, unit: g, table: nominal, uncertainty: [{label: 重复性, standard_uncertainty: spread}]}
    - {value: 100*(found - load)/(found + load - 2*load), label: 相对, upper: 100}
    - {value: found - load, label: 下偏, unit: g, lower: 0, upper: 100}
    - {value: times, label: 次数, lower: 0}
  both:
    title: 双向
    required: false
    group_by: [way]
    readings:
      way: {label: 方向, choices: [加, 减]}
      x: {label: 读数}
    statistics:
      m: {how: mean, of: x, label: 平均}
    judge:
    - {value: m, upper: 5, when: {way: 减}}
checks:
  seal: {text: 封印}
  door: {text: 门, stages: [first], when: {class: B}}
  paint: {text: 漆, required: [in_service]}
period:
- {when: {class: A}, months: 12}
- {months: null, text: 首次}
"""


def toy() -> Procedure:
    """Return the small regulation."""
    return read_procedure(TOY)


def numbers(*values: float | None) -> np.ndarray:
    """Return a column; None is missing."""
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def rows(owner: Sequence[int], **columns: Sequence[float | str | None]) -> Any:
    """Return readings: numbers, or choices of the toy by name."""
    return rows_of(
        np.array(owner, dtype=np.intp), {name: _column(values) for name, values in columns.items()}
    )


def _column(values: Sequence[float | str | None]) -> Column:
    if any(isinstance(value, str) for value in values):
        return np.array(
            [-1 if value is None else "加减".index(str(value)) for value in values], dtype=np.int16
        )
    return numbers(*(None if value is None else float(value) for value in values))


def sheet(size: int = 1, **changes: Any) -> Sheet:
    """Return a sheet on which the instruments pass, but for what is changed."""
    parts: dict[str, Any] = {
        "instrument": {
            "class": np.zeros(size, dtype=np.int16),
            "e": np.full(size, 5.0),
            "max": np.full(size, 3000.0),
        },
        "environment": {"temperature": np.full(size, 20.0)},
        "standard": {"kit": np.full(size, 0.3)},
        "tests": {
            "weighing": rows(
                [at for at in range(size) for _ in range(2)],
                load=[100, 1000] * size,
                indication=[100, 1000] * size,
            ),
            "repeat": rows(
                [at for at in range(size) for _ in range(4)],
                load=[500, 1500] * 2 * size,
                indication=[500, 1500, 505, 1500] * size,
            ),
        },
        "checks": {name: np.ones(size, dtype=np.int16) for name in ("seal", "paint")},
    }
    tests = {**parts["tests"], **changes.pop("tests", {})}
    merged = {name: {**part, **changes.pop(name, {})} for name, part in parts.items() if name != "tests"}
    return Sheet(
        size, **merged, tests={name: one for name, one in tests.items() if one is not None}, **changes
    )


def codes(quantities: Mapping[str, Quantity], name: str, *choices: str) -> np.ndarray:
    """Return choices as positions."""
    known = quantities[name].choices or ()
    return np.array([known.index(choice) for choice in choices], dtype=np.int16)
