"""Trim and fill: how many effects a lopsided funnel misses, and the mean with them."""

from collections.abc import Sequence
from typing import get_args

import numpy as np

from perdure.errors import InputError, Problem
from perdure.pool.checks.leave_one_out import effect_names, mean_only
from perdure.pool.checks.small_study import funnel_points, refit, regression_test
from perdure.pool.models.random_effects import Fit
from perdure.records import Floats, Ints
from perdure.records.small_study import Side, TrimFill, TrimFillEstimator

__all__ = ["trim_fill"]

FEWEST = 3
"""With fewer effects no side can be told from the other."""
MOST_ROUNDS = 100


def trim_fill(
    fit: Fit,
    *,
    estimator: TrimFillEstimator = "L0",
    side: Side | None = None,
    names: Sequence[str] | None = None,
) -> TrimFill:
    """Estimate how many effects are missing on one side, and pool with their mirror images.

    The most extreme effects of the other side are trimmed until the rest lie evenly around their
    mean, then each is put back with its mirror image (Duval and Tweedie 2000, Biometrics 56:455,
    doi 10.1111/j.0006-341X.2000.00455.x, and J Am Stat Assoc 95:89, doi
    10.1080/01621459.2000.10473905). An exercise in how much asymmetry could matter and no
    estimate of what was not published: effects that differ truly make a lopsided funnel, too.

    Parameters
    ----------
    fit : Fit
        Of :func:`perdure.pool.fit_effects`, without moderators; the same model pools the trimmed
        and the filled effects.
    estimator : {"L0", "R0", "Q0"}
        Of the number that is missing: from the sum of the signed ranks (L0, Q0), or from the
        longest run of extreme effects (R0, which alone has a test).
    side : {"left", "right"}, optional
        Where effects are missing; default the side that the model's regression test on the
        standard error points to.
    names : sequence of str, optional
        Of the effects.

    Raises
    ------
    InputError
        If the model has moderators, or the estimator or side is unknown.

    Examples
    --------
    >>> from perdure.pool.models.random_effects import fit_effects
    >>> fit = fit_effects([0.1, 0.15, 0.2, 0.6, 0.9], [0.01, 0.01, 0.02, 0.09, 0.16])
    >>> found = trim_fill(fit)
    >>> found.side, found.k0, round(found.pooled.coefficients[0].estimate, 3)
    ('left', 2, 0.14)
    """
    mean_only(fit, "trim and fill")
    _check(estimator, side)
    labels = effect_names(names, fit.y.size)
    if fit.y.size < FEWEST:
        return _nothing(estimator, side, f"{fit.y.size} effects are too few: {FEWEST} are needed")
    if np.ptp(fit.y) == 0:
        return _nothing(estimator, side, "all effects are equal: no side differs from the other")
    if side is None:
        slope = regression_test(fit).slope
        if slope is None:
            reason = "all standard errors are equal: the side cannot be told; say which it is"
            return _nothing(estimator, None, reason)
        side = "right" if slope.estimate < 0 else "left"
    sign = 1.0 if side == "left" else -1.0
    order = np.argsort(sign * fit.y, kind="stable")
    y, v = sign * fit.y[order], fit.v[order]
    found = _trim(fit, y, v, estimator)
    if isinstance(found, str):
        return _nothing(estimator, side, found)
    k0, center, error = found
    k = y.size
    mirrored = sign * (2 * center - y[k - k0 :])
    filled = refit(
        fit, np.concatenate((fit.y, mirrored)), np.concatenate((fit.v, v[k - k0 :]))
    ).pooled
    points = funnel_points(
        [f"mirror image of {labels[at]}" for at in order[k - k0 :].tolist()],
        mirrored,
        np.sqrt(v[k - k0 :]),
        0.0,
    )
    p = 0.5 ** (k0 + 1) if estimator == "R0" else None
    change = (fit.pooled.coefficients[0].estimate, filled.coefficients[0].estimate)
    sentence = _sentence(k0, side, *change)
    return TrimFill(estimator, side, k0, error, p, points, filled, sentence)


def _sentence(k0: int, side: str, before: float, after: float) -> str:
    """Return the answer in words."""
    if not k0:
        return f"No effect seems to be missing on the {side}."
    words = ("effect seems", "the mirror image") if k0 == 1 else ("effects seem", "mirror images")
    return (
        f"{k0} {words[0]} to be missing on the {side}; with {words[1]} the mean is {after:.3f} in"
        f" place of {before:.3f}."
    )


def _check(estimator: str, side: str | None) -> None:
    problems = [
        Problem(f"unknown {name}", f"choose one of {', '.join(allowed)}", value=str(value))
        for name, value, allowed in (
            ("estimator", estimator, get_args(TrimFillEstimator)),
            ("side", side, get_args(Side)),
        )
        if value is not None and value not in allowed
    ]
    if problems:
        raise InputError(problems)


def _nothing(estimator: TrimFillEstimator, side: Side | None, reason: str) -> TrimFill:
    sentence = f"No trim and fill: {reason}."
    return TrimFill(estimator, side, None, None, None, (), None, sentence, reason)


def _trim(
    fit: Fit, y: Floats, v: Floats, estimator: TrimFillEstimator
) -> tuple[int, float, float] | str:
    """Return how many are missing on the left, the trimmed mean and the number's standard error.

    ``y`` ascends. A text in place of numbers says why there are none.
    """
    k, k0 = y.size, 0
    seen: set[int] = set()
    for _ in range(MOST_ROUNDS):
        if k - k0 < 2:
            return "so many effects would be missing that too few are left for a mean"
        center = float(refit(fit, y[: k - k0], v[: k - k0]).beta[0])
        ranks = _signed_ranks(y - center)
        raw = _missing(ranks, estimator)
        if raw is None:
            return "the ranks are so lopsided that the estimator Q0 does not exist"
        after = max(0, round(raw))
        if after == k0:
            return k0, center, _standard_error(k, ranks, max(0.0, raw), estimator)
        if after in seen:
            low, high = sorted((after, k0))
            return f"the number that is missing swings between {low} and {high}"
        seen.add(k0)
        k0 = after
    return f"the number that is missing does not settle in {MOST_ROUNDS} rounds"


def _signed_ranks(deviation: Floats) -> Ints:
    """Return the ranks of the absolute deviations, with the deviations' signs."""
    ranks = np.empty(deviation.size, dtype=np.int64)
    ranks[np.argsort(np.abs(deviation), kind="stable")] = np.arange(1, deviation.size + 1)
    return ranks * np.sign(deviation).astype(np.int64)


def _missing(ranks: Ints, estimator: TrimFillEstimator) -> float | None:
    """Return the estimated number, unrounded and unbounded; None where Q0 has no root."""
    k = ranks.size
    if estimator == "R0":
        below = -ranks[ranks < 0]
        return float(k - (below.max() if below.size else 0) - 1)
    total = float(ranks[ranks > 0].sum())
    if estimator == "L0":
        return (4 * total - k * (k + 1)) / (2 * k - 1)
    root = 2 * k**2 - 4 * total + 0.25
    return float(k - 0.5 - np.sqrt(root)) if root >= 0 else None


def _standard_error(k: int, ranks: Ints, k0: float, estimator: TrimFillEstimator) -> float:
    """Return the standard error of the number that is missing (Duval and Tweedie)."""
    if estimator == "R0":
        return float(np.sqrt(2 * k0 + 2))
    variance = k * (k + 1) * (2 * k + 1) + 10 * k0**3 + 27 * k0**2 + 17 * k0
    variance += -18 * k * k0**2 - 18 * k * k0 + 6 * k**2 * k0
    spread = float(np.sqrt(max(variance, 0.0) / 24))
    if estimator == "L0":
        return 4 * spread / (2 * k - 1)
    return 2 * spread / float(np.sqrt((k - 0.5) ** 2 - k0 * (2 * k - k0 - 1)))
