"""Profile-likelihood intervals of variances and correlations, and nested fits compared."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, chdtri

from perdure.errors import InputError, Problem
from perdure.pool.mixed.mixed_fit import MixedFit
from perdure.pool.mixed.mixed_starts import highest_of
from perdure.pool.mixed.structures import (
    Structure,
    StructureName,
    correlation_held,
    held,
    parameters_of,
    variance_held,
)
from perdure.pool.models.least_squares import Matrix
from perdure.records import Floats
from perdure.records.multilevel import ComponentInterval, LikelihoodRatio

__all__ = ["component_intervals", "likelihood_ratio", "profile_likelihood"]

FURTHEST = 1e10
"""A limit beyond so many times the variances of the model is infinite."""
WITHIN: dict[StructureName, tuple[StructureName, ...]] = {
    "UN": ("UN", "HCS", "CS", "DIAG", "ID"),
    "HCS": ("HCS", "CS", "DIAG", "ID"),
    "CS": ("CS", "ID"),
    "DIAG": ("DIAG", "ID"),
    "ID": ("ID",),
}
"""The structures that each contains."""
SAME_SPAN = 1e-9


@dataclass(frozen=True)
class _Quantity:
    """A variance or a correlation, and the structure in which it is held."""

    name: str
    kind: str
    estimate: float
    lower: float
    upper: float
    structure: Callable[[float], Structure]
    start: Callable[[float, Structure], Floats]


def component_intervals(fit: MixedFit) -> tuple[ComponentInterval, ...]:
    """Return every variance and correlation of a model with its profile-likelihood interval.

    All values at which the (restricted) likelihood, highest over everything else, is within half a
    chi-square quantile on one degree of freedom of its maximum (Hardy and Thompson 1996, doi
    10.1002/(SICI)1097-0258(19960330)15:6<619::AID-SIM188>3.0.CO;2-A; for multilevel models
    Viechtbauer 2010, doi 10.18637/jss.v036.i03).

    Parameters
    ----------
    fit : MixedFit

    Returns
    -------
    tuple of ComponentInterval
        Variances, then correlations, in the order of ``fit.pooled``; at the fit's level. A limit on
        the edge of what is possible (0, -1, 1), or infinite, says so in its ``reason``.

    Raises
    ------
    InputError
        If the likelihood with a component held does not converge.

    Examples
    --------
    >>> from perdure.pool.mixed.multilevel import fit_multilevel
    >>> fit = fit_multilevel(
    ...     [0.1, 0.3, 0.9, 1.3, 0.4, 0.5], [0.02] * 6, {"trial": list("AABBCC"), "arm": range(6)}
    ... )
    >>> for found in component_intervals(fit):
    ...     print(f"{found.name} {found.estimate:.3f} ({found.low:.3f} to {found.high:.3f})")
    trial 0.198 (0.000 to 3.765)
    arm 0.015 (0.000 to 0.285)
    """
    return tuple(_interval(fit, quantity) for quantity in _quantities(fit))


def profile_likelihood(fit: MixedFit, at: int, value: float) -> float:
    """Return the log-likelihood with one variance or correlation held, highest over all else.

    Parameters
    ----------
    fit : MixedFit
    at : int
        Which, in the order of :func:`component_intervals`.
    value : float

    Raises
    ------
    InputError
        If the value is not possible.

    Examples
    --------
    >>> from perdure.pool.mixed.multilevel import fit_multilevel
    >>> fit = fit_multilevel([0.1, 0.3, 0.9, 1.3], [0.02] * 4, [list("AABB"), range(4)])
    >>> lost = fit.pooled.log_likelihood - profile_likelihood(fit, 0, fit.pooled.sigma2[0])
    >>> abs(lost) < 1e-12
    True
    """
    quantity = _quantities(fit)[at]
    if not quantity.lower <= value <= quantity.upper:
        raise InputError(
            Problem(
                f"the {quantity.kind} of {quantity.name} cannot have this value",
                f"choose one from {quantity.lower:g} to {quantity.upper:g}",
                value=f"{value:g}",
            )
        )
    return _profile(fit, quantity)(value)


def _quantities(fit: MixedFit) -> list[_Quantity]:
    """Return what has an interval."""
    if fit.outcomes is None or fit.structure_name is None:
        return [
            _level(fit, at, group.name, sigma2)
            for at, (group, sigma2) in enumerate(zip(fit.groupings, fit.pooled.sigma2, strict=True))
        ]
    names = [component.name for component in fit.components]
    variances = [
        _variance(fit, fit.structure_name, at, name, sigma2)
        for at, (name, sigma2) in enumerate(zip(names, fit.pooled.sigma2, strict=True))
    ]
    pairs = list(combinations(range(len(fit.outcomes.groups)), 2))
    correlations = [
        _correlation(fit, fit.structure_name, pairs[at], rho)
        for at, rho in enumerate(fit.pooled.rho)
    ]
    return variances + correlations


def _level(fit: MixedFit, at: int, name: str, sigma2: float) -> _Quantity:
    """Return a level's variance."""

    def start(value: float, structure: Structure) -> Floats:
        del value
        return np.clip(fit.parameters, structure.lower, structure.upper)

    return _Quantity(
        name, "sigma2", sigma2, 0.0, np.inf, lambda value: held(fit.structure, at, value), start
    )


def _variance(
    fit: MixedFit, structure: StructureName, at: int, name: str, sigma2: float
) -> _Quantity:
    """Return an outcome's variance."""
    g = fit.between
    m = g.shape[0]

    def start(value: float, shape: Structure) -> Floats:
        scale = np.ones(m)
        if len(fit.pooled.sigma2) == 1:
            scale[:] = np.sqrt(value / g[0, 0]) if g[0, 0] > 0 else 0.0
        else:
            scale[at] = np.sqrt(value / g[at, at]) if g[at, at] > 0 else 0.0
        return parameters_of(shape, g * np.outer(scale, scale) + 1e-9 * _size(fit) * np.eye(m))

    return _Quantity(
        name,
        "sigma2",
        sigma2,
        0.0,
        np.inf,
        lambda value: variance_held(structure, m, at, value),
        start,
    )


def _correlation(
    fit: MixedFit, structure: StructureName, pair: tuple[int, int], rho: float
) -> _Quantity:
    """Return the correlation of two outcomes, or of all."""
    g = fit.between
    m = g.shape[0]
    names = fit.outcomes.groups if fit.outcomes is not None else ()
    shared = structure != "UN"

    def start(value: float, shape: Structure) -> Floats:
        sd = np.sqrt(np.diagonal(g)) + 1e-4 * np.sqrt(_size(fit))
        held_g = np.outer(sd, sd) * value * (1 - 1e-6)
        if not shared:  # the others start without correlation, so that the matrix is a covariance
            held_g *= _pairs(m, pair)
        np.fill_diagonal(held_g, sd**2)
        return parameters_of(shape, _nearest(held_g))

    return _Quantity(
        "all outcomes" if shared and m > 2 else f"{names[pair[0]]}, {names[pair[1]]}",
        "rho",
        rho,
        -1 / (m - 1) if shared else -1.0,
        1.0,
        lambda value: correlation_held(structure, m, pair, value),
        start,
    )


def _pairs(m: int, pair: tuple[int, int]) -> Matrix:
    """Return 1 for one pair of outcomes and 0 elsewhere."""
    found = np.zeros((m, m))
    found[pair] = found[pair[::-1]] = 1.0
    return found


def _nearest(g: Matrix) -> Matrix:
    """Return the matrix with negative eigenvalues put on 0."""
    values, vectors = np.linalg.eigh(g)
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T)


def _size(fit: MixedFit) -> float:
    """Return a size that variances of this model may have."""
    diagonal = fit.v if fit.v.ndim == 1 else np.diagonal(fit.v)
    return max(*fit.pooled.sigma2, float(np.median(diagonal)))


def _profile(fit: MixedFit, quantity: _Quantity) -> Callable[[float], float]:
    """Return the profile likelihood, each point also climbed from where the one before ended."""
    last: list[Floats] = []

    def value_at(value: float) -> float:
        structure = quantity.structure(value)
        starts = [quantity.start(value, structure)]
        starts += [np.clip(before, structure.lower, structure.upper) for before in last]
        best = highest_of(fit.blocks, structure, starts, restricted=fit.restricted)
        last[:] = [best.parameters]
        return best.value

    return value_at


def _interval(fit: MixedFit, quantity: _Quantity) -> ComponentInterval:
    """Return where the profile likelihood has fallen enough on either side."""
    cut = fit.pooled.log_likelihood - float(chdtri(1, 1 - fit.level)) / 2
    estimate, kind = quantity.estimate, quantity.kind
    if kind == "rho" and fit.notes:
        return ComponentInterval(quantity.name, kind, estimate, -1.0, 1.0, "; ".join(fit.notes))
    reasons: list[str] = []
    nearest = 1e-13 * (1.0 if kind == "rho" else _size(fit))
    profile = _profile(fit, quantity)
    low = _crossing(profile, cut, estimate, quantity.lower, nearest)
    if low is None:
        low = quantity.lower
        reasons.append(f"the likelihood at {low:g}, the least possible, is inside")
    end = quantity.upper if kind == "rho" else _far(profile, cut, fit, estimate)
    high = None if np.isinf(end) else _crossing(profile, cut, estimate, end, nearest)
    if high is None:
        high = end
        reasons.append(
            "the likelihood never falls far enough: there is no upper limit"
            if np.isinf(end)
            else f"the likelihood at {end:g}, the most possible, is inside"
        )
    return ComponentInterval(quantity.name, kind, estimate, low, high, "; ".join(reasons) or None)


def _far(profile: Callable[[float], float], cut: float, fit: MixedFit, estimate: float) -> float:
    """Return a variance beyond the upper limit, infinite where there is none."""
    size = _size(fit)
    far = estimate + size
    while profile(far) > cut:
        far *= 4
        if far > FURTHEST * size:
            return np.inf
    return far


def _crossing(
    profile: Callable[[float], float], cut: float, estimate: float, end: float, nearest: float
) -> float | None:
    """Return where the profile crosses between the estimate and ``end``; None if it does not.

    ``nearest`` is a distance that does not matter.
    """
    if estimate == end or profile(end) >= cut:
        return None
    return float(
        brentq(lambda value: profile(value) - cut, estimate, end, xtol=nearest, rtol=1e-10)
    )


def likelihood_ratio(larger: MixedFit, smaller: MixedFit) -> LikelihoodRatio:
    """Compare two nested models of the same effects by their likelihoods.

    Parameters
    ----------
    larger, smaller : MixedFit
        The second is the first with fewer levels, a simpler structure, or (for ML) fewer
        coefficients.

    Raises
    ------
    InputError
        If effects, covariances or methods differ; if coefficients differ under REML, whose
        likelihoods are then of different data; or if the second is not inside the first.

    Examples
    --------
    >>> from perdure.pool.mixed.multilevel import fit_multilevel
    >>> y, v, trial = [0.1, 0.3, 0.9, 1.3, 0.4, 0.5], [0.02] * 6, list("AABBCC")
    >>> both = fit_multilevel(y, v, {"trial": trial, "arm": range(6)})
    >>> found = likelihood_ratio(both, fit_multilevel(y, v, {"arm": range(6)}))
    >>> print(f"{found.statistic:.3f} on {found.df}, p = {found.p:.3f}")
    3.529 on 1, p = 0.060
    """
    _refuse_unlike(larger, smaller)
    more, less = (fit.information_criteria().n_parameters for fit in (larger, smaller))
    if not _inside(larger, smaller) or more <= less:
        raise InputError(
            Problem(
                "the second model is not the first with something left out",
                "compare models of which one is inside the other, the larger first",
            )
        )
    statistic = 2 * (larger.pooled.log_likelihood - smaller.pooled.log_likelihood)
    statistic, df = max(statistic, 0.0), more - less
    caution = None
    if _puts_variance_on_zero(larger, smaller):
        caution = (
            "the smaller model puts a variance on 0, the edge of what is possible, so that p is too"
            " large: for one variance about twice what it should be (Self and Liang 1987)"
        )
    return LikelihoodRatio(statistic, df, float(chdtrc(df, statistic)), caution)


def _refuse_unlike(larger: MixedFit, smaller: MixedFit) -> None:
    """Refuse fits whose likelihoods are not of the same effects."""
    if not (np.array_equal(larger.y, smaller.y) and np.array_equal(larger.v, smaller.v)):
        raise InputError(
            Problem("the two models are of different effects", "fit both to the same table")
        )
    if larger.pooled.method != smaller.pooled.method:
        found = f"{larger.pooled.method}, {smaller.pooled.method}"
        raise InputError(
            Problem("the two models are fitted by different methods", "use one", value=found)
        )
    if larger.restricted and not (_spans(larger.x, smaller.x) and _spans(smaller.x, larger.x)):
        raise InputError(
            Problem(
                "restricted likelihoods of models with different coefficients cannot be compared",
                "fit both by ML",
            )
        )


def _spans(x: Matrix, other: Matrix) -> bool:
    """Return whether the columns of ``other`` are combinations of those of ``x``."""
    basis = np.linalg.qr(x)[0]
    norm = np.sqrt((other**2).sum(axis=0))
    left = other - basis @ (basis.T @ other)
    return bool((np.sqrt((left**2).sum(axis=0)) <= SAME_SPAN * norm).all())


def _inside(larger: MixedFit, smaller: MixedFit) -> bool:
    """Return whether the smaller model is the larger with parameters held."""
    if not _spans(larger.x, smaller.x) or (larger.outcomes is None) != (smaller.outcomes is None):
        return False
    if larger.outcomes is None or smaller.outcomes is None:
        return all(
            any(np.array_equal(group.codes, other.codes) for other in larger.groupings)
            for group in smaller.groupings
        )
    return (
        larger.structure_name is not None
        and smaller.structure_name in WITHIN[larger.structure_name]
        and np.array_equal(larger.outcomes.codes, smaller.outcomes.codes)
        and np.array_equal(larger.groupings[0].codes, smaller.groupings[0].codes)
    )


def _puts_variance_on_zero(larger: MixedFit, smaller: MixedFit) -> bool:
    """Return whether a level of the larger model is missing in the smaller."""
    return larger.outcomes is None and len(larger.groupings) > len(smaller.groupings)
