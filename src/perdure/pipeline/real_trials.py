"""Two real trials of the bundled study, known by what was published of their overall survival.

Every number was read at the address beside it; numbers that could not be read are not here.
"""

from perdure.records import Arm, Reported, Trial

__all__ = ["FACT_COLUMNS", "REAL_FACTS", "REAL_TRIALS"]


FACT_COLUMNS = (
    *("trial", "arm", "endpoint", "fact", "time", "value", "low", "high", "level", "against"),
    *("certainty", "source"),
)

_SQUAMOUS = (
    "https://jhu.pure.elsevier.com/en/publications/"
    "nivolumab-versus-docetaxel-in-advanced-squamous-cell-non-small-ce-5 (abstract)"
)
_SQUAMOUS_SIZES = (
    "https://cosa-2015.m.asnevents.com.au/schedule/session/7495/abstract/29475"
    " (conference abstract)"
)
_NON_SQUAMOUS = (
    "https://ru.scribd.com/document/362144279/"
    "Nivolumab-Versus-Docetaxel-in-Advanced-Nonsquamous-NSCLC (copy of the report, abstract)"
)
_NON_SQUAMOUS_SIZES = (
    "https://katalog.slub-dresden.de/en/id/"
    "ai-49-aHR0cDovL2R4LmRvaS5vcmcvMTAuMTIwMC9qY28uMjAxNS4zMy4xOF9zdXBwbC5sYmExMDk"
    " (conference abstract)"
)
_TWO_YEARS = (
    "https://pdfslide.net/documents/"
    "nivolumab-versus-docetaxel-in-previously-treated-patients-phase-iii-studies.html"
    " (abstract of the 2-year report)"
)

_PRINTED = (
    ("017", "docetaxel", "n", "", "137", "", "", "", "", _SQUAMOUS_SIZES),
    ("017", "docetaxel", "median", "", "6.0", "5.1", "7.3", "", "", _SQUAMOUS),
    ("017", "docetaxel", "survival", "12", "0.24", "0.17", "0.31", "", "", _SQUAMOUS),
    ("017", "docetaxel", "survival", "24", "0.08", "0.04", "0.13", "", "", _TWO_YEARS),
    ("017", "nivolumab", "n", "", "135", "", "", "", "", _SQUAMOUS_SIZES),
    ("017", "nivolumab", "median", "", "9.2", "7.3", "13.3", "", "", _SQUAMOUS),
    ("017", "nivolumab", "survival", "12", "0.42", "0.34", "0.50", "", "", _SQUAMOUS),
    ("017", "nivolumab", "survival", "24", "0.23", "0.16", "0.30", "", "", _TWO_YEARS),
    ("017", "nivolumab", "hazard ratio", "", "0.59", "0.44", "0.79", "", "docetaxel", _SQUAMOUS),
    ("057", "docetaxel", "n", "", "290", "", "", "", "", _NON_SQUAMOUS_SIZES),
    ("057", "docetaxel", "median", "", "9.4", "8.1", "10.7", "", "", _NON_SQUAMOUS),
    ("057", "docetaxel", "survival", "24", "0.16", "0.12", "0.20", "", "", _TWO_YEARS),
    ("057", "nivolumab", "n", "", "292", "", "", "", "", _NON_SQUAMOUS_SIZES),
    ("057", "nivolumab", "median", "", "12.2", "9.7", "15.0", "", "", _NON_SQUAMOUS),
    ("057", "nivolumab", "survival", "12", "0.51", "0.45", "0.56", "", "", _NON_SQUAMOUS),
    ("057", "nivolumab", "survival", "24", "0.29", "0.24", "0.34", "", "", _TWO_YEARS),
    (
        *("057", "nivolumab", "hazard ratio", "", "0.73", "0.59", "0.89", "0.96", "docetaxel"),
        _NON_SQUAMOUS,
    ),
)

REAL_FACTS: tuple[tuple[str, ...], ...] = tuple(
    (f"CheckMate-{trial}", arm, "OS", *printed, "verified", source)
    for trial, arm, *printed, source in _PRINTED
)
"""Rows of published_facts.csv, as printed: a trailing zero says how precise a number is."""


def _number(trial: str, arm: str, fact: str) -> float:
    """Return what was printed of an arm without a time."""
    (value,) = (row[4] for row in _PRINTED if row[:4] == (trial, arm, fact, ""))
    return float(value)


def _trial(number: str, doi: str, registry_id: str) -> Trial:
    """Return a trial of nivolumab against docetaxel; its label says that it took place."""
    name = f"CheckMate-{number}"

    def arm(drug: str, drug_class: str, comparator: str | None) -> Arm:
        said = Reported(
            median=_number(number, drug, "median"),
            hr=_number(number, drug, "hazard ratio") if comparator else None,
        )
        n = int(_number(number, drug, "n"))
        return Arm(name, drug, drug.title(), drug, drug_class, comparator, n, {"OS": said})

    return Trial(
        trial=name,
        label=f"CheckMate {number} (real)",
        year=2015,
        doi=doi,
        registry_id=registry_id,
        tumour="lung",
        line="second",
        phase="III",
        arms=(
            arm("docetaxel", "chemotherapy", None),
            arm("nivolumab", "anti-PD-1/PD-L1", "docetaxel"),
        ),
    )


REAL_TRIALS = (
    _trial("017", "10.1056/NEJMoa1504627", "NCT01642004"),
    _trial("057", "10.1056/NEJMoa1507643", "NCT01673867"),
)
"""The trials, with the numbers that arms.csv has of them."""
