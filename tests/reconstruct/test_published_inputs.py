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
