"""Checks trial by trial: metafor's with trials as clusters, and those of one effect a trial."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from perdure.errors import InputError
from perdure.pool import fit_effects, influence, leave_one_out
from perdure.pool.checks.by_trial import TrialEffects, by_year, leave_one_trial_out
from perdure.pool.checks.synthesis_checks import check_synthesis, check_trials
from perdure.pool.checks.trial_influence import trial_influence
from perdure.pool.models.correlated import fit_correlated, shared_heterogeneity
from perdure.pool.models.random_effects import Test

HERE = Path(__file__).parents[1] / "reference" / "pool"
EXPECTED: dict[str, Any] = json.loads((HERE / "correlated_checks.json").read_text(encoding="utf-8"))
with (HERE / "design_contrasts.csv").open(newline="", encoding="utf-8") as lines:
    ROWS = list(csv.DictReader(lines))


def shared_control(test: Test = "z") -> TrialEffects:
    """Twenty contrasts of sixteen trials, four of which have two with one control."""
    trial = tuple(row["trial"] for row in ROWS)
    same = np.equal.outer(trial, trial)
    v = np.where(same, [float(row["v_control"]) for row in ROWS], 0.0)
    np.fill_diagonal(v, [float(row["vi"]) for row in ROWS])
    return TrialEffects(np.array([float(row["yi"]) for row in ROWS]), v, trial, test=test)


def one_a_trial(test: Test = "knha") -> TrialEffects:
    y, v = [0.1, 0.3, 0.25, 0.9, -0.2, 0.4], [0.04, 0.02, 0.05, 0.03, 0.06, 0.02]
    return TrialEffects(np.array(y), np.diag(v), tuple("ABCDEF"), test=test)


def test_refits_without_each_trial_are_metafors() -> None:
    found = leave_one_trial_out(shared_control())
    expected = EXPECTED["without"]
    assert [row.name for row in found.rows] == EXPECTED["trial"]
    for field in ("tau2", "estimate", "se", "q"):
        ours = [getattr(row, field) for row in found.rows]
        assert ours == pytest.approx(expected[field], rel=1e-6)
    several = {name for name in EXPECTED["trial"] if [r["trial"] for r in ROWS].count(name) > 1}
    assert [row.n_effects for row in found.rows] == [
        18 if row.name in several else 19 for row in found.rows
    ]


@pytest.mark.parametrize("test", ["z", "t", "knha", "adhoc"])
def test_all_together_is_the_models_own_answer(test: Test) -> None:
    effects = shared_control(test)
    fit = fit_correlated(
        effects.y,
        effects.covariance,
        shared_heterogeneity(effects.trial),
        test=test,
        trial=effects.trial,
    )
    whole = leave_one_trial_out(effects).whole
    last = by_year(effects, range(16)).rows[-1]
    for one in (whole, last):
        assert (one.estimate, one.se, one.ci_low, one.ci_high) == (
            fit.mean.estimate,
            fit.mean.se,
            fit.mean.ci_low,
            fit.mean.ci_high,
        )


def test_influence_of_trials_is_metafors_of_clusters() -> None:
    found = {row.name: row for row in trial_influence(shared_control()).rows}
    expected = EXPECTED["influence"]
    rows = [found[name] for name in expected["trial"]]
    assert [row.cook for row in rows] == pytest.approx(expected["cook"], rel=1e-4)
    assert [row.dfbetas[0] for row in rows if row.dfbetas] == pytest.approx(
        expected["dfbetas"], rel=1e-4
    )
    assert [row.hat for row in rows] == pytest.approx(expected["hat"], rel=1e-5)
    assert sum(row.weight for row in rows) == pytest.approx(100)


def test_influence_of_a_trial_with_two_contrasts_by_hand() -> None:
    effects = shared_control("adhoc")
    name = next(one for one in effects.trials if effects.inside(one).sum() == 2)
    row = next(one for one in trial_influence(effects).rows if one.name == name)
    inside = effects.inside(name)
    whole, without = (effects.fit(keep).independent for keep in (None, ~inside))
    change = float(whole.beta[0] - without.beta[0])

    def total(tau2: float) -> Any:
        return effects.covariance + tau2 * shared_heterogeneity(effects.trial)

    ones = np.ones(2)
    block = np.linalg.inv(total(whole.between)[np.ix_(inside, inside)])
    left = effects.y[inside] - whole.beta[0]
    assert row.residual == pytest.approx(ones @ block @ left / (ones @ block @ ones))
    assert row.baujat_heterogeneity == pytest.approx(left @ block @ left)
    # the trial's own mean at the tau2 of the others, with the others' Hartung-Knapp factor
    block = np.linalg.inv(total(without.between)[np.ix_(inside, inside)])
    precision = ones @ block @ ones
    deleted = ones @ block @ effects.y[inside] / precision - without.beta[0]
    rest = np.linalg.inv(total(without.between)[np.ix_(~inside, ~inside)]).sum()
    factor = without.covariance[0, 0] * rest
    assert factor > 1
    se = np.sqrt(factor / precision + without.covariance[0, 0])
    assert row.deleted_residual == pytest.approx(deleted)
    assert row.rstudent == pytest.approx(deleted / se)
    assert row.baujat_influence == pytest.approx(change**2 / without.covariance[0, 0])
    assert row.dffits == pytest.approx(change / np.sqrt(factor * row.hat / precision))
    assert row.dfbetas == pytest.approx([change / np.sqrt(factor / (precision + rest))])


@pytest.mark.parametrize("test", ["z", "t", "knha", "adhoc"])
def test_with_one_effect_a_trial_all_is_as_for_independent_effects(test: Test) -> None:
    effects = one_a_trial(test)
    fit = fit_effects(effects.y, np.diagonal(effects.covariance), test=test)
    names = effects.trials
    ours, theirs = trial_influence(effects), influence(fit, names=names)
    for one, other in zip(ours.rows, theirs.rows, strict=True):
        for field in (
            "residual", "rstandard", "rstudent", "hat", "weight", "dffits", "cook", "q_deleted",
            "covariance_ratio", "baujat_heterogeneity", "baujat_influence",
        ):  # fmt: skip
            assert getattr(one, field) == pytest.approx(getattr(other, field), rel=1e-6), field
        assert one.dfbetas == pytest.approx(other.dfbetas, rel=1e-6)
        assert one.flags == other.flags
    out, theirs_out = leave_one_trial_out(effects), leave_one_out(fit, names=names, trial=names)
    assert out.sentence == theirs_out.sentence
    assert out.changes == theirs_out.changes
    years = [2015.0, 2012.0, 2019.0, 2012.0, 2020.0, 2013.0]
    checks = check_trials(effects, year=years)
    same = check_synthesis(fit, names=names, trial=names, year=years)
    assert checks.regression_test == same.regression_test
    assert checks.trim_fill == same.trim_fill
    assert checks.next_trial == same.next_trial
    assert checks.cumulative is not None
    assert same.cumulative is not None
    assert [row.name for row in checks.cumulative.rows] == ["B", "D", "F", "A", "C", "E"]
    assert checks.cumulative.orders == same.cumulative.orders
    for one_row, other_row in zip(checks.cumulative.rows, same.cumulative.rows, strict=True):
        assert one_row.ci_high == pytest.approx(other_row.ci_high, rel=1e-6)


def test_one_effect_a_trial_is_metafors_aggregate() -> None:
    expected = EXPECTED["together"]
    effects = shared_control("knha")
    y, v = effects.together()
    assert list(effects.trials) == expected["trial"]
    assert y == pytest.approx(expected["y"], rel=1e-10)
    assert v == pytest.approx(expected["v"], rel=1e-10)
    checks = check_trials(effects)
    assert checks.n_effects == 16
    assert checks.regression_test is not None
    assert checks.rank_test is not None
    assert checks.trim_fill is not None
    assert checks.funnel is not None
    assert checks.regression_test.slope is not None
    assert checks.funnel.center == pytest.approx(expected["estimate"], rel=1e-7)
    assert checks.regression_test.slope.p == pytest.approx(expected["egger_p"], rel=1e-5)
    assert checks.rank_test.tau == pytest.approx(expected["rank_tau"])
    assert checks.rank_test.p == pytest.approx(expected["rank_p"], rel=1e-6)
    assert checks.trim_fill.k0 == expected["k0"]


def test_at_the_models_tau2_the_mean_of_one_effect_a_trial_is_the_models() -> None:
    effects = shared_control()
    fit = effects.fit().independent
    y, total = effects.together(fit.between)
    assert (y / total).sum() / (1 / total).sum() == pytest.approx(fit.beta[0])
    assert 1 / (1 / total).sum() == pytest.approx(fit.covariance[0, 0])


def test_one_trial_alone_cannot_be_left_out() -> None:
    effects = TrialEffects(np.array([0.1, 0.4]), np.array([[0.2, 0.1], [0.1, 0.2]]), ("A", "A"))
    for check in (leave_one_trial_out, trial_influence):
        with pytest.raises(InputError, match=r"(?i)one trial only"):
            check(effects)
    checks = check_trials(effects)
    assert checks.leave_one_out is None
    assert set(checks.reasons) >= {"leave_one_out", "influence", "cumulative"}


def test_years_are_of_trials() -> None:
    with pytest.raises(InputError, match=r"(?i)years and trials do not fit"):
        by_year(shared_control(), range(20))
    with pytest.raises(InputError, match=r"(?i)years and trials do not fit"):
        by_year(one_a_trial(), [1, 2, 3, 4, 5, np.nan])
    with pytest.raises(InputError, match=r"(?i)lengths differ"):
        leave_one_trial_out(one_a_trial(), names=["A"])
