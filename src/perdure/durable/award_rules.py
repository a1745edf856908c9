"""The rules of value frameworks that reward tails, read from one data file with their sources."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import inf
from typing import Any

__all__ = ["AwardRule", "Band", "award_rules"]

FILE = "tail_awards.toml"


@dataclass(frozen=True)
class Band:
    """What is asked for where the comparator's median lies in a band; times in months.

    Attributes
    ----------
    median_above, median_to : float
        The first excluded, the second included.
    at : float
        When survival is compared.
    gain : float
        Test arm minus comparator.
    strict : bool
        More than the gain is asked for, and not at least the gain.
    """

    median_above: float
    median_to: float
    at: float
    gain: float
    strict: bool


@dataclass(frozen=True)
class AwardRule:
    """One framework's rule for one endpoint.

    Attributes
    ----------
    id, framework, version, endpoint, title, award, source, doi, checked, caveat : str
    points : float or None
    grade : int or None
    verified : bool
    multiple, floor, ratio : float or None
        Of a rule at a multiple of the comparator's median.
    bands : tuple of Band
        Of a rule at milestones, from the lowest medians on.
    """

    id: str
    framework: str
    version: str
    endpoint: str
    title: str
    award: str
    points: float | None
    grade: int | None
    source: str
    doi: str
    verified: bool
    checked: str
    caveat: str
    multiple: float | None
    floor: float | None
    ratio: float | None
    bands: tuple[Band, ...]

    @property
    def known(self) -> bool:
        """Whether the rule's constants are known at all."""
        return self.multiple is not None or bool(self.bands)


@cache
def award_rules() -> tuple[AwardRule, ...]:
    """Return all rules of the data file, in its order.

    Examples
    --------
    >>> [rule.id for rule in award_rules() if rule.endpoint == "PFS"]
    ['asco-2016-pfs', 'esmo-mcbs-1.1-2b', 'esmo-mcbs-2.0-2b']
    >>> award_rules()[0].multiple, award_rules()[0].floor, award_rules()[0].ratio
    (2.0, 0.2, 1.5)
    """
    text = files("perdure.durable").joinpath(FILE).read_text(encoding="utf-8")
    return tuple(_rule(row) for row in tomllib.loads(text)["rule"])


def _rule(row: dict[str, Any]) -> AwardRule:
    """Return one rule; keys that a rule has not are None."""
    bands = tuple(
        Band(
            band["median_above"],
            band.get("median_to", inf),
            band["at"],
            band["gain"],
            band.get("strict", False),
        )
        for band in row.pop("band", [])
    )
    optional = dict.fromkeys(("points", "grade", "multiple", "floor", "ratio"))
    return AwardRule(**{**optional, **row}, bands=bands)
