"""Which of the histories that fit is the one to use where one is needed."""

import numpy as np

from perdure.reconstruct.histories import Histories
from perdure.records import Floats, Ints

__all__ = ["most_typical"]


def most_typical(histories: Histories) -> int:
    """Return the draw that is nearest to the centre of all draws.

    Of the draws with the median number of events, the one whose curve and whose numbers at risk
    together lie nearest to the ensemble's means, each distance as a multiple of its own average.
    A medoid and not the most probable path: that one is as close to the curve, but its censorings
    sit where they are likeliest, and so all on one side.

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
    away = _distance(histories.survival, blocks) + _distance(histories.at_risk, blocks)
    return int(candidates[np.argmin(away[candidates])])


def _distance(paths: Floats | Ints, blocks: Floats) -> Floats:
    """Return each path's squared distance to the mean path, as a multiple of the mean distance."""
    away: Floats = (paths - paths.mean(axis=0)) ** 2 @ blocks
    mean = float(away.mean())
    return away / mean if mean > 0 else away
