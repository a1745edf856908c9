"""Power: closed forms, the level at no effect, simulation."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri, stdtrit
from scipy.stats import nct

from perdure.errors import InputError
from perdure.pool.power import power, simulated_power

V = [0.02, 0.04, 0.05, 0.08, 0.04]


def test_a_common_effect_by_hand() -> None:
    # 1 / v sums to 50 + 25 + 25: se 0.1, effect 0.3 is 3 standard errors away
    found = power(0.3, [0.02, 0.04, 0.04], model="common")
    critical = float(ndtri(0.975))
    assert found.power == pytest.approx(float(ndtr(3 - critical) + ndtr(-3 - critical)))
    assert found.right == pytest.approx(float(ndtr(3 - critical)))
    assert found.expected_half_width == pytest.approx(critical * 0.1)


def test_hartung_knapp_is_noncentral_t() -> None:
    found = power(0.3, V, 0.03)
    away = 0.3 * math.sqrt(sum(1 / (v + 0.03) for v in V))
    critical = float(stdtrit(4, 0.975))
    assert found.right == pytest.approx(nct.sf(critical, 4, away), rel=1e-8)
    assert found.power == pytest.approx(found.right + nct.cdf(-critical, 4, away), rel=1e-8)


@pytest.mark.parametrize(("test", "level"), [("z", 0.95), ("knha", 0.9), ("knha", 0.95)])
def test_power_at_no_effect_is_the_level(test: Any, level: float) -> None:
    found = power(0.0, V, 0.03, test=test, level=level)
    assert found.power == pytest.approx(1 - level, rel=1e-9)
    assert found.right == pytest.approx((1 - level) / 2, rel=1e-9)


@pytest.mark.parametrize("test", ["z", "t", "knha", "adhoc"])
def test_with_tau2_known_it_is_what_simulation_finds(test: Any) -> None:
    """Weights known, Hartung and Knapp's factor from the residuals: the model's own terms."""
    effect, tau2, k = 0.35, 0.03, len(V)
    random = np.random.default_rng(3)
    weight = 1 / (np.array(V) + tau2)
    y = effect + random.standard_normal((200_000, k)) / np.sqrt(weight)
    mean = y @ weight / weight.sum()
    factor = ((y - mean[:, None]) ** 2 @ weight) / (k - 1)
    inflation = {"z": 1.0, "t": 1.0, "knha": factor, "adhoc": np.maximum(factor, 1)}[test]
    half = float(ndtri(0.975) if test == "z" else stdtrit(k - 1, 0.975)) * np.sqrt(
        inflation / weight.sum()
    )
    found = power(effect, V, tau2, test=test)
    assert found.right == pytest.approx(np.mean(mean - half > 0), abs=0.004)
    assert found.power == pytest.approx(np.mean(np.abs(mean) > half), abs=0.004)
    assert found.expected_half_width == pytest.approx(np.mean(half), rel=0.01)


@pytest.mark.parametrize("test", ["knha", "adhoc"])
def test_simulation_of_the_whole_analysis_is_near_for_equal_variances(test: Any) -> None:
    """With equal variances Hartung-Knapp does not depend on tau2, so its power is exact."""
    exact = power(0.3, [0.04] * 8, 0.05, test="knha")
    found = simulated_power(0.3, [0.04] * 8, 0.05, test=test, method="DL", draws=1500)
    assert found.error == pytest.approx(math.sqrt(found.power * (1 - found.power) / 1500))
    if test == "knha":
        assert found.power == pytest.approx(exact.power, abs=4 * found.error)
        assert found.expected_half_width == pytest.approx(exact.expected_half_width, rel=0.03)
    else:
        assert found.power < exact.power + 4 * found.error


def test_trusting_a_common_effect_breaks_the_level() -> None:
    found = simulated_power(0.0, [0.02] * 6, 0.1, model="common", draws=1000)
    assert found.power > 0.3


def test_a_negative_effect_is_the_mirror() -> None:
    one, other = (power(effect, V, 0.03) for effect in (0.3, -0.3))
    assert (one.power, one.right) == (other.power, other.right)
    up, down = (simulated_power(effect, V, 0.03, draws=300) for effect in (0.6, -0.6))
    assert up.right == pytest.approx(down.right, abs=0.15)
    assert down.right > 0.3


@given(st.floats(0, 1), st.floats(0.01, 0.5), st.sampled_from(["z", "t", "knha", "adhoc"]))
def test_power_grows_with_the_effect_and_with_trials(effect: float, tau2: float, test: Any) -> None:
    here = power(effect, V, tau2, test=test).power
    assert here <= power(effect + 0.1, V, tau2, test=test).power + 1e-9
    if effect > 0.05:
        assert here < power(effect, V * 2, tau2, test=test).power + 1e-9


@pytest.mark.parametrize("effect", [5.0, 50.0])
def test_very_large_effects_are_found(effect: float) -> None:
    assert power(effect, V, 0.03).power == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"v": [0.1, 0.0]}, "variance of effect 2"),
        ({"tau2": -0.1}, "tau2 is negative"),
        ({"model": "common", "tau2": 0.1}, "common effect has no tau2"),
        ({"effect": math.nan}, "effect is not finite"),
        ({"v": [0.1]}, "needs two trials"),
        ({"test": "hk"}, "unknown test"),
        ({"level": 2.0}, "level"),
    ],
)
def test_bad_input(change: dict[str, Any], said: str) -> None:
    options: dict[str, Any] = {"effect": 0.3, "v": V, "tau2": 0.0} | change
    with pytest.raises(InputError, match=f"(?i){said}"):
        power(**options)


def test_no_draws() -> None:
    with pytest.raises(InputError, match=r"(?i)no draw"):
        simulated_power(0.3, V, draws=0)
