"""A profile's picture holds its lines inside their bands, and every arm or the reason for none."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest

from perdure.durable.profile import durability_profile
from perdure.plots import profile_plot
from perdure.plots.style import ARM_LOOKS, CONTROL_LOOK
from perdure.records import Patients, Reference, TrialProfile

SVG = "{http://www.w3.org/2000/svg}"
LONG = "nivolumab + ipilimumab every 3 weeks, then maintenance until progression & beyond"
LABELS = {"combo": LONG, "mono": "monotherapy", "late": "a <late> arm", "old": "old"}
COMPARATORS = {"combo": "old", "mono": "old", "late": "old", "old": None}


def texts(svg: bytes) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def arm(seed: int, n: int, shape: float, scale: float, end: float) -> Patients:
    random = np.random.default_rng(seed)
    event, cut = scale * random.weibull(shape, n), end - 10 * random.random(n)
    return Patients(np.minimum(event, cut), event <= cut)


@pytest.fixture(scope="module")
def arms() -> dict[str, Patients]:
    """Four arms; the late one does not reach its median."""
    return {
        "combo": arm(1, 300, 0.6, 16, 50),
        "mono": arm(2, 300, 0.6, 10, 50),
        "late": arm(4, 60, 0.7, 60, 24),
        "old": arm(3, 300, 0.8, 4, 50),
    }


def profile_of(arms: dict[str, Patients], reference: Reference = "own") -> TrialProfile:
    found = durability_profile(arms, reference=reference, comparators=COMPARATORS)
    shape = 0.6 if reference == "own" else None
    fitted = tuple(
        replace(one, shape_fitted=shape if one.arm == "combo" else None) for one in found.profiles
    )
    return replace(found, profiles=fitted)


def paths(svg: bytes, colour: str, kind: str, width: str = "") -> list[np.ndarray]:
    """Corners of the paths with this colour: lines ("stroke") of a width, or areas ("fill")."""
    found = []
    for path in ET.fromstring(svg).iter(f"{SVG}path"):
        style = path.get("style") or ""
        if f"{kind}: {colour}" not in style or (width and f"stroke-width: {width}" not in style):
            continue
        corners, x, y = [], 0.0, 0.0
        for letter, numbers in re.findall(r"([MLHV])([-\d. ]+)", path.get("d") or ""):
            values = [float(number) for number in numbers.split()]
            x = x if letter == "V" else values[0]
            y = y if letter == "H" else values[-1]
            corners.append((x, y))
        found.append(np.array(corners))
    return found


@pytest.mark.parametrize("reference", ["own", "control", "trial"])
def test_bands_hold_their_lines(arms: dict[str, Patients], reference: Reference) -> None:
    svg = profile_plot(profile_of(arms, reference), labels=LABELS)
    for look in (ARM_LOOKS[0], ARM_LOOKS[1], CONTROL_LOOK):
        lines = [line for line in paths(svg, look.line, "stroke", "1.3") if len(line) > 5]
        bands = [band for band in paths(svg, look.line, "fill") if len(band) > 10]
        assert len(lines) == len(bands) == (1 if look is CONTROL_LOOK else 2)
        for line, band in zip(lines, bands, strict=True):
            for x, y in line[1:-1]:
                near = band[np.abs(band[:, 0] - x) < 0.1][:, 1]
                if near.size:
                    assert near.min() - 0.1 <= y <= near.max() + 0.1


def test_is_the_same_to_the_byte(arms: dict[str, Patients]) -> None:
    found = profile_of(arms)
    first = profile_plot(found, title="A & B", labels=LABELS, k=3.0)
    with mpl.rc_context({"lines.linewidth": 9.0, "font.size": 30}):
        assert profile_plot(found, title="A & B", labels=LABELS, k=3.0) == first
    for kind, magic in (("png", b"\x89PNG"), ("pdf", b"%PDF")):
        drawn = profile_plot(found, kind="png" if kind == "png" else "pdf")
        assert drawn.startswith(magic)


@pytest.mark.parametrize("reference", ["own", "control"])
def test_everything_stays_on_the_paper(arms: dict[str, Patients], reference: Reference) -> None:
    svg = profile_plot(profile_of(arms, reference), labels=LABELS, k=3.0)
    root = ET.fromstring(svg)
    width, height = (float(size) for size in (root.get("viewBox") or "").split()[2:])
    for text in root.iter(f"{SVG}text"):
        place = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", text.get("transform") or "")
        x = float(text.get("x") or (place[1] if place else "nan"))
        y = float(text.get("y") or (place[2] if place else "nan"))
        assert 0 <= x <= width
        assert 0 <= y <= height
    for look in (*ARM_LOOKS[:3], CONTROL_LOOK):
        for corners in paths(svg, look.line, "stroke"):
            assert corners[:, 0].min() >= 0
            assert corners[:, 0].max() <= width


def test_an_arm_without_a_profile_is_named_with_its_reason(arms: dict[str, Patients]) -> None:
    found = profile_of(arms)
    assert "late" in dict(found.missing)
    said = " ".join(texts(profile_plot(found, labels=LABELS)))
    assert f"Not drawn: a <late> arm: {dict(found.missing)['late']}." in said
    # The arms that are drawn keep the colours that they have where the late one is drawn too.
    svg = profile_plot(found, labels=LABELS)
    assert not paths(svg, ARM_LOOKS[2].line, "stroke")
    assert paths(svg, ARM_LOOKS[1].line, "stroke")


def test_what_has_no_meaning_is_not_drawn(arms: dict[str, Patients]) -> None:
    own = " ".join(texts(profile_plot(profile_of(arms), labels=LABELS)))
    shared = " ".join(texts(profile_plot(profile_of(arms, "control"), labels=LABELS)))
    assert "Dashed grey: constant hazard" in own
    assert "Dotted: fitted Weibull" in own
    assert "constant hazard" not in shared
    assert "Weibull" not in shared
    alone = durability_profile({"mono": arms["mono"]})
    assert "points" not in " ".join(texts(profile_plot(alone)))


def test_says_whether_arms_differ_at_any_k(arms: dict[str, Patients]) -> None:
    found = profile_of(arms)
    changed = tuple(replace(one, p_any=0.0123) for one in found.contrasts)
    said = texts(profile_plot(replace(found, contrasts=changed), labels=LABELS))
    assert said.count("p = 0.012 for any k") == 2


def test_numbers_at_risk_are_those_of_the_record(arms: dict[str, Patients]) -> None:
    found = profile_of({"mono": arms["mono"], "old": arms["old"]} | arms, "control")
    said = texts(profile_plot(found, labels=LABELS))
    for one in found.profiles:
        for k in (1, 4):
            nearest = min(range(len(one.k)), key=lambda place: abs(one.k[place] - k))
            assert str(one.n_at_risk[nearest]) in said


def test_nothing_to_draw_is_said(arms: dict[str, Patients]) -> None:
    nothing = durability_profile({"late": arms["late"]})
    with pytest.raises(ValueError, match="no arm has a profile"):
        profile_plot(nothing)


@pytest.mark.parametrize("k", [None, 0.5, 1.0, 3.0, 40.0])
def test_any_k_of_a_study_is_drawn(arms: dict[str, Patients], k: float | None) -> None:
    ET.fromstring(profile_plot(profile_of(arms), labels=LABELS, k=k))
