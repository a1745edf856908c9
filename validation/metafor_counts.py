"""binomial, escalc and the binomial-normal models of nested: counts beside metafor and lme4."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from metafor_compare import Comparison, given
from metafor_effects import indicators
from metafor_nested import numbers, table
from scipy.special import expit, xlogy

from perdure.pool.binomial.binomial_contrasts import odds_ratio_model
from perdure.pool.binomial.binomial_normal import RandomPart, binomial_normal, fit_binomial_normal
from perdure.pool.binomial.exponential_family import CountModel, binomial_model
from perdure.pool.binomial.likelihood_search import Optimum, maximise
from perdure.pool.binomial.mantel_haenszel import mantel_haenszel, peto
from perdure.pool.binomial.quadrature import Marginal, RandomEffect, adaptive_quadrature, modes
from perdure.pool.effects.counts import Policy, proportion_effects, two_by_two_effects
from perdure.pool.effects.scales import SCALES, harmonic_mean
from perdure.records import Floats
from perdure.records.binomial import BinomialNormal, CountContrastModel, OddsRatioModel
from perdure.records.counts import CountEffects, MantelHaenszel, StratumTest

__all__ = ["Trials", "compare_counts", "counts_of", "trials_of", "um_fs_at"]

GLMM_1E4 = 1e-4
GLMER_1E5 = 1e-5
ARMS: dict[str, tuple[RandomPart, int, int]] = {
    "class_two_level_laplace": ("arms", 1, 3),
    "class_two_level_nAGQ_7": ("arms", 7, 3),
    "class_two_level_nAGQ_25": ("arms", 25, 3),
    "class_three_level": ("arms in trials", 1, 3),
    "class_line_tumour_three_level": ("arms in trials", 1, 6),
    "rma_glmm_class": ("arms", 7, 3),
}


def counts_of(name: str) -> tuple[Floats, Floats, Floats, Floats]:
    """Return events and patients of both arms of one of the reference's sets of trials."""
    if name.startswith("bcg"):
        cells = (numbers("dat.bcg", column) for column in ("tpos", "tneg", "cpos", "cneg"))
        a, b, c, d = cells
        return a, a + b, c, c + d
    data = "dat.nielweise2007"
    columns: tuple[str, ...] = ("ai", "n1i", "ci", "n2i")
    if name.startswith("collins"):
        data, columns = "dat.collins1985b", ("pre.xti", "pre.nti", "pre.xci", "pre.nci")
    if name == "hand":
        data = "hand_two_by_two"
    a, n1, c, n2 = (numbers(data, column) for column in columns)
    return a, n1, c, n2


@dataclass(frozen=True, eq=False)
class Trials:
    """Both arms of trials as rows of a binomial model, tables without events left out."""

    model: CountModel
    x: Floats
    effect: RandomEffect
    y: Floats
    n: Floats


def trials_of(name: str) -> Trials:
    """Return the model UM.FS of a set of trials: an intercept a trial, the treatment +-1/2."""
    a, n1, c, n2 = counts_of(name)
    kept = a + c > 0
    y = np.column_stack((a, c))[kept].ravel()
    n = np.column_stack((n1, n2))[kept].ravel()
    k = int(kept.sum())
    half = np.tile([0.5, -0.5], k)
    x = np.column_stack((np.repeat(np.eye(k), 2, axis=0), half))
    effect = RandomEffect(half, np.arange(0, 2 * k, 2))
    return Trials(binomial_model(y, n), x, effect, y, n)


def um_fs_at(trials: Trials, mean: float, tau2: float, n_points: int = 7) -> Optimum:
    """Return the best intercepts, and the likelihood, at a log odds ratio and a tau2."""
    sd = math.sqrt(tau2)

    def at_this_variance(eta: Floats, _: Floats) -> Marginal:
        found = adaptive_quadrature(trials.model, trials.effect, eta, sd, n_points)
        return Marginal(found.log_likelihood, found.by_eta, np.zeros(0), found.modes)

    intercepts, treatment = trials.x[:, :-1], trials.x[:, -1]
    start = np.zeros(intercepts.shape[1])
    return maximise(at_this_variance, intercepts, mean * treatment, start, ((),))


def _at_modes(trials: Trials, effect: RandomEffect, eta: Floats, sd: float) -> float:
    """Return what rma.glmm prints as log-likelihood: that given the random effects' modes."""
    u = modes(trials.model, effect, eta[:, None], sd)
    p = expit(eta + sd * effect.loading * effect.spread(u)[:, 0])
    rest = trials.n - trials.y
    return trials.model.constant + float((xlogy(trials.y, p) + xlogy(rest, 1 - p)).sum())


def _printed(name: str, model: str, found: OddsRatioModel) -> float:
    """Return the log-likelihood as rma.glmm prints it for this model."""
    pooled = found.pooled
    if model in ("UM.RS", "CM.EL") or name.endswith("FE"):
        return pooled.log_likelihood
    mean, tau2 = pooled.coefficients[0].estimate, pooled.tau2 or 0.0
    trials = trials_of(name)
    if model == "UM.FS":
        intercepts = um_fs_at(trials, mean, tau2).beta
        eta = trials.x @ np.append(intercepts, mean)
        return _at_modes(trials, trials.effect, eta, math.sqrt(tau2))
    a, c = trials.y[::2], trials.y[1::2]
    n1, n2 = trials.n[::2], trials.n[1::2]
    given_both = Trials(binomial_model(a, a + c), trials.x, trials.effect, a, a + c)
    effect = RandomEffect(np.ones(a.size), np.arange(a.size))
    return _at_modes(given_both, effect, mean + np.log(n1 / n2), math.sqrt(tau2))


def _deviance_at_modes(y: Floats, n: Floats, record: BinomialNormal) -> float:
    p = np.array(record.proportions)
    deviance = 2 * float((xlogy(y, y / (n * p)) + xlogy(n - y, (n - y) / (n * (1 - p)))).sum())
    return record.saturated_log_likelihood - deviance / 2


def _mean(found: BinomialNormal | OddsRatioModel) -> dict[str, Any]:
    pooled, mean = found.pooled, found.pooled.coefficients[0]
    return {
        "beta": mean.estimate,
        "se": mean.se,
        "ci_lower": mean.ci_low,
        "ci_upper": mean.ci_high,
        "tau2": pooled.tau2,
        "I2": pooled.i2,
        "QE_Wald": pooled.q,
        "QE_LRT": found.heterogeneity and found.heterogeneity.statistic,
        "QE_df": pooled.q_df,
    }


def _odds_ratios(compare: Comparison) -> None:
    """Compare rma.glmm of the log odds ratio."""
    bounds = {"UM.FS": GLMM_1E4, "UM.RS": GLMM_1E4, "CM.AL": GLMER_1E5, "CM.EL": 1e-6}
    models: tuple[CountContrastModel, ...] = get_args(CountContrastModel)
    for name, own in given("binomial")["glmm"].items():
        for model in models:
            if model not in own:
                continue
            random = not name.endswith("FE")
            found = odds_ratio_model(*counts_of(name), model=model, random=random, n_points=7)
            sigma2 = found.pooled.sigma2[0] if found.pooled.sigma2 else None
            ours = _mean(found) | {"sigma2": sigma2, "logLik": _printed(name, model, found)}
            limits = dict.fromkeys(ours.keys() - {"QE_df"}, bounds[model])
            compare.put(("binomial", "glmm", name, model), ours, bound=limits)


def _proportions(compare: Comparison) -> None:
    """Compare rma.glmm of proportions."""
    xi, ni = numbers("dat.pritz1997", "xi"), numbers("dat.pritz1997", "ni")
    for at in (1, 7, 25):
        record = binomial_normal(xi, ni, n_points=at)
        ours = _mean(record) | {"logLik": _deviance_at_modes(xi, ni, record)}
        place = ("binomial", "glmm", "pritz1997_PLO", f"nAGQ_{at}")
        compare.put(place, ours, bound=dict.fromkeys(ours.keys() - {"QE_df"}, GLMM_1E4))
    record = binomial_normal(xi, ni, random="none")
    ours = _mean(record) | {"logLik": record.pooled.log_likelihood}
    limits = dict.fromkeys(ours.keys() - {"QE_df"}, GLMM_1E4)
    compare.put(("binomial", "glmm", "pritz1997_PLO_FE"), ours, bound=limits)
    _arms(compare)


def _arms(compare: Comparison) -> None:
    """Compare glmer of the 42 arms."""
    arms = table("design_42_arms")
    y, n = numbers("design_42_arms", "durable"), numbers("design_42_arms", "n_effective")
    x = np.column_stack(
        (
            np.ones(42),
            indicators(arms["class"], ("anti_ctla4", "anti_pd1")),
            indicators(arms["line"], ("later",)),
            indicators(arms["tumour"], ("nsclc", "other")),
        )
    )
    for name, (random, points, columns) in ARMS.items():
        fit = fit_binomial_normal(
            *(y, n),
            random=random,
            n_points=points,
            moderators=x[:, :columns],
            trial=arms["trial"],
        )
        pooled, joint = fit.pooled, fit.pooled.moderators
        likelihood = pooled.log_likelihood
        if points > 1:  # glmer leaves the saturated likelihood out
            likelihood -= fit.record.saturated_log_likelihood
        if name == "rma_glmm_class":
            likelihood = _deviance_at_modes(y, n, fit.record)
        ours = {
            "beta": [row.estimate for row in pooled.coefficients],
            "se": [row.se for row in pooled.coefficients],
            "logLik": likelihood,
            "tau2": pooled.tau2,
            "QM": joint and joint.statistic,
            "QM_p": joint and joint.p,
        }
        where = ("nested", "binomial_normal", name)
        compare.put(where, ours, bound=dict.fromkeys(ours, GLMER_1E5))
        variances = pooled.sigma2 or (pooled.tau2,)
        own = dict(zip(("arm_id", "trial"), variances[::-1], strict=False))
        if name != "rma_glmm_class":
            compare.put((*where, "variance"), own, bound=dict.fromkeys(own, GLMER_1E5))


def _tested(test: StratumTest | None, name: str) -> dict[str, float | None]:
    if test is None:
        return {name: None, f"{name}_p": None}
    return {name: test.statistic, f"{name}_p": test.p}


def _pooled_tables(found: MantelHaenszel) -> dict[str, Any]:
    mean = found.coefficient
    return {
        "beta": mean.estimate,
        "se": mean.se,
        "z": mean.estimate / mean.se,
        "p": mean.p,
        "ci_lower": mean.ci_low,
        "ci_upper": mean.ci_high,
        "QE": found.q,
        "QE_p": found.q_p,
        "I2": found.i2,
        "H2": found.h2,
        **_tested(found.association, "MH"),
        **_tested(found.association_binomial, "CO"),
        **_tested(found.breslow_day, "BD"),
        **_tested(found.tarone, "TA"),
    }


def _mantel_haenszel(compare: Comparison) -> None:
    measures: tuple[Literal["OR", "RR", "RD"], ...] = ("OR", "RR", "RD")
    for name in ("bcg", "nielweise2007"):
        for measure in measures:
            found = mantel_haenszel(*counts_of(name), measure=measure)
            compare.put(("binomial", "mh", name, measure), _pooled_tables(found))
    found = mantel_haenszel(*counts_of("bcg"), correct=False)
    compare.put(("binomial", "mh", "bcg_OR_correct_FALSE"), _pooled_tables(found))
    for name in given("binomial")["peto"]:
        compare.put(("binomial", "peto", name), _pooled_tables(peto(*counts_of(name))))


def _effects(found: CountEffects) -> Mapping[str, Any]:
    return {"yi": found.y, "vi": found.v}


def _escalc(compare: Comparison) -> None:
    own = given("escalc")
    for measure in own["bcg"]:
        found = two_by_two_effects(*counts_of("bcg"), measure=measure)
        compare.put(("escalc", "bcg", measure), _effects(found))
    policies: tuple[Policy, ...] = get_args(Policy)
    for to in policies:
        for measure in own["hand_two_by_two"][to]:
            found = two_by_two_effects(*counts_of("hand"), measure=measure, to=to)
            compare.put(("escalc", "hand_two_by_two", to, measure), _effects(found))
    for measure in own["hand_two_by_two_drop00"]:
        found = two_by_two_effects(*counts_of("hand"), measure=measure, drop00=True)
        compare.put(("escalc", "hand_two_by_two_drop00", measure), _effects(found))
    for key, data in (("hand_proportions", "hand_proportions"), ("pritz1997", "dat.pritz1997")):
        for measure in own[key]:
            found = proportion_effects(numbers(data, "xi"), numbers(data, "ni"), measure=measure)
            compare.put(("escalc", key, measure), _effects(found))
    back, double = own["back_transforms"], SCALES["double arcsine"]
    mean = harmonic_mean(back["pft_n"])
    both = zip(back["pft_x"], back["pft_n"], strict=True)
    proportions = {
        "ilogit": [SCALES["logit"].back(y) for y in back["logit_x"]],
        "ipft": [double.back(y, n) for y, n in both],
        "ipft_hm": [double.back(y, mean) for y in back["pft_x"]],
        "iarcsin": [SCALES["arcsine"].back(y) for y in back["pft_x"]],
    }
    compare.put(("escalc", "back_transforms"), proportions)


def compare_counts(compare: Comparison) -> None:
    """Compare all of binomial.json, escalc.json, and nested.json's binomial-normal models."""
    _odds_ratios(compare)
    _proportions(compare)
    _mantel_haenszel(compare)
    _escalc(compare)
