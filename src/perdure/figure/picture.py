"""Raster files to upright pixels on paper, within bounds of memory."""

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from perdure.errors import InputError, Problem
from perdure.figure.page import Picture, Pixels

__all__ = ["load_picture", "picture_of", "upright"]

_MOST_PIXELS = 100_000_000
"""A file above this is refused: while it is read it would fill a gigabyte."""
_LONGEST_SIDE = 3000
"""Larger pictures are made smaller: more pixels add time and no precision to a figure in print."""
_STEEPEST = 5.0
"""Degrees: a line that leans more than this is no axis of a scan laid down by hand."""
_LIGHT = 200
"""Brightness of ink that is not seen on white paper."""
_KINDS = ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP")


def load_picture(path: Path | str) -> Picture:
    """Return the pixels of a PNG, JPEG, TIFF, WebP, GIF or BMP file.

    What is transparent becomes white, or black under ink too light for white; a camera's
    orientation is followed, and of a file with several frames the first is taken. Files with a
    side above 3000 px are made smaller, and ``scale`` says by how much.

    Raises
    ------
    InputError
        Where the file is missing, damaged, no picture, or would unpack to over 100 megapixels.
    """
    path = Path(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=_KINDS) as image:
                return _decoded(image, path)
    except FileNotFoundError as error:
        raise _refusal(path, "there is no such file", "check the path") from error
    except UnidentifiedImageError as error:
        raise _refusal(
            path,
            "this is not a picture that can be read",
            "give a PNG, JPEG, TIFF, WebP, GIF, PDF or SVG",
        ) from error
    except Image.DecompressionBombError as error:
        raise _too_large(path) from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise _refusal(
            path, "the picture is damaged or cut off", "save or download the figure again"
        ) from error


def picture_of(image: Image.Image) -> Picture:
    """Return the picture of an image that Pillow holds, on white, or on black under light ink.

    Examples
    --------
    >>> from PIL import Image
    >>> glass = Image.new("RGBA", (4, 2), (255, 0, 0, 0))
    >>> picture_of(glass).pixels[0, 0].tolist()
    [255, 255, 255]
    """
    image = ImageOps.exif_transpose(image)
    original = max(image.size)
    if original > _LONGEST_SIDE:
        factor = _LONGEST_SIDE / original
        size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
        # Palettes and bilevel scans have no colours between: they need them to be made smaller.
        image = _plain(image).resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    pixels = np.asarray(_plain(image), dtype=np.uint8)
    return Picture(np.ascontiguousarray(pixels), scale=original / max(pixels.shape[:2]))


def _decoded(image: Image.Image, path: Path) -> Picture:
    width, height = image.size
    if width * height > _MOST_PIXELS:
        raise _too_large(path, f"{width} x {height}")
    if min(width, height) < 16:
        raise _refusal(
            path,
            f"the picture has {width} x {height} pixels, too few for a figure",
            "give the figure itself",
        )
    image.load()
    return picture_of(image)


def _plain(image: Image.Image) -> Image.Image:
    """Return the image in RGB, whatever its mode, with paper where it is transparent."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, dtype=np.float64)
        top = 65535.0 if values.max(initial=0.0) > 255 else 255.0
        if image.mode == "F" and values.max(initial=0.0) <= 1:
            top = 1.0
        grey = np.clip(values / top * 255, 0, 255).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        layered = image.convert("RGBA")
        ground = Image.new("RGBA", layered.size, _ground(layered))
        return Image.alpha_composite(ground, layered).convert("RGB")
    return image.convert("RGB")


def _ground(layered: Image.Image) -> tuple[int, int, int, int]:
    """Return black where what borders on the transparent is light, as on dark slides, else white.

    A white plot on glass has dark letters beside it: they need white paper.
    """
    pixels = np.asarray(layered)
    solid, glass = pixels[..., 3] > 127, pixels[..., 3] < 64
    beside = np.zeros_like(glass)
    beside[1:] |= glass[:-1]
    beside[:-1] |= glass[1:]
    beside[:, 1:] |= glass[:, :-1]
    beside[:, :-1] |= glass[:, 1:]
    ink = pixels[solid & beside][:, :3].astype(np.float64) @ (0.299, 0.587, 0.114)
    if ink.size and (ink > _LIGHT).mean() > 0.5 and (ink < 255 - _LIGHT).mean() < 0.05:
        return 0, 0, 0, 255
    return 255, 255, 255, 255


def _refusal(path: Path, message: str, remedy: str) -> InputError:
    return InputError(Problem(message, remedy, file=str(path)))


def _too_large(path: Path, size: str = "") -> InputError:
    return _refusal(
        path,
        f"the picture unpacks to {size + ' pixels, ' if size else ''}more than 100 megapixels",
        "save it smaller: 1500 to 3000 pixels wide is enough",
    )


def upright(picture: Picture) -> Picture:
    """Return the picture turned so that its long lines are level; ``turned`` says how far.

    A scan is rarely laid down straight. The angle is that of the long lines (axes, frame), weighted
    by their length; under 0.05 degrees, or where there is no long line, nothing is changed.
    """
    angle = _lean(picture.pixels)
    if abs(angle) < 0.05:
        return picture
    height, width = picture.pixels.shape[:2]
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
    turned = cv2.warpAffine(
        picture.pixels,
        turn,
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return replace(
        picture, pixels=np.asarray(turned, dtype=np.uint8), turned=picture.turned + angle
    )


def _lean(pixels: Pixels) -> float:
    """Return by how many degrees the long lines lean clockwise on the page."""
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    found: Any = cv2.createLineSegmentDetector().detect(grey)[0]
    segments = np.array([] if found is None else found, dtype=np.float64).reshape(-1, 4)
    across, down = segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1]
    length = np.hypot(across, down)
    angle = np.degrees(np.arctan2(down, across))
    # A level line and an upright one lean by the same angle: both are taken modulo 90 degrees.
    lean = (angle + 45) % 90 - 45
    long = (length > 0.12 * min(grey.shape)) & (np.abs(lean) < _STEEPEST)
    if length[long].sum() < 0.5 * min(grey.shape):
        return 0.0
    lean, length = lean[long], length[long]
    order = np.argsort(lean)
    half = np.searchsorted(np.cumsum(length[order]), length.sum() / 2)
    middle = lean[order][half]
    near = np.abs(lean - middle) < 0.3
    return float(np.average(lean[near], weights=length[near] ** 2))
