"""Curves from pixels: each colour's staircases, one after the other, with what speaks for them."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from perdure.digitise.follow import follow
from perdure.digitise.found import Axes, FoundCurve
from perdure.digitise.ink import (
    Bools,
    Evidence,
    Image,
    Ink,
    Lines,
    evidence_of,
    ink_colours,
    lines_of,
)
from perdure.digitise.staircase import Staircase, hugs, without_limits, without_pieces
from perdure.digitise.steps import falls_to, line_width, marks_on, steps_of
from perdure.figure.page import Pixels

__all__ = ["trace_curves"]

SOLID, DASHED = (1.0, 0.5), (0.25, 0.12)
"""What a column and a pixel of a fall without ink cost, of a whole line and of one with gaps."""
LOW_START = 0.1
"""Of the plot's height: a curve is first seen no farther below its start."""
SEEN = 0.4
"""Of a line's width: with so much ink it is seen in a column."""
SHORTEST = 0.12
"""Of the plot's width that a curve is seen for."""
LATEST = 0.35
"""Of the plot's width: a curve is seen before that."""
GAINED = {False: 0.08, True: 0.03}
"""What a curve gains at least, for the plot's width; of a whole line and of one with gaps."""
MORE = 0.03
"""Of the plot's width: so much more line after the end of a curve may be its own."""
CURVES = 5
"""Of one colour at most."""


def trace_curves(
    pixels: Pixels,
    axes: Axes,
    text: Sequence[tuple[float, float, float, float]] = (),
    names: int = 0,
) -> tuple[FoundCurve, ...]:
    """Follow every Kaplan-Meier curve in a picture.

    A curve starts at time 0 and survival 1, falls, and has ink of one colour under it, but where
    something else lies on it.

    Parameters
    ----------
    pixels : array of int, shape (height, width, 3)
    axes : Axes
    text : sequence of (left, top, right, bottom)
        Where words and samples of a legend stand.
    names : int
        How many a legend or a table has: beyond them a path made of pieces of others, and those on
        both sides of another, are no curves. 0 where nothing is known.

    Returns
    -------
    tuple of FoundCurve
        In pixels of the picture; empty where there is none.
    """
    left, top = int(np.ceil(axes.left)) + 2, int(np.ceil(axes.top)) - 1
    right, bottom = int(axes.right) - 1, int(axes.bottom) - 1
    left, top = max(left, 0), max(top, 0)
    plot = pixels[top : bottom + 1, left : right + 1]
    lines = lines_of(plot)
    words = _boxes(text, left, top, plot.shape[0], plot.shape[1])
    first = int(max(round(float(axes.x.pixel(0.0))) - left, 0))
    start = float(axes.y.pixel(1.0)) - top
    taken = np.zeros(words.shape, dtype=np.bool_)
    paths: list[Staircase] = []
    colours = _in_order(lines, words, taken, first, start)
    for colour in colours:
        paths += _of_colour(colour, colours, words, taken, first, start, paths)
    kept = without_pieces(paths if 0 < len(paths) <= names else without_limits(paths), names)
    zero = float(axes.y.pixel(0.0)) - top
    seen = zero if zero < plot.shape[0] + 3 else None
    lined = np.zeros(words.shape, dtype=np.bool_)
    for path in paths:
        _take(lined, path)
    return tuple(_finished(path, words, lined, paths, left, top, seen) for path in kept)


def _boxes(
    text: Sequence[tuple[float, float, float, float]], left: int, top: int, height: int, width: int
) -> Bools:
    """Return where text stands."""
    covered = np.zeros((height, width), dtype=np.bool_)
    for x0, y0, x1, y1 in text:
        rows = slice(max(int(y0) - top, 0), max(int(np.ceil(y1)) - top + 1, 0))
        covered[rows, max(int(x0) - left, 0) : max(int(np.ceil(x1)) - left + 1, 0)] = True
    return covered


def _in_order(lines: Lines, words: Bools, taken: Bools, first: int, start: float) -> list[Evidence]:
    """Return the colours that have a curve, that with the best first: it takes what is its own."""
    found: list[tuple[float, Evidence]] = []
    for ink in ink_colours(lines, words, least=max(int(0.04 * words.shape[1]), 8)):
        evidence = evidence_of(lines, ink)
        width = line_width(np.where(words, 0, evidence.covered))
        path = _best(evidence, taken, words, width, first, start)
        if path is not None:
            found.append((path.gained, evidence))
    return [evidence for _, evidence in sorted(found, key=lambda one: -one[0])]


def _of_colour(
    evidence: Evidence,
    colours: Sequence[Evidence],
    words: Bools,
    taken: Bools,
    first: int,
    start: float,
    before: Sequence[Staircase],
) -> list[Staircase]:
    """Return the curves of one colour; what they cover is added to ``taken``."""
    found: list[Staircase] = []
    for _ in range(CURVES):
        width = line_width(np.where(words | taken, 0, evidence.covered))
        path = _best(evidence, taken, words, width, first, start)
        if path is None or any(hugs(path, other) for other in (*before, *found)):
            break
        if found and _of_another(path, colours):
            break
        found.append(path)
        _take(taken, path)
    return found


def _of_another(path: Staircase, colours: Sequence[Evidence]) -> bool:
    """Say whether a path has more ink of another colour: a blurred picture mixes them."""
    at = path.rows[path.seen], path.columns[path.seen]
    own = float(path.evidence.covered[at].mean())
    others = (other for other in colours if other is not path.evidence)
    return any(float(other.covered[at].mean()) > own for other in others)


def _share_tall(
    rows: NDArray[np.int64], columns: NDArray[np.int64], covered: Image, width: float
) -> float:
    """Return the share of a path's columns whose ink is taller than its line: marks and falls."""
    away = int(1.2 * width) + 2
    last = covered.shape[0] - 1
    above = covered[np.clip(rows - away, 0, last), columns]
    below = covered[np.clip(rows + away, 0, last), columns]
    return float((np.maximum(above, below) > 0.5).mean()) if rows.size else 0.0


def _best(
    evidence: Evidence, taken: Bools, words: Bools, width: float, first: int, start: float
) -> Staircase | None:
    """Return the best whole line in what is not taken, else the best with gaps, else nothing.

    A curve may run through words of its colour: their ink leads it, but is no sight of it.
    """
    ink = evidence.ink
    covered = np.where(taken, np.float32(0), evidence.covered)
    own = np.where(words, np.float32(0.75) * covered, covered)
    hidden = np.asarray(evidence.other | taken | words)
    blocked = hidden.astype(np.float32)
    centred, blind = _across(own, width), _across(blocked, width)
    passable = np.maximum(own, blocked)
    passable = np.asarray(cv2.dilate(passable, np.ones((1, 3), np.uint8)), dtype=np.float32)
    off = np.abs(np.arange(own.shape[0]) - start)
    away = np.where(off > LOW_START * own.shape[0] + 3 * width, -1e9, -0.35 * off)
    most_seen = np.asarray(((centred > SEEN) & ~words)[:, first:].any(axis=0))
    most_gained = float(np.clip(2.2 * (centred[:, first:].max(axis=0) - 0.45), 0, 1).sum())
    for dashed, (gap, drop) in ((False, SOLID), (True, DASHED)):
        if not _may_be_curve(ink, most_seen, most_gained, own.shape[1], dashed=dashed):
            continue
        reward, fall = _reward_and_fall(
            _by_column(centred, first),
            _by_column(blind, first),
            _by_column(passable, first),
            gap,
            drop,
        )
        rows, gained = follow(reward.T, fall.T, away)
        columns = first + np.arange(rows.size)
        seen = np.asarray((centred[rows, columns] > SEEN) & ~words[rows, columns])
        unseen = np.asarray((blind[rows, columns] > 0.5) & ~seen)
        bare = _falls_bare(rows, columns, passable, width, start, dashed=dashed)
        tall = _share_tall(rows[seen], columns[seen], covered, width)
        path = Staircase(rows, first, dashed, gained, seen, unseen, bare, tall, width, evidence)
        if _is_curve(path, own.shape):
            return replace(path, dashed=_has_dashes(path))
    return None


def _across(image: Image, width: float) -> Image:
    """Return the mean over the width of a line around each pixel.

    Of a line of two pixels much may be one pixel wide: the middle one counts most.
    """
    thick = max(round(width), 1)
    if thick != 2:
        return np.asarray(cv2.blur(image, (1, thick | 1)), dtype=np.float32)
    middle = np.array([0.25, 0.5, 0.25], dtype=np.float32)
    return np.asarray(cv2.sepFilter2D(image, -1, np.ones(1, np.float32), middle))


def _may_be_curve(ink: Ink, seen: Bools, gained: float, width: int, *, dashed: bool) -> bool:
    """Say whether a curve that is seen in every column that has ink, and falls free, would do.

    Most colours have none, and need not be followed to know it.
    """
    return (
        seen.sum() >= SHORTEST * width
        and ink.pixels >= 0.4 * SHORTEST * width
        and int(seen.argmax()) < LATEST * width
        and gained > GAINED[dashed] * width
    )


def _by_column(image: Image, first: int) -> Image:
    """Return an image from a column on, column after column."""
    return np.asarray(cv2.transpose(image[:, first:]), dtype=np.float32)


@njit(cache=True)
def _reward_and_fall(
    centred: Image, blind: Image, passable: Image, gap: float, drop: float
) -> tuple[Image, Image]:
    """Return what a curve gains at each pixel and loses by falling over it.

    Parameters
    ----------
    centred, blind, passable : array of float, shape (width, height)
        Ink over the width of the line, the share of that where something hides it, and ink that a
        fall may run in.
    gap, drop : float
        What a column and a pixel of a fall without ink cost.
    """
    reward, fall = np.empty_like(centred), np.empty_like(centred)
    for x in range(centred.shape[0]):
        for y in range(centred.shape[1]):
            value = min(max(2.2 * (centred[x, y] - 0.45), -1.0), 1.0)
            if value < 0:
                value = gap * value * (1 - blind[x, y]) - 0.06 * blind[x, y]
            reward[x, y] = value
            fall[x, y] = drop * (1 - min(passable[x, y], 1.0)) + 0.004
    return reward, fall


def _falls_bare(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    passable: Image,
    width: float,
    start: float,
    *,
    dashed: bool,
) -> bool:
    """Say whether the path falls somewhere, in a few columns, over what has no ink.

    The gaps of a dashed line leave most of a fall with ink, but steps that follow each other may
    all fall in gaps; to another line there is no ink at all.
    The axis may hide the first fall, if it is no long one.
    """
    if rows[0] - start > LOW_START * passable.shape[0] + 3 * width:
        return True
    fallen = np.diff(rows, prepend=rows[0])
    bare = np.zeros(fallen.size)
    for at in np.flatnonzero(fallen > 1):
        column = passable[rows[at - 1] + 1 : rows[at], columns[at]]
        bare[at] = float((column < 0.3).sum())
    window = np.ones(max(int(0.02 * passable.shape[1]), 3))
    lost = np.convolve(bare, window, "same")
    whole = np.convolve(fallen, window, "same")
    least = (2 if dashed else 1) * max(4 * width, 0.03 * passable.shape[0])
    return bool(((lost > least) & (lost > 0.7 * whole)).any())


def _is_curve(path: Staircase, shape: tuple[int, ...]) -> bool:
    """Say whether there is enough of a line for a curve."""
    width = shape[1]
    if path.seen.sum() < SHORTEST * width or path.ink.pixels < 0.4 * path.seen.sum():
        return False
    starts = int(np.flatnonzero(path.seen)[0])
    least = 0.35 if path.dashed else 0.8
    return (
        path.share_seen > least
        and starts < LATEST * width
        and not path.bare
        and path.gained > GAINED[path.dashed] * width
    )


def _take(taken: Bools, path: Staircase) -> None:
    """Mark what a path covers."""
    reach = int(np.ceil(path.width / 2)) + 2
    before = int(path.rows[0])
    for row, column in zip(path.rows, path.columns, strict=True):
        low, high = min(before, int(row)), max(before, int(row))
        aside = reach if high - low > reach else 0
        taken[
            max(low - reach, 0) : high + reach + 1, max(column - aside, 0) : column + aside + 1
        ] = True
        before = int(row)


def _has_dashes(path: Staircase) -> bool:
    """Say whether a path has gaps all along that nothing hides."""
    gaps = np.diff(np.pad(~path.seen & ~path.hidden, 1).astype(np.int8))
    lengths = np.flatnonzero(gaps == -1) - np.flatnonzero(gaps == 1)
    count = int((lengths >= 2).sum())
    return count >= 6 and float(lengths.sum()) > 0.1 * path.seen.size


def _finished(
    path: Staircase,
    words: Bools,
    lined: Bools,
    paths: Sequence[Staircase],
    left: int,
    top: int,
    zero: float | None,
) -> FoundCurve:
    """Return a path as a curve, in the pixels of the picture."""
    covered = path.evidence.covered
    hidden = np.asarray(path.evidence.other | words)
    for one in paths:
        if one is not path and one.ink is path.ink:
            _take(hidden, one)
    x, y = steps_of(path.rows, path.first, covered, hidden, path.width)
    last = float(path.columns[-1])
    if zero is not None and falls_to(zero, covered, int(last), float(y[-1]), path.width):
        x, y = np.append(x, last), np.append(y, zero)
    marks = marks_on(path.rows, path.first, covered, hidden, path.width)
    doubt = _unseen_area(path, covered.shape)
    doubts = []
    if doubt > 0.01:
        doubts.append(f"hidden for {path.hidden.mean():.0%} of its length")
    if _goes_on(path, words | lined):
        doubts.append("there is more of its line after its end")
    return FoundCurve(
        x + left,
        y + top,
        float(path.columns[-1] + left),
        path.ink.colour,
        path.dashed,
        path.width,
        marks + left,
        float(np.clip(1 - 20 * doubt, 0, 1)),
        tuple(doubts),
    )


def _goes_on(path: Staircase, covered: Bools) -> bool:
    """Say whether a line of the colour goes on, lower, after the end of a path, on no other."""
    left = (path.evidence.covered > SEEN) & ~covered
    first, above = int(path.columns[-1]) + 1, int(path.rows[-1] - path.width)
    after = left[max(above, 0) :, first:].astype(np.uint8)
    if after.size == 0:
        return False
    level = cv2.morphologyEx(after, cv2.MORPH_OPEN, np.ones((1, 5), np.uint8))
    return bool(level.any(axis=0).sum() > MORE * left.shape[1])


def _unseen_area(path: Staircase, shape: tuple[int, ...]) -> float:
    """Return how much area lies between the courses that a curve may have where it is not seen.

    A share of the plot: what the mean distance of the curve from the truth may be.
    """
    area, at = 0.0, 0
    edges = np.flatnonzero(np.diff(np.pad(~path.seen, 1).astype(np.int8)))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        before = path.rows[max(start - 1, 0)]
        after = path.rows[min(stop, path.rows.size - 1)]
        area += float(stop - start) * float(abs(after - before)) / 2
        at = stop
    return area / (max(at, path.rows.size) * shape[0])
