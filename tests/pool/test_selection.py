"""Selection models: R's numbers where R converged, and an independent likelihood everywhere."""

import json
import math
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import differential_evolution, minimize
from scipy.stats import norm

from perdure.errors import InputError
from perdure.pool import Fit, fit_effects
from perdure.pool.checks.selection import selection_model
from perdure.pool.checks.selection_likelihood import published
from perdure.records import Floats
from perdure.records.small_study import Alternative, SelectionFamily, SelectionModel

HERE = Path(__file__).parents[1] / "reference" / "pool"
RMA: dict[str, Any] = json.loads((HERE / "rma.json").read_text(encoding="utf-8"))
SMALL: dict[str, Any] = json.loads((HERE / "small_study.json").read_text(encoding="utf-8"))
SETS = {"hackshaw": "hackshaw1998", "bcg_RR": "bcg_RR"}
STEPS = {"step_025": (0.025,), "step_025_5": (0.025, 0.5)}
CASES = [(name, case) for name in SETS for case in SMALL[f"selmodel_{name}_ML"]]
# where R stopped at a bound or short of the optimum: see the tests that follow
ELSEWHERE = {
    ("hackshaw", "halfnorm"),
    ("bcg_RR", "step_025"),
    ("bcg_RR", "step_025_5"),
    ("bcg_RR", "beta"),
    ("bcg_RR", "negexp"),
}

close = pytest.approx


def fit_of(name: str) -> Fit:
    return fit_effects(RMA[SETS[name]]["yi"], RMA[SETS[name]]["vi"], method="ML", test="z")


@cache
def model_of(name: str, case: str, alternative: Alternative = "greater") -> SelectionModel:
    family = cast("SelectionFamily", "stepfun" if case in STEPS else case)
    steps = STEPS.get(case, (0.025,))
    return selection_model(fit_of(name), family=family, alternative=alternative, steps=steps)


def test_every_case_of_the_reference_is_here() -> None:
    families = {"step_025", "step_025_5", "beta", "halfnorm", "negexp"}
    assert len(CASES) == 10
    assert {case for _, case in CASES} == families
    errors = [c for c in CASES if "error" in SMALL[f"selmodel_{c[0]}_ML"][c[1]]]
    assert errors == [("bcg_RR", "step_025_5")]


@pytest.mark.parametrize(("name", "case"), [c for c in CASES if c != ("bcg_RR", "step_025_5")])
def test_the_likelihood_is_not_below_metafors(name: str, case: str) -> None:
    expected = SMALL[f"selmodel_{name}_ML"][case]
    found = model_of(name, case)
    assert found.log_likelihood is not None
    assert found.log_likelihood >= expected["logLik"] - 1e-10
    assert found.log_likelihood == close(expected["logLik"], abs=3e-4)
    assert found.ratio == close(expected["LRT"], abs=6e-4)
    assert found.p == close(expected["LRT_p"], abs=2e-4)


@pytest.mark.parametrize(("name", "case"), [c for c in CASES if c not in ELSEWHERE])
def test_estimates_are_metafors(name: str, case: str) -> None:
    expected = SMALL[f"selmodel_{name}_ML"][case]
    found = model_of(name, case)
    assert found.mean is not None
    # the mean of negexp is 0.005, of which 1e-4 is less than optimisers can tell
    assert found.mean.estimate == close(expected["beta"], rel=1e-4, abs=1e-5 * expected["se"])
    assert found.tau2 == close(expected["tau2"], rel=1e-4)
    assert [row.estimate for row in found.selection] == close(expected["delta"], rel=1e-4)
    assert found.reason is None
    if case == "beta":  # R's second derivatives are of an integral good to 1e-4: see below
        return
    assert found.mean.se == close(expected["se"], rel=1e-4)
    assert [row.se for row in found.selection][-1] == close(expected["se_delta"][-1], rel=1e-4)
    assert found.mean.ci_low == close(expected["ci_lower"], abs=1e-4)
    assert found.mean.ci_high == close(expected["ci_upper"], abs=1e-4)


# metafor 3.8-1 with control = list(optimizer = "Nelder-Mead", reltol = 1e-14, maxit = 5000, intCtrl
# = list(rel.tol = 1e-9, subdivisions = 1000)): mean, se, tau2, the last selection parameter, its
# se, log-likelihood. The first has optim's default method and rel.tol = 1e-7.
TIGHT: dict[tuple[str, str, Alternative], str] = {
    ("hackshaw", "halfnorm", "greater"): "0.101012298223 0.119418450777 0.032115977204"
    " 2.029620134717 1.428708359501 -8.881771126232",
    ("hackshaw", "halfnorm", "two-sided"): "0.193184634112 0.053990036040 0.016671512063"
    " 0.617911669375 0.729964964435 -9.772510950349",
    ("bcg_RR", "halfnorm", "less"): "-0.61742330126 0.34995279243 0.34584891736"
    " 0.91369168037 2.37450406274 -12.58665368626",
    ("bcg_RR", "beta", "greater"): "-0.78940060921 0.56166847648 0.40730723997"
    " 1.10870192349 0.16178430530 -11.95289823476",
}


@pytest.mark.parametrize(("name", "case", "alternative"), TIGHT)
def test_estimates_are_metafors_when_it_converges(
    name: str, case: str, alternative: Alternative
) -> None:
    expected = [float(number) for number in TIGHT[name, case, alternative].split()]
    found = model_of(name, case, alternative)
    assert found.mean is not None
    last = found.selection[-1]
    values = [found.mean.estimate, found.mean.se, found.tau2, last.estimate, last.se]
    assert values == close(expected[:-1], rel=1e-4)
    assert found.log_likelihood == close(expected[-1], abs=1e-8)
    assert found.log_likelihood is not None
    assert found.log_likelihood >= expected[-1] - 1e-9


STEP_05: list[tuple[Alternative, tuple[float, ...]]] = [  # the same, steps = 0.05
    ("less", (-0.73159669199, 0.24256890597, 0.27641145690, 1.11356835923, 1.01777439889)),
    ("two-sided", (-0.68803570458, 0.21385995333, 0.27744666400, 0.86492962321, 0.70321078550)),
]


@pytest.mark.parametrize(("alternative", "expected"), STEP_05)
def test_a_step_on_either_side_is_metafors(
    alternative: Alternative, expected: tuple[float, ...]
) -> None:
    found = selection_model(fit_of("bcg_RR"), alternative=alternative, steps=[0.05])
    assert found.mean is not None
    last = found.selection[-1]
    values = [found.mean.estimate, found.mean.se, found.tau2, last.estimate, last.se]
    assert values == close(expected, rel=1e-5)


def log_weight(family: str, p: float, delta: Floats, steps: tuple[float, ...]) -> float:
    if family == "stepfun":
        return math.log([1.0, *delta][sum(p > step for step in steps)])
    if family == "beta":
        p = min(max(p, 1e-5), 1 - 1e-5)
        return float((delta[0] - 1) * math.log(p) + (delta[1] - 1) * math.log1p(-p))
    return float(-delta[0] * p ** (2 if family == "halfnorm" else 1))


def independent(
    fit: Fit, family: str, alternative: str, at: Floats, steps: tuple[float, ...] = (0.025,)
) -> float:
    """The log-likelihood of (mean, tau2, selection) by adaptive quadrature, effect by effect."""

    def p_of(z: float) -> float:
        if alternative == "two-sided":
            return math.erfc(abs(z) / math.sqrt(2))
        return math.erfc((z if alternative == "greater" else -z) / math.sqrt(2)) / 2

    # where weights jump or have a corner
    sharp = [4.264890793922602, 4.417173413469024, 1.2533141373155e-05]
    sharp += [float(norm.isf(value)) for step in steps for value in (step, step / 2)]
    breaks = sorted({0.0, *sharp, *(-value for value in sharp)})
    whole = 0.0
    for y, v in zip(fit.y.tolist(), fit.v.tolist(), strict=True):
        se, sd = math.sqrt(v), math.sqrt(v + at[1])
        center, width = at[0] / se, sd / se

        def inside(z: float, center: float = center, width: float = width) -> float:
            exponent = log_weight(family, p_of(z), at[2:], steps) - ((z - center) / width) ** 2 / 2
            return math.exp(exponent) / (width * math.sqrt(2 * math.pi))

        reach = abs(center) + 10 * width
        edges = [-reach, *(b for b in breaks if abs(b) < reach), reach]
        integral = sum(
            quad(inside, a, b, epsabs=1e-12, epsrel=1e-10)[0] for a, b in pairwise(edges)
        )
        whole += log_weight(family, p_of(y / se), at[2:], steps) - math.log(integral)
        whole += float(norm.logpdf(y, at[0], sd))
    return whole


DELTAS: dict[str, list[list[float]]] = {
    "stepfun": [[0.3], [3.0]],
    "beta": [[2.0, 1.3], [0.4, 0.3], [0.05, 4.0]],
    "halfnorm": [[0.5], [30.0]],
    "negexp": [[0.5], [30.0]],
}


@pytest.mark.parametrize("alternative", get_args(Alternative))
@pytest.mark.parametrize("family", get_args(SelectionFamily))
def test_the_likelihood_is_that_of_adaptive_quadrature(
    family: SelectionFamily, alternative: Alternative
) -> None:
    fit = fit_effects([0.5, -0.1, 1.2], [0.04, 0.09, 0.2])
    data = published(fit.y, fit.v, family, alternative, (0.025,) if family == "stepfun" else ())
    sign = -1 if alternative == "less" else 1
    for delta in DELTAS[family]:
        for mean, tau2 in ((0.2, 0.0), (-0.4, 0.3), (2.5, 1.0)):
            at = np.array([mean, tau2, *delta])
            found = data.log_likelihood(sign * mean, tau2, at[2:])
            assert found == close(independent(fit, family, alternative, at), rel=1e-8, abs=1e-8)


def test_standard_errors_of_beta_are_those_of_the_independent_likelihood() -> None:
    """Its gradient is 0 at the estimate, and its second differences give the errors."""
    fit, found = fit_of("hackshaw"), model_of("hackshaw", "beta")
    assert found.mean is not None
    assert found.tau2 is not None
    best = np.array([found.mean.estimate, found.tau2, *(row.estimate for row in found.selection)])
    units = np.diag(2e-3 * best)

    def loss(at: Floats) -> float:
        return -independent(fit, "beta", "greater", at)

    hessian = np.empty((4, 4))
    for i in range(4):
        quarter = units[i] / 4
        slope = (loss(best + quarter) - loss(best - quarter)) / (2 * quarter[i])
        assert slope == close(0, abs=1e-4)
        for j in range(i + 1):
            same = loss(best + units[i] + units[j]) + loss(best - units[i] - units[j])
            crossed = loss(best + units[i] - units[j]) + loss(best - units[i] + units[j])
            hessian[i, j] = hessian[j, i] = (same - crossed) / (4 * units[i, i] * units[j, j])
    errors = np.sqrt(np.diagonal(np.linalg.inv(hessian)))
    assert found.mean.se == close(errors[0], rel=1e-3)
    assert [row.se for row in found.selection] == close(errors[2:], rel=1e-3)


def step_loss(fit: Fit, cuts: tuple[float, ...]) -> Any:
    """The step function's likelihood, written anew: cells of a normal distribution."""
    edges = [np.inf, *(norm.isf(cut) for cut in cuts), -np.inf]
    se = np.sqrt(fit.v)
    cell = np.searchsorted(-np.array(edges[1:-1]), -fit.y / se, side="left")

    def loss(at: Floats) -> float:
        sd = np.sqrt(fit.v + at[1] ** 2)
        weights = np.array([1.0, *at[2:]])
        ends = [norm.cdf((edge * se - at[0]) / sd) for edge in edges]
        normal = sum(w * (ends[i] - ends[i + 1]) for i, w in enumerate(weights))
        return -float((norm.logpdf(fit.y, at[0], sd) + np.log(weights[cell] / normal)).sum())

    return loss


def test_where_metafor_does_not_converge_a_second_optimiser_agrees() -> None:
    """bcg with steps 0.025 and 0.5 has no effect in the first interval: R stops with an error."""
    found = model_of("bcg_RR", "step_025_5")
    assert found.counts == (0, 2, 11)
    assert found.reason is not None
    assert found.reason.startswith("no effect has p <= 0.025: weights relative to an interval")
    assert "0.025 < p <= 0.5 lies on its bound of 100" in found.reason
    bounds: Any = [(-3.0, 3.0), (0.0, 2.0), (1e-3, 100.0), (1e-3, 100.0)]
    loss = step_loss(fit_of("bcg_RR"), (0.025, 0.5))
    best = differential_evolution(loss, bounds, rng=np.random.default_rng(1), tol=1e-10, popsize=8)
    assert found.log_likelihood == close(-best.fun, abs=1e-6)
    assert found.log_likelihood is not None
    assert found.log_likelihood >= -best.fun - 1e-9
    assert found.mean is not None
    assert found.tau2 is not None
    values = [
        found.mean.estimate,
        math.sqrt(found.tau2),
        *(s.estimate for s in found.selection[1:]),
    ]
    assert values == close(best.x, rel=2e-3)


def test_an_empty_interval_is_said() -> None:
    """R's parameter stops at 98.3 of the 100 that it allows; the likelihood rises to the bound."""
    found = model_of("bcg_RR", "step_025")
    expected = SMALL["selmodel_bcg_RR_ML"]["step_025"]
    assert found.counts == (0, 13)
    assert found.selection[1].estimate == 100
    assert found.selection[1].se is None
    assert found.reason is not None
    assert "no effect has p <= 0.025" in found.reason
    assert found.mean is not None
    assert found.mean.estimate == close(expected["beta"], rel=1e-4)
    assert found.tau2 == close(expected["tau2"], rel=1e-4)


def test_no_selection_at_the_bound() -> None:
    """R stops at 0.017, with a lower likelihood than without selection."""
    found, fit = model_of("bcg_RR", "negexp"), fit_of("bcg_RR")
    assert found.reason == "the likelihood is highest without selection"
    assert [(row.estimate, row.se) for row in found.selection] == [(0.0, None)]
    assert [found.ratio, found.p] == close([0, 1], abs=1e-5)
    assert found.mean is not None
    mean = fit.pooled.coefficients[0]
    assert [found.mean.estimate, found.mean.se] == close(
        [mean.estimate, 1 / math.sqrt((1 / (fit.v + fit.between)).sum())], rel=2e-2
    )
    assert found.mean.estimate == close(mean.estimate, rel=1e-7)
    assert found.log_likelihood == close(fit.pooled.log_likelihood, rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_no_start_of_another_optimiser_does_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    v = rng.uniform(0.01, 0.3, 15)
    y = rng.normal(0.3, np.sqrt(v + 0.05))
    fit = fit_effects(y, v)
    found = selection_model(fit, alternative="greater", steps=[0.2])
    loss = step_loss(fit, (0.2,))
    search: Any = minimize
    for delta in (0.05, 0.8, 50.0):
        for mean in (-1.0, 0.5):
            best = search(
                lambda at: float(loss(np.array([at[0], at[1], min(np.exp(at[2]), 100)]))),
                np.array([mean, 0.2, np.log(delta)]),
                method="Nelder-Mead",
                options={"xatol": 1e-6, "fatol": 1e-10, "maxiter": 2000},
            )
            assert found.log_likelihood is not None
            assert found.log_likelihood >= -best.fun - 1e-7


def test_a_mirror_image_and_the_other_side() -> None:
    fit = fit_of("hackshaw")
    turned = fit_effects(-fit.y, fit.v)
    families: tuple[SelectionFamily, ...] = ("stepfun", "halfnorm")
    for family in families:
        one = selection_model(fit, family=family, alternative="greater")
        other = selection_model(turned, family=family, alternative="less")
        assert one.mean is not None
        assert other.mean is not None
        assert one.mean.estimate == close(-other.mean.estimate, rel=1e-7)
        assert (one.mean.ci_low, one.p) == close((-other.mean.ci_high, other.p), rel=1e-6)


def test_simulated_truth() -> None:
    """1,000 effects of which one in five that are not significant was published: weight 0.2."""
    rng = np.random.default_rng(3)
    v = rng.uniform(0.01, 0.2, 3000)
    y = rng.normal(0.2, np.sqrt(v + 0.02))
    seen = (y / np.sqrt(v) > norm.isf(0.025)) | (rng.uniform(size=3000) < 0.2)
    found = selection_model(fit_effects(y[seen], v[seen], method="DL"), alternative="greater")
    assert found.mean is not None
    assert found.mean.estimate == close(0.2, abs=3 * found.mean.se)
    weight = found.selection[1]
    assert weight.se is not None
    assert weight.estimate == close(0.2, abs=3 * weight.se)
    assert found.p is not None
    assert found.p < 1e-6
    assert found.sentence.startswith("A sign that publication hung on p values")
    assert fit_effects(y[seen], v[seen], method="DL").beta[0] > 0.3


def test_trouble_has_reasons() -> None:
    for k in (1, 2, 3):
        fit = fit_effects([0.5, 0.1, 0.2][:k], [0.04, 0.05, 0.06][:k])
        found = selection_model(fit, alternative="greater")
        assert (
            found.reason == f"{k} effects are too few for a mean, a variance and 1 more: 4 needed"
        )
        assert found.mean is None
        assert found.tau2 is None
        assert found.sentence == f"No selection model: {found.reason}."


@pytest.mark.parametrize("family", get_args(SelectionFamily))
@pytest.mark.parametrize(
    ("y", "v"),
    [
        ([0.3] * 8, [0.04, 0.01, 0.09, 0.02, 0.05, 0.06, 0.2, 0.1]),
        ([0.1, 0.5, 0.2, 0.4, 0.3, 0.35, 0.25, 0.9], [0.04] * 8),
        ([0.1, 0.12, 0.09, 0.11, 0.13], [0.04, 0.05, 0.02, 0.1, 0.06]),
    ],
)
def test_equal_effects_or_errors_or_no_heterogeneity(
    family: SelectionFamily, y: list[float], v: list[float]
) -> None:
    found = selection_model(fit_effects(y, v), family=family, alternative="greater")
    if found.mean is None:
        assert found.reason is not None
        return
    numbers = [found.mean.estimate, found.mean.se, found.tau2, found.log_likelihood, found.ratio]
    numbers += [row.estimate for row in found.selection]
    assert all(value is not None and math.isfinite(value) for value in numbers)
    assert found.ratio is not None
    assert found.ratio >= 0


def test_options_that_cannot_be() -> None:
    fit = fit_of("hackshaw")
    with pytest.raises(InputError, match="Unknown family"):
        selection_model(fit, family=cast("SelectionFamily", "power"), alternative="greater")
    with pytest.raises(InputError, match="Unknown alternative"):
        selection_model(fit, alternative=cast("Alternative", "right"))
    for steps in ([], [0.0], [0.05, 0.05], [1.0]):
        with pytest.raises(InputError, match="not different p values"):
            selection_model(fit, alternative="greater", steps=steps)
    design = np.column_stack((np.ones(37), np.arange(37)))
    with pytest.raises(InputError, match="has moderators"):
        selection_model(fit_effects(fit.y, fit.v, moderators=design), alternative="less")
