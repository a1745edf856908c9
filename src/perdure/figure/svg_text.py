"""The text of an SVG: letters with estimated places, since its fonts are not at hand."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from perdure.figure.geometry import Matrix
from perdure.figure.letters import Letter, placed_letter
from perdure.figure.svg_shapes import numbers_of
from perdure.figure.svg_style import Rules, Style, colour_of, length_of, own_style

__all__ = ["font_size", "read_text"]

# Widths of Helvetica in thousandths of its size, from the space on.
_WIDTHS = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
_LOW = frozenset("gjpqy,;()[]|")
_SMALL = frozenset("acemnorsuvwxz")
_SHIFTS = {"middle": 0.36, "central": 0.36, "hanging": 0.73, "text-before-edge": 0.8}


@dataclass
class _Chunk:
    """What is set from one place on: letters with their size and colour, and the anchor."""

    x: float
    y: float
    anchor: str
    signs: list[tuple[str, float, float, tuple[int, int, int]]] = field(default_factory=list)
    length: float | None = None


def font_size(style: Style, inherited: float) -> float:
    """Return the size of the font in the user's units."""
    found = length_of(style.get("font-size"), inherited, inherited)
    return inherited if found is None or found <= 0 else found


def read_text(
    element: Any,  # noqa: ANN401  # lxml has no types
    style: Style,
    rules: Rules,
    matrix: Matrix,
    first_piece: int,
) -> list[Letter]:
    """Return the letters of a <text> where ``matrix`` puts them."""
    chunks: list[_Chunk] = []
    for kind, node, own, text in _runs(element, style, rules):
        size = font_size(own, 16.0)
        if kind == "start" or not chunks:
            _place(chunks, node, own, size)
        if text:
            _write(chunks, text, size, own, preserved=_preserved(node, own))
    letters: list[Letter] = []
    for i, chunk in enumerate(chunks):
        letters.extend(_set(chunk, matrix, first_piece + i))
    return letters


def _runs(
    element: Any,  # noqa: ANN401
    style: Style,
    rules: Rules,
) -> Iterator[tuple[str, Any, Style, str]]:
    yield "start", element, style, element.text or ""
    for child in element:
        if not isinstance(child.tag, str):
            yield "more", element, style, child.tail or ""
            continue
        tag = child.tag.rpartition("}")[2]
        if tag in {"tspan", "a", "textPath"}:
            own = own_style(child, tag, style, rules)
            if own.get("display") != "none":
                yield from _runs(child, own, rules)
        yield "more", element, style, child.tail or ""


def _preserved(node: Any, style: Style) -> bool:  # noqa: ANN401
    return (
        node.get("{http://www.w3.org/XML/1998/namespace}space") == "preserve"
        or style.get("white-space") == "pre"
    )


def _place(chunks: list[_Chunk], node: Any, style: Style, size: float) -> None:  # noqa: ANN401
    """Begin a chunk where an element says where its text stands; else go on, moved by dx, dy."""
    xs, ys = numbers_of(node.get("x"), size), numbers_of(node.get("y"), size)
    dx = sum(numbers_of(node.get("dx"), size)[:1])
    dy = sum(numbers_of(node.get("dy"), size)[:1])
    last = chunks[-1] if chunks else None
    anchor = style.get("text-anchor", "start")
    if last is None or xs or ys or dy:
        x = xs[0] if xs else (last.x + _length(last) if last else 0.0)
        y = ys[0] if ys else (last.y if last else 0.0)
        shift = _SHIFTS.get(style.get("dominant-baseline", ""), 0.0) * size
        chunks.append(_Chunk(x + dx, y + dy + (shift if last is None or ys else 0.0), anchor))
        length = length_of(node.get("textLength"))
        chunks[-1].length = length
        if len(xs) > 1:
            chunks[-1].signs.append(("\0", 0.0, 0.0, (0, 0, 0)))
            chunks[-1].x = 0.0
            chunks[-1].anchor = "letters"
            chunks[-1].signs = [("\0", x, 0.0, (0, 0, 0)) for x in xs]


def _write(chunks: list[_Chunk], text: str, size: float, style: Style, *, preserved: bool) -> None:
    found = colour_of(style.get("fill", "black"), style.get("color", "black"))
    colour = found[0] if found else (0, 0, 0)
    chunk = chunks[-1]
    for sign in text:
        shown = " " if sign.isspace() else sign
        last = chunk.signs[-1][0] if chunk.signs else " "
        if shown == " " and not preserved and last in {" ", "\0"}:
            continue
        chunk.signs.append((shown, _width(shown) * size, size, colour))


def _width(sign: str) -> float:
    place = ord(sign) - 32
    return (_WIDTHS[place] if 0 <= place < len(_WIDTHS) else 556) / 1000


def _length(chunk: _Chunk) -> float:
    return sum(width for sign, width, _, _ in chunk.signs if sign != "\0")


def _set(chunk: _Chunk, matrix: Matrix, piece: int) -> Iterator[Letter]:
    places = [x for sign, x, _, _ in chunk.signs if sign == "\0"]
    signs = [one for one in chunk.signs if one[0] != "\0"]
    while signs and signs[-1][0] == " " and not places:
        signs.pop()
    natural = sum(width for _, width, _, _ in signs)
    stretch = chunk.length / natural if chunk.length and natural else 1.0
    start = {"middle": 0.5, "end": 1.0}.get(chunk.anchor, 0.0) * natural * stretch
    x, space = chunk.x - start, False
    for i, (sign, width, size, colour) in enumerate(signs):
        if i < len(places):
            x = places[i]
        if sign != " ":
            yield _letter(sign, x, chunk.y, width * stretch, size, colour, matrix, piece, space)
        space = sign == " "
        x += width * stretch


def _letter(
    sign: str,
    x: float,
    y: float,
    width: float,
    size: float,
    colour: tuple[int, int, int],
    matrix: Matrix,
    piece: int,
    space: bool,
) -> Letter:
    if sign in "+":  # the sign of a mark: its ink is centred on the sum's axis
        top, bottom = 0.63, -0.0
    else:
        top = 0.54 if sign in _SMALL else 0.73
        bottom = -0.2 if sign in _LOW else 0.0
    a, b, c, d, e, f = matrix
    side = 0.05 * width
    box = _box(x + side, y - top * size, x + width - side, y - bottom * size, matrix)
    room = _box(x, y - top * size, x + width, y - bottom * size, matrix)
    origin = (a * x + c * y + e, b * x + d * y + f)
    scale = abs(a * d - b * c) ** 0.5
    return placed_letter(sign, box, origin, (a, b), size * scale, colour, piece, space, room)


def _box(
    left: float, top: float, right: float, bottom: float, matrix: Matrix
) -> tuple[float, float, float, float]:
    a, b, c, d, e, f = matrix
    xs = [a * x + c * y + e for x in (left, right) for y in (top, bottom)]
    ys = [b * x + d * y + f for x in (left, right) for y in (top, bottom)]
    return min(xs), min(ys), max(xs), max(ys)
