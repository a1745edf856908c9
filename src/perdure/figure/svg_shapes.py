"""The geometry of an SVG's elements as lines of points, and its transforms as matrices."""

import math
import re
from typing import Any

import numpy as np
import svgelements

from perdure.figure.geometry import Matrix, times
from perdure.figure.svg_style import length_of
from perdure.records import Floats

__all__ = ["IDENTITY", "numbers_of", "shape_of", "transform_of"]

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_CHORDS = 8
_SHARES = np.linspace(0.0, 1.0, _CHORDS + 1)[1:]
_ROUND = 24  # corners of a circle
_TAKEN = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2}
_Point = tuple[float, float]


def transform_of(text: str | None) -> Matrix:
    """Return the matrix of a transform attribute.

    Examples
    --------
    >>> transform_of("translate(10, 20) scale(2)")
    (2.0, 0.0, 0.0, 2.0, 10.0, 20.0)
    """
    matrix = IDENTITY
    for name, body in re.findall(r"(\w+)\s*\(([^)]*)\)", text or ""):
        values = [float(number) for number in re.findall(_NUMBER, body)]
        matrix = times(_single(name, values), matrix)
    return matrix


def _single(name: str, values: list[float]) -> Matrix:
    if not values:
        return IDENTITY
    first, second = values[0], values[1] if len(values) > 1 else None
    cos, sin = math.cos(math.radians(first)), math.sin(math.radians(first))
    x, y = (values[1], values[2]) if len(values) > 2 else (0.0, 0.0)
    kinds: dict[str, Matrix] = {
        "translate": (1.0, 0.0, 0.0, 1.0, first, second or 0.0),
        "scale": (first, 0.0, 0.0, first if second is None else second, 0.0, 0.0),
        "rotate": (cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y),
        "skewX": (1.0, 0.0, math.tan(math.radians(first)), 1.0, 0.0, 0.0),
        "skewY": (1.0, math.tan(math.radians(first)), 0.0, 1.0, 0.0, 0.0),
    }
    if name == "matrix" and len(values) == 6:
        return (values[0], values[1], values[2], values[3], values[4], values[5])
    return kinds.get(name, IDENTITY)


def shape_of(element: Any, tag: str, size: tuple[float, float]) -> list[tuple[Floats, bool]]:  # noqa: ANN401
    """Return the lines of an element, each with whether it is closed; ``size`` for per cent."""
    if tag == "path":
        return _path(element.get("d") or "")
    if tag in {"polyline", "polygon"}:
        return _polyline(element, closed=tag == "polygon")
    if tag == "line":
        x1, y1, x2, y2 = _numbers(element, ("x1", "y1", "x2", "y2"), size)
        return [(np.array([[x1, y1], [x2, y2]]), False)]
    if tag == "rect":
        return _rectangle(*_numbers(element, ("x", "y", "width", "height"), size))
    return _ellipse(element, tag, size)


def _polyline(element: Any, *, closed: bool) -> list[tuple[Floats, bool]]:  # noqa: ANN401
    values = [float(number) for number in re.findall(_NUMBER, element.get("points") or "")]
    points = np.array(values[: len(values) // 2 * 2]).reshape(-1, 2)
    if len(points) < 2:
        return []
    return [(np.vstack([points, points[:1]]) if closed else points, closed)]


def _rectangle(x: float, y: float, wide: float, tall: float) -> list[tuple[Floats, bool]]:
    if wide <= 0 or tall <= 0:
        return []
    corners = [[x, y], [x + wide, y], [x + wide, y + tall], [x, y + tall], [x, y]]
    return [(np.array(corners), True)]


def _numbers(
    element: Any,  # noqa: ANN401
    names: tuple[str, ...],
    size: tuple[float, float],
) -> list[float]:
    wide = {"x", "x1", "x2", "cx", "rx", "r", "width"}
    return [length_of(element.get(name), size[0 if name in wide else 1]) or 0.0 for name in names]


def _ellipse(
    element: Any,  # noqa: ANN401
    tag: str,
    size: tuple[float, float],
) -> list[tuple[Floats, bool]]:
    x, y, r, rx, ry = _numbers(element, ("cx", "cy", "r", "rx", "ry"), size)
    if tag == "circle":
        rx = ry = r
    if rx <= 0 or ry <= 0:
        return []
    angle = np.linspace(0.0, 2 * np.pi, _ROUND + 1)
    return [(np.column_stack([x + rx * np.cos(angle), y + ry * np.sin(angle)]), True)]


class _Pen:
    """Where a path has come to, the points of its piece, and the handle of its last bend."""

    def __init__(self) -> None:
        self.pieces: list[tuple[list[_Point], bool]] = []
        self.points: list[_Point] = []
        self.at: _Point = (0.0, 0.0)
        self.handle: _Point | None = None

    def lift(self) -> None:
        """End a piece."""
        if len(self.points) > 1:
            self.pieces.append((self.points, False))
        self.points = []

    def close(self) -> None:
        """End a piece where it began."""
        if self.points:
            self.pieces.append(([*self.points, self.points[0]], True))
            self.at = self.points[0]
            self.points = [self.at]
        self.handle = None

    def draw(self, command: str, values: list[float]) -> None:
        """Go on by one command with its numbers, relative ones made absolute."""
        kind = command.upper()
        ends = self._absolute(command, values)
        if kind == "M":
            self.lift()
        if kind in "CSQT":
            handles = ends[:-1]
            if kind in "ST":
                mirrored = self.handle or self.at
                back = (2 * self.at[0] - mirrored[0], 2 * self.at[1] - mirrored[1])
                handles = [back, *handles]
            self.points.extend(_chords(self.at, handles, ends[-1]))
            self.handle = handles[-1]
        else:
            self.points.append(ends[-1])
            self.handle = None
        self.at = ends[-1]

    def _absolute(self, command: str, values: list[float]) -> list[_Point]:
        x, y = self.at if command.islower() else (0.0, 0.0)
        if command in "Hh":
            return [(x + values[0], self.at[1])]
        if command in "Vv":
            return [(self.at[0], y + values[0])]
        return [(x + values[i], y + values[i + 1]) for i in range(0, len(values), 2)]


def _chords(start: _Point, handles: list[_Point], end: _Point) -> list[_Point]:
    """Return points on a bend with one handle or two."""
    t = _SHARES
    if len(handles) == 1:
        weights = [(1 - t) ** 2, 2 * (1 - t) * t, t**2]
    else:
        weights = [(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3]
    at = np.column_stack(weights) @ np.array([start, *handles, end])
    return [(float(x), float(y)) for x, y in at]


def _path(text: str) -> list[tuple[Floats, bool]]:
    """Read a path; what follows its first mistake is left out, as browsers do."""
    if re.search(r"[Aa]", text):
        return _path_with_arcs(text)
    pen = _Pen()
    for command, body in re.findall(r"([MmLlHhVvZzCcSsQqTt])([^A-DF-Za-df-z]*)", text):
        if command in "Zz":
            pen.close()
            continue
        values = [float(number) for number in re.findall(_NUMBER, body)]
        taken = _TAKEN[command.upper()]
        for i in range(0, len(values) - taken + 1, taken):
            more = {"M": "L", "m": "l"}.get(command, command)  # a second place is a line
            pen.draw(command if i == 0 else more, values[i : i + taken])
    pen.lift()
    return [(np.array(piece), closed) for piece, closed in pen.pieces]


def _path_with_arcs(text: str) -> list[tuple[Floats, bool]]:
    try:
        path = svgelements.Path(text)
    except (ValueError, TypeError, IndexError, AttributeError, ZeroDivisionError):
        return []
    pieces: list[tuple[Floats, bool]] = []
    points: list[tuple[float, float]] = []
    for segment in path:
        if isinstance(segment, svgelements.Move):
            if len(points) > 1:
                pieces.append((np.array(points), False))
            points = [_xy(segment.end)]
        elif isinstance(segment, svgelements.Close):
            if points:
                pieces.append((np.array([*points, points[0]]), True))
                points = [points[0]]
        elif isinstance(segment, svgelements.Line):
            points.append(_xy(segment.end))
        else:
            points.extend(_xy(segment.point((k + 1) / _CHORDS)) for k in range(_CHORDS))
    if len(points) > 1:
        pieces.append((np.array(points), False))
    return pieces


def _xy(point: Any) -> tuple[float, float]:  # noqa: ANN401
    return float(point.x), float(point.y)


def numbers_of(text: str | None, em: float) -> list[float]:
    """Return a list of lengths, separated by spaces or commas, in the user's units."""
    found = (length_of(part, 0.0, em) for part in re.split(r"[\s,]+", (text or "").strip()))
    return [value for value in found if value is not None]
