import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.errors import InputError
from perdure.pool import back_transform, logit_effect, published_effect

NORMAL = 1.959963984540054


@given(st.floats(1e-9, 1 - 1e-9))
def test_back_transform_undoes_the_logit(p: float) -> None:
    assert back_transform(logit_effect(p, 0.01).y) == pytest.approx(p, rel=1e-9)


def test_variance_is_that_of_a_binomial_logit_when_the_error_is() -> None:
    # escalc("PLO", xi = 40, ni = 100): y = log(40/60), v = 1/40 + 1/60
    effect = logit_effect(0.4, math.sqrt(0.4 * 0.6 / 100))
    assert effect.y == pytest.approx(math.log(40 / 60), rel=1e-14)
    assert effect.v == pytest.approx(1 / 40 + 1 / 60, rel=1e-14)


def test_variance_is_what_simulated_proportions_show() -> None:
    draws = np.random.default_rng(3).normal(0.3, 0.01, 200_000)
    assert logit_effect(0.3, 0.01).se == pytest.approx(np.log(draws / (1 - draws)).std(), rel=0.01)


@given(st.floats(-4, 4), st.floats(0.01, 2))
def test_published_interval_gives_back_the_error_that_made_it(y: float, se: float) -> None:
    p, low, high = (back_transform(y + z * se) for z in (0, -NORMAL, NORMAL))
    effect = published_effect(p, low, high)
    assert effect is not None
    assert effect.y == pytest.approx(y, abs=1e-9)
    assert effect.se == pytest.approx(se, rel=1e-9)


def test_level_of_a_published_interval() -> None:
    wide, narrow = (published_effect(0.3, 0.2, 0.4, level=level) for level in (0.99, 0.9))
    assert wide is not None
    assert narrow is not None
    assert wide.se / narrow.se == pytest.approx(1.644853626951 / 2.575829303549, rel=1e-9)


@pytest.mark.parametrize(
    "interval", [(0.0, 0.0, 0.03), (0.1, 0.0, 0.2), (0.9, 0.8, 1.0), (0.2,) * 3]
)
def test_an_interval_without_a_logit_gives_no_effect(interval: tuple[float, float, float]) -> None:
    assert published_effect(*interval) is None


@pytest.mark.parametrize(
    "interval", [(0.5, 0.6, 0.7), (25, 18, 33), (0.2, math.nan, 0.3), (math.nan, 0.1, 0.3)]
)
def test_an_impossible_interval_is_refused(interval: tuple[float, float, float]) -> None:
    with pytest.raises(InputError, match="must lie between 0 and 1"):
        published_effect(*interval)


@pytest.mark.parametrize(
    ("p", "se", "said"),
    [
        (0.0, 0.1, "strictly between 0 and 1"),
        (1.0, 0.1, "strictly between 0 and 1"),
        (math.nan, 0.1, "strictly between 0 and 1"),
        (0.5, 0.0, "not a positive number"),
        (0.5, -0.1, "not a positive number"),
        (0.5, math.nan, "not a positive number"),
        (0.5, math.inf, "not a positive number"),
    ],
)
def test_what_has_no_logit_is_refused(p: float, se: float, said: str) -> None:
    with pytest.raises(InputError, match=said):
        logit_effect(p, se)


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="confidence level"):
        published_effect(0.3, 0.2, 0.4, level=95)
