"""Published facts -> curves: an arm without a curve, from its median, landmarks and ratios."""

from perdure.published.curves import (
    DRAWS,
    PublishedCurves,
    arms_without_survival,
    published_curves,
)
from perdure.published.facts_apart import Contradiction, contradiction
from perdure.published.response import PublishedResponses, published_responses

__all__ = [
    "DRAWS",
    "Contradiction",
    "PublishedCurves",
    "PublishedResponses",
    "arms_without_survival",
    "contradiction",
    "published_curves",
    "published_responses",
]
