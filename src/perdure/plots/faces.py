"""The faces that letters are set in where a file must hold them itself: PDF and PNG.

An SVG leaves the face to whoever shows it. A PDF or PNG made of it has DejaVu Sans, in which the
letters were measured and which matplotlib brings along: the same on every machine.
"""

import re
from functools import cache
from pathlib import Path

__all__ = ["FACE", "face_folder", "has_letters", "in_own_face"]

FACE = "DejaVu Sans"
_FILE = "DejaVuSans.ttf"


def face_folder() -> Path:
    """Return the folder with the files of the face."""
    from matplotlib import get_data_path

    return Path(get_data_path()) / "fonts" / "ttf"


@cache
def _known() -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(face_folder() / _FILE)).get_charmap())


def has_letters(text: str) -> bool:
    """Say whether the face has every letter of a text.

    Examples
    --------
    >>> has_letters("Étude française, τ² ≥ 0"), has_letters("试验")
    (True, False)
    """
    return all(ord(letter) in _known() for letter in text if letter.isprintable())


def in_own_face(svg: str) -> str:
    """Return an SVG of perdure with its letters in the face.

    Examples
    --------
    >>> in_own_face("<svg><style>text{font-family:Arial, sans-serif}</style></svg>")
    "<svg><style>text{font-family:'DejaVu Sans'}</style></svg>"
    """
    return re.sub(r"(?<=<style>)text\{font-family:[^}]*\}", f"text{{font-family:'{FACE}'}}", svg)
