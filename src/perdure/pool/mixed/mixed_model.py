"""A mixed model fitted: from what is asked to the record of what was found."""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from scipy.special import chdtrc

from perdure.errors import InputError, Problem
from perdure.pool.mixed.climb import Peak, climb
from perdure.pool.mixed.components import Blocks, Whitened, whitened
from perdure.pool.mixed.grouping import Grouping
from perdure.pool.mixed.mixed_fit import DegreesOfFreedom, MixedFit, least_df
from perdure.pool.mixed.mixed_starts import highest
from perdure.pool.mixed.structures import Factor, Structure, StructureName, covariance_of
from perdure.pool.models.least_squares import Matrix
from perdure.pool.models.linear import coefficient, joint_test, upper_quantile
from perdure.records import Floats, JointTest, Pooled
from perdure.records.multilevel import VarianceComponent

__all__ = ["MixedMethod", "MixedModel", "MixedOptions", "MixedTest", "fitted"]

MixedMethod = Literal["REML", "ML"]
MixedTest = Literal["z", "t"]
NOTHING = 1e-10
"""An eigenvalue of G below this share of the largest is 0."""


@dataclass(frozen=True, eq=False)
class MixedModel:
    """What is fitted."""

    y: Floats
    v: Floats | Matrix
    x: Matrix
    terms: tuple[str, ...]
    blocks: Blocks
    structure: Structure
    groupings: tuple[Grouping, ...]
    outcomes: Grouping | None
    structure_name: StructureName | None


@dataclass(frozen=True)
class MixedOptions:
    """How it is fitted and tested."""

    method: MixedMethod
    test: MixedTest
    df: DegreesOfFreedom
    level: float


def fitted(model: MixedModel, options: MixedOptions, size: Floats) -> MixedFit:
    """Return the fit at the highest maximum of the likelihood.

    Parameters
    ----------
    model : MixedModel
    options : MixedOptions
    size : array of float
        Rough size of each variance, to start from.

    Raises
    ------
    InputError
        If the search does not converge, or degrees of freedom run out.
    """
    blocks, structure = model.blocks, model.structure
    restricted = options.method == "REML"
    peak = _on_the_edge(
        blocks,
        structure,
        highest(blocks, structure, size, restricted=restricted),
        restricted=restricted,
    )
    c = structure.coefficients(peak.parameters)
    white = whitened(blocks, c)
    beta, covariance = _coefficients(blocks, white)
    df = _degrees_of_freedom(model, options)
    rows = tuple(
        coefficient(
            term,
            float(beta[at]),
            float(covariance[at, at]),
            None if df is None else float(df[at]),
            options.level,
        )
        for at, term in enumerate(model.terms)
    )
    sigma2, rho, notes = _reported(model, c)
    common = whitened(blocks, np.zeros(c.size))
    k, p = model.x.shape
    q = float(common.residual @ common.residual)
    components = _components(model, sigma2, (k - p) / _trace(blocks, common))
    low, high = None, None
    if p == 1 and bool((model.x == 1).all()) and model.outcomes is None:
        half = upper_quantile(rows[0].df, options.level)
        half *= float(np.sqrt(rows[0].se ** 2 + sum(sigma2)))
        low, high = rows[0].estimate - half, rows[0].estimate + half
    pooled = Pooled(
        model="three-level" if model.outcomes is None else "multivariate",
        method=options.method,
        test=options.test,
        n_effects=k,
        n_trials=len(model.groupings[0].groups),
        coefficients=rows,
        tau2=None,
        i2=None if model.outcomes else sum(row.i2 or 0.0 for row in components),
        h2=None,
        q=q,
        q_df=k - p,
        q_p=float(chdtrc(k - p, q)),
        log_likelihood=white.log_likelihood(k, restricted=restricted),
        prediction_low=low,
        prediction_high=high,
        sigma2=sigma2,
        rho=rho,
        moderators=_moderators(model, beta, covariance, df),
    )
    return MixedFit(
        pooled,
        model.y,
        model.v,
        model.x,
        model.terms,
        beta,
        covariance,
        df,
        options.level,
        components,
        model.groupings,
        model.outcomes,
        model.structure_name,
        structure,
        peak.parameters,
        blocks,
        white,
        notes,
    )


def _on_the_edge(blocks: Blocks, structure: Structure, peak: Peak, *, restricted: bool) -> Peak:
    """Return the peak with a covariance that all but lacks full rank made to lack it.

    It is approached through a square, so never reached exactly.
    """
    if not isinstance(structure, Factor):
        return peak
    c = structure.coefficients(peak.parameters)
    values, vectors = np.linalg.eigh(covariance_of(c, structure.patterns.shape[1]))
    tiny = values < NOTHING * values[-1]
    if not tiny.any():
        return peak
    flat = (vectors * np.sqrt(np.where(tiny, 0.0, values))).reshape(-1)
    found = climb(blocks, structure, flat, restricted=restricted)
    return found if found.value >= peak.value - 1e-10 * max(1.0, abs(peak.value)) else peak


def _coefficients(blocks: Blocks, white: Whitened) -> tuple[Floats, Matrix]:
    """Return beta and its covariance in the columns of X."""
    inverse = np.linalg.inv(white.r @ blocks.triangle)
    beta = inverse @ white.loading + np.linalg.solve(blocks.triangle, blocks.loading)
    return beta, inverse @ inverse.T


def _trace(blocks: Blocks, white: Whitened) -> float:
    """Return the trace of P."""
    total, start = 0.0, 0
    for batch, root in zip(blocks.batches, white.roots, strict=True):
        b, n = batch.rows.shape
        q = white.q[start : start + b * n].reshape(b, n, -1)
        start += b * n
        total += float((root**2).sum()) - int((batch.rows == blocks.k).sum())
        total -= float(((np.swapaxes(q, 1, 2) @ root) ** 2).sum())
    return float(total)


def _degrees_of_freedom(model: MixedModel, options: MixedOptions) -> Floats | None:
    """Return each coefficient's degrees of freedom; None for normal tests."""
    if options.test == "z":
        return None
    k, p = model.x.shape
    df = np.full(p, float(k - p))
    if options.df == "contain":
        for group in model.groupings:
            n = len(group.groups)
            first = np.zeros((n, p))
            first[group.codes] = model.x
            constant = (first[group.codes] == model.x).all(axis=0)
            df[constant] = np.minimum(df[constant], n - p)
    if df.min() < 1:
        raise InputError(
            Problem(
                "there are too few groups for degrees of freedom by containment",
                "use those of the residuals, cluster-robust errors, or fewer moderators",
                value=f"{df.min():g}",
            )
        )
    return df


def _reported(
    model: MixedModel, c: Floats
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[str, ...]]:
    """Return variances, correlations, and what is to be said of them."""
    if model.outcomes is None:
        return tuple(c.tolist()), (), ()
    names = model.outcomes.groups
    m = len(names)
    g = covariance_of(c, m)
    variances = np.diagonal(g).tolist()
    shared = model.structure_name in ("CS", "ID")
    sigma2 = tuple(variances[:1] if shared else variances)
    if model.structure_name in ("ID", "DIAG"):
        return sigma2, (), ()
    rho, notes = [], []
    for a, b in list(combinations(range(m), 2))[: None if model.structure_name == "UN" else 1]:
        product = variances[a] * variances[b]
        least = -1.0 if model.structure_name == "UN" else -1 / (m - 1)
        rho.append(float(np.clip(g[a, b] / np.sqrt(product), least, 1)) if product > 0 else 0.0)
        if product == 0:
            empty = names[a] if variances[a] == 0 else names[b]
            notes.append(
                f"the variance of {empty} is 0, so that its correlations are undefined and given"
                " as 0"
            )
    return sigma2, tuple(rho), tuple(dict.fromkeys(notes))


def _components(
    model: MixedModel, sigma2: tuple[float, ...], typical: float
) -> tuple[VarianceComponent, ...]:
    """Return every variance with its share."""
    if model.outcomes is None:
        total = sum(sigma2) + typical
        return tuple(
            VarianceComponent(group.name, len(group.groups), value, 100 * value / total)
            for group, value in zip(model.groupings, sigma2, strict=True)
        )
    trials, outcomes = model.groupings[0], model.outcomes
    if len(sigma2) == 1:
        return (VarianceComponent("all outcomes", len(trials.groups), sigma2[0], None),)
    return tuple(
        VarianceComponent(name, len(set(trials.codes[outcomes.codes == at].tolist())), value, None)
        for at, (name, value) in enumerate(zip(outcomes.groups, sigma2, strict=True))
    )


def _moderators(
    model: MixedModel, beta: Floats, covariance: Matrix, df: Floats | None
) -> JointTest | None:
    """Return the test of everything but the intercept; None where there is only an intercept."""
    ones = np.flatnonzero((model.x == 1).all(axis=0)).tolist()[:1]
    kept = [at for at in range(beta.size) if at not in ones]
    if not kept:
        return None
    rows = np.eye(beta.size)[kept]
    terms = [model.terms[at] for at in kept]
    return joint_test(terms, rows, beta, covariance, least_df(df, rows))
