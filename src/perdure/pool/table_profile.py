"""Variances of a pooled table by their likelihood: limits, and which levels are needed."""

from dataclasses import dataclass
from typing import cast

from perdure.errors import InputError, Problem
from perdure.pool.mixed.component_profile import component_intervals, likelihood_ratio
from perdure.pool.mixed.mixed_fit import MixedFit
from perdure.pool.mixed.multilevel import MixedMethod, fit_multilevel
from perdure.pool.models.random_effects import Fit
from perdure.pool.models.tau2_interval import heterogeneity
from perdure.records.multilevel import ComponentInterval, LikelihoodRatio

__all__ = ["LevelTest", "TableProfile", "profile_of_table"]


@dataclass(frozen=True)
class LevelTest:
    """The model beside the same without one level.

    Attributes
    ----------
    level : str
        Which is left out.
    found : LikelihoodRatio
    """

    level: str
    found: LikelihoodRatio


@dataclass(frozen=True)
class TableProfile:
    """What the likelihood says of the variances of a pooled table.

    Attributes
    ----------
    components : tuple of ComponentInterval
        tau2, or the variance of each level or outcome and their correlations, with
        profile-likelihood limits.
    levels : tuple of LevelTest
        Each level tested; empty where there are no levels.
    """

    components: tuple[ComponentInterval, ...]
    levels: tuple[LevelTest, ...]


def profile_of_table(model: Fit | MixedFit) -> TableProfile:
    """Return the variances of a model with profile-likelihood limits, and each level tested.

    Parameters
    ----------
    model : Fit or MixedFit
        As ``model`` of :func:`perdure.pool.pool_table`.

    Raises
    ------
    InputError
        If the model has no variance between true effects, or its estimator no likelihood.

    Examples
    --------
    >>> from perdure.pool import pool_table
    >>> table = pool_table(
    ...     [0.1, 0.3, 0.9, 1.3, 0.4, 0.5], [0.14] * 6, trial=list("AABBCC"), model="three-level"
    ... )
    >>> found = profile_of_table(table.model)
    >>> [(row.name, round(row.low, 2), round(row.high, 2)) for row in found.components]
    [('trial', 0.0, 3.77), ('effect', 0.0, 0.29)]
    >>> [(row.level, round(row.found.p, 2)) for row in found.levels]
    [('trial', 0.06), ('effect', 0.43)]
    """
    if isinstance(model, MixedFit):
        return TableProfile(component_intervals(model), _levels(model))
    if model.pooled.model == "common":
        raise InputError(
            Problem(
                "a common effect has no variance between true effects to profile",
                "use the model random, three-level or multivariate",
            )
        )
    found = heterogeneity(model, interval="profile likelihood")
    tau2 = ComponentInterval(
        "tau2", "tau2", found.tau2, found.tau2_low, found.tau2_high, found.reason
    )
    return TableProfile((tau2,), ())


def _levels(model: MixedFit) -> tuple[LevelTest, ...]:
    """Return the model beside itself without each level."""
    if model.outcomes is not None:
        return ()
    return tuple(
        LevelTest(left_out.name, likelihood_ratio(model, _without(model, left_out.name)))
        for left_out in model.groupings
    )


def _without(model: MixedFit, level: str) -> MixedFit:
    """Return the same model without one level."""
    return fit_multilevel(
        model.y,
        model.v,
        {group.name: group.codes.tolist() for group in model.groupings if group.name != level},
        method=cast("MixedMethod", model.pooled.method),
        moderators=model.x,
        terms=model.terms,
        level=model.level,
    )
