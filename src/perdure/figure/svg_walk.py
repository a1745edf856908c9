"""Walking through an SVG's elements: its lines, shapes and letters in the order of drawing."""

from dataclasses import dataclass, field, replace
from typing import Any

from perdure.figure.geometry import (
    EVERYWHERE,
    Box,
    Matrix,
    apply_matrix,
    bounds,
    meet,
    times,
)
from perdure.figure.letters import Letter
from perdure.figure.page import Fill, Stroke, Word
from perdure.figure.shapes import Pieces, add_fills, add_strokes, on_white
from perdure.figure.svg_shapes import IDENTITY, numbers_of, shape_of, transform_of
from perdure.figure.svg_style import Rules, Style, colour_of, length_of, own_style
from perdure.figure.svg_text import font_size, read_text
from perdure.records import Floats

__all__ = ["TooMuchError", "Walk", "is_text", "view_of"]

_SHAPES = frozenset(("path", "line", "polyline", "polygon", "rect", "circle", "ellipse"))
_GROUPS = frozenset(("g", "svg", "a", "switch", "symbol"))
_DEEPEST = 60
_MOST_ELEMENTS = 60_000
_MOST_POINTS = 1_000_000
_LINK = "{http://www.w3.org/1999/xlink}href"


class TooMuchError(Exception):
    """The file unfolds into more than a figure holds."""


@dataclass(frozen=True)
class _Place:
    """Where an element stands: matrix, clip, style, the fade of its groups, and the depth."""

    matrix: Matrix
    clip: Box
    style: Style
    fade: float = 1.0
    depth: int = 0


@dataclass(eq=False)
class Walk:
    """Collects what is drawn.

    ``size`` is the viewport, of which lengths in per cent are; ``page`` the page in pixels.
    """

    rules: Rules
    by_id: dict[str, Any]
    size: tuple[float, float]
    page: Box = EVERYWHERE
    strokes: list[Stroke] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    images: list[tuple[Any, Matrix, Box]] = field(default_factory=list)
    seen: int = 0
    points: int = 0
    shapes: dict[Any, Pieces] = field(default_factory=dict)
    clips: dict[Any, Box | None] = field(default_factory=dict)
    cuts: int = 0

    def children(self, element: Any, matrix: Matrix) -> None:  # noqa: ANN401  # lxml has no types
        """Walk through all that the root holds."""
        style = own_style(element, "svg", {}, self.rules)
        self._children(element, _Place(matrix, EVERYWHERE, style))

    def _children(self, element: Any, place: _Place) -> None:  # noqa: ANN401
        if place.depth > _DEEPEST:
            raise TooMuchError
        for child in element:
            if isinstance(child.tag, str):
                self._element(child, place)

    def _element(self, element: Any, outer: _Place) -> None:  # noqa: ANN401
        self.seen += 1
        if self.seen > _MOST_ELEMENTS or self.points > _MOST_POINTS:
            raise TooMuchError
        tag = element.tag.rpartition("}")[2]
        if tag not in _SHAPES and tag not in _GROUPS and tag not in {"use", "text", "image"}:
            return
        style = own_style(element, tag, outer.style, self.rules)
        if style.get("display") == "none":
            return
        place = self._place(element, style, outer)
        cuts = self.cuts
        self._content(element, tag, place)
        if "clip-path" in element.attrib:
            self.clips[element] = None if self.cuts == cuts else place.clip

    def _content(self, element: Any, tag: str, place: _Place) -> None:  # noqa: ANN401
        if tag in _SHAPES:
            self._shape(element, tag, place)
        elif tag == "use":
            self._use(element, place)
        elif tag == "text":
            self._text(element, place)
        elif tag == "image":
            self.images.append((element, place.matrix, place.clip))
            self.cuts += 1
        elif tag != "symbol":
            self._group(element, tag, place)

    def _place(self, element: Any, style: Style, outer: _Place) -> _Place:  # noqa: ANN401
        moves = style.get("transform") or element.get("transform")
        matrix = times(transform_of(moves), outer.matrix) if moves else outer.matrix
        fade = outer.fade * _share(style.get("opacity"))
        clip = outer.clip
        if style.get("clip-path", "none") != "none":
            clip = meet(clip, self._clip(style["clip-path"], matrix))
        size = font_size(style, font_size(outer.style, 16.0))
        return _Place(matrix, clip, {**style, "font-size": f"{size}px"}, fade, outer.depth + 1)

    def _clip(self, text: str, matrix: Matrix) -> Box:
        """Return the box around a clipping path; a path that cannot be followed clips nothing."""
        name = text.partition("#")[2].rstrip(")'\" ")
        element = self.by_id.get(name)
        if element is None or element.get("clipPathUnits") == "objectBoundingBox":
            return EVERYWHERE
        matrix = times(transform_of(element.get("transform")), matrix)
        boxes: list[Box] = []
        for child in element:
            tag = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
            if tag not in _SHAPES:
                return EVERYWHERE
            own = times(transform_of(child.get("transform")), matrix)
            boxes += [bounds(apply_matrix(p, own)) for p, _ in shape_of(child, tag, self.size)]
        if not boxes:
            return EVERYWHERE
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)

    def _group(self, element: Any, tag: str, place: _Place) -> None:  # noqa: ANN401
        if tag == "svg":
            x, y = (length_of(element.get(n), 0.0) or 0.0 for n in ("x", "y"))
            inner = times(view_of(element, self.size), (1.0, 0.0, 0.0, 1.0, x, y))
            place = replace(place, matrix=times(inner, place.matrix))
        before = len(self.fills), len(self.strokes)
        self._children(element, place)
        self._name_letters(element, before)

    def _name_letters(self, group: Any, before: tuple[int, int]) -> None:  # noqa: ANN401
        """Take the word that matplotlib writes in a comment before the outlines of its letters."""
        text, shapes = _comment_of(group), self.fills[before[0] :]
        if not text or not shapes:
            return
        lefts, tops, rights, bottoms = zip(*(bounds(s.points) for s in shapes), strict=True)
        box = (min(lefts), min(tops), max(rights), max(bottoms))
        turned = len(text) > 1 and box[3] - box[1] > 1.5 * (box[2] - box[0])
        self.words.append(Word(text, *box, colour=shapes[0].colour, turned=turned))
        del self.fills[before[0] :]
        del self.strokes[before[1] :]

    def _use(self, element: Any, place: _Place) -> None:  # noqa: ANN401
        link = element.get(_LINK) or element.get("href") or ""
        target = self.by_id.get(link[1:]) if link.startswith("#") else None
        if target is None:
            return
        x, y = (length_of(element.get(n), s) or 0.0 for n, s in zip("xy", self.size, strict=True))
        place = replace(place, matrix=times((1.0, 0.0, 0.0, 1.0, x, y), place.matrix))
        if place.depth > _DEEPEST:
            raise TooMuchError
        if target.tag.rpartition("}")[2] == "symbol":
            size = (
                length_of(element.get("width"), self.size[0]) or self.size[0],
                length_of(element.get("height"), self.size[1]) or self.size[1],
            )
            if target.get("viewBox"):
                place = replace(place, matrix=times(fit(target, size), place.matrix))
            style = own_style(target, "symbol", place.style, self.rules)
            self._children(target, replace(place, style=style))
        else:
            self._element(target, place)

    def _text(self, element: Any, place: _Place) -> None:  # noqa: ANN401
        if place.style.get("visibility") == "hidden" or place.fade <= 0:
            return
        self.letters.extend(
            read_text(element, place.style, self.rules, place.matrix, len(self.letters) + 1)
        )

    def _shape(self, element: Any, tag: str, place: _Place) -> None:  # noqa: ANN401
        if place.style.get("visibility") in {"hidden", "collapse"}:
            return
        if element not in self.shapes:
            self.shapes[element] = shape_of(element, tag, self.size)
        pieces = [(apply_matrix(p, place.matrix), closed) for p, closed in self.shapes[element]]
        self.points += sum(len(points) for points, _ in pieces)
        if pieces:
            self.cuts += any(_sticks_out(points, place.clip, self.page) for points, _ in pieces)
            self._paint(pieces, place, filled=tag != "line")

    def _paint(self, pieces: Pieces, place: _Place, *, filled: bool) -> None:
        style, current = place.style, place.style.get("color", "black")
        fill = colour_of(style.get("fill", "black"), current)
        if fill is not None and filled:
            opacity = fill[1] * place.fade * _share(style.get("fill-opacity"))
            if opacity > 0:
                add_fills(self.fills, self.strokes, pieces, fill[0], opacity, place.clip)
        stroke = colour_of(style.get("stroke", "none"), current)
        if stroke is None:
            return
        opacity = stroke[1] * place.fade * _share(style.get("stroke-opacity"))
        a, b, c, d, _, _ = place.matrix
        scale = abs(a * d - b * c) ** 0.5
        width = length_of(style.get("stroke-width"), self.size[0])
        width = 1.0 if width is None else width
        if opacity > 0 and width > 0:
            dash = tuple(v * scale for v in numbers_of(style.get("stroke-dasharray"), 16.0))
            dash = dash if any(v > 0 for v in dash) else ()
            colour = on_white(stroke[0], opacity)
            add_strokes(self.strokes, pieces, colour, width * scale, dash, place.clip)


def is_text(element: Any) -> bool:  # noqa: ANN401
    """Tell whether the file says what an element writes."""
    if not isinstance(element.tag, str):
        return False
    return element.tag.rpartition("}")[2] == "text" or bool(_comment_of(element))


def _comment_of(group: Any) -> str:  # noqa: ANN401
    """Return the text in the comment of a group of letters; formulas are no plain text."""
    if not (group.get("id") or "").startswith("text_"):
        return ""
    comments = [child for child in group if not isinstance(child.tag, str)]
    text = " ".join((comments[0].text or "").split()) if len(comments) == 1 else ""
    return "" if "$" in text else text


def _sticks_out(points: Floats, clip: Box, page: Box) -> bool:
    """Tell whether a clip hides some of what would be seen on the page."""
    left, top, right, bottom = meet(bounds(points), page)
    slack = 0.5
    return (
        left < clip[0] - slack
        or top < clip[1] - slack
        or right > clip[2] + slack
        or bottom > clip[3] + slack
    )


def _share(text: str | None) -> float:
    found = length_of(text, 1.0)
    return 1.0 if found is None else min(max(found, 0.0), 1.0)


def view_of(element: Any, size: tuple[float, float]) -> Matrix:  # noqa: ANN401
    """Return the matrix of an <svg>'s viewBox for the size at which it is shown."""
    wide = length_of(element.get("width"), size[0])
    tall = length_of(element.get("height"), size[1])
    return fit(element, (wide or size[0], tall or size[1]))


def fit(element: Any, size: tuple[float, float]) -> Matrix:  # noqa: ANN401
    """Return the matrix that fits an element's viewBox into a size."""
    box = numbers_of(element.get("viewBox"), 16.0)
    if len(box) != 4 or box[2] <= 0 or box[3] <= 0:
        return IDENTITY
    across, down = size[0] / box[2], size[1] / box[3]
    aspect = element.get("preserveAspectRatio") or "xMidYMid"
    if aspect.strip() == "none":
        return (across, 0.0, 0.0, down, -box[0] * across, -box[1] * down)
    scale = max(across, down) if "slice" in aspect else min(across, down)
    free_x, free_y = size[0] - box[2] * scale, size[1] - box[3] * scale
    share_x = 0.0 if "xMin" in aspect else 1.0 if "xMax" in aspect else 0.5
    share_y = 0.0 if "YMin" in aspect else 1.0 if "YMax" in aspect else 0.5
    x, y = -box[0] * scale + free_x * share_x, -box[1] * scale + free_y * share_y
    return (scale, 0.0, 0.0, scale, x, y)
