"""Contrasts with an arm at 0: pooled by the likelihood of effective counts, never dropped."""

from collections.abc import Mapping, Sequence
from math import log

from perdure.errors import InputError
from perdure.pool.binomial.binomial_contrasts import odds_ratio_model
from perdure.pool.effects.counts import effective_counts
from perdure.pool.models.linear import upper_quantile
from perdure.records import DurableResponse, NotEstimable
from perdure.records.contrast_synthesis import WithZeros
from perdure.records.counts import EffectiveCounts

__all__ = ["counts_of", "pool_with_zeros"]

SURE = 1 - 1e-9


def pool_with_zeros(
    pairs: Sequence[tuple[Mapping[str, DurableResponse], str, str]],
    *,
    level: float,
    always: bool = False,
) -> WithZeros | None:
    """Pool log odds ratios of pairs of arms, some of them at 0, by their effective counts.

    Parameters
    ----------
    pairs : sequence of (responses of a trial by arm, arm, comparator)
        Pairs without an estimate are left out; one comparator may serve several arms, which are
        then taken as independent.
    level : float
    always : bool
        Whether the model is fitted although no arm is at 0.

    Returns
    -------
    WithZeros or None
        None where no arm is at 0, unless ``always``; with a reason where the model has no answer.

    Examples
    --------
    >>> from perdure.records import Proportion
    >>> def response(arm, p, se, high, status):
    ...     found = Proportion(p, se, 0.0, high, 30, status)
    ...     return DurableResponse(arm, 99, 60, 6.0, 5.0, 7.0, 24.0, 3.0, "own", 18.0, found)
    >>> old = response("old", 0.0, None, 0.04, "zero")
    >>> trials = [
    ...     {"new": response("new", p, 0.04, 0.4, "estimable"), "old": old} for p in (0.2, 0.3)
    ... ]
    >>> found = pool_with_zeros([(one, "new", "old") for one in trials], level=0.95)
    >>> found.n_zero, found.n_contrasts, found.reason
    (2, 2, 'the pooled odds ratio is infinite')
    """
    kept = [
        (responses[arm], responses[comparator])
        for responses, arm, comparator in pairs
        if not isinstance(responses[arm].estimate, NotEstimable)
        and not isinstance(responses[comparator].estimate, NotEstimable)
    ]
    zeros = sum("zero" in (one.status, other.status) for one, other in kept)
    if not zeros and not always:
        return None
    try:
        counts = [
            (counts_of(one, level=level), counts_of(other, level=level)) for one, other in kept
        ]
        found = odds_ratio_model(
            [one.events for one, _ in counts],
            [one.n for one, _ in counts],
            [other.events for _, other in counts],
            [other.n for _, other in counts],
            random=len(counts) > 1,
            level=level,
        )
    except InputError as error:
        return WithZeros(len(kept), zeros, None, None, error.problems[0].message)
    return WithZeros(len(kept), zeros, found.pooled.coefficients[0], found.pooled.tau2, None)


def counts_of(response: DurableResponse, *, level: float) -> EffectiveCounts:
    """Return an arm's effective counts; at 0, those that its likelihood limit shows.

    An arm of n uncensored patients without a durable response has the likelihood (1 - p)^n, which
    falls to its limit at the upper end of the interval.

    Raises
    ------
    InputError
        If the arm has no standard error and is not at 0.
    """
    found = response.estimate
    assert not isinstance(found, NotEstimable)  # noqa: S101 - the caller sees to it
    if found.status != "zero":
        return effective_counts(found.value, found.se)
    z = upper_quantile(None, level)
    return effective_counts(0.0, None, size=-z * z / (2 * log(1 - min(found.ci_high, SURE))))
