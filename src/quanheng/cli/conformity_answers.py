"""What `quanheng conformity` answers, as JSON: plain numbers, None where one does not exist."""

from __future__ import annotations

from math import inf, isfinite
from typing import Any, NamedTuple

import numpy as np

from quanheng.kernels.conformity import (
    ILAC_G8_RULES,
    STATEMENT_NAMES,
    BadConformity,
    GlobalRisks,
    GuardRule,
    Limits,
    NormalPrior,
    Statement,
    acceptance_when_rounded,
    capability_index,
    conforms,
    global_guard_band,
    global_risks,
    optimal_guard_band,
    posterior_probability,
    probability_outside,
    probability_within,
    rejection_guard_band,
    specific_guard_band,
    statements,
)
from quanheng.kernels.rounding import round_array

Answer = dict[str, Any]


class Population(NamedTuple):
    """What was said of the instruments that the measured one comes from; None is nothing."""

    mean: float | None = None
    sd: float | None = None
    conforming_share: float | None = None

    def prior(self, tolerance: Limits) -> NormalPrior | None:
        """Return it as a Gaussian population; a share alone is taken as centred between two limits."""
        if self.conforming_share is None:
            if self.mean is None and self.sd is None:
                return None
            if self.mean is None or self.sd is None:
                raise BadConformity("总体的平均值和标准差要一起给：--prior-mean、--prior-sd。")
            return NormalPrior(self.mean, self.sd)
        if self.mean is not None or self.sd is not None:
            raise BadConformity("--conforming-share 代替 --prior-mean 和 --prior-sd，不能同时给。")
        lower, upper = _numbers(tolerance)
        if not isfinite(upper - lower):
            raise BadConformity("只有一侧限值时，符合的比例定不了总体，请给 --prior-mean 和 --prior-sd。")
        centred = NormalPrior.from_conforming_share(self.conforming_share, (upper - lower) / 2)
        return NormalPrior((lower + upper) / 2, centred.sd)


class Question(NamedTuple):
    """The limits and what is known of the measurement and of the population."""

    tolerance: Limits
    u: float
    degrees_of_freedom: float = inf
    resolution: float = 0.0
    population: Population = Population()

    @property
    def spread(self) -> tuple[float, float, float]:
        return self.u, self.degrees_of_freedom, self.resolution

    def prior(self) -> NormalPrior | None:
        """Return the population; a measured value is then Gaussian about the true one, and nothing else."""
        found = self.population.prior(self.tolerance)
        if found is not None and (isfinite(self.degrees_of_freedom) or self.resolution != 0):
            raise BadConformity(
                "用到总体时，测得值按正态分布计，不能给 --dof 和 --resolution；请把分辨力计入 --u。"
            )
        return found

    def needed_prior(self) -> NormalPrior:
        """Return the population, which must be known."""
        found = self.prior()
        if found is None:
            raise BadConformity("要有总体：请给 --prior-mean 和 --prior-sd，或 --conforming-share。")
        return found

    def row(self) -> Answer:
        return {
            **dict(zip(("lower", "upper"), _ends(self.tolerance), strict=True)),
            "standard_uncertainty": self.u,
            "degrees_of_freedom": _finite(self.degrees_of_freedom),
            "resolution": self.resolution,
        }


def tolerance_of(lower: float | None, upper: float | None) -> Limits:
    """Return the permissible interval."""
    if lower is None and upper is None:
        raise BadConformity("没有限值：请给出 --lower、--upper 或两者。")
    if lower is not None and upper is not None and not lower < upper:
        raise BadConformity(f"下限应当小于上限，这里是 {lower:g} 和 {upper:g}。")
    return Limits(-inf if lower is None else lower, inf if upper is None else upper)


def verdict(question: Question, value: float, interval: float | None, rule: str, k: float) -> Answer:
    """Answer `conformity judge`."""
    tolerance, spread = question.tolerance, question.spread
    probability = float(probability_within(value, tolerance.lower, tolerance.upper, *spread))
    outside = float(probability_outside(value, tolerance.lower, tolerance.upper, *spread))
    passed = bool(conforms(value, tolerance, rounding_interval=interval))
    prior = question.prior()
    return {
        "value": value,
        "rounding_interval": interval,
        "rounded_value": None if interval is None else float(round_array(value, interval)),
        **question.row(),
        "conforms": passed,
        "probability_of_conformity": probability,
        "specific_consumer_risk": outside if passed else None,
        "specific_producer_risk": None if passed else probability,
        "capability_index": _finite(float(capability_index(tolerance, question.u))),
        "guard_rule": _statement(question, value, rule, k),
        "prior": None if prior is None else _with_prior(prior, question, value),
    }


def risks(question: Question, guard_band: float, interval: float | None) -> Answer:
    """Answer `conformity risk`."""
    prior = question.needed_prior()
    if interval is None:
        acceptance = question.tolerance.guarded(guard_band)
    elif guard_band:
        raise BadConformity("--interval 和 --guard-band 只能给一个。")
    else:
        acceptance = acceptance_when_rounded(question.tolerance, _positive("--interval", interval))
    return {
        **question.row(),
        "guard_band": guard_band,
        "rounding_interval": interval,
        "acceptance": _ends(acceptance),
        "prior": {"mean": prior.mean, "sd": prior.sd},
        **_risks(global_risks(prior, question.tolerance, question.u, acceptance)),
    }


def band_by_rule(question: Question, rule: str, k: float) -> Answer:
    """Answer `conformity guard-band --rule`."""
    chosen = _rule(rule)
    band = float(chosen.guard_band(_positive("--k", k) * question.u))
    how = {"method": "rule", "rule": rule, "label": chosen.name, "multiple": chosen.multiple}
    return {**question.row(), **how, "coverage_factor": k, "is_confirmed": False, **_drawn(question, band)}


def band_by_risk(question: Question, risk: float, of: str) -> Answer:
    """Answer `conformity guard-band --risk`."""
    match of:
        case "specific":
            band = specific_guard_band(risk, question.tolerance, *question.spread)
        case "rejection":
            band = rejection_guard_band(risk, question.tolerance, *question.spread)
        case "global":
            band = global_guard_band(risk, question.needed_prior(), question.tolerance, question.u)
        case _:
            raise BadConformity(f"--of 没有“{of}”这一种。可用：specific、rejection、global。")
    return {**question.row(), "method": of, "demanded_risk": risk, **_drawn(question, band)}


def band_by_costs(question: Question, costs: str) -> Answer:
    """Answer `conformity guard-band --costs`."""
    try:
        acceptance, rejection = (float(part) for part in costs.replace("：", ":").split(":"))
    except ValueError:
        raise BadConformity(f"代价“{costs}”应为两个数，中间用冒号，如 10:1。") from None
    prior = question.needed_prior()
    band = optimal_guard_band(prior, question.tolerance, question.u, acceptance, rejection)
    return {**question.row(), "method": "costs", "costs": [acceptance, rejection], **_drawn(question, band)}


def _rule(name: str) -> GuardRule:
    if name not in ILAC_G8_RULES:
        raise BadConformity(f"没有“{name}”这一规则。可用：{'、'.join(ILAC_G8_RULES)}。")
    return ILAC_G8_RULES[name]


def _positive(option: str, number: float) -> float:
    if not number > 0:
        raise BadConformity(f"{option} 应当大于零，这里是 {number:g}。")
    return number


def _statement(question: Question, value: float, name: str, k: float) -> Answer:
    """Return what a rule states: one of four words, or of two where it accepts beyond the limits."""
    rule = _rule(name)
    band = float(rule.guard_band(_positive("--k", k) * question.u))
    acceptance = question.tolerance.guarded(band)
    if band >= 0:
        said = Statement(int(statements(value, question.tolerance, band)))
    else:
        said = Statement.PASS if conforms(value, acceptance) else Statement.FAIL
    return {
        "name": name,
        "label": rule.name,
        "multiple": rule.multiple,
        "coverage_factor": k,
        "guard_band": _finite(band),
        "acceptance": _ends(acceptance),
        "statement": said.name.lower(),
        "statement_text": STATEMENT_NAMES[said],
        "stated_risk": rule.stated_risk,
        "is_confirmed": False,
    }


def _with_prior(prior: NormalPrior, question: Question, value: float) -> Answer:
    estimate, u = prior.posterior(value, question.u)
    return {
        "mean": prior.mean,
        "sd": prior.sd,
        "estimate": _finite(float(estimate)),
        "standard_uncertainty": _finite(float(u)),
        "probability_of_conformity": float(
            posterior_probability(prior, value, question.tolerance, question.u)
        ),
    }


def _drawn(question: Question, band: float) -> Answer:
    """Return the limits of acceptance that a guard band draws, and what they achieve."""
    tolerance, prior = question.tolerance, question.prior()
    acceptance = tolerance.guarded(band) if isfinite(band) else Limits(band, -band)
    low, high = _numbers(acceptance)
    at_limit = high if isfinite(high) else low
    at = None
    if low <= high and isfinite(at_limit):
        at = float(probability_within(at_limit, tolerance.lower, tolerance.upper, *question.spread))
    return {
        "decision": "reject_all" if low > high else "guarded" if isfinite(band) else "accept_all",
        "guard_band": _finite(band),
        "acceptance": _ends(acceptance),
        "probability_at_acceptance_limit": at,
        "prior": None if prior is None else {"mean": prior.mean, "sd": prior.sd},
        "global_risks": None
        if prior is None
        else {
            "without": _risks(global_risks(prior, tolerance, question.u)),
            "with_guard_band": _risks(global_risks(prior, tolerance, question.u, acceptance)),
        },
    }


def _risks(found: GlobalRisks) -> Answer:
    return {
        "consumer_risk": float(found.consumer),
        "producer_risk": float(found.producer),
        "accepted": float(found.accepted),
        "conforming": float(found.conforming),
        "nonconforming_among_accepted": _finite(float(found.nonconforming_among_accepted)),
        "conforming_among_rejected": _finite(float(found.conforming_among_rejected)),
    }


def _numbers(limits: Limits) -> tuple[float, float]:
    lower, upper = (np.asarray(limit, dtype=np.float64).item() for limit in (limits.lower, limits.upper))
    return lower, upper


def _ends(limits: Limits) -> list[float | None]:
    return [_finite(limit) for limit in _numbers(limits)]


def _finite(number: float) -> float | None:
    """Return a number without the noise of binary arithmetic, None where it is not finite."""
    return float(f"{number:.12g}") if isfinite(number) else None
