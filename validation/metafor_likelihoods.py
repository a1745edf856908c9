"""Where R stopped short of the optimum: perdure's likelihood beside that at R's numbers."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from metafor_compare import given
from metafor_counts import Trials, counts_of, trials_of, um_fs_at
from metafor_effects import bcg_design
from metafor_laplace import wald_of_own_odds_ratios
from metafor_nested import numbers, table
from metafor_selection import selection_models
from metafor_sensitivity import fit_of
from scipy.stats import nchypergeom_fisher

from perdure.pool import Fit, Method, fit_effects
from perdure.pool.binomial.binomial_contrasts import odds_ratio_model
from perdure.pool.binomial.exponential_family import binomial_model
from perdure.pool.binomial.quadrature import RandomEffect, adaptive_quadrature
from perdure.pool.checks.trim_fill import trim_fill
from perdure.pool.mixed.component_profile import component_intervals, profile_likelihood
from perdure.pool.mixed.multilevel import fit_multilevel
from perdure.pool.models.least_squares import log_likelihood, weighted_least_squares
from perdure.records import Floats
from perdure.records.binomial import CountContrastModel
from perdure.records.small_study import TrimFillEstimator

__all__ = ["Beside", "exact_errors", "likelihoods", "profile_limits"]

LEAST = -1e-9
HALF_CHI_SQUARE = 1.9207294103470702


@dataclass(frozen=True)
class Beside:
    """Log-likelihood at perdure's and at R's numbers, by the same function or by each one's own."""

    case: str
    ours: float
    theirs: float

    @property
    def below(self) -> bool:
        """Whether R found more than perdure."""
        return self.ours - self.theirs < LEAST * (1 + abs(self.theirs))


def _at(fit: Fit, tau2: float, *, restricted: bool) -> float:
    white = weighted_least_squares(fit.y, fit.x, fit.v + tau2)
    return log_likelihood(white, fit.x, restricted=restricted)


def _on_the_boundary() -> Iterator[Beside]:
    bcg = given("regression")["bcg"]
    x = bcg_design("alloc_by_ablat")
    fit = fit_effects(bcg["yi"], bcg["vi"], method="ML", test="z", moderators=x)
    theirs = given("regression")["models"]["alloc_by_ablat"]["ML"]["z"]["tau2"]
    name = "regression alloc_by_ablat, ML"
    yield Beside(name, fit.pooled.log_likelihood, _at(fit, theirs, restricted=False))
    own = given("regression")["raudenbush"]
    design = np.column_stack((np.ones(len(own["yi"])), own["weeks"]))
    methods: tuple[Method, ...] = ("ML", "REML")
    for method in methods:
        fit = fit_effects(own["yi"], own["vi"], method=method, test="z", moderators=design)
        theirs = _at(fit, own["fits"][method]["tau2"], restricted=method == "REML")
        yield Beside(f"regression raudenbush, {method}", fit.pooled.log_likelihood, theirs)


def _conditional(name: str, mean: float, tau2: float) -> float:
    """Return the likelihood of CM.AL, events of the first arm given those of both."""
    trials = trials_of(name)
    a, c = trials.y[::2], trials.y[1::2]
    n1, n2 = trials.n[::2], trials.n[1::2]
    effect = RandomEffect(np.ones(a.size), np.arange(a.size))
    eta = mean + np.log(n1 / n2)
    model = binomial_model(a, a + c)
    return adaptive_quadrature(model, effect, eta, math.sqrt(tau2), 7).log_likelihood


def _mixed_models_of_counts() -> Iterator[Beside]:
    glmm = given("binomial")["glmm"]
    for name in ("bcg_OR", "nielweise2007_OR", "nielweise2007_OR_default_control"):
        trials: Trials = trials_of(name)
        own = glmm[name]["UM.FS"]
        theirs = um_fs_at(trials, own["beta"], own["tau2"]).log_likelihood
        ours = odds_ratio_model(*counts_of(name), model="UM.FS", n_points=7).pooled
        yield Beside(f"{name} UM.FS", ours.log_likelihood, theirs)
        own = glmm[name]["CM.AL"]
        ours = odds_ratio_model(*counts_of(name), model="CM.AL", n_points=7).pooled
        theirs = _conditional(name, own["beta"], own["tau2"])
        yield Beside(f"{name} CM.AL", ours.log_likelihood, theirs)
    models: tuple[CountContrastModel, ...] = get_args(CountContrastModel)
    for name, fits in glmm.items():
        for model in models:
            printed = model in ("UM.RS", "CM.EL") or name.endswith("FE")
            if model not in fits or not printed:
                continue
            random = not name.endswith("FE")
            ours = odds_ratio_model(
                *counts_of(name), model=model, random=random, n_points=15
            ).pooled
            case = f"{name} {model}, R's as printed"
            yield Beside(case, ours.log_likelihood, fits[model]["logLik"])


def _trim_and_fill() -> Iterator[Beside]:
    estimators: tuple[TrimFillEstimator, ...] = get_args(TrimFillEstimator)
    for name in ("hackshaw_REML", "bcg_RR_REML"):
        for estimator in estimators:
            fit = fit_of(name, "REML", "z")
            found = trim_fill(fit, estimator=estimator)
            if found.pooled is None:
                continue
            y = np.append(fit.y, [point.y for point in found.filled])
            v = np.append(fit.v, [point.se**2 for point in found.filled])
            theirs = given("small_study")[name]["trimfill"][estimator]["tau2"]
            ones = np.ones((y.size, 1))
            white = weighted_least_squares(y, ones, v + theirs)
            value = log_likelihood(white, ones, restricted=True)
            case = f"trim and fill {name} {estimator}, the filled effects"
            yield Beside(case, found.pooled.log_likelihood, value)


def _selection() -> Iterator[Beside]:
    for where, found, expected in selection_models():
        if found.log_likelihood is not None:
            case = f"{where[1]} {where[2]}, R's as printed"
            yield Beside(case, found.log_likelihood, expected["logLik"])


def likelihoods() -> list[Beside]:
    """Return the likelihoods where R stopped short, of all rma.glmm fits and selection models."""
    rest = (*_trim_and_fill(), *_selection())
    return [*_on_the_boundary(), *_mixed_models_of_counts(), *rest]


def profile_limits() -> list[tuple[str, float, float, float, float]]:
    """Return limits of variances, ours and R's, each with how far its profile is from the cut."""
    rows = []
    for name, names in (("konstantopoulos", ("district", "school")), ("assink", ("study", "esid"))):
        data = "dat.konstantopoulos2011" if name == "konstantopoulos" else "dat.assink2016"
        levels = {key: table(data)[key] for key in names}
        methods: tuple[Any, ...] = ("REML", "ML")
        for method in methods:
            y, v = numbers(data, "yi"), numbers(data, "vi")
            fit = fit_multilevel(y, v, levels, method=method)
            cut = fit.pooled.log_likelihood - HALF_CHI_SQUARE
            own = given("multilevel")["three_level"][name][method]["sigma2_profile_ci"]
            for at, (row, expected) in enumerate(zip(component_intervals(fit), own, strict=True)):
                for end in ("lower", "upper"):
                    mine = row.low if end == "lower" else row.high
                    case = f"{name} {method} sigma2 of {names[at]}, {end}"
                    both = [profile_likelihood(fit, at, x) - cut for x in (mine, expected[end])]
                    rows.append((case, mine, expected[end], both[0], both[1]))
    return rows


def exact_errors() -> list[tuple[str, float, float, float]]:
    """Return numbers of which R's rest on differenced Hessians: ours, by another way, R's."""
    name = "nielweise2007_OR_FE"
    found = odds_ratio_model(*counts_of(name), model="CM.EL", random=False).pooled
    mean = found.coefficients[0]
    a, n1, c, n2 = (column.astype(int) for column in counts_of(name))
    kept: Floats = a + c > 0
    tables = np.column_stack((a, n1, c, n2))[kept].tolist()
    odds = math.exp(mean.estimate)
    laws = [nchypergeom_fisher(m1 + m2, m1, x + z, odds) for x, m1, z, m2 in tables]
    scipys = 1 / math.sqrt(sum(float(law.var()) for law in laws))
    theirs = given("binomial")["glmm"][name]["CM.EL"]["se"]
    rows = [(f"{name} CM.EL, standard error: scipy's distribution", mean.se, scipys, theirs)]
    for name in ("nielweise2007_OR", "bcg_OR"):
        found = odds_ratio_model(*counts_of(name), model="UM.RS").pooled
        again = wald_of_own_odds_ratios(name)
        theirs = given("binomial")["glmm"][name]["UM.RS"]["QE_Wald"]
        rows.append((f"{name} UM.RS, Q by Wald: metafor_laplace.py", found.q or 0, again, theirs))
    return rows
