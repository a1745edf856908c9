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
    """

    picture: Picture
    words: tuple[Word, ...]
    drawing: Drawing | None
    offset: tuple[float, float] = (0.0, 0.0)
    page: int = 1
    panel: int = 1
    notes: tuple[str, ...] = ()

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


def figures_in(path: Path, page: int | None = None) -> tuple[FigureSource, ...]:
    """Return the figures in a file, in the order of reading.

    Parameters
    ----------
    path : Path
    page : int, optional
        Of a PDF, from 1.

    Raises
    ------
    InputError
        If the file is missing, damaged, locked, too large, or has several pages and none is named.
    """
    if not path.is_file():
        raise InputError(Problem("there is no such file", "check the name", file=str(path)))
    suffix = path.suffix.lower()
    if suffix in PAGES:
        return tuple(_of_sheet(read_pdf(path, page)))
    if page not in (None, 1):
        raise InputError(
            Problem("only a PDF has pages", "leave out --page", file=str(path), value=f"{page}")
        )
    if suffix in VECTORS:
        return tuple(_of_sheet(read_svg(path)))
    return tuple(_of_picture(load_picture(path)))


def _of_picture(
    picture: Picture, page: int = 1, notes: tuple[str, ...] = ()
) -> Iterator[FigureSource]:
    """Yield the panels of a picture, set upright."""
    picture = upright(picture)
    words = read_words(picture)
    boxes = panel_boxes(picture)
    for panel, box in enumerate(boxes, start=1):
        if len(boxes) == 1:
            yield FigureSource(picture, words, None, page=page, notes=notes)
            return
        left, top = max(int(box[0] + 0.5), 0), max(int(box[1] + 0.5), 0)
        part = cut_picture(picture, box)
        held = tuple(
            moved_word(word, (left, top))
            for word in words
            if box[0] <= word.centre[0] <= box[2] and box[1] <= word.centre[1] <= box[3]
        )
        yield FigureSource(part, held, None, (left, top), page, panel, notes)


def _of_sheet(sheet: Sheet) -> Iterator[FigureSource]:
    """Yield the panels of a page."""
    for panel, part in enumerate(panels_of_sheet(sheet), start=1):
        if part.is_picture:
            picture = upright(part.picture)
            yield FigureSource(
                picture, read_words(picture), None, part.corner, part.page, panel, part.notes
            )
            continue
        words = read_words(part.picture) if part.outlined else part.drawing.words
        yield FigureSource(
            part.picture, words, part.drawing, part.corner, part.page, panel, part.notes
        )
