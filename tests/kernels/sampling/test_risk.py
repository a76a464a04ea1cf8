"""What is known before a sample changes what an accepted lot may be, and never the plan's own risk."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from quanheng.kernels.sampling.characteristic import acceptance_of_lots, acceptance_probability
from quanheng.kernels.sampling.picture import CONSUMER, PRODUCER, Mark, oc_picture
from quanheng.kernels.sampling.plans import BadSampling, double, single
from quanheng.kernels.sampling.risk import Prior, prior_of, risk_of_accepted

PLAN = double(20, 0, 3, 20, 2)


def test_a_lot_agrees_with_a_sum_over_all_lots() -> None:
    prior, size = Prior(1.5, 20.0), 300
    bad = np.arange(size + 1)
    weight = stats.betabinom.pmf(bad, size, prior.a, prior.b) * acceptance_of_lots(PLAN, bad, size)
    risk = risk_of_accepted(PLAN, 0.08, prior, size)
    assert risk.after == pytest.approx(weight[bad >= 24].sum() / weight.sum(), rel=1e-9)
    assert risk.accepted == pytest.approx(weight.sum(), rel=1e-9)


def test_a_process_agrees_with_an_integral() -> None:
    prior = Prior(1.5, 20.0)
    p = (np.arange(20_000) + 0.5) / 20_000
    weight = stats.beta.pdf(p, prior.a, prior.b) * np.array(stats.binom.cdf(2, 64, p))
    risk = risk_of_accepted(single(64, 2), 0.08, prior)
    assert risk.after == pytest.approx(weight[p >= 0.08].sum() / weight.sum(), rel=1e-4)


def test_a_worse_prior_leaves_more_risk_and_the_plan_keeps_its_own() -> None:
    suspected, usual = (risk_of_accepted(PLAN, 0.08, prior_of(mean, 30), 1000) for mean in (0.1, 0.02))
    assert suspected.after > usual.after
    assert suspected.after < suspected.before
    assert suspected.without_prior == usual.without_prior == acceptance_probability(PLAN, 0.08, 1000)


@pytest.mark.parametrize("prior", [(0.0, 1.0), (-1.0, 1.0), (1.0, float("inf"))])
def test_a_prior_that_is_none_is_refused(prior: tuple[float, float]) -> None:
    with pytest.raises(BadSampling):
        Prior(*prior)
    with pytest.raises(BadSampling):
        prior_of(1.0, 10)


def test_a_picture_tells_its_points_in_words_and_shapes() -> None:
    svg = oc_picture(single(50, 1), 1200, (Mark(0.01, PRODUCER), Mark(0.08, CONSUMER)))
    assert "<title" in svg
    assert "生产方：不合格品率 1 % 时接收 91.4 %" in svg
    assert "使用方：不合格品率 8 % 时接收 7.834 %" in svg
    assert svg.count("<rect") == 2
    with pytest.raises(BadSampling, match="0 到 1"):
        oc_picture(single(50, 1), None, (Mark(2.0),))
