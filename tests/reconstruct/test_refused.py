"""What the door of the stage does not take: each is one plain sentence."""

from typing import Any

import pytest

from perdure.errors import InputError
from perdure.reconstruct import curve_from_points, landmark, reconstruct
from perdure.records import Curve

CURVE = Curve([0, 4, 8, 12], [1.0, 0.7, 0.5, 0.4])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"seed": -1}, "A seed is not below 0|a seed is not below 0"),
        ({"median": 0}, "median is not above 0"),
        ({"median": "NR"}, "published median is no number .* .found 'NR'"),
        ({"median": "-4"}, "published median is no number from 0 up"),
        ({"landmarks": [(6.0, "half")]}, "published survival is no number"),
        ({"n": 10**9}, "from 1 to 1000000"),
        ({"draws": 0}, "needs a draw"),
        ({"draws": 10**7}, "too many draws"),
        ({"median": "1e400"}, "published median is no number"),
        ({"landmarks": [(6.0, "1e400")]}, "published survival is no number"),
    ],
)
def test_what_cannot_be_is_one_sentence(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        reconstruct(CURVE, **{"n": 40, **given})
    (problem,) = caught.value.problems
    assert problem.remedy


@pytest.mark.parametrize(
    ("end", "says"), [(1e300, "as long as this"), (1e7, "as long"), (1e-9, "as short")]
)
def test_an_axis_of_time_that_cannot_be(end: float, says: str) -> None:
    with pytest.raises(InputError, match=says):
        curve_from_points([0, end / 2, end], [1, 0.8, 0.6])
    for resolution in (1e-320, 0.0, 0.5, float("nan")):
        with pytest.raises(InputError, match=r"not between 0 and 0\.5"):
            curve_from_points([0, 1, 2], [1, 0.8, 0.6], resolution=resolution)


@pytest.mark.parametrize("own", ["median", "survival"])
def test_one_of_the_two_may_be_the_curves_own(own: str) -> None:
    given: dict[str, Any] = {"n": 40, "median": "8.0", "landmarks": [(4.0, "0.70")], "draws": 2}
    alone = reconstruct(CURVE, **given, own=[own])
    both = reconstruct(CURVE, **given, own=True)
    neither = reconstruct(CURVE, **given)
    used = ["reported values" in found.evidence.used for found in (alone, both, neither)]
    assert used == [True, True, False]


@pytest.mark.parametrize(
    "given", ["", "=", "12", "12=", "=0.4", "-1=0.4", "12=40", "inf=0.4", "a=b"]
)
def test_a_landmark_is_a_time_and_a_proportion(given: str) -> None:
    assert landmark("12=0.40") == (12.0, "0.40")
    with pytest.raises(InputError, match=r"12=0\.31"):
        landmark(given)


def test_guyots_method_uses_no_marks_and_says_so() -> None:
    given: dict[str, Any] = {"n": 40, "marks": [2, 6], "median": "8.0", "own": True}
    assert reconstruct(CURVE, **given, method="guyot").evidence.used == ("curve", "n")
