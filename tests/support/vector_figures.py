"""Small vector figures with known curves, drawn by matplotlib in the looks that tests need."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from perdure.digitise.found import Axes, Axis
from perdure.figure.sheet import Sheet

FloatArray = NDArray[np.float64]


def steps(seed: int, n: int = 60, scale: float = 15.0, end: float = 36.0) -> FloatArray:
    """Return time and survival of a curve, shape (steps, 2), until ``end``."""
    rng = np.random.default_rng(seed)
    times = np.sort(scale * rng.exponential(size=n))
    times = times[times < end]
    survival = 1 - np.arange(len(times) + 1) / n
    times = np.concatenate([[0.0], times, [end]])
    return np.column_stack([times, [*survival, survival[-1]]])


def new_figure(width: float = 6.0, height: float = 4.5) -> tuple[Figure, Any]:
    """Return a figure and its plot, 0 to 36 months."""
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    plot: Any = figure.add_axes((0.15, 0.15, 0.8, 0.8))
    label(plot)
    return figure, plot


def label(plot: Any) -> None:
    """Give a plot the axes of a Kaplan-Meier figure."""
    plot.set_xlim(0, 36)
    plot.set_ylim(0, 1)
    plot.set_xticks(range(0, 37, 6))
    plot.set_xlabel("Months")
    plot.set_ylabel("Overall survival")


def save(figure: Figure, path: Path, fonts: str = "none") -> Path:
    """Write a figure; ``fonts`` "path" draws the letters of an SVG as shapes."""
    with mpl.rc_context({"svg.fonttype": fonts}):
        figure.savefig(path)
    return path


def true_axes(figure: Figure, plot: Any, sheet: Sheet) -> Axes:
    """Return the axes of a plot in the pixels of the sheet that was read from its file."""
    box = plot.get_position()
    # The picture has whole pixels; the page ends where its size does.
    wide, tall = sheet.drawing.width, sheet.drawing.height
    left, right = box.x0 * wide - 0.5, box.x1 * wide - 0.5
    top, bottom = (1 - box.y1) * tall - 0.5, (1 - box.y0) * tall - 0.5
    (x0, x1), (y0, y1) = plot.get_xlim(), plot.get_ylim()
    step_x, step_y = (x1 - x0) / (right - left), (y0 - y1) / (bottom - top)
    x = Axis(x0 - left * step_x, step_x, x0, x1, (x0, x1), 0.0, 1.0)
    y = Axis(y1 - top * step_y, step_y, y0, y1, (y0, y1), 0.0, 1.0)
    return Axes(x, y, left, top, right, bottom, "months", percent=False)
