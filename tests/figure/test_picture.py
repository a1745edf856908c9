"""Raster files of every kind become RGB on white, and what cannot be read is refused plainly."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from perdure.errors import InputError
from perdure.figure.picture import load_picture, picture_of, upright


def _framed(size: tuple[int, int] = (400, 300)) -> Image.Image:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle((60, 40, size[0] - 30, size[1] - 50), outline="black", width=2)
    return image


@pytest.mark.parametrize("kind", ["png", "jpg", "tif", "webp", "gif", "bmp"])
def test_every_kind_of_file_is_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"figure.{kind}"
    _framed().save(path)
    picture = load_picture(path)
    assert (picture.width, picture.height, picture.scale) == (400, 300, 1.0)
    assert picture.pixels[150, 60].max() < 60
    assert picture.pixels[150, 200].min() > 245


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGBA", "CMYK", "I;16"])
def test_every_mode_becomes_black_on_white(mode: str, tmp_path: Path) -> None:
    path = tmp_path / ("figure.tif" if mode in {"CMYK", "I;16"} else "figure.png")
    if mode == "I;16":
        grey = np.asarray(_framed().convert("L"), dtype=np.uint16) * 257
        Image.fromarray(grey).save(path)
    else:
        _framed().convert(mode).save(path)
    picture = load_picture(path)
    assert picture.pixels.shape == (300, 400, 3)
    assert picture.pixels[150, 60].max() < 60
    assert picture.pixels[150, 200].min() > 245


def test_transparent_becomes_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (40, 30), (0, 0, 0, 0))
    image.putpixel((5, 6), (255, 0, 0, 255))
    image.save(tmp_path / "figure.png")
    picture = load_picture(tmp_path / "figure.png")
    assert picture.pixels[0, 0].tolist() == [255, 255, 255]
    assert picture.pixels[6, 5].tolist() == [255, 0, 0]


def test_the_orientation_of_a_camera_is_followed(tmp_path: Path) -> None:
    image = _framed()
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "figure.jpg", exif=exif)
    picture = load_picture(tmp_path / "figure.jpg")
    assert (picture.width, picture.height) == (300, 400)


def test_a_large_scan_is_made_smaller_and_says_by_how_much() -> None:
    picture = picture_of(_framed((6000, 4000)))
    assert (picture.width, picture.height) == (3000, 2000)
    assert picture.scale == 2.0


def test_a_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    )
    (tmp_path / "bomb.png").write_bytes(bomb + chunk(b"IEND", b""))
    with pytest.raises(InputError, match="more than 100 megapixels"):
        load_picture(tmp_path / "bomb.png")


def test_damaged_foreign_missing_and_tiny_files_are_refused(tmp_path: Path) -> None:
    _framed().save(tmp_path / "whole.png")
    data = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(data[: len(data) // 2])
    (tmp_path / "text.png").write_text("not a picture")
    Image.new("RGB", (8, 8)).save(tmp_path / "tiny.png")
    for name, reason in [
        ("cut.png", "damaged or cut off"),
        ("text.png", "not a picture"),
        ("missing.png", "no such file"),
        ("tiny.png", "too few"),
    ]:
        with pytest.raises(InputError, match=reason):
            load_picture(tmp_path / name)


@pytest.mark.parametrize("angle", [-2.5, -0.4, 0.6, 3.0])
def test_a_turned_scan_is_set_upright(angle: float) -> None:
    turned = _framed((900, 700)).rotate(angle, Image.Resampling.BICUBIC, fillcolor="white")
    picture = upright(picture_of(turned))
    assert picture.turned == pytest.approx(-angle, abs=0.05)
    dark = (picture.pixels.min(axis=2) < 128).mean(axis=0)
    assert dark[55:66].max() > 0.75, "the left line of the frame stands in one or two columns"


def test_a_straight_picture_is_not_touched() -> None:
    picture = picture_of(_framed())
    assert upright(picture) is picture


def _on_glass(ink: str, plot: str | None = None) -> Image.Image:
    image = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rectangle((60, 40, 370, 250), fill=plot, outline=ink, width=2)
    for x in range(60, 370, 20):  # labels
        draw.rectangle((x, 265, x + 8, 275), fill=ink)
    return image


@pytest.mark.parametrize(
    ("ink", "plot", "ground"),
    [("white", None, 0), ("black", None, 255), ("black", "white", 255), ("#BC3C29", None, 255)],
)
def test_the_paper_under_glass_is_one_on_which_the_ink_is_seen(
    ink: str, plot: str | None, ground: int
) -> None:
    pixels = picture_of(_on_glass(ink, plot)).pixels
    assert pixels[5, 5].tolist() == [ground] * 3
    assert np.abs(pixels[270, 64].astype(int) - ground).max() > 60
