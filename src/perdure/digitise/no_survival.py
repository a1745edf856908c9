"""Pictures without a plot, and plots of something else than survival, are refused as such."""

from perdure.digitise.found import Axes
from perdure.digitise.given import has_frame
from perdure.digitise.sources import FigureSource
from perdure.digitise.titles import other_than_survival
from perdure.errors import InputError, Problem

__all__ = ["refuse_other", "refuse_without_plot"]


def refuse_other(axes: Axes, file: str) -> None:
    """Refuse a figure whose titles say that its axes measure something else than survival."""
    other = other_than_survival(axes.x_title, axes.y_title)
    if other is not None:
        raise InputError(
            Problem(
                f"the axes measure {other[0]} and not survival",
                "give a figure of survival",
                file=file,
                value=other[1],
            )
        )


def refuse_without_plot(source: FigureSource, file: str, reason: InputError) -> None:
    """Refuse a picture that shows no plot at all: giving its axes would not help."""
    numbers = sum(any(sign.isdigit() for sign in word.text) for word in source.words)
    if numbers < 2 and not has_frame(source):
        raise InputError(
            Problem(
                "no plot was found in the picture: no frame, no axis lines and no numbers",
                "give the figure itself; where its lines are too faint, its --axes and --box",
                file=file,
            )
        ) from reason
