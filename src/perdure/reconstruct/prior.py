"""What is expected between two nodes before the curve is read in detail: events and censorings."""

from dataclasses import dataclass

import numpy as np

from perdure.reconstruct.columns import Columns
from perdure.reconstruct.facts import Facts
from perdure.records import Floats, Ints

__all__ = ["Prior", "prior_of"]

_FEWEST_KNOTS = 4
_EVEN_KNOTS = 9
_LAST_PATIENTS = 1.5
"""At risk at the end of a curve that is drawn to its last patient."""

_HALF_A_PATIENT = 0.5
"""Censored over the whole follow-up where the numbers at risk say none at all."""


@dataclass(frozen=True, eq=False)
class Prior:
    """Expected hazards, and how they may differ from it.

    Attributes
    ----------
    event, censoring : ndarray of float, shape (nodes,)
        Probability of each in the block that leads to the node, for a patient at risk.
    ending : ndarray of float, shape (n + 2,)
        Relative probability of the number at risk at the end of the curve.
    """

    event: Floats
    censoring: Floats
    ending: Floats


def prior_of(facts: Facts, columns: Columns) -> Prior:
    """Return what the printed numbers and the curve at their times say of the hazards.

    Smooth monotone curves (PCHIP) through what is known at the printed times. The share not
    censored is interpolated as it is, since patients who enter evenly are censored evenly; the
    cumulative hazard of events likewise.
    """
    known = np.flatnonzero(columns.printed >= 0)
    last = columns.time.size - 1
    return Prior(
        _events(facts, columns, known, last),
        _censorings(facts, columns, known, last),
        _ending(facts),
    )


def _events(facts: Facts, columns: Columns, known: Ints, last: int) -> Floats:
    knots = np.unique(columns.time[np.append(known, last)])
    if knots.size < _FEWEST_KNOTS:
        knots = np.linspace(0, columns.time[-1], _EVEN_KNOTS)
    survival = np.interp(knots, columns.time, columns.centre)
    hazard = -np.log(np.minimum.accumulate(np.maximum(survival, 0.25 / facts.n)))
    expected = _smooth(knots, hazard, columns.time)
    probability = -np.expm1(-np.maximum(np.diff(expected, prepend=0.0), 1e-7))
    return np.asarray(np.minimum(probability, 0.9))


def _censorings(facts: Facts, columns: Columns, known: Ints, last: int) -> Floats:
    at = known
    number = columns.printed[known].astype(np.float64)
    if columns.time[last] > columns.time[known[-1]]:
        at = np.append(known, last)
        number = np.append(number, max(_LAST_PATIENTS, facts.remaining))
    survival = np.maximum(columns.centre[at], number / facts.n)
    share = np.minimum.accumulate(number / survival / facts.n)
    knots, first = np.unique(columns.time[at], return_index=True)
    if knots.size == 1:
        stays = np.ones(columns.time.size)
    else:
        stays = _smooth(knots, share[first], columns.time)
    hazard = np.diff(-np.log(np.maximum(stays, 1e-6)), prepend=0.0)
    blocks = columns.blocks
    least = _HALF_A_PATIENT / facts.n * blocks / columns.time[-1]
    probability = -np.expm1(-(np.maximum(hazard, 0.0) + least))
    if facts.beyond:
        # Those censored at a printed time itself are no longer counted there.
        probability[1:] = np.where(blocks[1:] > 0, probability[1:], probability[:-1])
        return np.asarray(np.minimum(probability, 0.5))
    return np.where(blocks > 0, np.minimum(probability, 0.5), 0.0)


def _ending(facts: Facts) -> Floats:
    """Return how probable each number at risk at the curve's end is: most often a last patient."""
    number = np.arange(facts.n + 2)
    beyond = np.maximum(number - facts.remaining, 0)
    return np.where(number < facts.remaining, 0.0, 1.0 / (1.0 + beyond) ** 2)


def _smooth(knots: Floats, values: Floats, time: Floats) -> Floats:
    from scipy.interpolate import PchipInterpolator

    if knots.size == 2:
        return np.interp(time, knots, values)
    return np.asarray(PchipInterpolator(knots, values)(time))
