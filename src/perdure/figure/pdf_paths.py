"""The lines, shapes and pictures of a PDF's page, with every matrix that encloses them."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium_c

from perdure.figure.geometry import EVERYWHERE, Box, Matrix, apply_matrix, meet, times
from perdure.figure.page import Colour, Fill, Stroke
from perdure.figure.shapes import add_fills, add_strokes, on_white
from perdure.records import Floats

__all__ = ["Content", "read_content"]

_DEEPEST = 12  # forms within forms
_MOST_POINTS = 300_000  # a map or a scatter of cells, no survival figure
_MOST_OBJECTS = 50_000
_CURVE_POINTS = 8


@dataclass(eq=False)
class Content:
    """What stands on a page, in its pixels; ``crowded`` where there was too much to hold."""

    strokes: list[Stroke] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    images: list[tuple[Box, int, int]] = field(default_factory=list)
    points: int = 0
    crowded: bool = False


def read_content(page: Any, view: Matrix) -> Content:  # noqa: ANN401  # pypdfium2 has no types
    """Read a page of pypdfium2; ``view`` leads from the page's space to pixels."""
    content = Content()
    if pdfium_c.FPDFPage_CountObjects(page.raw) > _MOST_OBJECTS:
        content.crowded = True
        return content
    for seen, (handle, matrix, clip) in enumerate(_objects(page, view)):
        kind = pdfium_c.FPDFPageObj_GetType(handle)
        if seen >= _MOST_OBJECTS:
            content.crowded = True
        elif kind == pdfium_c.FPDF_PAGEOBJ_PATH:
            # counted before they are gathered: one path may have a hundred million
            points = pdfium_c.FPDFPath_CountSegments(handle)
            if content.points + points > _MOST_POINTS:
                content.crowded = True
                break
            _add_path(content, handle, matrix, clip)
        elif kind == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            _add_image(content, handle, matrix, clip)
        if content.points > _MOST_POINTS:
            content.crowded = True
        if content.crowded:
            break
    return content


def _objects(page: Any, view: Matrix) -> Iterator[tuple[Any, Matrix, Box]]:  # noqa: ANN401
    """Give every object in the order of drawing, with its space's matrix and its clip.

    A form comes before what it holds.
    """
    raw = page.raw
    top = (pdfium_c.FPDFPage_GetObject(raw, i) for i in range(pdfium_c.FPDFPage_CountObjects(raw)))
    yield from _within(top, view, EVERYWHERE, 0)


def _within(
    handles: Iterator[Any], space: Matrix, clip: Box, depth: int
) -> Iterator[tuple[Any, Matrix, Box]]:
    for handle in handles:
        own = meet(clip, _clip_box(handle, space))
        yield handle, space, own
        if pdfium_c.FPDFPageObj_GetType(handle) == pdfium_c.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
            inner = (
                pdfium_c.FPDFFormObj_GetObject(handle, i)
                for i in range(pdfium_c.FPDFFormObj_CountObjects(handle))
            )
            yield from _within(inner, times(_matrix(handle), space), own, depth + 1)


def _matrix(handle: Any) -> Matrix:  # noqa: ANN401
    found = pdfium_c.FS_MATRIX()
    if not pdfium_c.FPDFPageObj_GetMatrix(handle, found):
        return (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    return (found.a, found.b, found.c, found.d, found.e, found.f)


def _clip_box(handle: Any, space: Matrix) -> Box:  # noqa: ANN401
    """Return the box around the clip; figures are clipped by rectangles, rarely by shapes."""
    clip = pdfium_c.FPDFPageObj_GetClipPath(handle)
    box = EVERYWHERE
    count = pdfium_c.FPDFClipPath_CountPaths(clip) if clip else 0
    for path in range(max(count, 0)):
        segments = pdfium_c.FPDFClipPath_CountPathSegments(clip, path)
        if segments < 2:
            continue
        points = [
            _point(pdfium_c.FPDFClipPath_GetPathSegment(clip, path, i)) for i in range(segments)
        ]
        at = apply_matrix(np.array(points), space)
        low, high = at.min(axis=0), at.max(axis=0)
        box = meet(box, (float(low[0]), float(low[1]), float(high[0]), float(high[1])))
    return box


def _point(segment: Any) -> tuple[float, float]:  # noqa: ANN401
    x, y = ctypes.c_float(), ctypes.c_float()
    pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
    return x.value, y.value


def _subpaths(handle: Any) -> list[tuple[Floats, bool]]:  # noqa: ANN401
    """Return the pieces of a path with curves made of chords, and whether each is closed."""
    pieces: list[tuple[list[tuple[float, float]], bool]] = []
    points: list[tuple[float, float]] = []
    bend: list[tuple[float, float]] = []
    for i in range(pdfium_c.FPDFPath_CountSegments(handle)):
        segment = pdfium_c.FPDFPath_GetPathSegment(handle, i)
        kind = pdfium_c.FPDFPathSegment_GetType(segment)
        point = _point(segment)
        if kind == pdfium_c.FPDF_SEGMENT_MOVETO:
            if len(points) > 1:
                pieces.append((points, False))
            points, bend = [point], []
        elif kind == pdfium_c.FPDF_SEGMENT_BEZIERTO:
            bend.append(point)
            if len(bend) == 3:
                points.extend(_chords(points[-1] if points else bend[0], bend))
                bend = []
        else:
            points.append(point)
        if pdfium_c.FPDFPathSegment_GetClose(segment) and points:
            closing = [] if points[-1] == points[0] else [points[0]]
            pieces.append(([*points, *closing], True))
            points = [points[0]]
    if len(points) > 1:
        pieces.append((points, False))
    return [(np.array(piece), closed) for piece, closed in pieces]


def _chords(
    start: tuple[float, float], bend: list[tuple[float, float]]
) -> list[tuple[float, float]]:
    t = np.linspace(0.0, 1.0, _CURVE_POINTS + 1)[1:, None]
    a, b, c, d = (np.array([p]) for p in (start, *bend))
    at = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
    return [(float(x), float(y)) for x, y in at]


def _add_path(content: Content, handle: Any, space: Matrix, clip: Box) -> None:  # noqa: ANN401
    mode, stroked = ctypes.c_int(), ctypes.c_int()
    pdfium_c.FPDFPath_GetDrawMode(handle, mode, stroked)
    if not (mode.value or stroked.value):
        return
    matrix = times(_matrix(handle), space)
    pieces = [(apply_matrix(points, matrix), closed) for points, closed in _subpaths(handle)]
    content.points += sum(len(points) for points, _ in pieces)
    size = abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]) ** 0.5
    if mode.value:
        colour, opacity = _colour(pdfium_c.FPDFPageObj_GetFillColor, handle)
        if opacity > 0:
            add_fills(content.fills, content.strokes, pieces, colour, opacity, clip)
    if stroked.value:
        colour, opacity = _colour(pdfium_c.FPDFPageObj_GetStrokeColor, handle)
        width = ctypes.c_float()
        pdfium_c.FPDFPageObj_GetStrokeWidth(handle, width)
        if opacity > 0:
            seen = on_white(colour, opacity)
            dash = _dash(handle, size)
            add_strokes(content.strokes, pieces, seen, width.value * size, dash, clip)


def _colour(read: Any, handle: Any) -> tuple[Colour, float]:  # noqa: ANN401
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not read(handle, red, green, blue, alpha):
        return (0, 0, 0), 1.0
    return (red.value, green.value, blue.value), alpha.value / 255


def _dash(handle: Any, size: float) -> tuple[float, ...]:  # noqa: ANN401
    count = pdfium_c.FPDFPageObj_GetDashCount(handle)
    if count <= 0:
        return ()
    values = (ctypes.c_float * count)()
    if not pdfium_c.FPDFPageObj_GetDashArray(handle, values, count):
        return ()
    # A pattern without gaps is a solid line.
    return tuple(v * size for v in values) if any(v > 0 for v in values) else ()


def _add_image(content: Content, handle: Any, space: Matrix, clip: Box) -> None:  # noqa: ANN401
    corners = apply_matrix(
        np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), times(_matrix(handle), space)
    )
    low, high = corners.min(axis=0), corners.max(axis=0)
    box = meet((float(low[0]), float(low[1]), float(high[0]), float(high[1])), clip)
    wide, tall = ctypes.c_uint(), ctypes.c_uint()
    pdfium_c.FPDFImageObj_GetImagePixelSize(handle, wide, tall)
    if box[2] > box[0] and box[3] > box[1]:
        content.images.append((box, wide.value, tall.value))
