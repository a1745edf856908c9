"""Parametric models: closed forms, special cases, what is refused, and what never changes."""

from math import inf, log, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import minimize

from perdure.errors import InputError
from perdure.survival.parametric import (
    MODELS,
    Fit,
    GeneralisedGamma,
    Gompertz,
    LogNormal,
    NotFitted,
    Spline,
    fit,
    piecewise_exponential,
    spline,
)

RNG = np.random.default_rng(20261128)
CURED = np.where(RNG.random(400) < 0.35, inf, 8 * RNG.weibull(1.3, 400))
END = RNG.uniform(20, 40, 400)
PLATEAU = (np.minimum(CURED, END), (CURED <= END).astype(float))
"""A third of 400 patients are cured; the others have a Weibull."""
PLAIN = (np.arange(1.0, 31.0), (np.arange(30) % 3 != 0).astype(float))


def fitted(model: str, data: tuple[np.ndarray, np.ndarray] = PLATEAU) -> Fit:
    found = fit(*data, model)
    assert isinstance(found, Fit), found
    return found


def reason(time: list[float], event: list[float], model: str) -> str:
    found = fit(time, event, model)
    assert isinstance(found, NotFitted), found
    assert (found.n, found.events) == (len(time), sum(event))
    return found.reason


# --- closed forms and special cases ------------------------------------------------------------


def test_exponential_is_events_over_time() -> None:
    time, event = PLATEAU
    found, d = fitted("exponential"), event.sum()
    rate = found.parameters[0]
    assert rate.name == "rate"
    assert rate.value == pytest.approx(d / time.sum(), rel=1e-12)
    assert rate.se == pytest.approx(np.sqrt(d) / time.sum(), rel=1e-8)
    assert found.log_likelihood == pytest.approx(d * log(d / time.sum()) - d, rel=1e-13)
    assert found.quantile(0.5) == pytest.approx(log(2) / rate.value, rel=1e-12)


def test_piecewise_exponential_is_events_over_time_in_each_piece() -> None:
    time = np.array([1.0, 2.0, 2.0, 3.0, 5.0, 8.0, 9.0])
    event = np.array([1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0])
    found = fit(time, event, piecewise_exponential(time, event == 1, [2.0, 4.0]))
    assert isinstance(found, Fit)
    spent = np.array([1 + 6 * 2, 1 + 3 * 2, 1 + 4 + 5])
    assert [one.value for one in found.parameters] == pytest.approx(np.array([2, 1, 1]) / spent)
    assert found.vcov == pytest.approx(np.diag([1 / 2, 1, 1]), abs=1e-8)
    assert found.hazard_at(2.0) == pytest.approx(2 / 13)  # a cut belongs to the piece before it
    assert found.hazard_at(2.1) == pytest.approx(1 / 7)


def test_criteria_count_patients_and_events() -> None:
    found = fitted("weibull")
    d = PLATEAU[1].sum()
    assert found.aic == pytest.approx(4 - 2 * found.log_likelihood)
    assert found.bic == pytest.approx(2 * log(400) - 2 * found.log_likelihood)
    assert found.bic_events == pytest.approx(2 * log(d) - 2 * found.log_likelihood)


@pytest.mark.parametrize(
    ("scale", "model"),
    [("hazard", "weibull"), ("odds", "loglogistic"), ("normal", "lognormal")],
)
def test_a_spline_without_inner_knots_is_a_standard_model(scale: str, model: str) -> None:
    time, event = PLATEAU
    found = fit(time, event, spline(time, event == 1, scale, 0))  # type: ignore[arg-type]
    assert isinstance(found, Fit)
    plain = fitted(model)
    assert found.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-12)
    at = [0.0, 0.1, 5.0, 100.0]
    assert found.survival_at(at) == pytest.approx(plain.survival_at(at), abs=1e-8)
    if model == "weibull":
        gamma0, gamma1 = found.theta
        assert gamma1 == pytest.approx(plain.parameters[0].value, rel=1e-7)
        assert -gamma0 / gamma1 == pytest.approx(log(plain.parameters[1].value), rel=1e-7)


T = np.geomspace(0.01, 50, 40)


@pytest.mark.parametrize(
    ("q", "same"),
    [
        (1.0, stats.weibull_min(1 / 0.7, scale=3.0)),
        (0.0, stats.lognorm(0.7, scale=3.0)),
        (0.7, stats.gamma(1 / 0.49, scale=3.0 * 0.49)),
        (-1.0, stats.invweibull(1 / 0.7, scale=3.0)),
    ],
)
def test_the_generalised_gamma_holds_the_others(q: float, same: Any) -> None:
    theta = np.array([log(3.0), log(0.7), q])
    family = GeneralisedGamma()
    for ours, scipys in (
        (family.log_density(theta, T), same.logpdf(T)),
        (family.log_survival(theta, T), same.logsf(T)),
    ):
        assert np.isfinite(ours).all()
        held = np.isfinite(scipys)  # scipy's underflow far out
        assert ours[held] == pytest.approx(scipys[held], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("q", [1e-9, 1e-6, 2e-5, 1e-4, 1e-3, -1e-6, -2e-5, -1e-3])
def test_the_generalised_gamma_passes_smoothly_through_the_log_normal(q: float) -> None:
    gamma, normal = GeneralisedGamma(), LogNormal()
    theta = np.array([1.0, 0.2, q])
    for name in ("log_density", "log_survival"):
        difference = getattr(gamma, name)(theta, T) - getattr(normal, name)(theta[:2], T)
        assert np.abs(difference).max() < 40 * abs(q) + 1e-9


def test_tails_are_known_where_probabilities_underflow() -> None:
    family = GeneralisedGamma()
    late = family.log_survival(np.array([0.0, 0.0, 1.0]), np.array([800.0, 5000.0]))
    assert late == pytest.approx([-800, -5000], rel=1e-12)
    early = family.log_survival(np.array([0.0, 0.0, -1.0]), np.array([1e3, 1e300]))
    assert early == pytest.approx([np.log(-np.expm1(-1e-3)), -300 * log(10)], rel=1e-10)
    assert Gompertz().log_survival(np.array([0.0, 0.0]), np.array([3.0])) == pytest.approx([-3.0])


def test_a_falling_gompertz_hazard_leaves_a_cured_fraction() -> None:
    found = fitted("gompertz")
    shape, rate = (one.value for one in found.parameters)
    assert shape < 0
    assert found.cured == pytest.approx(np.exp(rate / shape))
    assert found.survival_at(1e6) == pytest.approx(found.cured)
    assert found.quantile(1 - found.cured / 2) is None
    assert fitted("gompertz", PLAIN).cured == 0.0


def test_survival_at_time_0_is_1() -> None:
    for model in MODELS:
        assert fitted(model).survival_at(0.0) == 1.0


def test_quantile_is_where_survival_is() -> None:
    for model in MODELS:
        found = fitted(model)
        when = found.quantile(0.4)
        assert when is not None
        assert found.survival_at(when) == pytest.approx(0.6, rel=1e-12)
        with pytest.raises(InputError, match="lies between 0 and 1"):
            found.quantile(1.0)


@pytest.mark.parametrize("model", MODELS)
def test_another_optimiser_from_other_starts_finds_nothing_higher(model: str) -> None:
    time, event = PLATEAU
    found, rng = fitted(model), np.random.default_rng(1)

    def depth(theta: np.ndarray) -> float:
        with np.errstate(all="ignore"):
            total = found.family.log_density(theta, time[event == 1]).sum()
            total += found.family.log_survival(theta, time[event == 0]).sum()
        return float(-total) if np.isfinite(total) else 1e10

    errors = np.sqrt(found.vcov.diagonal())
    for _ in range(3):
        start = found.theta + 3 * errors * rng.standard_normal(found.theta.size)
        other = minimize(depth, start, method="Nelder-Mead", options={"maxiter": 800})
        assert -other.fun <= found.log_likelihood + 1e-9


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_no_event_is_no_fit(model: str) -> None:
    assert reason([1, 2, 3], [0, 0, 0], model) == "there is no event"


@pytest.mark.parametrize("model", [model for model in MODELS if model != "exponential"])
def test_few_events_are_refused(model: str) -> None:
    assert reason([1, 2, 3, 4], [1, 0, 0, 0], model)


@pytest.mark.parametrize("model", MODELS)
def test_an_event_at_time_0_is_taken_where_the_density_is_finite_and_refused_elsewhere(
    model: str,
) -> None:
    time, event = np.append(PLATEAU[0], 0.0), np.append(PLATEAU[1], 1.0)
    found = fit(time, event, model)
    if model in ("exponential", "gompertz", "piecewise-exponential"):
        assert isinstance(found, Fit)
        if model == "exponential":
            assert found.parameters[0].value == pytest.approx(event.sum() / time.sum())
    else:
        assert isinstance(found, NotFitted)
        assert "1 event at time 0" in found.reason


@pytest.mark.parametrize("model", MODELS)
def test_a_patient_censored_at_time_0_says_nothing(model: str) -> None:
    found = fit(np.append(PLATEAU[0], 0.0), np.append(PLATEAU[1], 0.0), model)
    assert isinstance(found, Fit)
    assert found.n == 401
    assert found.log_likelihood == fitted(model).log_likelihood


@pytest.mark.parametrize("model", MODELS)
def test_patients_who_all_leave_at_time_0_are_refused(model: str) -> None:
    assert reason([0, 0, 0], [1, 1, 0], model) == "all patients leave at time 0"


@pytest.mark.parametrize("model", MODELS)
def test_events_at_time_0_only(model: str) -> None:
    found = fit([0, 0, 4, 6], [1, 1, 0, 0], model)
    if model == "exponential":
        assert isinstance(found, Fit)
        assert found.parameters[0].value == pytest.approx(0.2)
    else:
        assert isinstance(found, NotFitted)
        assert found.reason


def test_default_cut_points_leave_no_piece_without_events() -> None:
    time = np.array([1.0, 1.0, 2.0, 3.0, 3.0, 7.0])
    found = fit(time, [1, 1, 1, 1, 1, 0], "piecewise-exponential")
    assert isinstance(found, Fit)
    assert vars(found.family)["cuts"] == (1.0, 2.0)


@pytest.mark.parametrize("model", ["weibull", "lognormal", "loglogistic", "gamma", "gompertz"])
def test_events_at_one_time_are_refused(model: str) -> None:
    assert reason([3, 3, 3, 3], [1, 1, 1, 1], model) == "all events lie at one time"


@pytest.mark.parametrize("model", ["weibull", "loglogistic", "gamma", "generalised-gamma"])
def test_events_at_nearly_one_time_give_a_fit_or_a_reason(model: str) -> None:
    found = fit([3, 3, 3, 3.0000001, 5], [1, 1, 1, 1, 0], model)
    assert isinstance(found, Fit) or found.reason


@pytest.mark.parametrize("latency", ["weibull", "loglogistic", "lognormal"])
@pytest.mark.parametrize("kind", ["mixture", "non-mixture"])
def test_no_plateau_is_no_cured_fraction(kind: str, latency: str) -> None:
    """All patients of a sample with a steep end have the event: the boundary is said."""
    time = stats.weibull_min(2.0, scale=10).ppf((np.arange(200) + 0.5) / 200)
    found = fit(time, np.ones(200), f"{kind}-{latency}")
    assert isinstance(found, NotFitted)
    assert "boundary 0" in found.reason


def test_a_spline_that_falls_is_refused() -> None:
    family = Spline(scale="hazard", knots=(0.0, 1.0, 2.0))
    assert family.improper(np.array([0.0, 1.0, 0.0])) == ""
    assert "negative near" in family.improper(np.array([0.0, 1.0, 2.0]))
    assert "negative near" in family.improper(np.array([0.0, -0.1, 0.0]))


def test_a_spline_that_falls_between_events_is_refused_with_the_time() -> None:
    """Two clouds of events far apart: between them the fitted cumulative hazard falls."""
    time = [*np.linspace(1, 1.2, 20), *np.linspace(30, 34, 20)]
    found = fit(time, [1] * 40, "spline-hazard-3")
    assert isinstance(found, NotFitted)
    assert "hazard is negative near" in found.reason


def test_a_piece_without_events_is_named() -> None:
    time, event = PLAIN
    found = fit(time, event, piecewise_exponential(time, event == 1, [10.0, 100.0]))
    assert isinstance(found, NotFitted)
    assert "begins at 100" in found.reason
    with pytest.raises(InputError, match="points must increase"):
        piecewise_exponential(time, event == 1, [5.0, 4.0])


def test_input_that_is_wrong() -> None:
    with pytest.raises(InputError, match="no such model"):
        fit(*PLAIN, "normal")
    with pytest.raises(InputError, match="negative"):
        fit([-1.0], [1], "weibull")
    for time in (-1.0, nan):
        with pytest.raises(InputError, match="begins at time 0"):
            fitted("weibull").survival_at(time)


# --- what never changes --------------------------------------------------------------------------

PATIENTS = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from([0, 1, 1])), min_size=3, max_size=40
)


@settings(max_examples=40, deadline=None)
@given(PATIENTS, st.sampled_from(MODELS))
def test_any_patients_give_a_fit_or_a_reason_and_survival_falls(
    rows: list[tuple[int, int]], model: str
) -> None:
    time, event = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    found = fit(time, event, model)
    if isinstance(found, NotFitted):
        assert found.reason
        return
    values = [*found.theta, *found.vcov.ravel(), found.log_likelihood, found.aic, found.bic]
    assert np.isfinite(values).all()
    assert (found.vcov.diagonal() > 0).all()
    survival = found.survival_at(np.concatenate([[0.0], np.geomspace(1e-3, 1e5, 300)]))
    assert ((survival >= 0) & (survival <= 1)).all()
    assert (np.diff(survival) <= 1e-12).all()
    assert found.newton_step < 1e-6


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(MODELS), st.floats(0.01, 100))
def test_another_unit_of_time_changes_nothing_else(model: str, factor: float) -> None:
    one, other = fitted(model), fitted(model, (PLATEAU[0] * factor, PLATEAU[1]))
    shift = PLATEAU[1].sum() * log(factor)
    assert other.log_likelihood == pytest.approx(one.log_likelihood - shift, abs=1e-8)
    at = np.array([0.5, 5.0, 50.0, 500.0])
    assert other.survival_at(at * factor) == pytest.approx(one.survival_at(at), abs=1e-7)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(MODELS), st.permutations(range(400)))
def test_the_order_of_patients_does_not_matter(model: str, order: list[int]) -> None:
    one, other = fitted(model), fitted(model, (PLATEAU[0][order], PLATEAU[1][order]))
    assert other.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-9)
    assert other.vcov == pytest.approx(one.vcov, rel=1e-5, abs=1e-9)
