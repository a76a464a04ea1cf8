"""Every published example, read from a model file, gives what its document prints."""

from __future__ import annotations

import pytest

from quanheng.kernels.uncertainty import evaluate, load_model, sample
from tests.kernels.uncertainty import published_elsewhere, published_gum, published_supplements
from tests.kernels.uncertainty.published import Example, agrees

EXAMPLES = [*published_gum.EXAMPLES, *published_supplements.EXAMPLES, *published_elsewhere.EXAMPLES]
TRIALS = 400_000


def named(examples: list[Example]) -> dict[str, object]:
    return {"argvalues": examples, "ids": [example.name for example in examples]}


def test_the_names_are_unique():
    assert len({example.name for example in EXAMPLES}) == len(EXAMPLES)


@pytest.mark.parametrize("example", **named(EXAMPLES))
def test_the_gum_framework_gives_what_is_printed(example: Example):
    result = evaluate(load_model(example.text), second_order=example.second_order or None)
    for name, expected in example.gum.items():
        output = result[name]
        found = {
            "value": output.value,
            "standard_uncertainty": output.standard_uncertainty,
            "degrees_of_freedom": output.degrees_of_freedom,
            "coverage_factor": output.coverage_factor,
            "expanded_uncertainty": output.expanded_uncertainty,
            "low": output.interval[0],
            "high": output.interval[1],
        }
        for what, printed in expected.items():
            assert agrees(float(found[what][0]), printed), (name, what, found[what], printed)


@pytest.mark.parametrize("example", **named([e for e in EXAMPLES if e.correlation]))
def test_the_outputs_are_correlated_as_is_printed(example: Example):
    model = load_model(example.text)
    correlation = evaluate(model).correlation[0]
    for (a, b), printed in example.correlation.items():
        found = float(correlation[model.outputs.index(a), model.outputs.index(b)])
        assert agrees(found, printed), (a, b, found, printed)


@pytest.mark.parametrize("example", **named([e for e in EXAMPLES if e.contributions]))
def test_the_budget_lists_what_is_printed(example: Example):
    result = evaluate(load_model(example.text))
    for name, rows in example.contributions.items():
        found = {row.name: float(row.contribution[0]) for row in result[name].budget}
        for known, printed in rows.items():
            assert agrees(found[known], printed), (name, known, found[known], printed)


@pytest.mark.parametrize("example", **named([e for e in EXAMPLES if e.monte_carlo]))
def test_monte_carlo_gives_what_is_printed(example: Example):
    drawn = {output.name: output for output in sample(load_model(example.text), TRIALS, seed=1)[0].outputs}
    for name, expected in example.monte_carlo.items():
        output = drawn[name]
        found = {
            "value": output.estimate,
            "standard_uncertainty": output.standard_uncertainty,
            "low": output.symmetric.low,
            "high": output.symmetric.high,
            "shortest_low": output.shortest.low,
            "shortest_high": output.shortest.high,
        }
        for what, printed in expected.items():
            assert agrees(found[what], printed), (name, what, found[what], printed)
