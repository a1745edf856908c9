"""One stage: the pseudo-values of all trials' patients in generalised estimating equations.

The mean of an arm's pseudo-values follows its moderators on a link; the working matrix is
independence, the clusters are trials, so that every correlation inside a trial - shared controls,
shared thresholds, true effects that belong together - is in the sandwich. With w the weight of a
row, D = d mu / d beta and 1 for a member (a row of a patient of another arm, who moves the
threshold, counts as nobody), the estimating function of a trial is

    U = sum over rows of w D (value - 1 mu) = sum over arms of w n D (p - mu),

so that only the totals of a trial matter for the sandwich. Exchangeable and other working matrices
are not built: under them a term of another arm's patient has no residual of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from perdure.errors import InputError, Problem
from perdure.pool.clusters.cluster_scores import ClusterSandwich, Sandwich, cluster_sandwich
from perdure.pool.models.inputs import design_matrix
from perdure.pool.models.least_squares import Matrix
from perdure.pool.models.linear import combination, joint_test
from perdure.records import Bools, Coefficient, Floats, Ints, JointTest, Predicted
from perdure.records.one_stage import OneStage

__all__ = ["Degrees", "Link", "OneStageFit", "fit_one_stage"]

Link = Literal["plain", "logit", "log-log"]
"""The mean p itself; log(p / (1 - p)); log(-log p), the complementary log-log of 1 - p."""
Degrees = Literal["Satterthwaite", "trials - p", "z"]

_STEPS = 200
_FARTHEST = 30.0
"""A linear predictor beyond this means a proportion of 0 or 1."""


@dataclass(frozen=True, eq=False)
class OneStageFit:
    """A fit that can be asked for combinations of its coefficients.

    Attributes
    ----------
    one_stage : OneStage
    beta : array of float, shape (p,)
    covariance : array of float, shape (p, p)
        The sandwich.
    within : array of float, shape (p, p)
        From sampling patients alone.
    terms : tuple of str
    sandwich : ClusterSandwich
    level : float
    """

    one_stage: OneStage
    beta: Floats
    covariance: Matrix
    within: Matrix
    terms: tuple[str, ...]
    sandwich: ClusterSandwich
    level: float

    def combination(self, term: str, weights: ArrayLike) -> Coefficient:
        """Return a linear combination of the coefficients, with degrees of freedom of its own."""
        row = np.asarray(weights, dtype=np.float64)
        return combination(term, row, self.beta, self.covariance, self._df(row), self.level)

    def joint_test(self, terms: Sequence[str], contrasts: ArrayLike) -> JointTest:
        """Test combinations together: F, or chi-square for degrees ``z``.

        The denominator has trials minus coefficients degrees of freedom, which is approximate: a
        single combination has Satterthwaite's.
        """
        spare = self.one_stage.n_trials - len(self.beta)
        if self.one_stage.degrees != "z" and spare < 1:
            raise InputError(
                Problem(
                    "there are not more trials than coefficients: they cannot be tested together",
                    "test single combinations",
                    value=f"{self.one_stage.n_trials} trials, {len(self.beta)} coefficients",
                )
            )
        df = None if self.one_stage.degrees == "z" else float(spare)
        return joint_test(terms, contrasts, self.beta, self.covariance, df)

    def predicted(self, labels: Sequence[str], rows: ArrayLike) -> tuple[Predicted, ...]:
        """Return the mean at rows of the design, on the link's scale; no prediction interval."""
        found = []
        for label, row in zip(labels, np.asarray(rows, dtype=np.float64), strict=True):
            mean = self.combination(label, row)
            found.append(
                Predicted(
                    label, mean.estimate, mean.se, mean.df, mean.ci_low, mean.ci_high, None, None
                )
            )
        return tuple(found)

    def _df(self, weights: Floats) -> float | None:
        degrees = self.one_stage.degrees
        if degrees == "z":
            return None
        if degrees == "trials - p":
            return float(self.one_stage.n_trials - len(self.beta))
        return self.sandwich.degrees_of_freedom(weights)


def fit_one_stage(
    value: ArrayLike,
    trial: Sequence[str],
    *,
    moderators: ArrayLike | None = None,
    terms: Sequence[str] | None = None,
    member: ArrayLike | None = None,
    patient: Sequence[int] | None = None,
    patient_arm: Sequence[str] | None = None,
    weight: ArrayLike | None = None,
    link: Link = "logit",
    sandwich: Sandwich = "CR2",
    degrees: Degrees = "Satterthwaite",
    level: float = 0.95,
) -> OneStageFit:
    """Fit the mean of pseudo-values to moderators, with errors that come from trials.

    Parameters
    ----------
    value : array_like of float, shape (rows,)
        Pseudo-values: see :class:`perdure.records.pseudo_values.PseudoRows`.
    trial : sequence of str
    moderators : array_like of float, shape (rows, p), optional
        Of the arm that the row adds to; default an intercept.
    terms : sequence of str, optional
    member : array_like of bool, shape (rows,), optional
        Whether the row's patient belongs to the row's arm; default all do.
    patient : sequence of int, optional
        Who the rows are of, within a trial; default one patient a row. For ``within_se`` only.
    patient_arm : sequence of str, optional
        The arm that the patient belongs to; default the arms are told apart by moderators. For
        ``within_se`` only.
    weight : array_like of float, shape (rows,), optional
        Default 1: every patient counts once, and large trials most. 1 over the patients of its arm
        lets every arm count once. All rows of an arm have one weight.
    link : {"logit", "plain", "log-log"}
    sandwich : {"CR2", "Mancl-DeRouen", "CR0"}
    degrees : {"Satterthwaite", "trials - p", "z"}
    level : float

    Returns
    -------
    OneStageFit

    Raises
    ------
    InputError
        If lengths differ, a value is not finite, moderators depend on each other, a mean has no
        value on the link (0 or 1, or outside), a combination of coefficients rests on one trial,
        or there are too few trials for the degrees of freedom.

    Notes
    -----
    Andersen, Klein and Rosthoj 2003, doi 10.1093/biomet/90.1.15; Liang and Zeger 1986. The estimate
    is of the mean over patients (or arms, by ``weight``), not of a typical trial.

    Examples
    --------
    >>> value = [0.0, 1, 1, 0, 1, 1, 0, 0, 1]
    >>> found = fit_one_stage(value, ["A"] * 3 + ["B"] * 3 + ["C"] * 3, link="plain")
    >>> mean = found.one_stage.coefficients[0]
    >>> print(f"{mean.estimate:.3f} (se {mean.se:.3f}, df {mean.df:.1f})")
    0.556 (se 0.111, df 2.0)
    """
    _check_options(link, degrees, level)
    values = _finite("value", value)
    rows = len(values)
    own = np.ones(rows, dtype=bool) if member is None else np.array(member, dtype=bool)
    mass = np.ones(rows) if weight is None else _finite("weight", weight)
    _check_lengths(rows, trial, own, mass, patient, patient_arm)
    x, names = design_matrix(rows, moderators, terms, 0)
    kinds, kind = np.unique(x, axis=0, return_inverse=True)
    kind = kind.reshape(-1)
    total = np.asarray(np.bincount(kind, mass * values, len(kinds)), dtype=np.float64)
    count = np.asarray(np.bincount(kind, mass * own, len(kinds)), dtype=np.float64)
    _check_counted(kinds, count, names)
    beta = _solved(kinds, total, count, link, names)
    mean, slope = _mean(kinds @ beta, link)
    gradient = kinds * slope[:, None]
    label = {name: at for at, name in enumerate(dict.fromkeys(trial))}
    cluster = np.array([label[name] for name in trial])
    place = cluster * len(kinds) + kind
    cells = len(label) * len(kinds)
    members = np.bincount(place, mass * own, cells).reshape(len(label), len(kinds))
    residual = np.bincount(place, mass * (values - own * mean[kind]), cells)
    found = cluster_sandwich(
        np.einsum("jk,kp,kq->jpq", members, gradient, gradient),
        residual.reshape(len(label), len(kinds)) @ gradient,
        sandwich,
        names=list(label),
        terms=names,
    )
    _check_trials(len(label), len(names), degrees)
    strata = _codes(cluster, np.where(own, kind, -1) if patient_arm is None else patient_arm)
    people = np.arange(rows) if patient is None else _codes(cluster, patient)
    within = _within(mass[:, None] * values[:, None] * gradient[kind], people, strata, found.bread)
    squared = (values - mean[kind]) ** 2
    one_stage = OneStage(
        link,
        sandwich,
        degrees,
        int(own.sum()),
        len(label),
        (),
        (),
        float(squared.sum() / own.sum()),
    )
    fit = OneStageFit(one_stage, beta, found.covariance, within, names, found, level)
    return _with_coefficients(fit)


def _with_coefficients(fit: OneStageFit) -> OneStageFit:
    """Return the fit with its coefficients told."""
    told, p = fit.one_stage, len(fit.beta)
    coefficients = tuple(
        fit.combination(name, row) for name, row in zip(fit.terms, np.eye(p), strict=True)
    )
    within = tuple(float(root) for root in np.sqrt(np.diagonal(fit.within)))
    named = OneStage(
        link=told.link,
        sandwich=told.sandwich,
        degrees=told.degrees,
        n_patients=told.n_patients,
        n_trials=told.n_trials,
        coefficients=coefficients,
        within_se=within,
        scale=told.scale,
    )
    return OneStageFit(
        named, fit.beta, fit.covariance, fit.within, fit.terms, fit.sandwich, fit.level
    )


def _mean(eta: Floats, link: Link) -> tuple[Floats, Floats]:
    """Return the mean and its slope at a linear predictor."""
    if link == "plain":
        return eta, np.ones(len(eta))
    if link == "logit":
        mean = expit(eta)
        return mean, mean * (1 - mean)
    hazard = np.exp(np.minimum(eta, _FARTHEST))
    mean = np.exp(-hazard)
    return mean, -hazard * mean


def _solved(
    kinds: Matrix, total: Floats, count: Floats, link: Link, names: Sequence[str]
) -> Floats:
    """Return the coefficients: least squares of the means, by Gauss and Newton's steps."""
    average = np.asarray(total / count, dtype=np.float64)
    start = average
    if link != "plain":
        inside = np.clip(average, 0.01, 0.99)
        start = logit(inside) if link == "logit" else np.log(-np.log(inside))
    root = np.sqrt(count)
    beta = np.asarray(np.linalg.lstsq(kinds * root[:, None], start * root, rcond=None)[0])
    for _ in range(_STEPS):
        mean, slope = _mean(kinds @ beta, link)
        weighted = kinds * (slope * root)[:, None]
        step = np.asarray(np.linalg.lstsq(weighted, (average - mean) * root, rcond=None)[0])
        beta = beta + _shortened(kinds, average, count, beta, step, link)
        eta = kinds @ beta
        if link != "plain" and np.abs(eta).max() > _FARTHEST:
            break
        if np.abs(kinds @ step).max() <= 1e-13 * (1 + np.abs(eta).max()):
            return np.asarray(beta)
    worst = int(np.abs(average - 0.5).argmax())
    where = ", ".join(
        f"{name} {number:g}" for name, number in zip(names, kinds[worst], strict=True)
    )
    raise InputError(
        Problem(
            f"the coefficients have no finite value on the {link} scale: the mean of the"
            f" pseudo-values at {where} is {average[worst]:.3f}",
            "use the plain link, or fewer moderators",
        )
    )


def _shortened(
    kinds: Matrix, average: Floats, count: Floats, beta: Floats, step: Floats, link: Link
) -> Floats:
    """Return the step, halved until the sum of squares does not rise."""

    def squares(at: Floats) -> float:
        return float(count @ (average - _mean(kinds @ at, link)[0]) ** 2)

    before, factor = squares(beta), 1.0
    while factor > 1e-6 and squares(beta + factor * step) > before * (1 + 1e-12) + 1e-300:
        factor /= 2
    return factor * step


def _within(each: Matrix, people: Ints, strata: Ints, bread: Matrix) -> Matrix:
    """Return the covariance from sampling patients: their scores, centred within their arm."""
    who, first, row = np.unique(people, return_index=True, return_inverse=True)
    score = np.zeros((len(who), each.shape[1]))
    np.add.at(score, row.reshape(-1), each)
    stratum = strata[first]
    size = np.bincount(stratum)
    for column in range(score.shape[1]):
        score[:, column] -= (np.bincount(stratum, score[:, column]) / np.maximum(size, 1))[stratum]
    loading = score @ bread
    return np.asarray(loading.T @ loading)


def _codes(cluster: Ints, labels: Sequence[str] | Sequence[int] | NDArray[np.int64]) -> Ints:
    """Return one number for each pair of a trial and a label within it."""
    code: dict[tuple[int, str], int] = {}
    return np.array(
        [
            code.setdefault((at, str(label)), len(code))
            for at, label in zip(cluster.tolist(), labels, strict=True)
        ],
        dtype=np.int64,
    )


def _finite(what: str, values: ArrayLike) -> Floats:
    """Return numbers, all finite."""
    found = np.array(values, dtype=np.float64)
    if found.ndim != 1 or not found.size:
        raise InputError(Problem(f"{what} is not a row of numbers", "give one a patient"))
    wrong = np.flatnonzero(~np.isfinite(found))
    if wrong.size:
        raise InputError(
            Problem(f"{what} {wrong[0] + 1} is not a finite number", "correct it or leave it out")
        )
    return found


def _check_options(link: str, degrees: str, level: float) -> None:
    problems = [
        Problem(f"unknown {name}", f"choose one of {', '.join(allowed)}", value=str(chosen))
        for name, chosen, allowed in (
            ("link", link, get_args(Link)),
            ("degrees of freedom", degrees, get_args(Degrees)),
        )
        if chosen not in allowed
    ]
    if not 0 < level < 1:
        problems.append(
            Problem("a confidence level is not between 0 and 1", "0.95 is usual", value=f"{level}")
        )
    if problems:
        raise InputError(problems)


def _check_lengths(
    rows: int,
    trial: Sequence[str],
    own: Bools,
    mass: Floats,
    patient: Sequence[int] | None,
    patient_arm: Sequence[str] | None,
) -> None:
    sizes = {len(trial), len(own), len(mass)}
    sizes |= {len(given) for given in (patient, patient_arm) if given is not None}
    if sizes != {rows}:
        found = ", ".join(str(size) for size in sorted(sizes | {rows}))
        raise InputError(Problem("lengths differ", "give one of each a row", value=found))
    if not own.all() and (patient is None or patient_arm is None):
        remedy = "give patient and patient_arm, so that rows of one patient belong together"
        raise InputError(Problem("rows are of patients of other arms", remedy))
    if not (mass > 0).all():
        raise InputError(Problem("a weight is not positive", "leave such rows out"))


def _check_counted(kinds: Matrix, count: Floats, names: Sequence[str]) -> None:
    """Refuse rows that add to an arm without a patient of its own."""
    empty = np.flatnonzero(count == 0)
    if empty.size:
        where = ", ".join(
            f"{name} {number:g}" for name, number in zip(names, kinds[empty[0]], strict=True)
        )
        raise InputError(
            Problem(f"no patient is a member of an arm with {where}", "give its own patients")
        )


def _check_trials(trials: int, p: int, degrees: Degrees) -> None:
    if degrees == "trials - p" and trials <= p:
        raise InputError(
            Problem(
                "there are not more trials than coefficients",
                "use Satterthwaite's degrees of freedom, or fewer moderators",
                value=f"{trials} trials, {p} coefficients",
            )
        )
