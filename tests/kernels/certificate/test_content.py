"""What a certificate may say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from quanheng.kernels.canonical import canonical_json, parse_canonical
from quanheng.kernels.certificate.content import Content, Kind, People, Row, content_json, read_content
from tests.kernels.certificate.contents import WEIGHING, contents, example_content


@given(content=contents())
def test_content_survives_its_canonical_json(content: Content) -> None:
    assert read_content(parse_canonical(canonical_json(content_json(content)))) == content


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (Kind.VERIFICATION, {"valid_until": None}),
        (Kind.VERIFICATION, {"conclusion": ""}),
        (Kind.VERIFICATION, {"reasons": ("铅封破损",)}),
        (Kind.REJECTION, {"valid_until": date(2027, 1, 1)}),
        (Kind.REJECTION, {"reasons": ()}),
        (Kind.CALIBRATION, {"conclusion": "合格"}),
        (Kind.CALIBRATION, {"tables": ()}),
        (Kind.VERIFICATION, {"issued_on": date(2026, 3, 4)}),
        (Kind.VERIFICATION, {"valid_until": date(2026, 3, 4)}),
        (Kind.VERIFICATION, {"tables": (), "checks": ()}),
        (Kind.VERIFICATION, {"number": " "}),
        (Kind.VERIFICATION, {"place": "市场\u2028二楼"}),
        (Kind.VERIFICATION, {"place": "市场\uffff"}),
        (Kind.VERIFICATION, {"place": "市" * 301}),
        (Kind.VERIFICATION, {"url": "javascript:alert(1)"}),
        (Kind.VERIFICATION, {"url": "https://example.org/a b"}),
    ],
)
def test_a_certificate_that_contradicts_its_kind_or_its_days_is_refused(
    kind: Kind, wrong: dict[str, Any]
) -> None:
    assert example_content(kind).kind is kind
    with pytest.raises(ValidationError):
        example_content(kind, **wrong)


def test_two_people_of_one_name_may_stand_on_a_certificate() -> None:
    assert People(verifier="王伟", checker="王伟", signatory="李娜").checker == "王伟"
    with pytest.raises(ValidationError):
        People(verifier="王伟", checker="", signatory="李娜")


@pytest.mark.parametrize("missing", ["expanded_uncertainty", "coverage_factor", "coverage_probability"])
def test_an_uncertainty_is_whole_or_absent(missing: str) -> None:
    whole = WEIGHING.rows[0].model_dump()
    assert Row(**whole).coverage_probability == Decimal("0.95")
    with pytest.raises(ValidationError, match="须一并给出"):
        Row(**(whole | {missing: None}))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1E+31", "1E-31", "0E+99999", "1E+999999"])
def test_a_number_that_nobody_prints_is_refused(number: str) -> None:
    assert Row(point="1", error=Decimal("1E+30")).error == 10**30
    with pytest.raises(ValidationError):
        Row(point="1", error=Decimal(number))
