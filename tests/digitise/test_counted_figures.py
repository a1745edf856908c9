"""The page on reading figures counts as it says: what is wrong, silent, missed or declined."""

import doctest
from dataclasses import replace
from types import ModuleType

import digitising_cases
import digitising_compare
import digitising_counts
import pytest
from digitising_counts import count_arms, count_durable
from digitising_page import page
from digitising_rows import ArmRow, CellRow, Durable, FigureRow

ARM = ArmRow(
    label="A",
    read_as="A",
    mean=0.002,
    largest=0.02,
    near=0.004,
    flagged=False,
    name_right=True,
    cells=(CellRow(0, 90, 90, flagged=False), CellRow(6, 71, 77, flagged=False)),
    marks=(10, 8, 9, 8),
    durable=(Durable(3, 0.2, shown=True, read=0.21), Durable(2, None, shown=False, read=None)),
)
MISSED = replace(ARM, read_as="", mean=None, largest=None, near=None, name_right=False)
FIGURE = FigureRow(
    set="dev",
    figure="d01",
    kind="PDF",
    width=1000,
    style="nejm",
    status="read",
    reason="",
    warnings=(),
    turned=False,
    table=True,
    marked=True,
    axes=(0.001, 0.002),
    invented=0,
    extra_cells=0,
    scored_cells=1,
    arms=(ARM,),
)


def figure(*arms: ArmRow, **changed: object) -> FigureRow:
    return replace(FIGURE, arms=arms, **changed)  # type: ignore[arg-type]


def test_arms_are_right_between_off_or_missed() -> None:
    arms = [replace(ARM, mean=mean) for mean in (0.009, 0.01, 0.02, 0.021)]
    count = count_arms([figure(*arms, MISSED)])
    assert (count.arms, count.right, count.between, count.off, count.missed) == (5, 1, 2, 1, 1)


def test_an_off_arm_is_silent_unless_it_is_flagged() -> None:
    off = replace(ARM, mean=0.3)
    count = count_arms([figure(off, replace(off, flagged=True), replace(ARM, flagged=True))])
    assert (count.off, count.off_silent, count.in_vain) == (2, 1, 1)


def test_a_name_is_right_wrong_or_not_there() -> None:
    wrong = replace(ARM, read_as="C", name_right=False)
    arms = [ARM, wrong, replace(wrong, flagged=True), replace(wrong, read_as=""), MISSED]
    count = count_arms([figure(*arms)])
    assert (count.names_right, count.names_silent) == (1, 1)
    assert (count.names_flagged, count.unnamed) == (1, 2)
    assert count.in_vain == 0


def test_a_missed_arm_is_said_where_the_figure_was_declined_or_warns() -> None:
    silent = figure(ARM, MISSED)
    said = [
        figure(MISSED, status="declined", reason="no axes"),
        figure(ARM, MISSED, warnings=("no curve was found for 'B'",)),
    ]
    assert count_arms([silent, *said]).missed == 3
    assert count_arms([silent, *said]).missed_silent == 1


def test_what_the_figure_cannot_show_is_not_lost() -> None:
    answers = [
        Durable(3, 0.2, shown=False, read=None),
        Durable(3, 0.2, shown=True, read=None),
        Durable(3, None, shown=False, read=0.1),
        Durable(3, 0.25, shown=True, read=0.2),
    ]
    count = count_durable(answers)
    assert (count.beyond, count.lost, count.made_up, count.neither) == (1, 1, 1, 0)
    assert count.quantile(0.5) == pytest.approx(0.05)


def test_the_page_lists_all_that_is_wrong() -> None:
    off = replace(ARM, label="B", mean=0.3, read_as="C", name_right=False)
    declined = figure(MISSED, figure="d02", status="declined", reason="no axes", axes=None)
    text = "\n".join(page([figure(ARM, off), declined], "Made today.", ["new"]))
    assert "B: mean abs dS 0.300, not flagged; B: named 'C', not flagged" in text
    assert "77 at risk at 6 for 71, not flagged" in text
    assert "dev d02, PDF: declined: no axes" in text
    assert "1 of 3 (33.3%)" in text


@pytest.mark.parametrize("module", [digitising_cases, digitising_compare, digitising_counts])
def test_examples_hold(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed
