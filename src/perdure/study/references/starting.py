"""A new study from what was found: trials.csv and arms.csv, and a list of what is empty."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from perdure.study.free_folder import refuse_what_is_there
from perdure.study.provenance import digest_of
from perdure.study.references.found import FoundArm, FoundTrial
from perdure.study.references.reading import names_of, read_found_trials
from perdure.study.tables import content_of, write_table
from perdure.study.template import ARMS, TRIALS, new
from perdure.study.writing import write_text

__all__ = ["LEFT_EMPTY", "new_from"]

LEFT_EMPTY = "started_from.txt"

HEAD = """\
What trials.csv and arms.csv were started from, and what stayed empty in them because no source says
it. Fill it in, then delete this file or keep it as a record.
"""


def new_from(folder: str | Path, sources: Sequence[str | Path]) -> tuple[str, ...]:
    r"""Write a study that has the trials of reference lists and registry entries.

    Parameters
    ----------
    folder : str or Path
        A new or empty one.
    sources : sequence of str or Path
        RIS (.ris), BibTeX (.bib), PubMed's NBIB (.nbib) or ClinicalTrials.gov's JSON (.json).

    Returns
    -------
    tuple of str
        What was found, put together and left empty: the sentences of started_from.txt.

    Raises
    ------
    InputError
        If the folder holds anything, or with every problem of every source; nothing is written
        then.
    OutputError
        If it cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     refs = Path(folder) / "refs.ris"
    ...     _ = refs.write_text("TY  - JOUR\nAU  - Reck, Martin\nPY  - 2016\nER  - \n")
    ...     new_from(f"{folder}/mine", [refs])[1][:41]
    'trial Reck-2016 (refs.ris, row 1): empty:'
    """
    root = Path(folder)
    refuse_what_is_there(root)
    found, said = read_found_trials(sources)
    names = _identifiers([one.label or one.registry_id for one in found], "trial")
    arms = [_identifiers([arm.label for arm in one.arms], "arm") for one in found]
    sentences = [
        *_read(sources),
        *said,
        *(
            sentence
            for name, one, mine in zip(names, found, arms, strict=True)
            for sentence in _of_trial(name, one, mine)
        ),
    ]
    new(root)
    rows = [
        (name, one.label or name, one.year, one.doi, one.registry_id, one.tumour, None, one.phase)
        for name, one in zip(names, found, strict=True)
    ]
    write_table(
        root / "trials.csv",
        (*TRIALS.strip().split(","), "title"),
        [(*row, one.title) for row, one in zip(rows, found, strict=True)],
    )
    columns = ARMS.strip().split(",")
    blank = [""] * (len(columns) - 7)
    write_table(
        root / "arms.csv",
        columns,
        [
            (name, at, arm.label, arm.drug, "", _comparator(arm, one.arms, mine), arm.n, *blank)
            for name, one, mine in zip(names, found, arms, strict=True)
            for at, arm in zip(mine, one.arms, strict=True)
        ],
    )
    lines = "\n".join(f"- {sentence}" for sentence in sentences)
    write_text(root / LEFT_EMPTY, f"{HEAD}\n{lines}\n")
    return tuple(sentences)


def _read(sources: Iterable[str | Path]) -> Iterable[str]:
    paths = [Path(source) for source in sources]
    for path, name in zip(paths, names_of(paths), strict=True):
        yield f"read {name} (SHA-256 {digest_of(content_of(path, name))})"


def _comparator(arm: FoundArm, arms: Sequence[FoundArm], names: Sequence[str]) -> str:
    """Return the trial's control, of an arm that is known to be none."""
    if arm.control is not False:
        return ""
    return next(name for name, one in zip(names, arms, strict=True) if one.control)


def _of_trial(name: str, one: FoundTrial, arms: Sequence[str]) -> Iterable[str]:
    """Yield where a trial is from, what it does not say, and the same of its arms."""
    facts = {
        "year": one.year,
        "doi": one.doi,
        "registry_id": one.registry_id,
        "tumour": one.tumour,
        "line": None,
        "phase": one.phase,
    }
    empty = [column for column, value in facts.items() if not value]
    empty += [] if one.arms else ["all its arms in arms.csv"]
    yield f"trial {name} ({one.source}): empty: {', '.join(empty)}"
    yield from (f"trial {name}: {remark}" for remark in one.remarks)
    for at, arm in zip(arms, one.arms, strict=True):
        known = {"drug": arm.drug, "drug_class": None, "n": arm.n}
        lost = [column for column, value in known.items() if not value]
        lost += ["comparator"] if arm.control is None else []
        yield f"arm {at} of trial {name}: empty: {', '.join(lost)}, and what was published of it"


def _identifiers(labels: Sequence[str], otherwise: str) -> tuple[str, ...]:
    """Return a short name for files for each label, none twice whatever the capitals.

    Examples
    --------
    >>> _identifiers(["Rodríguez-Abreu 2016", "CheckMate 017", "checkmate 017", "肺"], "trial")
    ('Rodriguez-Abreu-2016', 'CheckMate-017', 'checkmate-017-2', 'trial')
    """
    taken: set[str] = set()
    following: dict[str, int] = {}
    found = []
    for label in labels:
        plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
        name = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:40].strip("-") or otherwise
        number, unique = following.get(name.lower(), 2), name
        while unique.lower() in taken:
            unique, number = f"{name}-{number}", number + 1
        following[name.lower()] = number
        taken.add(unique.lower())
        found.append(unique)
    return tuple(found)
