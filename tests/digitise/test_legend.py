"""Names of curves from words, strokes and pixels."""

import numpy as np

from figure_words import axes, blank, word
from perdure.digitise.alike import named_alike
from perdure.digitise.found import FoundCurve, LegendEntry, RiskTable
from perdure.digitise.legend import find_legend, is_statistic, plain_name, text_boxes
from perdure.digitise.names import SURE_NAME, named_curves
from perdure.digitise.uncovered import is_crossed
from perdure.figure.page import Drawing, Picture, Stroke, Word
from perdure.records import Floats

BLUE, RED, GREEN, GREY = (0, 70, 139), (237, 0, 0), (20, 130, 60), (90, 90, 90)


def _named(name: str, y: float, colour: tuple[int, int, int] = (0, 0, 0)) -> Word:
    return Word(name, 560, y - 6, 560 + 7 * len(name), y + 6, colour=colour)


def test_a_legend_with_samples_in_pixels() -> None:
    picture = blank()
    picture.pixels[99:101, 520:550] = BLUE
    for x in (520, 532, 544):
        picture.pixels[119:121, x : x + 7] = RED
    words = [_named("Nivolumab", 100), _named("Docetaxel", 120), word("HR 0.67", 300, 300)]
    found = find_legend(words, axes(), picture)
    assert [(e.name, e.colour, e.dash) for e in found] == [
        ("Nivolumab", BLUE, False),
        ("Docetaxel", RED, True),
    ]
    assert found[0].place is not None
    assert found[0].place[0] == 520


def test_a_name_read_as_a_number_stands_in_the_column_of_its_legend() -> None:
    picture = blank()
    for at, colour in enumerate((BLUE, RED, GREEN, GREY)):
        picture.pixels[99 + 20 * at : 101 + 20 * at, 520:550] = colour
    words = [_named("Stage I", 100), _named("Stage II", 120), _named("111", 140)]
    found = find_legend(words, axes(), picture)
    assert [(e.name, e.colour) for e in found] == [
        ("Stage I", BLUE),
        ("Stage II", RED),
        ("III", GREEN),
        ("", GREY),
    ]
    assert found[2].certainty < SURE_NAME


def test_a_curve_in_the_column_of_a_legend_is_no_sample() -> None:
    picture = blank()
    for at, colour in enumerate((BLUE, RED)):
        picture.pixels[99 + 20 * at : 101 + 20 * at, 520:550] = colour
    picture.pixels[139:141, 500:600] = GREEN
    words = [_named("Nivolumab", 100), _named("Docetaxel", 120)]
    assert len(find_legend(words, axes(), picture)) == 2


def test_a_piece_of_curve_beside_one_of_several_labels_is_no_sample() -> None:
    picture = blank()
    picture.pixels[199:201, 500:552] = BLUE
    words = [
        _named("Atezolizumab", 200, RED),
        _named("Placebo", 300, RED),
        _named("Chemotherapy", 400, BLUE),
    ]
    found = find_legend(words, axes(), picture)
    assert [(e.name, e.place) for e in found] == [
        ("Atezolizumab", None),
        ("Placebo", None),
        ("Chemotherapy", None),
    ]


def test_a_legend_of_a_drawing() -> None:
    strokes = (
        Stroke(np.array([[520.0, 100.0], [550.0, 100.0]]), BLUE, 2.0),
        Stroke(np.array([[520.0, 120.0], [550.0, 120.0]]), RED, 2.0, (6.0, 3.0)),
    )
    words = (_named("Nivolumab", 100), _named("Docetaxel", 120))
    found = find_legend(words, axes(), Drawing(800, 600, strokes, (), words))
    assert [(e.name, e.colour, e.dash) for e in found] == [
        ("Nivolumab", BLUE, False),
        ("Docetaxel", RED, True),
    ]


def test_labels_beside_curves_have_their_own_colour() -> None:
    picture = blank()
    picture.pixels[200:202, 100:500] = BLUE  # a curve that passes left of the label is no sample
    words = [
        _named("Atezolizumab", 200, BLUE),
        _named("Placebo", 300, RED),
        word("P=0.007", 300, 400),
    ]
    found = find_legend(words, axes(), picture)
    assert [(e.name, e.colour, e.place) for e in found] == [
        ("Atezolizumab", BLUE, None),
        ("Placebo", RED, None),
    ]


def test_a_label_crossed_by_its_curve_takes_the_name_of_the_table() -> None:
    table = RiskTable(("Nivolumab", "Docetaxel"), ((), ()), (BLUE, RED))
    words = [_named("Docetaxl", 300, RED), _named("Nivolumab", 100, BLUE)]
    assert {e.name for e in find_legend(words, axes(), blank(), table)} == {
        "Nivolumab",
        "Docetaxel",
    }


def test_rows_take_the_names_of_the_legend() -> None:
    entries = [
        LegendEntry("Group 1", BLUE, (0, 0, 1, 1)),
        LegendEntry("Group 2", RED, (0, 0, 1, 1)),
    ]
    numbered = RiskTable(("1", "2"), ((), ()), (RED, BLUE))
    assert named_alike(numbered, entries).names == ("Group 2", "Group 1")
    black = RiskTable(("1", "2"), ((), ()), ((0, 0, 0), (0, 0, 0)))
    assert named_alike(black, entries).names == ("Group 1", "Group 2")
    cut = [LegendEntry("Best supportive care", RED, (0, 0, 1, 1))]
    assert named_alike(RiskTable(("st supportive care",), ((),), ((0, 0, 0),)), cut).names == (
        "Best supportive care",
    )


def test_what_is_a_statistic() -> None:
    for text in (
        "HR 0.67 (95% CI 0.52-0.85)",
        "P<0.0001",
        "Log-rank p=0.017",
        "+ Censored",
        "n=216",
    ):
        assert is_statistic(text)
    for text in ("PD-L1 >=50%", "Nivo + Ipi", "gp100", "Stage III"):
        assert not is_statistic(text)


def test_plain_names() -> None:
    assert plain_name("— Nivolumab (N=313)") == "Nivolumab"
    assert plain_name("NTRK-") == "NTRK-"
    assert plain_name("1992-2004 (n=2392): MS 13 mos") == "1992-2004"


def test_text_in_the_plot_is_masked_and_scraps_of_curves_are_not() -> None:
    words = [
        word("HR 0.67", 300, 300),
        word("Months", 400, 500),
        word("H1", 300, 200, certainty=0.4),
    ]
    (box,) = text_boxes(words, axes())
    assert box[0] < 300 < box[2]


def test_no_names() -> None:
    assert find_legend([], axes(), Picture(np.full((600, 800, 3), 255, np.uint8))) == ()


def _curve(x: Floats, y: Floats, colour: tuple[int, int, int]) -> FoundCurve:
    return FoundCurve(
        x,
        y,
        end=axes().right,
        colour=colour,
        dashed=False,
        width=2.0,
        marks=x[:0],
        certainty=1.0,
    )


def test_labels_without_colour_go_to_the_nearest_curve() -> None:
    frame = axes()
    x, black = np.array([frame.left]), (40, 40, 40)
    labels = [
        LegendEntry(name, black, (300, top, 360, top + 12)) for name, top in (("A", 90), ("B", 290))
    ]
    greys = [_curve(x, x * 0 + 110, (150, 150, 150)), _curve(x, x * 0 + 310, black)]
    assert named_curves(greys, labels, frame) == (0, 1)


def test_the_last_name_is_that_of_the_last_curve() -> None:
    x = np.array([axes().left])
    curves = [_curve(x, x + 40, colour) for colour in (BLUE, (60, 160, 60))]
    entries = [
        LegendEntry(name, colour, (300, 90, 360, 102), (270, 95, 290, 97))
        for name, colour in (("A", BLUE), ("B", RED))
    ]
    assert named_curves(curves, entries, axes()) == (0, 1)


def test_a_name_that_a_curve_crosses_is_less_sure() -> None:
    curve = _curve(np.array([axes().left, 330.0]), np.array([60.0, 150.0]), BLUE)
    crossed, free = Word("Chemo", 300, 100, 350, 112), Word("Nivo", 100, 100, 140, 112)
    assert is_crossed(crossed, [curve])
    assert not is_crossed(free, [curve])
