"""Network meta-analysis: treatments compared through common controls."""

from perdure.errors import InputError, Problem
from perdure.pool.models.random_effects import Method, Model, Test
from perdure.pool.models.tau2_interval import heterogeneity
from perdure.pool.networks.inconsistency import inconsistency
from perdure.pool.networks.network_data import NetworkData
from perdure.pool.networks.network_evidence import split_evidence
from perdure.pool.networks.network_fit import NetworkFit, comparisons, fit_network
from perdure.pool.networks.ranking import rank_treatments
from perdure.records.network import (
    Comparison,
    Inconsistency,
    Network,
    NetworkComponent,
    Rank,
)

__all__ = ["pool_network"]

RANKS_HIDE = (
    "Ranks hide uncertainty: read them with the intervals of the comparisons, as treatments that"
    " are alike are also put in an order."
)


def pool_network(
    data: NetworkData,
    *,
    larger_is_better: bool = True,
    model: Model = "random",
    method: Method = "REML",
    test: Test | None = None,
    reference: str | None = None,
    level: float = 0.95,
    draws: int = 20_000,
    seed: int = 1,
) -> Network:
    """Compare all treatments of a network, directly and through common controls.

    The model is contrast-based: sampling covariance known, true contrasts of all comparisons with
    one tau2, those of a trial correlated by 1/2 (Higgins and Whitehead 1996; Lu and Ades 2004,
    doi 10.1002/sim.1875), consistency between designs assumed and tested.

    Parameters
    ----------
    data : NetworkData
        From :func:`~perdure.pool.networks.network_data.network_of_arms` or
        :func:`~perdure.pool.networks.network_data.network_of_contrasts`.
    larger_is_better : bool
        Whether a larger effect is the better one: true for durable response.
    model, method, test, level
        As in :func:`perdure.pool.pool`. ``test="z"`` is what other software for networks does.
    reference : str, optional
        Treatment that the coefficients compare with; default the one of most trials.
    draws, seed : int
        Of the simulated ranks.

    Returns
    -------
    Network
        With one component where trials connect all treatments; else each part is analysed by
        itself, for nothing compares one part with another.

    Raises
    ------
    InputError
        If an option is unknown or no trial has the reference.

    Examples
    --------
    >>> from perdure.pool.networks.network_data import network_of_contrasts
    >>> data = network_of_contrasts(
    ...     ["A", "B", "C", "D"],
    ...     ["ICI", "ICI", "targeted", "targeted"],
    ...     ["chemo", "chemo", "chemo", "ICI"],
    ...     [0.8, 0.6, 0.3, -0.2],
    ...     v=[0.04, 0.05, 0.04, 0.06],
    ... )
    >>> network = pool_network(data, test="z")
    >>> [(rank.treatment, round(rank.p_score, 2)) for rank in network.components[0].ranks]
    [('ICI', 0.98), ('targeted', 0.51), ('chemo', 0.01)]
    >>> split = network.components[0].splits[-1]
    >>> print(split.treatment, split.comparator, round(split.indirect.estimate, 2))
    targeted ICI -0.41
    """
    parts = data.components
    if reference is not None and reference not in data.treatments:
        raise InputError(
            Problem(
                "no trial has the reference treatment",
                f"choose one of {', '.join(data.treatments)}",
                value=reference,
            )
        )
    found = []
    for part in parts:
        fit = fit_network(
            part, model=model, method=method, test=test, reference=reference, level=level
        )
        pairs = comparisons(fit)
        ranks = rank_treatments(
            part.treatments,
            fit.effects,
            fit.covariance,
            fit.df,
            larger_is_better=larger_is_better,
            draws=draws,
            seed=seed,
        )
        agreement = inconsistency(part, method=method)
        pooled = fit.fit.independent.pooled
        found.append(
            NetworkComponent(
                treatments=part.treatments,
                reference=fit.reference,
                trials=tuple(trial.trial for trial in part.trials),
                edges=part.edges,
                pooled=pooled,
                heterogeneity=(
                    heterogeneity(fit.fit.independent) if pooled.model == "random" else None
                ),
                comparisons=pairs,
                splits=split_evidence(fit, pairs),
                inconsistency=agreement,
                ranks=ranks,
                notes=_notes(fit, pairs, ranks, agreement),
            )
        )
    return Network(tuple(found), larger_is_better, data.left_out, _apart(parts))


def _apart(parts: tuple[NetworkData, ...]) -> tuple[str, ...]:
    """Return the sentence of a network that is not connected."""
    if len(parts) == 1:
        return ()
    names = "; ".join(
        f"({at}) {', '.join(part.treatments)}" for at, part in enumerate(parts, start=1)
    )
    sentence = (
        f"The network falls into {len(parts)} parts that no trial connects: {names}. Each is"
        " analysed by itself; treatments of different parts cannot be compared."
    )
    return (sentence,)


def _notes(
    fit: NetworkFit,
    pairs: tuple[Comparison, ...],
    ranks: tuple[Rank, ...],
    agreement: Inconsistency,
) -> tuple[str, ...]:
    """Return what a reader should know of a component."""
    found = [] if fit.note is None else [fit.note]
    first, second = ranks[0].treatment, ranks[1].treatment
    pair = next(p for p in pairs if {p.treatment, p.comparator} == {first, second})
    if pair.p > 1 - fit.level:
        found.append(
            f"{first} ranks first, but that it is better than {second} is not certain:"
            f" p = {pair.p:.2g}."
        )
    found.append(RANKS_HIDE)
    test = agreement.interaction or agreement.between
    if test is not None and test.p < 0.1:
        found.append(
            f"Designs disagree (p = {test.p:.2g}): direct and indirect evidence should be read"
            " apart."
        )
    if agreement.reason is not None:
        found.append(f"{agreement.reason[0].upper()}{agreement.reason[1:]}.")
    return tuple(found)
