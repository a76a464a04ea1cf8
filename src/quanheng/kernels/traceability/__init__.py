"""Traceability: does a chain hold, which past verdicts flip when a standard was off, how does it drift.

`chain` and `picture`; `recall` and `decide`; `estimate_drift`, `control_chart`, `en_number`.  Files: `load_chain`,
`load_standards`, `read_rows`.  Pure functions.
"""

from quanheng.kernels.traceability.charts import Chart, control_chart
from quanheng.kernels.traceability.comparison import en_number, is_satisfactory, robust_mean, zeta_score
from quanheng.kernels.traceability.drift import (
    Drift,
    estimate_diffusion,
    estimate_drift,
    predict,
    recommended_months,
    within_limit,
)
from quanheng.kernels.traceability.errors import BadTraceability
from quanheng.kernels.traceability.graph import (
    Certificate,
    Chain,
    Edge,
    Node,
    RatioLimits,
    Standard,
    Verification,
    chain,
)
from quanheng.kernels.traceability.histories import Calibration, Course, History
from quanheng.kernels.traceability.picture import picture
from quanheng.kernels.traceability.population import Population
from quanheng.kernels.traceability.read_chain import ChainFile, load_chain
from quanheng.kernels.traceability.read_recall import StandardsFile, load_standards, read_rows
from quanheng.kernels.traceability.recall import Decision, Recall, decide, recall
from quanheng.kernels.traceability.records import Records
from quanheng.kernels.traceability.verdicts import Verdicts

__all__ = [
    "BadTraceability",
    "Calibration",
    "Certificate",
    "Chain",
    "ChainFile",
    "Chart",
    "Course",
    "Decision",
    "Drift",
    "Edge",
    "History",
    "Node",
    "Population",
    "RatioLimits",
    "Recall",
    "Records",
    "Standard",
    "StandardsFile",
    "Verdicts",
    "Verification",
    "chain",
    "control_chart",
    "decide",
    "en_number",
    "estimate_diffusion",
    "estimate_drift",
    "is_satisfactory",
    "load_chain",
    "load_standards",
    "picture",
    "predict",
    "read_rows",
    "recall",
    "recommended_months",
    "robust_mean",
    "within_limit",
    "zeta_score",
]
