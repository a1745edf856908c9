"""Whether the counts of a PRISMA flow add up: a diagram that contradicts itself is not drawn."""

from collections.abc import Iterator
from dataclasses import dataclass

from perdure.records import PrismaFlow

__all__ = ["Contradiction", "contradictions"]

Term = tuple[str, int]
"""A key of [prisma] and its count."""


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


def _given(flow: PrismaFlow, *keys: str) -> list[Term]:
    """Return the counts that were given, and are not the 0 of one that was left out."""
    found = [(key, getattr(flow, key)) for key in keys]
    return [(key, count) for key, count in found if count]


def _excluded(flow: PrismaFlow, key: str) -> list[Term]:
    total = sum(getattr(flow, key).values())
    return [(key, total)] if total else []


def _sum(plus: list[Term], minus: list[Term], key: str, count: int) -> Iterator[Contradiction]:
    """Yield a contradiction where the terms do not come out at the count of ``key``."""
    total = sum(one for _, one in plus) - sum(one for _, one in minus)
    if total == count:
        return
    words = " + ".join(f"{name} {one}" for name, one in plus) or "nothing"
    words += "".join(f" - {name} {one}" for name, one in minus)
    result = f" = {total}" if len(plus) + len(minus) > 1 else ""
    yield Contradiction(key, f"{words}{result}, and {key} is {count}")


def _databases(flow: PrismaFlow) -> Iterator[Contradiction]:
    yield from _sum(
        _given(flow, "records_from_databases", "records_from_registers"),
        _given(flow, "removed_duplicates", "removed_by_automation", "removed_for_other_reasons"),
        "records_screened",
        flow.records_screened,
    )
    yield from _sum(
        [("records_screened", flow.records_screened)],
        _given(flow, "records_excluded"),
        "reports_sought",
        flow.reports_sought,
    )
    yield from _sum(
        [("reports_sought", flow.reports_sought)],
        _given(flow, "reports_not_retrieved"),
        "reports_assessed",
        flow.reports_assessed,
    )


def _others(flow: PrismaFlow) -> Iterator[Contradiction]:
    yield from _sum(
        _given(
            flow, "records_from_websites", "records_from_organisations", "records_from_citations"
        ),
        [],
        "other_reports_sought",
        flow.other_reports_sought,
    )
    yield from _sum(
        [("other_reports_sought", flow.other_reports_sought)],
        _given(flow, "other_reports_not_retrieved"),
        "other_reports_assessed",
        flow.other_reports_assessed,
    )


def _included(flow: PrismaFlow) -> Iterator[Contradiction]:
    assessed = _given(flow, "reports_assessed", "other_reports_assessed")
    excluded = _excluded(flow, "reports_excluded") + _excluded(flow, "other_reports_excluded")
    left = sum(one for _, one in assessed) - sum(one for _, one in excluded)
    if flow.reports_included is not None:
        yield from _sum(assessed, excluded, "reports_included", flow.reports_included)
    elif left < 0 or (left == 0) != (flow.studies_included == 0):
        yield from _sum(assessed, excluded, "studies_included", flow.studies_included)
    reports = left if flow.reports_included is None else flow.reports_included
    if 0 <= reports < flow.studies_included:
        yield Contradiction(
            "studies_included",
            f"studies_included is {flow.studies_included}, and there are {reports} reports of them"
            " (reports_assessed less reports_excluded)",
        )
    for what in ("studies", "reports"):
        total, new = getattr(flow, f"total_{what}"), getattr(flow, f"{what}_included")
        if total is not None and new is not None:
            terms = _given(flow, f"previous_{what}") + _given(flow, f"{what}_included")
            yield from _sum(terms, [], f"total_{what}", total)
