"""Words are read with their place, colour and direction; few and small, so that it stays quick."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from perdure.figure.ocr import NUMBERS, mended, read_boxes, read_words
from perdure.figure.ocr_models import decode
from perdure.figure.page import Picture, Word

mpl.use("Agg")


@pytest.fixture(scope="module")
def drawn() -> tuple[Picture, tuple[Word, ...]]:
    figure = plt.figure(figsize=(6, 4), dpi=120)
    figure.text(0.5, 0.8, "Placebo", color="#c00000", fontsize=11)
    figure.text(0.5, 0.3, "398 (0)", fontsize=10)
    figure.text(0.75, 0.3, "17", fontsize=10)
    figure.text(0.1, 0.3, "Overall survival (%)", rotation=90, fontsize=11)
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[:, :, :3].copy()  # type: ignore[attr-defined]
    plt.close(figure)
    picture = Picture(pixels)
    return picture, read_words(picture)


def test_words_and_their_colours(drawn: tuple[Picture, tuple[Word, ...]]) -> None:
    words = {w.text: w for w in drawn[1]}
    assert {"Placebo", "398 (0)", "17"} <= set(words)
    assert max(abs(a - b) for a, b in zip(words["Placebo"].colour, (192, 0, 0), strict=True)) < 30
    assert words["17"].certainty > 0.9
    assert words["17"].left == pytest.approx(0.75 * 720, abs=3)


def test_text_written_upwards_is_read(drawn: tuple[Picture, tuple[Word, ...]]) -> None:
    turned = [w for w in drawn[1] if w.turned]
    assert "".join(w.text for w in sorted(turned, key=lambda w: -w.bottom)).replace(" ", "") in {
        "Overallsurvival(%)",
        "Overallsurvival((%)",
    }


def test_a_box_is_read_in_the_alphabet_given(drawn: tuple[Picture, tuple[Word, ...]]) -> None:
    word = next(w for w in drawn[1] if w.text == "17")
    box = (word.left - 3, word.top - 3, word.right + 3, word.bottom + 3)
    (reading,) = read_boxes(drawn[0], [box], NUMBERS)
    assert reading.text == "17"


def test_an_empty_picture_has_no_words() -> None:
    assert read_words(Picture(np.full((200, 300, 3), 255, np.uint8))) == ()


def test_the_small_l_of_a_sans_serif_is_a_capital_i_where_it_must_be() -> None:
    assert mended("lpilimumab + gp100") == "Ipilimumab + gp100"
    assert mended("5 l") == "5 l"
    assert mended("low risk") == "low risk"


def test_nothing_read_has_no_certainty() -> None:
    reading = decode(np.array([[0.9, 0.1], [0.8, 0.2]]), ("", "1"))
    assert (reading.text, reading.certainty) == ("", 0.0)
