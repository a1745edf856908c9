"""What one more trial changes: closed forms for a common effect, simulation for the rest."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri, stdtrit

from perdure.errors import InputError
from perdure.pool import pool
from perdure.pool.next_trial import next_trial, trials_needed

Y = [0.1, 0.6, 0.9, 0.4]
V = [0.04, 0.05, 0.03, 0.02]


def test_common_effect_is_the_closed_form() -> None:
    y, v, new = [0.1, 0.3, 0.15], [0.02, 0.03, 0.05], 0.02
    found = next_trial(y, v, new, model="common")
    w, u = sum(1 / value for value in v), 1 / new
    mean = sum(a / b for a, b in zip(y, v, strict=True)) / w
    spread = math.sqrt(1 / w + new)
    moved = u / (w + u) * spread  # the updated mean's standard deviation
    critical = float(ndtri(0.975)) / math.sqrt(w + u)
    above = float(ndtr((mean - critical) / moved))
    below = float(ndtr((-mean - critical) / moved))
    assert not found.significant
    assert found.p_significant == pytest.approx(above + below, abs=1e-5)
    assert found.p_opposite == pytest.approx(below, abs=1e-5)
    assert found.p_conclusion == found.p_significant
    assert found.p_sign == pytest.approx(float(ndtr(-mean / moved)), abs=1e-5)
    assert found.estimate_high == pytest.approx(mean + float(ndtri(0.975)) * spread)
    assert found.true_high == pytest.approx(mean + float(ndtri(0.975)) / math.sqrt(w))
    assert found.half_width.low == pytest.approx(critical)
    assert found.half_width.high == pytest.approx(critical)
    assert found.estimate.median == pytest.approx(mean)
    assert found.estimate.high == pytest.approx(mean + float(ndtri(0.975)) * moved, rel=5e-4)


@pytest.mark.parametrize(
    ("y", "test"), [(Y, "knha"), (Y, "z"), ([0.5, 0.6, 0.9, 0.4], "knha"), (Y, "adhoc")]
)
def test_probabilities_are_those_of_simulated_trials(y: list[float], test: Any) -> None:
    new = 0.02
    found = next_trial(y, V, new, test=test)
    now = pool(y, V, test=test)
    mean = now.coefficients[0]
    random = np.random.default_rng(11)
    noise = random.standard_normal(2500)
    if mean.df is not None:
        noise *= np.sqrt(mean.df / random.chisquare(mean.df, 2500))
    values = mean.estimate + math.sqrt(mean.se**2 + (now.tau2 or 0) + new) * noise
    after = [pool([*y, value], [*V, new], test=test).coefficients[0] for value in values.tolist()]
    above = np.mean([one.ci_low > 0 for one in after])
    below = np.mean([one.ci_high < 0 for one in after])
    close = 4 * 0.5 / math.sqrt(2500)
    assert found.significant == (mean.ci_low > 0)
    assert found.p_significant == pytest.approx(above + below, abs=close)
    assert found.p_opposite == pytest.approx(below, abs=close)
    assert found.p_conclusion == pytest.approx(
        1 - above if found.significant else above + below, abs=close
    )
    assert found.p_sign == pytest.approx(np.mean([one.estimate < 0 for one in after]), abs=close)
    quantiles = np.quantile([one.estimate for one in after], [0.1, 0.5, 0.9])
    assert found.estimate.median == pytest.approx(quantiles[1], abs=0.02)
    widths = np.median([(one.ci_high - one.ci_low) / 2 for one in after])
    assert found.half_width.median == pytest.approx(widths, rel=0.03)


def test_prediction_of_the_true_effect_is_the_models() -> None:
    found = next_trial(Y, V, 0.02)
    now = pool(Y, V)
    assert (found.true_low, found.true_high) == pytest.approx(
        (now.prediction_low, now.prediction_high)
    )
    assert found.now == now


def test_more_nodes_change_little() -> None:
    few, many = (next_trial(Y, V, 0.02, nodes=nodes) for nodes in (100, 800))
    assert few.p_significant == pytest.approx(many.p_significant, abs=2e-4)
    assert few.estimate.high == pytest.approx(many.estimate.high, abs=2e-3)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.floats(0.01, 0.5))
def test_turning_all_signs_turns_the_answer(seed: int, new: float) -> None:
    random = np.random.default_rng(seed)
    v = random.uniform(0.02, 0.2, 5)
    y = random.normal(0.4, np.sqrt(v))
    one, other = next_trial(y, v, new, nodes=40), next_trial(-y, v, new, nodes=40)
    assert other.estimate.low == pytest.approx(-one.estimate.high, rel=1e-6, abs=1e-6)
    assert other.p_conclusion == pytest.approx(one.p_conclusion, abs=1e-6)
    assert other.p_opposite == pytest.approx(one.p_opposite, abs=1e-6)
    assert 0 <= one.p_opposite <= one.p_significant <= 1


def test_needed_trials_by_hand_for_a_common_effect() -> None:
    # half-width 1.96 / sqrt(50 + 25 n) <= 0.15 needs n >= (170.73 - 50) / 25 = 4.83
    found = trials_needed([0.1, 0.2], [0.04, 0.04], 0.04, 0.15, model="common")
    assert found.trials == 5
    assert found.half_width_now == pytest.approx(float(ndtri(0.975)) / math.sqrt(50))
    assert found.half_width_then == pytest.approx(float(ndtri(0.975)) / math.sqrt(175))


def test_needed_trials_of_random_effects_are_the_fewest() -> None:
    found = trials_needed(Y, V, 0.02, 0.2)
    tau2 = pool(Y, V).tau2
    assert tau2 is not None
    assert found.trials is not None

    def half(n: int) -> float:
        weight = sum(1 / (v + tau2) for v in V) + n / (0.02 + tau2)
        return float(stdtrit(3 + n, 0.975)) / math.sqrt(weight)

    assert half(found.trials) <= 0.2 < half(found.trials - 1)
    assert found.half_width_then == pytest.approx(half(found.trials))


def test_no_trial_is_needed_where_the_interval_is_narrow() -> None:
    found = trials_needed(Y, V, 0.02, 2.0)
    assert (found.trials, found.half_width_then) == (0, found.half_width_now)


def test_too_many_trials_are_said_to_be() -> None:
    found = trials_needed(Y, V, 0.02, 1e-6)
    assert found.trials is None
    assert found.reason == "more than 1000000 trials of this size are needed"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"variance": 0.0}, "variance of the further trial"),
        ({"variance": 1e12}, "less than"),
        ({"y": [0.1], "v": [0.1]}, "one trial says nothing"),
        ({"v": [0.1] * 3}, "lengths differ"),
    ],
)
def test_bad_input(change: dict[str, Any], said: str) -> None:
    options: dict[str, Any] = {"y": Y, "v": V, "variance": 0.02} | change
    with pytest.raises(InputError, match=f"(?i){said}"):
        next_trial(**options)
    with pytest.raises(InputError, match=f"(?i){said}"):
        trials_needed(**options, half_width=0.1)


def test_options_that_cannot_be() -> None:
    with pytest.raises(InputError, match=r"(?i)half-width is not positive"):
        trials_needed(Y, V, 0.02, 0.0)
    with pytest.raises(InputError, match=r"(?i)nodes are too few"):
        next_trial(Y, V, 0.02, nodes=3)


def test_one_trial_and_a_common_effect() -> None:
    found = next_trial([0.5], [0.04], 0.04, model="common")
    assert found.significant
    assert found.half_width.median == pytest.approx(float(ndtri(0.975)) * math.sqrt(0.02))
