"""Areas under the curve and their influence: against restricted means, R and the derivative."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.errors import InputError
from perdure.survival import area, area_influence, influence, kaplan_meier, restricted_mean

people = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=30)


@given(people, st.floats(0.01, 1), st.floats(0, 1))
def test_it_is_the_restricted_mean_in_two_parts(
    some: list[tuple[int, bool]], stop: float, start: float
) -> None:
    time, event = zip(*some, strict=True)
    curve = kaplan_meier(time, event)
    if curve.end_time == 0:
        return
    tau = stop * curve.end_time
    known = restricted_mean(curve, tau)
    assert area(curve, 0, tau) == pytest.approx(known.value)
    assert area(curve, 0, start * tau) + area(curve, start * tau, tau) == pytest.approx(known.value)
    each = area_influence(time, event, 0, tau)
    assert each.sum() == pytest.approx(0, abs=1e-9)
    assert np.sqrt((each**2).sum()) / curve.n == pytest.approx(known.se, abs=1e-12)


@given(people)
def test_it_is_the_integral_of_the_influence(some: list[tuple[int, bool]]) -> None:
    time, event = zip(*some, strict=True)
    end = max(time)
    steps = influence(time, event, np.arange(end, dtype=float))  # times are whole: steps of 1
    expected = steps[:, 2:].sum(axis=1) if end > 2 else np.zeros(len(time))
    found = area_influence(time, event, min(2, end), end)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_a_curve_at_0_adds_nothing_and_no_other_is_extended() -> None:
    assert area(kaplan_meier([1, 2], [1, 1]), 0, 9) == 1.5
    with pytest.raises(InputError, match="never extended"):
        area(kaplan_meier([1, 2], [1, 0]), 0, 9)
    with pytest.raises(InputError, match="in order"):
        area(kaplan_meier([1, 2], [1, 0]), 1.5, 1)
