"""Direct and indirect evidence of a network, taken apart and compared."""

from collections.abc import Sequence

import numpy as np

from perdure.pool.network_fit import NetworkFit
from perdure.records.network import Comparison, EvidenceSplit

__all__ = ["split_evidence"]

WHOLE = 1 - 1e-9
"""A direct share beyond this leaves no indirect evidence but rounding."""


def split_evidence(network: NetworkFit, pairs: Sequence[Comparison]) -> tuple[EvidenceSplit, ...]:
    """Return direct and indirect evidence of each comparison, and whether they agree.

    Direct evidence are the contrasts of all trials with both treatments, pooled with the network's
    tau2. The network's estimate is the best combination of it with all else, so what is left when
    it is taken out is independent of it: 1/V = 1/V_direct + 1/V_indirect and estimate/V =
    direct/V_direct + indirect/V_indirect (back-calculation: Bucher et al. 1997, doi
    10.1016/S0895-4356(97)00049-8; Dias et al. 2010, doi 10.1002/sim.3767; for trials of several
    arms Koenig, Krahn and Binder 2013, doi 10.1002/sim.6001).

    Parameters
    ----------
    network : NetworkFit
    pairs : sequence of Comparison
        From :func:`perdure.pool.network_fit.comparisons`.

    Examples
    --------
    >>> from perdure.pool.network_data import network_of_contrasts
    >>> from perdure.pool.network_fit import comparisons, fit_network
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
    first, second = (network.data.treatments.index(name) for name in (one, other))
    own = network.own_covariance
    own_variance = float(own[first, first] + own[second, second] - 2 * own[first, second])
    if not pair.n_trials:
        return EvidenceSplit(
            one,
            other,
            0,
            None,
            network.named("indirect", pair.estimate, own_variance),
            None,
            0.0,
            f"no trial compared {one} with {other}",
        )
    estimate, variance = _direct(network, one, other)
    direct = network.named("direct", estimate, variance)
    share = min(own_variance / variance, 1.0)
    if share > WHOLE:
        reason = "all evidence is direct: no other path connects them"
        return EvidenceSplit(one, other, pair.n_trials, direct, None, None, 1.0, reason)
    rest = (pair.estimate - share * estimate) / (1 - share)
    rest_variance = own_variance / (1 - share)
    return EvidenceSplit(
        one,
        other,
        pair.n_trials,
        direct,
        network.named("indirect", rest, rest_variance),
        network.named("direct - indirect", estimate - rest, variance + rest_variance),
        share,
        None,
    )


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
