"""The models by name, and the family that each becomes for given patients."""

from collections.abc import Callable

from perdure.errors import InputError, Problem
from perdure.records import Bools, Floats
from perdure.survival.parametric.cure import MixtureCure, NonMixtureCure
from perdure.survival.parametric.family import Family
from perdure.survival.parametric.generalised_gamma import GeneralisedGamma
from perdure.survival.parametric.piecewise import piecewise_exponential
from perdure.survival.parametric.spline import Scale, spline
from perdure.survival.parametric.standard import (
    Exponential,
    Gamma,
    Gompertz,
    LogLogistic,
    LogNormal,
    Weibull,
)

__all__ = ["MODELS", "family_of"]

_FIXED: tuple[Family, ...] = (
    Exponential(),
    Weibull(),
    LogNormal(),
    LogLogistic(),
    Gamma(),
    GeneralisedGamma(),
    Gompertz(),
    MixtureCure(latency=Weibull()),
    MixtureCure(latency=LogLogistic()),
    MixtureCure(latency=LogNormal()),
    NonMixtureCure(latency=Weibull()),
    NonMixtureCure(latency=LogLogistic()),
    NonMixtureCure(latency=LogNormal()),
)


def _spline(scale: Scale, inner: int) -> Callable[[Floats, Bools], Family]:
    return lambda time, event: spline(time, event, scale, inner)


def _always(family: Family) -> Callable[[Floats, Bools], Family]:
    return lambda _time, _event: family


_BUILD: dict[str, Callable[[Floats, Bools], Family]] = {
    **{family.name: _always(family) for family in _FIXED},
    "piecewise-exponential": piecewise_exponential,
    "spline-hazard-1": _spline("hazard", 1),
    "spline-hazard-2": _spline("hazard", 2),
    "spline-hazard-3": _spline("hazard", 3),
    "spline-odds-1": _spline("odds", 1),
    "spline-odds-2": _spline("odds", 2),
    "spline-normal-1": _spline("normal", 1),
    "spline-normal-2": _spline("normal", 2),
}

MODELS: tuple[str, ...] = tuple(_BUILD)
"""Names of all models. A spline's number is that of its inner knots."""


def family_of(model: str, time: Floats, event: Bools) -> Family:
    """Return the family of a model, its knots or cut points set by the event times.

    Raises
    ------
    InputError
        If there is no such model.

    Examples
    --------
    >>> import numpy as np
    >>> family_of("spline-odds-1", np.array([1.0, 2.0, 4.0]), np.ones(3, dtype=bool)).labels
    ('gamma0', 'gamma1', 'gamma2')
    """
    if model not in _BUILD:
        raise InputError(
            Problem("there is no such model", f"use one of {', '.join(MODELS)}", value=model)
        )
    return _BUILD[model](time, event)
