"""Where the plot ends, whatever of its axes has labels: frames are believed, specks are not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from figure_words import BOTTOM, LEFT, RIGHT, TOP, axes, blank, word, x_labels, y_labels
from perdure.digitise.axes import find_axes
from perdure.digitise.cut_off import BELOW, CUT_OFF, with_cut_off
from perdure.digitise.door import digitise
from perdure.digitise.found import Digitised, FoundCurve
from perdure.digitise.given import Known, axes_given
from perdure.digitise.shared_axis import with_shared_units
from perdure.digitise.sources import FigureSource
from perdure.errors import InputError
from perdure.figure.page import Picture, Word
from perdure.figure.picture_areas import areas_of_picture
from perdure.figure.plot_areas import LEVEL, UPRIGHT, Line, areas_of_lines
from vector_figures import label, new_figure, save, steps

MONTHS = ["0", "6", "12", "18", "24"]
TENTHS = ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
TITLE = word("Time (months)", 400, 500)


def framed(left: float, top: float, right: float, bottom: float) -> Picture:
    """A picture of a frame two pixels wide."""
    page = blank()
    for y in (int(top), int(bottom)):
        page.pixels[y : y + 2, int(left) : int(right) + 2] = 0
    for x in (int(left), int(right)):
        page.pixels[int(top) : int(bottom) + 2, x : x + 2] = 0
    return page


def labels(x: list[str], y: list[str]) -> list[Word]:
    return [*x_labels(x), *y_labels(y), TITLE]


# Of a plot 600 x 400 pixels: a label 0.25 lies 400 / 3 above survival 0.
LOW = BOTTOM + 400 / 3


def test_a_frame_beyond_the_first_labels_is_believed() -> None:
    row = x_labels(["6", "12", "18", "24"], LOW + 20)
    row = [replace(w, left=w.left + 160, right=w.right + 160) for w in row]
    column = y_labels(["0.25", "0.5", "0.75", "1"])
    column = [replace(w, left=w.left - 40, right=w.right - 40) for w in column]
    zero = 60.0  # of time: labels are 200 pixels apart from 260 on
    found = find_axes([*row, *column], framed(zero, TOP, 790, LOW))
    assert found.x.value(zero) == pytest.approx(0, abs=0.05)
    assert found.left == pytest.approx(zero + 1, abs=1.5)
    assert found.bottom == pytest.approx(LOW, abs=1.5)
    assert not any("starts at" in said for said in found.warnings)


def test_dark_lines_of_a_grid_are_not_the_frame() -> None:
    page = framed(LEFT, TOP, RIGHT + 40, LOW)
    for y in np.linspace(BOTTOM, TOP, 4).astype(int):
        page.pixels[y, int(LEFT) : int(RIGHT) + 40] = 90
    for x in np.linspace(LEFT, RIGHT, 5).astype(int):
        page.pixels[int(TOP) : int(LOW), x] = 90
    words = [*x_labels(MONTHS, LOW + 20), *y_labels(["0.25", "0.5", "0.75", "1"])]
    found = find_axes(words, page)
    assert found.bottom == pytest.approx(LOW, abs=1.5)
    assert found.right == pytest.approx(RIGHT + 39, abs=1.5)


def test_a_tinted_plot_is_believed_to_its_edge() -> None:
    page = blank()
    page.pixels[40:551, 80:740] = 235
    found = find_axes([*x_labels(MONTHS, LOW + 20), *y_labels(["0.25", "0.5", "0.75", "1"])], page)
    assert found.bottom == pytest.approx(550, abs=1)


def test_where_no_line_is_seen_a_curve_may_go_down_to_survival_0() -> None:
    words = [*x_labels(MONTHS, LOW + 40), *y_labels(["0.25", "0.5", "0.75", "1"])]
    found = find_axes(words, blank())
    assert LOW <= found.bottom < LOW + 15
    assert find_axes(labels(MONTHS, TENTHS), blank()).bottom < BOTTOM + 15


def test_four_labels_that_agree_beat_a_speck_and_the_zero_of_the_time_axis() -> None:
    # 0.2 to 0.8 are as they should be; a speck is read as 1, and 0 stands at the corner.
    places = np.linspace(BOTTOM, TOP, 6)[1:5]
    column = [
        Word(text, 70, y - 6, 91, y + 6)
        for text, y in zip(["0.2", "0.4", "0.6", "0.8"], places, strict=True)
    ]
    row = x_labels(MONTHS, BOTTOM + 12)
    speck = Word("1", row[0].left, 86, row[0].right, 98, 0.39)
    found = find_axes([*column, *row, speck, TITLE], framed(LEFT, TOP, RIGHT, BOTTOM))
    assert found.y.ticks == (0.2, 0.4, 0.6, 0.8)
    assert found.top == pytest.approx(TOP + 2, abs=1.5), "where survival is 1, without a label"


@pytest.mark.parametrize(
    "printed",
    [
        ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0", "1.2"],
        ["0", "50", "100", "150"],
        ["0", "20", "40", "60", "80", "100", "120"],
    ],
)
def test_an_axis_drawn_beyond_survival_1_is_read_up_to_1(printed: list[str]) -> None:
    found = find_axes(labels(MONTHS, printed), framed(LEFT, TOP, RIGHT, BOTTOM))
    assert (found.y.low, found.y.high) == (0.0, 1.0)
    top = float(printed[-1]) / (100 if float(printed[-1]) > 2 else 1)
    assert found.y.value(TOP) == pytest.approx(top)
    assert found.y.value(found.top) < 1.15


def test_numbers_that_go_far_beyond_1_are_no_survival() -> None:
    with pytest.raises(InputError, match="column of survival"):
        find_axes(labels(MONTHS, ["0.0", "0.5", "1.0", "1.5", "2.0"]), blank())


def test_an_axis_that_starts_after_0_says_so() -> None:
    found = find_axes(labels(["6", "12", "18", "24"], TENTHS), framed(LEFT, TOP, RIGHT, BOTTOM))
    assert any("starts at 6 and not at 0" in said for said in found.warnings)


def test_ticks_at_the_corner_are_not_the_frame() -> None:
    lines = [Line(UPRIGHT, 152, 52, 752), Line(LEVEL, 743, 144, 1123)]  # each with an outer tick
    assert areas_of_lines(lines, 1170, 864, []) == [(152, 52, 1123, 743)]


def source(words: list[Word], page: Picture) -> FigureSource:
    return FigureSource(page, tuple(words), None)


def test_given_axes_that_the_labels_confirm_keep_their_ticks_and_title() -> None:
    page = framed(LEFT - 8, TOP - 8, RIGHT + 8, BOTTOM + 8)  # the frame is wider than its labels
    figure = source(labels(MONTHS, TENTHS), page)
    read = find_axes(figure.words, page)
    found = axes_given(figure, Known(axes=(0, 24, 0, 1)), read, "f.png")
    assert (found.x.start, found.x.step) == (read.x.start, read.x.step)
    assert (found.y.start, found.y.step) == (read.y.start, read.y.step)
    assert (found.time_unit, found.warnings) == ("months", read.warnings)


def test_given_axes_that_the_labels_deny_are_believed_and_this_is_said() -> None:
    page = framed(LEFT, TOP, RIGHT, BOTTOM)
    figure = source(labels(MONTHS, TENTHS), page)
    read = find_axes(figure.words, page)
    found = axes_given(figure, Known(axes=(0, 48, 0, 1)), read, "f.png")
    assert found.x.value(LEFT) == pytest.approx(0, abs=0.1)
    assert found.x.value(RIGHT) == pytest.approx(48, abs=0.1)
    assert found.y.value(TOP) == pytest.approx(1, abs=0.005)
    assert found.warnings == ("the axes given are not those that the labels say",)


def test_given_axes_keep_the_unit_that_the_title_says() -> None:
    page = framed(LEFT, TOP, RIGHT, BOTTOM)
    figure = source([*x_labels(MONTHS), TITLE], page)  # no survival label was read
    assert axes_given(figure, Known(axes=(0, 24, 0, 1)), None, "f.png").time_unit == "months"
    known = Known(axes=(0, 24, 0, 1), time_unit="weeks")
    assert axes_given(figure, known, None, "f.png").time_unit == "weeks"


@pytest.mark.parametrize("given", [(36, 0, 0, 1), (0, 36, 1, 0), (0, 36, 0, 9)])
def test_given_axes_that_are_no_range_are_refused(given: tuple[float, ...]) -> None:
    figure = source([], framed(LEFT, TOP, RIGHT, BOTTOM))
    with pytest.raises(InputError, match="no range of time and survival"):
        axes_given(figure, Known(axes=given), None, "f.png")  # type: ignore[arg-type]


def curve(end: float) -> FoundCurve:
    x = np.array([LEFT, 300.0])
    y = np.array([TOP, 200.0])
    return FoundCurve(
        x, y, end, (0, 0, 255), dashed=False, width=2.0, marks=np.empty(0), certainty=1.0
    )


def test_a_curve_that_runs_into_the_end_of_the_picture_is_doubted() -> None:
    cut = replace(axes(), right=639.0)
    whole, long = with_cut_off([curve(500), curve(637)], cut, 640)
    assert (whole.doubts, long.doubts) == ((), (CUT_OFF,))
    framed_at_700 = axes()
    assert with_cut_off([curve(699)], framed_at_700, 702)[0].doubts == ()


def test_a_curve_that_leaves_a_plot_above_survival_0_is_doubted() -> None:
    fallen = replace(curve(500), y=np.array([TOP, 299.0]))
    half = replace(axes(), bottom=300.0)  # survival 0.375
    assert with_cut_off([fallen, curve(500)], half, 800)[0].doubts == (BELOW,)
    assert with_cut_off([curve(500)], half, 800)[0].doubts == ()
    at_zero = replace(curve(500), y=np.array([TOP, BOTTOM]))
    assert with_cut_off([at_zero], axes(), 800)[0].doubts == ()


def test_plots_on_a_ground_of_their_own_are_found_apart() -> None:
    page = blank(1200, 600)
    for left in (80, 560):
        page.pixels[40:500, left : left + 468] = 235
        page.pixels[40:500, left + 100 :: 120][:, :3] = 255
        page.pixels[200:203, left : left + 468] = 255
    assert areas_of_picture(page) == [(80, 40, 547, 499), (560, 40, 1027, 499)]
    assert areas_of_picture(blank()) == []


def shared(tmp_path: Path, second: Any = None) -> tuple[Digitised, ...]:
    """Read two plots side by side of which the first alone has survival labels."""
    figure = Figure(figsize=(11, 4.5))
    FigureCanvasAgg(figure)
    for at, seed in ((0, 1), (1, 2)):
        plot: Any = figure.add_axes((0.08 + 0.47 * at, 0.15, 0.42, 0.8))
        label(plot)
        one = steps(seed)
        plot.step(one[:, 0], one[:, 1], where="post", color="C0")
        if at:
            plot.set_yticklabels([])
            plot.set_ylabel("")
            if second is not None:
                second(plot)
    return digitise(save(figure, tmp_path / "figure.pdf"))


def test_a_panel_without_survival_labels_has_those_of_the_one_beside_it(tmp_path: Path) -> None:
    for one, seed in zip(shared(tmp_path), (1, 2), strict=True):
        (arm,) = one.arms
        true = steps(seed)
        at = np.linspace(0, 35.9, 500)
        read = arm.survival[np.searchsorted(arm.time, at, side="right") - 1]
        drawn = true[np.searchsorted(true[:, 0], at, side="right") - 1, 1]
        assert np.abs(read - drawn).mean() < 0.001
        assert any("panel beside it" in said for said in one.warnings) == (seed == 2)


def test_one_title_in_the_middle_is_that_of_both_panels() -> None:
    untitled = replace(axes(), time_unit=None)
    years = replace(axes((0, 1, 2)), time_unit="years")
    (left, right) = with_shared_units([untitled, axes()])
    assert (left.time_unit, right.time_unit) == ("months", "months")
    assert any("another panel" in said for said in left.warnings)
    for kept in (
        [untitled, years],  # other times
        [untitled, axes(), years],  # two units
        [replace(untitled, x_title="Time since surgery"), axes()],  # a title of its own
    ):
        assert with_shared_units(kept) == tuple(kept)


def test_a_panel_that_is_left_out_is_named(tmp_path: Path) -> None:
    def moved(plot: Any) -> None:  # its frame does not stand level with the first
        plot.set_position((0.55, 0.3, 0.42, 0.5))

    (one,) = shared(tmp_path, moved)
    assert any(said.startswith("panel 2 is left out: no axes were found") for said in one.warnings)


def test_curves_go_on_beneath_the_lowest_label(tmp_path: Path) -> None:
    figure, plot = new_figure()
    plot.set_yticks([0.25, 0.5, 0.75, 1.0])
    plot.set_xticks([3, 9, 15, 21, 27, 33])
    true = steps(3, scale=9.0)
    plot.step(true[:, 0], true[:, 1], where="post", color="C0")
    (arm,) = digitise(save(figure, tmp_path / "figure.pdf"))[0].arms
    assert true[-1, 1] < 0.1
    assert arm.survival[-1] == pytest.approx(true[-1, 1], abs=0.003)
    assert arm.time[-1] == pytest.approx(36, abs=0.1)
