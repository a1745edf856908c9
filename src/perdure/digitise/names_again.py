"""Names beside curves, read a second time once the curves are known."""

from collections.abc import Sequence
from dataclasses import replace

from perdure.digitise.alike import letters_of
from perdure.digitise.found import Axes, FoundCurve, LegendEntry, RiskTable
from perdure.digitise.legend import find_legend
from perdure.digitise.names import SURE_NAME, named_curves
from perdure.digitise.uncovered import CROSSED, is_crossed, is_over, words_uncovered
from perdure.figure.page import Picture, Word

__all__ = ["names_uncovered"]


def names_uncovered(
    picture: Picture,
    seen: Sequence[Word],
    axes: Axes,
    table: RiskTable | None,
    legend: Sequence[LegendEntry],
    curves: Sequence[FoundCurve],
) -> Sequence[LegendEntry]:
    """Return the names beside the curves, read again without these where they hide letters.

    Parameters
    ----------
    picture : Picture
    seen : sequence of Word
        All words of the figure, as read before.
    axes : Axes
    table : RiskTable or None
    legend : sequence of LegendEntry
        As read before.
    curves : sequence of FoundCurve
    """
    if any(entry.place is not None for entry in legend) or len(curves) + len(legend) < 2:
        return legend
    rows = table.names if table is not None else ()
    unsure = [
        entry
        for entry in legend
        if entry.name not in rows
        and (entry.certainty < SURE_NAME or is_crossed(Word(entry.name, *entry.box), curves))
    ]
    unnamed = None in named_curves(curves, legend, axes)
    if not unsure and not unnamed:
        return legend
    around = () if unnamed else tuple(entry.box for entry in unsure)
    words = words_uncovered(picture, seen, axes, curves, around)
    again = find_legend(words, axes, picture, table)
    # a piece of a name that was read whole before is no better reading
    found = [entry for entry in again if not any(_is_piece_of(entry, one) for one in legend)]
    lost = [one for one in legend if not any(is_over(one.box, other.box) for other in found)]
    return (*found, *(replace(one, certainty=min(one.certainty, CROSSED)) for one in lost))


def _is_piece_of(entry: LegendEntry, whole: LegendEntry) -> bool:
    """Tell whether a name is a part of one that was read in the same place."""
    part, name = letters_of(entry.name), letters_of(whole.name)
    return len(part) < len(name) and part in name and is_over(entry.box, whole.box)
