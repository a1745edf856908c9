"""What is known of an arm, brought together: contradictions are refused with their size."""

from dataclasses import replace
from typing import Any

import pytest

from perdure.errors import InputError
from perdure.reconstruct import gather, reconstruct
from perdure.reconstruct.contradiction import without_contradictions
from perdure.reconstruct.facts import REPORTED
from perdure.records import Curve, NumbersAtRisk

CURVE = Curve([0, 4, 8, 12], [1.0, 0.7, 0.5, 0.4])


def refused(numbers_at_risk: NumbersAtRisk | None = None, **known: Any) -> str:
    """Return what is said when the facts are refused."""
    with pytest.raises(InputError) as caught:
        gather(CURVE, numbers_at_risk, **known)
    return str(caught.value)


def test_n_that_contradicts_the_table_is_refused_with_the_difference() -> None:
    message = refused(NumbersAtRisk([0, 6], [85, 40]), n=83)
    assert "n is 83, but 85 are at risk at time 0: they differ by 2" in message


def test_fewer_patients_than_are_at_risk_later() -> None:
    assert "5 too many" in refused(NumbersAtRisk([6, 8], [45, 40]), n=40)


def test_more_events_than_patients() -> None:
    assert "by 4" in refused(NumbersAtRisk([0, 6], [40, 20]), events=44)


@pytest.mark.parametrize("n", [0, -3, 10.5, float("nan")])
def test_n_that_is_no_count(n: float) -> None:
    assert "arm's n" in refused(n=n)


@pytest.mark.parametrize("events", [-1, 2.5])
def test_events_that_are_no_count(events: float) -> None:
    assert "arm's events" in refused(n=10, events=events)


def test_nothing_known_of_the_number_of_patients() -> None:
    assert "number of patients is not known" in refused()


@pytest.mark.parametrize("n", [None, 20])
def test_nobody_at_risk_at_the_start(n: int | None) -> None:
    assert "obody is at risk at time 0" in refused(NumbersAtRisk([0, 6], [0, 0]), n=n)


def test_n_alone_is_enough_and_is_said_to_be_a_guess() -> None:
    facts = gather(CURVE, n=30)
    assert facts.ticks == ((0.0, 30),)
    assert facts.used == ("curve", "n")
    assert "guess" in facts.warnings[0]


def test_a_table_that_starts_late_with_n() -> None:
    facts = gather(CURVE, NumbersAtRisk([6, 12], [25, 6]), n=40)
    assert facts.ticks == ((0.0, 40), (6.0, 25), (12.0, 6))
    assert facts.warnings == ()


def test_a_table_that_starts_late_without_n_is_carried_back_by_the_curve() -> None:
    facts = gather(CURVE, NumbersAtRisk([6, 12], [35, 6]))
    assert facts.n == 50
    assert "50 patients" in facts.warnings[0]


def test_a_table_that_starts_late_where_the_curve_is_0() -> None:
    curve = Curve([0, 2, 6], [1.0, 0.0, 0.0])
    with pytest.raises(InputError, match="cannot be told"):
        gather(curve, NumbersAtRisk([4], [3]))


def test_a_tick_within_reading_error_of_the_end_is_the_end() -> None:
    facts = gather(CURVE, NumbersAtRisk([0, 12.1], [40, 5]))
    assert facts.ticks[-1] == (12.0, 5)
    assert facts.end_time == 12.1
    rebuilt = reconstruct(CURVE, NumbersAtRisk([0, 12.1], [40, 5]))
    assert rebuilt.evidence.risk_mismatch == 0


def test_a_table_that_runs_past_the_curve_is_said() -> None:
    rebuilt = reconstruct(CURVE, NumbersAtRisk([0, 6, 18, 24], [40, 25, 7, 2]))
    assert "7 at risk at 18 months" in rebuilt.warnings[0]
    censored_at_end = (rebuilt.patients.time == 12) & ~rebuilt.patients.event
    assert censored_at_end.sum() >= 7


def test_a_printed_0_is_met() -> None:
    rebuilt = reconstruct(CURVE, NumbersAtRisk([0, 6, 12], [40, 25, 0]))
    assert rebuilt.evidence.risk_mismatch == 0
    assert rebuilt.patients.time.max() < 12


def test_a_printed_0_that_the_curve_contradicts_is_said() -> None:
    rebuilt = reconstruct(CURVE, NumbersAtRisk([0, 6, 9], [40, 25, 0]))
    assert len(rebuilt.warnings) == 1
    assert "0 at risk at 9 months, but the curve goes on to fall until 12" in rebuilt.warnings[0]
    assert rebuilt.evidence.risk_mismatch > 0


def test_a_median_that_the_curve_contradicts_leaves_no_half_of_itself() -> None:
    limits = ((9.05, 0.5, 1.0), (9.15, 0.0, 0.5), (2.0, 0.79, 0.81))
    curve = Curve([0, 2, 4, 10, 12], [1.0, 0.8, 0.4, 0.3, 0.3])
    facts = without_contradictions(gather(curve, n=40, limits=limits), 0.01)
    assert facts.limits == ((2.0, 0.79, 0.81),)
    assert REPORTED in facts.used
    facts = without_contradictions(gather(curve, n=40, limits=limits[:2]), 0.01)
    assert facts.limits == ()
    assert REPORTED not in facts.used
    assert sum("contradict" in warning for warning in facts.warnings) == 1


def test_a_slip_of_the_pen_is_no_trial() -> None:
    curve = Curve([0, 2], [1.0, 0.8])
    with pytest.raises(InputError, match="from 1 to 1000000"):
        gather(curve, n=10**9)


def test_marks_behind_the_end_of_the_curve_are_named_and_left_out() -> None:
    facts = gather(CURVE, n=40, marks=[3, 12.05, 30, 31])
    assert facts.marks == (3.0, 12.0)
    assert "2 of 4 censoring marks lie after the curve's end at 12" in facts.warnings[0]
    assert not any("marks" in said for said in gather(CURVE, n=40, marks=[3, 12]).warnings)
    for mark in (-1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="no time from 0 up"):
            gather(CURVE, n=40, marks=[mark])


@pytest.mark.parametrize(
    ("factor", "doubted"), [(1, False), (3, False), (30.4, True), (0.03, True)]
)
def test_a_table_in_another_unit_than_the_curve_is_doubted(factor: float, doubted: bool) -> None:
    table = NumbersAtRisk([0, 4 * factor, 8 * factor], [50, 49, 3])
    said = [one for one in gather(CURVE, table).warnings if "are both in months?" in one]
    assert bool(said) == doubted


def test_a_table_in_its_own_unit_means_the_same() -> None:
    curve = Curve([0, 12, 36, 60], [1.0, 0.7, 0.4, 0.2])
    months, years = NumbersAtRisk([0, 24, 48], [80, 40, 10]), NumbersAtRisk([0, 2, 4], [80, 40, 10])
    assert gather(curve, replace(years, time_unit="years")).ticks == gather(curve, months).ticks
