"""Conformity with limits under measurement uncertainty, by JCGM 106:2012.

`conforms` decides as the law does; `conformity_probability` says how sure that is; `global_risks` what it
means for a whole population (`NormalPrior`, `TabulatedPrior`, `MixturePrior`); guard bands say where to
draw the line instead.  All pure functions of numbers or arrays, without units: one unit for all.
"""

from quanheng.kernels.conformity.guard import (
    ILAC_G8_RULES,
    STATEMENT_NAMES,
    GuardRule,
    Statement,
    global_guard_band,
    optimal_guard_band,
    rejection_guard_band,
    specific_guard_band,
    statements,
)
from quanheng.kernels.conformity.judging import acceptance_when_rounded, conforms
from quanheng.kernels.conformity.limits import BadConformity, Limits
from quanheng.kernels.conformity.priors import (
    MixturePrior,
    NormalPrior,
    Prior,
    TabulatedPrior,
    posterior_probability,
)
from quanheng.kernels.conformity.probability import (
    capability_index,
    conformity_probability,
    probability_outside,
    probability_within,
    specific_consumer_risk,
)
from quanheng.kernels.conformity.risks import GlobalRisks, global_risks

__all__ = [
    "ILAC_G8_RULES",
    "STATEMENT_NAMES",
    "BadConformity",
    "GlobalRisks",
    "GuardRule",
    "Limits",
    "MixturePrior",
    "NormalPrior",
    "Prior",
    "Statement",
    "TabulatedPrior",
    "acceptance_when_rounded",
    "capability_index",
    "conformity_probability",
    "conforms",
    "global_guard_band",
    "global_risks",
    "optimal_guard_band",
    "posterior_probability",
    "probability_outside",
    "probability_within",
    "rejection_guard_band",
    "specific_consumer_risk",
    "specific_guard_band",
    "statements",
]
