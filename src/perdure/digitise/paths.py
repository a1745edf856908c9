"""Kaplan-Meier curves among the strokes of a vector figure."""

from dataclasses import replace

import numpy as np

from perdure.digitise.found import Axes, FoundCurve, LegendEntry
from perdure.digitise.path_bounds import alike, limits_of_confidence, steps_of
from perdure.digitise.path_lines import Frame, Line, Look, falling_lines, frame_of, pieces_of
from perdure.digitise.path_marks import marks_of
from perdure.figure.page import Drawing, Stroke
from perdure.records import Floats

__all__ = ["curves_from_drawing"]

_SHORTEST = 0.03  # of the plot's width
_FEWEST_FALLS = 2
_DOUBTED = 0.7


def curves_from_drawing(
    drawing: Drawing, axes: Axes, legend: tuple[LegendEntry, ...] = ()
) -> tuple[FoundCurve, ...]:
    """Find the curves of a vector figure, in the order in which they are drawn.

    Parameters
    ----------
    drawing : Drawing
    axes : Axes
        In the drawing's pixels.
    legend : tuple of LegendEntry
        Settles what the lines alone leave open; not needed.

    Returns
    -------
    tuple of FoundCurve

    Examples
    --------
    >>> from perdure.digitise.found import Axis
    >>> axis_x = Axis(0.0, 0.1, 0.0, 10.0, (0.0, 10.0), 0.0, 1.0)
    >>> axis_y = Axis(1.0, -0.01, 0.0, 1.0, (0.0, 1.0), 0.0, 1.0)
    >>> axes = Axes(axis_x, axis_y, 0.0, 0.0, 100.0, 100.0, "months", False)
    >>> way = np.array([[0, 0], [30, 0], [30, 40], [80, 40], [80, 60], [90, 60]], float)
    >>> drawing = Drawing(120, 120, (Stroke(way, (200, 0, 0), 1.0),), (), ())
    >>> (curve,) = curves_from_drawing(drawing, axes)
    >>> curve.x.tolist(), curve.y.tolist(), curve.end
    ([0.0, 30.0, 80.0], [0.0, 40.0, 60.0], 90.0)
    """
    frame = frame_of(axes, drawing)
    looks = pieces_of(_without_samples(drawing, legend), frame)
    lines = [
        line for look, strokes in looks.items() for line in falling_lines(look, strokes, frame)
    ]
    lines.sort(key=lambda line: line.order)
    levels = _level_looks(looks, frame)
    lines = [line for line in lines if _is_curve(line, frame, levels, legend)]
    lines = _without_twins(lines, frame)
    lines = _without_halos(lines, frame, legend)
    limits = limits_of_confidence(lines, frame)
    curves = [line for i, line in enumerate(lines) if i not in limits and not line.rises]
    taken = {order for line in lines for order in line.pieces}
    marks = marks_of(drawing, curves, taken, frame)
    return tuple(_found(line, places, frame) for line, places in zip(curves, marks, strict=True))


def _without_samples(drawing: Drawing, legend: tuple[LegendEntry, ...]) -> Drawing:
    """Leave out the samples of lines in a legend; orders of strokes stay as they are."""
    places = [entry.place for entry in legend if entry.place is not None]
    if not places:
        return drawing
    nothing = np.zeros((1, 2))
    strokes = tuple(
        replace(stroke, points=nothing)
        if any(_within(stroke.points, place) for place in places)
        else stroke
        for stroke in drawing.strokes
    )
    return replace(drawing, strokes=strokes)


def _within(points: Floats, place: tuple[float, float, float, float]) -> bool:
    low, high = points.min(axis=0), points.max(axis=0)
    slack = 2.0
    return bool(
        low[0] >= place[0] - slack
        and low[1] >= place[1] - slack
        and high[0] <= place[2] + slack
        and high[1] <= place[3] + slack
    )


def _level_looks(looks: dict[Look, list[tuple[int, Stroke]]], frame: Frame) -> set[Look]:
    """Return the looks of frames, axes and grids: long level or upright strokes off the top."""
    found = set()
    for look, strokes in looks.items():
        for _, stroke in strokes:
            low, high = stroke.points.min(axis=0), stroke.points.max(axis=0)
            level = high[1] - low[1] <= frame.near and high[0] - low[0] > 0.7 * frame.wide
            upright = high[0] - low[0] <= frame.near and high[1] - low[1] > 0.7 * frame.tall
            if upright or (level and abs(low[1] - frame.one) > 0.02 * frame.tall):
                found.add(look)
    return found


def _is_curve(
    line: Line,
    frame: Frame,
    levels: set[Look],
    legend: tuple[LegendEntry, ...],
) -> bool:
    """Tell a curve from frames, grid lines and guide lines."""
    x, y = line.points[:, 0], line.points[:, 1]
    reach, fall = float(x[-1] - x[0]), float(y.max() - y[0])
    if reach < _SHORTEST * frame.wide:
        return False
    if fall <= 0.003 * frame.tall:
        return _is_level_curve(line, frame, levels, legend)
    corners = steps_of(line.points, frame)[0]
    if len(corners) - 1 >= 4:
        return True
    edge = 0.01 * frame.wide
    falls = np.diff(np.maximum.accumulate(y))
    at_side = (x[1:] <= frame.left + edge) | (x[1:] >= frame.right - edge)
    framed = float(falls[at_side].sum()) > 0.9 * fall and fall > 0.9 * frame.tall
    if framed:
        return False
    named = any(alike(line.look[0], entry.colour, 40.0) for entry in legend)
    return len(corners) - 1 >= _FEWEST_FALLS or named or line.look not in levels


def _is_level_curve(
    line: Line,
    frame: Frame,
    levels: set[Look],
    legend: tuple[LegendEntry, ...],
) -> bool:
    """Tell the curve of an arm without events from tops of frames and samples of a legend."""
    x, y = line.points[:, 0], line.points[:, 1]
    at_one = abs(float(y[0]) - frame.one) <= max(0.005 * frame.tall, 0.5 * line.look[1])
    at_zero = abs(float(x[0]) - frame.zero) <= 0.01 * frame.wide
    long = float(x[-1] - x[0]) > 0.1 * frame.wide
    if line.look in levels or not (at_one and at_zero and long):
        return False
    colour = line.look[0]
    if any(alike(colour, entry.colour, 40.0) for entry in legend):
        return True
    return max(colour) - min(colour) > 40


def _without_twins(lines: list[Line], frame: Frame) -> list[Line]:
    """Leave out level lines that look like a curve which falls: samples, or the curve's start."""
    falling = {line.look for line in lines if np.ptp(line.points[:, 1]) > 0.003 * frame.tall}
    return [
        line
        for line in lines
        if np.ptp(line.points[:, 1]) > 0.003 * frame.tall or line.look not in falling
    ]


def _without_halos(lines: list[Line], frame: Frame, legend: tuple[LegendEntry, ...]) -> list[Line]:
    """Leave out what is drawn again beneath: the same way with the same or a wider pen."""
    kept: list[Line] = []
    for line in lines:
        for i, other in enumerate(kept):
            if not _same_way(line, other, frame):
                continue
            named = [
                any(alike(one.look[0], entry.colour, 30.0) for entry in legend)
                for one in (line, other)
            ]
            twice = line.look == other.look
            if twice or (other.look[1] > 1.2 * line.look[1] and not (named[0] and named[1])):
                kept[i] = line
                break
        else:
            kept.append(line)
    return kept


def _same_way(one: Line, other: Line, frame: Frame) -> bool:
    first, second = steps_of(one.points, frame), steps_of(other.points, frame)
    return len(first[0]) == len(second[0]) and all(
        float(np.abs(a - b).max()) <= 0.3 * frame.near for a, b in zip(first, second, strict=True)
    )


def _found(line: Line, marks: Floats, frame: Frame) -> FoundCurve:
    x, y = steps_of(line.points, frame)
    doubts: list[str] = []
    if abs(x[0] - frame.zero) > 0.02 * frame.wide or y[0] - frame.one > 0.03 * frame.tall:
        if abs(y[0] - frame.one) > 0.003 * frame.tall:
            x, y = np.concatenate([[frame.zero], x]), np.concatenate([[frame.one], y])
        doubts.append("starts late")
    if _slant(line.points, frame) > 0.3:
        doubts.append("slants between its points instead of stepping")
    colour, width, dash = line.look
    return FoundCurve(
        x,
        y,
        float(line.points[:, 0].max()),
        colour,
        bool(dash),
        width,
        marks,
        _DOUBTED if doubts else 1.0,
        tuple(doubts),
    )


def _slant(points: Floats, frame: Frame) -> float:
    """Return the share of a curve's fall that is on slopes."""
    across, down = np.diff(points, axis=0).T
    down = np.maximum(down, 0.0)
    slopes = across > max(0.003 * frame.wide, frame.near)
    steep = down > 1e-3 * frame.tall
    return float(down[slopes & steep].sum() / max(float(down.sum()), 1e-9))
