"""One page as it was opened: its paths and words, and the same page as pixels."""

from dataclasses import dataclass

from perdure.figure.geometry import Box
from perdure.figure.page import Drawing, Picture

__all__ = ["Placed", "Sheet"]


@dataclass(frozen=True, eq=False)
class Placed:
    """A picture inside a page: where it lies, and it alone at its own resolution."""

    box: Box
    picture: Picture


@dataclass(frozen=True, eq=False)
class Sheet:
    """A page of a file that may hold paths.

    The drawing is in pixels of the picture: what lies at (x, y) in one lies at (x, y) in the
    other.

    Attributes
    ----------
    drawing : Drawing
    picture : Picture
        The page as it looks; for reading letters that are shapes, and to draw on.
    scale : float
        Pixels a point of the PDF, or a CSS pixel of the SVG.
    page, pages : int
        Which page, of how many; from 1.
    images : tuple of Placed
        Pictures of some size in the page: where there are no axes among the paths, the figure is
        one of them.
    outlined : bool
        Letters are drawn as shapes, so that the words of the drawing are not all that is
        written: read the picture as well.
    is_picture : bool
        The figure is pixels; the drawing holds words at most.
    notes : tuple of str
        What was assumed, for the user.
    corner : tuple of float
        Where its first pixel lies in the picture that it was cut from.
    """

    drawing: Drawing
    picture: Picture
    scale: float
    page: int = 1
    pages: int = 1
    images: tuple[Placed, ...] = ()
    outlined: bool = False
    is_picture: bool = False
    notes: tuple[str, ...] = ()
    corner: tuple[float, float] = (0.0, 0.0)
