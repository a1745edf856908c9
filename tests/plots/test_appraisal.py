"""Flow diagrams and signs of risk of bias: every count and judgement is there, in grey too."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from perdure.plots import JudgedTrial, prisma_plot, risk_of_bias_plot, risk_of_bias_summary
from perdure.plots.risk_of_bias import LOOKS
from perdure.records import JUDGEMENTS, PrismaFlow, RiskOfBias

SVG = "{http://www.w3.org/2000/svg}"

SMALL = PrismaFlow(90, 60, 30, 30, 5, records_from_databases=90, reports_excluded={"design": 25})
LARGE = PrismaFlow(
    records_from_databases=2480,
    records_from_registers=134,
    removed_duplicates=612,
    removed_by_automation=47,
    records_screened=1955,
    records_excluded=1811,
    reports_sought=144,
    reports_not_retrieved=6,
    reports_assessed=138,
    reports_excluded={
        "no Kaplan-Meier curve of the endpoint was published, or none that can be read": 89,
        "not randomised <b>& more</b>": 38,
    },
    records_from_websites=12,
    records_from_organisations=0,
    records_from_citations=31,
    other_reports_sought=43,
    other_reports_not_retrieved=2,
    other_reports_assessed=41,
    other_reports_excluded={"abstract only": 8},
    studies_included=29,
    reports_included=44,
    previous_studies=19,
    previous_reports=25,
    note="A sentence that stands beneath.",
)


def texts(page: bytes) -> str:
    found = ET.fromstring(page).iter(f"{SVG}text")
    return " ".join((element.text or "").strip() for element in found)


@pytest.mark.parametrize(
    ("flow", "says", "boxes"),
    [
        (SMALL, ["Records screened (n = 90)", "design (n = 25)", "Studies included"], 13),
        (
            LARGE,
            [
                *(
                    "databases (n = 2\u2009480)",
                    "marked as ineligible by automation tools (n = 47)",
                ),
                *("Reports excluded (n = 127):", "organisations (n = 0)", "abstract only (n = 8)"),
                *("New studies included in review (n = 29)", "Total studies in review (n = 48)"),
                *("Studies in the previous version (n = 19)", "A sentence that stands beneath."),
                "Reports of included studies (n = 69)",
            ],
            21,
        ),
    ],
)
def test_every_count_is_in_its_box(
    flow: PrismaFlow,
    says: list[str],
    boxes: int,
    drawn: list[Figure],
    tidy: Callable[[], None],
) -> None:
    page = prisma_plot(flow)
    assert page == prisma_plot(flow)
    said = texts(page)
    for words in says:
        assert words in said
    rectangles = [one for one in drawn[0].artists if isinstance(one, Rectangle)]
    assert len(rectangles) == boxes
    for place, one in enumerate(rectangles):
        for other in rectangles[place + 1 :]:
            assert not one.get_bbox().overlaps(other.get_bbox())
    arrows = [one for one in drawn[0].artists if isinstance(one, FancyArrowPatch)]
    assert len(arrows) >= len(rectangles) - 6
    tidy()


def judged(*words: str | None) -> RiskOfBias:
    signs = dict(zip("+!x", JUDGEMENTS, strict=True))
    *domains, overall = (signs.get(word or "") for word in words)
    return RiskOfBias(tuple(domains), overall)


TRIALS = [
    JudgedTrial("Trial <A>", judged(*"++++++")),
    JudgedTrial(
        "A trial whose name is much too long for the row that it stands in", judged(*"+!++!!")
    ),
    JudgedTrial("Trial C", judged("x", "+", None, "+", "!", "x")),
]


def test_every_judgement_has_its_sign(drawn: list[Figure], tidy: Callable[[], None]) -> None:
    page = risk_of_bias_plot(TRIALS)
    assert page == risk_of_bias_plot(TRIALS)
    rows: dict[float, str] = {}
    for text in sorted(drawn[0].axes[0].texts, key=lambda one: one.get_position()):
        y = text.get_position()[1] if text.get_text() != "–" else text.get_position()[1] + 0.8
        rows[round(y, 1)] = rows.get(round(y, 1), "") + text.get_text()
    assert list(rows.values()) == ["++++++", "+!++!!", "×+–+!×"]
    assert "Trial <A>" in texts(page)
    assert "– not judged" in texts(page)
    assert "– not judged" not in texts(risk_of_bias_plot(TRIALS[:2]))
    tidy()


def test_the_summary_counts(drawn: list[Figure], tidy: Callable[[], None]) -> None:
    page = risk_of_bias_summary(TRIALS)
    widths: dict[float, list[float]] = {}
    for patch in drawn[0].axes[0].patches:
        assert isinstance(patch, Rectangle)
        widths.setdefault(patch.get_y(), []).append(patch.get_width())
    shares = [[round(3 * one / sum(row)) for one in row] for row in widths.values()]
    assert shares == [[2, 1], [2, 1], [2, 1], [3], [1, 2], [1, 1, 1]]
    assert "+ 3" in texts(page)
    tidy()


def test_a_grey_print_keeps_the_order() -> None:
    """Relative luminance (WCAG 2): shades far apart, and signs that stand out of them."""

    def luminance(colour: str) -> float:
        parts = [
            one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4
            for one in to_rgb(colour)
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    def contrast(one: str, other: str) -> float:
        high, low = sorted((luminance(one), luminance(other)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    low, some, high = (LOOKS[one] for one in JUDGEMENTS)
    assert luminance(low.fill) > luminance(some.fill) > luminance(high.fill)
    assert contrast(low.fill, some.fill) > 1.4
    assert contrast(some.fill, high.fill) > 3
    assert all(contrast(look.fill, look.ink) > 4.5 for look in LOOKS.values())
    assert len({look.sign for look in LOOKS.values()}) == 3


def test_nothing_judged() -> None:
    for plot in (risk_of_bias_plot, risk_of_bias_summary):
        with pytest.raises(ValueError, match="no trial"):
            plot([])
