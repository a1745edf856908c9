"""Profile intervals of variances and correlations, and likelihood ratios, beside metafor's."""

import csv
import json
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import chdtrc, chdtri

from perdure.errors import InputError
from perdure.pool.mixed.component_profile import (
    component_intervals,
    likelihood_ratio,
    profile_likelihood,
)
from perdure.pool.mixed.mixed_fit import MixedFit
from perdure.pool.mixed.mixed_model import MixedMethod
from perdure.pool.mixed.multilevel import fit_multilevel, fit_multivariate
from perdure.pool.mixed.structures import StructureName

HERE = Path(__file__).parents[1] / "reference" / "pool"
MULTILEVEL: dict[str, Any] = json.loads((HERE / "multilevel.json").read_text(encoding="utf-8"))
NESTED: dict[str, Any] = json.loads((HERE / "nested.json").read_text(encoding="utf-8"))
Array = NDArray[np.float64]
close = pytest.approx
HALF = float(chdtri(1, 0.05)) / 2

# metafor 3.8-1, confint(..., control = list(tol = 1e-10)), the model by optim's BFGS at a relative
# tolerance of 1e-14; the reference's own limits come from uniroot's default, 1.2e-4 away
TIGHT: dict[tuple[str, MixedMethod], list[tuple[float, float]]] = {
    ("konstantopoulos", "REML"): [(0.02223969069, 0.20724161922), (0.01626525502, 0.06282758033)],
    ("konstantopoulos", "ML"): [(0.01981002119, 0.17593873344), (0.01633084283, 0.06311153185)],
    ("assink", "REML"): [(0.08441199549, 0.46733969791), (0.06708541782, 0.18101144974)],
    ("assink", "ML"): [(0.07959178126, 0.42383715838), (0.06684656623, 0.18025288160)],
}
PD, AL = (5.467665e-5, 0.1114396252), (0.009496445742, 0.206776600906)
TIGHT_BERKEY: dict[StructureName, list[tuple[float, float]]] = {
    "UN": [PD, AL, (-0.5996181569, 1)],
    "HCS": [PD, AL, (-0.5996181815, 1)],
    "CS": [(0.008602424514, 0.135725350722), (-0.6090505116, 0.9599978950)],
    "DIAG": [(0, 0.10899716179), (0.009259195292, 0.206431613831)],
    "ID": [(0.008568758579, 0.086609515743)],
}


@cache
def table(name: str) -> dict[str, list[str]]:
    with (HERE / f"{name}.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return {key: [row[key] for row in rows] for key in rows[0]}


@cache
def levels_of(name: str, method: MixedMethod, *, outer: bool = False) -> MixedFit:
    data = table(f"dat.{name}2011" if name == "konstantopoulos" else f"dat.{name}2016")
    names = ("district", "school") if name == "konstantopoulos" else ("study", "esid")
    levels = {key: data[key] for key in (names[:1] if outer else names)}
    y, v = (np.array(data[key], dtype=float) for key in ("yi", "vi"))
    return fit_multilevel(y, v, levels, method=method)


@cache
def berkey(structure: StructureName, method: MixedMethod) -> MixedFit:
    data = table("dat.berkey1998")
    y = np.array(data["yi"], dtype=float)
    v = MULTILEVEL["berkey_V"]
    return fit_multivariate(
        y, v, data["outcome"], data["trial"], structure=structure, method=method
    )


@cache
def arms(formula: str, method: MixedMethod) -> MixedFit:
    data = table("design_42_arms")
    y, v = np.array(data["yi"], dtype=float), np.array(data["se"], dtype=float) ** 2
    factors = {
        "class": ("anti_ctla4", "anti_pd1"),
        "line": ("later",),
        "tumour": ("nsclc", "other"),
    }
    columns = [
        [float(value == level) for value in data[factor]]
        for factor, names in factors.items()
        if factor in formula
        for level in names
    ]
    x = np.column_stack((np.ones(42), *columns))
    return fit_multilevel(
        y, v, {"trial": data["trial"], "arm": data["arm_id"]}, method=method, moderators=x
    )


@pytest.mark.parametrize(("name", "method"), list(TIGHT))
def test_intervals_of_levels_are_metafors(name: str, method: MixedMethod) -> None:
    fit = levels_of(name, method)
    found = component_intervals(fit)
    limits = [(row.low, row.high) for row in found]
    assert limits == [close(expected, rel=1e-8) for expected in TIGHT[name, method]]
    reference = MULTILEVEL["three_level"][name][method]["sigma2_profile_ci"]
    for row, expected in zip(found, reference, strict=True):
        assert row.estimate == close(expected["estimate"], rel=1e-4)
        # uniroot's default tolerance
        assert [row.low, row.high] == close([expected["lower"], expected["upper"]], abs=1.3e-4)
        assert (row.quantity, row.reason) == ("sigma2", None)


@pytest.mark.parametrize("structure", list(TIGHT_BERKEY))
def test_intervals_of_outcomes_are_metafors(structure: StructureName) -> None:
    found = component_intervals(berkey(structure, "REML"))
    limits = [(row.low, row.high) for row in found]
    assert limits == [close(expected, rel=1e-6, abs=1e-10) for expected in TIGHT_BERKEY[structure]]
    for row in found:
        on_edge = row.low in (0, -1) or row.high == 1
        assert (row.reason is not None) == on_edge


def dense(fit: MixedFit, outcome: NDArray[np.int64], g: Array) -> float:
    """The restricted log-likelihood on whole matrices."""
    same = fit.groupings[0].codes[:, None] == fit.groupings[0].codes
    m = np.diag(fit.v) + np.where(same, g[np.ix_(outcome, outcome)], 0.0)
    w = np.linalg.inv(m)
    xwx = fit.x.T @ w @ fit.x
    r = fit.y - fit.x @ np.linalg.solve(xwx, fit.x.T @ w @ fit.y)
    total = np.linalg.slogdet(m)[1] + np.linalg.slogdet(xwx)[1] + r @ w @ r
    total -= np.linalg.slogdet(fit.x.T @ fit.x)[1]
    return float(-0.5 * (total + (fit.y.size - fit.x.shape[1]) * np.log(2 * np.pi)))


def test_three_outcomes_beside_another_optimiser() -> None:
    rng = np.random.default_rng(4)
    n, m = 16, 3
    trial, outcome = np.repeat(np.arange(n), m), np.tile(np.arange(m, dtype=np.int64), n)
    g = 0.1 * (0.4 + 0.6 * np.eye(m))
    variance = rng.uniform(0.01, 0.05, n * m)
    u = rng.multivariate_normal(np.zeros(m), g, n)
    y = u.ravel() + rng.normal(0, np.sqrt(variance))
    fit = fit_multivariate(y, variance, outcome.tolist(), trial.tolist())
    found = component_intervals(fit)
    assert [row.quantity for row in found] == ["sigma2"] * 3 + ["rho"] * 3
    assert [row.name for row in found[3:]] == ["0, 1", "0, 2", "1, 2"]
    pairs = list(combinations(range(m), 2))

    def lower(free: Array, at: int, value: float) -> float:
        """Spherical angles of the rows: another way to write a correlation matrix."""
        sd = np.exp(free[:3])
        if at < 3:
            sd[at] = np.sqrt(value)
        order = [0, 1, 2]
        if at >= 3:
            order = [*pairs[at - 3], *({0, 1, 2} - set(pairs[at - 3]))]
        first = np.arccos(value) if at >= 3 else free[3]
        angles = np.array(
            [
                [1, 0, 0],
                [np.cos(first), np.sin(first), 0],
                [
                    np.cos(free[4]),
                    np.sin(free[4]) * np.cos(free[5]),
                    np.sin(free[4]) * np.sin(free[5]),
                ],
            ]
        )
        root = np.zeros((3, 3))
        root[order] = angles
        return -dense(fit, outcome, root @ root.T * np.outer(sd, sd))

    start = np.array([-1, -1, -1, 1.2, 1.2, 1.2])
    for at, row in enumerate(found):
        for limit in (row.low, row.high):
            value = profile_likelihood(fit, at, limit)
            cut = fit.pooled.log_likelihood - HALF
            assert value >= cut if abs(limit) == 1 else value == close(cut, abs=1e-8)
            if at in (0, 3, 5):
                other = minimize(lower, start, args=(at, limit), method="BFGS")
                assert value == close(-other.fun, abs=1e-6)
        assert row.low < row.estimate < row.high


def test_the_profile_is_highest_at_the_estimate() -> None:
    fit = levels_of("assink", "REML")
    at_estimate = profile_likelihood(fit, 1, fit.pooled.sigma2[1])
    assert at_estimate == close(fit.pooled.log_likelihood, rel=1e-12)
    for factor in (0.5, 0.9, 1.1, 2.0):
        assert profile_likelihood(fit, 1, factor * fit.pooled.sigma2[1]) < at_estimate


def test_a_variance_of_zero_has_an_upper_limit() -> None:
    fit = arms("intercept", "ML")
    trial = component_intervals(fit)[0]
    assert (trial.estimate, trial.low) == (0, 0)
    assert trial.high > 0
    assert trial.reason == "the likelihood at 0, the least possible, is inside"
    assert profile_likelihood(fit, 0, trial.high) == close(fit.pooled.log_likelihood - HALF)


def test_the_interval_is_of_the_models_level() -> None:
    data = table("dat.konstantopoulos2011")
    y, v = (np.array(data[key], dtype=float) for key in ("yi", "vi"))
    levels = {key: data[key] for key in ("district", "school")}
    narrow = component_intervals(fit_multilevel(y, v, levels, level=0.8))[0]
    wide = component_intervals(levels_of("konstantopoulos", "REML"))[0]
    assert wide.low < narrow.low < narrow.high < wide.high


def test_a_likelihood_that_hardly_falls_has_no_upper_limit() -> None:
    # two trials: the restricted likelihood of their variance falls by half a logarithm only
    fit = fit_multilevel([0.0, 0.1, 1.0, 1.1], [0.01] * 4, [list("AABB"), range(4)], level=1 - 1e-9)
    trial = component_intervals(fit)[0]
    assert trial.high == np.inf
    assert "no upper limit" in (trial.reason or "")


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_a_level_more_is_tested_by_metafors_likelihoods(method: MixedMethod) -> None:
    larger = levels_of("konstantopoulos", method)
    smaller = levels_of("konstantopoulos", method, outer=True)
    found = likelihood_ratio(larger, smaller)
    if method == "REML":
        reference = MULTILEVEL["three_level"]
        gain = reference["konstantopoulos"]["REML"]["logLik"]
        gain -= reference["konstantopoulos_district_only"]["logLik"]
        assert found.statistic == close(2 * gain, rel=1e-10)
    assert found.df == 1
    assert found.p == close(chdtrc(1, found.statistic))
    assert found.caution is not None
    assert "edge" in found.caution


@pytest.mark.parametrize(
    ("larger", "smaller", "df"),
    [("class line tumour", "class", 3), ("class", "intercept", 2)],
)
def test_coefficients_are_tested_by_metafors_likelihoods(
    larger: str, smaller: str, df: int
) -> None:
    found = likelihood_ratio(arms(larger, "ML"), arms(smaller, "ML"))
    reference = {
        key: NESTED["three_level"][key.replace(" ", "_")]["ML"] for key in (larger, smaller)
    }
    gain = reference[larger]["logLik"] - reference[smaller]["logLik"]
    assert found.statistic == close(2 * gain, rel=1e-9)
    assert (found.df, found.caution) == (df, None)


@pytest.mark.parametrize(
    ("larger", "smaller", "df"), [("UN", "CS", 1), ("UN", "DIAG", 1), ("HCS", "ID", 2)]
)
def test_structures_are_tested_by_metafors_likelihoods(
    larger: StructureName, smaller: StructureName, df: int
) -> None:
    found = likelihood_ratio(berkey(larger, "REML"), berkey(smaller, "REML"))
    reference = MULTILEVEL["berkey"]
    gain = (
        reference[larger]["REML"]["means"]["logLik"] - reference[smaller]["REML"]["means"]["logLik"]
    )
    assert found.statistic == close(2 * gain, rel=1e-9)
    assert found.df == df


def test_fits_that_cannot_be_compared() -> None:
    with pytest.raises(InputError, match="different coefficients"):
        likelihood_ratio(arms("class", "REML"), arms("intercept", "REML"))
    with pytest.raises(InputError, match="different methods"):
        likelihood_ratio(arms("class", "ML"), arms("class", "REML"))
    with pytest.raises(InputError, match="different effects"):
        likelihood_ratio(arms("class", "ML"), levels_of("assink", "ML"))
    for larger, smaller in (
        (arms("intercept", "ML"), arms("class", "ML")),
        (arms("class", "ML"), arms("line tumour", "ML")),
        (arms("class", "ML"), arms("class", "ML")),
        (berkey("CS", "ML"), berkey("DIAG", "ML")),
        (berkey("UN", "ML"), berkey("HCS", "ML")),
        (levels_of("assink", "ML", outer=True), levels_of("assink", "ML")),
    ):
        with pytest.raises(InputError, match="not the first with something left out"):
            likelihood_ratio(larger, smaller)


@pytest.mark.parametrize("factor", [1e-7, 1e7])
def test_limits_have_the_scale_of_the_effects(factor: float) -> None:
    data = table("dat.konstantopoulos2011")
    y, v = (np.array(data[key], dtype=float) for key in ("yi", "vi"))
    levels = {key: data[key] for key in ("district", "school")}
    found = component_intervals(fit_multilevel(factor * y, factor**2 * v, levels))
    limits = [(row.low / factor**2, row.high / factor**2) for row in found]
    assert limits == [close(pair, rel=1e-7, abs=0) for pair in TIGHT["konstantopoulos", "REML"]]


def test_a_value_that_cannot_be() -> None:
    with pytest.raises(InputError, match="cannot have this value"):
        profile_likelihood(levels_of("assink", "ML"), 0, -0.1)
