"""Cluster-robust errors of fitted models; :mod:`perdure.pool.clusters.sandwich` says what."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from perdure.errors import InputError
from perdure.pool.clusters.sandwich import Robust, RobustKind, cluster_robust
from perdure.pool.mixed.mixed_fit import MixedFit
from perdure.pool.models.linear import upper_quantile
from perdure.pool.models.random_effects import Fit
from perdure.records import Pooled

__all__ = ["robust", "with_robust_errors"]


def robust(fit: Fit | MixedFit, cluster: Sequence[object], *, kind: RobustKind = "CR2") -> Robust:
    """Return cluster-robust errors of a fitted model, with its covariance as the working one.

    Parameters
    ----------
    fit : Fit or MixedFit
    cluster : sequence
        Each effect's cluster, as its trial.
    kind : {"CR2", "CR1p", "CR1", "CR0"}
        See :func:`cluster_robust`.

    Raises
    ------
    InputError
        As :func:`cluster_robust`.

    Examples
    --------
    >>> from perdure.pool.models.random_effects import fit_effects
    >>> fit = fit_effects([0.1, 0.3, 0.9, 1.3, 0.4, 0.5], [0.02] * 6)
    >>> robust(fit, list("AABBCC")).cautions[0][:53]
    'the test of intercept has 2.0 degrees of freedom: bel'
    """
    marginal = fit.marginal if isinstance(fit, MixedFit) else fit.v + fit.between
    return cluster_robust(
        fit.beta,
        fit.x,
        fit.y - fit.x @ fit.beta,
        marginal,
        cluster,
        terms=fit.terms,
        kind=kind,
        level=fit.level,
    )


def with_robust_errors(fit: Fit | MixedFit, found: Robust) -> tuple[Pooled, tuple[str, ...]]:
    """Return the record of a model with robust errors in it, and what a reader should know.

    Coefficients, the test of moderators (HTZ for CR2) and the prediction interval rest on the
    robust covariance and its degrees of freedom.

    Parameters
    ----------
    fit : Fit or MixedFit
    found : Robust
        Of the same fit.

    Returns
    -------
    tuple of Pooled and tuple of str
        The sentences are those of ``found``, and why there is no test of moderators where clusters
        are too few for it.

    Examples
    --------
    >>> from perdure.pool.models.random_effects import fit_effects
    >>> fit = fit_effects([0.1, 0.3, 0.9, 1.3, 0.4, 0.5], [0.02] * 6)
    >>> pooled, _ = with_robust_errors(fit, robust(fit, list("AABBCC")))
    >>> pooled.robust, round(pooled.coefficients[0].df, 3)
    ('CR2', 2.0)
    """
    pooled, notes = fit.pooled, list(found.cautions)
    ones = np.flatnonzero((fit.x == 1).all(axis=0)).tolist()[:1]
    kept = [at for at in range(found.beta.size) if at not in ones]
    moderators = None
    if kept:
        try:
            names = [found.terms[at] for at in kept]
            moderators = found.joint_test(names, np.eye(found.beta.size)[kept])
        except InputError as error:
            notes.append(f"no test of all moderators: {error.problems[0].message}")
    low = high = None
    if pooled.prediction_low is not None:
        mean = found.coefficients[0]
        between = sum(pooled.sigma2) if pooled.tau2 is None else pooled.tau2
        half = upper_quantile(mean.df, found.level) * float(np.sqrt(mean.se**2 + between))
        low, high = mean.estimate - half, mean.estimate + half
    record = replace(
        pooled,
        coefficients=found.coefficients,
        moderators=moderators,
        prediction_low=low,
        prediction_high=high,
        robust=found.kind,
    )
    return record, tuple(notes)
