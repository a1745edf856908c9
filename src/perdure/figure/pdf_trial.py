"""A trial of a PDF in a process of its own, which may use so much memory and time and no more.

Run as ``python -m perdure.figure.pdf_trial FILE [PAGE]`` by :mod:`perdure.figure.pdf_bombs`; it
imports little, so that it starts quickly.
"""

import sys
from collections.abc import Iterator
from contextlib import suppress
from ctypes import c_uint
from time import monotonic
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium_c

from perdure.figure.resolution import pixels_a_point

__all__ = ["FINE", "LARGE_PICTURES", "MANY_LINES", "MOST_PAGES", "SECONDS_OF_PAGES"]

FINE, LARGE_PICTURES, MANY_LINES, TOO_MUCH = "fine", "large pictures", "many lines", "too much"
"""What a trial prints."""
MOST_PAGES = 20
"""Files of more pages are not searched for the one with a figure."""
SECONDS_OF_PAGES = 5.0
"""After which no further page is searched."""

_MEMORY = 560 * 2**20  # bytes; 490,000 lines take 160 million, a scan of 30 megapixels 400
_SECONDS = 15  # of the processor; 490,000 lines take 5
_MOST_DRAWN = 500_000  # objects
_MOST_PIXELS = 100e6  # as of a picture that is a file of its own
_DEEPEST = 12  # forms within forms


def _limit() -> None:
    """Limit this process; where the system knows no limits, its caller keeps the time."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  # Windows has none

    wanted = ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _SECONDS))
    for kind, most in (*wanted, (resource.RLIMIT_CORE, 0)):
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


def _try(path: str, number: int | None) -> str:
    """Load a page, or every page that is searched for a figure; draw it where it is alone."""
    document = pypdfium2.PdfDocument(path)
    count = len(document)
    if number is None and count > 1:
        start = monotonic()
        for at in range(count if count <= MOST_PAGES else 0):
            document[at].close()
            if monotonic() - start > SECONDS_OF_PAGES:
                break
        return FINE
    page = document[(number or 1) - 1]
    objects, pixels = _held(page)
    if objects > _MOST_DRAWN:
        return MANY_LINES
    if pixels > _MOST_PIXELS:
        return LARGE_PICTURES
    page.get_textpage().close()
    wide, tall = page.get_size()
    if min(wide, tall) >= 1:
        page.render(scale=pixels_a_point(wide, tall, None, 72.0)).close()
    return FINE


def _held(page: Any) -> tuple[int, float]:  # noqa: ANN401  # pypdfium2 has no types
    """Return how many objects a page holds, and how many pixels its pictures have together."""
    raw = page.raw
    top = (pdfium_c.FPDFPage_GetObject(raw, i) for i in range(pdfium_c.FPDFPage_CountObjects(raw)))
    wide, tall = c_uint(), c_uint()
    objects, pixels = 0, 0.0
    for handle in _objects(top, 0):
        objects += 1
        if objects > _MOST_DRAWN:
            break
        if pdfium_c.FPDFPageObj_GetType(handle) == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            pdfium_c.FPDFImageObj_GetImagePixelSize(handle, wide, tall)
            pixels += wide.value * tall.value
    return objects, pixels


def _objects(handles: Iterator[Any], depth: int) -> Iterator[Any]:
    for handle in handles:
        yield handle
        if pdfium_c.FPDFPageObj_GetType(handle) == pdfium_c.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
            count = pdfium_c.FPDFFormObj_CountObjects(handle)
            inner = (pdfium_c.FPDFFormObj_GetObject(handle, i) for i in range(count))
            yield from _objects(inner, depth + 1)


def _main() -> None:
    _limit()
    _, path, *numbers = sys.argv
    try:
        said = _try(path, int(numbers[0]) if numbers else None)
    except (pypdfium2.PdfiumError, IndexError):
        said = FINE  # locked, damaged, no such page: its reader says so
    except MemoryError:
        said = TOO_MUCH
    sys.stdout.write(said)


if __name__ == "__main__":
    _main()
