"""The letters of a PDF's page."""

import ctypes
import unicodedata
from typing import Any

import pypdfium2.raw as pdfium_c

from perdure.figure.geometry import Box, Matrix
from perdure.figure.letters import Letter, group_letters, placed_letter
from perdure.figure.page import Colour, Word

__all__ = ["quarter_turns", "read_words", "spelt"]

_MOST_LETTERS = 60_000
_MOSTLY = 0.7


def read_words(text_page: Any, view: Matrix) -> list[Word]:  # noqa: ANN401  # no types there
    """Group the letters of a page of pypdfium2 into words; ``view`` leads to pixels."""
    return group_letters(_letters(text_page, view))


def spelt(text_page: Any) -> bool:  # noqa: ANN401
    """Tell whether the file says which letters its signs are; some fonts keep it to themselves."""
    count = min(pdfium_c.FPDFText_CountChars(text_page), _MOST_LETTERS)
    known = sum(_is_known(text_page, i) for i in range(count))
    return known > _MOSTLY * count if count else True


def _is_known(text_page: Any, i: int) -> bool:  # noqa: ANN401
    if pdfium_c.FPDFText_IsGenerated(text_page, i) == 1:
        return True
    sign = chr(pdfium_c.FPDFText_GetUnicode(text_page, i))
    return pdfium_c.FPDFText_HasUnicodeMapError(text_page, i) != 1 and (
        sign.isspace() or unicodedata.category(sign) not in {"Cc", "Cn", "Co", "Cs"}
    )


def quarter_turns(text_page: Any, view: Matrix) -> int:  # noqa: ANN401
    """Return by how many quarters, clockwise, a page has to be turned for most of its text."""
    turns = [letter.turn for letter in _letters(text_page, view)]
    for turn in (1, 2, 3):
        if turns.count(turn) > _MOSTLY * len(turns):
            return turn
    return 0


def _letters(text_page: Any, view: Matrix) -> list[Letter]:  # noqa: ANN401
    letters: list[Letter] = []
    seen: dict[int, int] = {}
    space = False
    count = min(pdfium_c.FPDFText_CountChars(text_page), _MOST_LETTERS)
    for i in range(count):
        sign = chr(pdfium_c.FPDFText_GetUnicode(text_page, i))
        if pdfium_c.FPDFText_IsGenerated(text_page, i) == 1 or sign.isspace():
            space = True
            continue
        if not _is_known(text_page, i):
            continue
        handle = pdfium_c.FPDFText_GetTextObject(text_page, i)
        address = ctypes.addressof(handle.contents) if handle else -i - 1
        piece = seen.setdefault(address, len(seen))
        letter = _letter(text_page, i, sign, view, piece, space)
        if letter is not None:
            letters.append(letter)
        space = False
    return letters


def _letter(
    text_page: Any,  # noqa: ANN401
    i: int,
    sign: str,
    view: Matrix,
    piece: int,
    space: bool,
) -> Letter | None:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    matrix = pdfium_c.FS_MATRIX()
    if not pdfium_c.FPDFText_GetCharBox(text_page, i, left, right, bottom, top):
        return None
    pdfium_c.FPDFText_GetMatrix(text_page, i, matrix)
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium_c.FPDFText_GetCharOrigin(text_page, i, x, y)
    room = pdfium_c.FS_RECTF()
    pdfium_c.FPDFText_GetLooseCharBox(text_page, i, room)
    a, b, c, d, e, f = view
    font = pdfium_c.FPDFText_GetFontSize(text_page, i)
    return placed_letter(
        sign,
        _seen(left.value, bottom.value, right.value, top.value, view),
        (a * x.value + c * y.value + e, b * x.value + d * y.value + f),
        (matrix.a * a + matrix.b * c, matrix.a * b + matrix.b * d),
        font * (matrix.c**2 + matrix.d**2) ** 0.5 * abs(a * d - b * c) ** 0.5,
        _colour(text_page, i),
        piece,
        space,
        _seen(room.left, room.bottom, room.right, room.top, view),
    )


def _seen(left: float, bottom: float, right: float, top: float, view: Matrix) -> Box:
    a, b, c, d, e, f = view
    xs = [a * x + c * y + e for x in (left, right) for y in (bottom, top)]
    ys = [b * x + d * y + f for x in (left, right) for y in (bottom, top)]
    return min(xs), min(ys), max(xs), max(ys)


def _colour(text_page: Any, i: int) -> Colour:  # noqa: ANN401
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium_c.FPDFText_GetFillColor(text_page, i, red, green, blue, alpha):
        return (0, 0, 0)
    return red.value, green.value, blue.value
