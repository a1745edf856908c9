"""Whether the counts of a PRISMA flow add up: a diagram that contradicts itself is not drawn."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from perdure.records import PrismaFlow

__all__ = ["Contradiction", "contradictions"]


@dataclass(frozen=True)
class Contradiction:
    """Counts that do not fit.

    Attributes
    ----------
    key : str
        Of [prisma], where the sum should have come out.
    message : str
        Names every key of the sum.
    """

    key: str
    message: str


def contradictions(flow: PrismaFlow) -> tuple[Contradiction, ...]:
    """Return every sum of the diagram that does not come out.

    Examples
    --------
    >>> flow = PrismaFlow(90, 60, 30, 30, 5, records_from_databases=100, removed_duplicates=9,
    ...                   reports_excluded={"wrong design": 25})
    >>> [one.message for one in contradictions(flow)]
    ['records_from_databases 100 - removed_duplicates 9 = 91, and records_screened is 90']
    """
    return (*_databases(flow), *_others(flow), *_included(flow))


def _count(flow: PrismaFlow, key: str) -> int:
    """Return a count; of a table of reasons, their sum; 0 where it was left out."""
    found: int | Mapping[str, int] | None = getattr(flow, key)
    return sum(found.values()) if isinstance(found, Mapping) else found or 0


def _sum(
    flow: PrismaFlow, plus: Sequence[str], minus: Sequence[str], key: str
) -> Iterator[Contradiction]:
    """Yield a contradiction where the counts do not come out at that of ``key``."""
    total = sum(_count(flow, one) for one in plus) - sum(_count(flow, one) for one in minus)
    count = _count(flow, key)
    if total == count:
        return
    added = [f"{one} {_count(flow, one)}" for one in plus if _count(flow, one)]
    taken = [f" - {one} {_count(flow, one)}" for one in minus if _count(flow, one)]
    words = " + ".join(added) or f"{' + '.join(plus)} 0"
    result = f" = {total}" if len(added) + len(taken) > 1 else ""
    yield Contradiction(key, f"{words}{''.join(taken)}{result}, and {key} is {count}")


def _databases(flow: PrismaFlow) -> Iterator[Contradiction]:
    found = ("records_from_databases", "records_from_registers")
    removed = ("removed_duplicates", "removed_by_automation", "removed_for_other_reasons")
    yield from _sum(flow, found, removed, "records_screened")
    yield from _sum(flow, ["records_screened"], ["records_excluded"], "reports_sought")
    yield from _sum(flow, ["reports_sought"], ["reports_not_retrieved"], "reports_assessed")


def _others(flow: PrismaFlow) -> Iterator[Contradiction]:
    found = ("records_from_websites", "records_from_organisations", "records_from_citations")
    sought = "other_reports_sought"
    yield from _sum(flow, found, [], sought)
    yield from _sum(flow, [sought], ["other_reports_not_retrieved"], "other_reports_assessed")


def _included(flow: PrismaFlow) -> Iterator[Contradiction]:
    """Yield what is wrong with the last boxes; a study has at least one report."""
    assessed = ("reports_assessed", "other_reports_assessed")
    excluded = ("reports_excluded", "other_reports_excluded")
    left = sum(_count(flow, one) for one in assessed) - sum(_count(flow, one) for one in excluded)
    if flow.reports_included is not None:
        yield from _sum(flow, assessed, excluded, "reports_included")
    elif left < 0 or (left == 0) != (flow.studies_included == 0):
        yield from _sum(flow, assessed, excluded, "studies_included")
    reports = left if flow.reports_included is None else flow.reports_included
    if 0 <= reports < flow.studies_included and (left or flow.reports_included is not None):
        yield Contradiction(
            "studies_included",
            f"studies_included is {flow.studies_included}, and there are {reports} reports of them"
            " (reports_assessed less reports_excluded)",
        )
    for what in ("studies", "reports"):
        if None not in (getattr(flow, f"total_{what}"), getattr(flow, f"{what}_included")):
            yield from _sum(flow, [f"previous_{what}", f"{what}_included"], [], f"total_{what}")
