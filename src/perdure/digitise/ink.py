"""What is drawn in thin lines: the paper taken away, the grid taken out, colours told apart.

Confidence bands, tinted panels and shadows are wide; curves, marks and letters are thin. A closing
by a square that no line can hold leaves the wide alone, and ink is what it took away.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from perdure.figure.page import Colour, Pixels
from perdure.records import Floats

__all__ = [
    "Bools",
    "Evidence",
    "Image",
    "Ink",
    "Lines",
    "evidence_of",
    "ink_colours",
    "lines_of",
]

Image = NDArray[np.float32]
"""Shape (height, width)."""
Bools = NDArray[np.bool_]
Indices = NDArray[np.intp]

_AROUND = np.ones((5, 5), np.uint8)
_BINS = 64
"""Of each channel of L*a*b*, more than there are steps of 6."""
FAINT = 40.0
"""Ink below this distance from the paper (of 441) is no line."""
TINT = 10.0
"""Paper this much darker than that of most of the plot (of 255) is that of a band."""
THROUGH = 0.5
"""Of its ink a line keeps this much or more under two bands."""
SLIVER = 0.002
"""Of the plot: a colour that this much of the paper has too is that of a narrow part of a band."""
ALIKE = 0.25
"""Of the ink: a pixel that is so far from a colour is hardly covered by it."""
DARKER = 1.45
"""Times the ink of a colour: what has more is of another."""
ACROSS = 0.6
"""A row or column with ink of one colour over this share of the plot, and at both ends, is grid."""

VIVID = 100.0
"""Ink whose channels differ by this much is that of a curve that stays at 1, and of no grid."""


@dataclass(frozen=True, eq=False)
class Lines:
    """The thin lines of a plot.

    Attributes
    ----------
    ink : array of float, shape (height, width, 3)
        Paper less pixel, by channel.
    strength : array of float, shape (height, width)
        Length of ``ink``.
    lab : array of float, shape (height, width, 3)
        The ink as it would look on white paper, in CIE L*a*b*.
    tinted : array of bool, shape (height, width)
        Where the paper is not that of the plot: in a band, which may lie over a line too.
    pixels, paper : array of int, shape (height, width, 3)
        As given, and without the lines.
    """

    ink: NDArray[np.float32]
    strength: Image
    lab: NDArray[np.float32]
    tinted: Bools
    pixels: Pixels
    paper: Pixels


@dataclass(frozen=True, eq=False)
class Ink:
    """One colour of lines.

    Attributes
    ----------
    direction : array of float, shape (3,)
        Its ink: paper less line.
    colour : tuple of int
        Of the line.
    pixels : int
        On its crests.
    """

    direction: NDArray[np.float32]
    colour: Colour
    pixels: int


def lines_of(pixels: Pixels) -> Lines:
    """Return the thin lines of a plot, without the lines of its grid.

    Parameters
    ----------
    pixels : array of int, shape (height, width, 3)
        The plot inside its axis lines.

    Examples
    --------
    >>> plot = np.full((80, 100, 3), 255, np.uint8)
    >>> plot[20:60, 10:90] = (200, 220, 255)  # a band
    >>> plot[40, 5:95] = (0, 0, 200)  # a line in it
    >>> found = lines_of(plot).strength
    >>> bool((found[40, 10:90] > 200).all()), bool((found[41:] == 0).all())
    (True, True)
    """
    shown = pixels
    if float(np.median(pixels)) < 90:  # light lines on a dark ground
        pixels = np.asarray(255 - pixels, dtype=np.uint8)
    size = int(max(9, 0.025 * pixels.shape[1])) | 1
    paper = cv2.morphologyEx(pixels, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
    ink = _without_grid(paper.astype(np.float32) - pixels.astype(np.float32))
    on_white = np.clip(1 - ink / np.float32(255), 0, 1).astype(np.float32)
    plain = np.median(paper.reshape(-1, 3), axis=0)
    return Lines(
        ink,
        _length(ink),
        np.asarray(cv2.cvtColor(on_white, cv2.COLOR_RGB2LAB), dtype=np.float32),
        _any_channel(paper < plain - TINT),
        shown,
        np.asarray(paper, dtype=np.uint8),
    )


def _length(ink: NDArray[np.float32]) -> Image:
    """Return the length of the ink of each pixel."""
    red, green, blue = cv2.split(ink)
    return np.asarray(np.sqrt(red * red + green * green + blue * blue), dtype=np.float32)


def _any_channel(flags: Bools) -> Bools:
    return np.asarray(flags[..., 0] | flags[..., 1] | flags[..., 2])


def _without_grid(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the ink without lines of one colour that cross the whole plot."""
    left = ink.copy()
    inked = _length(ink) > FAINT / 3
    for turned in (False, True):
        rows = ink.transpose(1, 0, 2) if turned else ink
        out = left.transpose(1, 0, 2) if turned else left
        on = inked.T if turned else inked
        end = max(int(0.06 * on.shape[1]), 3)
        for row in np.flatnonzero(on.mean(axis=1) > ACROSS):
            if on[row, :end].mean() < 0.3 or on[row, -end:].mean() < 0.3:
                continue
            colour = np.median(rows[row][on[row]], axis=0)
            if np.ptp(colour) > VIVID:
                continue
            same = np.linalg.norm(rows[row] - colour, axis=1) < 30
            if (same & on[row]).mean() > 0.5:
                out[row][same] = 0
    return left


def ink_colours(lines: Lines, hidden: Bools, *, least: int, most: int = 16) -> tuple[Ink, ...]:
    """Return the colours of the lines, that of most pixels first.

    Modes of the crests of lines in L*a*b*: the edges of a line mix with the paper.

    Parameters
    ----------
    lines : Lines
    hidden : array of bool, shape (height, width)
        Where text stands.
    least : int
        Pixels that make a colour.
    most : int
        Colours at most.
    """
    crest = np.flatnonzero(_crests(lines.strength) & ~hidden)
    lab = lines.lab.reshape(-1, 3)[crest]
    ink = lines.ink.reshape(-1, 3)[crest]
    found: list[tuple[Ink, Indices]] = []
    while len(crest) >= least and len(found) < most:
        apart = _apart(lab, _mode(lab))
        core = apart < 12
        direction = np.median(ink[core], axis=0) if core.any() else np.zeros(3)
        if int(core.sum()) >= least and np.linalg.norm(direction) >= FAINT:
            where = crest[core]
            one = Ink(direction.astype(np.float32), _colour(lines, where), len(where))
            found.append((one, where))
        left = apart >= 13
        crest, lab, ink = crest[left], lab[left], ink[left]
    return tuple(sorted(_lines_only(found, lines), key=lambda one: -one.pixels))


def _lines_only(found: list[tuple[Ink, Indices]], lines: Lines) -> list[Ink]:
    """Return the colours of lines: not of their edges, of slivers of bands, or of one line twice.

    A line that lies under a band has less ink there, in the same proportions.
    """
    # beside bands, which are pale, lines are drawn strong
    many = 0.4 * max((one.pixels for one, _ in found), default=0)
    strongest = max(
        (float(np.linalg.norm(one.direction)) for one, _ in found if one.pixels >= many),
        default=0.0,
    )
    faintest = 0.35 * strongest if float(lines.tinted.mean()) > 0.02 else 0.0
    papers = lines.paper[::3, ::3].astype(np.int16)
    pixels = {id(one): one.pixels for one, _ in found}
    kept: list[Ink] = []
    for one, where in sorted(found, key=lambda pair: float(np.linalg.norm(pair[0].direction))):
        like = ~_any_channel(np.abs(papers - np.array(one.colour, dtype=np.int16)) >= 10)
        faint = float(np.linalg.norm(one.direction)) < faintest
        if float(like.mean()) > SLIVER or faint:
            continue
        under_band = float(lines.tinted.ravel()[where].mean()) > 0.5
        darker = _darker(one, where, found, lines.tinted.shape, under_band=under_band)
        if darker is None:
            kept.append(one)
        else:
            pixels[id(darker)] += pixels[id(one)]
    return [replace(one, pixels=pixels[id(one)]) for one in kept]


def _darker(
    one: Ink,
    where: Indices,
    found: list[tuple[Ink, Indices]],
    shape: tuple[int, ...],
    *,
    under_band: bool,
) -> Ink | None:
    """Return the darker line that a colour belongs to, as its edge or where a band covers it.

    Of several that nearest in hue.
    """
    norm = float(np.linalg.norm(one.direction))
    best, closest = None, 0.0
    for other, around in found:
        longer = float(np.linalg.norm(other.direction))
        along = float(one.direction @ other.direction) / (norm * longer)
        if other is one or along < max(0.95, closest):
            continue
        alike = longer > 0.95 * norm and other.pixels > one.pixels
        edge = alike or longer > 1.1 * norm
        beside = edge and _share_near(where, around, shape) > 0.6
        if beside or (under_band and along > 0.97 and longer > 1.1 * norm):
            best, closest = other, along
    return best


def _share_near(where: Indices, around: Indices, shape: tuple[int, ...]) -> float:
    """Return the share of pixels that have one of others around them."""
    place = np.zeros(shape, np.uint8)
    place.ravel()[around] = 1
    return float(cv2.dilate(place, _AROUND).ravel()[where].mean())


def _crests(strength: Image) -> Bools:
    """Return where ink is at its strongest across a line."""
    padded = np.pad(strength, 1)
    here = strength > FAINT
    down = (strength >= padded[:-2, 1:-1]) & (strength >= padded[2:, 1:-1])
    across = (strength >= padded[1:-1, :-2]) & (strength >= padded[1:-1, 2:])
    return np.asarray(here & (down | across))


def _mode(lab: NDArray[np.float32]) -> Floats:
    """Return the densest colour: the fullest neighbourhood of bins, then the median around it."""
    bins = np.floor(lab / 6).astype(np.int64) + _BINS // 2
    filled = np.bincount((bins[:, 0] * _BINS + bins[:, 1]) * _BINS + bins[:, 2])
    keys = np.flatnonzero(filled)
    counts = filled[keys]
    places = np.stack([keys // _BINS**2, keys // _BINS % _BINS, keys % _BINS], axis=1)
    centres = (places - _BINS // 2) * 6.0 + 3
    first = np.argsort(-counts, kind="stable")[:40]
    around = [int(counts[_apart(centres, centres[at]) < 9].sum()) for at in first]
    centre = centres[first[int(np.argmax(around))]]
    for _ in range(8):
        near = lab[_apart(lab, centre) < 10]
        if not len(near):
            break
        before, centre = centre, np.median(near, axis=0)
        if np.array_equal(before, centre):
            break
    return np.asarray(centre, dtype=np.float64)


def _apart(lab: NDArray[np.floating], centre: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return how far colours are from one."""
    lightness, red, blue = (lab[:, one] - centre[one] for one in range(3))
    return np.asarray(np.sqrt(lightness**2 + red**2 + blue**2))


def _colour(lines: Lines, where: Indices) -> Colour:
    """Return the colour that pixels have, outside bands if some lie there."""
    plain = where[~lines.tinted.ravel()[where]]
    at = plain if len(plain) >= 0.1 * len(where) else where
    red, green, blue = np.median(lines.pixels[np.unravel_index(at, lines.tinted.shape)], axis=0)
    return int(red), int(green), int(blue)


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a plot shows of one colour.

    Attributes
    ----------
    ink : Ink
    covered : array of float, shape (height, width)
        Between 0 and 1: the share of the colour's ink, times how like it the pixel is.
    other : array of bool, shape (height, width)
        Ink that is not of this colour, with its blurred edges: something may lie on the curve.
    """

    ink: Ink
    covered: Image
    other: Bools


def evidence_of(lines: Lines, ink: Ink) -> Evidence:
    """Return how much each pixel is covered by a colour, and where there is other, darker ink."""
    covered, darkest = _covered(
        lines.ink, lines.strength, lines.tinted, ink.direction, THROUGH, DARKER
    )
    darker = cv2.dilate(darkest, _AROUND) > 0
    covered[darker] = 0
    other = darker | ((lines.strength > 1.5 * FAINT) & (covered < 0.4))
    return Evidence(ink, covered, np.asarray(other))


@njit(cache=True)
def _covered(
    ink: NDArray[np.float32],
    strength: Image,
    tinted: Bools,
    direction: NDArray[np.float32],
    through: float,
    darker: float,
) -> tuple[Image, NDArray[np.uint8]]:
    """Return how much each pixel is covered by a colour, and where the ink is much darker."""
    height, width = strength.shape
    covered = np.zeros((height, width), np.float32)
    darkest = np.zeros((height, width), np.uint8)
    red, green, blue = float(direction[0]), float(direction[1]), float(direction[2])
    squared = red * red + green * green + blue * blue
    for y in range(height):
        for x in range(width):
            if strength[y, x] == 0:
                continue
            here = ink[y, x]
            share = (here[0] * red + here[1] * green + here[2] * blue) / squared
            if share > darker:
                darkest[y, x] = 1
            if share > 0:
                off = (
                    (here[0] - share * red) ** 2
                    + (here[1] - share * green) ** 2
                    + (here[2] - share * blue) ** 2
                ) / squared
                seen = share / through if tinted[y, x] else share
                covered[y, x] = min(seen, 1.0) * np.exp(-off / ALIKE**2)
    return covered, darkest
