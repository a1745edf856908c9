"""Raw points and tables: what is read, what is repaired and said, what is refused by row."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression

from perdure.errors import InputError, Problem
from perdure.reconstruct import curve_from_points, isotonic, numbers_at_risk_from_table
from perdure.records import Floats


def refused(time: ArrayLike, survival: ArrayLike, **options: Any) -> tuple[Problem, ...]:
    """Return the problems of points that are refused."""
    with pytest.raises(InputError) as caught:
        curve_from_points(time, survival, **options)
    return caught.value.problems


def table_refused(time: ArrayLike, n: ArrayLike, **options: Any) -> tuple[Problem, ...]:
    """Return the problems of a table that is refused."""
    with pytest.raises(InputError) as caught:
        numbers_at_risk_from_table(time, n, **options)
    return caught.value.problems


class TestPointsAsTheyAre:
    def test_a_clean_curve_is_taken_without_a_word(self) -> None:
        curve, notices = curve_from_points(
            [0, 2, 5], [1, 0.8, 0.3], time_unit="weeks", resolution=0.001
        )
        assert notices == ()
        assert curve.time_unit == "weeks"
        assert curve.resolution == 0.001
        assert curve.survival.tolist() == [1, 0.8, 0.3]

    def test_a_repeated_time_is_a_vertical_step(self) -> None:
        curve, notices = curve_from_points([0, 2, 2, 5], [1, 1, 0.6, 0.6])
        assert notices == ()
        assert curve.at(1.99) == 1
        assert curve.at(2) == 0.6

    def test_a_step_clicked_from_below_is_read_from_the_top(self) -> None:
        curve, notices = curve_from_points([0, 2, 2, 5], [1, 0.6, 0.9, 0.5])
        assert curve.survival.tolist() == [1, 0.9, 0.6, 0.5]
        assert "vertical step" in notices[0]

    def test_a_curve_that_starts_after_0_gets_its_first_point(self) -> None:
        curve, notices = curve_from_points([0.5, 2], [1, 0.8])
        assert (curve.time[0], curve.survival[0]) == (0, 1)
        assert notices == ()

    def test_a_start_that_was_not_digitised_is_said(self) -> None:
        curve, notices = curve_from_points([3, 6], [0.8, 0.5])
        assert curve.at(2.9) == 1
        assert "(3, 0.8)" in notices[0]

    def test_the_first_point_is_1_but_for_a_reading_error(self) -> None:
        curve, _ = curve_from_points([0, 1, 2], [0.994, 0.994, 0.5])
        assert curve.survival.tolist() == [1, 0.994, 0.5]


class TestRepairs:
    def test_per_cent_is_read_and_said(self) -> None:
        curve, notices = curve_from_points([0, 2, 5], [100, 80, 30.5])
        np.testing.assert_allclose(curve.survival, [1, 0.8, 0.305])
        assert "per cent" in notices[0]

    def test_per_cent_that_is_told_is_not_said(self) -> None:
        _, notices = curve_from_points([0, 2, 5], [100, 80, 30], percent=True)
        assert notices == ()

    def test_overshoot_by_rounding_is_clipped_and_said(self) -> None:
        curve, notices = curve_from_points([0, 2, 5], [1.005, 0.8, -0.004])
        assert curve.survival.tolist() == [1, 0.8, 0]
        assert "2 points are outside 0 to 1" in notices[0]

    def test_overshoot_in_per_cent(self) -> None:
        curve, _ = curve_from_points([0, 2], [100.5, 60])
        assert curve.survival[0] == 1

    def test_a_time_just_before_0_is_0_and_said(self) -> None:
        curve, notices = curve_from_points([-0.01, 2, 5], [1, 0.8, 0.3])
        assert curve.time[0] == 0
        assert "just before 0" in notices[0]

    def test_a_small_rise_is_made_monotone_by_least_squares_and_said(self) -> None:
        curve, notices = curve_from_points([0, 1, 2, 3], [1, 0.70, 0.71, 0.5])
        np.testing.assert_allclose(curve.survival, [1, 0.705, 0.705, 0.5])
        assert "1 of 4 points rises" in notices[0]
        assert "0.010" in notices[0]

    def test_a_rise_of_exactly_two_hundredths_is_still_repaired(self) -> None:
        curve, _ = curve_from_points([0, 1, 2], [1, 0.70, 0.72])
        np.testing.assert_allclose(curve.survival[1:], 0.71)


class TestRefusals:
    def test_larger_rises_are_refused_each_with_its_row(self) -> None:
        problems = refused(
            [0, 1, 2, 3, 4, 5],
            [1, 0.6, 0.7, 0.6, 0.55, 0.58],
            rows=range(2, 8),
            file="curves/A.PFS.x.csv",
        )
        assert [problem.row for problem in problems] == [4, 7]
        assert {problem.file for problem in problems} == {"curves/A.PFS.x.csv"}
        assert "survival rises from 0.6 (row 3)" in problems[0].message
        assert problems[0].value == "0.7"

    def test_values_and_rows_are_named_as_the_file_has_them(self) -> None:
        problems = refused([0, 2, 2, 4, 5], [100, 60, 90, 50, 58], rows=[2, 3, 4, 5, 6])
        assert str(problems[0]).startswith("row 6, column survival: survival rises from 50 (row 5)")
        assert problems[0].value == "58"

    def test_a_rise_in_small_steps_is_a_rise_all_the_same(self) -> None:
        problems = refused([0, 1, 2, 3, 4], [1, 0.5, 0.515, 0.53, 0.545])
        assert len(problems) == 1
        assert "point 5" in problems[0].message

    def test_a_slow_upward_drift_that_zigzags_is_refused(self) -> None:
        rising = np.repeat(0.5 + 0.01 * np.arange(12), 2)
        rising[1::2] -= 0.002
        assert refused(np.arange(25.0), np.concatenate(([1.0], rising)))

    def test_every_time_out_of_order_is_named(self) -> None:
        problems = refused([0, 3, 2, 5, 4], [1, 0.9, 0.8, 0.7, 0.6], rows=range(2, 7))
        assert [problem.row for problem in problems] == [4, 6]
        assert {problem.column for problem in problems} == {"time"}

    def test_missing_numbers_are_named_in_both_columns(self) -> None:
        problems = refused([0, np.nan, 2], [1, 0.9, np.nan], rows=[2, 3, 4])
        assert [(p.row, p.column) for p in problems] == [(3, "time"), (4, "survival")]

    @pytest.mark.parametrize("survival", [[1, 0.8, -0.2], [1.02, 0.8, 0.5], [101, 80, 50]])
    def test_survival_out_of_range(self, survival: ArrayLike) -> None:
        assert "outside" in refused([0, 1, 2], survival)[0].message

    def test_a_value_above_1_is_refused_when_it_is_said_to_be_a_proportion(self) -> None:
        assert len(refused([0, 1, 2], [100, 80, 60], percent=False)) == 3

    def test_per_cent_that_cannot_be(self) -> None:
        assert "per cent" in refused([0, 1], [1.0, 0.8], percent=True)[0].message

    def test_cumulative_incidence_is_recognised(self) -> None:
        problems = refused([0, 1, 2, 3], [0, 0.1, 0.3, 0.4])
        assert len(problems) == 1
        assert "cumulative incidence" in problems[0].message

    @pytest.mark.parametrize(
        ("time", "survival"), [([], []), ([0], [1]), ([0, 1], [1]), ([0, 0], [1, 0.5])]
    )
    def test_too_little_to_be_a_curve(self, time: ArrayLike, survival: ArrayLike) -> None:
        assert refused(time, survival)

    def test_negative_times(self) -> None:
        assert "negative" in refused([-2, 1, 3], [1, 0.9, 0.8])[0].message

    @pytest.mark.parametrize("resolution", [0, -0.1, 0.5, np.nan])
    def test_a_resolution_that_is_none(self, resolution: float) -> None:
        assert "resolution" in refused([0, 1], [1, 0.5], resolution=resolution)[0].message


class TestIsotonic:
    def test_against_scipy(self) -> None:
        values = np.random.default_rng(5).normal(size=400).cumsum() * -0.05
        expected = isotonic_regression(values, increasing=False).x
        np.testing.assert_allclose(isotonic(values), expected, atol=1e-12)

    @given(arrays(float, st.integers(1, 40), elements=st.floats(0, 1)))
    def test_falls_keeps_the_mean_and_leaves_a_falling_sequence_alone(self, values: Floats) -> None:
        found = isotonic(values)
        assert (np.diff(found) <= 1e-12).all()
        assert found.mean() == pytest.approx(values.mean(), abs=1e-9)
        np.testing.assert_allclose(isotonic(found), found, atol=1e-12)


@given(
    st.lists(
        st.tuples(st.floats(-1, 120), st.floats(-0.2, 1.2) | st.just(float("nan"))), max_size=30
    )
)
def test_points_become_a_curve_or_an_input_error(points: list[tuple[float, float]]) -> None:
    time = [point[0] for point in points]
    survival = [point[1] for point in points]
    try:
        curve, _ = curve_from_points(time, survival)
    except InputError:
        return
    assert curve.survival[0] == 1
    assert (np.diff(curve.survival) <= 0).all()


class TestTable:
    def test_a_falling_table_is_taken_without_a_word(self) -> None:
        numbers, notices = numbers_at_risk_from_table([0, 6, 12], [90, 40, 0])
        assert notices == ()
        assert numbers.n.tolist() == [90, 40, 0]

    def test_one_rise_is_named_and_left_out(self) -> None:
        numbers, notices = numbers_at_risk_from_table(
            [0, 6, 12, 18], [90, 55, 58, 20], rows=range(2, 6)
        )
        assert numbers.time.tolist() == [0, 6, 18]
        assert len(notices) == 1
        assert "58 (row 4) was left out" in notices[0]

    def test_the_number_before_is_left_out_where_only_that_mends_the_table(self) -> None:
        numbers, notices = numbers_at_risk_from_table([0, 6, 12, 18, 24], [100, 55, 5, 40, 30])
        assert numbers.n.tolist() == [100, 55, 40, 30]
        assert "5 (table row 3) was left out" in notices[0]

    def test_two_rises_are_refused_as_delayed_entry(self) -> None:
        problems = table_refused(
            [0, 6, 12, 18, 24], [50, 60, 40, 45, 20], rows=range(2, 7), file="risk/A.OS.csv"
        )
        assert [problem.row for problem in problems] == [3, 5]
        assert "delayed entry" in problems[0].message

    def test_one_rise_that_no_misprint_explains_is_refused(self) -> None:
        assert "delayed entry" in table_refused([0, 6, 12, 18], [50, 40, 70, 60])[0].message

    @pytest.mark.parametrize(
        ("time", "n", "word"),
        [
            ([0, 6], [50, 40.5], "whole"),
            ([0, 6], [50, -1], "negative"),
            ([0, 6, 6], [50, 40, 30], "repeated"),
            ([0, 6, 3], [50, 40, 30], "order"),
            ([-1, 6], [50, 40], "negative"),
            ([0, 6], [50, np.nan], "missing"),
            ([0, np.inf], [50, 40], "missing"),
            ([], [], "needed"),
            ([0, 6], [50], "needed"),
        ],
    )
    def test_what_is_no_table(self, time: ArrayLike, n: ArrayLike, word: str) -> None:
        assert word in table_refused(time, n, column="A")[0].message
