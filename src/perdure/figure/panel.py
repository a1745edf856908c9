"""Several plots on a page or in a picture, found apart and cut out, each with its own words.

A table of numbers at risk stays with the plot above it, also where it has a frame of its own.
"""

from perdure.figure.cut import cut_sheet, moved_word
from perdure.figure.geometry import Box
from perdure.figure.gutters import Gaps, gaps_of_boxes, gaps_of_pixels, gutter, ink_boxes
from perdure.figure.page import Drawing, Picture
from perdure.figure.paragraphs import running_text
from perdure.figure.picture_areas import areas_of_picture
from perdure.figure.picture_lines import ink_of
from perdure.figure.plot_areas import plot_areas
from perdure.figure.sheet import Sheet

__all__ = ["panel_boxes", "panels_of_sheet"]

_TABLE = 0.55  # of a plot's height: a frame beneath that is lower belongs to the plot
_SMALLEST = 0.25  # of the largest plot's width and height: smaller frames are no panels


def panels_of_sheet(sheet: Sheet) -> tuple[Sheet, ...]:
    """Return the figures of a page, from the top left: panels of paths, or pictures in the page.

    A page without any plot is returned whole, as pixels if a picture fills it.
    """
    if not sheet.is_picture and plot_areas(sheet.drawing):
        return tuple(cut_sheet(sheet, box) for box in panel_boxes(sheet.drawing))
    figures: list[Sheet] = []
    for image in sheet.images:
        scale = image.picture.width / (image.box[2] - image.box[0])
        words = [moved_word(word, image.box[:2], scale) for word in sheet.drawing.words]
        held = tuple(
            word
            for word in words
            if 0 <= word.centre[0] < image.picture.width
            and 0 <= word.centre[1] < image.picture.height
        )
        note = "the figure is a picture in the page: it was read from its pixels"
        whole = Sheet(
            Drawing(image.picture.width, image.picture.height, (), (), held),
            image.picture,
            sheet.scale * scale,
            sheet.page,
            sheet.pages,
            outlined=True,
            is_picture=True,
            notes=(*sheet.notes, note),
        )
        figures.extend(cut_sheet(whole, box) for box in panel_boxes(image.picture))
    return tuple(figures) or (sheet,)


def panel_boxes(figure: Drawing | Picture) -> tuple[Box, ...]:
    """Return the boxes of the panels with all that belongs to them; one box for a single plot.

    Examples
    --------
    >>> panel_boxes(Drawing(500, 400, (), (), ()))
    ((-0.5, -0.5, 499.5, 399.5),)
    """
    whole = (-0.5, -0.5, figure.width - 0.5, figure.height - 0.5)
    gaps: Gaps
    text: list[Box] = []
    if isinstance(figure, Drawing):
        areas = plot_areas(figure)
        gaps = gaps_of_boxes(ink_boxes(figure, areas))
        text = running_text(figure.words, areas)
    else:
        areas = areas_of_picture(figure)
        gaps = gaps_of_pixels(ink_of(figure))
    areas = _without_tables(areas)
    if not areas:
        return (whole,)
    boxes = [_region(area, areas, whole, gaps, text) for area in areas]
    return tuple(boxes)


def _without_tables(areas: list[Box]) -> list[Box]:
    """Leave out frames around tables, beneath a plot of about their width, and small ones."""
    if not areas:
        return []
    wide = max(area[2] - area[0] for area in areas)
    tall = max(area[3] - area[1] for area in areas)
    kept: list[Box] = []
    for area in areas:
        if area[2] - area[0] < _SMALLEST * wide or area[3] - area[1] < _SMALLEST * tall:
            continue
        if not any(_is_table(area, other) for other in areas if other is not area):
            kept.append(area)
    return kept or areas[:1]


def _is_table(area: Box, plot: Box) -> bool:
    common = min(area[2], plot[2]) - max(area[0], plot[0])
    return (
        area[1] > plot[1] + 0.7 * (plot[3] - plot[1])
        and common > 0.8 * (plot[2] - plot[0])
        and area[3] - area[1] < _TABLE * (plot[3] - plot[1])
    )


def _region(area: Box, areas: list[Box], whole: Box, gaps: Gaps, text: list[Box]) -> Box:
    """Return all that belongs to a plot: up to the gutters, and to the running text of a page."""
    region = whole
    for other in areas:
        if other != area:
            region = _beside(area, other, region, gaps)
            region = _stacked(area, other, region, gaps)
    for box in text:
        region = _clear(area, box, region)
    return region


def _beside(area: Box, other: Box, region: Box, gaps: Gaps) -> Box:
    """Keep a region off a plot to its left or right."""
    left, top, right, bottom = region
    common = min(area[3], other[3]) - max(area[1], other[1])
    if common > 0.3 * min(area[3] - area[1], other[3] - other[1]):
        low, high = min(area[1], other[1]), max(area[3], other[3])
        high += 0.4 * (high - low)  # the tables beneath too
        if other[0] >= area[2]:
            right = min(right, gutter((area[2], low, other[0], high), gaps, across=True))
        elif other[2] <= area[0]:
            left = max(left, gutter((other[2], low, area[0], high), gaps, across=True))
    return left, top, right, bottom


def _stacked(area: Box, other: Box, region: Box, gaps: Gaps) -> Box:
    """Keep a region off a plot above or beneath it."""
    left, top, right, bottom = region
    common = min(area[2], other[2]) - max(area[0], other[0])
    if common > 0.3 * min(area[2] - area[0], other[2] - other[0]):
        low, high = min(area[0], other[0]), max(area[2], other[2])
        low -= 0.1 * (high - low)  # the labels of the axis too
        if other[1] >= area[3]:
            bottom = min(bottom, gutter((low, area[3], high, other[1]), gaps, across=False))
        elif other[3] <= area[1]:
            top = max(top, gutter((low, other[3], high, area[1]), gaps, across=False))
    return left, top, right, bottom


def _clear(area: Box, text: Box, region: Box) -> Box:
    """Keep a region off a paragraph, on the side of the plot where that costs least."""
    left, top, right, bottom = region
    if min(text[2], right) <= max(text[0], left) or min(text[3], bottom) <= max(text[1], top):
        return region
    cuts: list[Box] = []
    if text[1] >= area[3]:
        cuts.append((left, top, right, text[1] - 1))
    if text[3] <= area[1]:
        cuts.append((left, text[3] + 1, right, bottom))
    if text[2] <= area[0]:
        cuts.append((text[2] + 1, top, right, bottom))
    if text[0] >= area[2]:
        cuts.append((left, top, text[0] - 1, bottom))
    return max(cuts, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]), default=region)
