"""Tables of numbers at risk from words alone."""

import numpy as np
import pytest

from figure_words import axes, blank, word
from perdure.digitise.found import RiskCell
from perdure.digitise.risk_check import checked
from perdure.digitise.risk_table import read_risk_table
from perdure.figure.page import Drawing, Word

PLACES = np.linspace(100, 700, 5)


def _row(numbers: list[str], y: float, name: str = "", places: np.ndarray = PLACES) -> list[Word]:
    cells = [word(n, float(x), y) for n, x in zip(numbers, places, strict=True) if n]
    return [*cells, *([Word(name, 5, y - 6, 5 + 6 * len(name), y + 6)] if name else [])]


def _page(words: list[Word]) -> Drawing:
    return Drawing(800, 600, (), (), tuple(words))


def _read(words: list[Word]) -> list[list[tuple[float, int]]]:
    table = read_risk_table(words, axes(), _page(words))
    assert table is not None
    return [[(c.time, c.n) for c in row] for row in table.rows]


FIRST = _row(["216", "151", "98", "63", "10"], 540, "Stage I")
SECOND = _row(["177", "103", "46", "3", "0"], 560, "Stage II")
HEADING = [Word("No. at risk", 5, 514, 75, 526)]
LABELS = _row(["0", "6", "12", "18", "24"], 470)


def test_rows_columns_and_names() -> None:
    words = [*LABELS, *HEADING, *FIRST, *SECOND]
    table = read_risk_table(words, axes(), _page(words))
    assert table is not None
    assert table.names == ("Stage I", "Stage II")
    assert [(c.time, c.n) for c in table.rows[0]] == [
        (0, 216),
        (6, 151),
        (12, 98),
        (18, 63),
        (24, 10),
    ]
    assert not any(c.flagged for row in table.rows for c in row)


def test_no_table() -> None:
    assert read_risk_table(LABELS, axes(), _page(LABELS)) is None


def test_columns_under_every_second_tick_and_between_ticks() -> None:
    assert _read([*HEADING, *_row(["216", "", "98", "", "10"], 540)])[0] == [
        (0, 216),
        (12, 98),
        (24, 10),
    ]
    closer = np.linspace(100, 700, 9)
    numbers = ["90", "80", "70", "60", "50", "40", "30", "20", "10"]
    assert [t for t, _ in _read([*HEADING, *_row(numbers, 540, places=closer)])[0]] == [
        0,
        3,
        6,
        9,
        12,
        15,
        18,
        21,
        24,
    ]


def test_a_table_on_a_scale_of_its_own_is_tied_by_count() -> None:
    wide = np.linspace(120, 900, 5)  # 1.3 ticks apart
    words = [*LABELS, *HEADING, *_row(["216", "151", "98", "63", "10"], 540, "Stage I", wide)]
    table = read_risk_table(words, axes(), Drawing(1200, 600, (), (), tuple(words)))
    assert table is not None
    assert [(c.time, c.n) for c in table.rows[0]] == [
        (0, 216),
        (6, 151),
        (12, 98),
        (18, 63),
        (24, 10),
    ]
    assert any("by count" in warning for warning in table.warnings)


def test_brackets_that_were_read_as_digits_are_split_and_flagged() -> None:
    heading = [Word("No. at risk (censored)", 5, 514, 120, 526)]
    row = _row(["216 (0)", "151 (4)", "98 (9)", "710", "3 (12)"], 540, "Stage I")
    words = [*LABELS, *heading, *row]
    table = read_risk_table(words, axes(), _page(words))
    assert table is not None
    split = table.rows[0][3]
    assert (split.n, split.in_brackets, split.flagged) == (7, 10, True)


def test_a_number_that_one_row_lacks_is_said() -> None:
    words = [*LABELS, *HEADING, *FIRST, *_row(["", "103", "46", "3", "0"], 560, "Stage II")]
    table = read_risk_table(words, axes(), _page(words))
    assert table is not None
    assert any("Stage II: no number at risk was read at 0" in said for said in table.warnings)


def test_brackets_are_read_by_the_heading() -> None:
    words = [
        Word("Number at risk", 5, 500, 95, 512),
        Word("(number censored)", 5, 515, 110, 527),
        *_row(["398 (0)", "230 (7)", "157 (13)", "112 (14)", "74 (23)"], 545, "Placebo"),
    ]
    table = read_risk_table(words, axes(), _page(words))
    assert table is not None
    assert table.brackets == "censored"
    assert [c.in_brackets for c in table.rows[0]] == [0, 7, 13, 14, 23]


def test_numbers_read_as_one_word_are_taken_apart() -> None:
    merged = [w for w in FIRST if w.text not in {"151", "98"}]
    merged.append(Word("151                 98", 240, 534, 411, 546))
    assert _read([*HEADING, *merged])[0][1:3] == [(6, 151), (12, 98)]


def test_a_name_that_runs_into_the_first_number() -> None:
    row = [w for w in FIRST if w.text not in {"216", "Stage I"}]
    words = [*HEADING, *row, Word("Durvalumab + SoC216", 0, 534, 111, 546), *SECOND]
    table = read_risk_table(words, axes(), _page(words))
    assert table is not None
    assert table.names[0] == "Durvalumab + SoC"
    assert table.rows[0][0].n == 216


def test_rows_that_are_only_numbered() -> None:
    names = [Word("1", 30, 534, 37, 546), Word("2", 30, 554, 37, 566)]
    words = [
        *HEADING,
        *_row(["216", "151", "98", "63", "10"], 540),
        *_row(["177", "103", "46", "3", "0"], 560),
        *names,
    ]
    table = read_risk_table(words, axes(), _page(words))
    assert table is not None
    assert table.names == ("1", "2")
    assert [c.n for c in table.rows[1]] == [177, 103, 46, 3, 0]


def test_labels_printed_again_beneath_are_no_row() -> None:
    again = _row(["0", "6", "12", "18", "24"], 585)
    assert len(_read([*LABELS, *HEADING, *FIRST, *SECOND, *again])) == 2


def test_a_number_that_rises_is_flagged() -> None:
    words = [*HEADING, *_row(["216", "151", "198", "63", "10"], 540)]
    table = read_risk_table(words, axes(), _page(words))
    assert table is not None
    assert [c.flagged for c in table.rows[0]].count(True) == 1


def test_blank_cells_stay_blank_in_a_picture() -> None:
    words = [*HEADING, *_row(["216", "151", "98", "", ""], 540), *SECOND]
    table = read_risk_table(words, axes(), blank())
    assert table is not None
    assert [len(row) for row in table.rows] == [3, 5]


def test_the_next_best_reading_that_fits_is_taken_and_flagged() -> None:
    row = checked(
        [RiskCell(0, 41, 0.99), RiskCell(6, 78, 0.7, other=(28, 18)), RiskCell(12, 20, 0.99)]
    )
    assert (row[1].n, row[1].flagged, row[1].other) == (28, True, (78, 18))


@pytest.mark.parametrize("certainty", [0.3, 0.8])
def test_an_uncertain_cell_is_flagged(certainty: float) -> None:
    assert checked([RiskCell(0, 41, certainty)])[0].flagged
