"""Records refuse what they cannot hold, and name it."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.errors import InputError, Problem
from perdure.records import (
    TIME_UNITS,
    Arm,
    Curve,
    NumbersAtRisk,
    Patients,
    Reported,
    TimeUnit,
    Trial,
    months_per,
    time_unit,
)


@pytest.mark.parametrize(
    ("time", "survival", "words"),
    [
        ([0, 1, 2], [1, 0.5], "one survival for each time"),
        ([], [], "one survival for each time"),
        ([1, 2], [1, 0.5], "starts at time 0"),
        ([0, 2, 1], [1, 0.8, 0.5], r"out of order at point 3.*\(1, 0.5\)"),
        ([0, 1, 2], [1, 0.5, 0.6], r"survival rises at point 3.*\(2, 0.6\)"),
        ([0, 1], [1.2, 0.6], r"outside 0 to 1 at point 1"),
        ([0, 1], [1, float("nan")], "position 1 is not a finite number"),
        ([[0, 1]], [[1, 0.5]], "2 dimensions"),
    ],
)
def test_a_curve_refuses(time: list[float], survival: list[float], words: str) -> None:
    with pytest.raises(InputError, match=f"(?i){words}"):
        Curve(time, survival)


@pytest.mark.parametrize("beyond", [-0.1, 5.1, float("nan")])
def test_a_curve_is_never_extended(beyond: float) -> None:
    with pytest.raises(InputError, match="known from 0 to 5 months"):
        Curve([0, 5], [1, 0.5]).at(beyond)


@pytest.mark.parametrize(
    ("time", "n", "words"),
    [
        ([0, 6], [10], "one number for each time"),
        ([0, 6], [10, 12], "numbers at risk rise.*12 at 6"),
        ([0, 6], [10, 2.5], "not whole.*2.5 at 6"),
        ([0, 6], [10, -1], "negative"),
        ([6, 6], [10, 9], "do not increase"),
        ([-1, 6], [10, 9], "negative"),
    ],
)
def test_numbers_at_risk_refuse(time: list[float], n: list[float], words: str) -> None:
    with pytest.raises(InputError, match=f"(?i){words}"):
        NumbersAtRisk(time, n)


@pytest.mark.parametrize(
    ("time", "event", "words"),
    [
        ([], [], "one event code for each time"),
        ([1, 2], [1], "one event code for each time"),
        ([1, -2], [1, 0], "negative.*patient 2"),
        ([1, 2], [1, 2], "not 0 or 1.*patient 2"),
        ([1, float("inf")], [1, 0], "not a finite number"),
    ],
)
def test_patients_refuse(time: list[float], event: list[float], words: str) -> None:
    with pytest.raises(InputError, match=f"(?i){words}"):
        Patients(time, event)


def test_records_cannot_be_changed() -> None:
    patients = Patients([1, 2], [1, 0])
    with pytest.raises(ValueError, match="read-only"):
        patients.time[0] = 5
    source = np.array([0.0, 1.0])
    curve = Curve(source, [1, 0.5])
    source[1] = 9
    assert curve.end_time == 1


@given(st.sampled_from(TIME_UNITS), st.sampled_from(TIME_UNITS))
def test_units_go_there_and_back(first: TimeUnit, second: TimeUnit) -> None:
    patients = Patients([0.5, 7], [1, 0], first)
    back = patients.in_unit(second).in_unit(first)
    assert back.time == pytest.approx(patients.time)
    assert back.time_unit == first


def test_a_year_has_twelve_months_of_30_4375_days() -> None:
    assert months_per("years") == 12
    assert 1 / months_per("days") == pytest.approx(30.4375)
    assert [time_unit(name) for name in ("Year", "WEEKS", " day ")] == ["years", "weeks", "days"]
    with pytest.raises(InputError, match="fortnight"):
        time_unit("fortnight")


def test_reported_n_falls_back_to_the_arms() -> None:
    arm = Arm("T", "a", "A", n=100, reported={"OS": Reported(events=40), "PFS": Reported(n=90)})
    assert arm.reported_for("OS") == Reported(n=100, events=40)
    assert arm.reported_for("PFS").n == 90
    assert arm.reported_for("DFS") == Reported(n=100)
    assert Trial("T", "T", arms=(arm,)).arm("a") is arm


def test_an_error_keeps_its_problems_across_processes() -> None:
    error = InputError([Problem("a is wrong", "mend it", "x.csv", 2, "a", "7"), Problem("b", "c")])
    again = pickle.loads(pickle.dumps(error))
    assert again.problems == error.problems
    assert str(again) == "x.csv, row 2, column a: a is wrong (found '7'). Mend it.\nB. C."
