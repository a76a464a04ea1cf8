"""The catalogue and the verification periods as dated rules.

Which use of which kind must be verified on a day and why (`RuleSet.obligation`), when an instrument
is due and how that date was made (`due`), what a new regulation would change (`what_if`).  Numbers
of regulations are data: nothing here knows one.
"""

from quanheng.kernels.rules.due import Due, Facts, Light, LightLimits, amber_from, due, light
from quanheng.kernels.rules.kinds import KindIndex
from quanheng.kernels.rules.lint import lint
from quanheng.kernels.rules.model import (
    Condition,
    Confidence,
    Control,
    InstrumentKind,
    Mode,
    RuleVersion,
    Term,
    Transition,
    Use,
    Verdict,
)
from quanheng.kernels.rules.read import (
    BadRules,
    load_rule_file,
    read_kinds,
    read_rule,
    read_rules,
    rule_bodies,
    rule_body,
)
from quanheng.kernels.rules.ruleset import Obligation, RuleSet
from quanheng.kernels.rules.whatif import Change, Position, What, what_if
from quanheng.kernels.rules.words import (
    CHANGES,
    CONFIDENCES,
    CONTROLS,
    LACKS,
    MODES,
    PARAMETERS,
    TEMPLATES,
    USES,
    VALUES,
    change_text,
    reason_text,
)

__all__ = [
    "CHANGES",
    "CONFIDENCES",
    "CONTROLS",
    "LACKS",
    "MODES",
    "PARAMETERS",
    "TEMPLATES",
    "USES",
    "VALUES",
    "BadRules",
    "Change",
    "Condition",
    "Confidence",
    "Control",
    "Due",
    "Facts",
    "InstrumentKind",
    "KindIndex",
    "Light",
    "LightLimits",
    "Mode",
    "Obligation",
    "Position",
    "RuleSet",
    "RuleVersion",
    "Term",
    "Transition",
    "Use",
    "Verdict",
    "What",
    "amber_from",
    "change_text",
    "due",
    "light",
    "lint",
    "load_rule_file",
    "read_kinds",
    "read_rule",
    "read_rules",
    "reason_text",
    "rule_bodies",
    "rule_body",
    "what_if",
]
