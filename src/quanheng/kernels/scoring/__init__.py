"""How good probabilities and intervals were, once the truth is known: Brier score, reliability, coverage."""

from quanheng.kernels.scoring.brier import Decomposition, brier_score, decomposition, skill_score
from quanheng.kernels.scoring.comparison import Comparison, compare
from quanheng.kernels.scoring.refusals import BadForecasts
from quanheng.kernels.scoring.reliability import Bin, Share, reliability, share_of
from quanheng.kernels.scoring.report import GroupScore, Outcome, Score, score

__all__ = [
    "BadForecasts",
    "Bin",
    "Comparison",
    "Decomposition",
    "GroupScore",
    "Outcome",
    "Score",
    "Share",
    "brier_score",
    "compare",
    "decomposition",
    "reliability",
    "score",
    "share_of",
    "skill_score",
]
