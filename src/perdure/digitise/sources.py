"""The figures in a file: each with its pixels, its words, and its paths where it has any."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from perdure.errors import InputError, Problem
from perdure.figure.cut import cut_picture, moved_word
from perdure.figure.geometry import Box
from perdure.figure.ocr import read_words
from perdure.figure.page import Drawing, Picture, Word
from perdure.figure.panel import panel_boxes, panels_of_sheet
from perdure.figure.pdf import read_pdf
from perdure.figure.picture import load_picture, upright
from perdure.figure.picture_areas import areas_of_picture
from perdure.figure.plot_areas import plot_areas
from perdure.figure.sheet import Sheet
from perdure.figure.svg import read_svg

__all__ = ["FigureSource", "figures_in"]

PAGES = {".pdf"}
VECTORS = {".svg", ".svgz"}


@dataclass(frozen=True, eq=False)
class FigureSource:
    """One figure of a file.

    Attributes
    ----------
    picture : Picture
    words : tuple of Word
    drawing : Drawing or None
        In the pixels of ``picture``; None where the figure is pixels.
    offset : tuple of float
        Where it begins in the picture of the whole file.
    page, panel : int
    notes : tuple of str
    whole : tuple of int
        Width and height of the picture of the whole file, in its own pixels.
    """

    picture: Picture
    words: tuple[Word, ...]
    drawing: Drawing | None
    offset: tuple[float, float] = (0.0, 0.0)
    page: int = 1
    panel: int = 1
    notes: tuple[str, ...] = ()
    whole: tuple[int, int] = (0, 0)

    @property
    def marks(self) -> Picture | Drawing:
        """Where marks are looked for: its paths where it has any, else its pixels."""
        return self.picture if self.drawing is None else self.drawing

    def frame(self) -> Box | None:
        """Return its largest frame, or pair of axis lines; None where none is seen."""
        drawing = self.drawing
        areas = areas_of_picture(self.picture) if drawing is None else plot_areas(drawing)
        return max(areas, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]), default=None)

    def with_words_read(self) -> "FigureSource":
        """Return it with the words of its pixels: letters of its paths may be shapes."""
        return replace(self, words=read_words(self.picture))


def figures_in(
    path: Path, page: int | None = None, *, apart: bool = True
) -> tuple[FigureSource, ...]:
    """Return the figures in a file, in the order of reading.

    Parameters
    ----------
    path : Path
    page : int, optional
        Of a PDF, from 1.
    apart : bool
        Several plots are figures of their own; otherwise the picture or page is one.

    Raises
    ------
    InputError
        If the file is missing, damaged, locked, too large, or has several pages and none is named.
    """
    if path.is_dir():
        raise InputError(Problem("this is a folder", "name a figure in it", file=str(path)))
    if not path.is_file():
        raise InputError(Problem("there is no such file", "check the name", file=str(path)))
    suffix = path.suffix.lower()
    if suffix in PAGES:
        return tuple(_of_sheet(read_pdf(path, page), apart))
    if page not in (None, 1):
        raise InputError(
            Problem("only a PDF has pages", "leave out --page", file=str(path), value=f"{page}")
        )
    if suffix in VECTORS:
        return tuple(_of_sheet(read_svg(path), apart))
    return tuple(_of_picture(load_picture(path), apart))


def _of_picture(picture: Picture, apart: bool) -> Iterator[FigureSource]:
    """Yield the panels of a picture, set upright."""
    picture = upright(picture)
    words = read_words(picture)
    boxes = panel_boxes(picture) if apart else ()
    whole = _size(picture)
    if len(boxes) < 2:
        yield FigureSource(picture, words, None, whole=whole)
        return
    for panel, box in enumerate(boxes, start=1):
        left, top = max(int(box[0] + 0.5), 0), max(int(box[1] + 0.5), 0)
        part = cut_picture(picture, box)
        held = tuple(
            moved_word(word, (left, top))
            for word in words
            if box[0] <= word.centre[0] <= box[2] and box[1] <= word.centre[1] <= box[3]
        )
        yield FigureSource(part, held, None, (left, top), panel=panel, whole=whole)


def _size(picture: Picture, corner: tuple[float, float] = (0.0, 0.0)) -> tuple[int, int]:
    """Return the size of a picture, with what lies left of it and above, in the file's pixels."""
    return (
        round((corner[0] + picture.width) * picture.scale),
        round((corner[1] + picture.height) * picture.scale),
    )


def _of_sheet(sheet: Sheet, apart: bool) -> Iterator[FigureSource]:
    """Yield the panels of a page."""
    parts = panels_of_sheet(sheet)
    if not apart and not parts[0].is_picture:
        parts = (sheet,)
    for panel, part in enumerate(parts, start=1):
        rest = part.corner, part.page, panel, part.notes
        if part.is_picture:
            picture = upright(part.picture)
            whole = _size(picture, part.corner)
            yield FigureSource(picture, read_words(picture), None, *rest, whole)
            continue
        words = read_words(part.picture) if part.outlined else part.drawing.words
        yield FigureSource(part.picture, words, part.drawing, *rest, _size(sheet.picture))
