"""Typst, with the same letters on every machine: no network, no fonts of the system."""

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from perdure.plots.faces import face_folder, has_letters, in_own_face

if TYPE_CHECKING:
    import typst

__all__ = ["DOTS_PER_INCH", "picture_pdf", "picture_png", "typeset"]

DOTS_PER_INCH = 300
"""What journals ask for."""

_PICTURE = """\
#set document(title: sys.inputs.title, date: none)
#set page(width: auto, height: auto, margin: 0pt, fill: white)
#set text(lang: "en", region: "gb")
#image("picture.svg", alt: sys.inputs.alt)
"""


def typeset(files: Mapping[str, bytes], text: str) -> bytes:
    """Return the PDF of a document, which any reader, a screen reader too, can open (PDF/UA-1).

    Parameters
    ----------
    files : mapping of str to bytes
        The document, main.typ, and what it takes in.
    text : str
        All its words: where one has a letter that the faces lack, fonts of the system may help.
    """
    import typst

    return _one(
        typst.compile(dict(files), font_paths=_fonts(has_letters(text)), pdf_standards=["ua-1"])
    )


def picture_pdf(svg: str, title: str, alt: str) -> bytes:
    """Return a figure as PDF with paths and letters, not pixels; its page is the figure's size."""
    import typst

    return _one(
        typst.compile(
            _picture(svg),
            font_paths=_fonts(has_letters(svg)),
            sys_inputs={"title": title, "alt": alt},
            pdf_standards=["ua-1"],
        )
    )


def picture_png(svg: str, scale: float = 1.0) -> bytes:
    """Return a figure as PNG on white: 300 dots an inch when it has ``scale`` of its own size."""
    import typst
    from PIL import Image

    drawn = _one(
        typst.compile(
            _picture(svg),
            font_paths=_fonts(has_letters(svg)),
            sys_inputs={"title": "", "alt": ""},
            format="png",
            ppi=scale * DOTS_PER_INCH,
        )
    )
    stream = BytesIO()
    with Image.open(BytesIO(drawn)) as image:
        image.convert("RGB").save(stream, "PNG", dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
    return stream.getvalue()


def _picture(svg: str) -> dict[str, bytes]:
    return {"main.typ": _PICTURE.encode(), "picture.svg": in_own_face(svg).encode()}


@cache
def _fonts(enough: bool) -> "typst.Fonts":
    """Return typst's own faces and DejaVu; the system's too where these are not enough."""
    import typst

    return typst.Fonts(include_system_fonts=not enough, font_paths=[str(face_folder())])


def _one(found: object) -> bytes:
    if not isinstance(found, bytes):
        raise TypeError(f"typst returned {type(found).__name__} instead of one file")
    return found
