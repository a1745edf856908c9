"""How finely a page is drawn."""

__all__ = ["pixels_a_point"]

_WIDE = 1400.0  # pixels: letters of a figure of this width are read well
_MOST_PIXELS = 16e6


def pixels_a_point(
    width: float,
    height: float,
    dpi: float | None,
    points_an_inch: float,
    *,
    to_read: bool = True,
) -> float:
    """Return the scale at which a page is drawn: sharp enough to read, small enough to hold.

    Where nothing has to be read from the pixels (not ``to_read``), fewer of them do.

    Examples
    --------
    >>> pixels_a_point(500, 400, None, 72)
    3.0
    >>> pixels_a_point(20000, 20000, None, 72)
    0.2
    """
    point = 72.0 / points_an_inch
    sharp = min(max(3.0 * point, _WIDE / width), 6.0) * (1.0 if to_read else 2 / 3)
    wanted = sharp if dpi is None else dpi / points_an_inch
    return float(min(wanted, (_MOST_PIXELS / (width * height)) ** 0.5))
