"""The likelihood over tau2: its top is the fit's, its limits lie where it has fallen enough."""

import numpy as np
import pytest

from perdure.errors import InputError
from perdure.pool import (
    fit_correlated,
    fit_effects,
    heterogeneity,
    likelihood_profile,
    shared_heterogeneity,
)
from perdure.pool.models.random_effects import Fit, Method

Y = np.array([0.1, 0.6, 0.9, 0.4, 1.2])
V = np.array([0.04, 0.05, 0.03, 0.02, 0.06])


def correlated(method: Method = "REML") -> Fit:
    covariance = np.diag(V)
    covariance[0, 1] = covariance[1, 0] = 0.02
    similar = shared_heterogeneity(list("AABCD"))
    return fit_correlated(Y, covariance, similar, method=method).independent


def log_likelihood_by_hand(tau2: float, method: Method = "REML") -> float:
    """Of effects two of which are of one trial."""
    covariance = np.diag(V)
    covariance[0, 1] = covariance[1, 0] = 0.02
    spread = covariance + tau2 * shared_heterogeneity(list("AABCD"))
    inverse = np.linalg.inv(spread)
    x = np.ones(Y.size)
    information = x @ inverse @ x
    residual = Y - x @ inverse @ Y / information
    full = np.linalg.slogdet(spread)[1] + residual @ inverse @ residual
    if method == "ML":
        return float(-(Y.size * np.log(2 * np.pi) + full) / 2)
    restricted = full + np.log(information) - np.log(x @ x)
    return float(-((Y.size - 1) * np.log(2 * np.pi) + restricted) / 2)


def test_of_correlated_effects_it_is_their_own_likelihood() -> None:
    found = likelihood_profile(correlated())
    by_hand = [log_likelihood_by_hand(tau2) for tau2 in found.tau2]
    offset = by_hand[0] - found.log_likelihood[0]
    assert abs(offset) < 1e-9
    assert found.log_likelihood == pytest.approx(by_hand, abs=1e-9)
    top = log_likelihood_by_hand(found.estimate)
    for limit in (found.low, found.high):
        assert top - log_likelihood_by_hand(limit) == pytest.approx(1.920729, abs=1e-6)


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_limits_of_correlated_effects_are_where_their_likelihood_has_fallen(method: Method) -> None:
    found = heterogeneity(correlated(method), interval="profile likelihood")
    assert found.tau2_low > 0
    for limit in (found.tau2_low, found.tau2_high):
        fall = log_likelihood_by_hand(found.tau2, method) - log_likelihood_by_hand(limit, method)
        assert fall == pytest.approx(1.920729, abs=1e-6)


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_the_highest_point_is_the_fit(method: Method) -> None:
    fit = fit_effects(Y, V, method=method)
    found = likelihood_profile(fit)
    place = found.tau2.index(found.estimate)
    assert max(found.log_likelihood) == found.log_likelihood[place]
    assert found.log_likelihood[place] == pytest.approx(fit.pooled.log_likelihood, abs=1e-9)
    limits = heterogeneity(fit, interval="profile likelihood")
    assert (found.low, found.high) == pytest.approx((limits.tau2_low, limits.tau2_high))
    assert found.tau2[0] == 0
    assert found.tau2[-1] > found.high
    assert np.all(np.diff(found.tau2) > 0)


def test_effects_that_agree_have_their_top_at_zero() -> None:
    found = likelihood_profile(fit_effects([0.5, 0.51, 0.49], [0.1, 0.2, 0.3]))
    assert found.estimate == found.low == 0
    assert found.log_likelihood[0] == max(found.log_likelihood)


def test_moments_have_no_likelihood_and_one_point_is_no_curve() -> None:
    with pytest.raises(InputError, match="does not maximise a likelihood"):
        likelihood_profile(fit_effects(Y, V, method="DL"))
    with pytest.raises(InputError, match="two points"):
        likelihood_profile(fit_effects(Y, V), points=1)
