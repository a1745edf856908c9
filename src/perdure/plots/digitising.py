"""What was read in a figure, drawn over it: to be checked in ten seconds."""

import base64
import io
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from perdure.digitise.found import Axes, Digitised, DigitisedArm
from perdure.plots.lettering import printable
from perdure.plots.style import drawing, figure_bytes, new_axes, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel

__all__ = ["overlay", "overlay_small"]

READ = ("#d6006c", "#0072ff", "#00963a", "#e07b00", "#7a2bd6", "#00a3a3", "#8a5a00", "#c80000")
"""Lines that were read; the figure beneath is grey, so that they cannot be taken for its own."""
DOUBT = "#e00000"
SEEN = "#00963a"
_PALE = 0.5


def overlay(found: Digitised) -> bytes:
    """Return a figure with what was read in it, as PNG.

    The figure itself is grey and pale. Over it: the plot and its ticks with their values, each
    curve with its name and its censoring marks, and the numbers at risk as they were read, in red
    where a person should look.

    Parameters
    ----------
    found : Digitised
    """
    picture = found.picture
    width = max(picture.width, 1600) * 72 / 300
    height = width * picture.height / picture.width
    grey = picture.pixels.astype(np.float64) @ np.array([0.299, 0.587, 0.114])
    pale = 255 - _PALE * (255 - grey)
    with drawing():
        figure = new_figure(width, height)
        panel = new_axes(figure, 0, 0, width, height)
        panel.set_axis_off()
        panel.imshow(
            pale,
            cmap="gray",
            vmin=0,
            vmax=255,
            extent=(-0.5, picture.width - 0.5, picture.height - 0.5, -0.5),
            aspect="auto",
            interpolation="nearest",
        )
        panel.set_xlim(-0.5, picture.width - 0.5)
        panel.set_ylim(picture.height - 0.5, -0.5)
        _draw_axes(panel, found.axes)
        size = 11.0 * width / 480
        for order, arm in enumerate(found.arms):
            _draw_arm(panel, arm, READ[order % len(READ)], size)
        return figure_bytes(figure, f"What was read in {found.source}", "png")


def overlay_small(picture: bytes, title: str, width: int = 560) -> str:
    """Return an overlay as an SVG of so many pixels, light enough for a page of many.

    Parameters
    ----------
    picture : bytes
        PNG, as `overlay` returns it.
    title : str
        Read out to those who do not see it.
    width : int
    """
    with Image.open(io.BytesIO(picture)) as large:
        height = max(round(width * large.height / large.width), 1)
        # twice as fine as the page, for screens that are
        fine = large.convert("RGB").resize((2 * width, 2 * height), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    fine.quantize(64).save(stream, format="PNG", optimize=True)
    content = base64.b64encode(stream.getvalue()).decode()
    box = f'width="{0.75 * width:g}pt" height="{0.75 * height:g}pt"'
    view = f'viewBox="0 0 {0.75 * width:g} {0.75 * height:g}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} {view}>'
        f"<title>{escape(title)}</title>"
        f'<image width="100%" height="100%" href="data:image/png;base64,{content}"/></svg>'
    )


def _draw_axes(panel: "Panel", axes: Axes) -> None:
    """Draw the plot's area, and a cross with its value at each tick."""
    x = [axes.left, axes.right, axes.right, axes.left, axes.left]
    y = [axes.top, axes.top, axes.bottom, axes.bottom, axes.top]
    panel.plot(x, y, color=SEEN, linewidth=0.5)
    bottom, left = axes.bottom, axes.left
    for axis, level in ((axes.x, True), (axes.y, False)):
        for value in axis.ticks:
            pixel = float(axis.pixel(value))
            place = (pixel, bottom) if level else (left, pixel)
            panel.plot(*place, marker="+", color=SEEN, markersize=5, markeredgewidth=0.7)
            panel.annotate(
                f"{value:g}",
                place,
                (2, -2),
                textcoords="offset points",
                va="top" if level else "bottom",
                color=SEEN,
                fontsize=5,
            )


def _draw_arm(panel: "Panel", arm: DigitisedArm, colour: str, size: float) -> None:
    """Draw a curve with its marks and its name, and its numbers at risk where they stand."""
    curve = arm.found
    x = np.append(curve.x, curve.end)
    y = np.append(curve.y, curve.y[-1])
    panel.plot(x, y, drawstyle="steps-post", color=colour, linewidth=0.8)
    if curve.marks.size:
        heights = curve.y[np.clip(np.searchsorted(curve.x, curve.marks, "right") - 1, 0, None)]
        panel.plot(
            curve.marks, heights, "o", markersize=3, markerfacecolor="none", color=colour, mew=0.5
        )
    name = f"{arm.label or arm.arm}{' – CHECK' if arm.flagged else ''}"
    panel.annotate(
        printable(name),
        (float(x[-1]), float(y[-1])),
        (2, 2),
        textcoords="offset points",
        ha="right",
        va="bottom",
        color=DOUBT if arm.flagged else colour,
        fontsize=size * 0.7,
        fontweight="bold",
    )
    for cell in arm.risk:
        if cell.box is None:
            continue
        left, top, right, bottom = cell.box
        tone = DOUBT if cell.flagged else colour
        panel.plot(
            [left, right, right, left, left],
            [top, top, bottom, bottom, top],
            color=tone,
            linewidth=0.5,
        )
        panel.annotate(
            f"{cell.n}",
            (right, top),
            (1, 0),
            textcoords="offset points",
            color=tone,
            fontsize=size * 0.5,
            va="center",
        )
