"""Curves that were drawn with known steps are followed, whatever lies on and beside them."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from perdure.digitise.found import Axes, Axis, FoundCurve
from perdure.digitise.trace import trace_curves
from perdure.figure.page import Pixels
from perdure.records import Floats

LEFT, TOP, RIGHT, BOTTOM = 80, 40, 920, 540
"""Of a plot of 36 months, in an image of 1000 x 640."""


def axes() -> Axes:
    x_step, y_step = 36 / (RIGHT - LEFT), 1 / (TOP - BOTTOM)
    x = Axis(-LEFT * x_step, x_step, 0, 36, (0.0, 12.0, 24.0, 36.0), 0.0, 1.0)
    y = Axis(1 - TOP * y_step, y_step, 0, 1, (0.0, 0.5, 1.0), 0.0, 1.0)
    return Axes(x, y, LEFT + 1, TOP - 12, RIGHT + 10, BOTTOM - 1, "months", percent=False)


def paper(colour: tuple[int, int, int] = (255, 255, 255)) -> Pixels:
    image = np.full((640, 1000, 3), colour, np.uint8)
    cv2.line(image, (LEFT, TOP - 14), (LEFT, BOTTOM), (0, 0, 0), 2)
    cv2.line(image, (LEFT, BOTTOM), (RIGHT + 10, BOTTOM), (0, 0, 0), 2)
    return image


def arm(seed: int, scale: float, n: int = 120, end: float = 33.0) -> tuple[Floats, Floats]:
    """Return the steps of an exponential arm without censoring until its end."""
    times = np.sort(np.random.default_rng(seed).exponential(scale, n))
    times = times[times < end]
    return np.concatenate([[0.0], times]), 1 - np.arange(times.size + 1) / n


def draw(
    image: Pixels,
    steps: tuple[Floats, Floats],
    colour: tuple[int, int, int],
    *,
    width: int = 3,
    dash: int = 0,
    end: float = 33.0,
) -> None:
    """Draw a staircase, anti-aliased, in dashes of so many pixels."""
    time, survival = steps
    x = LEFT + np.append(np.repeat(time, 2)[1:], end) / 36 * (RIGHT - LEFT)
    y = TOP + (1 - np.repeat(survival, 2)) * (BOTTOM - TOP)
    points = np.column_stack([x, y])
    if not dash:
        pieces = [points]
    else:
        lengths = np.concatenate([[0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
        pieces = []
        for start in np.arange(0, lengths[-1], 2 * dash):
            at = np.linspace(start, min(start + dash, lengths[-1]), dash + 1)
            pieces.append(np.column_stack([np.interp(at, lengths, points[:, k]) for k in range(2)]))
    for piece in pieces:
        way = np.round(piece * 16).astype(np.int32)
        cv2.polylines(
            image,
            [way],
            isClosed=False,
            color=colour,
            thickness=width,
            lineType=cv2.LINE_AA,
            shift=4,
        )


def error(curve: FoundCurve, steps: tuple[Floats, Floats], end: float = 33.0) -> float:
    """Return the mean distance in survival from the truth on 200 times."""
    frame = axes()
    grid = np.linspace(0, end, 200)
    read = np.concatenate([[1.0], np.asarray(frame.y.value(curve.y))])
    at = np.searchsorted(np.asarray(frame.x.value(curve.x)), grid, side="right")
    true = steps[1][np.searchsorted(steps[0], grid, side="right") - 1]
    return float(np.abs(read[at] - true).mean())


def best_errors(curves: Sequence[FoundCurve], arms: Sequence[tuple[Floats, Floats]]) -> list[float]:
    return [min(error(curve, steps) for curve in curves) for steps in arms]


@pytest.mark.parametrize("width", [1, 2, 3, 6])
@pytest.mark.parametrize("seed", [1, 2])
def test_two_colours_are_followed(seed: int, width: int) -> None:
    image, arms = paper(), [arm(seed, 20), arm(seed + 10, 9)]
    draw(image, arms[0], (0, 114, 181), width=width)
    draw(image, arms[1], (188, 60, 41), width=width)
    curves = trace_curves(image, axes())
    assert len(curves) == 2
    assert max(best_errors(curves, arms)) < 0.004
    # the end of a line is drawn round, half its width further
    assert all(abs(float(axes().x.value(one.end)) - 33) < 0.3 for one in curves)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_thin_line_beside_a_thick_one_of_its_colour_keeps_its_end(seed: int) -> None:
    image, arms = paper(), [arm(seed, 25), arm(seed + 10, 12)]
    draw(image, arms[0], (0, 0, 0), width=5)
    draw(image, arms[1], (0, 0, 0), width=1)
    curves = trace_curves(image, axes())
    assert len(curves) == 2
    assert max(best_errors(curves, arms)) < 0.008
    assert all(abs(float(axes().x.value(one.end)) - 33) < 0.4 for one in curves)


def test_a_line_that_goes_on_after_an_end_is_doubted() -> None:
    image = paper()
    draw(image, arm(1, 20), (0, 114, 181))
    (whole,) = trace_curves(image, axes())
    assert not whole.doubts
    # an inset hides the middle of the fall, and has its own frame
    image[180:420, 350:640] = 255
    cv2.rectangle(image, (350, 180), (640, 420), (0, 0, 0), 2)
    found = trace_curves(image, axes())
    assert all(one.doubts for one in found)


def test_crossing_curves_keep_their_colours() -> None:
    image = paper()
    arms = [arm(3, 14), (np.array([0.0, 9.0, 10.0, 11.0]), np.array([1.0, 0.7, 0.45, 0.25]))]
    draw(image, arms[0], (0, 70, 139))
    draw(image, arms[1], (237, 0, 0))
    curves = trace_curves(image, axes())
    assert len(curves) == 2
    assert max(best_errors(curves, arms)) < 0.004


@pytest.mark.parametrize("colour", [(0, 0, 0), (27, 63, 139), (120, 120, 120)])
def test_dashes_tell_arms_of_one_colour(colour: tuple[int, int, int]) -> None:
    image, arms = paper(), [arm(4, 25), arm(5, 9)]
    draw(image, arms[0], colour)
    draw(image, arms[1], colour, dash=9)
    curves = trace_curves(image, axes())
    assert sorted(one.dashed for one in curves) == [False, True]
    assert max(best_errors(curves, arms)) < 0.008


def test_bands_grids_guides_and_tints_are_no_curves() -> None:
    image, steps = paper((234, 242, 243)), arm(6, 15)
    for value in (0.25, 0.5, 0.75, 1.0):
        y = int(TOP + (1 - value) * (BOTTOM - TOP))
        cv2.line(image, (LEFT, y), (RIGHT + 10, y), (212, 226, 229), 1)
    band = image.copy()
    for shift in np.linspace(-0.07, 0.07, 60):
        draw(band, (steps[0], np.clip(steps[1] + shift * (1 - steps[1]), 0, 1)), (150, 60, 60))
    image = cv2.addWeighted(band, 0.25, image, 0.75, 0).astype(np.uint8)
    draw(image, steps, (144, 53, 59))
    half = int(TOP + 0.5 * (BOTTOM - TOP))
    for x in range(LEFT, LEFT + 240, 10):
        cv2.line(image, (x, half), (x + 5, half), (70, 70, 70), 1)
    (curve,) = trace_curves(image, axes())
    assert error(curve, steps) < 0.004


def limits_of(steps: tuple[Floats, Floats]) -> list[tuple[Floats, Floats]]:
    """Return steps above and below an arm, one line's width from it at first."""
    time, survival = steps
    half = np.minimum(0.12, 0.02 + time / 40)
    return [
        (time, np.clip(np.minimum.accumulate(survival + sign * half), 0, 1)) for sign in (1, -1)
    ]


def test_dashed_limits_of_one_black_curve_are_no_arms() -> None:
    image, one = paper(), arm(3, 9.0, 60)
    draw(image, one, (0, 0, 0))
    for limit in limits_of(one):
        draw(image, limit, (0, 0, 0), dash=12, width=2)
    found = trace_curves(image, axes())
    assert len(found) == 1
    assert error(found[0], one) < 0.005


def test_two_dashed_arms_are_kept_where_names_say_so() -> None:
    image, one = paper(), arm(3, 9.0, 60)
    draw(image, one, (0, 0, 0))
    for limit in limits_of(one):
        draw(image, limit, (0, 0, 0), dash=12, width=2)
    assert len(trace_curves(image, axes(), names=3)) == 3


def test_a_line_under_its_band_is_not_the_edge_of_grey_letters() -> None:
    image, one, two = paper(), arm(5, 12.0), arm(6, 24.0)
    for steps, colour in ((one, (31, 119, 180)), (two, (255, 127, 14))):
        upper, lower = limits_of(steps)
        tint = tuple(int(0.8 * 255 + 0.2 * part) for part in colour)
        x = LEFT + np.append(np.repeat(upper[0], 2)[1:], 33.0) / 36 * (RIGHT - LEFT)
        rows = [TOP + (1 - np.repeat(one_of[1], 2)) * (BOTTOM - TOP) for one_of in (upper, lower)]
        outline = np.concatenate(
            [np.column_stack([x, rows[0]]), np.column_stack([x, rows[1]])[::-1]]
        )
        cv2.fillPoly(image, [np.round(outline).astype(np.int32)], tint)
    draw(image, one, (45, 128, 185), width=2)
    draw(image, two, (255, 140, 34), width=2)
    cv2.putText(image, "hazard ratio 0.7", (150, 500), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (89,) * 3)
    found = trace_curves(image, axes(), [(140, 480, 340, 510)])
    assert len(found) == 2
    assert max(best_errors(found, [one, two])) < 0.005


@pytest.mark.parametrize("falls", [True, False])
def test_the_last_fall_to_zero_is_followed_and_a_mark_is_none(falls: bool) -> None:
    image, one = paper(), arm(7, 20.0, 40)
    draw(image, one, (200, 0, 0))
    end = LEFT + round(33.0 / 36 * (RIGHT - LEFT))
    row = round(TOP + (1 - one[1][-1]) * (BOTTOM - TOP))
    cv2.line(image, (end, row), (end, BOTTOM if falls else row + 9), (200, 0, 0), 3)
    if not falls:
        cv2.line(image, (end, row - 9), (end, row), (200, 0, 0), 3)
    (found,) = trace_curves(image, axes())
    last = float(axes().y.value(found.y[-1]))
    assert last == pytest.approx(0.0 if falls else one[1][-1], abs=0.01)


def test_text_and_the_samples_of_a_legend_are_no_curves() -> None:
    image, steps = paper(), arm(7, 12)
    draw(image, steps, (0, 0, 0))
    cv2.putText(image, "Hazard ratio 0.67", (120, 500), 0, 0.8, (0, 0, 0), 2, cv2.LINE_AA)
    cv2.line(image, (600, 60), (660, 60), (0, 0, 0), 3)
    boxes = [(115.0, 475.0, 400.0, 510.0), (595.0, 55.0, 665.0, 65.0)]
    (curve,) = trace_curves(image, axes(), boxes)
    assert error(curve, steps) < 0.004


def test_what_is_no_survival_curve_is_not_found() -> None:
    image = paper()
    cv2.line(image, (LEFT + 40, 300), (RIGHT, 300), (200, 0, 0), 3)  # a threshold
    cv2.line(image, (LEFT, BOTTOM - 20), (RIGHT, TOP + 20), (0, 0, 200), 3)  # it rises
    assert trace_curves(image, axes()) == ()
    assert trace_curves(paper(), axes()) == ()


def test_noise_and_blur_of_a_scan_cost_little() -> None:
    image, arms = paper(), [arm(8, 20), arm(9, 8)]
    draw(image, arms[0], (0, 0, 0))
    draw(image, arms[1], (110, 110, 110), dash=10)
    blurred = cv2.GaussianBlur(image, (0, 0), 0.9).astype(np.float64)
    noisy = blurred + np.random.default_rng(1).normal(0, 4, image.shape)
    curves = trace_curves(np.clip(noisy, 0, 255).astype(np.uint8), axes())
    assert len(curves) == 2
    assert max(best_errors(curves, arms)) < 0.008


def test_marks_are_found_where_they_are() -> None:
    image = paper()
    steps = (np.array([0.0, 6.0, 15.0]), np.array([1.0, 0.8, 0.5]))
    draw(image, steps, (200, 30, 30))
    times = [3.0, 9.0, 12.0, 20.0, 26.0]
    for time in times:
        height = steps[1][np.searchsorted(steps[0], time, side="right") - 1]
        x = int(LEFT + time / 36 * (RIGHT - LEFT))
        y = int(TOP + (1 - height) * (BOTTOM - TOP))
        cv2.line(image, (x, y - 7), (x, y + 7), (200, 30, 30), 2)
    (curve,) = trace_curves(image, axes())
    assert np.allclose(np.asarray(axes().x.value(curve.marks)), times, atol=0.1)
    assert error(curve, steps) < 0.003


def test_the_same_picture_gives_the_same_curve() -> None:
    image = paper()
    draw(image, arm(11, 12), (0, 90, 160))
    first, second = trace_curves(image, axes()), trace_curves(image, axes())
    assert np.array_equal(first[0].x, second[0].x)
    assert np.array_equal(first[0].y, second[0].y)
