"""What becomes of a picture between its drawing and its reader: formats, frames, screens, faxes."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

Save = dict[str, Any]


@dataclass(frozen=True)
class Damaged:
    """The bytes of a file, and where its pixels were moved to; ``straight`` where by no turn."""

    content: bytes
    suffix: str
    width: int
    shift: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    straight: bool = True

    def x(self, pixel: float) -> float:
        return self.scale * pixel + self.shift[0]

    def y(self, pixel: float) -> float:
        return self.scale * pixel + self.shift[1]


def _saved(image: Image.Image, suffix: str, **more: Any) -> Damaged:
    held = io.BytesIO()
    options: dict[str, Save] = {
        "png": {"format": "PNG"},
        "jpg": {"format": "JPEG"},
        "tif": {"format": "TIFF"},
        "gif": {"format": "GIF"},
    }
    quality = {"quality": more.pop("quality")} if "quality" in more else {}
    image.save(held, **options[suffix], **quality)
    return Damaged(held.getvalue(), suffix, image.width, **more)


def _fax(image: Image.Image) -> Damaged:
    small = image.convert("L")
    return _saved(small.point(lambda v: 255 if v > 170 else 0).convert("1"), "tif")


def _sixteen(image: Image.Image) -> Damaged:
    grey = np.asarray(image.convert("L"), dtype=np.uint16) * 257
    return _saved(Image.fromarray(grey), "png")


def _screenshot(image: Image.Image) -> Damaged:
    """A window of a browser around the figure, on a desktop that is see-through at its edges."""
    left, top = 60, 150
    window = Image.new("RGBA", (image.width + 120, image.height + 260), (0, 0, 0, 0))
    pen = ImageDraw.Draw(window)
    pen.rounded_rectangle(
        (8, 8, window.width - 9, window.height - 9), 18, fill=(255, 255, 255, 255)
    )
    pen.rectangle((8, 24, window.width - 9, 90), fill=(222, 225, 230, 255))
    pen.rounded_rectangle((160, 38, window.width - 200, 76), 16, fill=(255, 255, 255, 255))
    for at, colour in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        pen.ellipse((30 + 34 * at, 46, 50 + 34 * at, 66), fill=colour)
    pen.text((180, 48), "https://www.journal.example/article/12/3/456/figure/2", fill="#333")
    pen.text((left, 112), "Figure 2. Kaplan-Meier estimates. Download figure", fill="#1a4f8b")
    window.paste(image, (left, top))
    pen.text((left, top + image.height + 30), "Back to article   Next figure", fill="#1a4f8b")
    return _saved(window, "png", shift=(float(left), float(top)))


def _photograph(image: Image.Image) -> Damaged:
    """A screen that was photographed: slanted, rippled, darker at its corners, noisy."""
    pixels = np.asarray(image).astype(np.float64)
    height, width = pixels.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    ripple = 6 * np.sin(rows * 1.9 + columns * 0.11)
    away = np.hypot(rows / height - 0.5, columns / width - 0.5)
    lit = (pixels * (1 - 0.35 * away[..., None] ** 2) + ripple[..., None]) * 0.93
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + np.array([[14, 9], [-5, 3], [-12, -8], [6, -3]], np.float32) * width / 1000
    turn = cv2.getPerspectiveTransform(corners, moved)
    seen = np.asarray(cv2.warpPerspective(lit, turn, (width, height), borderValue=(40, 40, 42)))
    seen = seen + np.random.default_rng(3).normal(0, 5, seen.shape)
    taken = Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8))
    return _saved(taken, "jpg", quality=80, straight=False)


def _turned(image: Image.Image) -> Damaged:
    return _saved(image.transpose(Image.Transpose.ROTATE_90), "png", straight=False)


DAMAGES: dict[str, Callable[[Image.Image], Damaged]] = {
    "png": lambda image: _saved(image, "png"),
    "jpg": lambda image: _saved(image, "jpg", quality=80),
    "jpg30": lambda image: _saved(image, "jpg", quality=30),
    "cmyk": lambda image: _saved(image.convert("CMYK"), "jpg", quality=85),
    "gif": lambda image: _saved(image.quantize(32), "gif"),
    "fax": _fax,
    "sixteen": _sixteen,
    "screenshot": _screenshot,
    "photograph": _photograph,
    "turned": _turned,
}
