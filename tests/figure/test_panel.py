"""Panels: found apart in drawings and pictures, each with its table, away from running text."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from perdure.figure.page import Drawing, Picture, Stroke, Word
from perdure.figure.panel import panel_boxes, panels_of_sheet
from perdure.figure.pdf import read_pdf
from perdure.figure.plot_areas import plot_areas
from vector_figures import label, save, steps


def draw(plot: Any, name: str, *, framed: bool, table: bool = True) -> None:
    label(plot)
    for seed, colour in ((1, "C0"), (2, "C3")):
        curve = steps(seed)
        plot.step(curve[:, 0], curve[:, 1], where="post", color=colour)
    plot.set_title(name, loc="left")
    if not framed:
        plot.spines[["top", "right"]].set_visible(False)
    for row, arm in enumerate(("Drug A", "Placebo") if table else ()):
        place = {"transform": plot.transAxes, "ha": "center"}
        plot.text(-0.15, -0.35 - 0.1 * row, arm, **{**place, "ha": "right"})
        for time in range(0, 37, 6):
            plot.text(time / 36, -0.35 - 0.1 * row, str(200 - 3 * time), **place)


def sheets(rows: int, columns: int, *, framed: bool) -> Figure:
    figure = Figure(figsize=(5.5 * columns, 4.5 * rows))
    FigureCanvasAgg(figure)
    plots = np.ravel(figure.subplots(rows, columns))
    figure.subplots_adjust(bottom=0.3 / rows, hspace=0.8, wspace=0.5, left=0.3 / columns)
    for plot, name in zip(plots, "ABCDEF", strict=False):
        draw(plot, name, framed=framed)
    return figure


def as_picture(figure: Figure) -> Picture:
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return Picture(np.asarray(canvas.buffer_rgba())[:, :, :3].copy())


@pytest.mark.parametrize("framed", [False, True])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_each_panel_has_its_own_words(
    tmp_path: Path, rows: int, columns: int, framed: bool
) -> None:
    figure = sheets(rows, columns, framed=framed)
    parts = panels_of_sheet(read_pdf(save(figure, tmp_path / "figure.pdf")))
    assert len(parts) == rows * columns
    for part, name in zip(parts, "ABCDEF", strict=False):
        texts = [word.text for word in part.drawing.words]
        assert sorted(text for text in texts if text[:1].isalpha()) == sorted(
            [name, "Drug A", "Placebo", "Months", "Overall survival"]
        )
        assert texts.count("92") == 2
        assert part.picture.width == pytest.approx(part.drawing.width, abs=1.5)


@pytest.mark.parametrize("framed", [False, True])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_panels_of_a_picture(rows: int, columns: int, framed: bool) -> None:
    assert len(panel_boxes(as_picture(sheets(rows, columns, framed=framed)))) == rows * columns


def test_a_table_in_a_frame_and_an_inset_are_no_panels(tmp_path: Path) -> None:
    figure = Figure(figsize=(6, 6))
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, height_ratios=[4, 1])
    draw(above, "A", framed=True, table=False)
    below.set_xlim(0, 36)
    draw(above.inset_axes([0.5, 0.5, 0.45, 0.45]), "", framed=True, table=False)
    assert len(panels_of_sheet(read_pdf(save(figure, tmp_path / "figure.pdf")))) == 1
    assert len(panel_boxes(as_picture(figure))) == 1


def test_columns_and_captions_of_a_page_are_left_out(tmp_path: Path) -> None:
    figure = Figure(figsize=(8.27, 11.69))
    FigureCanvasAgg(figure)
    prose = "Patients who had progressed were followed for survival"
    for x, y, lines in ((0.08, 0.95, 25), (0.54, 0.95, 55), (0.08, 0.1, 4)):
        for line in range(lines):
            figure.text(x, y - 0.014 * line, prose[line % 7 :], size=7.5)
    figure.text(0.08, 0.17, "Figure 2. Kaplan-Meier curves of survival", size=7)
    plot = figure.add_axes((0.18, 0.32, 0.3, 0.18))
    draw(plot, "A", framed=False)
    (part,) = panels_of_sheet(read_pdf(save(figure, tmp_path / "page.pdf")))
    texts = [word.text for word in part.drawing.words]
    assert sorted(text for text in texts if text[:1].isalpha()) == sorted(
        ["A", "Drug A", "Placebo", "Months", "Overall survival"]
    )
    assert part.corner[1] > 0


def test_a_border_around_a_figure_is_no_plot() -> None:
    def box(left: float, top: float, right: float, bottom: float) -> Stroke:
        corners = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
        return Stroke(np.array(corners, dtype=np.float64), (0, 0, 0), 1.0)

    labels = [Word(str(t), 90 + 60 * t, 270, 100 + 60 * t, 280) for t in range(6)]
    labels += [Word(f"0.{t}", 60, 40 + 40 * t, 75, 50 + 40 * t) for t in range(5)]
    drawing = Drawing(500, 400, (box(30, 20, 480, 350), box(90, 30, 460, 260)), (), tuple(labels))
    assert plot_areas(drawing) == [(90.0, 30.0, 460.0, 260.0)]


@pytest.mark.slow
def test_the_two_panels_of_a_published_figure(shared: Path) -> None:
    with Image.open(shared / "data/figures_real/ntrk_fig002.png") as file:
        picture = Picture(np.asarray(file.convert("RGB")).copy())
    upper, lower = panel_boxes(picture)
    # The table of the upper one ends at 1080, the lower one begins at 1320.
    assert 1080 < upper[3] == lower[1] < 1320
