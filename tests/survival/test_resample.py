"""Resampled curves: against curves of patients drawn one by one, and their spread."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.survival import kaplan_meier, median, resample, unchanged

people = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=30)


@given(people, st.integers(0, 100))
def test_each_replicate_is_the_curve_of_its_patients(
    some: list[tuple[int, bool]], seed: int
) -> None:
    time, event = zip(*some, strict=True)
    drawn = resample(kaplan_meier(time, event), 5, np.random.default_rng(seed))
    for one in range(5):
        leaving = drawn.at_risk[one] - np.append(drawn.at_risk[one, 1:], 0)
        again = kaplan_meier(
            np.repeat(drawn.time, leaving),
            np.concatenate(
                [
                    np.repeat([1, 0], [d, left - d])
                    for d, left in zip(drawn.events[one], leaving, strict=True)
                ]
            ),
        )
        assert again.n == len(some)
        assert drawn.end_time[one] == again.end_time
        assert drawn.last_survival[one] == pytest.approx(again.survival[-1])
        at = again.end_time / 2
        assert drawn.at(np.full(5, at))[one] == pytest.approx(again.at(at))
        middle = median(again).value
        assert drawn.median[one] == (np.inf if middle is None else pytest.approx(middle))
        had = np.flatnonzero(again.events)
        assert drawn.last_event[one] == (again.time[had[-1]] if had.size else -np.inf)


def test_the_curve_itself_and_the_spread_of_its_replicates() -> None:
    random = np.random.default_rng(1)
    time, event = random.exponential(10, 200), random.random(200) < 0.8
    curve = kaplan_meier(time, event)
    np.testing.assert_allclose(unchanged(curve).survival[0], curve.survival)
    at = np.full(4000, 9.0)
    spread = resample(curve, 4000, random).at(at).std()
    assert spread == pytest.approx(curve.standard_error_at(9.0), rel=0.05)
    assert unchanged(curve).at(np.array([-0.0]))[0] == 1
    assert unchanged(curve).at(np.array([np.inf]))[0] == curve.survival[-1]
