"""Trials of several treatments as contrasts with their covariance, and what they connect."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.pool.effects.contrast_effects import CONTRASTS, ContrastMeasure
from perdure.pool.effects.scales import SCALES
from perdure.pool.models.least_squares import Matrix
from perdure.records import Floats
from perdure.records.network import Edge

__all__ = [
    "NetworkData",
    "TrialContrasts",
    "network_of_arms",
    "network_of_contrasts",
    "network_of_proportions",
]


ROUNDING = 1e-12
"""Share of the largest variance that an eigenvalue of a covariance is, if it is not 0."""


@dataclass(frozen=True, eq=False)
class TrialContrasts:
    """One trial's contrasts, none of which follows from the others.

    Attributes
    ----------
    trial : str
    arms : tuple of str
        The treatment of each arm; two arms may have the same one.
    incidence : array of float, shape (arms - 1, arms)
        Each contrast as a combination of arms: 1 and -1.
    y : array of float, shape (arms - 1,)
    v : array of float, shape (arms - 1, arms - 1)
    """

    trial: str
    arms: tuple[str, ...]
    incidence: Matrix
    y: Floats
    v: Matrix

    @property
    def treatments(self) -> tuple[str, ...]:
        """Each treatment once: the trial's design."""
        return tuple(dict.fromkeys(self.arms))

    @property
    def similar(self) -> Matrix:
        """How the true contrasts vary together: arms alike, so 1/2 where they share one."""
        return np.asarray(self.incidence @ self.incidence.T / 2)

    def between(self, first: str, second: str) -> "TrialContrasts":
        """Return the contrasts among the arms of two treatments, as if there were no others."""
        kept = [at for at, name in enumerate(self.arms) if name in {first, second}]
        rows = np.zeros((len(kept) - 1, len(self.arms)))
        rows[:, kept[0]] = -1
        rows[np.arange(len(kept) - 1), kept[1:]] = 1
        turn = rows @ np.linalg.pinv(self.incidence)
        arms = tuple(self.arms[at] for at in kept)
        return TrialContrasts(
            self.trial, arms, rows[:, kept], turn @ self.y, turn @ self.v @ turn.T
        )

    def design(self, treatments: Sequence[str]) -> Matrix:
        """Return the contrasts as combinations of treatments."""
        member = np.array([[arm == name for name in treatments] for arm in self.arms], dtype=float)
        return np.asarray(self.incidence @ member)


@dataclass(frozen=True, eq=False)
class NetworkData:
    """Trials that compare treatments.

    Attributes
    ----------
    trials : tuple of TrialContrasts
    left_out : tuple of str
        Trials that compare nothing: all their arms are of one treatment.
    """

    trials: tuple[TrialContrasts, ...]
    left_out: tuple[str, ...]

    @property
    def treatments(self) -> tuple[str, ...]:
        """In order of first appearance."""
        return tuple(dict.fromkeys(name for trial in self.trials for name in trial.treatments))

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Every pair that a trial compared, the treatment that appears later first.

        Examples
        --------
        >>> data = network_of_arms(["A", "A", "A"], ["x", "y", "z"], [0, 1, 2], v=[1, 1, 1])
        >>> [(edge.treatment, edge.comparator, edge.n_trials) for edge in data.edges]
        [('y', 'x', 1), ('z', 'x', 1), ('z', 'y', 1)]
        """
        found = []
        for comparator, treatment in combinations(self.treatments, 2):
            n = sum({treatment, comparator} <= set(trial.treatments) for trial in self.trials)
            if n:
                found.append(Edge(treatment, comparator, n))
        return tuple(found)

    @property
    def components(self) -> tuple["NetworkData", ...]:
        """The parts that trials connect; one if the network does not fall apart."""
        groups: list[set[str]] = []
        for trial in self.trials:
            own = set(trial.treatments)
            touched = [group for group in groups if group & own]
            groups = [group for group in groups if not group & own]
            groups.append(own.union(*touched))
        order = {name: at for at, name in enumerate(self.treatments)}
        groups.sort(key=lambda group: min(order[name] for name in group))
        return tuple(
            NetworkData(tuple(t for t in self.trials if set(t.treatments) <= group), ())
            for group in groups
        )


def network_of_arms(
    trial: Sequence[str],
    treatment: Sequence[str],
    y: ArrayLike,
    *,
    v: ArrayLike | None = None,
    covariance: ArrayLike | None = None,
) -> NetworkData:
    """Return the contrasts of a table of arms.

    Parameters
    ----------
    trial, treatment : sequence of str, length n
        Of each arm. Two arms of a trial may have the same treatment (as two drugs of a class).
    y : array_like of float, shape (n,)
        On the scale on which differences are effects.
    v : array_like of float, shape (n,), optional
        Sampling variances of independent arms.
    covariance : array_like of float, shape (n, n), optional
        Instead of ``v``, where a shared threshold makes the arms of a trial correlate.

    Returns
    -------
    NetworkData
        Each trial by contrasts with its first arm, whose covariance the shared arm brings. A trial
        with one arm, or with arms of one treatment only, is left out and named.

    Raises
    ------
    InputError
        If lengths differ, a value is not finite, the covariance is not positive definite or
        connects trials, or no trial compares treatments.

    Examples
    --------
    >>> data = network_of_arms(
    ...     ["A", "A", "A", "B"], ["x", "y", "z", "x"], [0, 1, 3, 2], v=[0.1, 0.2, 0.3, 0.1]
    ... )
    >>> data.trials[0].y, data.trials[0].v.tolist()
    (array([1., 3.]), [[0.30000000000000004, 0.1], [0.1, 0.4]])
    >>> data.left_out
    ('B',)
    """
    labels, names = [str(name) for name in trial], [str(name) for name in treatment]
    effects, spread = _checked(y, _spread(v, covariance), len(labels), len(names))
    _separate(labels, spread)
    found, left_out = [], []
    for name in dict.fromkeys(labels):
        at = [row for row, label in enumerate(labels) if label == name]
        arms = tuple(names[row] for row in at)
        if len(set(arms)) == 1:
            left_out.append(name)
            continue
        incidence = np.hstack((-np.ones((len(at) - 1, 1)), np.eye(len(at) - 1)))
        block = spread[np.ix_(at, at)]
        _definite(block, name, -ROUNDING)
        v_trial = incidence @ block @ incidence.T
        _definite(v_trial, name, ROUNDING)
        found.append(TrialContrasts(name, arms, incidence, incidence @ effects[at], v_trial))
    return _some(found, left_out)


def network_of_proportions(
    trial: Sequence[str],
    treatment: Sequence[str],
    proportions: ArrayLike,
    *,
    v: ArrayLike | None = None,
    covariance: ArrayLike | None = None,
    measure: ContrastMeasure = "log odds ratio",
) -> NetworkData:
    """Return the network of a table of durable responses, by treatment or by class of it.

    Parameters
    ----------
    trial, treatment : sequence of str, length n
        Of each arm, as in :func:`network_of_arms`.
    proportions : array_like of float, shape (n,)
    v, covariance
        Of the proportions themselves, as in :func:`network_of_arms`; brought to the measure's scale
        by the delta method.
    measure : {"difference", "log ratio", "log odds ratio", "arcsine difference"}

    Raises
    ------
    InputError
        As :func:`network_of_arms`; or if a proportion has no value, or no error, on the scale.

    Examples
    --------
    >>> data = network_of_proportions(
    ...     ["A", "A"], ["chemo", "ICI"], [0.1, 0.25], v=[0.03**2, 0.04**2], measure="log ratio"
    ... )
    >>> data.trials[0].y.round(3), data.trials[0].v.round(4).tolist()
    (array([0.916]), [[0.1156]])
    """
    p, spread = _checked(proportions, _spread(v, covariance), len(trial), len(treatment))
    if measure not in CONTRASTS:
        raise InputError(
            Problem("unknown measure", f"choose one of {', '.join(CONTRASTS)}", value=str(measure))
        )
    scale = SCALES[CONTRASTS[measure]]
    slopes = np.array([scale.slope(value) for value in p.tolist()])
    if not np.isfinite(slopes).all():
        raise InputError(
            Problem(
                f"a proportion of 0 or 1 has no error on the {scale.name} scale",
                "leave the arm out, or choose the difference",
            )
        )
    values = [scale.value(value) for value in p.tolist()]
    return network_of_arms(trial, treatment, values, covariance=slopes[:, None] * spread * slopes)


def network_of_contrasts(
    trial: Sequence[str],
    treatment: Sequence[str],
    comparator: Sequence[str],
    effect: ArrayLike,
    *,
    v: ArrayLike | None = None,
    covariance: ArrayLike | None = None,
) -> NetworkData:
    """Return the network of a table of contrasts.

    Parameters
    ----------
    trial, treatment, comparator : sequence of str, length n
    effect : array_like of float, shape (n,)
        ``treatment`` minus ``comparator``.
    v : array_like of float, shape (n,), optional
        Sampling variances, if every trial has two arms.
    covariance : array_like of float, shape (n, n), optional
        Instead of ``v``: contrasts of a trial of several arms correlate.

    Raises
    ------
    InputError
        As :func:`network_of_arms`; and if a treatment is compared with itself, a trial of several
        arms has no covariance, a contrast follows from the others of its trial, or the contrasts
        of a trial do not connect its arms.

    Examples
    --------
    >>> data = network_of_contrasts(["A", "B"], ["y", "z"], ["x", "y"], [1, 2], v=[0.1, 0.2])
    >>> data.treatments
    ('x', 'y', 'z')
    """
    labels = [str(name) for name in trial]
    first, second = [str(name) for name in treatment], [str(name) for name in comparator]
    sizes = (len(labels), len(first), len(second))
    effects, spread = _checked(effect, _spread(v, covariance), *sizes)
    _separate(labels, spread)
    for row, (one, other) in enumerate(zip(first, second, strict=True)):
        if one == other:
            raise InputError(
                Problem(
                    f"contrast {row + 1} ({labels[row]}) compares {one} with itself",
                    "correct it, or enter arms instead of contrasts",
                )
            )
    found = []
    for name in dict.fromkeys(labels):
        at = [row for row, label in enumerate(labels) if label == name]
        if len(at) > 1 and covariance is None:
            raise InputError(
                Problem(
                    f"trial {name} has {len(at)} contrasts and no covariance of them",
                    "give the covariance matrix, or enter arms instead of contrasts",
                )
            )
        arms = tuple(dict.fromkeys(name for row in at for name in (second[row], first[row])))
        incidence = np.zeros((len(at), len(arms)))
        for line, row in enumerate(at):
            incidence[line, arms.index(first[row])] = 1
            incidence[line, arms.index(second[row])] = -1
        _spanning(incidence, arms, name)
        block = spread[np.ix_(at, at)]
        _definite(block, name, ROUNDING)
        found.append(TrialContrasts(name, arms, incidence, effects[at], block))
    return _some(found, [])


def _spread(v: ArrayLike | None, covariance: ArrayLike | None) -> Matrix:
    """Return the covariance matrix, from variances if need be."""
    if (v is None) == (covariance is None):
        raise InputError(
            Problem("variances or a covariance are needed", "give one of v and covariance")
        )
    if covariance is not None:
        return np.array(covariance, dtype=np.float64)
    variances = np.array(v, dtype=np.float64)
    return np.diag(variances) if variances.ndim == 1 else variances[None]


def _checked(y: ArrayLike, spread: Matrix, *lengths: int) -> tuple[Floats, Matrix]:
    """Return effects and their covariance as arrays of one size."""
    effects = np.array(y, dtype=np.float64)
    n = lengths[0]
    if set(lengths) != {n} or effects.shape != (n,) or spread.shape != (n, n):
        shape = " x ".join(str(size) for size in spread.shape)
        raise InputError(
            Problem(
                "lengths differ",
                "give a trial, its treatments, an effect and its variance in each row",
                value=f"{', '.join(map(str, lengths))} labels, {effects.size} effects, {shape}",
            )
        )
    problems = [
        Problem(f"the value of row {row + 1} is not a finite number", "leave the row out")
        for row in np.flatnonzero(~np.isfinite(effects)).tolist()
    ]
    problems += [
        Problem(
            f"the variance of row {row + 1} is not a positive number",
            "leave the row out, or correct it",
            value=f"{spread[row, row]:g}",
        )
        for row in range(n)
        if not 0 < spread[row, row] < np.inf
    ]
    if problems:
        raise InputError(problems)
    if not np.isfinite(spread).all() or not np.allclose(spread, spread.T, rtol=1e-9, atol=0):
        raise InputError(
            Problem("the covariance is not symmetric and finite", "give each covariance twice")
        )
    return effects, (spread + spread.T) / 2


def _separate(labels: list[str], spread: Matrix) -> None:
    """Refuse covariance between trials."""
    for row, other in np.argwhere(np.triu(spread, 1)).tolist():
        if labels[row] != labels[other]:
            raise InputError(
                Problem(
                    f"rows {row + 1} and {other + 1} have a covariance but are of different trials",
                    "set it to 0, or give them one trial",
                    value=f"{labels[row]}, {labels[other]}",
                )
            )


def _definite(block: Matrix, name: str, least: float) -> None:
    """Refuse a covariance of a trial whose least eigenvalue is too small."""
    if not float(np.linalg.eigvalsh(block)[0]) > least * float(np.diagonal(block).max()):
        raise InputError(
            Problem(
                f"the covariance of trial {name} is not positive definite",
                "leave out a contrast that the others already say, or correct the covariances",
            )
        )


def _spanning(incidence: Matrix, arms: tuple[str, ...], name: str) -> None:
    """Refuse contrasts that are too many or too few for the arms of a trial."""
    rows = incidence.shape[0]
    rank = int(np.linalg.matrix_rank(incidence))
    if rank < rows:
        raise InputError(
            Problem(
                f"trial {name} has {rows} contrasts of {len(arms)} arms: some follow from others",
                f"keep {len(arms) - 1} of them, as those with one control",
                value=", ".join(arms),
            )
        )
    if rank < len(arms) - 1:
        raise InputError(
            Problem(
                f"the contrasts of trial {name} do not connect its arms",
                "add a contrast, or enter the parts as trials of their own",
                value=", ".join(arms),
            )
        )


def _some(found: list[TrialContrasts], left_out: list[str]) -> NetworkData:
    """Return the network if there is one."""
    if not found:
        raise InputError(
            Problem("no trial compares two treatments", "give trials with several treatments")
        )
    return NetworkData(tuple(found), tuple(left_out))
