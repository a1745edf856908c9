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
    return _compiled(files, text, format="pdf", pdf_standards=["ua-1"])


def picture_pdf(svg: str, title: str, alt: str) -> bytes:
    """Return a figure as PDF with paths and letters, not pixels; its page is the figure's size."""
    said = {"title": title, "alt": alt}
    return _compiled(_picture(svg), svg, format="pdf", pdf_standards=["ua-1"], sys_inputs=said)


def picture_png(svg: str, scale: float = 1.0) -> bytes:
    """Return a figure as PNG on white: 300 dots an inch when it has ``scale`` of its own size."""
    from PIL import Image

    said = {"title": "", "alt": ""}
    dots = scale * DOTS_PER_INCH
    drawn = _compiled(_picture(svg), svg, format="png", ppi=dots, sys_inputs=said)
    stream = BytesIO()
    with Image.open(BytesIO(drawn)) as image:
        image.convert("RGB").save(stream, "PNG", dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
    return stream.getvalue()


def _compiled(files: Mapping[str, bytes], text: str, **options: object) -> bytes:
    """Return what typst makes of the files, as one file."""
    import typst

    # typst's stubs do not know that it takes files by name, which its documentation says
    found = typst.compile(dict(files), font_paths=_fonts(has_letters(text)), **options)  # type: ignore[call-overload]
    if not isinstance(found, bytes):
        raise TypeError(f"typst returned {type(found).__name__} instead of one file")
    return found


def _picture(svg: str) -> dict[str, bytes]:
    return {"main.typ": _PICTURE.encode(), "picture.svg": in_own_face(svg).encode()}


@cache
def _fonts(enough: bool) -> "typst.Fonts":
    """Return typst's own faces and DejaVu; the system's too where these are not enough."""
    import typst

    return typst.Fonts(include_system_fonts=not enough, font_paths=[str(face_folder())])
