"""The pictures of a synthesis's checks say what the checks found."""

from xml.etree import ElementTree as ET

import numpy as np

from perdure.plots.check_pictures import check_pictures
from perdure.plots.effect_axis import EffectAxis
from perdure.pool import check_synthesis, fit_effects

SVG = "{http://www.w3.org/2000/svg}"
AXIS = EffectAxis("Odds ratio", "ratio", reference=0.0)


def pictures(y: list[float], v: list[float]) -> dict[str, list[str]]:
    fit = fit_effects(y, v, test="z")
    checks = check_synthesis(fit, names=[f"Trial {place}" for place in range(len(y))])
    return {
        name: [one.text or "" for page in pages for one in ET.fromstring(page).iter(f"{SVG}text")]
        for name, pages in check_pictures(checks, fit.pooled, AXIS).items()
    }


def test_a_test_that_is_beyond_doubt_is_not_a_p_of_zero() -> None:
    se = np.linspace(0.05, 0.5, 20)
    effects = 4 * se + 0.01 * np.cos(np.arange(20))
    said = pictures(effects.tolist(), (se**2).tolist())["funnel"]
    assert "Egger’s test: P <0.001." in said


def test_an_effect_beyond_the_median_of_chi_square_is_influential() -> None:
    effects = [0.1, 0.2, 0.15, 0.12, 0.18, 0.14, 0.13, 0.17, 0.16, 0.11, 6.0]
    said = pictures(effects, [0.02] * 11)["influence"]
    assert "■ influential" in " ".join(said)
    assert "Cook’s distance" in said
    quiet = pictures([0.1, 0.2, 0.15, 0.12, 0.18, 0.14], [0.02] * 6)["influence"]
    assert "■ influential" not in " ".join(quiet)
