"""What was pooled of a table, as sentences."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perdure.cli.forms import p_text
from perdure.records import Coefficient, Heterogeneity, JointTest, MetaRegression, Pooled, Predicted

if TYPE_CHECKING:
    from perdure.pool import Groups, PooledTable
    from perdure.pool.table_plan import TablePlan
    from perdure.pool.table_profile import TableProfile
    from perdure.records.checks import SynthesisChecks
    from perdure.records.counts import MantelHaenszel

__all__ = ["check_lines", "counts_lines", "plan_lines", "pooled_lines", "profile_lines"]


def pooled_lines(table: "PooledTable", level: float = 0.95) -> list[str]:
    """Return a pooled table in words: all effects, then what a formula or groups add."""
    if table.regression is not None:
        found = _regression(table.pooled, table.regression, table.heterogeneity, level)
        return [*found, *table.notes]
    lines = [*_means(table.pooled, level), *table.notes]
    if table.pooled.test == "knha" and table.pooled.coefficients[0].se == 0:
        lines.append("the effects are equal: Hartung-Knapp leaves no width; --test adhoc does")
    if table.heterogeneity is not None:
        lines.append(_spread(table.heterogeneity, level))
    groups = table.groups
    if groups is None:
        return lines
    lines += [_mean(row.name, row.pooled, level) for row in groups.rows]
    lines += _pairs(groups, level)
    return [*lines, groups.reason] if groups.reason else lines


def profile_lines(profile: "TableProfile", level: float) -> Iterator[str]:
    """Yield variances with their limits, then what each level is needed for."""
    for row in profile.components:
        high = "no limit" if math.isinf(row.high) else f"{row.high:.4g}"
        name = row.name if row.quantity == "tau2" else f"{row.quantity} of {row.name}"
        why = "" if row.reason is None else f"; {row.reason}"
        yield (
            f"profile likelihood: {name} {row.estimate:.4g} ({100 * level:.7g}% CI {row.low:.4g} to"
            f" {high}){why}"
        )
    for test in profile.levels:
        found = test.found
        caution = "" if found.caution is None else f"; {found.caution}"
        yield (
            f"without the level {test.level}: likelihood ratio {found.statistic:.4g} on"
            f" {found.df} df, {p_text(found.p)}{caution}"
        )


def plan_lines(plan: "TablePlan") -> Iterator[str]:
    """Yield power and trials needed, each with what is supposed."""
    error = f"a standard error of {plan.planned_v**0.5:.3g}"
    now, then = plan.power, plan.power_with_one_more
    if now is not None and then is not None:
        yield (
            f"power: a true effect of {now.true_effect:.4g}, with tau2 {now.tau2:.3g}, is found in"
            f" {now.power:.0%} of such syntheses, and in {then.power:.0%} with a further trial of"
            f" {error}"
        )
    if plan.needed is None:
        return
    need = plan.needed
    if need.n_trials == 0:
        yield f"trials needed: none, a half-width of {need.half_width_reached:.4g} is expected now"
    else:
        trials = "1 more" if need.n_trials == 1 else f"{need.n_trials} more"
        yield (
            f"trials needed for a half-width of {need.half_width:.4g}: {trials}, each with {error}"
            f" (then {need.half_width_reached:.4g})"
        )
    if need.single_v is None:
        yield f"one trial alone: {need.reason}"
    else:
        patients = (
            ""
            if plan.patients_per_arm is None
            else f", {plan.patients_per_arm} patients an arm followed to the end"
        )
        yield f"one trial alone: with a standard error of {need.single_v**0.5:.3g}{patients}"


def counts_lines(found: "MantelHaenszel", level: float) -> Iterator[str]:
    """Yield what was pooled of counts, and the tests beside it."""
    scale = {"OR": "log odds ratio", "RR": "log risk ratio", "RD": "risk difference"}
    name = scale.get(found.measure, "log odds ratio")
    one = found.coefficient
    ratio = (
        ""
        if found.measure == "RD"
        else f"; ratio {_exp(one.estimate)} ({_exp(one.ci_low)} to {_exp(one.ci_high)})"
    )
    method = "Peto" if found.method == "Peto" else "Mantel-Haenszel"
    yield f"{name}: {_estimate(one, level)}{ratio}; {found.n_tables} tables, {method}"
    if found.q is not None and found.i2 is not None and found.q_p is not None:
        q = f"Q {found.q:.4g} on {found.q_df} df, {p_text(found.q_p)}"
        yield f"heterogeneity: {q}, I2 {found.i2:.0f}%"
    for what, test in (
        ("any association, Mantel-Haenszel", found.association),
        ("one odds ratio for all, Breslow-Day", found.breslow_day),
        ("one odds ratio for all, Tarone", found.tarone),
    ):
        if test is not None:
            yield f"{what}: chi2 {test.statistic:.4g} on {test.df} df, {p_text(test.p)}"
    if found.uninformative:
        yield f"no events, or nothing else, in both arms: {', '.join(found.uninformative)}"
    if found.reason is not None:
        yield found.reason


def _exp(value: float) -> str:
    return f"{math.exp(value):.4g}" if value < 700 else "infinity"


def _pairs(groups: "Groups", level: float) -> Iterator[str]:
    """Yield each pair; judged together where there are several, and alike where that was asked."""
    found = groups.pairs
    judged = dict.fromkeys(range(len(groups.differences)), "")
    if found is not None:
        several = len(found.rows) > 1 and found.adjustment != "none"
        for at, row in enumerate(found.rows):
            if several:
                judged[at] = f", adjusted ({found.adjustment}) {p_text(row.p_adjusted)}"
            if row.p_alike_adjusted is not None and found.margin is not None:
                within = f"within {found.margin:g} {p_text(row.p_alike_adjusted)}"
                judged[at] += f", {within}: {row.verdict}"
    for at, pair in enumerate(groups.differences):
        yield f"{pair.first} v {pair.second}: {_estimate(pair.difference, level)}{judged[at]}"


def check_lines(checks: "SynthesisChecks") -> list[str]:
    """Return what the checks say, each in a sentence; and why one is missing."""
    found: list[str] = []
    if checks.leave_one_out is not None:
        found.append(f"leave one out: {checks.leave_one_out.sentence}")
    if checks.influence is not None:
        found.append(f"influence: {checks.influence.sentence}")
    if checks.regression_test is not None:
        found.append(f"small studies, Egger: {checks.regression_test.sentence}")
    if checks.rank_test is not None and checks.rank_test.tau is not None:
        p = "" if checks.rank_test.p is None else f", {p_text(checks.rank_test.p)}"
        found.append(f"small studies, rank test: tau {checks.rank_test.tau:.3g}{p}")
    if checks.pet_peese is not None and checks.pet_peese.estimate is not None:
        one = checks.pet_peese.estimate
        text = f"{one.estimate:.4g} ({one.ci_low:.4g} to {one.ci_high:.4g})"
        found.append(f"small studies, PET-PEESE: {checks.pet_peese.chosen} {text}")
    if checks.trim_fill is not None:
        found.append(f"trim and fill: {checks.trim_fill.sentence}")
    if checks.selection is not None:
        found.append(f"selection model: {checks.selection.sentence}")
    if checks.next_trial is not None:
        found.append(f"one more trial: {checks.next_trial.sentence}")
    found += [f"{name.replace('_', ' ')}: not done, {why}" for name, why in checks.reasons.items()]
    return found


def _regression(
    pooled: Pooled, found: MetaRegression, spread: Heterogeneity | None, level: float
) -> Iterator[str]:
    """Yield coefficients, tests of terms, classes on one mix, and what is left out."""
    from perdure.pool.as_json import holm

    yield f"{found.formula}: {_model(pooled)}"
    if spread is not None:
        yield _spread(spread, level)
    yield from (f"{one.term}: {_estimate(one, level)}" for one in pooled.coefficients)
    if pooled.moderators is not None:
        yield f"all moderators: {_test(pooled.moderators)}" + (
            "" if pooled.r2 is None else f", R2 {pooled.r2:.0f}%"
        )
    yield from (f"{', '.join(test.terms)}: {_test(test)}" for test in found.tests)
    for factor in found.factors:
        yield from (f"{factor.factor} = {mean.label}: {_predicted(mean)}" for mean in factor.means)
        several = len(factor.differences) > 1
        for one, p in zip(factor.differences, holm(factor.differences), strict=True):
            adjusted = f", adjusted (holm) {p_text(p)}" if several else ""
            yield f"{one.term}: {_estimate(one, level)}{adjusted}"
    yield from (f"left out: {name}, {reason}" for name, reason in found.left_out.items())
    yield from found.notes


def _means(pooled: Pooled, level: float) -> list[str]:
    """Return the mean, or that of each outcome."""
    if pooled.model != "multivariate":
        return [_mean("all", pooled, level)]
    means = [f"{one.term}: {_estimate(one, level)}" for one in pooled.coefficients]
    rho = f", rho {', '.join(f'{one:.3g}' for one in pooled.rho)}" if pooled.rho else ""
    return [*means, f"all outcomes: {_model(pooled)}{rho}"]


def _mean(name: str, pooled: Pooled, level: float) -> str:
    prediction = (
        ""
        if pooled.prediction_low is None or pooled.prediction_high is None
        else f", {100 * level:.7g}% prediction {pooled.prediction_low:.4g} to"
        f" {pooled.prediction_high:.4g}"
    )
    return f"{name}: {_estimate(pooled.coefficients[0], level)}{prediction}; {_model(pooled)}"


def _model(pooled: Pooled) -> str:
    """Return the model and its heterogeneity: "42 effects of 19 trials, tau2 0.12, I2 71%"."""
    between = (
        f"sigma2 {', '.join(f'{one:.4g}' for one in pooled.sigma2)}"
        if pooled.tau2 is None
        else f"tau2 {pooled.tau2:.4g}"
    )
    i2 = "" if pooled.i2 is None else f", I2 {pooled.i2:.0f}%"
    q = "" if pooled.q is None else f", Q {pooled.q:.4g} on {pooled.q_df} df"
    trials = f" of {pooled.n_trials} trials" if pooled.n_trials < pooled.n_effects else ""
    kind = {"three-level": "three levels", "multivariate": "several outcomes"}.get(
        pooled.model, f"{pooled.model} effects"
    )
    return (
        f"{pooled.n_effects} effects{trials}, {between}{i2}{q},"
        f" {kind} ({pooled.method}, {pooled.test})"
    )


def _spread(found: Heterogeneity, level: float) -> str:
    if found.reason is not None:
        return f"heterogeneity: {found.reason}"
    return (
        f"heterogeneity: tau2 {found.tau2:.4g} ({100 * level:.7g}% CI {found.tau2_low:.4g} to"
        f" {found.tau2_high:.4g}), I2 {found.i2:.0f}% ({found.i2_low:.0f} to {found.i2_high:.0f})"
    )


def _estimate(found: Coefficient, level: float) -> str:
    return (
        f"{found.estimate:.4g} ({100 * level:.7g}% CI {found.ci_low:.4g} to {found.ci_high:.4g}),"
        f" {p_text(found.p)}"
    )


def _predicted(found: Predicted) -> str:
    text = f"{found.estimate:.4g} (CI {found.ci_low:.4g} to {found.ci_high:.4g})"
    if found.prediction_low is None or found.prediction_high is None:
        return text
    return f"{text}, prediction {found.prediction_low:.4g} to {found.prediction_high:.4g}"


def _test(found: JointTest) -> str:
    if found.df2 is None:
        return f"chi2 {found.statistic:.4g} on {found.df:g} df, {p_text(found.p)}"
    return f"F {found.statistic:.4g} on {found.df:g} and {found.df2:.3g} df, {p_text(found.p)}"
