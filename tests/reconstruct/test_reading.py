"""How a curve was read: rows of pixels, strays, digits, reported values, contradictions."""

import numpy as np
import pytest

from perdure.errors import InputError
from perdure.reconstruct import curve_from_points, gather, numbers_at_risk_from_table
from perdure.reconstruct.contradiction import without_contradictions
from perdure.reconstruct.reading import reading_of
from perdure.reconstruct.reported import limits_of, rounded
from perdure.reconstruct.rows import row_spacing, spikes, written_to
from perdure.records import Curve


def traced(rows: int, columns: int = 500, jitter: float = 0.0, seed: int = 0) -> Curve:
    random = np.random.default_rng(seed)
    time = np.linspace(0, 30, columns)
    row = np.round(np.exp(-time / 12) * rows)
    if jitter:
        row += random.choice([-1, 0, 1], size=columns, p=[jitter, 1 - 2 * jitter, jitter])
    curve, _ = curve_from_points(time, np.round(np.clip(row, 0, rows) / rows, 4))
    return curve


@pytest.mark.parametrize("rows", [233, 349, 599])
@pytest.mark.parametrize("jitter", [0.0, 0.2])
def test_rows_of_pixels_are_found(rows: int, jitter: float) -> None:
    curve = traced(rows, jitter=jitter)
    spacing = row_spacing(curve.read)
    assert spacing is not None
    assert 1 / spacing == pytest.approx(rows, rel=0.01)
    reading = reading_of(curve)
    assert reading.kind == "columns"
    assert reading.half_width == pytest.approx(0.5 / rows, rel=0.01)
    assert len(reading.strays) == (2 if jitter else 1)


@pytest.mark.parametrize("rows", [233, 599])
def test_the_digits_of_the_file_are_taken_off_the_rows(rows: int) -> None:
    curve = traced(rows)
    reading = reading_of(curve)
    exact = np.round(curve.read * rows) / rows
    assert np.abs(curve.read - exact).max() > 4e-5  # four digits were written
    np.testing.assert_allclose(reading.on_rows(curve.read), exact, atol=4e-6)


def test_rows_that_a_resolution_means_are_found_too() -> None:
    random = np.random.default_rng(0)
    heights = np.round(np.sort(random.random(400))[::-1] * 349) / 349
    time = np.arange(400.0)
    for resolution, on_rows in ((0.5 / 349, True), (0.004, False)):
        curve, _ = curve_from_points(time, np.round(heights, 4), resolution=resolution)
        assert (reading_of(curve).rows is not None) is on_rows
        assert reading_of(curve).half_width == pytest.approx(resolution, rel=1e-3)


def test_values_on_no_rows_have_none() -> None:
    random = np.random.default_rng(4)
    assert row_spacing(np.sort(random.random(400))) is None


@pytest.mark.parametrize("digits", [2, 3, 4])
def test_digits_are_counted(digits: int) -> None:
    values = np.round(np.random.default_rng(1).random(100), digits)
    assert written_to(values) == pytest.approx(0.5 * 10.0**-digits)


def test_spikes_stand_out_of_a_falling_curve() -> None:
    values = np.linspace(1, 0.2, 200)
    values[[40, 41, 120]] += [0.15, 0.15, -0.12]
    assert np.flatnonzero(spikes(values)).tolist() == [40, 41, 120]
    falling = np.linspace(1, 0.2, 200)
    falling[100:] -= 0.15  # a real drop
    assert not spikes(falling).any()


def test_what_the_user_says_of_the_reading_error_holds() -> None:
    curve, _ = curve_from_points([0, 2, 5, 9], [1, 0.8, 0.5, 0.3], resolution=0.003)
    assert reading_of(curve).half_width == 0.003
    assert reading_of(curve).stated


def test_few_uneven_points_are_clicks() -> None:
    curve, _ = curve_from_points([0, 2.1, 5.4, 9.3], [1, 0.8, 0.52, 0.3])
    assert reading_of(curve).kind == "clicks"


@pytest.mark.parametrize(
    ("printed", "low", "high"),
    [
        ("6.5", 6.45, 6.55),
        ("6.50", 6.495, 6.505),
        (6.5, 6.45, 6.55),
        (7.0, 6.5, 7.5),
        ("0", 0, 0.5),
    ],
)
def test_a_reported_value_is_as_wide_as_its_last_digit(
    printed: str | float, low: float, high: float
) -> None:
    found = rounded(printed)
    assert max(found.low, 0) == pytest.approx(low)
    assert found.high == pytest.approx(high)


def test_a_value_in_another_unit_is_known_no_better() -> None:
    found = rounded("26").scaled(12 / 52)
    assert (found.low, found.high) == pytest.approx((25.5 * 12 / 52, 26.5 * 12 / 52))


@pytest.mark.parametrize("printed", ["about 6", "", "nan", "inf", "-3"])
def test_no_number_is_refused(printed: str) -> None:
    with pytest.raises(InputError):
        rounded(printed)


def test_a_median_is_two_limits() -> None:
    assert limits_of(rounded("6.5"), [], 20) == ((6.45, 0.5, 1.0), (6.55, 0.0, 0.5))
    assert limits_of(None, [(25.0, rounded("0.3"))], 20) == ()


def test_a_misprinted_number_at_risk_is_found_and_named() -> None:
    curve = traced(349)
    honest = [round(200 * float(np.exp(-t / 12)) * (1 - t / 60)) for t in (0, 6, 12, 18, 24)]
    for at, wrong in ((2, honest[2] + 40), (3, honest[3] + 25)):
        numbers = list(honest)
        numbers[at] = wrong
        if wrong > numbers[at - 1]:
            continue
        table, _ = numbers_at_risk_from_table([0, 6, 12, 18, 24], numbers)
        found = without_contradictions(gather(curve, table), 0.005)
        left = {time for time, _ in found.ticks}
        assert len(left) == 4
        assert "contradict" in found.warnings[-1]
        assert str(wrong) in found.warnings[-1]
    table, _ = numbers_at_risk_from_table([0, 6, 12, 18, 24], honest)
    assert len(without_contradictions(gather(curve, table), 0.005).ticks) == 5


def test_a_number_printed_in_a_gap_of_the_curve_is_no_misprint() -> None:
    time = np.linspace(0, 30, 300)
    survival = np.exp(-time / 12)
    seen = (time < 9.5) | (time > 13)  # survival falls from 0.45 to 0.34 unseen
    curve, _ = curve_from_points(time[seen], np.round(survival[seen], 4))
    table, _ = numbers_at_risk_from_table([0, 6, 12, 18], [300, 182, 110, 67])
    facts = gather(curve, table)
    assert without_contradictions(facts, 0.003).ticks == facts.ticks
