"""SVGs: transforms, styles and text, and files that mean harm."""

import gzip
from pathlib import Path
from time import monotonic

import numpy as np
import pytest

from perdure.errors import InputError
from perdure.figure.sheet import Sheet
from perdure.figure.svg import read_svg
from vector_figures import new_figure, save, steps

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def read(tmp_path: Path, body: str, size: str = 'width="400" height="300"') -> Sheet:
    path = tmp_path / "figure.svg"
    path.write_text(f"{HEAD} {size}>{body}</svg>")
    return read_svg(path, dpi=96)


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_svg(path)
    return str(caught.value)


def test_a_figure_of_matplotlib_has_its_words_and_curve(tmp_path: Path) -> None:
    figure, plot = new_figure()
    curve = steps(1)
    plot.step(curve[:, 0], curve[:, 1], where="post", color="#c00000", linewidth=2)
    sheet = read_svg(save(figure, tmp_path / "figure.svg"))
    assert {"0", "36", "Months", "Overall survival"} <= {w.text for w in sheet.drawing.words}
    (line,) = [stroke for stroke in sheet.drawing.strokes if stroke.colour == (192, 0, 0)]
    x, y = np.round(line.points[len(line.points) // 2]).astype(int)
    assert sheet.picture.pixels[y, x].tolist() == [192, 0, 0]


def test_words_drawn_as_shapes_are_named_by_the_comment_or_left_to_the_picture(
    tmp_path: Path,
) -> None:
    figure, _ = new_figure()
    path = save(figure, tmp_path / "figure.svg", fonts="path")
    sheet = read_svg(path)
    assert {"0", "36", "Months", "Overall survival"} <= {w.text for w in sheet.drawing.words}
    assert not sheet.outlined
    path.write_text("\n".join(t for t in path.read_text().splitlines() if "<!--" not in t))
    sheet = read_svg(path)
    assert sheet.outlined
    assert sheet.drawing.words == ()


@pytest.mark.parametrize(
    "body",
    [
        '<line x1="10" y1="20" x2="110" y2="20" stroke="#f00" stroke-width="2"/>',
        ('<style>.km line, #other {stroke: #f00; stroke-width: 2}</style>'
        '<g class="km"><line x1="10" y1="20" x2="110" y2="20"/></g>'),
        '<g style="stroke:red; stroke-width:2px"><path d="m10,20h100"/></g>',
        ('<g transform="translate(10 20) scale(2)"><polyline points="0,0 50,0" fill="none"'
        ' style="stroke: rgb(255,0,0)"/></g>'),
        ('<defs><path id="p" d="M0 0L100 0" stroke="red" stroke-width="2"/></defs>'
        '<use xlink:href="#p" x="10" y="20"/>'),
        ('<svg x="10" y="20" width="200" height="100" viewBox="0 0 400 200">'
        '<path d="M0 0 L200 0" stroke="red" stroke-width="4"/></svg>'),
        '<g transform="rotate(90 60 60)"><path d="M20 110V10" stroke="red" stroke-width="2"/></g>',
        ('<clipPath id="c"><rect x="10" y="0" width="100" height="50"/></clipPath>'
        '<path clip-path="url(#c)" d="M-50 20 L 500 20" stroke="red" stroke-width="2"/>'),
        '<g opacity="0.5"><path d="M10 20H110" stroke="#f00" stroke-width="2"/></g>',
    ],
)  # fmt: skip
def test_a_line_is_where_styles_and_transforms_put_it(tmp_path: Path, body: str) -> None:
    sheet = read(tmp_path, body)
    (line,) = sheet.drawing.strokes
    points = line.points[np.argsort(line.points[:, 0])] + 0.5
    assert points == pytest.approx(np.array([[10.0, 20.0], [110.0, 20.0]]), abs=0.3)
    assert line.width == pytest.approx(2)
    assert line.colour == ((255, 128, 128) if "opacity" in body else (255, 0, 0))


def test_shapes_and_dashes(tmp_path: Path) -> None:
    sheet = read(
        tmp_path,
        '<circle cx="50" cy="60" r="10" fill="blue" fill-opacity=".5"/>'
        '<path d="M10 10 C 20 10 30 20 30 30 z" fill="none" stroke="green"'
        ' stroke-dasharray="3,2"/><path d=""/><path/><rect width="0" height="3"/>',
    )
    (ring,) = sheet.drawing.fills
    assert ring.opacity == pytest.approx(0.5)
    assert ring.points.mean(axis=0) == pytest.approx([49.5, 59.5], abs=0.5)
    (bend,) = sheet.drawing.strokes
    assert bend.dash == (3.0, 2.0)
    assert len(bend.points) > 8


def test_text_has_a_box_by_its_anchor_and_turn(tmp_path: Path) -> None:
    sheet = read(
        tmp_path,
        '<text x="100" y="50" font-size="10" text-anchor="middle">12</text>'
        '<text transform="translate(20 150) rotate(-90)" style="font: 12px Arial;'
        ' text-anchor: middle">Survival</text>'
        '<text x="300" y="80" text-anchor="end" font-size="10">No. at <tspan fill="red">risk'
        '</tspan></text><text x="10 40" y="90" font-size="10">12</text>',
    )
    words = {word.text: word for word in sheet.drawing.words}
    assert words["12"].centre[0] == pytest.approx(99.5, abs=0.1)
    assert words["12"].bottom == pytest.approx(49.5, abs=0.1)
    assert words["Survival"].turned
    assert words["Survival"].centre[1] == pytest.approx(149.5, abs=0.1)
    assert words["No. at risk"].right == pytest.approx(299.5, abs=0.1)
    assert {"1", "2"} <= set(words)


def test_a_packed_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "figure.svgz"
    line = '<path d="M0 0L9 9" stroke="red"/>'
    path.write_bytes(gzip.compress(f'{HEAD} width="40" height="30">{line}</svg>'.encode()))
    assert len(read_svg(path).drawing.strokes) == 1


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = tmp_path / "bad.svg"
    assert "cannot be read" in refusal(tmp_path / "none.svg")
    for text, message in (
        ("<svg", "damaged or no SVG"),
        ("", "damaged or no SVG"),
        ("<html/>", "is no SVG"),
        (f"{HEAD} width='4' height='3'/>", "nothing is drawn"),
        (f"{HEAD}><path d='M0 0L9 9' stroke='red'/></svg>", "how large"),
        (f"{HEAD} width='1e9' height='1e9'><path d='M0 0L9 9' stroke='red'/></svg>", "larger"),
    ):
        path.write_text(text)
        assert message in refusal(path)
    path.write_bytes(b"\x1f\x8bxx")
    assert "damaged" in refusal(path)


@pytest.mark.slow
def test_bombs_end_in_a_sentence_and_in_time(tmp_path: Path) -> None:
    path = tmp_path / "bomb.svg"
    start = monotonic()
    entities = "".join(
        f'<!ENTITY e{i} "{f"&e{i - 1};" * 20}">' if i else '<!ENTITY e0 "boom">' for i in range(12)
    )
    path.write_text(
        f"<!DOCTYPE svg [{entities}]>{HEAD} width='40' height='30'><text>&e11;</text></svg>"
    )
    assert "bomb.svg" in refusal(path)
    uses = "".join(
        f'<g id="u{i}">' + f'<use xlink:href="#u{i - 1}"/>' * 20 + "</g>" for i in range(1, 12)
    )
    path.write_text(
        f"{HEAD} width='40' height='30'><path id='u0' d='M0 0L1 1' stroke='red'/>{uses}</svg>"
    )
    assert "unfolds" in refusal(path)
    path.write_text(f'{HEAD} width="4" height="3"><g id="a"><use xlink:href="#a"/></g></svg>')
    assert "unfolds" in refusal(path)
    path.write_bytes(gzip.compress(b" " * 200_000_000))
    assert "more than 40 MB" in refusal(path)
    path.write_text(f"{HEAD} width='4' height='3'>{'<g>' * 200}{'</g>' * 200}</svg>")
    assert "bomb.svg" in refusal(path)
    assert monotonic() - start < 30


def test_nothing_outside_the_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text(f'{HEAD} width="400" height="300"><rect width="400" height="300"/></svg>')
    sheet = read(
        tmp_path,
        f'<image xlink:href="{secret}" width="400" height="300"/>'
        f'<image href="file://{secret}" width="400" height="300"/>'
        '<path d="M0 0L9 9" stroke="red"/>',
    )
    assert sheet.picture.pixels[200, 200].tolist() == [255, 255, 255]
    path = tmp_path / "entity.svg"
    path.write_text(
        f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file://{secret}">]>{HEAD} width="40" height="30">'
        '<text y="9">&x;</text><path d="M0 0L9 9" stroke="red"/></svg>'
    )
    assert read_svg(path).drawing.words == ()
