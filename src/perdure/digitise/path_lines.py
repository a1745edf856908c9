"""Strokes within a plot, put together to lines that run from left to right and only fall."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from perdure.digitise.found import Axes
from perdure.figure.geometry import meet
from perdure.figure.page import Colour, Drawing, Stroke
from perdure.figure.plot_areas import plot_areas
from perdure.records import Floats

__all__ = ["Frame", "Line", "Look", "falling_lines", "frame_of", "pieces_of"]

Look = tuple[Colour, float, tuple[float, ...]]
"""Colour, width and dashes: what is drawn alike may belong together."""

_BEYOND = 0.10  # of the plot: curves may run past the last tick where there is no frame
_NEAR = 0.0015  # of the plot: places that are the same
_LARGEST_MARK = 0.05  # of the plot
_FEWEST_DASHES = 8
_HIGHEST_RISE = 0.3  # of the plot: more is no limit of confidence either
_PALEST = 250  # paler strokes are halos and gaps


@dataclass(frozen=True)
class Frame:
    """The plot in pixels: its sides, where time is 0 and survival 1, and what counts as near."""

    left: float
    top: float
    right: float
    bottom: float
    zero: float
    one: float

    @property
    def wide(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def tall(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top

    @property
    def near(self) -> float:
        """Distance within which two places are one."""
        return max(_NEAR * self.wide, 0.02)

    def holds(self, points: Floats) -> bool:
        """Tell whether points lie in the plot or a little beyond its right or its sides."""
        low, high = points.min(axis=0), points.max(axis=0)
        room_x, room_y = _BEYOND * self.wide, _BEYOND * self.tall
        return bool(
            low[0] >= self.left - room_x
            and high[0] <= self.right + room_x
            and low[1] >= self.top - room_y
            and high[1] <= self.bottom + room_y
        )


def frame_of(axes: Axes, drawing: Drawing) -> Frame:
    """Return the plot of found axes; an axis that starts after 0 or ends below 1 is cut there.

    Where axis lines or a frame run on beyond the labels that were read, the plot does too.
    """
    left, top, right, bottom = axes.left, axes.top, axes.right, axes.bottom
    wide, tall = right - left, bottom - top
    for area in plot_areas(drawing):
        common = meet(area, (left, top, right, bottom))
        shared_x, shared_y = common[2] - common[0], common[3] - common[1]
        same_size = area[2] - area[0] < 2.5 * wide and area[3] - area[1] < 2.5 * tall
        if shared_x > 0.8 * wide and shared_y > 0.8 * tall and same_size:
            left, right = min(left, area[0]), max(right, area[2])
            top, bottom = min(top, area[1]), max(bottom, area[3])
    zero = max(float(axes.x.pixel(0.0)), left - 0.01 * (right - left))
    one = max(float(axes.y.pixel(1.0)), top - 0.01 * (bottom - top))
    return Frame(left, top, right, bottom, zero, one)


@dataclass(frozen=True, eq=False)
class Line:
    """A falling line: its points, its look, and the first place in the order of drawing.

    ``spikes`` are where it left its way and came back: marks drawn in one go with the curve.
    ``rises`` marks what falls only by and large, as upper limits of confidence do: no curve.
    """

    points: Floats
    look: Look
    order: int
    spikes: tuple[float, ...] = ()
    pieces: tuple[int, ...] = ()
    rises: bool = False


@dataclass(frozen=True, eq=False)
class _Piece:
    points: Floats
    order: int
    spikes: tuple[float, ...] = ()
    rises: bool = False

    @property
    def start(self) -> tuple[float, float]:
        return float(self.points[0, 0]), float(self.points[0, 1])

    @property
    def end(self) -> tuple[float, float]:
        return float(self.points[-1, 0]), float(self.points[-1, 1])

    @property
    def length(self) -> float:
        return float(np.abs(self.points[-1] - self.points[0]).sum())


def pieces_of(drawing: Drawing, frame: Frame) -> dict[Look, list[tuple[int, Stroke]]]:
    """Return the strokes within the plot by their look, each with its place in the order."""
    looks: dict[Look, list[tuple[int, Stroke]]] = defaultdict(list)
    for order, stroke in enumerate(drawing.strokes):
        if len(stroke.points) > 1 and min(stroke.colour) < _PALEST and frame.holds(stroke.points):
            dash = tuple(round(part, 1) for part in stroke.dash)
            looks[stroke.colour, round(stroke.width, 1), dash].append((order, stroke))
    return dict(looks)


def falling_lines(look: Look, strokes: Sequence[tuple[int, Stroke]], frame: Frame) -> list[Line]:
    """Return lines of one look that start at the first time with survival near one."""
    crosses = _crosses(strokes, frame)
    pieces = [
        piece
        for order, stroke in strokes
        if order not in crosses and (piece := _falling(stroke.points, order, frame)) is not None
    ]
    starts = [piece for piece in pieces if _is_start(piece, frame)]
    if not starts:
        return []
    used: set[int] = set()
    starts.sort(
        key=lambda piece: (
            round((piece.start[0] - frame.zero + piece.start[1] - frame.one) / frame.near),
            -_reach(piece),
            piece.order,
        )
    )
    lines: list[Line] = []
    links = _Links(pieces, frame)
    gap = _gap(pieces, frame)
    for start in starts:
        if start.order in used:
            continue
        chain = links.follow(start, used, 0.0 if start.rises else gap)
        if gap and len(chain) < _FEWEST_DASHES:
            chain = links.follow(start, used, 0.0)
        used.update(piece.order for piece in chain)
        points = np.vstack([piece.points for piece in chain])
        lines.append(
            Line(
                points,
                look,
                start.order,
                tuple(x for piece in chain for x in piece.spikes),
                tuple(piece.order for piece in chain),
                any(piece.rises for piece in chain),
            )
        )
    return lines


def _crosses(strokes: Sequence[tuple[int, Stroke]], frame: Frame) -> set[int]:
    """Return the short strokes that cross another in their middles: marks, and no steps."""
    small: list[tuple[float, float, int]] = []
    for order, stroke in strokes:
        if len(stroke.points) != 2:
            continue
        extent = np.ptp(stroke.points, axis=0)
        if extent[0] < _LARGEST_MARK * frame.wide and extent[1] < _LARGEST_MARK * frame.tall:
            x, y = stroke.points.mean(axis=0).tolist()
            small.append((x, y, order))
    small.sort()
    near = 0.3 * frame.near
    crosses: set[int] = set()
    for i, (x, y, order) in enumerate(small):
        for other_x, other_y, other in small[i + 1 :]:
            if other_x - x > near:
                break
            if abs(other_y - y) <= near:
                crosses.update((order, other))
    return crosses


def _reach(piece: _Piece) -> float:
    return float(piece.points[-1, 0] - piece.points[0, 0])


def _is_start(piece: _Piece, frame: Frame) -> bool:
    """Tell a curve's first piece; a curve without its first level, or of survivors, has steps."""
    x, y = piece.start
    if abs(x - frame.zero) <= 0.02 * frame.wide and abs(y - frame.one) <= 0.03 * frame.tall:
        return True
    if len(piece.points) < 8 or _reach(piece) < 0.1 * frame.wide:
        return False
    late = abs(y - frame.one) <= 0.01 * frame.tall
    low = x - frame.zero <= 0.15 * frame.wide and y - frame.one <= 0.15 * frame.tall
    return late or low


def _falling(points: Floats, order: int, frame: Frame) -> _Piece | None:
    """Return a stroke as a piece that falls from left to right; None for what rises or returns."""
    points = points[np.concatenate([[True], np.any(np.diff(points, axis=0) != 0, axis=1)])]
    if len(points) < 2:
        return None
    first, last = points[0], points[-1]
    level = abs(last[0] - first[0]) <= frame.near
    if last[0] < first[0] - frame.near or (level and last[1] < first[1]):
        points = points[::-1]
    points, spikes = _without_spikes(points, frame)
    steps = np.diff(points, axis=0)
    if len(points) < 2 or (steps[:, 0] < -frame.near).any():
        return None
    back = np.maximum.accumulate(points[:, 1]) - points[:, 1]
    if back.max() > _HIGHEST_RISE * frame.tall:
        return None
    rises = back.max() > max(0.004 * frame.tall, frame.near)
    return _Piece(points, order, spikes, bool(rises))


def _without_spikes(points: Floats, frame: Frame) -> tuple[Floats, tuple[float, ...]]:
    """Take out where a line goes up, or down, and straight back: a mark within the stroke."""
    rising = np.diff(points[:, 1]) < -frame.near
    if not rising.any():
        return points, ()
    kept: list[Any] = []
    spikes: list[float] = []
    for point in points:
        kept.append(point)
        while len(kept) >= 3 and _is_spike(kept[-3], kept[-2], kept[-1], frame):
            spikes.append(float(kept[-2][0]))
            kept.pop()
            kept.pop()
    marks = [x for i, x in enumerate(spikes) if not i or abs(x - spikes[i - 1]) > frame.near]
    return np.array(kept), tuple(marks)


def _is_spike(before: Floats, tip: Floats, after: Floats, frame: Frame) -> bool:
    return bool(
        np.abs(before - after).max() <= frame.near
        and abs(tip[0] - before[0]) <= frame.near
        and abs(tip[1] - before[1]) < 0.06 * frame.tall
    )


def _gap(pieces: Sequence[_Piece], frame: Frame) -> float:
    """Return how far apart the dashes of a line may lie that are strokes of their own.

    Marks of censoring are as short, but all upright and of one height.
    """
    heights = [piece.length for piece in pieces if _is_upright(piece)]
    if heights:
        usual = float(np.median(heights))
        same = sum(abs(height - usual) <= 0.02 * usual for height in heights)
        if same > 0.5 * len(pieces):
            return 0.0
    lengths = [piece.length for piece in pieces]
    short = [length for length in lengths if length < 0.04 * frame.wide]
    if len(short) < 12 or len(short) < 0.7 * len(lengths):
        return 0.0
    return min(3.0 * float(np.median(short)), 0.03 * frame.wide)


class _Links:
    """Finds the piece that goes on where another ends."""

    def __init__(self, pieces: Sequence[_Piece], frame: Frame) -> None:
        self.pieces = pieces
        self.frame = frame
        self.starts = np.array([piece.start for piece in pieces])

    def follow(self, start: _Piece, used: set[int], gap: float) -> list[_Piece]:
        """Return the pieces from a first one on; with a gap, dashes are put in a row too."""
        chain = [start]
        taken = {*used, start.order}
        while (piece := self._next(chain[-1], taken, gap)) is not None:
            chain.append(piece)
            taken.add(piece.order)
        return chain

    def _next(self, last: _Piece, taken: set[int], gap: float) -> _Piece | None:
        away = self.starts - np.array(last.end)
        far = np.abs(away).max(axis=1)
        touch = 0.5 * self.frame.near
        ahead = (away >= -touch).all(axis=1)
        found = [
            i
            for i in np.flatnonzero(ahead & (far <= max(touch, gap))).tolist()
            if self.pieces[i].order not in taken and self.pieces[i].length > 0
        ]
        if not found:
            return None
        upright = _is_upright(last)

        def badness(i: int) -> tuple[float, bool, float, int]:
            piece = self.pieces[i]
            away = float(far[i])
            return max(away, touch), _is_upright(piece) == upright, away, piece.order

        return self.pieces[min(found, key=badness)]


def _is_upright(piece: _Piece) -> bool:
    wide, tall = np.abs(piece.points[-1] - piece.points[-2])
    return bool(tall > wide)
