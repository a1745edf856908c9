"""Which of the histories that fit is the one to use where one is needed."""

import numpy as np

from perdure.reconstruct.histories import Histories
from perdure.records import Floats

__all__ = ["most_probable", "most_typical"]


def most_typical(histories: Histories) -> int:
    """Return the draw that is nearest to the centre of all draws.

    Of the draws with the median number of events, the one that is nearest to the ensemble's means:
    its curve (over time, and at its worst), its numbers at risk, and these as multiples, each
    distance as a multiple of its own average. A medoid and not the most probable draw: that one is
    as close to the curve, but its censorings sit where they are likeliest, and so all on one side,
    which the hazard ratio feels (validation/which_history.md).

    Parameters
    ----------
    histories : Histories

    Returns
    -------
    int
        Position of the draw.
    """
    total = histories.total
    middle = np.sort(total)[(total.size - 1) // 2]
    candidates = np.flatnonzero(total == middle)
    blocks = np.diff(histories.time, prepend=0.0)
    at_risk = histories.at_risk
    mean = at_risk.mean(axis=0)
    off = np.abs(histories.survival - histories.survival.mean(axis=0))
    away = (
        _as_multiples(off**2 @ blocks)
        + _as_multiples(off.max(axis=1) ** 2)
        + _as_multiples((at_risk - mean) ** 2 @ blocks)
        + _as_multiples((at_risk / np.maximum(mean, 1.0) - 1) ** 2 * mean @ blocks)
    )
    return int(candidates[np.argmin(away[candidates])])


def most_probable(histories: Histories) -> int:
    """Return the draw that is most probable, given all that was seen.

    Parameters
    ----------
    histories : Histories

    Returns
    -------
    int
        Position of the draw.
    """
    return int(np.argmax(histories.log_probability))


def _as_multiples(distances: Floats) -> Floats:
    """Return distances as multiples of their average."""
    mean = float(distances.mean())
    return distances / mean if mean > 0 else distances
