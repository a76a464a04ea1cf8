"""Models that the tests of this folder and of the pages save."""

from __future__ import annotations

from quanheng.core.models import OrgUnit

LABORATORY = "达川区计量检定所（演示）"
MODEL = """title: 演示模型
inputs:
  a: {value: 10, std: 0.1, dof: 9, unit: g}
  b: {value: 2, half_width: 0.05, unit: g}
model: y = a + b
outputs: {y: {unit: g}}
"""
WIDER = MODEL.replace("half_width: 0.05", "half_width: 0.5")


def laboratory() -> OrgUnit:
    """Return the laboratory where verifier, checker and signatory of the cast work."""
    return OrgUnit.objects.get(name=LABORATORY)
