"""Direct and indirect evidence of a network, taken apart and compared."""

from collections.abc import Sequence

import numpy as np

from perdure.pool.models.linear import coefficient
from perdure.pool.networks.network_fit import NetworkFit
from perdure.records import Coefficient
from perdure.records.network import Comparison, EvidenceSplit

__all__ = ["split_evidence"]

WHOLE = 1 - 1e-9
"""A direct share beyond this leaves no indirect evidence but rounding."""
ROUNDING = 1e-12
"""Relative difference of direct and indirect estimates that is none."""


def split_evidence(network: NetworkFit, pairs: Sequence[Comparison]) -> tuple[EvidenceSplit, ...]:
    """Return direct and indirect evidence of each comparison, and whether they agree.

    Direct evidence are the contrasts of all trials with both treatments, pooled with the network's
    tau2. The network's estimate is the best combination of it with all else, so what is left when
    it is taken out is independent of it: 1/V = 1/V_direct + 1/V_indirect and estimate/V =
    direct/V_direct + indirect/V_indirect (back-calculation: Bucher et al. 1997, doi
    10.1016/S0895-4356(97)00049-8; Dias et al. 2010, doi 10.1002/sim.3767; for trials of several
    arms Koenig, Krahn and Binder 2013, doi 10.1002/sim.6001).

    Direct evidence often is one trial or two, too few to say how trials differ: errors are those of
    the network's common tau2, as in netmeta, on the network's degrees of freedom, and a factor of
    Hartung and Knapp, which is the network's, widens them and never narrows them. Even one trial's
    error is so never below its own with tau2.

    The difference is that of the model with a parameter of its own for it: where its test needs a
    residual mean square or degrees of freedom, they are that model's, without which the difference
    would be held against itself. tau2 stays that of the network and takes some of an inconsistency
    up: the test errs on the safe side.

    Parameters
    ----------
    network : NetworkFit
    pairs : sequence of Comparison
        From :func:`perdure.pool.networks.network_fit.comparisons`.

    Examples
    --------
    >>> from perdure.pool.networks.network_data import network_of_contrasts
    >>> from perdure.pool.networks.network_fit import comparisons, fit_network
    >>> data = network_of_contrasts("ABC", "yzz", "xxy", [1, 3, 1], v=[0.1, 0.2, 0.3])
    >>> network = fit_network(data, model="common")
    >>> split = split_evidence(network, comparisons(network))[-1]
    >>> print(f"{split.direct.estimate:.2f}, {split.indirect.estimate:.2f}")
    1.00, 2.00
    >>> print(f"{split.difference.se ** 2:.2f}, {split.direct_share:.2f}")
    0.60, 0.50
    """
    return tuple(_split(network, pair) for pair in pairs)


def _split(network: NetworkFit, pair: Comparison) -> EvidenceSplit:
    """Return one comparison's evidence."""
    one, other = pair.treatment, pair.comparator
    places = [network.data.treatments.index(name) for name in (one, other)]
    block = network.own[np.ix_(places, places)]
    variance = float(block[0, 0] + block[1, 1] - 2 * block[0, 1])
    if not pair.n_trials:
        indirect = _evidence(network, "indirect", pair.estimate, variance)
        reason = f"no trial compared {one} with {other}"
        return EvidenceSplit(one, other, 0, None, indirect, None, 0.0, reason)
    estimate, direct_variance = _direct(network, one, other)
    share = min(variance / direct_variance, 1.0)
    direct = _evidence(network, "direct", estimate, direct_variance)
    if share > WHOLE:
        reason = "all evidence is direct: no other path connects them"
        return EvidenceSplit(one, other, pair.n_trials, direct, None, None, 1.0, reason)
    rest = (pair.estimate - share * estimate) / (1 - share)
    rest_variance = variance / (1 - share)
    indirect = _evidence(network, "indirect", rest, rest_variance)
    gap = estimate - rest
    if abs(gap) < ROUNDING * (abs(estimate) + abs(rest)):
        gap = 0.0  # so that evidence that agrees exactly does not differ for certain
    difference = _difference(network, gap, direct_variance + rest_variance)
    why = None if difference else "too few contrasts to test direct against indirect evidence"
    return EvidenceSplit(one, other, pair.n_trials, direct, indirect, difference, share, why)


def _evidence(network: NetworkFit, term: str, estimate: float, variance: float) -> Coefficient:
    """Return a part of the evidence, its variance at the network's tau2 and never below that."""
    factor = max(network.inflation, 1.0)
    return coefficient(term, estimate, variance * factor, network.df, network.level)


def _difference(network: NetworkFit, gap: float, variance: float) -> Coefficient | None:
    """Return direct minus indirect evidence, judged by the model that has both; None without df."""
    df, factor = network.df, network.inflation
    test = network.fit.independent.pooled.test
    if df is not None and df <= 1:
        return None
    if df is not None:
        if test != "t":
            left = max(network.residual_sum - gap**2 / variance, 0.0)
            factor = left / (df - 1) if left > ROUNDING * network.residual_sum else 0.0
            factor = max(factor, 1.0) if test == "adhoc" else factor
        df -= 1
    return coefficient("direct - indirect", gap, variance * factor, df, network.level)


def _direct(network: NetworkFit, one: str, other: str) -> tuple[float, float]:
    """Return the direct estimate and the variance that the model gives it."""
    information = score = 0.0
    for trial in network.data.trials:
        if not {one, other} <= set(trial.treatments):
            continue
        pair = trial.between(one, other)
        x = pair.design([one])[:, 0]
        weighted = np.linalg.solve(network.total(pair), x)
        information += float(weighted @ x)
        score += float(weighted @ pair.y)
    return score / information, 1 / information
