"""Axes from words and lines alone: every case is a list of words."""

import numpy as np
import pytest

from figure_words import BOTTOM, LEFT, RIGHT, TOP, blank, word, x_labels, y_labels
from perdure.digitise.axes import find_axes, find_panels
from perdure.digitise.numbers import labels_of, readings
from perdure.digitise.scales import rows_of_labels
from perdure.digitise.tick_marks import match_ticks
from perdure.errors import InputError
from perdure.figure.page import Drawing, Picture, Stroke, Word

MONTHS = ["0", "6", "12", "18", "24"]
TENTHS = ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]


def _figure(x: list[str] | None = None, y: list[str] | None = None) -> list[Word]:
    return [
        *x_labels(x or MONTHS),
        *y_labels(y or TENTHS),
        word("Time (months)", 400, 500),
        Word("Overall survival", 20, 150, 34, 320, turned=True),
    ]


def test_labels_alone_place_the_axes() -> None:
    found = find_axes(_figure(), blank())
    assert found.x.value(LEFT) == pytest.approx(0, abs=1e-9)
    assert found.x.value(RIGHT) == pytest.approx(24)
    assert found.y.value(TOP) == pytest.approx(1)
    assert found.y.value(BOTTOM) == pytest.approx(0, abs=1e-9)
    assert (found.time_unit, found.percent) == ("months", False)
    assert (found.x_title, found.y_title) == ("Time (months)", "Overall survival")
    assert any("no tick marks" in w for w in found.warnings)


@pytest.mark.parametrize(
    ("labels", "low", "percent"),
    [
        (["0", "20", "40", "60", "80", "100"], 0.0, True),
        (["0%", "50%", "100%"], 0.0, True),
        (["30", "40", "50", "60", "70", "80", "90", "100"], 0.3, True),
        (["0", ".2", ".4", ".6", ".8", "1"], 0.0, False),
        (["0", "0·25", "0·50", "0·75", "1·00"], 0.0, False),
        (["0,0", "0,5", "1,0"], 0.0, False),
        (["00", "02", "04", "06", "08", "10"], 0.0, False),
        (["0.0-", "0.2-", "0.41", "0.6", "0.8", "1.01"], 0.0, False),
    ],
)
def test_survival_in_every_print(labels: list[str], low: float, percent: bool) -> None:
    found = find_axes(_figure(y=labels), blank())
    assert (found.y.low, found.y.high, found.percent) == (low, 1.0, percent)
    assert found.y.value(TOP) == pytest.approx(1)
    assert found.y.value(BOTTOM) == pytest.approx(low, abs=1e-9)


def test_a_misread_label_does_not_shift_the_axis() -> None:
    found = find_axes(_figure(x=["0", "3", "6", "8", "12", "15", "18"]), blank())
    assert found.x.value(RIGHT) == pytest.approx(18)
    assert found.x.residual < 0.5
    assert found.x.certainty < find_axes(_figure(), blank()).x.certainty


def test_rows_of_the_table_are_not_the_time_axis() -> None:
    table = [
        word(n, x, 540)
        for n, x in zip(["216", "151", "98", "63", "10"], np.linspace(100, 700, 5), strict=True)
    ]
    other = [
        word(n, x, 560)
        for n, x in zip(["177", "103", "46", "3", "0"], np.linspace(100, 700, 5), strict=True)
    ]
    found = find_axes([*_figure(), *table, *other], blank())
    assert found.x.ticks == (0, 6, 12, 18, 24)


def test_marks_place_the_axes_better_than_labels() -> None:
    pixels = np.full((600, 800, 3), 255, np.uint8)
    pixels[450:452, 100:740] = 0
    pixels[40:452, 100:102] = 0
    for x in np.linspace(103, 703, 5).round().astype(int):
        pixels[452:458, x - 1 : x + 1] = 0
    for y in np.linspace(449, 49, 6).round().astype(int):
        pixels[y : y + 2, 94:100] = 0
    found = find_axes(_figure(), Picture(pixels))
    assert found.x.pixel(0) == pytest.approx(102.5, abs=0.05)
    assert found.x.pixel(24) == pytest.approx(702.5, abs=0.05)
    assert found.y.pixel(1) == pytest.approx(49.5, abs=0.05)
    assert found.left == pytest.approx(102, abs=1)
    assert found.right == pytest.approx(739, abs=2)
    assert found.bottom == pytest.approx(449.5, abs=1)
    assert not found.warnings


def test_minor_ticks_between_labels_do_no_harm() -> None:
    pixels = np.full((600, 800, 3), 255, np.uint8)
    pixels[450:452, 100:740] = 0
    for x in np.linspace(101, 701, 13).round().astype(int):
        pixels[452:458, x] = 0
    found = find_axes(_figure(), Picture(pixels))
    assert found.x.pixel(0) == pytest.approx(101, abs=0.05)
    assert found.x.pixel(24) == pytest.approx(701, abs=0.05)


def test_a_drawing_gives_its_strokes() -> None:
    def line(*points: tuple[float, float]) -> Stroke:
        return Stroke(np.array(points), (0, 0, 0), 1.0)

    strokes = [line((100.25, 450.5), (720.5, 450.5)), line((100.25, 40.0), (100.25, 450.5))]
    strokes += [line((x, 450.5), (x, 456.5)) for x in np.linspace(100.25, 700.25, 5)]
    strokes += [line((94.25, y), (100.25, y)) for y in np.linspace(450.5, 50.5, 6)]
    page = Drawing(800, 600, tuple(strokes), (), tuple(_figure()))
    found = find_axes(page.words, page)
    assert found.x.pixel(24) == pytest.approx(700.25)
    assert found.y.pixel(1) == pytest.approx(50.5)
    assert found.x.residual < 1e-6
    assert found.right == pytest.approx(720.5, abs=1)


def test_panels_side_by_side_are_found_apart() -> None:
    def moved(words: list[Word]) -> list[Word]:
        return [Word(w.text, w.left + 900, w.top, w.right + 900, w.bottom) for w in words]

    left, right = _figure(), moved(_figure(x=["0", "1", "2", "3"]))
    found = find_panels([*left, *right], blank(1800, 600))
    assert [a.x.high for a in found] == [24, 3]
    assert found[1].left > 900


def test_no_axes_is_one_plain_sentence() -> None:
    with pytest.raises(InputError, match=r"no axes were found|No axes were found"):
        find_axes([word("Figure 3", 100, 100), word("12", 300, 300)], blank())
    with pytest.raises(InputError, match="No text was found"):
        find_axes([], blank(), file=None)


@pytest.mark.parametrize(
    "title", ["Cumulative incidence (%)", "1 - survival", "Probability of death"]
)
def test_an_axis_of_events_is_refused(title: str) -> None:
    words = [w for w in _figure() if not w.turned]
    with pytest.raises(InputError, match="counts events"):
        find_axes([*words, Word(title, 20, 150, 34, 320, turned=True)], blank())


def test_a_broken_axis_is_refused_with_its_reason() -> None:
    with pytest.raises(InputError, match="survival axis is broken"):
        find_axes(_figure(y=["0", "60", "70", "80", "90", "100"]), blank())


@pytest.mark.parametrize(
    ("title", "unit"),
    [
        ("Years since randomisation", "years"),
        ("Weeks", "weeks"),
        ("Zeit (Monate)", "months"),
        ("Days", "days"),
        ("Time (mo)", "months"),
        ("Time", None),
    ],
)
def test_units_of_time(title: str, unit: str | None) -> None:
    words = [*x_labels(MONTHS), *y_labels(TENTHS), word(title, 400, 500)]
    assert find_axes(words, blank()).time_unit == unit


def test_readings_of_numbers() -> None:
    assert readings("1,0") == (1.0,)
    assert readings("0-5") == (0.5,)
    assert readings("l2") == (12.0,)
    assert readings("HR") == ()
    assert readings("12 (3)") == ()


def test_an_axis_at_the_right_is_read() -> None:
    words = [w for w in _figure() if not w.turned and "." not in w.text]
    right = [
        Word(text, RIGHT + 10, y - 6, RIGHT + 31, y + 6)
        for text, y in zip(TENTHS, np.linspace(BOTTOM, TOP, 6), strict=True)
    ]
    title = Word("Overall survival", 760, 150, 774, 320, turned=True)
    found = find_axes([*words, *right, title], blank())
    assert found.y.value(TOP) == pytest.approx(1)
    assert found.y.value(BOTTOM) == pytest.approx(0, abs=1e-9)
    assert found.right <= RIGHT + 10
    assert found.y_title == "Overall survival"


def test_tick_marks_left_of_an_axis_at_the_right_are_used() -> None:
    page = blank()
    page.pixels[50:451, 700:702] = 0
    for y in np.linspace(448, 48, 6).astype(int):  # a little above the labels
        page.pixels[y, 702:707] = 0
    words = [w for w in _figure() if not w.turned and "." not in w.text]
    right = [
        Word(text, RIGHT + 12, y - 6, RIGHT + 33, y + 6)
        for text, y in zip(TENTHS, np.linspace(BOTTOM, TOP, 6), strict=True)
    ]
    found = find_axes([*words, *right], page)
    assert found.y.value(48.0) == pytest.approx(1)
    assert not any("survival axis is placed" in w for w in found.warnings)


@pytest.mark.parametrize("x", [["1", "3", "10", "30", "100"], ["1", "2", "4", "8", "16", "32"]])
def test_a_logarithmic_axis_is_refused(x: list[str]) -> None:
    with pytest.raises(InputError, match=r"not linear|no row of times"):
        find_axes(_figure(x=x), blank())


def test_a_figure_on_its_side_says_so() -> None:
    turned = [Word(text, 20, 50 * i, 34, 50 * i + 40, turned=True) for i, text in enumerate(TENTHS)]
    names = [Word(n, 60, 100, 74, 180, turned=True) for n in ("Nivolumab", "Docetaxel")]
    with pytest.raises(InputError, match="lies on its side"):
        find_axes([*turned, *names], blank())


def test_noise_on_one_row_that_drifts_from_the_labels_is_no_row_of_ticks() -> None:
    labels = labels_of(x_labels(["0", "6", "12", "18", "24", "30", "36"]))
    (row,) = rows_of_labels(labels)
    true = np.linspace(LEFT, RIGHT, 7)
    drifting = np.linspace(LEFT, RIGHT + 7, 7)[1:6]
    found = match_ticks(row, [(460.0, drifting)], tolerance=11.6)
    assert found is None
    beside = match_ticks(row, [(460.0, drifting), (455.0, true)], tolerance=11.6)
    assert beside is not None
    assert (beside.start + beside.step * RIGHT) == pytest.approx(36)
