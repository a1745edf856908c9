"""What one reference or registry entry says of a trial."""

import re
from dataclasses import dataclass

__all__ = ["FoundArm", "FoundTrial", "bare_doi", "bare_year", "named_elsewhere"]


@dataclass(frozen=True)
class FoundArm:
    """An arm as a registry has it; None and "" where it does not say."""

    label: str
    drug: str = ""
    n: int | None = None
    control: bool | None = None


@dataclass(frozen=True)
class FoundTrial:
    """A trial as its source has it; None and "" where that does not say.

    Attributes
    ----------
    source : str
        File and place in it.
    registry : bool
        Whether the source is a registry, and not a list of references.
    label, title : str
        A short name, such as first author and year or an acronym; and the whole title.
    year : int or None
        Of publication.
    doi, registry_id, tumour, phase : str
    arms : tuple of FoundArm
    remarks : tuple of str
        What the source says and was not taken, with the reason.
    """

    source: str
    registry: bool
    label: str
    title: str = ""
    year: int | None = None
    doi: str = ""
    registry_id: str = ""
    tumour: str = ""
    phase: str = ""
    arms: tuple[FoundArm, ...] = ()
    remarks: tuple[str, ...] = ()


def bare_doi(text: str) -> str:
    """Return a DOI without what is written before it; empty where there is none.

    Examples
    --------
    >>> bare_doi("https://doi.org/10.1056/NEJMoa1606774"), bare_doi("doi: 10.1/x"), bare_doi("x")
    ('10.1056/NEJMoa1606774', '10.1/x', '')
    """
    bare = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", text.strip(), flags=re.IGNORECASE)
    return bare if re.fullmatch(r"10\.\d+/\S+", bare) else ""


def bare_year(text: str) -> int | None:
    """Return the year that a date begins with; None where it is none that a trial can have.

    Examples
    --------
    >>> bare_year("2016/11/10"), bare_year("2016 Nov"), bare_year("in press")
    (2016, 2016, None)
    """
    found = re.match(r"(19\d\d|20\d\d)(?!\d)", text.strip())
    return int(found[1]) if found else None


def named_elsewhere(registry_id: str, texts: str) -> tuple[str, ...]:
    """Return a remark on registry numbers in running text: they may be another trial's.

    Examples
    --------
    >>> named_elsewhere("", "Funded by X; NCT02142738.")
    ('its text names NCT02142738: enter it as registry_id if it is its own',)
    """
    named = dict.fromkeys(re.findall(r"NCT\d{8}", texts))
    return tuple(
        f"its text names {one}: enter it as registry_id if it is its own"
        for one in named
        if not registry_id
    )
