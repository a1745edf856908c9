"""Placing and shortening never overlap and never overflow; thinning never invents a step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from perdure.plots.lettering import shorten, text_width
from perdure.plots.placing import Box, place_names
from perdure.plots.steps import steps_at, survival_steps, tail_steps
from perdure.records import Floats, Patients

times = st.floats(0.0, 100.0).map(lambda time: round(time, 3))


@given(st.text(max_size=60), st.floats(12, 200))
def test_a_shortened_text_fits(text: str, width: float) -> None:
    short = shorten(text, width, 7.0)
    assert text_width(short, 7.0) <= width + 1e-9
    assert short == text or short.endswith("…")


@st.composite
def falling_curves(draw: st.DrawFn) -> list[Floats]:
    """Two or three curves on a grid of 80 columns that fall from 100, some ending early."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        drops = draw(arrays(float, 80, elements=st.floats(0, 3)))
        curve = np.maximum(100 - np.cumsum(drops), 0.0)
        curve[draw(st.integers(5, 80)) :] = np.nan
        found.append(curve)
    return found


@settings(max_examples=60, deadline=None)
@given(falling_curves(), st.lists(st.floats(10, 120), min_size=3, max_size=3))
def test_a_name_touches_neither_a_curve_nor_another_name(
    curves: list[Floats], widths: list[float]
) -> None:
    grid = np.linspace(0, 222, 80)
    sizes = [(width, 7.0) for width in widths[: len(curves)]]
    guide = Box(0, 47, 222, 53)
    boxes = place_names(grid, curves, sizes, [guide], 118.0)
    placed = [guide, *(box for box in boxes if box is not None)]
    for place, one in enumerate(placed):
        for other in placed[place + 1 :]:
            apart = one.right <= other.left or other.right <= one.left
            assert apart or one.top <= other.bottom or other.top <= one.bottom
    for box in placed[1:]:
        inside = (grid >= box.left) & (grid <= box.right)
        for curve in curves:
            values = curve[inside][~np.isnan(curve[inside])]
            assert not values.size or values.min() >= box.top or values.max() <= box.bottom


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(times, st.booleans()), min_size=1, max_size=40), st.floats(1e-6, 5))
def test_thinned_steps_are_the_curve_at_the_times_that_are_kept(
    data: list[tuple[float, bool]], finest: float
) -> None:
    patients = Patients([time for time, _ in data], [event for _, event in data])
    time, survival = survival_steps(patients, finest)
    assert time[0] == 0
    assert time[-1] == patients.time.max()
    assert (np.diff(time) >= 0).all()
    assert (np.diff(survival) <= 0).all()
    for at, value in zip(time[1:], survival[1:], strict=True):
        assert value == pytest.approx(product_limit_by_hand(patients, at), abs=1e-12)


def product_limit_by_hand(patients: Patients, at: float) -> float:
    """Kaplan and Meier's product, patient by patient."""
    survival = 1.0
    for time in np.unique(patients.time[patients.event]):
        if time <= at:
            events = int((patients.event & (patients.time == time)).sum())
            survival *= 1 - events / int((patients.time >= time).sum())
    return survival


@given(times, st.floats(0.1, 99))
def test_a_tail_starts_at_its_threshold_and_follows_the_curve(
    last: float, threshold: float
) -> None:
    time = np.array([0.0, last / 3, last / 2, last])
    survival = np.array([1.0, 0.7, 0.4, 0.4])
    tail, height = tail_steps(time, survival, threshold)
    if threshold >= last:
        assert tail.size == 0
    else:
        assert tail[0] == threshold
        assert (height == steps_at(time, survival, tail)).all()
