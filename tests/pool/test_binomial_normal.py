"""The binomial-normal model agrees with lme4's glmer and metafor's rma.glmm.

All of ``binomial_normal`` of ``nested.json`` is used here, and of ``binomial.json`` ``glmm`` the
cases ``pritz1997_PLO`` and ``pritz1997_PLO_FE``; the others are in test_binomial_contrasts.py and
test_mantel_haenszel.py.

R's log-likelihoods differ in their constants. glmer's with one point is the full one, as ours. With
more points glmer leaves the saturated log-likelihood out. rma.glmm prints the saturated
log-likelihood minus half the deviance *given the random effects at their modes*, which is no
marginal likelihood at all; both are rebuilt here from ours.
"""

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import expit, xlogy
from scipy.stats import binom, norm

from perdure.errors import InputError
from perdure.pool.binomial.binomial_normal import (
    BinomialNormalFit,
    RandomPart,
    binomial_normal,
    fit_binomial_normal,
)
from perdure.pool.binomial.effect_structure import DenseEffects, NestedEffects
from perdure.pool.binomial.exponential_family import binomial_model
from perdure.pool.binomial.laplace import laplace
from perdure.pool.binomial.nested_quadrature import nested_quadrature
from perdure.pool.binomial.quadrature import Marginal, RandomEffect, adaptive_quadrature
from perdure.records import Floats
from perdure.records.binomial import BinomialNormal

HERE = Path(__file__).parents[1] / "reference" / "pool"
NESTED: dict[str, Any] = json.loads((HERE / "nested.json").read_text(encoding="utf-8"))
GLMER: dict[str, Any] = NESTED["binomial_normal"]
GLMM: dict[str, Any] = json.loads((HERE / "binomial.json").read_text(encoding="utf-8"))["glmm"]

close = pytest.approx

CASES: dict[str, tuple[RandomPart, int, int]] = {
    "class_two_level_laplace": ("arms", 1, 3),
    "class_two_level_nAGQ_7": ("arms", 7, 3),
    "class_two_level_nAGQ_25": ("arms", 25, 3),
    "class_three_level": ("arms in trials", 1, 3),
    "class_line_tumour_three_level": ("arms in trials", 1, 6),
    "rma_glmm_class": ("arms", 7, 3),
}


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def column(name: str, header: str) -> Floats:
    return np.array([float(row[header]) for row in rows(name)])


ARMS = rows("design_42_arms.csv")
DURABLE = column("design_42_arms.csv", "durable")
EFFECTIVE = column("design_42_arms.csv", "n_effective")
TRIAL = [row["trial"] for row in ARMS]
XI, NI = column("dat.pritz1997.csv", "xi"), column("dat.pritz1997.csv", "ni")


def design(columns: int) -> Floats:
    levels = [("class", "anti_ctla4"), ("class", "anti_pd1"), ("line", "later")]
    levels += [("tumour", "nsclc"), ("tumour", "other")]
    x = [np.array([row[factor] == level for row in ARMS], float) for factor, level in levels]
    return np.column_stack((np.ones(42), *x))[:, :columns]


def of_design(random: RandomPart, n_points: int, columns: int) -> BinomialNormalFit:
    return fit_binomial_normal(
        DURABLE,
        EFFECTIVE,
        random=random,
        n_points=n_points,
        moderators=design(columns),
        trial=TRIAL,
    )


def conditional_deviance(y: Floats, n: Floats, record: BinomialNormal) -> float:
    p = np.array(record.proportions)
    return 2 * float((xlogy(y, y / (n * p)) + xlogy(n - y, (n - y) / (n * (1 - p)))).sum())


def test_every_case_is_used() -> None:
    assert set(GLMER) == {*CASES, "note"}


@pytest.mark.parametrize("name", CASES)
def test_coefficients_are_glmers(name: str) -> None:
    fit, expected = of_design(*CASES[name]), GLMER[name]
    coefficients = fit.pooled.coefficients
    assert [c.estimate for c in coefficients] == close(expected["beta"], rel=2e-7)
    assert [c.se for c in coefficients] == close(expected["se"], rel=5e-7)
    variance = {"arm_id": expected["tau2"]} if "tau2" in expected else expected["variance"]
    if len(variance) == 1:
        assert fit.pooled.tau2 == close(variance["arm_id"], rel=1e-7)
        assert fit.pooled.sigma2 == ()
    else:
        assert fit.pooled.sigma2 == close((variance["trial"], variance["arm_id"]), rel=2e-7)
        assert fit.pooled.tau2 is None


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name][1] == 1])
def test_laplace_likelihood_is_glmers(name: str) -> None:
    ours, theirs = of_design(*CASES[name]).pooled.log_likelihood, GLMER[name]["logLik"]
    assert ours == close(theirs, rel=1e-11)
    assert ours >= theirs - 1e-9


@pytest.mark.parametrize("n_points", [7, 25])
def test_glmer_with_more_points_leaves_the_saturated_likelihood_out(n_points: int) -> None:
    record = of_design("arms", n_points, 3).record
    theirs = GLMER[f"class_two_level_nAGQ_{n_points}"]["logLik"]
    ours = record.pooled.log_likelihood - record.saturated_log_likelihood
    assert ours == close(theirs, rel=1e-10)
    assert ours >= theirs - 1e-9


def test_rma_glmm_prints_the_deviance_at_the_modes() -> None:
    record, expected = of_design("arms", 7, 3).record, GLMER["rma_glmm_class"]
    deviance = conditional_deviance(DURABLE, EFFECTIVE, record)
    printed = record.saturated_log_likelihood - deviance / 2
    assert printed == close(expected["logLik"], rel=1e-8)
    test = record.pooled.moderators
    assert test is not None
    assert (test.df, test.df2) == (2, None)
    assert test.statistic == close(expected["QM"], rel=1e-6)
    assert test.p == close(expected["QM_p"], rel=1e-4, abs=0)


@pytest.mark.parametrize("n_points", [1, 7, 25])
def test_proportions_are_metafors(n_points: int) -> None:
    record, expected = (
        binomial_normal(XI, NI, n_points=n_points),
        GLMM["pritz1997_PLO"][f"nAGQ_{n_points}"],
    )
    mean = record.pooled.coefficients[0]
    assert mean.estimate == close(expected["beta"], rel=1e-7)
    assert mean.se == close(expected["se"], rel=1e-5 if n_points == 1 else 1e-7)
    assert mean.ci_low == close(expected["ci_lower"], rel=2e-6)
    assert mean.ci_high == close(expected["ci_upper"], rel=1e-6)
    assert record.pooled.tau2 == close(expected["tau2"], rel=1e-6)
    assert record.pooled.i2 == close(expected["I2"], rel=1e-6)
    check_heterogeneity(record, expected)
    printed = record.saturated_log_likelihood - conditional_deviance(XI, NI, record) / 2
    assert printed == close(expected["logLik"], rel=1e-6)


def check_heterogeneity(record: BinomialNormal, expected: dict[str, Any]) -> None:
    assert record.pooled.q == close(expected["QE_Wald"], rel=1e-7)
    assert record.pooled.q_df == expected["QE_df"]
    assert record.heterogeneity is not None
    assert record.heterogeneity.statistic == close(expected["QE_LRT"], rel=1e-9)
    assert record.heterogeneity.df == expected["QE_df"]


def test_without_a_random_effect() -> None:
    record, expected = binomial_normal(XI, NI, random="none"), GLMM["pritz1997_PLO_FE"]
    mean, p = record.pooled.coefficients[0], XI.sum() / NI.sum()
    assert mean.estimate == close(expected["beta"], rel=1e-10)
    # R's glm stops a step early: its error is 1.4e-6 off the formula, which ours is not
    assert mean.se == close(expected["se"], rel=2e-6)
    assert mean.se == close(1 / math.sqrt(NI.sum() * p * (1 - p)), rel=1e-12)
    assert record.pooled.log_likelihood == close(expected["logLik"], rel=1e-12)
    assert (record.pooled.tau2, record.pooled.i2) == (0, 0)
    assert (record.pooled.method, record.pooled.prediction_low) == ("FE", None)
    check_heterogeneity(record, expected)
    assert (record.n_zero, record.n_full) == (0, 2)
    assert record.proportions == close([p] * 14, rel=1e-12)


@pytest.mark.slow
def test_likelihood_is_that_of_scipys_integral() -> None:
    beta, sd = 1.2, 0.9

    def density(u: float, x: float, n: float) -> float:
        return float(binom.pmf(x, n, expit(beta + sd * u)) * norm.pdf(u))

    expected = sum(
        math.log(quad(density, -9, 9, args=(x, n), epsabs=1e-13, epsrel=1e-12)[0])
        for x, n in zip(XI, NI, strict=True)
    )
    effect = RandomEffect(np.ones(14), np.arange(14))
    found = adaptive_quadrature(binomial_model(XI, NI), effect, np.full(14, beta), sd, 31)
    assert found.log_likelihood == close(expected, rel=1e-11)


def test_nested_likelihood_is_that_of_a_grid() -> None:
    y, n = np.array([0.0, 4.0, 3.5]), np.array([12.0, 10.0, 21.3])
    eta, sd = np.array([-1.0, -0.3, -1.5]), np.array([0.8, 0.5])
    found = nested_quadrature(binomial_model(y, n), NestedEffects(np.array([0, 2]), 3), eta, sd, 21)
    u = np.linspace(-9, 9, 601)
    weight = norm.pdf(u) * (u[1] - u[0])
    model = binomial_model(y, n)
    theta = eta[:, None, None] + sd[0] * u[:, None] + sd[1] * u
    cumulant = model.cumulants(theta.reshape(3, -1))[0].reshape(theta.shape)
    arms = np.exp(y[:, None, None] * theta - cumulant) @ weight
    expected = math.log(arms[0] * arms[1] @ weight) + math.log(arms[2] @ weight) + model.constant
    assert found.log_likelihood == close(expected, rel=1e-11)


def test_slopes_are_those_of_the_value() -> None:
    random = np.random.default_rng(4)
    n = random.uniform(5, 40, 8)
    y = n * random.uniform(0, 1, 8)
    y[2] = 0
    model, eta = binomial_model(y, n), random.normal(size=8)
    effect = RandomEffect(np.tile([0.5, -0.5], 4), np.array([0, 2, 4, 6]))
    nested = NestedEffects(np.array([0, 2, 5]), 8)
    both = np.array([1.3, 0.6])
    cases: list[tuple[Callable[[Floats, Floats], Marginal], Floats]] = [
        (lambda e, s: adaptive_quadrature(model, effect, e, float(s[0]), 1), both[:1]),
        (lambda e, s: adaptive_quadrature(model, effect, e, float(s[0]), 5), both[:1]),
        (lambda e, s: laplace(model, nested, e, s), both),
        (lambda e, s: nested_quadrature(model, nested, e, s, 31), both),
    ]
    for function, sd in cases:
        found, h = function(eta, sd), 1e-5
        for at in range(8):
            step = h * np.eye(8)[at]
            up, down = function(eta + step, sd), function(eta - step, sd)
            numeric = (up.log_likelihood - down.log_likelihood) / (2 * h)
            assert found.by_eta[at] == close(numeric, rel=1e-6, abs=1e-7)
        for at in range(sd.size):
            step = h * np.eye(sd.size)[at]
            up, down = function(eta, sd + step), function(eta, sd - step)
            numeric = (up.log_likelihood - down.log_likelihood) / (2 * h)
            assert found.by_sd[at] == close(numeric, rel=1e-6, abs=1e-7)


def test_one_point_of_quadrature_is_laplace() -> None:
    model, eta = binomial_model(XI, NI), np.full(14, 1.0)
    effect = RandomEffect(np.ones(14), np.arange(14))
    one = adaptive_quadrature(model, effect, eta, 0.8, 1)
    other = laplace(model, DenseEffects(np.eye(14)[None]), eta, np.array([0.8]))
    assert one.log_likelihood == close(other.log_likelihood, rel=1e-13)


def test_nested_laplace_is_the_dense_one() -> None:
    model, eta, sd = binomial_model(XI, NI), np.full(14, 1.0), np.array([0.8, 0.5])
    starts = np.array([0, 3, 4, 8])
    loadings = np.zeros((2, 14, 18))
    loadings[0, np.arange(14), np.repeat(np.arange(4), [3, 1, 4, 6])] = 1
    loadings[1, :, 4:] = np.eye(14)
    one = laplace(model, NestedEffects(starts, 14), eta, sd)
    other = laplace(model, DenseEffects(loadings), eta, sd)
    assert one.log_likelihood == close(other.log_likelihood, rel=1e-13)
    assert one.by_eta == close(other.by_eta, rel=1e-9, abs=1e-11)
    assert one.by_sd == close(other.by_sd, rel=1e-9, abs=1e-11)


@pytest.mark.slow
def test_nested_quadrature_is_better_than_laplace_and_settled() -> None:
    one, fifteen, more = (of_design("arms in trials", points, 3) for points in (1, 15, 25))
    assert fifteen.beta == close(more.beta, rel=1e-8)
    assert fifteen.pooled.sigma2 == close(more.pooled.sigma2, rel=1e-7)
    # Laplace is close here: 0.02 in the log-likelihood, 1% in the arms' variance
    assert fifteen.pooled.log_likelihood == close(one.pooled.log_likelihood, abs=0.03)
    assert fifteen.pooled.sigma2 == close(one.pooled.sigma2, rel=0.02)
    assert fifteen.pooled.log_likelihood != close(one.pooled.log_likelihood, abs=0.01)


def test_the_error_of_quadrature_is_told() -> None:
    assert of_design("arms in trials", 1, 3).record.quadrature_error is None
    assert of_design("arms", 15, 3).record.quadrature_error == close(0, abs=1e-9)
    apart = binomial_normal([0, 29.7, 0.3, 40, 1, 30], [30, 30, 30, 40, 40, 30.5], n_points=7)
    finer = binomial_normal([0, 29.7, 0.3, 40, 1, 30], [30, 30, 30, 40, 40, 30.5], n_points=50)
    assert apart.quadrature_error is not None
    assert abs(apart.quadrature_error) > 1e-4
    assert abs(finer.quadrature_error or 1) < 1e-4


def test_arms_far_apart_are_fitted_by_nested_quadrature() -> None:
    y, n = [0, 20, 7, 3.3, 13, 10, 7.2, 6.6, 0, 2.2], [10, 57, 10, 10, 20, 10, 10, 30, 21, 10]
    fits = [
        binomial_normal(y, n, random="arms in trials", trial=list("aabbccddee"), n_points=points)
        for points in (11, 25)
    ]
    assert fits[0].pooled.log_likelihood == close(fits[1].pooled.log_likelihood, abs=1e-4)
    assert fits[0].pooled.sigma2 == close(fits[1].pooled.sigma2, rel=0.01, abs=1e-3)


def test_trials_need_not_stand_together() -> None:
    order = np.random.default_rng(2).permutation(42)
    fit = fit_binomial_normal(
        DURABLE[order],
        EFFECTIVE[order],
        random="arms in trials",
        n_points=1,
        moderators=design(3)[order],
        trial=[TRIAL[at] for at in order],
    )
    sorted_fit = of_design("arms in trials", 1, 3)
    assert fit.beta == close(sorted_fit.beta, rel=1e-9)
    ours = np.array(sorted_fit.record.proportions)[order]
    assert fit.record.proportions == close(ours.tolist(), rel=1e-8)


def test_moderators_on_any_scale_give_the_same_fit() -> None:
    year = np.linspace(1950, 2020, 14)
    one = np.ones(14)
    fit = fit_binomial_normal(XI, NI, moderators=np.column_stack((one, year)))
    other = fit_binomial_normal(XI, NI, moderators=np.column_stack((one, (year - 1985) / 10)))
    assert fit.beta[1] * 10 == close(other.beta[1], rel=1e-7)
    assert fit.pooled.coefficients[1].p == close(other.pooled.coefficients[1].p, rel=1e-6)
    assert fit.pooled.log_likelihood == close(other.pooled.log_likelihood, rel=1e-11)


counts = st.lists(st.tuples(st.floats(5, 80), st.floats(0, 1)), min_size=3, max_size=7).filter(
    lambda rows: 0.02 < np.mean([p for _, p in rows]) < 0.98
)


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(counts)
def test_exchanging_events_and_others_turns_the_sign(rows: list[tuple[float, float]]) -> None:
    n, p = (np.array(x) for x in zip(*rows, strict=True))
    # Less than a millionth of a patient is refused: it is no count (test_counts.py).
    y = n * np.where(p < 0.1, 0, np.where(p > 1 - 1e-6, 1, p))
    try:
        one = binomial_normal(y, n)
    except InputError as error:
        with pytest.raises(InputError, match=r"infinite|all bounds|clear maximum"):
            binomial_normal(n - y, n)
        if not any(said in str(error) for said in ("infinite", "all bounds", "clear maximum")):
            raise
        return
    other = binomial_normal(n - y, n)
    mean, turned = one.pooled.coefficients[0], other.pooled.coefficients[0]
    assert mean.estimate == close(-turned.estimate, rel=1e-5, abs=1e-6)
    assert mean.se == close(turned.se, rel=1e-4)
    assert one.pooled.tau2 == close(other.pooled.tau2, rel=1e-4, abs=1e-8)
    none = binomial_normal(y, n, random="none")
    assert one.pooled.log_likelihood >= none.pooled.log_likelihood - 1e-9


def test_modes_are_found_where_the_slope_is_rounding_error() -> None:
    n = np.array([5.0, 5.0, 36.0])
    y = np.array([0.0, 5 * 0.99609375, 36.0])
    one, other = binomial_normal(y, n), binomial_normal(n - y, n)
    assert one.pooled.coefficients[0].estimate == close(
        -other.pooled.coefficients[0].estimate, rel=1e-5
    )


def test_arms_that_agree_have_no_variance_between() -> None:
    record = binomial_normal([10, 20, 30], [40, 80, 120])
    common = binomial_normal([10, 20, 30], [40, 80, 120], random="none")
    assert record.pooled.tau2 == 0
    assert record.pooled.coefficients[0].estimate == close(math.log(1 / 3), rel=1e-10)
    assert record.pooled.coefficients[0].se == close(common.pooled.coefficients[0].se, rel=1e-6)
    assert record.aic == close(common.aic + 2, rel=1e-10)
    nested = binomial_normal(
        [10, 20, 30, 15], [40, 80, 120, 60], random="arms in trials", trial=list("aabb")
    )
    assert nested.pooled.sigma2 == (0, 0)


def test_one_component_at_its_boundary() -> None:
    # trials differ, their arms do not
    y, n = [5, 5, 20, 20, 12, 12], [50] * 6
    record = binomial_normal(y, n, random="arms in trials", trial=list("aabbcc"))
    assert record.pooled.sigma2[1] == 0
    assert record.pooled.sigma2[0] > 0.1


def test_zeros_enter_naturally() -> None:
    y, n = [0, 0, 3, 5, 29], [14, 8.5, 20, 31, 44]
    record = binomial_normal(y, n)
    assert record.n_zero == 2
    assert all(0 < p < 1 for p in record.proportions)
    # shrunken towards the mean, the larger arm less
    assert (
        record.proportions[0]
        < record.proportions[1]
        < expit(record.pooled.coefficients[0].estimate)
    )


@pytest.mark.slow
@pytest.mark.parametrize("n_points", [1, 7])
def test_truth_is_found_in_simulated_arms(n_points: int) -> None:
    random, k = np.random.default_rng(7), 600
    trials = np.repeat(np.arange(k), 2)
    logits = -1 + 0.6 * random.normal(size=k)[trials] + 0.4 * random.normal(size=2 * k)
    arm = np.tile([0.0, 1.0], k)
    fit = fit_binomial_normal(
        random.binomial(80, expit(logits + 0.5 * arm)),
        [80] * (2 * k),
        random="arms in trials",
        n_points=n_points,
        moderators=np.column_stack((np.ones(2 * k), arm)),
        trial=[str(name) for name in trials],
    )
    errors = [c.se for c in fit.pooled.coefficients]
    assert np.abs((fit.beta - [-1, 0.5]) / errors).max() < 3
    assert fit.pooled.sigma2 == close((0.36, 0.16), abs=0.08)


def test_information_criteria_and_prediction() -> None:
    record = binomial_normal(XI, NI)
    deviance = -2 * record.pooled.log_likelihood
    assert record.aic == close(deviance + 4)
    assert record.bic == close(deviance + 2 * math.log(14))
    mean = record.pooled.coefficients[0]
    half = float(norm.ppf(0.975)) * math.sqrt(mean.se**2 + (record.pooled.tau2 or 0))
    assert record.pooled.prediction_low == close(mean.estimate - half)
    assert record.pooled.prediction_high == close(mean.estimate + half)


def test_questions_to_a_fit() -> None:
    fit = of_design("arms", 15, 3)
    difference = fit.combination("pd1 - ctla4", [0, -1, 1])
    assert difference.estimate == close(fit.beta[2] - fit.beta[1])
    again = fit.joint_test(["class"], [[0, 1, 0], [0, 0, 1]])
    assert fit.pooled.moderators is not None
    assert again.statistic == close(fit.pooled.moderators.statistic)
    row = fit.predicted(["control"], [[1, 0, 0]])[0]
    assert row.estimate == close(fit.beta[0])
    assert row.prediction_low is not None
    assert row.prediction_low < row.ci_low


def test_a_class_without_events_is_said_to_be_infinite() -> None:
    x = [[1, 0], [1, 0], [1, 1], [1, 1]]
    with pytest.raises(InputError, match=r"estimate of new is infinite .*2 arms with 0 events"):
        binomial_normal([3, 4, 0, 0], [9, 9, 9, 9], moderators=x, terms=["old", "new"])
    with pytest.raises(InputError, match=r"estimate of intercept is infinite .*nothing but"):
        binomial_normal([9, 7], [9, 7])
    # a column that separates without being a class
    with pytest.raises(InputError, match="infinite"):
        binomial_normal([0, 0, 9, 9], [9] * 4, moderators=[[1, 1], [1, 2], [1, 3], [1, 4]])


def test_counts_that_cannot_tell_the_variance_say_so() -> None:
    # one patient an arm: any variance fits as well with another mean
    with pytest.raises(InputError, match="no clear maximum"):
        binomial_normal([0, 1, 1, 0, 0], [1] * 5)
    with pytest.raises(InputError, match="all bounds"):
        binomial_normal([0, 5, 0, 5], [5] * 4)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"random": "trials"}, "unknown random effects"),
        ({"n_points": 0}, "1 to 100 points"),
        ({"trial": ["a"]}, "lengths differ"),
        ({"random": "arms in trials"}, "need several trials"),
        ({"random": "arms in trials", "trial": list("aaaa")}, "need several trials"),
        ({"random": "arms in trials", "trial": list("abcd")}, "need several trials"),
        ({"random": "arms in trials", "trial": list("aabb"), "n_points": 3}, "7 points or more"),
        ({"level": 95}, "confidence level"),
        ({"moderators": np.ones((4, 2))}, "depend on each other"),
        ({"moderators": np.eye(4)}, "too few"),
    ],
)
def test_bad_options_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=f"(?i){said}"):
        binomial_normal([2, 3, 4, 1], [9, 9, 9, 9], **options)


def test_bad_counts_are_refused() -> None:
    with pytest.raises(InputError, match=r"table 2 has events outside|Table 2"):
        binomial_normal([2, 10], [9, 9])
    with pytest.raises(InputError, match="too few"):
        binomial_normal([2], [9])
    assert binomial_normal([2], [9], random="none").heterogeneity is None
