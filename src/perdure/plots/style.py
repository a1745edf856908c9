"""The look of every figure and its way to SVG; the one module that touches matplotlib.

Matplotlib is imported when the first figure is drawn, so that what only imports this package stays
quick. A figure is the same to the byte wherever it is drawn: the settings start from matplotlib's
own defaults, letters are measured in a face that matplotlib brings along, and no date is written.
"""

import io
import re
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal

from perdure.plots.faces import FACE
from perdure.plots.lettering import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "ARM_LOOKS",
    "CONTROL_LOOK",
    "CURVE",
    "FAINT",
    "GREY",
    "INK",
    "LINE",
    "RULE",
    "SMALL",
    "TEXT",
    "TITLE",
    "Kind",
    "Look",
    "arm_looks",
    "draw_line",
    "draw_mark",
    "drawing",
    "figure_bytes",
    "new_axes",
    "new_figure",
    "svg_text",
    "write",
    "write_frame",
]

INK = "#1b1b1b"
GREY = "#5a5a5a"
RULE = "#9a9a9a"
FAINT = "#d9d9d9"
TITLE, TEXT, SMALL = 8.8, 7.7, 7.3
"""Sizes of letters in points."""
CURVE = 1.15
"""Points; width of a Kaplan-Meier curve, whose dashes are as many times that."""
LINE = 10.5
"""Points; height of a line of small print."""


@dataclass(frozen=True)
class Look:
    """How one arm is drawn: colour of its line, a darker one for its words, its dash pattern."""

    line: str
    words: str
    dash: tuple[float, ...]


CONTROL_LOOK = Look("#4a4a4a", "#3d3d3d", (4.5, 1.8))
"""The arm that others are compared with."""
ARM_LOOKS = (
    Look("#0072b2", "#005a8e", ()),
    Look("#d55e00", "#a84a00", (7.0, 1.6, 1.4, 1.6)),
    Look("#009e73", "#00714f", (1.6, 1.4)),
    Look("#cc79a7", "#96376c", (9.0, 2.5)),
    Look("#e69f00", "#8a5f00", (3.0, 1.2, 1.0, 1.2, 1.0, 1.2)),
)
"""Okabe and Ito's colours, which the colour-blind tell apart; dashes tell them apart in grey."""

Kind = Literal["svg", "png", "pdf"]
"""What a figure is written as."""

_FACES = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"
_SETTINGS: dict[str, object] = {
    "font.family": FACE,
    "font.size": TEXT,
    "text.parse_math": False,
    "text.color": INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "perdure",
    "axes.edgecolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.pad": 2.0,
    "ytick.major.pad": 2.0,
}


def arm_looks(names: Sequence[str], controls: Collection[str]) -> dict[str, Look]:
    """Return how each arm is drawn, the same in every figure of a trial; controls are grey.

    Examples
    --------
    >>> looks = arm_looks(["new", "old"], {"old"})
    >>> looks["new"] is ARM_LOOKS[0], looks["old"] is CONTROL_LOOK
    (True, True)
    """
    alone = set(controls).isdisjoint(names) or set(names) <= set(controls)
    colours = iter(ARM_LOOKS * (1 + len(names) // len(ARM_LOOKS)))
    return {
        name: CONTROL_LOOK if name in controls and not alone else next(colours) for name in names
    }


@contextmanager
def drawing() -> Iterator[None]:
    """Draw inside this context: perdure's settings, whatever the user's matplotlibrc says."""
    from matplotlib import style

    with style.context([_SETTINGS], after_reset=True), warnings.catch_warnings():
        # Letters outside the measuring face are still written to the SVG as text.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font", append=False)
        yield


def new_figure(width: float, height: float) -> "Figure":
    """Return an empty figure; sizes in points."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width / 72, height / 72))


def new_axes(figure: "Figure", left: float, top: float, width: float, height: float) -> "Axes":
    """Return axes at a place given in points from the figure's upper left corner."""
    full_width, full_height = figure.get_size_inches() * 72
    bottom = full_height - top - height
    return figure.add_axes(
        (left / full_width, bottom / full_height, width / full_width, height / full_height)
    )


def write(
    figure: "Figure",
    x: float,
    y: float,
    text: str,
    *,
    size: float = SMALL,
    color: str = INK,
    weight: str = "normal",
    slope: str = "normal",
    align: str = "left",
) -> None:
    """Write on the figure's paper; the place in points from its upper left corner."""
    width, height = figure.get_size_inches() * 72
    figure.text(
        x / width,
        1 - y / height,
        text,
        fontsize=size,
        color=color,
        fontweight=weight,
        fontstyle=slope,
        ha=align,
        va="baseline",
    )


def write_frame(figure: "Figure", title: str, lines: Sequence[str], foot: float) -> None:
    """Write a title on top, and lines of small print beneath ``foot``, in points from the top."""
    write(figure, 2, 10, title, size=TITLE, weight="bold")
    for order, text in enumerate(lines, start=1):
        write(figure, 2, foot + LINE * order, text, color=GREY)


def draw_line(
    figure: "Figure",
    start: tuple[float, float],
    end: tuple[float, float],
    look: Look,
    width: float = 1.3,
) -> None:
    """Draw a straight line on the figure's paper; places in points from its upper left corner."""
    from matplotlib.lines import Line2D

    across, down = figure.get_size_inches() * 72
    line = Line2D(
        [start[0] / across, end[0] / across],
        [1 - start[1] / down, 1 - end[1] / down],
        color=look.line,
        linewidth=width,
        dashes=look.dash or (None, None),
    )
    figure.add_artist(line)


def draw_mark(figure: "Figure", place: tuple[float, float], mark: str, color: str) -> None:
    """Draw a dot of this shape on the figure's paper; the place as for `draw_line`."""
    from matplotlib.lines import Line2D

    across, down = figure.get_size_inches() * 72
    dot = Line2D(
        [place[0] / across],
        [1 - place[1] / down],
        marker=mark,
        markersize=4.6,
        linestyle="none",
        color=color,
    )
    figure.add_artist(dot)


def svg_text(figure: "Figure", title: str) -> str:
    """Return the figure as SVG: letters as text, lines at a hundredth of a point, a title."""
    stream = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(stream, format="svg", metadata=nothing)
    return _compact(stream.getvalue(), printable(title))


def figure_bytes(figure: "Figure", title: str, kind: Kind) -> bytes:
    """Return the figure as a whole file: SVG as `svg_text`, PNG with 300 dots an inch, or PDF."""
    if kind == "svg":
        return svg_text(figure, title).encode()
    stream = io.BytesIO()
    nothing: dict[str, str | None] = (
        {"Software": None} if kind == "png" else {"CreationDate": None, "Title": printable(title)}
    )
    figure.savefig(stream, format=kind, dpi=300, metadata=nothing, facecolor="white")
    return stream.getvalue()


def _compact(svg: str, title: str) -> str:
    """Return matplotlib's SVG without its doctype, comments, indents, idle groups and digits."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r"<[^>]*>", lambda tag: _compact_tag(tag[0]), body, flags=re.DOTALL)
    body = re.sub(r">\s+<", "><", body)
    before = None
    while before != body:
        before = body
        body = re.sub(r"<g>(<(path|text|use)\b[^>]*(?:/>|>[^<]*</\2>))</g>", r"\1", body)
        body = body.replace("<g></g>", "")
    start = body.index(">") + 1
    head = body[:start].replace("<svg", '<svg role="img"', 1)
    face = f"<style>text{{font-family:{_FACES}}}</style>"
    label = f"<title>{escape(title, quote=False)}</title>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{label}{face}{body[start:]}\n'


def _compact_tag(tag: str) -> str:
    """Return one tag of the SVG with shorter numbers, paths and styles."""
    if tag.startswith("<g id="):
        tag = re.sub(r' id="[^"]*"', "", tag, count=1)
    tag = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", tag)
    tag = tag.replace(f"; font-family: '{FACE}'", "")
    tag = re.sub(r"-?\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", tag)
    tag = re.sub(r"(\.\d*?)0+(?=[^\d])", lambda digits: digits[1].rstrip("."), tag)
    return re.sub(r' d="([^"]*)"', lambda path: f' d="{_compact_path(path[1])}"', tag, count=1)


def _compact_path(path: str) -> str:
    """Return a path's data with horizontal and vertical lines written short."""
    words, out = path.split(), []
    at: tuple[str, str] = ("", "")
    position = 0
    while position < len(words):
        letter = words[position]
        size = {"M": 2, "L": 2, "Q": 4, "C": 6}.get(letter, 0)
        numbers = words[position + 1 : position + 1 + size]
        position += 1 + size
        if size == 0:
            out.append(letter)
            continue
        to = (numbers[-2], numbers[-1])
        if letter == "L" and to[1] == at[1]:
            out.append(f"H{to[0]}")
        elif letter == "L" and to[0] == at[0]:
            out.append(f"V{to[1]}")
        else:
            out.append(letter + " ".join(numbers))
        at = to
    return "".join(out)
