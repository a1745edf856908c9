"""Curves from the strokes of vector figures: all of them, exactly, and nothing else."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from perdure.digitise.axes import find_axes
from perdure.digitise.found import Axes, Axis, FoundCurve, LegendEntry
from perdure.digitise.paths import curves_from_drawing
from perdure.figure.page import Drawing, Stroke
from perdure.figure.pdf import read_pdf
from perdure.figure.sheet import Sheet
from perdure.figure.svg import read_svg
from vector_figures import FloatArray, new_figure, save, steps, true_axes


def curves(
    figure: Figure, plot: Any, tmp_path: Path, kind: str = "pdf"
) -> tuple[tuple[FoundCurve, ...], Axes]:
    path = save(figure, tmp_path / f"figure.{kind}")
    sheet = read_pdf(path) if kind == "pdf" else read_svg(path)
    axes = true_axes(figure, plot, sheet)
    return curves_from_drawing(sheet.drawing, axes), axes


def distance(curve: FoundCurve, axes: Axes, truth: FloatArray) -> float:
    """Return the mean distance in survival over the time that both have."""
    times = np.asarray(axes.x.value(curve.x))
    survival = np.asarray(axes.y.value(curve.y))
    grid = np.linspace(0.01, truth[-1, 0], 300)
    read = survival[np.clip(np.searchsorted(times, grid, side="right") - 1, 0, None)]
    true = truth[np.searchsorted(truth[:, 0], grid, side="right") - 1, 1]
    return float(np.abs(read - true).mean())


def assert_found(
    found: tuple[FoundCurve, ...], axes: Axes, truths: Sequence[FloatArray], most: float = 5e-4
) -> None:
    assert len(found) == len(truths)
    for truth in truths:
        assert min(distance(curve, axes, truth) for curve in found) < most


def limits(curve: FloatArray) -> tuple[FloatArray, FloatArray]:
    wide = 0.01 + 0.12 * curve[:, 0] / 36
    upper, lower = curve[:, 1] * np.exp(wide), curve[:, 1] * np.exp(-2 * wide)
    upper[0] = lower[0] = 1.0
    return np.minimum(upper, 1.0), lower


@pytest.mark.parametrize("kind", ["pdf", "svg"])
def test_steps_are_read_to_the_hundredth_of_a_per_cent(tmp_path: Path, kind: str) -> None:
    figure, plot = new_figure()
    truths = [steps(seed, scale=scale) for seed, scale in ((1, 25.0), (2, 12.0))]
    for truth, colour in zip(truths, ("#0072b2", "#d55e00"), strict=True):
        plot.step(truth[:, 0], truth[:, 1], where="post", color=colour)
    plot.grid(visible=True)
    plot.axhline(0.5, linestyle="--", color="grey")
    plot.axvline(12, linestyle=":", color="black")
    plot.plot([0, 9, 9], [0.5, 0.5, 0], color="#d55e00", linestyle="--")
    plot.annotate("cut-off", (12, 0.8), (20, 0.9), arrowprops={"arrowstyle": "->"})
    plot.legend([*plot.lines[:2]], ["Drug", "Placebo"], loc="lower left")
    found, axes = curves(figure, plot, tmp_path, kind)
    assert_found(found, axes, truths, 1e-4)
    assert [curve.colour for curve in found] == [(0, 114, 178), (213, 94, 0)]
    assert found[0].end == pytest.approx(float(axes.x.pixel(36.0)), abs=0.5)
    assert all(curve.certainty == 1.0 for curve in found)


@pytest.mark.parametrize("sign", ["|", "+", "x", "o", "D"])
def test_marks_belong_to_their_arm(tmp_path: Path, sign: str) -> None:
    figure, plot = new_figure()
    truths = [steps(seed, scale=scale) for seed, scale in ((1, 25.0), (2, 12.0))]
    times = [np.array([5.0, 9.5, 20.25]), np.array([3.0, 15.0, 30.0, 33.0])]
    for truth, at, colour in zip(truths, times, ("C0", "C1"), strict=True):
        plot.step(truth[:, 0], truth[:, 1], where="post", color=colour)
        level = truth[np.searchsorted(truth[:, 0], at, side="right") - 1, 1]
        plot.plot(at, level, sign, color=colour, markersize=6)
    found, axes = curves(figure, plot, tmp_path)
    assert_found(found, axes, truths)
    for curve, at in zip(found, times, strict=True):
        assert np.asarray(axes.x.value(curve.marks)) == pytest.approx(at, abs=0.02)


@pytest.mark.parametrize("style", ["--", "-"])
def test_limits_of_confidence_are_no_arms(tmp_path: Path, style: str) -> None:
    figure, plot = new_figure()
    truths = [steps(seed, n=90, scale=scale) for seed, scale in ((3, 25.0), (4, 12.0))]
    for truth in truths:
        plot.step(truth[:, 0], truth[:, 1], where="post", color="black")
        for limit in limits(truth):
            plot.step(truth[:, 0], limit, where="post", color="black", linestyle=style)
        plot.fill_between(truth[:, 0], *limits(truth), step="post", alpha=0.2)
    found, axes = curves(figure, plot, tmp_path)
    assert_found(found, axes, truths)


def test_arms_that_share_all_times_are_arms(tmp_path: Path) -> None:
    figure, plot = new_figure()
    times = np.arange(0.0, 37.0)
    truths = [np.column_stack([times, rate**times]) for rate in (0.98, 0.95, 0.9)]
    for truth, style in zip(truths, ("-", "--", ":"), strict=True):
        plot.step(truth[:, 0], truth[:, 1], where="post", color="black", linestyle=style)
    found, axes = curves(figure, plot, tmp_path)
    assert_found(found, axes, truths)
    assert [curve.dashed for curve in found] == [False, True, True]


def test_curves_in_many_strokes_are_joined(tmp_path: Path) -> None:
    figure, plot = new_figure()
    truths = [steps(seed, n=40, scale=scale) for seed, scale in ((1, 25.0), (2, 12.0))]
    for truth in truths:
        for (x0, y0), (x1, y1) in itertools.pairwise(truth):
            plot.plot([x0, x1], [y0, y0], color="black")
            plot.plot([x1, x1], [y0, y1], color="black")
    found, axes = curves(figure, plot, tmp_path)
    assert_found(found, axes, truths)


def test_marks_drawn_in_one_stroke_with_the_curve_are_marks(tmp_path: Path) -> None:
    figure, plot = new_figure()
    truth = steps(1, n=20)
    at = 0.5 * (truth[4:9, 0] + truth[5:10, 0])
    way: list[tuple[float, float]] = []
    for (x0, y0), (x1, y1) in itertools.pairwise(truth.tolist()):
        way.append((x0, y0))
        for x in at[(at > x0) & (at < x1)].tolist():
            way += [(x, y0), (x, y0 + 0.02), (x, y0), (x, y0 - 0.02), (x, y0)]
        way += [(x1, y0), (x1, y1)]
    plot.plot(*zip(*way, strict=True), color="C0")
    found, axes = curves(figure, plot, tmp_path)
    assert_found(found, axes, [truth])
    assert np.asarray(axes.x.value(found[0].marks)) == pytest.approx(at, abs=0.02)


@pytest.mark.parametrize("place", ["upper left", "upper right", "lower left"])
def test_samples_of_a_legend_are_no_curves(tmp_path: Path, place: str) -> None:
    figure, plot = new_figure()
    truths = [steps(seed, scale=scale) for seed, scale in ((1, 25.0), (2, 12.0))]
    for truth, colour in zip(truths, ("C0", "C1"), strict=True):
        plot.step(truth[:, 0], truth[:, 1], where="post", color=colour, label=colour)
    plot.legend(loc=place, borderpad=0, borderaxespad=0, handlelength=9, frameon=False)
    found, axes = curves(figure, plot, tmp_path)
    assert_found(found, axes, truths)


def test_a_halo_beneath_a_curve_is_none_and_one_drawn_twice_is_one(tmp_path: Path) -> None:
    figure, plot = new_figure()
    truth = steps(1)
    for colour, width in (("black", 4), ("red", 2), ("red", 2)):
        plot.step(truth[:, 0], truth[:, 1], where="post", color=colour, linewidth=width)
    found, axes = curves(figure, plot, tmp_path)
    assert_found(found, axes, [truth])
    assert found[0].colour == (255, 0, 0)


def test_an_arm_without_events_is_found_and_the_top_of_the_frame_is_not(tmp_path: Path) -> None:
    figure, plot = new_figure()
    truths = [steps(1), np.array([[0.0, 1.0], [30.0, 1.0]])]
    for truth, colour in zip(truths, ("C0", "C3"), strict=True):
        plot.step(truth[:, 0], truth[:, 1], where="post", color=colour)
    found, axes = curves(figure, plot, tmp_path)
    assert_found(found, axes, truths)


def test_a_curve_that_starts_late_or_slants_is_doubted(tmp_path: Path) -> None:
    figure, plot = new_figure()
    truth = steps(1, n=30)
    plot.step(truth[3:, 0], truth[3:, 1], where="post", color="C0")
    plot.plot(truth[:, 0] * 0.9, truth[:, 1] ** 2, color="C1")
    (late, slanting), _ = curves(figure, plot, tmp_path)
    assert late.doubts == ("starts late",)
    assert slanting.doubts == ("slants between its points instead of stepping",)
    assert max(late.certainty, slanting.certainty) < 1


def test_a_legend_s_sample_is_left_out_by_its_place() -> None:
    x = Axis(0.0, 0.1, 0.0, 10.0, (0.0, 10.0), 0.0, 1.0)
    y = Axis(1.0, -0.01, 0.0, 1.0, (0.0, 1.0), 0.0, 1.0)
    axes = Axes(x, y, 0.0, 0.0, 100.0, 100.0, "months", percent=False)
    sample = Stroke(np.array([[0.0, 0.0], [20.0, 0.0]]), (200, 0, 0), 1.0)
    drawing = Drawing(120, 120, (sample,), (), ())
    entry = LegendEntry("Drug", (200, 0, 0), (22, -4, 40, 4), (0, -2, 20, 2))
    assert len(curves_from_drawing(drawing, axes)) == 1
    assert curves_from_drawing(drawing, axes, (entry,)) == ()


def _sheet(path: Path) -> Sheet:
    return read_pdf(path) if path.suffix == ".pdf" else read_svg(path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pdf", "svg"])
def test_every_arm_of_the_development_figures_is_read(shared: Path, kind: str) -> None:
    folder = shared / "data/figures_sim"
    errors: list[float] = []
    arms = 0
    for path in sorted(folder.glob(f"*.{kind}")):
        truth = json.loads((folder / f"{path.stem}.truth.json").read_text(encoding="utf-8"))
        sheet = _sheet(path)
        axes = find_axes(sheet.drawing.words, sheet.drawing)
        found = curves_from_drawing(sheet.drawing, axes)
        assert len(found) == len(truth["arms"]), path.name
        for arm in truth["arms"]:
            end = min(arm["follow_up_end"], truth["axes"]["x"]["max"])
            km = np.column_stack([arm["km"]["time"], arm["km"]["survival"]])
            km = np.vstack([km[km[:, 0] <= end], [end, km[km[:, 0] <= end][-1, 1]]])
            errors.append(min(distance(curve, axes, km) for curve in found))
            arms += 1
    assert arms == 29
    assert max(errors) < 0.002
    assert float(np.median(errors)) < 5e-5
