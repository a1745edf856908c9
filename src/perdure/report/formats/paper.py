"""How large pictures are on paper: A4, in the PDF and in the text to edit."""

from perdure.report.blocks import FigureBlock, Picture

__all__ = ["WIDTH", "columns_of", "scale_on_paper"]

WIDTH, HEIGHT = 493.0, 640.0
"""Points that a picture may take of a page, inside its margins and with room for its caption."""
SMALL = 380.0
"""Points; panels up to this width stand two in a row."""
HALF = 350.0
"""Points; so high are panels at most, so that two in a column fit a page."""
GAP = 8.0
"""Points between two of a row."""


def columns_of(block: FigureBlock) -> int:
    """Return how many pictures of a figure stand in a row."""
    widest = max(picture.points[0] for picture in block.pictures)
    return 2 if block.panels and widest <= SMALL else 1


def scale_on_paper(picture: Picture, block: FigureBlock) -> float:
    """Return how much of its own size a picture of a figure has on paper: never more than all."""
    width, height = picture.points
    columns = columns_of(block)
    room = (WIDTH - GAP * (columns - 1)) / columns
    return min(1.0, room / width, (HALF if block.panels else HEIGHT) / height)
