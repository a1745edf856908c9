"""RIS and NBIB (PubMed): one line a field, with a tag before it."""

import re
from collections.abc import Mapping, Sequence

from perdure.errors import InputError, Problem
from perdure.study.references.found import FoundTrial, bare_doi, bare_year, named_elsewhere

__all__ = ["nbib_trials", "ris_trials"]

Record = tuple[int, Mapping[str, list[str]]]
"""The line that a record begins in, and its fields by tag."""

_RIS = re.compile(r"([A-Z][A-Z0-9])  -(?: (.*))?")
_HEADER = re.compile(r"(Provider|Content|Database) ?:.*|Record #\d+ of \d+")
"""Lines that publishers write between the records of a RIS file."""
_NBIB = re.compile(r"([A-Z][A-Z0-9]{1,3}) *- (.*)")


def ris_trials(text: str, file: str) -> tuple[FoundTrial, ...]:
    r"""Return the references of a RIS file, one a trial.

    Raises
    ------
    InputError
        If a record does not begin with TY, does not end with ER, or a line is in none.

    Examples
    --------
    >>> text = "TY  - JOUR\nAU  - Reck, Martin\nPY  - 2016/11/10\nDO  - 10.1/x\nER  - \n"
    >>> [(one.label, one.year, one.doi) for one in ris_trials(text, "refs.ris")]
    [('Reck 2016', 2016, '10.1/x')]
    """
    return tuple(_ris_trial(record, file) for record in _ris_records(text, file))


def nbib_trials(text: str, file: str) -> tuple[FoundTrial, ...]:
    r"""Return the references of an NBIB file as PubMed writes it, one a trial.

    Raises
    ------
    InputError
        If a record does not begin with PMID, or a line has no tag.

    Examples
    --------
    >>> text = "PMID- 1\nFAU - Reck, Martin\nDP  - 2016\nSI  - ClinicalTrials.gov/NCT02142738\n"
    >>> [(one.label, one.registry_id) for one in nbib_trials(text, "refs.nbib")]
    [('Reck 2016', 'NCT02142738')]
    """
    return tuple(_nbib_trial(record, file) for record in _nbib_records(text, file))


def _lines(text: str) -> list[str]:
    """Return the lines as an editor counts them; an abstract may hold other signs of a new line."""
    return re.split(r"\r\n|\n|\r", text)


def _ris_records(text: str, file: str) -> list[Record]:
    records: list[Record] = []
    problems: list[Problem] = []
    start, fields, tag = 0, {}, ""  # type: int, dict[str, list[str]], str

    def unended() -> Problem:
        message = "the record that begins here has no end"
        return Problem(message, "write ER  - after its last line", file, start)

    for line, row in enumerate(_lines(text), start=1):
        found = _RIS.fullmatch(row.rstrip())
        if found and found[1] == "TY":
            problems += [unended()] if start else []
            start, fields, tag = line, {"TY": [found[2] or ""]}, "TY"
        elif found and found[1] == "ER" and start:
            records.append((start, fields))
            start, fields, tag = 0, {}, ""
        elif found and start:
            tag = found[1]
            fields.setdefault(tag, []).append((found[2] or "").strip())
        elif row.strip() and start:
            fields[tag][-1] = f"{fields[tag][-1]} {row.strip()}"
        elif row.strip() and not _HEADER.fullmatch(row.strip()):
            message = "the line is in no record"
            problems.append(Problem(message, "begin each record with TY  - JOUR", file, line))
    problems += [unended()] if start else []
    if problems:
        raise InputError(problems)
    return records


def _nbib_records(text: str, file: str) -> list[Record]:
    records: list[tuple[int, dict[str, list[str]]]] = []
    problems: list[Problem] = []
    tag = ""
    for line, row in enumerate(_lines(text), start=1):
        found = _NBIB.fullmatch(row.rstrip())
        if not row.strip():
            tag = ""
        elif found and found[1] == "PMID":
            tag = "PMID"
            records.append((line, {"PMID": [found[2].strip()]}))
        elif found and records:
            tag = found[1]
            records[-1][1].setdefault(tag, []).append(found[2].strip())
        elif row.startswith("      ") and tag:
            fields = records[-1][1]
            fields[tag][-1] = f"{fields[tag][-1]} {row.strip()}"
        else:
            message = "the line is in no record, or has no tag"
            remedy = "export the file again from PubMed; records begin with PMID-"
            problems.append(Problem(message, remedy, file, line))
    if problems:
        raise InputError(problems)
    return list(records)


def _first(fields: Mapping[str, Sequence[str]], *tags: str) -> str:
    return next((one for tag in tags for one in fields.get(tag, ()) if one), "")


def _ris_trial(record: Record, file: str) -> FoundTrial:
    line, fields = record
    author = _first(fields, "AU", "A1").split(",")[0].strip()
    year = bare_year(_first(fields, "PY", "Y1", "DA"))
    links = [*fields.get("DO", ()), *fields.get("UR", ()), *fields.get("L3", ())]
    rest = " ".join(text for values in fields.values() for text in values)
    return FoundTrial(
        source=f"{file}, row {line}",
        registry=False,
        label=f"{author} {year or ''}".strip(),
        title=_first(fields, "TI", "T1"),
        year=year,
        doi=next((doi for link in links if (doi := bare_doi(link))), ""),
        remarks=named_elsewhere("", rest),
    )


def _nbib_trial(record: Record, file: str) -> FoundTrial:
    line, fields = record
    author = _first(fields, "FAU").split(",")[0].strip()
    author = author or re.sub(r" [A-Z]+$", "", _first(fields, "AU"))
    year = bare_year(_first(fields, "DP"))
    dois = [
        bare_doi(text.removesuffix("[doi]"))
        for text in (*fields.get("LID", ()), *fields.get("AID", ()))
        if text.endswith("[doi]")
    ]
    numbers = [
        text.partition("/")[2]
        for text in fields.get("SI", ())
        if re.fullmatch(r"ClinicalTrials\.gov/NCT\d{8}", text)
    ]
    own = numbers[0] if len(set(numbers)) == 1 else ""
    remarks = named_elsewhere(own, " ".join((*numbers, *fields.get("AB", ()))))
    phases = [
        found[1]
        for text in fields.get("PT", ())
        if (found := re.fullmatch(r"Clinical Trial, Phase (I|II|III|IV)", text))
    ]
    return FoundTrial(
        source=f"{file}, row {line}",
        registry=False,
        label=f"{author} {year or ''}".strip(),
        title=_first(fields, "TI"),
        year=year,
        doi=next((doi for doi in dois if doi), ""),
        registry_id=own,
        phase="/".join(phases),
        remarks=remarks,
    )
