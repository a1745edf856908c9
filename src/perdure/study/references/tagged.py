"""RIS and NBIB (PubMed): one line a field, with a tag before it."""

import re
from collections.abc import Mapping, Sequence

from perdure.errors import InputError, Problem
from perdure.study.references.found import (
    Found,
    FoundTrial,
    bare_doi,
    bare_pmid,
    bare_year,
    named_elsewhere,
    plain,
    short_label,
)
from perdure.study.tables import shortened

__all__ = ["nbib_trials", "ris_trials"]

Record = tuple[int, Mapping[str, Sequence[str]]]
"""The line that a record begins in, and its fields by tag."""

Parts = dict[str, list[list[str]]]
"""Fields by tag as they are read: the lines of each."""

_RIS = re.compile(r"([A-Z][A-Z0-9])  -(?: (.*))?")
_SPACED = re.compile(r"([A-Z][A-Z0-9])\s+-\s*(.*)")
"""A tag with other white space round its dash: one of RIS_TAGS, or it is running text."""
_HEADER = re.compile(r"(Provider|Content|Database) ?:.*|Record #\d+ of \d+")
"""Lines that publishers write between the records of a RIS file."""
_NBIB = re.compile(r"([A-Z][A-Z0-9]{1,3}) *-(?: (.*))?")

RIS_TAGS = frozenset(
    (
        *("TY", "ER", "A1", "A2", "A3", "A4", "A5", "AB", "AD", "AN", "AU", "AV", "BT", "CA", "CN"),
        *("C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "CP", "CT", "CY", "DA", "DB", "DO", "DP"),
        *("ED", "EP", "ET", "ID", "IS", "J1", "J2", "JA", "JF", "JO", "KW", "L1", "L2", "L3", "L4"),
        *("LA", "LB", "LK", "M1", "M2", "M3", "N1", "N2", "NV", "OP", "PB", "PP", "PY", "RI", "RN"),
        *("RP", "SE", "SN", "SP", "ST", "T1", "T2", "T3", "TA", "TI", "TT", "UR", "VL", "VO"),
        *("U1", "U2", "U3", "U4", "U5", "Y1", "Y2"),
    )
)

RIS_FORM = "two spaces, a dash and a space"
"""What stands behind every tag of RIS."""


def ris_trials(text: str, file: str) -> Found:
    r"""Return the references of a RIS file, one a trial, and whether its tags are as RIS has them.

    Raises
    ------
    InputError
        If a record does not begin with TY, does not end with ER, or a line is in none.

    Examples
    --------
    >>> text = "TY  - JOUR\nAU  - Reck, Martin\nPY  - 2016/11/10\nDO  - 10.1/x\nER  - \n"
    >>> found, said = ris_trials(text, "refs.ris")
    >>> [(one.label, one.year, one.doi) for one in found], said
    ([('Reck 2016', 2016, '10.1/x')], ())
    """
    records, said = _ris_records(text, file)
    return tuple(_ris_trial(record, file) for record in records), said


def nbib_trials(text: str, file: str) -> Found:
    r"""Return the references of an NBIB file as PubMed writes it, one a trial.

    Raises
    ------
    InputError
        If a record does not begin with PMID, or a line has no tag.

    Examples
    --------
    >>> text = "PMID- 1\nFAU - Reck, Martin\nDP  - 2016\nSI  - ClinicalTrials.gov/NCT02142738\n"
    >>> found, _ = nbib_trials(text, "refs.nbib")
    >>> [(one.label, one.pmid, one.registry_id) for one in found]
    [('Reck 2016', '1', 'NCT02142738')]
    """
    return tuple(_nbib_trial(record, file) for record in _nbib_records(text, file)), ()


def _lines(text: str) -> list[str]:
    """Return the lines as an editor counts them; an abstract may hold other signs of a new line."""
    return re.split(r"\r\n|\n|\r", text)


def _ris_field(row: str) -> tuple[str, str, bool] | None:
    """Return the tag and value of a line, and whether it is written as RIS has it.

    Examples
    --------
    >>> _ris_field("TY  - JOUR"), _ris_field("TY -JOUR"), _ris_field("OS - overall survival")
    (('TY', 'JOUR', True), ('TY', 'JOUR', False), None)
    """
    found = _RIS.fullmatch(row)
    if found:
        return found[1], (found[2] or "").strip(), True
    found = _SPACED.fullmatch(row)
    if not found or found[1] not in RIS_TAGS:
        return None
    tag, value = found[1], found[2].strip()
    # "ER - positive" may be a line of an abstract
    plainly = {"TY": r"[A-Z]+", "ER": ""}.get(tag)
    if plainly is not None and not re.fullmatch(plainly, value):
        return None
    return tag, value, False


def _ris_records(text: str, file: str) -> tuple[list[Record], tuple[str, ...]]:
    records: list[Record] = []
    problems: list[Problem] = []
    spaced: list[int] = []
    start, fields, tag, lost = 0, {}, "", False  # type: int, Parts, str, bool

    def unended() -> Problem:
        message = "the record that begins here has no end"
        return Problem(message, "write ER  - after its last line", file, start)

    for line, row in enumerate(_lines(text), start=1):
        found = _ris_field(row.rstrip())
        if found and not found[2]:
            spaced.append(line)
        if found and found[0] == "TY":
            problems += [unended()] if start else []
            start, fields, tag, lost = line, {"TY": [[found[1]]]}, "TY", False
        elif found and found[0] == "ER" and start:
            records.append((start, _whole(fields)))
            start, fields, tag = 0, {}, ""
        elif found and start:
            tag = found[0]
            fields.setdefault(tag, []).append([found[1]])
        elif row.strip() and start:
            fields[tag][-1].append(row.strip())
        elif row.strip() and not lost and not _HEADER.fullmatch(row.strip()):
            problems.append(_in_no_record(row.strip(), file, line))
            lost = True
    problems += [unended()] if start else []
    if problems:
        raise InputError(problems)
    said = (
        f"{file}: {len(spaced)} tags do not have {RIS_FORM} behind them, and are read all the same;"
        f" the first is in row {spaced[0]}"
        for _ in spaced[:1]
    )
    return records, tuple(said)


def _in_no_record(row: str, file: str, line: int) -> Problem:
    """Return what is wrong with a line before or between records, and with those that follow it."""
    remedy = f"begin each record with TY, {RIS_FORM}, and its type: TY  - JOUR"
    return Problem("the line is in no record", remedy, file, line, value=shortened(row))


def _nbib_records(text: str, file: str) -> list[Record]:
    records: list[tuple[int, Parts]] = []
    problems: list[Problem] = []
    tag = ""
    for line, row in enumerate(_lines(text), start=1):
        found = _NBIB.fullmatch(row.rstrip())
        value = (found[2] or "").strip() if found else ""
        if not row.strip():
            tag = ""
        elif found and found[1] == "PMID":
            tag = "PMID"
            records.append((line, {"PMID": [[value]]}))
        elif found and records:
            tag = found[1]
            records[-1][1].setdefault(tag, []).append([value])
        elif row.startswith("      ") and tag:
            records[-1][1][tag][-1].append(row.strip())
        else:
            message = "the line is in no record, or has no tag"
            remedy = "export the file again from PubMed; records begin with PMID-"
            problems.append(Problem(message, remedy, file, line))
    if problems:
        raise InputError(problems)
    return [(line, _whole(fields)) for line, fields in records]


def _whole(fields: Parts) -> dict[str, list[str]]:
    return {tag: [" ".join(lines) for lines in values] for tag, values in fields.items()}


def _first(fields: Mapping[str, Sequence[str]], *tags: str) -> str:
    return next((one for tag in tags for one in fields.get(tag, ()) if one), "")


def _said(fields: Mapping[str, Sequence[str]]) -> str:
    """Return all that a record says."""
    return " ".join(text for values in fields.values() for text in values)


def _ris_trial(record: Record, file: str) -> FoundTrial:
    line, fields = record
    author = plain(_first(fields, "AU", "A1").split(",")[0])
    year = bare_year(_first(fields, "PY", "Y1", "DA"))
    links = [*fields.get("DO", ()), *fields.get("UR", ()), *fields.get("L3", ())]
    rest = _said(fields)
    return FoundTrial(
        source=f"{file}, row {line}",
        registry=False,
        label=short_label(author, year),
        title=plain(_first(fields, "TI", "T1")),
        year=year,
        doi=next((doi for link in links if (doi := bare_doi(link))), ""),
        remarks=named_elsewhere("", rest),
        author=author,
        pmid=_ris_pmid(fields),
        text=rest,
    )


def _ris_pmid(fields: Mapping[str, Sequence[str]]) -> str:
    """Return PubMed's number: of a link to it, named as one, or the accession number there."""
    tags = ("UR", "L2", "LK", "AN", "N1", "M1", "C2")
    values = [one for tag in tags for one in fields.get(tag, ())]
    named = next((pmid for one in values if (pmid := bare_pmid(one))), "")
    from_pubmed = re.search(r"pubmed|medline", _first(fields, "DB", "DP"), re.IGNORECASE)
    return named or (bare_pmid(f"PMID {_first(fields, 'AN')}") if from_pubmed else "")


def _nbib_trial(record: Record, file: str) -> FoundTrial:
    line, fields = record
    author = _first(fields, "FAU").split(",")[0].strip()
    author = plain(author or re.sub(r" [A-Z]+$", "", _first(fields, "AU")))
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
        label=short_label(author, year),
        title=plain(_first(fields, "TI")),
        year=year,
        doi=next((doi for doi in dois if doi), ""),
        registry_id=own,
        phase="/".join(dict.fromkeys(phases)),
        remarks=remarks,
        author=author,
        pmid=bare_pmid(f"PMID {_first(fields, 'PMID')}"),
        text=_said(fields),
    )
