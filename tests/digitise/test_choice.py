"""Which lines are arms, what their names are worth, and legends that panels share."""

from dataclasses import replace

import numpy as np
import pytest

from figure_words import axes
from perdure.digitise.choice import chosen_curves
from perdure.digitise.found import FoundCurve, LegendEntry
from perdure.digitise.labels_beside import labels_without_curves
from perdure.digitise.looks import with_own_look
from perdure.digitise.names import name_doubts, named_by_nearness, named_curves
from perdure.digitise.shared_legend import PanelLegend, fits_curves, shared_legends
from perdure.figure.page import Colour

BLUE, RED, GREEN, BLACK = (0, 114, 181), (188, 60, 41), (32, 133, 78), (0, 0, 0)
PLACE = (600.0, 60.0, 640.0, 62.0)


def _curve(
    colour: Colour, drop: float = 0.0, *, width: float = 2.0, dashed: bool = False
) -> FoundCurve:
    x = np.linspace(100.0, 600.0, 26)
    y = 60 + drop + np.linspace(0, 200, 26)
    return FoundCurve(x, y, 650.0, colour, dashed, width, np.array([]), 1.0)


def _entry(name: str, colour: Colour, x: float = 650.0, y: float = 61.0) -> LegendEntry:
    box = (x, y - 6, x + 60, y + 6)
    return LegendEntry(name, colour, box, (x - 50, y - 1, x - 10, y + 1), dash=False)


TWO = (_entry("New", BLUE), _entry("Old", RED, y=81.0))


def test_two_thin_lines_around_an_arm_are_its_limits() -> None:
    arms = [_curve(BLUE), _curve(RED, 60)]
    limits = [_curve(BLUE, -20, width=1), _curve(BLUE, 20, width=1)]
    kept, said = chosen_curves([limits[0], *arms, limits[1]], (), axes(), 0)
    assert kept == tuple(arms)
    assert said == ("2 lines were taken for confidence limits and left out",)


def test_three_arms_of_one_colour_are_not_an_arm_with_its_limits() -> None:
    arms = [_curve(BLACK, drop) for drop in (0, 30, 60)]
    assert chosen_curves(arms, (), axes(), 3) == (tuple(arms), ())
    kept, said = chosen_curves(arms, (), axes(), 0)
    assert (len(kept), said) == (3, ())
    assert all("limits" in one.doubts[0] for one in kept)


def test_one_limit_that_is_dashed_is_left_out_where_a_legend_has_the_names() -> None:
    arms = [_curve(BLUE), _curve(RED, 60)]
    kept, said = chosen_curves([*arms, _curve(BLUE, 25, dashed=True)], TWO, axes(), 0)
    assert kept == tuple(arms)
    assert said == ("a line was taken for confidence limits and left out",)


def test_a_second_line_in_the_colour_of_a_name_is_kept_and_doubted() -> None:
    kept, said = chosen_curves([_curve(BLUE), _curve(RED, 60), _curve(BLUE, 25)], TWO, axes(), 0)
    assert (len(kept), said) == (3, ())
    doubts = [c.doubts for c in kept]
    assert ("the legend has no name for this line",) in doubts
    assert ("another line is in its colour",) in doubts
    assert () in doubts


def test_a_line_without_a_name_on_other_curves_is_made_of_them() -> None:
    arms = [_curve(BLUE), _curve(RED, 60)]
    y = np.where(np.arange(26) < 15, arms[0].y, arms[1].y)
    kept, said = chosen_curves([*arms, replace(_curve(BLUE), y=y)], TWO, axes(), 0)
    assert len(kept) == 2
    assert said == ("a line was taken for pieces of other curves and left out",)


def test_a_sample_that_is_a_piece_of_a_curve_is_none() -> None:
    curve = replace(_curve(BLUE), x=np.array([100.0]), y=np.array([61.0]))
    page = np.full((200, 800, 3), 255, np.uint8)
    (found,) = labels_without_curves(page, [_entry("New", BLUE, x=400.0)], [curve])
    assert found.place is None
    (kept,) = labels_without_curves(page, [_entry("New", BLUE, x=400.0, y=90.0)], [curve])
    assert kept.place is not None


def test_an_arm_that_crosses_its_limits_is_doubted() -> None:
    upper, lower = _curve(BLUE, -20, width=1), _curve(BLUE, 20, width=1)
    y = upper.y.copy()
    y[:4] += 60
    kept, _ = chosen_curves([replace(upper, y=y), _curve(BLUE), lower], (), axes(), 0)
    assert [c.doubts for c in kept] == [("its confidence limits cross it",)]


@pytest.mark.parametrize(("rows", "arms"), [(0, 2), (2, 2), (3, 3)])
def test_a_foreign_colour_is_left_out_unless_the_table_has_a_row_for_it(
    rows: int, arms: int
) -> None:
    kept, said = chosen_curves(
        [_curve(BLUE), _curve(RED, 60), _curve(GREEN, 90)], TWO, axes(), rows
    )
    assert len(kept) == arms
    assert bool(said) == (arms == 2)


def test_a_legend_of_one_name_leaves_out_no_second_arm() -> None:
    kept, said = chosen_curves([_curve(BLUE), _curve(RED, 60)], TWO[:1], axes(), 0)
    assert (len(kept), said) == (2, ())
    assert kept[1].doubts


def test_a_name_is_doubted_while_another_of_its_colour_has_no_curve() -> None:
    legend = (_entry("New", BLACK), _entry("Old", BLACK, y=81.0), _entry("None", RED, y=101.0))
    curves = [_curve(BLACK), _curve(RED, 60)]
    doubts = name_doubts(curves, legend, named_curves(curves, legend, axes()))
    assert "of the same colour" in doubts[0]
    assert doubts[1] == ""


def test_names_of_lines_that_look_alike_are_doubted() -> None:
    greys = (96, 96, 96), (98, 98, 98), (150, 150, 150)
    legend = [
        _entry(name, grey, y=61.0 + 20 * at)
        for at, (name, grey) in enumerate(zip("ABC", greys, strict=True))
    ]
    curves = [_curve(grey, 30 * at) for at, grey in enumerate(greys)]
    doubts = name_doubts(curves, legend, named_curves(curves, legend, axes()))
    assert doubts == (
        "it may be 'B': the lines look alike",
        "it may be 'A': the lines look alike",
        "",
    )


def test_a_curve_has_the_colour_of_its_own_course() -> None:
    page = np.full((200, 300, 3), 255, np.uint8)
    page[60:63, 10:150] = (111, 153, 173)
    page[120:123, 150:290] = (111, 153, 173)
    page[60:123, 149:152] = (111, 153, 173)
    x, y = np.array([10.0, 150.0]), np.array([61.0, 121.0])
    curve = replace(_curve((120, 118, 177), width=5.0), x=x, y=y, end=290.0)
    found = with_own_look(page, curve)
    assert (found.colour, found.width) == ((111, 153, 173), 3.0)


def test_a_label_that_a_curve_crosses_has_the_colour_of_its_letters() -> None:
    page = np.full((100, 200, 3), 255, np.uint8)
    for left in range(52, 118, 8):
        page[40:60, left : left + 3] = RED
    page[48:53, 10:190] = BLUE
    entry = LegendEntry("Old", BLUE, (50.0, 38.0, 120.0, 62.0))
    crossing = replace(_curve(BLUE, width=5.0), x=np.array([10.0]), y=np.array([50.0]), end=190.0)
    (found,) = labels_without_curves(page, [entry], [crossing])
    assert found.colour == RED
    assert labels_without_curves(page, [entry], []) == (entry,)


def test_a_legend_above_two_panels_is_that_of_both() -> None:
    left = PanelLegend((_entry("New", BLUE, x=690.0, y=20.0),), axes(), (0.0, 0.0))
    right = PanelLegend((_entry("Old", RED, x=60.0, y=20.0),), axes(), (800.0, 0.0))
    for found in shared_legends([left, right]):
        assert [e.name for e in found] == ["New", "Old"]
    moved = shared_legends([left, right])[1][0]
    assert moved.box[0] == 690.0 - 800.0


def test_panels_with_legends_of_their_own_keep_them() -> None:
    panels = [PanelLegend(TWO, axes(), (at * 800.0, 0.0)) for at in (0, 1)]
    assert shared_legends(panels) == (TWO, TWO)


def test_another_panels_names_fit_by_colour_alone() -> None:
    assert fits_curves(TWO, [_curve(RED), _curve(BLUE, 40)])
    assert not fits_curves(TWO, [_curve(RED), _curve(GREEN, 40)])
    assert not fits_curves(TWO, [_curve(RED), _curve(RED, 40)])


def test_a_black_label_names_the_curve_that_it_clearly_stands_beside() -> None:
    beside = LegendEntry("New", BLACK, (300.0, 100.0, 360.0, 112.0))
    between = LegendEntry("Old", BLACK, (300.0, 190.0, 360.0, 202.0))
    curves = [_curve(BLUE), _curve(RED, 90)]
    none = (None, None)
    assert named_by_nearness(curves, [beside, between], none, axes()) == {0: 0}
    assert named_by_nearness(curves, [beside, beside], none, axes()) == {}


def test_a_name_whose_colour_is_between_two_curves_is_doubted() -> None:
    legend = (_entry("New", (110, 110, 110)), _entry("Old", RED, y=81.0))
    curves = [_curve((150, 150, 150)), _curve((70, 70, 70), 30), _curve(RED, 60)]
    doubts = name_doubts(curves, legend, (0, None, 1))
    assert doubts == ("", "", "")
    legend = (_entry("New", (120, 90, 60)), _entry("Old", RED, y=81.0))
    curves = [_curve((120, 160, 120)), _curve((200, 90, 160), 30), _curve(RED, 60)]
    assert name_doubts(curves, legend, (0, None, 1))[0].endswith("in the colour of no curve")


def test_a_line_that_goes_on_after_its_rival_is_not_its_limit() -> None:
    legend = (_entry("New", BLUE), _entry("Old", RED, y=81.0))
    short = replace(_curve((5, 75, 140), width=7.0), end=300.0)
    kept, said = chosen_curves([_curve(BLUE), short, _curve(RED, 60)], legend, axes(), 0)
    assert kept[0].colour == BLUE
    assert kept[0].end > 300
    assert len(kept) == 2 or any(curve.doubts for curve in kept)
    assert len(kept) == 3 or said
