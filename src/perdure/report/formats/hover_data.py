"""What the page's script reads: the values in its figures, by the name of each picture."""

import json
from collections.abc import Iterator, Sequence

from perdure.plots.hover import Hover, HoverPanel
from perdure.report.blocks import Document
from perdure.report.class_filter import ClassFilter

__all__ = ["hover_json"]

TIME, SHARE, PLACE = 3, 5, 4
"""Decimals of months, of survival, of places in a picture."""


def hover_json(document: Document) -> str:
    """Return classes and the values in figures as JSON that may stand in a script element.

    Examples
    --------
    >>> print(hover_json(Document("", "", (), (), "")))
    {"by":"","classes":[],"figures":{}}
    """
    figures = {
        picture.name: _figure(picture.hover, picture.points, document.filter)
        for figure in document.figures
        for picture in figure.pictures
        if picture.hover is not None
    }
    content = {
        "by": document.filter.by,
        "classes": document.filter.names,
        "figures": figures,
    }
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # a label must not end the element that it stands in
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _figure(found: Hover, size: tuple[float, float], classes: ClassFilter) -> dict[str, object]:
    width, height = size
    if isinstance(found, HoverPanel):
        left, top, across, down = found.box
        box = (left / width, top / height, across / width, down / height)
        return {
            "title": found.title,
            "size": size,
            "box": _rounded(box, PLACE),
            "end": found.end,
            "top": found.top,
            "curves": list(_curves(found, classes)),
        }
    return {
        "height": round(found.height / height, PLACE + 1),
        "rows": [
            {
                "at": round(row.at / height, PLACE + 1),
                "words": row.words,
                "group": row.group,
                "classes": classes.of_words(row.group),
            }
            for row in found.rows
        ],
    }


def _curves(found: HoverPanel, classes: ClassFilter) -> Iterator[dict[str, object]]:
    for one in found.curves:
        yield {
            "label": one.label,
            "color": one.color,
            "dash": _rounded(one.dash, 2),
            "classes": classes.of_arms(found.trial, one.arm),
            "time": _rounded(one.time, TIME),
            "survival": _rounded(one.survival, SHARE),
            "low": _rounded(one.low, SHARE),
            "high": _rounded(one.high, SHARE),
            "leaves": _rounded(one.leaves, TIME),
        }


def _rounded(values: Sequence[float], digits: int) -> list[float]:
    return [round(value, digits) for value in values]
