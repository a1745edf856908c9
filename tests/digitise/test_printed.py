"""Results printed in figures, in the ways journals print them."""

import pytest

from perdure.digitise.printed import facts_in, printed_facts
from perdure.figure.page import Word


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("Hazard ratio, 0.89 (95% CI, 0.71 to 1.11)", (0.89, 0.71, 1.11)),
        ("HR 0.67 (95% CI 0.52-0.85)", (0.67, 0.52, 0.85)),
        ("HR=0.62; 95%CI: 0.48–0.79", (0.62, 0.48, 0.79)),
        ("Hazard ratio 0·55 (95% CI 0·44–0·69)", (0.55, 0.44, 0.69)),
        ("Hazard ratio, .86 (95% CI, 0.68 to 1.07)", (0.86, 0.68, 1.07)),
        ("HR (95% CI): 0.78 (0.63, 0.97)", (0.78, 0.63, 0.97)),
        ("HR 0.81", (0.81, None, None)),
        ("Hazard ratio, 0.8 (95% CI, 6.8 to 1.07)", (None, None, None)),
        ("Nivolumab", (None, None, None)),
    ],
)
def test_hazard_ratios(text: str, facts: tuple[float | None, ...]) -> None:
    found = facts_in([text])
    assert (found.hazard_ratio, found.hazard_ratio_low, found.hazard_ratio_high) == facts


@pytest.mark.parametrize(
    ("text", "p"),
    [
        ("P<0.0001", "<0.0001"),
        ("Log-rank p=0.017", "0.017"),
        ("Log-rank P = 0.012", "0.012"),
        ("p < 0·001", "<0.001"),
        ("Log-rank p-value : <.0001", "<0.0001"),
        ("PD-L1 >=50%", ""),
    ],
)
def test_p_values(text: str, p: str) -> None:
    assert facts_in([text]).p == p


def test_counts_and_medians_by_arm() -> None:
    facts = facts_in(
        [
            "Nivolumab (N=313): median 10.2 months (95% CI 8.4-12.1)",
            "Docetaxel, n = 1,210, mPFS 5 mo",
            "HR 0.7 for Nivolumab",
        ],
        ["Nivolumab", "Docetaxel"],
    )
    assert facts.totals == {"Nivolumab": 313, "Docetaxel": 1210}
    assert facts.medians == {"Nivolumab": 10.2, "Docetaxel": 5.0}


def test_an_interval_on_the_line_below_belongs_to_the_ratio() -> None:
    words = [
        Word("Hazard ratio, 0.89", 100, 100, 260, 112),
        Word("(95% CI, 0.71 to 1.11)", 100, 116, 270, 128),
    ]
    facts = printed_facts(words)
    assert (facts.hazard_ratio, facts.hazard_ratio_low, facts.hazard_ratio_high) == (
        0.89,
        0.71,
        1.11,
    )
