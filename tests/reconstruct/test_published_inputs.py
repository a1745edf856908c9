"""Whatever falls: an answer that is whole, or a plain refusal; never a NaN, never a hang."""

from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perdure.errors import InputError
from perdure.reconstruct import curve_from_points, numbers_at_risk_from_table, reconstruct
from perdure.records import Patients

SHARES = st.lists(st.floats(0, 1), min_size=2, max_size=15)


def whole(patients: Patients, n: int, end: float) -> None:
    assert patients.n == n
    assert np.isfinite(patients.time).all()
    assert (patients.time >= 0).all()
    assert patients.time.max() <= end * (1 + 1e-9)


@pytest.mark.slow
@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    steps=SHARES,
    falls=st.lists(st.floats(0.3, 1), min_size=1, max_size=6),
    n=st.integers(1, 150),
    reach=st.floats(0.3, 1.6),
    events=st.one_of(st.none(), st.floats(0, 1)),
    digits=st.sampled_from([2, 3, 6]),
)
def test_anything_that_falls(
    steps: list[float],
    falls: list[float],
    n: int,
    reach: float,
    events: float | None,
    digits: int,
) -> None:
    time = np.linspace(0, 24, len(steps) + 1)
    survival = np.round(np.concatenate(([1.0], np.sort(steps)[::-1])), digits)
    ticks = np.linspace(0, 24 * reach, len(falls) + 1)
    numbers = np.floor(n * np.concatenate(([1.0], np.cumprod(falls))))
    total = None if events is None else int(events * n)
    start = perf_counter()
    try:
        curve, _ = curve_from_points(time, survival)
        table, _ = numbers_at_risk_from_table(ticks, numbers)
        found = reconstruct(curve, table, events=total, draws=10)
    except InputError:  # refused with its rows, and nothing rebuilt
        return
    assert perf_counter() - start < 30
    for patients in (found.patients, *found.ensemble):
        whole(patients, n, 24)
    if found.evidence.risk_mismatch or (total is not None and found.patients.events != total):
        assert found.warnings


CORNERS = [(0, 1), (2, 1), (2, 0.8), (4, 0.8), (4, 0.5), (9, 0.5), (9, 0.3), (13, 0.3)]
CLICKS = [(0, 1), (1, 0.92), (2, 0.8), (3.1, 0.62), (4, 0.5), (6, 0.42), (9, 0.3), (13, 0.24)]
TABLE = ([0, 4, 8, 12], [50, 24, 14, 6])


def test_corners_of_steps_are_steps_however_few_digits_they_have() -> None:
    curve, _ = curve_from_points(*zip(*CORNERS, strict=True))
    found = reconstruct(curve, n=50)
    assert found.evidence.reading == "steps"
    assert found.evidence.max_distance <= 0.051  # half of the last digit
    for patients in found.ensemble:
        assert set(patients.time[patients.event]) <= {2.0, 4.0, 9.0}


def test_a_stated_error_of_clicks_is_the_one_that_is_used() -> None:
    curve, _ = curve_from_points(*zip(*CLICKS, strict=True), resolution=0.01)
    found = reconstruct(curve, numbers_at_risk_from_table(*TABLE)[0])
    assert (found.evidence.reading, found.evidence.reading_error) == ("clicks", 0.01)


def test_marks_that_deny_the_table_are_what_is_named() -> None:
    curve, _ = curve_from_points(*zip(*CLICKS, strict=True))
    table, _ = numbers_at_risk_from_table(*TABLE)
    found = reconstruct(curve, table, marks=[])
    assert "no history has all the censoring marks; they were left out" in found.warnings
    assert "marks" not in found.evidence.used
    without = reconstruct(curve, table)
    assert found.evidence.max_distance == pytest.approx(without.evidence.max_distance, abs=0.01)


@pytest.mark.parametrize("events", [0, 141])
def test_events_that_cannot_be_are_sought_for_a_while_and_named(events: int) -> None:
    time = [0, 5.29, 8, 13, 19.01, 19.6, 24.4, 31, 36]
    survival = [1, 0.866, 0.74, 0.44, 0.1744, 0.1239, 0.1136, 0.113, 0.08]
    curve, _ = curve_from_points(time, survival)
    table, _ = numbers_at_risk_from_table([0, 6, 12], [141, 119, 67])
    found = reconstruct(curve, table, events=events, draws=10)
    assert found.patients.events != events
    assert any(f"{events} events were reported and" in said for said in found.warnings)
    assert found.evidence.risk_mismatch == 0


def test_a_call_without_time_says_so_and_still_answers() -> None:
    curve, _ = curve_from_points(*zip(*CLICKS, strict=True))
    found = reconstruct(curve, n=50, time_limit=1e-6)
    assert (found.method, found.ensemble) == ("guyot", ())
    assert any("cannot be sampled within 1e-06 seconds" in said for said in found.warnings)
    with pytest.raises(InputError, match="there is no time"):
        reconstruct(curve, n=50, time_limit=0.0)


def test_a_smooth_curve_is_followed_and_the_error_that_it_takes_is_said() -> None:
    time = np.linspace(0, 40, 2000)
    curve, _ = curve_from_points(time, np.round(np.exp(-time / 20), 5))
    found = reconstruct(curve, n=100, draws=10)
    assert found.method == "chain"
    assert found.evidence.max_distance <= 0.01
    assert sum("the reading error was widened" in said for said in found.warnings) == 1


@pytest.mark.parametrize("n", [1, 2, 3])
def test_very_few_patients(n: int) -> None:
    survival = [1.0, *(1 - (at + 1) / n for at in range(n))]
    curve, _ = curve_from_points(np.arange(n + 1.0), survival)
    found = reconstruct(curve, n=n)
    assert found.patients.events == n
    whole(found.patients, n, n)


def test_a_large_trial_without_numbers_at_risk_ends() -> None:
    random = np.random.default_rng(1)
    time = np.sort(np.concatenate(([0.0], random.uniform(0, 36, 30))))
    curve, _ = curve_from_points(time, np.round(np.exp(-time / 20), 3))
    start = perf_counter()
    found = reconstruct(curve, n=3000, draws=10)
    assert perf_counter() - start < 60
    whole(found.patients, 3000, 36)
