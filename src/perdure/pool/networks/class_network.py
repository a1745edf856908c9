"""Classes of arms as a network: from the arms of each trial to every pair of classes."""

from collections.abc import Mapping, Sequence

from perdure.errors import InputError
from perdure.pool.classes.arm_effects import (
    TrialArms,
    arm_effects,
    checked_trials,
    why_not_pooled,
)
from perdure.pool.effects.scales import SCALES
from perdure.pool.models.random_effects import Method, Model, Test
from perdure.pool.networks.network import pool_network
from perdure.pool.networks.network_data import network_of_arms
from perdure.records import LeftOut
from perdure.records.network import ClassNetwork

__all__ = ["pool_class_network"]


def pool_class_network(
    trials: Sequence[TrialArms],
    classes: Mapping[tuple[str, str], str],
    *,
    endpoint: str,
    by: str,
    model: Model = "random",
    method: Method = "REML",
    test: Test | None = None,
    level: float = 0.95,
    seed: int = 1,
) -> ClassNetwork:
    """Compare all classes on the log odds of durable response, inside trials and through controls.

    Parameters
    ----------
    trials : sequence of TrialArms
        Every trial with two arms or more; ``comparators`` are not used: each arm is compared with
        all others of its trial.
    classes : mapping of (trial, arm) to str
    endpoint, by : str
    model, method, test, level, seed
        As in :func:`perdure.pool.pool_network`.

    Returns
    -------
    ClassNetwork
        Without a network, with the reason, where no trial compares two classes.

    Raises
    ------
    InputError
        If there is no trial, one comes twice, or k or references are mixed.

    Examples
    --------
    >>> from perdure.records import ArmCovariance, DurableResponse, Proportion
    >>> def response(arm, p):
    ...     found = Proportion(p, 0.04, p - 0.08, p + 0.08, 30, "estimable")
    ...     return DurableResponse(arm, 99, 60, 6.0, 5.0, 7.0, 24.0, 3.0, "control", 18.0, found)
    >>> shared = ArmCovariance(("new", "old"), ((0.0016, 0.0), (0.0, 0.0016)))
    >>> trials = [
    ...     TrialArms(name, {"new": response("new", p), "old": response("old", 0.1)}, shared, {})
    ...     for name, p in (("A", 0.3), ("B", 0.3), ("C", 0.2))
    ... ]
    >>> classes = {(name, "old"): "chemo" for name in "ABC"}
    >>> classes |= {("A", "new"): "pd1", ("B", "new"): "pd1", ("C", "new"): "ctla4"}
    >>> found = pool_class_network(trials, classes, endpoint="PFS", by="drug_class")
    >>> [rank.treatment for rank in found.network.components[0].ranks]
    ['pd1', 'ctla4', 'chemo']
    """
    first = checked_trials(trials)
    arms, left_out = _arms(trials, classes)
    blank = (endpoint, first.k, first.reference, by)
    if not arms:
        return ClassNetwork(*blank, None, left_out, "no arm with a class has a standard error")
    effects = arm_effects([(trial, arm) for trial, arm, _ in arms], SCALES["logit"])
    try:
        data = network_of_arms(
            [trial.trial for trial, _, _ in arms],
            [name for _, _, name in arms],
            effects.y,
            covariance=effects.covariance,
        )
    except InputError as error:
        return ClassNetwork(*blank, None, left_out, error.problems[0].message)
    network = pool_network(data, model=model, method=method, test=test, level=level, seed=seed)
    return ClassNetwork(*blank, network, left_out)


def _arms(
    trials: Sequence[TrialArms], classes: Mapping[tuple[str, str], str]
) -> tuple[list[tuple[TrialArms, str, str]], tuple[LeftOut, ...]]:
    """Return the arms with a class and a standard error, and why the others are not in."""
    kept, left_out = [], []
    for trial in trials:
        for arm, response in trial.responses.items():
            name = classes.get((trial.trial, arm), "").strip()
            reason = why_not_pooled(response) if name else "it has no class"
            if reason:
                left_out.append(LeftOut(trial.trial, arm, name, response.status, reason))
            else:
                kept.append((trial, arm, name))
    return kept, tuple(left_out)
