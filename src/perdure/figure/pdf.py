"""Opening a PDF: one page as paths, words and pixels.

pypdfium2 is not safe to call from several threads: read in processes, or one thread at a time.
"""

from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import pypdfium2

from perdure.errors import InputError, Problem
from perdure.figure.geometry import Box, Matrix
from perdure.figure.outlines import letters_are_shapes
from perdure.figure.page import Drawing, Picture
from perdure.figure.pdf_bombs import refuse_bomb
from perdure.figure.pdf_paths import Content, read_content
from perdure.figure.pdf_trial import MOST_PAGES, SECONDS_OF_PAGES
from perdure.figure.pdf_words import quarter_turns, read_words, spelt
from perdure.figure.plot_areas import plot_areas
from perdure.figure.resolution import pixels_a_point
from perdure.figure.sheet import Placed, Sheet

__all__ = ["read_pdf"]

_LARGEST_FILE = 300_000_000  # bytes
_SMALLEST_IMAGE = 0.04  # of the page
_MOST_IMAGE_PIXELS = 16e6
_SECONDS_OF_IMAGES = 10.0


def read_pdf(path: Path, page: int | None = None, *, dpi: float | None = None) -> Sheet:
    """Read a page of a PDF.

    Parameters
    ----------
    path : Path
    page : int, optional
        Counted from 1. Without it the file must have one page, or one page alone with a figure.
    dpi : float, optional
        Pixels an inch of the picture and the drawing; by default three pixels a point, more for
        small pages and less for posters.

    Raises
    ------
    InputError
        No such file or page, a password, a damaged file, an empty page, one that takes too much
        memory or time, or several pages with figures and no ``page``.
    """
    document = _open(path, page)
    try:
        count = len(document)
        notes: tuple[str, ...] = ()
        if page is None:
            page, notes = _only_page(document, path)
            if count > 1:
                refuse_bomb(path, page)
        if not 1 <= page <= count:
            holds = "one page" if count == 1 else f"{count} pages"
            raise _wrong(path, f"there is no page {page}: the file has {holds}", "check --page")
        return _read_page(document, path, page, dpi, notes)
    finally:
        document.close()


def _wrong(path: Path, message: str, remedy: str) -> InputError:
    return InputError(Problem(message, remedy, path.name))


def _open(path: Path, page: int | None) -> Any:  # noqa: ANN401  # pypdfium2 has no types
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _wrong(path, "the file cannot be read", "check its name and place") from error
    if size > _LARGEST_FILE:
        raise _wrong(path, "the file is larger than 300 MB", "save the figure's page alone")
    refuse_bomb(path, page)
    try:
        document = pypdfium2.PdfDocument(path)
        count = len(document)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise _wrong(
                path, "the file is locked with a password", "save a copy without one"
            ) from error
        raise _wrong(
            path, "the file is damaged or no PDF", "get it again, or save the figure as PNG"
        ) from error
    if count == 0:
        document.close()
        raise _wrong(path, "the file has no pages", "get it again")
    return document


def _only_page(document: Any, path: Path) -> tuple[int, tuple[str, ...]]:  # noqa: ANN401
    """Return the one page with a figure; refuse where several or none of many look like one."""
    count = len(document)
    if count == 1:
        return 1, ()
    found: list[int] = []
    start = monotonic()
    bounded = count <= MOST_PAGES
    if bounded:
        for number in range(1, count + 1):
            if _like_figure(document, number):
                found.append(number)
            if monotonic() - start > SECONDS_OF_PAGES:
                bounded = False
                break
    if bounded and len(found) == 1:
        return found[0], (f"page {found[0]} of {count} was taken: the only one with a figure",)
    listed = ""
    if bounded and found:
        listed = ": pages " + ", ".join(map(str, found)) + " look like figures"
    raise _wrong(
        path, f"the file has {count} pages{listed}", "say which one holds the figure with --page"
    )


def _like_figure(document: Any, number: int) -> bool:  # noqa: ANN401
    try:
        page = document[number - 1]
    except pypdfium2.PdfiumError:
        return False
    try:
        view, width, height = _view(page, 1.0)
        content = read_content(page, view)
        drawing = Drawing(width, height, tuple(content.strokes), tuple(content.fills), ())
        return bool(plot_areas(drawing)) or any(
            _area(box) > 0.1 * width * height for box, _, _ in content.images
        )
    finally:
        page.close()


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _view(page: Any, scale: float) -> tuple[Matrix, float, float]:  # noqa: ANN401
    """Return the matrix from the page's space to pixels, and the page's size in pixels.

    The centre of the first pixel is (0, 0), so that the page's corner is at (-0.5, -0.5).
    """
    left, bottom, right, top = page.get_bbox()
    across, down = (right - left) * scale, (top - bottom) * scale
    turn = page.get_rotation()
    s = scale
    matrix: Matrix = {
        0: (s, 0.0, 0.0, -s, -left * s, top * s),
        90: (0.0, s, s, 0.0, -bottom * s, -left * s),
        180: (-s, 0.0, 0.0, s, right * s, -bottom * s),
        270: (0.0, -s, -s, 0.0, top * s, right * s),
    }[turn]
    a, b, c, d, e, f = matrix
    width, height = (down, across) if turn in {90, 270} else (across, down)
    return (a, b, c, d, e - 0.5, f - 0.5), width, height


def _read_page(
    document: Any,  # noqa: ANN401
    path: Path,
    number: int,
    dpi: float | None,
    notes: tuple[str, ...],
) -> Sheet:
    try:
        page = document[number - 1]
    except pypdfium2.PdfiumError as error:
        raise _wrong(
            path, f"page {number} is damaged", "get the file again, or save the figure as PNG"
        ) from error
    try:
        if min(page.get_size()) < 1:
            raise _wrong(path, f"page {number} has no size", "save the figure's page anew")
        notes = (*notes, *_set_upright(page))
        wide, tall = page.get_size()
        scale = pixels_a_point(wide, tall, dpi, 72.0)
        view, width, height = _view(page, scale)
        content = read_content(page, view)
        text = page.get_textpage()
        try:
            words = read_words(text.raw, view)
            readable = spelt(text.raw)
        finally:
            text.close()
        drawn = content.crowded or content.strokes or content.fills or content.images
        if not (words or drawn):
            raise _wrong(path, f"page {number} is empty", "say which page with --page")
        if content.crowded:
            notes = (*notes, "the page holds too many paths to follow: it was read as pixels")
        return Sheet(
            _drawing(content, words, width, height),
            Picture(_render(page, scale)),
            scale,
            number,
            len(document),
            _images(page, content, scale, width * height, path),
            not readable or letters_are_shapes(content.fills, height),
            content.crowded,
            notes,
        )
    finally:
        page.close()


def _set_upright(page: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Turn a page whose text runs upwards or downwards, as wide figures are set in print."""
    text = page.get_textpage()
    try:
        turns = quarter_turns(text.raw, _view(page, 1.0)[0])
    finally:
        text.close()
    if not turns:
        return ()
    page.set_rotation((page.get_rotation() + 90 * turns) % 360)
    return ("the page was turned upright",)


def _drawing(content: Content, words: list[Any], width: float, height: float) -> Drawing:
    if content.crowded:
        return Drawing(width, height, (), (), tuple(words))
    return Drawing(width, height, tuple(content.strokes), tuple(content.fills), tuple(words))


def _render(
    page: Any,  # noqa: ANN401
    scale: float,
    crop: tuple[float, float, float, float] = (0, 0, 0, 0),
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    bitmap = page.render(scale=scale, crop=crop, rev_byteorder=True, prefer_bgrx=False)
    try:
        pixels = np.array(bitmap.to_numpy()[:, :, :3], dtype=np.uint8)
    finally:
        bitmap.close()
    return pixels


def _images(
    page: Any,  # noqa: ANN401
    content: Content,
    scale: float,
    page_area: float,
    path: Path,
) -> tuple[Placed, ...]:
    """Return the pictures of some size, each drawn at the resolution that it has in the file."""
    wide, tall = page.get_size()
    start = monotonic()
    placed: list[Placed] = []
    for box, across, down in content.images:
        held = (
            max(box[0], -0.5),
            max(box[1], -0.5),
            min(box[2], wide * scale - 0.5),
            min(box[3], tall * scale - 0.5),
        )
        if held[2] <= held[0] or held[3] <= held[1] or _area(held) < _SMALLEST_IMAGE * page_area:
            continue
        if monotonic() - start > _SECONDS_OF_IMAGES:
            raise _wrong(
                path, "the page holds too many pictures to draw", "save the figure alone as PNG"
            )
        own = scale * max(across / max(box[2] - box[0], 1e-9), down / max(box[3] - box[1], 1e-9))
        area = _area(held) / scale**2
        own = min(max(own, 0.5), (_MOST_IMAGE_PIXELS / area) ** 0.5)
        left, top, right, bottom = ((v + 0.5) / scale for v in held)
        crop = (left, tall - bottom, wide - right, top)
        placed.append(Placed(held, Picture(_render(page, own, crop))))
    return tuple(placed)
