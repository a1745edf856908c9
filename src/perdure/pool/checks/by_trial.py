"""Checks of effects that are correlated inside a trial: a whole trial is left out, or comes in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.pool.checks.leave_one_out import conclusions, effect_names
from perdure.pool.models.correlated import CorrelatedFit, fit_correlated, shared_heterogeneity
from perdure.pool.models.least_squares import Matrix
from perdure.pool.models.random_effects import Fit, Method, Model, Test, fit_effects
from perdure.records import Bools, Floats
from perdure.records.sensitivity import Cumulative, LeaveOneOut, Refitted

__all__ = ["TrialEffects", "by_year", "leave_one_trial_out"]


@dataclass(frozen=True, eq=False)
class TrialEffects:
    """Effects with the covariance of their errors inside trials, and how they are pooled.

    Attributes
    ----------
    y : array of float, shape (k,)
    covariance : array of float, shape (k, k)
    trial : tuple of str
        Of each effect.
    model, method, test, level
        As in :func:`perdure.pool.models.correlated.fit_correlated`. True effects of one trial
        correlate by one half.
    """

    y: Floats
    covariance: Matrix
    trial: tuple[str, ...]
    model: Model = "random"
    method: Method = "REML"
    test: Test | None = None
    level: float = 0.95

    @property
    def trials(self) -> tuple[str, ...]:
        """Each trial once, in order of first appearance."""
        return tuple(dict.fromkeys(self.trial))

    def inside(self, name: str) -> Bools:
        """Return which effects are of a trial."""
        return np.array([own == name for own in self.trial])

    def fit(self, keep: Bools | None = None) -> CorrelatedFit:
        """Fit the model to all effects, or to some."""
        rows = np.arange(self.y.size) if keep is None else np.flatnonzero(keep)
        labels = [self.trial[at] for at in rows]
        return fit_correlated(
            self.y[rows],
            self.covariance[np.ix_(rows, rows)],
            shared_heterogeneity(labels),
            model=self.model,
            method=self.method,
            test=self.test,
            trial=labels,
            level=self.level,
        )

    def together(self, between: float = 0.0) -> tuple[Floats, Floats]:
        """Return each trial's one effect and its variance, by generalised least squares.

        Parameters
        ----------
        between : float
            The variance of true effects, to be in the weights and the variance too: the mean of
            these effects by their inverse variances is then the model's.

        Examples
        --------
        >>> v = np.array([[0.2, 0.1, 0.0], [0.1, 0.2, 0.0], [0.0, 0.0, 0.3]])
        >>> y, variance = TrialEffects(np.array([1.0, 2.0, 0.5]), v, ("A", "A", "B")).together()
        >>> y.round(3).tolist(), variance.round(3).tolist()
        ([1.5, 0.5], [0.15, 0.3])
        """
        total = self.covariance + between * shared_heterogeneity(self.trial)
        effects, variances = [], []
        for name in self.trials:
            rows = np.flatnonzero(self.inside(name))
            weight = np.linalg.solve(total[np.ix_(rows, rows)], np.ones(rows.size))
            effects.append(float(weight @ self.y[rows]) / float(weight.sum()))
            variances.append(1 / float(weight.sum()))
        return np.array(effects), np.array(variances)

    def one_a_trial(self) -> Fit:
        """Return the model of independent effects, one a trial.

        Weights are of the sampling errors alone, as metafor's ``aggregate`` has them.
        """
        y, v = self.together()
        return fit_effects(
            y, v, model=self.model, method=self.method, test=self.test, level=self.level
        )


def leave_one_trial_out(
    effects: TrialEffects, *, names: Sequence[str] | None = None
) -> LeaveOneOut:
    """Fit the model again without each trial in turn.

    Parameters
    ----------
    effects : TrialEffects
    names : sequence of str, optional
        Of the trials; default their own.

    Raises
    ------
    InputError
        If there is one trial only, or there is not one name a trial.

    Examples
    --------
    >>> v = np.array([[0.02, 0.01, 0.0], [0.01, 0.02, 0.0], [0.0, 0.0, 0.03]])
    >>> effects = TrialEffects(np.array([1.0, 2.0, 0.5]), v, ("A", "A", "B"), model="common")
    >>> [(row.name, round(row.estimate, 6)) for row in leave_one_trial_out(effects).rows]
    [('A', 0.5), ('B', 1.5)]
    """
    trials = effects.trials
    labels = effect_names(names or trials, len(trials))
    if len(trials) < 2:
        raise InputError(
            Problem(
                "there is one trial only: without it nothing is left",
                "give two trials or more",
                value=labels[0],
            )
        )
    whole = _refitted("all", effects.fit())
    rows = tuple(
        _refitted(label, effects.fit(~effects.inside(name)))
        for label, name in zip(labels, trials, strict=True)
    )
    return conclusions("trial", whole, rows, effects.level)


def by_year(
    effects: TrialEffects, year: ArrayLike, *, names: Sequence[str] | None = None
) -> Cumulative:
    """Fit the model again and again as trials come in, each with all its effects.

    Parameters
    ----------
    effects : TrialEffects
    year : array_like of float, shape (trials,)
        Or any other order, ascending; trials of one year keep their order.
    names : sequence of str, optional
        Of the trials; default their own.

    Raises
    ------
    InputError
        If there is not one year a trial, or one is not a number.

    Examples
    --------
    >>> v = np.array([[0.02, 0.01, 0.0], [0.01, 0.02, 0.0], [0.0, 0.0, 0.03]])
    >>> effects = TrialEffects(np.array([1.0, 2.0, 0.5]), v, ("A", "A", "B"), model="common")
    >>> rows = by_year(effects, [2020, 2015]).rows
    >>> [(row.name, row.n_effects, round(row.estimate, 3)) for row in rows]
    [('B', 1, 0.5), ('A', 3, 1.167)]
    """
    trials = effects.trials
    labels = effect_names(names or trials, len(trials))
    years = np.asarray(year, dtype=np.float64)
    if years.shape != (len(trials),) or not np.isfinite(years).all():
        raise InputError(
            Problem("years and trials do not fit", f"give {len(trials)} years, one a trial")
        )
    order = np.argsort(years, kind="stable").tolist()
    keep = np.zeros(effects.y.size, dtype=bool)
    rows = []
    for at in order:
        keep |= effects.inside(trials[at])
        rows.append(_refitted(labels[at], effects.fit(keep)))
    return Cumulative(tuple(rows), tuple(years[order].tolist()))


def _refitted(name: str, fit: CorrelatedFit) -> Refitted:
    pooled = fit.independent.pooled
    mean = pooled.coefficients[0]
    return Refitted(
        name=name,
        n_effects=pooled.n_effects,
        estimate=mean.estimate,
        se=mean.se,
        df=mean.df,
        ci_low=mean.ci_low,
        ci_high=mean.ci_high,
        p=mean.p,
        q=pooled.q or 0.0,
        q_df=pooled.q_df,
        q_p=1.0 if pooled.q_p is None else pooled.q_p,
        tau2=pooled.tau2 or 0.0,
        i2=pooled.i2 or 0.0,
        h2=pooled.h2 or 1.0,
    )
