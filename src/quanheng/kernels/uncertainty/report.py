"""The result of an evaluation as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

from quanheng.kernels.findings import Finding
from quanheng.kernels.uncertainty.combine import Output, Result, Row, truncated
from quanheng.kernels.uncertainty.model import Input, Model, Part
from quanheng.kernels.uncertainty.monte_carlo import Sampled, SampledOutput
from quanheng.kernels.uncertainty.validate import Validation


def report(
    result: Result,
    sampled: Sequence[Sampled] = (),
    validations: Sequence[Validation] = (),
    *,
    seed: int | None = None,
) -> dict[str, Any]:
    """Return the result for `json.dumps`; docs/reference/uncertainty-model.md names every entry.

    What is infinite or does not exist is None: infinite degrees of freedom, a correlation with an output that has no
    uncertainty.  Points count from 1.

    Parameters
    ----------
    result : Result
    sampled, validations : sequence
        Of the same model, one for each point, or empty.
    seed : int, optional
        What the random numbers started from.
    """
    model = result.model
    points = range(model.points)
    correlations = [_matrix(result.correlation[point]) for point in points]
    drawn = [
        {"seed": seed} | _sampled(each, point, validations[point] if validations else None)
        for point, each in enumerate(sampled)
    ]
    return {
        "title": model.title,
        "outputs": [_output(model, output, point) for point in points for output in result.outputs],
        "correlation_names": [output.name for output in result.outputs],
        "correlation": correlations if model.points > 1 else correlations[0],
        "coverage_region": (
            {
                "ellipsoid_factor": result.ellipsoid_factor,
                "rectangle_factor": result.rectangle_factor,
                "coverage_probability": model.coverage_probability,
            }
            if len(result.outputs) > 1
            else None
        ),
        "monte_carlo": None if not drawn else drawn if model.points > 1 else drawn[0],
        "findings": [_finding(found) for found in result.findings],
    }


def _output(model: Model, output: Output, point: int) -> dict[str, Any]:
    return {
        "name": output.name,
        "label": model.labels.get(output.name, ""),
        "unit": model.units.get(output.name, ""),
        "point": point + 1,
        "value": float(output.value[point]),
        "standard_uncertainty": float(output.standard_uncertainty[point]),
        "degrees_of_freedom": _number(output.degrees_of_freedom[point]),
        "degrees_of_freedom_used": (
            _number(truncated(output.degrees_of_freedom)[point]) if model.coverage_factor is None else None
        ),
        "coverage_factor": float(output.coverage_factor[point]),
        "coverage_probability": float(output.coverage_probability[point]),
        "expanded_uncertainty": float(output.expanded_uncertainty[point]),
        "coverage_interval": [float(end) for end in output.interval[:, point]],
        "budget": [_row(row, known, point) for row, known in zip(output.budget, model.inputs, strict=True)],
        "second_order": _second_order(output, point),
    }


def _row(row: Row, known: Input, point: int) -> dict[str, Any]:
    parts = known.parts
    return {
        "name": row.name,
        "label": known.label,
        "unit": known.unit,
        "type": known.kind,
        "value": float(known.estimate[point]),
        "standard_uncertainty": float(known.standard_uncertainty[point]),
        "degrees_of_freedom": _number(known.degrees_of_freedom[point]),
        "distribution": parts[0].distribution.name if len(parts) == 1 else None,
        "sensitivity": float(row.sensitivity[point]),
        "contribution": float(row.contribution[point]),
        "share": float(row.share[point]),
        "components": [_part(part, point) for part in parts] if len(parts) > 1 else [],
    }


def _part(part: Part, point: int) -> dict[str, Any]:
    return {
        "label": part.label,
        "type": part.kind,
        "standard_uncertainty": float(part.standard_uncertainty[point]),
        "degrees_of_freedom": _number(part.degrees_of_freedom),
        "distribution": part.distribution.name,
    }


def _second_order(output: Output, point: int) -> dict[str, Any] | None:
    found = output.second_order
    if found is None:
        return None
    return {
        "first_order_standard_uncertainty": float(output.first_order_uncertainty[point]),
        "variance": float(found.variance[point]),
        "shift": float(found.shift[point]),
        "terms": [
            {"inputs": list(term.names), "variance": float(term.variance[point])} for term in found.terms
        ],
    }


def _sampled(found: Sampled, point: int, validation: Validation | None) -> dict[str, Any]:
    regions = found.regions
    return {
        "point": point + 1,
        "trials": found.trials,
        "undefined": found.undefined,
        "coverage_probability": found.coverage_probability,
        "outputs": [_sampled_output(output) for output in found.outputs],
        "correlation_names": [output.name for output in found.outputs],
        "correlation": _matrix(found.correlation),
        "coverage_region": regions
        and {
            "ellipsoid_factor": _number(regions.ellipsoid),
            "ellipsoid_volume": _number(regions.ellipsoid_volume),
            "rectangle_factor": _number(regions.rectangle),
            "rectangle_volume": _number(regions.rectangle_volume),
            "smallest_area": regions.smallest and _number(regions.smallest.area),
        },
        "validation": _validation(validation) if validation is not None else None,
        "findings": [_finding(each) for each in found.findings],
    }


def _sampled_output(output: SampledOutput) -> dict[str, Any]:
    return {
        "name": output.name,
        "value": _number(output.estimate),
        "standard_uncertainty": _number(output.standard_uncertainty),
        "expanded_uncertainty": (output.symmetric.high - output.symmetric.low) / 2,
        "coverage_interval": list(output.symmetric),
        "shortest_coverage_interval": list(output.shortest),
        "histogram": {
            "edges": [float(edge) for edge in output.histogram.edges],
            "counts": [int(count) for count in output.histogram.counts],
        },
    }


def _validation(found: Validation) -> dict[str, Any]:
    return {
        "is_valid": found.is_valid,
        "interval": found.interval,
        "outputs": [
            {
                "name": each.name,
                "tolerance": each.tolerance,
                "low": each.low,
                "high": each.high,
                "low_standard_error": each.low_error,
                "high_standard_error": each.high_error,
                "is_valid": each.is_valid,
            }
            for each in found.outputs
        ],
        "joint": [
            {
                "what": each.what,
                "output": each.output,
                "distance": each.distance,
                "tolerance": each.tolerance,
                "is_valid": each.is_valid,
            }
            for each in found.joint
        ],
    }


def _finding(found: Finding) -> dict[str, Any]:
    data = {key: _number(value) if isinstance(value, float) else value for key, value in found.data.items()}
    return {"code": found.code, "text": found.text, "data": data}


def _matrix(matrix: Any) -> list[list[float | None]]:
    return [[_number(value) for value in row] for row in matrix]


def _number(value: Any) -> float | None:
    return float(value) if value is not None and isfinite(value) else None
