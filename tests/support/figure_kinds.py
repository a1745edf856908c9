"""Kinds of published Kaplan-Meier figures, drawn with their truth: what journals print.

``python tests/support/figure_kinds.py DIR [KIND ...]`` writes one picture a kind, PDF and SVG of
some, and a ``<kind>.truth.json`` a panel in the form of the simulated figures.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from picture_damage import DAMAGES, Damaged

FloatArray = NDArray[np.float64]
NAMES = ("Nivolumab", "Docetaxel", "Placebo", "Ipilimumab", "Sunitinib", "Everolimus")
COLOURS = ("#0072B5", "#BC3C29", "#E18727", "#20854E", "#7876B1", "#6F99AD")
GREYS = ("#000000", "#8c8c8c", "#b8b8b8")
PALE = ("#4FC3F7", "#FFB74D", "#AED581")
BOX = (0.16, 0.17, 0.78, 0.74)


@dataclass(frozen=True)
class Arm:
    """Simulated patients of an arm and their curve."""

    label: str
    time: FloatArray
    event: NDArray[np.bool_]
    steps: FloatArray
    survival: FloatArray
    spread: FloatArray

    def at_risk(self, times: FloatArray) -> list[int]:
        return [int((self.time >= time).sum()) for time in times]

    def events_by(self, times: FloatArray) -> list[int]:
        return [int((self.event & (self.time < time)).sum()) for time in times]

    def at(self, time: FloatArray) -> FloatArray:
        found: FloatArray = self.survival[np.searchsorted(self.steps, time, side="right") - 1]
        return found


@dataclass(frozen=True)
class Look:
    """How one panel is drawn."""

    arms: int = 2
    seed: int = 1
    n: int = 180
    shape: str = "fall"
    colours: tuple[str, ...] = COLOURS
    dashes: tuple[str, ...] = ("-",) * 6
    width: float = 1.6
    ground: str = "white"
    ink: str = "black"
    end: float = 36
    step: float = 6
    start: float = 0
    x_title: str = "Time (months)"
    unit: str = "months"
    y_title: str = "Overall survival"
    y_step: float = 0.2
    y_low: float = 0.0
    percent: str = ""
    right: bool = False
    ticks: str = "out"
    frame: bool = False
    events: bool = False
    marks: str = ""
    table: str = ""
    legend: str = "sample"
    limits: str = ""
    box: tuple[float, float, float, float] = BOX
    more: tuple[Callable[[Any, "list[Arm]"], None], ...] = ()


@dataclass(frozen=True)
class Kind:
    """A figure: its panels, its size, what becomes of its picture, and what is expected.

    ``expected`` is "read", or "refused" where it must be declined or said to be odd.
    """

    looks: tuple[Look, ...]
    pixels: int = 1000
    inches: tuple[float, float] = (6.4, 4.8)
    damage: str = "png"
    vector: bool = False
    expected: str = "read"
    around: tuple[Callable[[Figure], None], ...] = field(default=())


def arms_of(look: Look) -> list[Arm]:
    """Simulate the arms of a look."""
    rng = np.random.default_rng(look.seed)
    found = []
    for at in range(look.arms):
        scale = look.end * (0.75 if at == 0 else 0.75 * 0.68**at)
        time = scale * rng.weibull(1.1, look.n)
        cut = look.end * rng.uniform(0.6, 1.05, look.n)
        if look.shape == "late":  # the arms are one until a fifth of the axis
            early = look.end * 0.9 * np.random.default_rng(9).weibull(1.1, look.n)
            time = np.where(early < 0.2 * look.end, early, 0.2 * look.end + 0.6 * time)
            cut = np.maximum(cut, 0.3 * look.end)
        elif look.shape == "zero":
            time, cut = np.minimum(0.4 * time, 0.7 * look.end), np.full(look.n, 2 * look.end)
        elif look.shape == "flat" and at == 0:
            time = np.full(look.n, 9 * look.end)
        elif look.shape == "high":
            time = 5 * time
        elif look.shape == "short":
            cut = cut * (0.9 - 0.4 * at)
        elif look.shape == "dense":
            cut = look.end * rng.uniform(0.02, 1.0, look.n)
        observed: FloatArray = np.maximum(np.minimum(time, cut), 0.002 * look.end).round(2)
        found.append(_arm(NAMES[at], observed, np.asarray(time <= cut)))
    return found


def _arm(label: str, time: FloatArray, event: NDArray[np.bool_]) -> Arm:
    steps = np.unique(time[event])
    at_risk = np.array([(time >= one).sum() for one in steps], dtype=float)
    deaths = np.array([(event & (time == one)).sum() for one in steps], dtype=float)
    survival = np.concatenate([[1.0], np.cumprod(1 - deaths / at_risk)])
    with np.errstate(divide="ignore"):
        terms = np.where(at_risk > deaths, deaths / (at_risk * (at_risk - deaths)), 0.0)
    spread = survival * np.sqrt(np.concatenate([[0.0], np.cumsum(terms)]))
    return Arm(label, time, event, np.concatenate([[0.0], steps]), survival, spread)


def draw_panel(figure: Figure, look: Look) -> tuple[Any, list[Arm], FloatArray, FloatArray]:
    """Draw one panel; return its plot, its arms and the ticks of its axes."""
    plot: Any = figure.add_axes(look.box)
    plot.set_facecolor(look.ground)
    arms = arms_of(look)
    scale = 100.0 if look.percent else 1.0
    for at, arm in enumerate(arms):
        _draw_arm(plot, look, arm, at, scale)
    margin = 0.0 if look.frame else 0.02
    plot.set_xlim(look.start - margin * look.end, look.end * (1 + margin))
    low, high = scale * look.y_low, scale
    plot.set_ylim(low - margin * (high - low), high + (0.02 + margin) * (high - low))
    x_ticks = np.arange(0, look.end + 1e-9, look.step)
    if look.start < 0:
        x_ticks = np.concatenate([[look.start], x_ticks])
    y_ticks = np.round(np.arange(look.y_low, 1 + 1e-9, look.y_step), 6)
    plot.set_xticks(x_ticks)
    plot.set_yticks(scale * y_ticks)
    decimals = 2 if round(look.y_step * 100) % 10 else 1
    texts = [
        f"{100 * y:.0f}{look.percent.strip('p')}" if look.percent else f"{y:.{decimals}f}"
        for y in y_ticks
    ]
    plot.set_yticklabels(texts)
    _draw_axes(plot, look)
    if look.table:
        _draw_table(figure, plot, look, arms, x_ticks[x_ticks >= 0])
    for more in look.more:
        more(plot, arms)
    return plot, arms, x_ticks, y_ticks


def _draw_arm(plot: Any, look: Look, arm: Arm, at: int, scale: float) -> None:
    end = min(float(arm.time.max()), look.end)
    time = np.concatenate([arm.steps[arm.steps <= end], [end]])
    height = scale * ((1 - arm.at(time)) if look.events else arm.at(time))
    colour = look.colours[at]
    spread = 1.96 * scale * arm.spread[np.searchsorted(arm.steps, time, side="right") - 1]
    low, high = np.clip(height - spread, 0, None), np.clip(height + spread, None, scale)
    if look.limits == "band":
        plot.fill_between(time, low, high, step="post", color=colour, alpha=0.22, lw=0)
    elif look.limits == "area":
        plot.fill_between(time, 0, height, step="post", color=colour, alpha=0.5, lw=0)
    elif look.limits:
        style = {"thin": "-", "dashes": "--"}[look.limits]
        for edge in (low, high):
            plot.step(time, edge, style, where="post", color=colour, lw=0.5 * look.width)
    line = {"color": colour, "lw": look.width, "ls": look.dashes[at], "label": arm.label}
    plot.step(time, height, where="post", **line)
    censored = arm.time[~arm.event & (arm.time <= look.end)]
    heights = scale * arm.at(censored)
    if look.marks == "above":
        plot.vlines(censored, heights, heights + 0.025 * scale, color=colour, lw=1)
    elif look.marks:
        hollow = {"mfc": "none"} if look.marks == "o" else {}
        plot.plot(censored, heights, look.marks, color=colour, ms=6, mew=1, ls="none", **hollow)
    if look.legend == "direct":
        place = (0.22 + 0.3 * at) * look.end
        plot.text(place, scale * (float(arm.at(np.array(place))) + 0.05), arm.label, color=colour)


def _draw_axes(plot: Any, look: Look) -> None:
    plot.set_xlabel(look.x_title, color=look.ink)
    plot.set_ylabel(look.y_title, color=look.ink)
    if look.right:
        plot.yaxis.tick_right()
        plot.yaxis.set_label_position("right")
    plot.tick_params(colors=look.ink, direction="in" if look.ticks == "in" else "out")
    if look.ticks == "none":
        plot.tick_params(length=0)
    if look.ticks == "minor":
        plot.minorticks_on()
    for side, spine in plot.spines.items():
        spine.set_color(look.ink)
        shown = {"bottom", "right" if look.right else "left"}
        spine.set_visible(look.frame or side in shown)
    if look.legend == "sample":
        legend = plot.legend(frameon=False, loc="lower left" if look.right else "upper right")
        for text in legend.get_texts():
            text.set_color(look.ink)


def _draw_table(figure: Figure, plot: Any, look: Look, arms: list[Arm], times: FloatArray) -> None:
    left, bottom, _, tall = look.box
    above = look.table == "above"
    top = bottom + tall + 0.04 + 0.045 * len(arms) if above else bottom - 0.17
    heading = {"events": "Number at risk\n(number of events)", "swatches": "No. at risk"}
    figure.text(0.02, top + 0.012, heading.get(look.table, "Number at risk"), color=look.ink)
    for at, arm in enumerate(arms):
        y = top - 0.045 * (at + 1)
        if look.table == "swatches":
            figure.text(left - 0.06, y, "\N{BLACK SQUARE}", color=look.colours[at], size=14)
        else:
            figure.text(0.02, y, arm.label, color=look.ink, size=8)
        counts = zip(arm.at_risk(times), arm.events_by(times), times, strict=True)
        for n, events, time in counts:
            x = figure.transFigure.inverted().transform(plot.transData.transform((time, 0)))[0]
            text = f"{n} ({events})" if look.table == "events" else f"{n}"
            size = 7 if look.table == "events" else 8
            figure.text(x, y, text, ha="center", color=look.ink, size=size)


def make(name: str, kind: Kind, folder: Path) -> list[Path]:
    """Write the files of one kind; return those of its truth."""
    figure = Figure(figsize=kind.inches, dpi=kind.pixels / kind.inches[0])
    canvas: Any = FigureCanvasAgg(figure)
    figure.set_facecolor(kind.looks[0].ground)
    panels = [(look, *draw_panel(figure, look)) for look in kind.looks]
    for around in kind.around:
        around(figure)
    canvas.draw()
    damaged = DAMAGES[kind.damage](Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB"))
    (folder / f"{name}.{damaged.suffix}").write_bytes(damaged.content)
    if kind.vector:
        with mpl.rc_context({"svg.fonttype": "none"}):
            figure.savefig(folder / f"{name}.pdf")
            figure.savefig(folder / f"{name}.svg")
    written = []
    for number, panel in enumerate(panels, start=1):
        one = name if len(panels) == 1 else f"{name}-{number}"
        truth = _truth(one, kind, panel, damaged, canvas.get_width_height()[1])
        truth |= {"figure": name, "panel": number, "expected": kind.expected}
        path = folder / f"{one}.truth.json"
        path.write_text(json.dumps(truth, indent=1))
        written.append(path)
    return written


def _truth(
    name: str,
    kind: Kind,
    panel: tuple[Look, Any, list[Arm], FloatArray, FloatArray],
    damaged: Damaged,
    height: int,
) -> dict[str, Any]:
    look, plot, arms, x_ticks, y_ticks = panel
    scale = 100.0 if look.percent else 1.0
    x_px = [plot.transData.transform((x, 0))[0] for x in x_ticks]
    y_px = [height - plot.transData.transform((0, scale * y))[1] for y in y_ticks]
    truth: dict[str, Any] = {
        "id": name,
        "style": kind.damage,
        "renderer": "py",
        "time_unit": look.unit,
        "image": {
            "file": f"{name.rsplit('-', 1)[0] if len(kind.looks) > 1 else name}.{damaged.suffix}",
            "width": damaged.width,
            "degrade": kind.damage,
            "rotation_deg_ccw": 0.0 if damaged.straight else 1.0,
        },
        "features": {
            "ci_band": look.limits == "band",
            "censor_marks": look.marks or "none",
            "same_colour": False,
            "dashes": len(set(look.dashes[: look.arms])) > 1,
        },
        "axes": {
            "x": _axis_truth(x_ticks, [damaged.x(px) for px in x_px]),
            "y": _axis_truth(y_ticks, [damaged.y(px) for px in y_px]),
        },
        "arms": [_arm_truth(arm, look.colours[at]) for at, arm in enumerate(arms)],
    }
    if look.table:
        times = x_ticks[x_ticks >= 0]
        rows = [{"label": arm.label, "n": arm.at_risk(times)} for arm in arms]
        truth["risk_table"] = {"times": times.tolist(), "rows": rows}
    return truth


def _axis_truth(ticks: FloatArray, pixels: list[float]) -> dict[str, Any]:
    return {
        "min": float(ticks[0]),
        "max": float(ticks[-1]),
        "ticks": ticks.tolist(),
        "tick_px": [float(px) for px in pixels],
    }


def _arm_truth(arm: Arm, colour: str) -> dict[str, Any]:
    return {
        "label": arm.label,
        "colour": colour,
        "n": len(arm.time),
        "events": int(arm.event.sum()),
        "follow_up_end": float(arm.time.max()),
        "km": {"time": arm.steps.tolist(), "survival": arm.survival.tolist()},
    }


if __name__ == "__main__":
    from figure_kind_list import KINDS

    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for chosen in sys.argv[2:] or KINDS:
        make(chosen, KINDS[chosen], out)
