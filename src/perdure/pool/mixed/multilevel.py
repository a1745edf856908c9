"""Mixed models of effects with known sampling covariance: nested levels, several outcomes."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike

from perdure.errors import InputError, Problem
from perdure.pool.mixed.components import Blocks, Part, arranged
from perdure.pool.mixed.grouping import (
    Grouping,
    grouping,
    groupings,
    independent_blocks,
    sampling_covariance,
)
from perdure.pool.mixed.mixed_fit import DegreesOfFreedom, MixedFit
from perdure.pool.mixed.mixed_model import MixedMethod, MixedModel, MixedOptions, MixedTest, fitted
from perdure.pool.mixed.mixed_starts import identified
from perdure.pool.mixed.structures import (
    StructureName,
    entries,
    intercepts,
    outcome_structure,
    parameters_of,
)
from perdure.pool.models.inputs import design_matrix
from perdure.pool.models.least_squares import Matrix
from perdure.records import Floats

__all__ = ["MixedMethod", "MixedTest", "fit_multilevel", "fit_multivariate"]

MOST_OUTCOMES = 12


def fit_multilevel(
    y: ArrayLike,
    v: ArrayLike | Sequence[ArrayLike],
    levels: Mapping[str, Sequence[object]] | Sequence[Sequence[object]],
    *,
    nested: bool = True,
    method: MixedMethod = "REML",
    test: MixedTest = "z",
    df: DegreesOfFreedom = "residual",
    moderators: ArrayLike | None = None,
    terms: Sequence[str] | None = None,
    level: float = 0.95,
) -> MixedFit:
    """Fit a model of effects in groups in groups, as arms in trials.

    y = X beta + u_1 + u_2 + ... + e: one random intercept a level, e ~ N(0, V) with V known. With a
    trial and an arm level it is the three-level model.

    Parameters
    ----------
    y : array_like of float, shape (k,)
    v : array_like of float, shape (k,) or (k, k), or sequence of array_like
        Sampling variances, their covariance matrix, or its diagonal blocks.
    levels : mapping of str to sequence, or sequence of sequences
        Each effect's group at each level, the outermost first.
    nested : bool
        Whether a group is told by its label and all outer ones; else by its own label alone, so
        that levels may cross.
    method : {"REML", "ML"}
    test : {"z", "t"}
    df : {"residual", "contain"}
        For t: k - p; or by containment: of a coefficient whose column does not vary inside the
        groups of a level, the number of those groups less p (the smallest such number).
    moderators : array_like of float, shape (k, p), optional
        Design matrix, its intercept included.
    terms : sequence of str, optional
    level : float
        Of the intervals.

    Returns
    -------
    MixedFit
        ``pooled.i2`` is relative to the typical sampling variance (k - p) / tr(P) at V alone;
        ``pooled.prediction_low`` and ``_high`` are for the effect of a new innermost group in a new
        outermost one.

    Raises
    ------
    InputError
        If a value is missing, V is not a covariance, columns of ``moderators`` depend on each
        other, effects are too few, two levels cannot be told apart, or degrees of freedom run out.

    Notes
    -----
    The likelihood is climbed from every local top of a grid. A variance estimated as 0 is exactly
    0. Definitions of Q, the tests and the intervals are those of metafor's ``rma.mv`` (Viechtbauer
    2010, doi 10.18637/jss.v036.i03); the model: Konstantopoulos 2011, doi 10.1002/jrsm.35.

    Examples
    --------
    >>> fit = fit_multilevel(
    ...     [0.1, 0.3, 0.9, 1.3, 0.4, 0.5], [0.02] * 6, {"trial": list("AABBCC"), "arm": range(6)}
    ... )
    >>> print(f"trial {fit.pooled.sigma2[0]:.3f}, arm {fit.pooled.sigma2[1]:.3f}")
    trial 0.198, arm 0.015
    """
    options = _options(method, test, df, level)
    effects, sampling = sampling_covariance(y, v)
    grouped = groupings(levels, effects.size, nested=nested)
    x, names = design_matrix(effects.size, moderators, terms, 1)
    codes = [group.codes for group in grouped]
    blocks = arranged(
        effects, x, sampling, [Part(code) for code in codes], independent_blocks(codes, sampling)
    )
    _refuse_indefinite(blocks)
    structure = intercepts(len(grouped))
    size = np.full(len(grouped), _residual_variance(effects, sampling, blocks))
    if not identified(blocks, structure, size / size.size):
        sizes = ", ".join(f"{group.name} has {len(group.groups)} groups" for group in grouped)
        raise InputError(
            Problem(
                f"the variances of the levels cannot be told apart: {sizes}",
                "leave a level out, or a moderator that names its groups",
            )
        )
    model = MixedModel(effects, sampling, x, names, blocks, structure, grouped, None, None)
    return _fitted(model, options, size)


def _fitted(model: MixedModel, options: MixedOptions, size: Floats) -> MixedFit:
    """Fit a model; a matrix that rounding makes singular becomes a plain sentence."""
    try:
        return fitted(model, options, size)
    except np.linalg.LinAlgError as error:
        raise InputError(
            Problem(
                "the sampling variances are too small beside the differences between effects",
                "check the standard errors",
            )
        ) from error


def fit_multivariate(
    y: ArrayLike,
    v: ArrayLike | Sequence[ArrayLike],
    outcome: Sequence[object],
    trial: Sequence[object],
    *,
    structure: StructureName = "UN",
    method: MixedMethod = "REML",
    test: MixedTest = "z",
    df: DegreesOfFreedom = "residual",
    moderators: ArrayLike | None = None,
    terms: Sequence[str] | None = None,
    level: float = 0.95,
) -> MixedFit:
    """Fit a model of several outcomes (endpoints, multiples of the median) of each trial.

    y = X beta + u + e, where a trial's effects on m outcomes have covariance G; e ~ N(0, V) with V
    known. A trial need not report every outcome.

    Parameters
    ----------
    y : array_like of float, shape (k,)
    v : array_like of float, shape (k,) or (k, k), or sequence of array_like
        Sampling variances, their covariance matrix, or its diagonal blocks.
    outcome, trial : sequence
        What each effect measures, and in which trial.
    structure : {"UN", "CS", "HCS", "DIAG", "ID"}
        Of G: anything; one variance and one correlation; a variance each and one correlation; a
        variance each; one variance.
    method, test, df, terms, level
        As in :func:`fit_multilevel`; containment is in trials.
    moderators : array_like of float, shape (k, p), optional
        Design matrix; default a mean for each outcome.

    Returns
    -------
    MixedFit
        ``pooled.sigma2`` and ``pooled.rho`` hold G, outcomes in order of first appearance. A
        correlation with an outcome of variance 0 is undefined: it is given as 0 with a note.

    Raises
    ------
    InputError
        As :func:`fit_multilevel`; if there is one outcome only; if two outcomes are never in one
        trial, whose correlation the structure UN would need.

    Notes
    -----
    G is searched by a factor L with G = L L', so that it is a covariance throughout and a
    correlation of 1 can be reached (van Houwelingen, Arends and Stijnen 2002, Stat Med 21:589, doi
    10.1002/sim.1040; structures as in metafor's ``rma.mv``).

    Examples
    --------
    >>> fit = fit_multivariate(
    ...     [0.1, 0.2, 0.5, 0.9, 0.3, 0.2, 0.9, 1.0],
    ...     [0.01] * 8,
    ...     ["PFS", "OS"] * 4,
    ...     list("AABBCCDD"),
    ... )
    >>> [coefficient.term for coefficient in fit.pooled.coefficients]
    ['PFS', 'OS']
    >>> print(f"{fit.pooled.sigma2[0]:.3f} {fit.pooled.sigma2[1]:.3f} {fit.pooled.rho[0]:.3f}")
    0.107 0.179 0.952
    """
    options = _options(method, test, df, level)
    _one_of("structure", structure, get_args(StructureName))
    effects, sampling = sampling_covariance(y, v)
    measured = grouping("outcome", outcome, effects.size)
    trials = grouping("trial", trial, effects.size)
    m = len(measured.groups)
    _refuse_outcomes(measured, trials, structure)
    if moderators is None:
        moderators = (measured.codes[:, None] == np.arange(m)).astype(np.float64)
        terms = measured.groups if terms is None else terms
    x, names = design_matrix(effects.size, moderators, terms, 1)
    parts = [Part(trials.codes, measured.codes, pair) for pair in entries(m)]
    blocks = arranged(effects, x, sampling, parts, independent_blocks([trials.codes], sampling))
    _refuse_indefinite(blocks)
    size = _outcome_variances(effects, sampling, blocks, measured)
    shape = outcome_structure(structure, m)
    if not identified(blocks, shape, parameters_of(shape, np.diag(size))):
        raise InputError(
            Problem(
                f"the effects are too few for the structure {structure} of {m} outcomes",
                "use a simpler structure, as CS or ID, or fewer moderators",
            )
        )
    model = MixedModel(effects, sampling, x, names, blocks, shape, (trials,), measured, structure)
    return _fitted(model, options, size)


def _options(
    method: MixedMethod, test: MixedTest, df: DegreesOfFreedom, level: float
) -> MixedOptions:
    """Return the options, checked."""
    _one_of("method", method, get_args(MixedMethod))
    _one_of("test", test, get_args(MixedTest))
    _one_of("df", df, get_args(DegreesOfFreedom))
    if not 0 < level < 1:
        raise InputError(
            Problem("a confidence level is not between 0 and 1", "0.95 is usual", value=f"{level}")
        )
    return MixedOptions(method, test, df, level)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Refuse an option that does not exist."""
    if value not in allowed:
        raise InputError(
            Problem(f"unknown {name}", f"choose one of {', '.join(allowed)}", value=str(value))
        )


def _refuse_indefinite(blocks: Blocks) -> None:
    """Refuse sampling covariances that no effects can have."""
    for batch in blocks.batches:
        if np.count_nonzero(batch.sampling) == batch.rows.size:
            continue  # variances alone, which are positive
        smallest = np.linalg.eigvalsh(batch.sampling)[:, 0]
        diagonal = np.diagonal(batch.sampling, axis1=1, axis2=2).max(axis=1)
        wrong = np.flatnonzero(smallest <= 1e-12 * diagonal)
        if wrong.size:
            rows = [str(row + 1) for row in batch.rows[wrong[0]].tolist() if row < blocks.k]
            raise InputError(
                Problem(
                    f"the sampling covariance of effects {', '.join(rows)} is no covariance: it is"
                    " not positive definite",
                    "check their covariances: a correlation must lie inside -1 and 1",
                )
            )


def _refuse_outcomes(measured: Grouping, trials: Grouping, structure: StructureName) -> None:
    """Refuse outcomes that the structure says nothing of."""
    m = len(measured.groups)
    if not 1 < m <= MOST_OUTCOMES:
        raise InputError(
            Problem(
                f"a multivariate model needs 2 to {MOST_OUTCOMES} outcomes",
                "pool a single outcome without it",
                value=str(m),
            )
        )
    if structure != "UN":
        return
    seen = np.zeros((m, len(trials.groups)), dtype=np.bool_)
    seen[measured.codes, trials.codes] = True
    for a, b in combinations(range(m), 2):
        if not (seen[a] & seen[b]).any():
            raise InputError(
                Problem(
                    f"no trial reports both {measured.groups[a]} and {measured.groups[b]}, so that"
                    " their correlation cannot be estimated",
                    "use the structure HCS, CS or DIAG, or leave one of the two out",
                )
            )


def _residual_variance(y: Floats, v: Floats | Matrix, blocks: Blocks) -> float:
    """Return the unweighted residual mean square, or something small where it is 0."""
    residual = y - blocks.basis @ blocks.loading
    spread = float(residual @ residual) / (y.size - int(blocks.basis.shape[1]))
    return max(spread, 1e-3 * float(np.min(v if v.ndim == 1 else np.diagonal(v))))


def _outcome_variances(y: Floats, v: Floats | Matrix, blocks: Blocks, measured: Grouping) -> Floats:
    """Return the residual mean square of each outcome, as a size to start from."""
    residual = y - blocks.basis @ blocks.loading
    n = np.bincount(measured.codes)
    overall = _residual_variance(y, v, blocks)
    spread = np.bincount(measured.codes, residual**2) / np.maximum(n - 1, 1)
    return np.asarray(np.maximum(spread, 0.01 * overall))
