"""Parts of drawings, pictures and sheets, as such of their own."""

from dataclasses import replace

import numpy as np

from perdure.figure.geometry import Box, bounds, clip_line
from perdure.figure.page import Drawing, Picture, Word
from perdure.figure.sheet import Sheet

__all__ = ["cut_drawing", "cut_picture", "cut_sheet", "moved_word"]


def cut_sheet(sheet: Sheet, box: Box) -> Sheet:
    """Return a part of a sheet as a sheet of its own."""
    left, top, right, bottom = _whole_pixels(box, sheet.picture)
    if (left, top, right, bottom) == (0, 0, sheet.picture.width, sheet.picture.height):
        return sheet
    exact = (left - 0.5, top - 0.5, right - 0.5, bottom - 0.5)
    return replace(
        sheet,
        drawing=cut_drawing(sheet.drawing, exact),
        picture=cut_picture(sheet.picture, box),
        images=(),
        corner=(sheet.corner[0] + left, sheet.corner[1] + top),
    )


def _whole_pixels(box: Box, picture: Picture) -> tuple[int, int, int, int]:
    return (
        max(int(np.floor(box[0] + 0.5)), 0),
        max(int(np.floor(box[1] + 0.5)), 0),
        min(int(np.ceil(box[2] + 0.5)), picture.width),
        min(int(np.ceil(box[3] + 0.5)), picture.height),
    )


def cut_picture(picture: Picture, box: Box) -> Picture:
    """Return a part of a picture."""
    left, top, right, bottom = _whole_pixels(box, picture)
    return replace(picture, pixels=picture.pixels[top:bottom, left:right])


def cut_drawing(drawing: Drawing, box: Box) -> Drawing:
    """Return a part of a drawing; its corner becomes (-0.5, -0.5), as of every picture.

    Examples
    --------
    >>> words = (Word("A", 10, 10, 20, 20), Word("B", 300, 10, 310, 20))
    >>> part = cut_drawing(Drawing(400, 100, (), (), words), (199.5, -0.5, 399.5, 99.5))
    >>> part.width, part.words[0].text, part.words[0].left
    (200.0, 'B', 100.0)
    """
    shift = np.array([box[0] + 0.5, box[1] + 0.5])
    strokes = tuple(
        replace(stroke, points=points - shift)
        for stroke in drawing.strokes
        for points in clip_line(stroke.points, box)
    )
    fills = tuple(
        replace(fill, points=np.clip(fill.points, box[:2], box[2:]) - shift)
        for fill in drawing.fills
        if _meets(bounds(fill.points), box)
    )
    words = tuple(
        moved_word(word, (float(shift[0]), float(shift[1])))
        for word in drawing.words
        if box[0] <= word.centre[0] <= box[2] and box[1] <= word.centre[1] <= box[3]
    )
    return Drawing(box[2] - box[0], box[3] - box[1], strokes, fills, words)


def _meets(one: Box, other: Box) -> bool:
    return one[0] < other[2] and one[2] > other[0] and one[1] < other[3] and one[3] > other[1]


def moved_word(word: Word, corner: tuple[float, float], scale: float = 1.0) -> Word:
    """Return a word in pixels that are counted from another corner, and of another size."""
    return replace(
        word,
        left=(word.left - corner[0]) * scale,
        right=(word.right - corner[0]) * scale,
        top=(word.top - corner[1]) * scale,
        bottom=(word.bottom - corner[1]) * scale,
    )
