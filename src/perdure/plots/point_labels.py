"""Where the name of a dot can stand without touching another dot, another name or the border."""

from collections.abc import Sequence

from perdure.plots.placing import Box

__all__ = ["label_boxes"]

_NEAR = 1.5
"""Points between a dot and its name."""
_AROUND = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))


def label_boxes(
    dots: Sequence[tuple[float, float, float]],
    named: Sequence[int],
    sizes: Sequence[tuple[float, float]],
    width: float,
    height: float,
    taken: Sequence[Box] = (),
) -> list[Box | None]:
    """Return a place beside its dot for each name; None where there is none.

    Parameters
    ----------
    dots : sequence of (x, y, radius)
        In points from the axes' lower left corner.
    named : sequence of int
        Places in ``dots`` of those that have a name, the most important first.
    sizes : sequence of (width, height)
        Of each name.
    width, height : float
        Of the axes.
    taken : sequence of Box
        What else is drawn.

    Examples
    --------
    >>> label_boxes([(10.0, 50.0, 3.0)], [0], [(30.0, 7.0)], 100.0, 100.0)
    [Box(left=14.5, bottom=46.5, right=44.5, top=53.5)]
    """
    placed: list[Box | None] = []
    for own, size in zip(named, sizes, strict=True):
        occupied = [*taken, *(box for box in placed if box is not None)]
        free = (
            box
            for box in _candidates(dots[own], size)
            if _inside(box, width, height)
            and not any(_overlap(box, other) for other in occupied)
            and not any(_covers(box, dot) for place, dot in enumerate(dots) if place != own)
        )
        placed.append(next(free, None))
    return placed


def _candidates(dot: tuple[float, float, float], size: tuple[float, float]) -> list[Box]:
    """Return places around the dot: right, left, above, below, and between."""
    x, y, radius = dot
    wide, tall = size
    found = []
    for gap in (radius + _NEAR, radius + 3 * _NEAR):
        for across, up in _AROUND:
            part = 0.71 if across and up else 1.0
            left = x + across * gap * part - wide * (1 - across) / 2
            bottom = y + up * gap * part - tall * (1 - up) / 2
            found.append(Box(left, bottom, left + wide, bottom + tall))
    return found


def _inside(box: Box, width: float, height: float) -> bool:
    return box.left >= 1 and box.bottom >= 1 and box.right <= width - 1 and box.top <= height - 1


def _overlap(one: Box, other: Box) -> bool:
    return (
        one.left < other.right
        and other.left < one.right
        and one.bottom < other.top
        and other.bottom < one.top
    )


def _covers(box: Box, dot: tuple[float, float, float]) -> bool:
    x, y, radius = dot
    return _overlap(box, Box(x - radius, y - radius, x + radius, y + radius))
