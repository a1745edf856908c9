"""Opening an SVG: its paths and words, and the same figure as pixels."""

import base64
import gzip
import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import resvg_py
from lxml import etree
from PIL import Image

from perdure.errors import InputError, Problem
from perdure.figure.geometry import Box, Matrix, apply_matrix, bounds, meet, times
from perdure.figure.letters import group_letters
from perdure.figure.outlines import letters_are_shapes
from perdure.figure.page import Drawing, Picture, Pixels
from perdure.figure.resolution import pixels_a_point
from perdure.figure.sheet import Placed, Sheet
from perdure.figure.svg_shapes import numbers_of
from perdure.figure.svg_style import Rules, length_of
from perdure.figure.svg_walk import TooMuchError, Walk, is_text, view_of

__all__ = ["read_svg"]

_LARGEST = 40_000_000  # bytes of markup
_LARGEST_SIDE = 20_000.0  # CSS pixels
_FEWEST_TEXTS = 6  # fewer: letters may be shapes, to be read from the pixels
_SMALLEST_IMAGE = 0.04  # of the figure
_LINKS = ("{http://www.w3.org/1999/xlink}href", "href")
_SAFE_IMAGES = ("data:image/png", "data:image/jpeg", "data:image/jpg", "data:image/gif")
_FORMATS = ("PNG", "JPEG", "GIF")
_MOST_IMAGE_PIXELS = 16e6
_NOT_DRAWN = frozenset(("filter", "script", "foreignObject", "animate", "animateTransform", "set"))


def read_svg(path: Path, *, dpi: float | None = None) -> Sheet:
    """Read an SVG, plain or compressed (.svgz).

    Nothing outside the file is read; entities are not followed.

    Parameters
    ----------
    path : Path
    dpi : float, optional
        Pixels an inch (of 96 CSS pixels) of the picture and the drawing; by default three
        pixels a point where letters may be shapes, two where the text is in the file.

    Raises
    ------
    InputError
        No such file, no SVG, nothing in it, or one that unfolds into too much.
    """
    root = _parse(_markup(path), path)
    wide, tall = _size(root, path)
    texts = sum(is_text(element) for element in root.iter())
    scale = pixels_a_point(wide, tall, dpi, 96.0, to_read=texts < _FEWEST_TEXTS)
    by_id = {e.get("id"): e for e in root.iter() if isinstance(e.tag, str) and e.get("id")}
    styles = "\n".join(
        "".join(e.itertext())
        for e in root.iter()
        if isinstance(e.tag, str) and e.tag.rpartition("}")[2] == "style"
    )
    page = (-0.5, -0.5, wide * scale - 0.5, tall * scale - 0.5)
    walk = Walk(Rules(styles), by_id, (wide, tall), page)
    view = times(view_of(root, (wide, tall)), (scale, 0.0, 0.0, scale, -0.5, -0.5))
    try:
        walk.children(root, view)
    except (TooMuchError, RecursionError) as error:
        raise _wrong(
            path,
            "the file unfolds into more lines than a figure has",
            "save the figure as PDF or PNG",
        ) from error
    words = (*walk.words, *group_letters(walk.letters))
    if not (words or walk.strokes or walk.fills or walk.images):
        raise _wrong(path, "nothing is drawn in the file", "save the figure anew")
    width, height = wide * scale, tall * scale
    picture = Picture(_render(root, path, scale, walk.clips))
    return Sheet(
        Drawing(width, height, tuple(walk.strokes), tuple(walk.fills), words),
        picture,
        scale,
        images=_images(walk, picture, width * height),
        outlined=letters_are_shapes(walk.fills, height),
    )


def _wrong(path: Path, message: str, remedy: str) -> InputError:
    return InputError(Problem(message, remedy, path.name))


def _markup(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise _wrong(path, "the file cannot be read", "check its name and place") from error
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
                data = packed.read(_LARGEST + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise _wrong(path, "the file is damaged", "get it again") from error
    if len(data) > _LARGEST:
        raise _wrong(path, "the file holds more than 40 MB", "save the figure as PDF or PNG")
    return data


def _parse(data: bytes, path: Path) -> Any:  # noqa: ANN401  # lxml has no types
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _wrong(
            path, "the file is damaged or no SVG", "save the figure anew, or as PNG"
        ) from error
    if not isinstance(root.tag, str) or root.tag.rpartition("}")[2] != "svg":
        raise _wrong(path, "the file is no SVG", "save the figure anew, or as PNG")
    return root


def _size(root: Any, path: Path) -> tuple[float, float]:  # noqa: ANN401
    """Return width and height in CSS pixels."""
    box = numbers_of(root.get("viewBox"), 16.0)
    whole = (box[2], box[3]) if len(box) == 4 else (0.0, 0.0)
    wide = length_of(root.get("width", "100%"), whole[0])
    tall = length_of(root.get("height", "100%"), whole[1])
    if not wide or not tall or min(wide, tall) <= 0:
        raise _wrong(path, "the file does not say how large it is", "save the figure anew")
    if max(wide, tall) > _LARGEST_SIDE:
        raise _wrong(
            path,
            "the figure is larger than 20,000 pixels",
            "save it smaller",
        )
    return wide, tall


def _render(root: Any, path: Path, scale: float, clips: dict[Any, Box | None]) -> Pixels:  # noqa: ANN401
    """Draw the figure without what points out of the file and what a figure does not need."""
    _save_layers(clips)
    for element in list(root.iter()):
        if element.tag is etree.Entity:
            element.getparent().remove(element)
        if not isinstance(element.tag, str):
            continue
        for doomed in ("filter", "mask"):
            element.attrib.pop(doomed, None)
        tag = element.tag.rpartition("}")[2]
        links = [element.get(name, "") for name in _LINKS]
        outside = any(link and not link.startswith(("#", *_SAFE_IMAGES)) for link in links)
        if (tag in _NOT_DRAWN or (outside and tag != "a")) and element.getparent() is not None:
            element.getparent().remove(element)
    markup = etree.tostring(root, encoding="unicode")
    try:
        png = resvg_py.svg_to_bytes(svg_string=markup, dpi=96.0, zoom=scale, background="white")
    except (ValueError, RuntimeError) as error:
        raise _wrong(path, "the figure cannot be drawn", "save it anew, or as PNG") from error
    with Image.open(io.BytesIO(bytes(png))) as image:
        return np.asarray(image.convert("RGB"), dtype=np.uint8)


def _save_layers(clips: dict[Any, Box | None]) -> None:
    """Leave out clips that cut nothing, and share one between groups that follow each other.

    A clip costs a layer of the whole figure.
    """
    for element, box in clips.items():
        if box is None:
            element.attrib.pop("clip-path", None)
    for element, box in clips.items():
        last = element.getprevious()
        shared = clips.get(last)
        if (
            box is not None
            and shared is not None
            and np.allclose(shared, box, atol=0.5)
            and all(set(one.attrib) <= {"clip-path", "clip-rule"} for one in (element, last))
            and {element.tag, last.tag} == {"{http://www.w3.org/2000/svg}g"}
        ):
            element[:0] = list(last)
            last.getparent().remove(last)


def _images(walk: Walk, picture: Picture, area: float) -> tuple[Placed, ...]:
    """Return pictures inside the figure: their own pixels, or else as they are drawn."""
    placed: list[Placed] = []
    for element, matrix, clip in walk.images:
        whole = _image_box(element, matrix)
        box = meet(meet(whole, clip), (-0.5, -0.5, picture.width - 0.5, picture.height - 0.5))
        wide, tall = box[2] - box[0], box[3] - box[1]
        if min(wide, tall) <= 0 or wide * tall < _SMALLEST_IMAGE * area:
            continue
        own = _own_pixels(element, matrix)
        if own is not None and wide * tall > 0.98 * (whole[2] - whole[0]) * (whole[3] - whole[1]):
            placed.append(Placed(whole, own))
        else:
            left, top, right, bottom = (round(v + 0.5) for v in box)
            placed.append(Placed(box, Picture(picture.pixels[top:bottom, left:right])))
    return tuple(placed)


def _own_pixels(element: Any, matrix: Matrix) -> Picture | None:  # noqa: ANN401
    """Return the picture that an <image> holds, as it is turned; None if it cannot be had."""
    link = next((element.get(name) for name in _LINKS if element.get(name)), "")
    kind, _, data = link.partition(";base64,")
    if kind not in _SAFE_IMAGES or matrix[1] or matrix[2]:
        return None
    try:
        with Image.open(io.BytesIO(base64.b64decode(data)), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_IMAGE_PIXELS:
                return None
            clear = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    paper = Image.new("RGBA", clear.size, "white")
    pixels = np.asarray(Image.alpha_composite(paper, clear).convert("RGB"), dtype=np.uint8)
    pixels = pixels[:: -1 if matrix[3] < 0 else 1, :: -1 if matrix[0] < 0 else 1]
    return Picture(np.ascontiguousarray(pixels))


def _image_box(element: Any, matrix: Matrix) -> Box:  # noqa: ANN401
    x, y, wide, tall = (length_of(element.get(n)) or 0.0 for n in ("x", "y", "width", "height"))
    corners = np.array([[x, y], [x + wide, y + tall], [x, y + tall], [x + wide, y]])
    return bounds(apply_matrix(corners, matrix))
