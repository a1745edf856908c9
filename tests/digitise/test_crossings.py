"""Two lines that meet and part: which goes on where."""

from dataclasses import replace

import numpy as np
import pytest

from perdure.digitise.crossings import uncrossed
from perdure.digitise.found import FoundCurve
from perdure.figure.page import Colour, Pixels

DARK, LIGHT = (70, 70, 70), (98, 98, 98)
HEIGHT = 300.0


def _curve(steps: list[tuple[float, float]], colour: Colour, end: float = 560.0) -> FoundCurve:
    x, y = (np.array(values, dtype=np.float64) for values in zip(*steps, strict=True))
    return FoundCurve(x, y, end, colour, dashed=False, width=3.0, marks=np.array([]), certainty=1.0)


def _drawn(*curves: FoundCurve) -> Pixels:
    page = np.full((360, 600, 3), 255, np.uint8)
    for curve in curves:
        before = int(curve.y[0])
        for x, y, after in zip(curve.x, curve.y, [*curve.x[1:], curve.end], strict=True):
            page[before - 1 : int(y) + 2, int(x) - 1 : int(x) + 2] = curve.colour
            page[int(y) - 1 : int(y) + 2, int(x) : int(after)] = curve.colour
            before = int(y)
    return page


def _together(one: Colour, other: Colour) -> tuple[FoundCurve, FoundCurve]:
    """Return two lines: the upper falls to the other's row, along it, and below it."""
    upper = _curve([(20, 40), (200, 120), (300, 220)], one)
    lower = _curve([(20, 60), (100, 120)], other)
    return upper, lower


def test_ends_are_exchanged_where_the_colours_say_so() -> None:
    true = _together(DARK, LIGHT)
    page = _drawn(*true)
    upper = _curve([(20, 40), (200, 120)], DARK)
    lower = _curve([(20, 60), (100, 120), (300, 220)], LIGHT)
    found = uncrossed(page, (upper, lower), HEIGHT)
    for one, other in zip(found, true, strict=True):
        assert one.y[-1] == other.y[-1]
        assert not one.doubts


def test_ends_are_left_where_the_colours_say_so() -> None:
    true = _together(DARK, LIGHT)
    assert uncrossed(_drawn(*true), true, HEIGHT) == true


def test_after_a_stretch_together_lines_of_one_look_are_doubted() -> None:
    true = _together(DARK, DARK)
    found = uncrossed(_drawn(*true), true, HEIGHT)
    assert ["exchanged" in one.doubts[0] for one in found] == [True, True]


def test_lines_of_one_look_that_touch_at_one_fall_have_crossed() -> None:
    through = _curve([(20, 40), (300, 220)], DARK)
    level = _curve([(20, 60), (100, 120)], DARK)
    page = _drawn(through, level)
    touching = (
        _curve([(20, 40), (300, 120)], DARK),
        _curve([(20, 60), (100, 120), (300, 220)], DARK),
    )
    found = uncrossed(page, touching, HEIGHT)
    assert [one.y[-1] for one in found] == [220, 120]
    assert not any(one.doubts for one in found)
    again = uncrossed(page, (through, level), HEIGHT)
    assert [one.y[-1] for one in again] == [220, 120]


def test_marks_and_the_end_go_with_the_line() -> None:
    page = _drawn(*_together(DARK, LIGHT))
    upper = replace(_curve([(20, 40), (200, 120)], DARK, end=540), marks=np.array([400.0]))
    lower = _curve([(20, 60), (100, 120), (300, 220)], LIGHT)
    one, other = uncrossed(page, (upper, lower), HEIGHT)
    assert (one.end, other.end) == (560, 540)
    assert (one.marks.tolist(), other.marks.tolist()) == ([], [400.0])


def test_what_is_doubted_of_an_end_goes_with_it() -> None:
    page = _drawn(*_together(DARK, LIGHT))
    upper = _curve([(20, 40), (200, 120)], DARK)
    lower = _curve([(20, 60), (100, 120), (300, 220)], LIGHT)
    unsure = replace(lower, certainty=0.4, doubts=("hidden for 30% of its length",))
    for one in uncrossed(page, (upper, unsure), HEIGHT):
        assert (one.certainty, one.doubts) == (0.4, unsure.doubts)


@pytest.mark.parametrize("colour", [(200, 60, 40), (20, 60, 200)])
def test_lines_of_other_colours_are_not_doubted(colour: Colour) -> None:
    true = _together(DARK, colour)
    assert uncrossed(_drawn(*true), true, HEIGHT) == true
