"""One trial of two arms whose every number can be worked out by hand, and its record."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from perdure.plots.style import drawing
from perdure.records import (
    AnalysisResult,
    Arm,
    ArmEstimate,
    ArmResult,
    Curve,
    DurableResponse,
    NotEstimable,
    Patients,
    Proportion,
    Trial,
)


def response(arm: str, threshold: float | None, value: float | None, n: int) -> DurableResponse:
    """A durable response under the own median; without a value it is not estimable."""
    estimate = (
        NotEstimable("median not reached: survival is 0.60 at the end (8.0 months)", 0.0, 0.6)
        if value is None
        else Proportion(value, 0.1, max(value - 0.1, 0.0), value + 0.2, 12, "estimable")
    )
    median = None if threshold is None else threshold / 3
    return DurableResponse(
        arm, n, n // 2, median, median, median, 9.0, 3.0, "own", threshold, estimate
    )


@pytest.fixture
def trial() -> Trial:
    """A treated arm and its control."""
    arms = (
        Arm("T1", "treated", "treated <b>& co", comparator="control"),
        Arm("T1", "control", "control arm"),
    )
    return Trial("T1", "Trial “one” & $x_1$", 2019, arms=arms)


@pytest.fixture
def analysis() -> AnalysisResult:
    """Ten patients in each arm: in the treated one events at 1 to 4 of ten, the rest censored at 8.

    In the control arm one patient has an event at each of 1, 2, ..., 10.
    """
    treated = Patients([1, 2, 3, 4, 8, 8, 8, 8, 8, 8], [1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    control = Patients(np.arange(1, 11), np.ones(10))
    curve = Curve([0, 1, 2, 3, 4, 8], [1, 0.9, 0.8, 0.7, 0.6, 0.6])
    responses = (response("treated", None, None, 10), response("control", 6.0, 0.4, 10))
    return AnalysisResult(
        "T1",
        "PFS",
        "",
        primary=True,
        arms=(
            ArmResult("treated", "curve", treated, curve, None, "guyot"),
            ArmResult("control", "patients", control, None, None, None),
        ),
        estimates=tuple(
            ArmEstimate("T1", "PFS", "", primary=True, source="patients", response=one)
            for one in responses
        ),
        contrasts=(),
    )


def _words(figure: Figure) -> list[tuple[str, Bbox]]:
    """What is written on a figure and where, in points, in the widest face that it is read in."""
    canvas = FigureCanvasAgg(figure)
    with drawing():
        canvas.draw()  # type: ignore[no-untyped-call]
    scale = figure.dpi / 72
    artists = figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_visible())
    shown = [text for text in artists if isinstance(text, Text) and text.get_text().strip()]
    return [
        (text.get_text(), Bbox(text.get_window_extent().get_points() / scale)) for text in shown
    ]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Every figure that is written to a file."""
    figures: list[Figure] = []
    save = Figure.savefig

    def saved(self: Figure, *args: object, **options: object) -> None:
        figures.append(self)
        save(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Figure, "savefig", saved)
    return figures


@pytest.fixture
def tidy(drawn: list[Figure]) -> Callable[[], None]:
    """Assert of all figures so far: nothing is written over another thing, or off the paper."""

    def check() -> None:
        assert drawn
        for figure in drawn:
            width, height = figure.get_size_inches() * 72
            words = _words(figure)
            for word, box in words:
                assert box.x0 > -0.5, word
                assert box.x1 < width + 0.5, word
                assert box.y0 > -1.5, word
                assert box.y1 < height + 1.5, word
            places = [(word, *box.extents) for word, box in words]
            for first, second in combinations(places, 2):
                across = min(first[3], second[3]) - max(first[1], second[1])
                up = min(first[4], second[4]) - max(first[2], second[2])
                # Lines of text may share the air that a face keeps above and below its letters.
                assert across < 0.5 or up < 2.2, (first, second)

    return check
