"""Whatever falls: an answer that is whole, or a plain refusal; never a NaN, never a hang."""

from time import perf_counter

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from perdure.errors import InputError
from perdure.reconstruct import curve_from_points, numbers_at_risk_from_table, reconstruct
from perdure.records import Curve, NumbersAtRisk, Patients
from perdure.survival import kaplan_meier

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
@example(steps=[1.0, 0.5], falls=[0.5], n=6, reach=0.5, events=0.375, digits=2)
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
    # A reported event that the curve does not show comes after its last point, and is said to.
    hidden = any("it was put at the curve's end" in warning for warning in found.warnings)
    for patients in (found.patients, *found.ensemble):
        whole(patients, n, 24 * (1 + 1e-7) if hidden else 24)
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


@pytest.mark.slow
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


def traced(n: int, rows: int, digits: int, seed: int) -> tuple[Patients, Curve]:
    """Return patients, and their curve by 450 columns of pixels."""
    random = np.random.default_rng(seed)
    life, left = random.exponential(20, n), random.uniform(12, 26, n)
    truth = Patients(np.minimum(life, left), life <= left)
    km = kaplan_meier(truth.time, truth.event)
    time = np.linspace(0, km.end_time, 450)
    heights = np.round(np.round(km.at(np.minimum(time, km.end_time)) * rows) / rows, digits)
    return truth, curve_from_points(time, heights)[0]


def printed(truth: Patients, step: float) -> NumbersAtRisk:
    ticks = np.arange(0, truth.time.max(), step)
    return NumbersAtRisk(ticks, [int((truth.time >= tick).sum()) for tick in ticks])


@pytest.mark.slow
@pytest.mark.parametrize("rows", [345, 400, 500])
def test_digits_as_coarse_as_rows_do_not_make_a_figure_sharp(rows: int) -> None:
    truth, curve = traced(300, rows, 3, seed=rows)
    found = reconstruct(curve, printed(truth, 4), n=300, draws=20)
    assert found.evidence.reading_error == pytest.approx(0.5 / rows, rel=0.2)
    assert found.warnings == ()
    assert abs(found.patients.events - truth.events) <= 3


@pytest.mark.parametrize("seed", range(4))
def test_true_marks_are_not_taken_for_a_contradiction(seed: int) -> None:
    truth, curve = traced(100, 330, 5, seed)
    marks = np.sort(truth.time[~truth.event])
    found = reconstruct(curve, printed(truth, 4), n=100, marks=marks.tolist(), draws=20)
    assert not any("left out" in said for said in found.warnings)
    assert "marks" in found.evidence.used
    assert abs(found.patients.events - truth.events) <= 1


def test_more_patients_beyond_the_curve_than_it_leaves_are_named() -> None:
    curve, _ = curve_from_points([0, 5, 10], [1, 0.5, 0])
    found = reconstruct(curve, NumbersAtRisk([0, 5, 15], [50, 20, 5]))
    said = "at most 2 can be left at the curve's end, and 5 are printed beyond it, 3 too many"
    assert any(said in warning for warning in found.warnings)
    assert found.evidence.max_distance < 0.05


def test_survival_published_for_the_very_time_of_a_step_is_that_after_it() -> None:
    time, survival = [0, 3, 6, 12], [1, 0.9, 0.6, 0.45]
    curve, _ = curve_from_points(time, survival, resolution=1e-4)
    found = reconstruct(curve, n=20, landmarks=[(6, "0.60"), (12, "0.45")], own=True)
    assert found.warnings == reconstruct(curve, n=20).warnings
    assert "reported values" in found.evidence.used


def test_a_level_curve_has_no_event_and_every_draw_its_printed_numbers() -> None:
    curve, _ = curve_from_points(np.linspace(0, 30, 100), np.ones(100))
    table = NumbersAtRisk([0, 10, 20], [2000, 1600, 1000])
    found = reconstruct(curve, table, draws=100)
    for one in (found.patients, *found.ensemble):
        assert one.events == 0
        assert [int((one.time >= tick).sum()) for tick in (0, 10, 20)] == [2000, 1600, 1000]


def test_counts_from_a_table_of_numpy_are_counts() -> None:
    curve, _ = curve_from_points([0, 2, 5, 9], [1, 0.8, 0.6, 0.5])
    n, events, marks = np.int64(80), np.int32(38), np.array([3.0])
    found = reconstruct(curve, n=n, events=events, marks=marks, draws=10)  # type: ignore[arg-type]
    assert found.patients.events == 38


@pytest.mark.parametrize("own", ["median", {"Median"}])
def test_what_is_the_curves_own_is_called_by_its_name(own: object) -> None:
    curve, _ = curve_from_points([0, 2, 5, 9], [1, 0.8, 0.6, 0.5])
    with pytest.raises(InputError, match="Give True, or a set of median and survival"):
        reconstruct(curve, n=80, median="9", own=own)  # type: ignore[arg-type]


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
