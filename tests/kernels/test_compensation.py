"""What a household paid too much: by hand, in both directions, with intervals that hold what nobody knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.compensation import BadCompensation, Onset, compensation

HALF = Onset(0.5, 0.0, 1.0)


def test_half_of_the_period_at_a_fast_meter_as_computed_by_hand() -> None:
    # 3150 kWh shown at +5 %: 3000 true, 150 too much, half of it counted, 0.52 a kWh
    found = compensation(
        registered_kwh=3150, error_percent=5, expanded_uncertainty_percent=0, price_per_kwh=0.52, onset=HALF
    )
    assert found.energy_kwh == pytest.approx(75)
    assert found.amount == pytest.approx(39)
    assert (found.low_kwh, found.high_kwh) == (0, pytest.approx(150))
    assert found.measured_low_kwh == found.measured_high_kwh == pytest.approx(75)


def test_a_slow_meter_billed_too_little() -> None:
    found = compensation(
        registered_kwh=950, error_percent=-5, expanded_uncertainty_percent=0.4, price_per_kwh=1, onset=HALF
    )
    assert found.energy_kwh == pytest.approx(-25)
    assert (
        found.low_kwh < found.measured_low_kwh < found.energy_kwh < found.measured_high_kwh < found.high_kwh
    )


@given(
    st.floats(0, 1e5),
    st.floats(-80, 200),
    st.floats(0, 15),
    st.floats(0, 2),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_the_intervals_hold_what_they_surround(
    kwh: float, error: float, uncertainty: float, price: float, one: float, other: float
) -> None:
    least, counted = sorted((one, other))
    found = compensation(
        registered_kwh=kwh,
        error_percent=error,
        expanded_uncertainty_percent=uncertainty,
        price_per_kwh=price,
        onset=Onset(counted, least, 1.0),
    )
    nearly = 1e-9 * (1 + kwh)
    assert found.low_kwh - nearly <= found.measured_low_kwh <= found.energy_kwh + nearly
    assert found.energy_kwh - nearly <= found.measured_high_kwh <= found.high_kwh + nearly


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"registered_kwh": -1.0}, "不能是负的"),
        ({"price_per_kwh": float("nan")}, "应是数"),
        ({"error_percent": -99.9}, "电能表不走"),
        ({"onset": Onset(0.5, 0.6, 1)}, "时间占比"),
    ],
)
def test_what_says_nothing_is_refused(changes: dict[str, object], reason: str) -> None:
    given: dict[str, object] = {
        "registered_kwh": 100.0,
        "error_percent": 5.0,
        "expanded_uncertainty_percent": 0.4,
        "price_per_kwh": 0.5,
        "onset": HALF,
    }
    with pytest.raises(BadCompensation, match=reason):
        compensation(**given | changes)  # type: ignore[arg-type]
