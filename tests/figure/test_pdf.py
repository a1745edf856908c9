"""PDFs: words, strokes and colours, and what cannot be read says why."""

import resource
import zlib
from collections.abc import Iterable
from pathlib import Path
from time import monotonic

import matplotlib as mpl
import numpy as np
import pypdfium2
import pytest
from matplotlib.backends.backend_pdf import PdfPages

from perdure.errors import InputError
from perdure.figure.panel import panels_of_sheet
from perdure.figure.pdf import read_pdf
from vector_figures import new_figure, save, steps


def hand_made(
    content: bytes, *, extra: bytes = b"", page: bytes = b"", trailer: bytes = b""
) -> bytes:
    """Return a PDF of one page, 200 by 100 points, written by hand."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R"
        b" /Resources << /XObject << /F 5 0 R >> >> " + page + b" >>",
        b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream",
        extra or b"null",
    ]
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        data
        + b"xref\n0 6\n0000000000 65535 f \n"
        + table
        + b"trailer\n<< /Size 6 /Root 1 0 R "
        + trailer
        + b" >>\nstartxref\n%d\n%%%%EOF\n" % len(data)
    )


def refusal(path: Path, page: int | None = None) -> str:
    with pytest.raises(InputError) as caught:
        read_pdf(path, page)
    return str(caught.value)


def test_a_figure_has_its_words_and_strokes_in_the_pixels_of_its_picture(tmp_path: Path) -> None:
    figure, plot = new_figure()
    curve = steps(1)
    plot.step(curve[:, 0], curve[:, 1], where="post", color="#c00000", linewidth=2)
    plot.text(20, 0.8, "Hazard ratio, 0.52 (95% CI, 0.42 to 0.65)")
    sheet = read_pdf(save(figure, tmp_path / "figure.pdf"))
    texts = [word.text for word in sheet.drawing.words]
    assert "Hazard ratio, 0.52 (95% CI, 0.42 to 0.65)" in texts
    assert {"0", "6", "36", "Months", "Overall survival"} <= set(texts)
    assert [w.turned for w in sheet.drawing.words if w.text == "Overall survival"] == [True]
    assert sheet.picture.width == pytest.approx(sheet.drawing.width, abs=1)
    (line,) = [stroke for stroke in sheet.drawing.strokes if stroke.colour == (192, 0, 0)]
    assert line.width == pytest.approx(2 * sheet.scale, rel=0.01)
    x, y = np.round(line.points[len(line.points) // 2]).astype(int)
    assert sheet.picture.pixels[y, x].tolist() == [192, 0, 0]
    assert not sheet.outlined
    assert not sheet.is_picture


def test_dashes_and_see_through_colours_are_those_that_are_seen(tmp_path: Path) -> None:
    figure, plot = new_figure()
    plot.plot([0, 36], [0.3, 0.3], color="blue", dashes=(4, 2), linewidth=1, alpha=0.5)
    sheet = read_pdf(save(figure, tmp_path / "figure.pdf"))
    (line,) = [stroke for stroke in sheet.drawing.strokes if stroke.dash]
    assert line.dash == pytest.approx((4 * sheet.scale, 2 * sheet.scale), rel=0.01)
    assert line.colour == pytest.approx((128, 128, 255), abs=1)


def test_forms_within_a_page_stand_where_their_matrices_put_them(tmp_path: Path) -> None:
    inner = b"0 0 m 10 0 l S"
    form = (
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 50 50] /Matrix [1 0 0 1 5 0] /Length %d >>"
        b"\nstream\n" % len(inner) + inner + b"\nendstream"
    )
    path = tmp_path / "form.pdf"
    path.write_bytes(hand_made(b"q 2 0 0 2 20 30 cm /F Do Q", extra=form))
    sheet = read_pdf(path)
    (line,) = sheet.drawing.strokes
    expected = np.array([[30.0, 70.0], [50.0, 70.0]]) * sheet.scale - 0.5
    assert line.points == pytest.approx(expected, abs=0.01)


def test_a_clip_cuts_and_a_turned_page_is_upright(tmp_path: Path) -> None:
    path = tmp_path / "turned.pdf"
    path.write_bytes(hand_made(b"0 0 100 100 re W n 10 20 m 190 20 l S", page=b"/Rotate 90"))
    sheet = read_pdf(path)
    assert sheet.drawing.width < sheet.drawing.height
    (line,) = sheet.drawing.strokes
    points = (line.points + 0.5) / sheet.scale
    assert points == pytest.approx(np.array([[20.0, 10.0], [20.0, 100.0]]), abs=0.1)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_figure_that_lies_on_its_side_is_set_upright(tmp_path: Path, turn: int) -> None:
    figure, plot = new_figure()
    curve = steps(1)
    plot.step(curve[:, 0], curve[:, 1], where="post", color="#c00000", linewidth=2)
    path = save(figure, tmp_path / "figure.pdf")
    upright = read_pdf(path)
    document = pypdfium2.PdfDocument(path)
    document[0].set_rotation(turn)
    document.save(str(tmp_path / "turned.pdf"))
    document.close()
    sheet = read_pdf(tmp_path / "turned.pdf")
    assert sheet.notes == ("the page was turned upright",)
    assert [w.text for w in sheet.drawing.words] == [w.text for w in upright.drawing.words]
    for found, true in zip(sheet.drawing.strokes, upright.drawing.strokes, strict=True):
        assert found.points == pytest.approx(true.points, abs=0.01)
    assert np.abs(sheet.picture.pixels.astype(int) - upright.picture.pixels).mean() < 1


def test_fonts_that_do_not_say_their_letters_leave_the_words_to_the_picture(
    tmp_path: Path,
) -> None:
    figure, _ = new_figure()
    with mpl.rc_context({"pdf.fonttype": 42}):
        path = save(figure, tmp_path / "figure.pdf")
    assert not read_pdf(path).outlined
    path.write_bytes(path.read_bytes().replace(b"/ToUnicode", b"/ToNothing"))
    sheet = read_pdf(path)
    assert sheet.outlined
    assert "Months" not in [word.text for word in sheet.drawing.words]


def test_a_thin_filled_rectangle_is_a_line_too(tmp_path: Path) -> None:
    path = tmp_path / "office.pdf"
    path.write_bytes(hand_made(b"20 30 100 0.5 re f"))
    sheet = read_pdf(path)
    (line,) = sheet.drawing.strokes
    assert np.ptp(line.points[:, 0]) == pytest.approx(100 * sheet.scale)


def test_one_page_with_a_figure_among_several_is_taken_and_said(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    with PdfPages(path) as pages:
        for number in range(4):
            figure, plot = new_figure()
            if number != 2:
                figure.clear()
                figure.text(0.1, 0.5, "Words only.")
            else:
                plot.plot([0, 30], [1, 0.4])
            pages.savefig(figure)
    sheet = read_pdf(path)
    assert (sheet.page, sheet.pages) == (3, 4)
    assert sheet.notes == ("page 3 of 4 was taken: the only one with a figure",)
    assert read_pdf(path, 1).drawing.words[0].text == "Words only."
    assert "there is no page 9: the file has 4 pages" in refusal(path, 9)


def test_many_pages_need_a_page(tmp_path: Path) -> None:
    path = tmp_path / "book.pdf"
    with PdfPages(path) as pages:
        for _ in range(30):
            figure, _plot = new_figure(2, 2)
            pages.savefig(figure)
    assert refusal(path) == (
        "book.pdf: the file has 30 pages. Say which one holds the figure with --page."
    )


def test_a_picture_in_a_page_comes_at_its_own_resolution(tmp_path: Path) -> None:
    figure, plot = new_figure()
    plot.axis("off")
    pixels = np.random.default_rng(1).integers(0, 255, (338, 450, 3), dtype=np.uint8)
    plot.imshow(pixels, interpolation="none", aspect="auto", extent=(0, 36, 0, 1))
    sheet = read_pdf(save(figure, tmp_path / "scan.pdf"))
    (part,) = panels_of_sheet(sheet)
    assert part.is_picture
    assert (part.picture.width, part.picture.height) == pytest.approx((450, 338), abs=2)
    assert part.notes[-1].startswith("the figure is a picture in the page")


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = tmp_path / "bad.pdf"
    assert "cannot be read" in refusal(tmp_path / "none.pdf")
    path.write_bytes(b"no pdf at all")
    assert refusal(path) == (
        "bad.pdf: the file is damaged or no PDF. Get it again, or save the figure as PNG."
    )
    figure, _ = new_figure()
    save(figure, path)
    path.write_bytes(path.read_bytes()[:400])
    assert "damaged" in refusal(path)
    path.write_bytes(hand_made(b""))
    assert "page 1 is empty" in refusal(path)


def test_a_password_is_said(tmp_path: Path) -> None:
    path = tmp_path / "locked.pdf"
    lock = (
        b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <"
        + b"ab" * 32
        + b"> /U <"
        + b"cd" * 32
        + b"> >> /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]"
    )
    path.write_bytes(hand_made(b"0 0 m 9 9 l S", trailer=lock))
    assert refusal(path) == (
        "locked.pdf: the file is locked with a password. Save a copy without one."
    )


def packed(path: Path, pieces: Iterable[bytes]) -> Path:
    packer = zlib.compressobj(9)
    content = b"".join([*(packer.compress(piece) for piece in pieces), packer.flush()])
    body = hand_made(content).replace(b"<< /Length", b"<< /Filter /FlateDecode /Length", 1)
    path.write_bytes(body)
    return path


@pytest.mark.slow
def test_a_page_with_too_many_paths_is_read_as_pixels(tmp_path: Path) -> None:
    line = b"10 10 m " + b"90 90 l 10 20 l " * 200_000 + b"S"
    sheet = read_pdf(packed(tmp_path / "map.pdf", [line]))
    assert sheet.is_picture
    assert sheet.drawing.strokes == ()
    assert "too many paths" in sheet.notes[-1]


@pytest.mark.slow
def test_bombs_end_in_a_sentence_and_in_time(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pdf"
    start = monotonic()
    packed(path, [b" " * 1_000_000] * 300)
    assert "unpacks to more than a page can hold" in refusal(path)
    packed(path, [b"9 9 m 20 20 l S " * 60_000] * 10)
    assert "page 1 holds too many lines to draw" in refusal(path)
    assert monotonic() - start < 30


def filtered(content: bytes, filters: bytes, parameters: bytes = b"") -> bytes:
    return hand_made(content).replace(
        b"<< /Length", b"<< /Filter " + filters + parameters + b" /Length", 1
    )


def forms_in_forms(deep: int, wide: int) -> bytes:
    """Return a page whose form holds forms that hold forms: wide ** deep lines."""
    levels = [
        b"<< /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F %d 0 R >> >>"
        b" /Length %d >>\nstream\n" % (5 + level + 1, 6 * wide) + b"/F Do " * wide + b"\nendstream"
        for level in range(deep)
    ]
    line = b"<< /Subtype /Form /BBox [0 0 9 9] /Length 13 >>\nstream\n0 0 m 9 9 l S\nendstream"
    more = b"".join(
        b"\nendobj\n%d 0 obj\n" % number + body
        for number, body in enumerate([*levels[1:], line], start=6)
    )
    # the table of places is wrong for these: readers then look for the objects themselves
    return hand_made(b"/F Do", extra=levels[0] + more).replace(b"startxref", b"startxxxx")


def picture_of(wide: int, tall: int) -> bytes:
    bits = zlib.compress(bytes(wide // 8 * tall), 9)
    image = (
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray"
        b" /BitsPerComponent 1 /Filter /FlateDecode /Length %d >>\nstream\n"
        % (wide, tall, len(bits))
    )
    return hand_made(b"q 200 0 0 100 0 0 cm /F Do Q", extra=image + bits + b"\nendstream")


SPACES = 400_000_000


def squeezed() -> bytes:
    packer = zlib.compressobj(9)
    pieces = [packer.compress(b" " * 1_000_000) for _ in range(SPACES // 1_000_000)]
    return b"".join([*pieces, packer.flush()])


@pytest.mark.slow
def test_bombs_take_little_memory_and_time_however_they_are_packed(tmp_path: Path) -> None:
    once = squeezed()
    bombs = {
        "twice": filtered(zlib.compress(once, 9), b"[/FlateDecode /FlateDecode]"),
        "spelt": filtered(once, b"/Fl#61teDecode"),
        "hex": filtered(once.hex().encode() + b">", b"[/ASCIIHexDecode /FlateDecode]"),
        "forms": forms_in_forms(11, 8),
    }
    assert len(bombs["twice"]) < 10_000
    path = tmp_path / "bomb.pdf"
    for name, content in bombs.items():
        path.write_bytes(content)
        start = monotonic()
        assert "unpacks to more than a page can hold" in refusal(path), name
        assert monotonic() - start < 40, name
    path.write_bytes(picture_of(20_000, 20_000))
    assert "more than 100 megapixels" in refusal(path)
    for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF):
        assert resource.getrusage(who).ru_maxrss < 1_500_000  # kB


def test_forms_in_forms_that_a_page_can_hold_are_read(tmp_path: Path) -> None:
    path = tmp_path / "forms.pdf"
    path.write_bytes(forms_in_forms(3, 2))
    assert len(read_pdf(path).drawing.strokes) == 8


@pytest.mark.slow
def test_more_forms_than_a_figure_has_are_read_as_pixels(tmp_path: Path) -> None:
    path = tmp_path / "forms.pdf"
    path.write_bytes(forms_in_forms(6, 7))
    assert "too many paths" in read_pdf(path).notes[-1]


def test_a_page_with_a_large_picture_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(picture_of(6_000, 4_000))
    assert [(one.picture.width, one.picture.height) for one in read_pdf(path).images] != []
