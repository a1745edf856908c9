"""How long what is found of a trial may be: a label is a name, and an abstract is none."""

from collections.abc import Sequence
from dataclasses import replace

from perdure.study.references.found import FoundArm, FoundTrial, short_label
from perdure.study.tables import shortened

__all__ = ["within_lengths"]

LONGEST_LABEL = 100
"""Of a label, and of an author's name; registries have labels of arms up to so many characters."""

LONGEST_TITLE = 1000

LONGEST_DOI = 300

LONGEST_CELL = 500
"""Of a tumour, of the drugs of an arm and of a remark."""


def within_lengths(one: FoundTrial) -> FoundTrial:
    """Return a trial whose cells have a length that people read; what was shortened is a remark.

    Examples
    --------
    >>> found = FoundTrial("refs.ris, row 1", registry=False, label="", title="x" * 2000)
    >>> cut = within_lengths(found)
    >>> len(cut.title), cut.remarks
    (1003, ('its title has 2000 characters: the first 1000 are kept',))
    """
    said: list[str] = []
    label, author = one.label, one.author
    if len(author) > LONGEST_LABEL:
        said.append(f"its first author has {len(author)} characters, and is no name: left out")
        label, author = short_label("", one.year), ""
    if len(one.doi) > LONGEST_DOI:
        said.append(f"its doi has {len(one.doi)} characters, and is none: left empty")
    return replace(
        one,
        label=_kept(label, LONGEST_LABEL, "its label", said),
        author=author,
        title=_kept(one.title, LONGEST_TITLE, "its title", said),
        doi="" if len(one.doi) > LONGEST_DOI else one.doi,
        tumour=_kept(one.tumour, LONGEST_CELL, "its tumour", said),
        arms=_arms(one.arms, said),
        remarks=(*said, *(shortened(remark, LONGEST_CELL) for remark in one.remarks)),
    )


def _arms(arms: Sequence[FoundArm], said: list[str]) -> tuple[FoundArm, ...]:
    return tuple(
        replace(
            arm,
            label=_kept(arm.label, LONGEST_LABEL, f"the label of arm {place}", said),
            drug=_kept(arm.drug, LONGEST_CELL, f"the drug of arm {place}", said),
        )
        for place, arm in enumerate(arms, start=1)
    )


def _kept(text: str, longest: int, what: str, said: list[str]) -> str:
    if len(text) > longest:
        said.append(f"{what} has {len(text)} characters: the first {longest} are kept")
    return shortened(text, longest)
