"""What one reference or registry entry says of a trial."""

import re
from dataclasses import dataclass

__all__ = [
    "Found",
    "FoundArm",
    "FoundTrial",
    "bare_doi",
    "bare_pmid",
    "bare_year",
    "named_elsewhere",
    "plain",
    "short_label",
]


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
    author, pmid : str
        The first author's family name, and PubMed's number.
    text : str
        All that a reference's record says: two that say the same are one.
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
    author: str = ""
    pmid: str = ""
    text: str = ""


Found = tuple[tuple[FoundTrial, ...], tuple[str, ...]]
"""The trials of one file, and what was read in an unusual way."""

_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Signs that steer a terminal, and halves of signs, which no text file can hold."""

_PMID = re.compile(
    r"PMID:?\s*(\d{1,8})"
    r"|https?://(?:www\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)/(\d{1,8})/?",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    r"""Return text as one line that any file and any terminal can hold.

    Examples
    --------
    >>> plain("Nivolumab\n  versus\x1b docetaxel")
    'Nivolumab versus docetaxel'
    """
    return _NO_TEXT.sub("", " ".join(text.split()))


def short_label(author: str, year: int | None) -> str:
    """Return what people call a reference: its first author and year.

    Examples
    --------
    >>> short_label("Reck", 2016), short_label("Reck", None)
    ('Reck 2016', 'Reck')
    """
    return f"{author} {year or ''}".strip()


def bare_doi(text: str) -> str:
    """Return a DOI without what is written before it; empty where there is none.

    Examples
    --------
    >>> bare_doi("https://doi.org/10.1056/NEJMoa1606774"), bare_doi("doi: 10.1/x."), bare_doi("x")
    ('10.1056/NEJMoa1606774', '10.1/x', '')
    """
    before = r"^(https?://((dx|www)\.)?doi\.org/|doi:\s*)"
    bare = re.sub(before, "", text.strip(), flags=re.IGNORECASE).rstrip(".,;")
    return bare if re.fullmatch(r"10\.\d+/\S+", bare) else ""


def bare_pmid(text: str) -> str:
    """Return PubMed's number where the text is one, named as such; empty where it is none.

    Examples
    --------
    >>> bare_pmid("PMID: 27718847"), bare_pmid("https://pubmed.ncbi.nlm.nih.gov/27718847/")
    ('27718847', '27718847')
    >>> bare_pmid("27718847")
    ''
    """
    found = _PMID.fullmatch(text.strip())
    return (found[1] or found[2]).lstrip("0") if found else ""


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
