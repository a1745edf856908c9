"""A drapery's curves peak at their effects and cross 0.05 at the limits of their intervals."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from perdure.plots.drapery import Drape, drapery_plot
from perdure.plots.effect_axis import EffectAxis

RATIO = EffectAxis("Odds ratio", "ratio", reference=0.0)


def test_curves_cross_where_intervals_end(drawn: list[Figure], tidy: Callable[[], None]) -> None:
    made = [Drape("A", 0.2, 0.1, 4.0), Drape("B", -0.1, 0.3, 1.0)]
    drapery_plot(made, RATIO, prediction=(-0.4, 0.7))
    curves = [line for line in drawn[0].axes[0].lines if np.asarray(line.get_xdata()).size > 9]
    assert len(curves) == len(made)
    for one, curve in zip(made, curves, strict=True):
        x, y = (np.asarray(part, dtype=float) for part in curve.get_data())
        assert x[np.argmax(y)] == pytest.approx(one.effect)
        assert y.max() == pytest.approx(0.0)
        right = x >= one.effect
        assert np.interp(-np.log10(0.05), -y[right], x[right]) == pytest.approx(
            one.effect + 1.959964 * one.se, rel=2e-3
        )
    tidy()


@pytest.mark.parametrize("number", [1, 60])
def test_any_number_of_effects(number: int, tidy: Callable[[], None]) -> None:
    made = [Drape(f"{place}", np.sin(place), 0.05 + place / 10) for place in range(number)]
    hypotheses = np.linspace(-1, 1, 21)
    pooled = (hypotheses.tolist(), np.exp(-40 * hypotheses**2).tolist())
    drapery_plot(made, RATIO, pooled=pooled, notes=["A sentence."])
    drapery_plot([Drape("same", 0.1, 1e-6)] * 2, EffectAxis("Difference"))
    tidy()


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="positive standard errors"):
        drapery_plot([Drape("A", 0.1, 0.0)], RATIO)
