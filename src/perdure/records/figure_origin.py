"""Where a curve that perdure read itself was published."""

from dataclasses import dataclass

__all__ = ["FigureOrigin"]


@dataclass(frozen=True)
class FigureOrigin:
    """The figure that an arm's curve was read in.

    Attributes
    ----------
    file : str
        Relative to the study's folder.
    page, panel : int or None
        Of a PDF, and of several figures on a page.
    label : str
        The curve's name in the figure.
    certainty : float
        Of the curve, between 0 and 1.
    overlay : str
        The figure with what was read drawn over it, relative to the study's folder.
    to_check : tuple of str
        What a person should look at.
    risk : bool
        The numbers at risk were read in the figure too.

    Examples
    --------
    >>> FigureOrigin("figures/a.pdf", 3, None, "Chemo", 0.97, "overlay.png").words
    "figures/a.pdf, page 3: curve 'Chemo' (certainty 0.97)"
    """

    file: str
    page: int | None
    panel: int | None
    label: str
    certainty: float
    overlay: str
    to_check: tuple[str, ...] = ()
    risk: bool = False

    @property
    def words(self) -> str:
        """File, page, panel, name and certainty in words."""
        page = "" if self.page is None else f", page {self.page}"
        panel = "" if self.panel is None else f", panel {self.panel}"
        return f"{self.file}{page}{panel}: curve {self.label!r} (certainty {self.certainty:.2f})"
