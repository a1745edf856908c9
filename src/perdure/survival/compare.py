"""Groups compared: the log-rank family of tests, and the hazard ratio of two arms."""

from dataclasses import dataclass
from math import erfc, exp, inf, lgamma, log, sqrt

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.records import Floats, Ints, Patients
from perdure.survival.intervals import normal_quantile
from perdure.survival.kaplan_meier import product_limit
from perdure.survival.ties import distinct_times

__all__ = ["HazardRatio", "LogRank", "hazard_ratio", "log_rank"]


@dataclass(frozen=True, eq=False)
class LogRank:
    """A log-rank test, or one of its weighted relatives.

    Attributes
    ----------
    groups : tuple of str or float
        The labels, sorted; everything below is in this order.
    n : array of int, shape (groups,)
    observed, expected : array of float, shape (groups,)
        Events, each with the weight of its time.
    variance : array of float, shape (groups, groups)
        Of observed - expected, hypergeometric.
    chi2 : float or None
    df : int
    p : float or None
    reason : str or None
        Why there is no test; then ``chi2`` and ``p`` are None and ``df`` is 0.
    """

    groups: tuple[str | float, ...]
    n: Ints
    observed: Floats
    expected: Floats
    variance: Floats
    chi2: float | None
    df: int
    p: float | None
    reason: str | None = None


@dataclass(frozen=True)
class HazardRatio:
    """The hazard ratio of group 1 against group 0, or the reason why there is none.

    Attributes
    ----------
    hr, log_hr, se, low, high, p : float or None
        ``se`` is that of ``log_hr``; ``low`` and ``high`` are limits of ``hr``, and ``p`` is of
        Wald's test. All None where there is a ``reason``.
    reason : str or None
    """

    hr: float | None
    log_hr: float | None
    se: float | None
    low: float | None
    high: float | None
    p: float | None
    reason: str | None = None


def log_rank(time: ArrayLike, event: ArrayLike, group: ArrayLike, *, rho: float = 0.0) -> LogRank:
    """Test whether groups have the same survival.

    Parameters
    ----------
    time : array_like of float, shape (n,)
    event : array_like of bool or 0/1, shape (n,)
    group : array_like, shape (n,)
        Labels, all text or all numbers; two or more different ones.
    rho : float
        Not negative. The weight of a time is the survival of all groups together just before it,
        to the power ``rho``: 0 is the log-rank test, 1 the Peto-Peto form of Wilcoxon's.

    Returns
    -------
    LogRank
        No event tells the groups apart where at each one a single group was at risk, or all at risk
        had it: then ``chi2`` and ``p`` are None and there is a ``reason``.

    Raises
    ------
    InputError
        As for :func:`kaplan_meier`; if there is one group only, a label is missing, or rho is
        negative.

    Notes
    -----
    Harrington and Fleming 1982, doi 10.1093/biomet/69.3.553. Agrees with ``survdiff`` of R.

    Examples
    --------
    >>> test = log_rank([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 0], list("aababb"))
    >>> test.observed, test.expected.round(3), round(test.p, 3)
    (array([3., 2.]), array([1.483, 3.517]), 0.11)
    """
    patients = Patients(time, event)
    labels, member = _groups(group, patients.n)
    if not 0 <= rho < inf:
        raise InputError(Problem("rho must not be negative", "give 0 or 1", value=str(rho)))
    events, at_risk = _counts(patients, member, labels.size)
    d, n = events.sum(axis=0), at_risk.sum(axis=0)
    before = np.concatenate([[1.0], product_limit(d, n)[:-1]])
    weight = before**rho
    share = at_risk / n
    observed = (weight * events).sum(axis=1)
    expected = (weight * d * share).sum(axis=1)
    spread = weight**2 * d * (n - d) / np.maximum(n - 1, 1)
    variance = -(spread * share) @ share.T
    np.fill_diagonal(variance, 0.0)
    np.fill_diagonal(variance, -variance.sum(axis=1))  # rows sum to 0 without cancellation
    chi2, df = _chi_square(observed - expected, variance)
    n_groups = np.bincount(member, minlength=labels.size)
    groups = tuple(labels.tolist())
    if df == 0:
        reason = "no event tells the groups apart"
        return LogRank(groups, n_groups, observed, expected, variance, None, 0, None, reason)
    p = _chi_square_tail(chi2, df)
    return LogRank(groups, n_groups, observed, expected, variance, chi2, df, p)


def _groups(group: ArrayLike, n: int) -> tuple[np.ndarray, Ints]:
    """Return the distinct labels, sorted, and the position of each patient's label in them."""
    values = np.asarray(group)
    if values.shape != (n,):
        raise InputError(
            Problem(
                "patients need one group each",
                "give as many labels as times",
                value=f"{values.size} labels for {n} patients",
            )
        )
    if values.dtype.kind not in "biufU" or (values.dtype.kind == "f" and np.isnan(values).any()):
        raise InputError(
            Problem("a group's label is missing", "label every patient, all as text or as numbers")
        )
    labels, member = np.unique(values, return_inverse=True)
    if labels.size < 2:
        raise InputError(
            Problem(
                "there is one group only",
                "give two or more groups to compare",
                value=str(labels[0]),
            )
        )
    return labels, member


def _counts(patients: Patients, member: Ints, groups: int) -> tuple[Ints, Ints]:
    """Return events and patients at risk by group and distinct event time: (groups, times)."""
    times, row = distinct_times(patients.time)
    cell = member * times.size + row
    shape = (groups, times.size)
    leaving = np.bincount(cell, minlength=groups * times.size).reshape(shape)
    events = np.bincount(cell[patients.event], minlength=groups * times.size).reshape(shape)
    at_risk = leaving[:, ::-1].cumsum(axis=1)[:, ::-1]
    with_events = events.any(axis=0)
    return events[:, with_events], at_risk[:, with_events]


def _chi_square(difference: Floats, variance: Floats) -> tuple[float, int]:
    """Return the statistic and its degrees of freedom.

    Differences sum to 0, so one group is left out; which one makes no difference. A group that was
    gone before the first event has no variance. All others were at risk together then.
    """
    kept = np.flatnonzero(variance.diagonal() > 0)[1:]
    score = difference[kept]
    weighted = np.linalg.solve(variance[np.ix_(kept, kept)], score)
    return max(float(score @ weighted), 0.0), kept.size


def _chi_square_tail(chi2: float, df: int) -> float:
    """Return the probability of more than ``chi2``, by its recurrence in steps of 2 df.

    Abramowitz and Stegun 1964, 26.4.4 and 26.4.5; scipy.special is slow to import.
    """
    half = chi2 / 2
    tail, start = (erfc(sqrt(half)), 1) if df % 2 else (exp(-half), 2)
    if half == 0:
        return 1.0
    for lower in range(start, df, 2):
        tail += exp(lower / 2 * log(half) - half - lgamma(lower / 2 + 1))
    return tail


def hazard_ratio(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, level: float = 0.95
) -> HazardRatio:
    """Estimate the hazard ratio of two arms by Cox regression with Efron's ties.

    Parameters
    ----------
    time : array_like of float, shape (n,)
    event : array_like of bool or 0/1, shape (n,)
    group : array_like of bool or 0/1, shape (n,)
        0 is the comparator.
    level : float
        Of the interval, symmetric for the logarithm.

    Returns
    -------
    HazardRatio
        Where the likelihood has no maximum (a group without patients or events, or all events of
        one group after the other has left), a ``reason`` and None for the numbers.

    Raises
    ------
    InputError
        As for :func:`kaplan_meier`; if a group is not 0 or 1, or the level is not between 0 and 1.

    Notes
    -----
    Cox 1972, doi 10.1111/j.2517-6161.1972.tb00899.x; Efron 1977, doi
    10.1080/01621459.1977.10480613. Agrees with ``coxph(ties = "efron")`` of R, which stops at its
    iteration limit with a warning where there is no maximum.

    Examples
    --------
    >>> found = hazard_ratio([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 0], [0, 0, 1, 0, 1, 1])
    >>> round(found.hr, 3), round(found.low, 3), round(found.high, 3)
    (0.185, 0.019, 1.838)
    >>> hazard_ratio([1, 2, 3, 4], [1, 1, 0, 0], [0, 0, 1, 1]).reason
    'group 1 has no event'
    """
    patients = Patients(time, event)
    z = normal_quantile(level)
    member = _two_groups(group, patients.n)
    events, at_risk = _counts(patients, member, 2)
    reason = _no_maximum(events, at_risk, member)
    if reason is not None:
        return HazardRatio(None, None, None, None, None, None, reason)
    log_hr, information = _maximise(events, at_risk)
    se = 1 / sqrt(information)
    return HazardRatio(
        hr=exp(log_hr),
        log_hr=log_hr,
        se=se,
        low=exp(log_hr - z * se),
        high=exp(log_hr + z * se),
        p=erfc(abs(log_hr) / se / sqrt(2)),
    )


def _two_groups(group: ArrayLike, n: int) -> Ints:
    """Return the groups as whole numbers, if there is a 0 or a 1 for each patient."""
    values = np.asarray(group)
    if values.shape != (n,) or not np.isin(values, (0, 1)).all():
        raise InputError(
            Problem(
                "a hazard ratio needs a group of 0 or 1 for each patient",
                "write 0 for the comparator and 1 for the other arm",
            )
        )
    return values.astype(np.int64)


def _no_maximum(events: Ints, at_risk: Ints, member: Ints) -> str | None:
    """Return why the likelihood has no maximum, or None where it has one.

    Only events with both groups at risk count; the maximum is finite when each group has one.
    """
    for group, n in enumerate(np.bincount(member, minlength=2)):
        if n == 0:
            return f"group {group} has no patients"
    for group, total in enumerate(events.sum(axis=1)):
        if total == 0:
            return f"group {group} has no event"
    informative = events[:, at_risk.all(axis=0)].sum(axis=1)
    for group, total in enumerate(informative):
        if total == 0:
            return f"group {group} has no event while the other group is at risk"
    return None


def _maximise(events: Ints, at_risk: Ints) -> tuple[float, float]:
    """Return the log hazard ratio and the information on it, by Newton's method.

    Efron: the l-th of d events tied at a time leaves (1 - l/d) of each of them at risk. Each event
    is then one trial of which group it falls in, with log odds log_hr + log(at risk 1 / 0); the
    score falls with log_hr, so its sign brackets the maximum.
    """
    both = at_risk.all(axis=0)
    events, at_risk = events[:, both], at_risk[:, both]
    d = events.sum(axis=0)
    row = np.repeat(np.arange(d.size), d)
    gone = (np.arange(row.size) - (d.cumsum() - d)[row]) / d[row]
    still = at_risk[:, row] - gone * events[:, row]
    offset = np.log(still[1] / still[0])
    observed = float(events[1].sum())
    low, high, log_hr = -inf, inf, 0.0
    while True:
        share = 1 / (1 + np.exp(-(offset + log_hr)))
        information = float((share * (1 - share)).sum())
        score = observed - float(share.sum())
        low, high = (log_hr, high) if score > 0 else (low, log_hr)
        step = max(-2.0, min(2.0, score / information))
        if min(abs(step), high - low) <= 1e-12 * max(1.0, abs(log_hr)):
            return log_hr, information
        log_hr += step
        if not low < log_hr < high:
            log_hr = (low + high) / 2
