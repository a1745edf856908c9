"""What was pooled of a table, as sentences."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perdure.records import Coefficient, Heterogeneity, JointTest, MetaRegression, Pooled, Predicted

if TYPE_CHECKING:
    from perdure.pool import PooledTable
    from perdure.records.checks import SynthesisChecks

__all__ = ["check_lines", "pooled_lines"]


def pooled_lines(table: "PooledTable", level: float = 0.95) -> list[str]:
    """Return a pooled table in words: all effects, then what a formula or groups add."""
    if table.regression is not None:
        found = _regression(table.pooled, table.regression, table.heterogeneity, level)
        return [*found, *table.notes]
    lines = [_mean("all", table.pooled, level), *table.notes]
    if table.pooled.test == "knha" and table.pooled.coefficients[0].se == 0:
        lines.append("the effects are equal: Hartung-Knapp leaves no width; --test adhoc does")
    if table.heterogeneity is not None:
        lines.append(_spread(table.heterogeneity, level))
    groups = table.groups
    if groups is None:
        return lines
    lines += [_mean(row.name, row.pooled, level) for row in groups.rows]
    lines += [
        f"{pair.first} v {pair.second}: {_estimate(pair.difference, level)}"
        for pair in groups.differences
    ]
    return [*lines, groups.reason] if groups.reason else lines


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
        p = "" if checks.rank_test.p is None else f", {_p(checks.rank_test.p)}"
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
        yield from (f"{one.term}: {_estimate(one, level)}" for one in factor.differences)
    yield from (f"left out: {name}, {reason}" for name, reason in found.left_out.items())
    yield from found.notes


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
    kind = "three levels" if pooled.model == "three-level" else f"{pooled.model} effects"
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
        f" {_p(found.p)}"
    )


def _predicted(found: Predicted) -> str:
    text = f"{found.estimate:.4g} (CI {found.ci_low:.4g} to {found.ci_high:.4g})"
    if found.prediction_low is None or found.prediction_high is None:
        return text
    return f"{text}, prediction {found.prediction_low:.4g} to {found.prediction_high:.4g}"


def _test(found: JointTest) -> str:
    if found.df2 is None:
        return f"chi2 {found.statistic:.4g} on {found.df:g} df, {_p(found.p)}"
    return f"F {found.statistic:.4g} on {found.df:g} and {found.df2:.3g} df, {_p(found.p)}"


def _p(value: float) -> str:
    return "p < 1e-15" if value < 1e-15 else f"p = {value:.3g}"
