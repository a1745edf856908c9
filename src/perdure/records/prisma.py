"""The counts of a PRISMA 2020 flow diagram (Page et al. 2021, doi 10.1136/bmj.n71)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["PrismaFlow"]


@dataclass(frozen=True)
class PrismaFlow:
    """How many records, reports and studies passed each box of the diagram.

    A record is a title and abstract, a report a full text, a study may have several reports.

    Attributes
    ----------
    records_from_databases, records_from_registers : int or None
        Identified; None where that was not searched.
    removed_duplicates, removed_by_automation, removed_for_other_reasons : int
        Before screening.
    records_screened, records_excluded : int
    reports_sought, reports_not_retrieved, reports_assessed : int
    reports_excluded : mapping of str to int
        By reason.
    records_from_websites, records_from_organisations, records_from_citations : int or None
        Other methods; None where they were not used.
    other_reports_sought, other_reports_not_retrieved, other_reports_assessed : int
    other_reports_excluded : mapping of str to int
    studies_included, reports_included : int, int or None
        New in this review.
    previous_studies, previous_reports, total_studies, total_reports : int or None
        Of a review that updates another.
    note : str
        A sentence that stands beneath the diagram.
    """

    records_screened: int
    records_excluded: int
    reports_sought: int
    reports_assessed: int
    studies_included: int
    reports_included: int | None = None
    records_from_databases: int | None = None
    records_from_registers: int | None = None
    removed_duplicates: int = 0
    removed_by_automation: int = 0
    removed_for_other_reasons: int = 0
    reports_not_retrieved: int = 0
    reports_excluded: Mapping[str, int] = field(default_factory=dict)
    records_from_websites: int | None = None
    records_from_organisations: int | None = None
    records_from_citations: int | None = None
    other_reports_sought: int = 0
    other_reports_not_retrieved: int = 0
    other_reports_assessed: int = 0
    other_reports_excluded: Mapping[str, int] = field(default_factory=dict)
    previous_studies: int | None = None
    previous_reports: int | None = None
    total_studies: int | None = None
    total_reports: int | None = None
    note: str = ""

    @property
    def other_methods(self) -> bool:
        """Whether anything was looked for outside databases and registers."""
        counts = (
            self.records_from_websites,
            self.records_from_organisations,
            self.records_from_citations,
        )
        return any(count is not None for count in counts)

    @property
    def studies_in_review(self) -> int:
        """All studies of the review, with those of the one that it updates."""
        return self.studies_included + (self.previous_studies or 0)
