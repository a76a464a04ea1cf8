"""A regulation of three tests, with everything that readings may hold."""

from __future__ import annotations

import pytest

from quanheng.kernels.procedures import read_procedure
from quanheng.kernels.procedures.readings import BadReadings, Readings, read_readings

TEXT = """
format: 1
regulation:
  {number: JJG 1, edition: "2020", title: 试验秤, in_force_from: 2020-01-01, confidence: memory_high,
   source: 试验, lacks: [clause]}
serves: [{kind: trial_scale}]
instrument:
  class: {label: 准确度等级, choices: [III, "1.0", "0.5S"]}
  e: {label: 检定分度值, symbol: e, unit: g, above: 0}
  max: {label: 最大秤量, symbol: Max, unit: g, above: 0}
  spares: {label: 备用砝码数, required: false}
  probe: {label: 温度, unit: ℃, required: false}
environment:
  temperature: {label: 温度, symbol: t, unit: ℃, from: -10, to: 40}
standard:
  fields:
    standard_mpe: {label: 标准砝码最大允许误差, unit: g, default: 1}
tables:
  mpe: {label: 最大允许误差, unit: g, rows: [{value: e}]}
tests:
  weighing:
    title: 称量
    points:
    - {label: 最大秤量, value: max}
    - {label: 二十分度, value: 20*e, repeat: 2, columns: {side: 左}}
    readings:
      load: {label: 载荷, symbol: L, unit: g, from: 0, to: max}
      indication: {label: 示值, symbol: I, unit: g}
      added: {label: 附加砝码, symbol: ΔL, unit: g, default: 0.5*e}
      side: {label: 位置, choices: [左, 右], default: 左}
    given:
      E0: {label: 零点误差, symbol: E₀, unit: g, default: 0}
    values:
      E: {formula: indication - load - E0 + 0*added, label: 误差, unit: g}
    show: {reference: load, indication: indication}
    judge: [{value: E, table: mpe}]
  drift:
    title: 温漂
    required: false
    readings:
      temperature: {label: 温度, symbol: t, unit: ℃}
      change: {label: 温度变化, symbol: Δt, unit: Δ℃}
      count: {label: 次数}
    judge: [{value: change, upper: 5}]
checks:
  seal: {text: 封印完好}
"""
PROCEDURE = read_procedure(TEXT)


def read(text: str | bytes, name: str = "readings.yaml") -> Readings:
    """Return the readings of a file."""
    return read_readings(text.encode() if isinstance(text, str) else text, name, PROCEDURE)


def refused(text: str | bytes, name: str = "readings.yaml") -> list[str]:
    """Return what is said of a file that is refused."""
    with pytest.raises(BadReadings) as caught:
        read(text, name)
    return [str(problem) for problem in caught.value.problems]
