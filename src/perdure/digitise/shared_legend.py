"""One legend for several panels: it stands beside them all, or in one of them only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from perdure.digitise.found import Axes, FoundCurve, LegendEntry
from perdure.digitise.names import colours_apart

__all__ = ["PanelLegend", "fits_curves", "shared_legends"]

APART = 20.0
"""Two names of one legend whose colours are nearer (L*a*b*) are told apart by dashes only."""


@dataclass(frozen=True)
class PanelLegend:
    """The legend that was found in one panel, and where the panel begins in the file."""

    entries: tuple[LegendEntry, ...]
    axes: Axes
    offset: tuple[float, float]


def shared_legends(panels: Sequence[PanelLegend]) -> tuple[tuple[LegendEntry, ...], ...]:
    """Return the legend of each panel, with what stands beside the other panels and is theirs too.

    A legend above or beneath two panels is cut between them with all else: its names, on one line
    or in one column and unlike each other, are put together and given to each panel that has
    none of its own among its curves.

    Parameters
    ----------
    panels : sequence of PanelLegend
        Of one page or picture.
    """
    own = tuple(panel.entries for panel in panels)
    beside = [(panel, e) for panel in panels for e in panel.entries if _outside(e, panel.axes)]
    whole = [_moved(entry, panel.offset, 1.0) for panel, entry in beside]
    if len(panels) < 2 or len(whole) < 2 or not _are_one(whole):
        return own
    return tuple(
        panel.entries
        if any(e.place is not None and not _outside(e, panel.axes) for e in panel.entries)
        else tuple(_moved(entry, panel.offset, -1.0) for entry in whole)
        for panel in panels
    )


def fits_curves(entries: Sequence[LegendEntry], curves: Sequence[FoundCurve]) -> bool:
    """Tell whether each curve has the colour of a name of another panel's legend, and only one."""
    likes = [
        {at for at, e in enumerate(entries) if colours_apart(curve.colour, e.colour) < APART}
        for curve in curves
    ]
    return all(len(like) == 1 for like in likes) and len(set().union(*likes)) == len(curves)


def _outside(entry: LegendEntry, axes: Axes) -> bool:
    """Tell whether an entry with a sample stands beside the plot."""
    x, y = (entry.box[0] + entry.box[2]) / 2, (entry.box[1] + entry.box[3]) / 2
    inside = axes.left < x < axes.right and axes.top < y < axes.bottom
    return entry.place is not None and not inside


def _moved(entry: LegendEntry, offset: tuple[float, float], way: float) -> LegendEntry:
    across, down = way * offset[0], way * offset[1]
    left, top, right, bottom = entry.box
    box = (left + across, top + down, right + across, bottom + down)
    if entry.place is None:
        return replace(entry, box=box)
    left, top, right, bottom = entry.place
    return replace(entry, box=box, place=(left + across, top + down, right + across, bottom + down))


def _are_one(entries: Sequence[LegendEntry]) -> bool:
    """Tell whether entries are of one legend: in a line or a column, each with its own look."""
    height = max(e.box[3] - e.box[1] for e in entries)
    levels = [(e.box[1] + e.box[3]) / 2 for e in entries]
    starts = [e.box[0] for e in entries]
    together = min(max(levels) - min(levels), max(starts) - min(starts)) < height
    unlike = all(
        e.name != other.name
        and (colours_apart(e.colour, other.colour) > APART or e.dash != other.dash)
        for at, e in enumerate(entries)
        for other in entries[:at]
    )
    return together and unlike
