"""Curves that an answer hangs on: drawn where they are, with their limits and their tips."""

import math
from collections.abc import Callable
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from perdure.plots.effect_axis import EffectAxis
from perdure.plots.likelihood import (
    PatternMixtureCurve,
    ProfileCurve,
    pattern_mixture_plot,
    profile_likelihood_plot,
)

SVG = "{http://www.w3.org/2000/svg}"
VALUES = tuple(place / 50 for place in range(60))
HEIGHTS = tuple(-10 - 8 * (value - 0.2) ** 2 for value in VALUES)


def texts(page: bytes) -> list[str]:
    return [element.text or "" for element in ET.fromstring(page).iter(f"{SVG}text")]


def curves(figure: Figure) -> list[tuple[list[float], list[float]]]:
    return [
        (np.asarray(line.get_xdata()).tolist(), np.asarray(line.get_ydata()).tolist())
        for line in figure.axes[0].lines
    ]


def test_a_profile_has_its_maximum_and_its_limits(
    drawn: list[Figure], tidy: Callable[[], None]
) -> None:
    curve = ProfileCurve("τ²", VALUES, HEIGHTS, 0.2, None, 0.69)
    said = texts(profile_likelihood_plot(curve))
    assert "τ²: 0.200, 95% interval none to 0.690." in said
    found = curves(drawn[0])
    assert (list(VALUES), list(HEIGHTS)) in found
    assert ([0.2], [-10.0]) in found
    assert any(ys == pytest.approx([-10 - 1.92072941] * 2) for _, ys in found if len(ys) == 2)
    back = drawn[0].axes[0].transData.inverted()
    shaded = drawn[0].axes[0].patches[0].get_extents().transformed(back)
    assert (shaded.x0, shaded.x1) == pytest.approx((0.0, 0.69))
    tidy()


@pytest.mark.parametrize(
    "heights",
    [(-3.0, -3.0, -3.0), (-3.0, -1e9, -4.0), (-math.inf, -3.0, -5.0), (-3.0, -3.0001, -3.0)],
)
def test_flat_and_steep_profiles(heights: tuple[float, ...], tidy: Callable[[], None]) -> None:
    profile_likelihood_plot(ProfileCurve("σ²", (0.0, 0.5, 1.0), heights, 0.5, None, None))
    tidy()


def test_a_pattern_mixture_tips(drawn: list[Figure], tidy: Callable[[], None]) -> None:
    q = tuple(place / 20 for place in range(21))
    estimate = tuple(one - 0.2 for one in q)
    low, high = (tuple(one + side for one in estimate) for side in (-0.3, 0.3))
    curve = PatternMixtureCurve(q, estimate, low, high, 0.4, (0.5, 0.9))
    axis = EffectAxis("Odds ratio", "ratio", reference=0.0)
    said = texts(pattern_mixture_plot(curve, axis, notes=["A sentence."]))
    assert "tips at q = 0.50" in said
    assert "tips at q = 0.90" in said
    found = curves(drawn[0])
    assert (list(q), list(estimate)) in found
    assert any(xs == [0.5, 0.5] for xs, _ in found)
    assert ([0, 1], [0.4, 0.4]) in found
    bottom, top = drawn[0].axes[0].get_ylim()
    assert bottom < min(low)
    assert top > max(high)
    tidy()


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="two points"):
        profile_likelihood_plot(ProfileCurve("τ²", (0.1,), (-3.0,), 0.1, None, None))
    with pytest.raises(ValueError, match="two values of q"):
        pattern_mixture_plot(
            PatternMixtureCurve((0.0, 1.0), (0.1, 0.2), (0.0,), (0.3, 0.4)), EffectAxis("")
        )
