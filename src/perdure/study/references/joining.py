"""One reference that is there twice is one trial, whatever the files and their forms.

Two references are one where they have the same DOI, the same number in PubMed, or the same title,
year and first author while no number of theirs contradicts it; or where, without a title, their
records say the very same. What the second knows and the first does not is kept.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from perdure.study.references.found import FoundTrial, short_label

__all__ = ["joined"]

FILLED = ("title", "year", "doi", "pmid", "registry_id", "tumour", "phase", "arms")
"""What one record of a reference may know and another not."""

NUMBERS = {"doi": "DOIs", "pmid": "numbers in PubMed", "registry_id": "registry numbers"}
"""What tells two references of one title apart."""

Key = tuple[str, ...]


def joined(found: Iterable[FoundTrial]) -> tuple[tuple[FoundTrial, ...], tuple[str, ...]]:
    """Return each trial once, in order, and a sentence for everything that was put together.

    A registry's entry and the one reference with its registry number are one trial too.

    Examples
    --------
    >>> one = FoundTrial("a.ris, row 1", registry=False, label="Reck 2016", doi="10.1/x")
    >>> two = FoundTrial("b.bib, row 9", registry=False, label="Reck", doi="10.1/X", phase="III")
    >>> (reck,), said = joined([one, two])
    >>> reck.phase, said
    ('III', ('b.bib, row 9: is a.ris, row 1 again (same DOI), and left out; phase is from it',))
    """
    said: list[str] = []
    known = _Known(said)
    for one in found:
        known.add(one)
    return tuple(_with_registries(list(known.trials()), said)), tuple(said)


@dataclass
class _Known:
    """The trials so far, each found by whatever names it."""

    said: list[str]
    kept: dict[int, FoundTrial] = field(default_factory=dict)
    at: dict[Key, int] = field(default_factory=dict)
    moved: dict[int, int] = field(default_factory=dict)

    def trials(self) -> Iterable[FoundTrial]:
        return self.kept.values()

    def add(self, one: FoundTrial) -> None:
        """Take a record in: as a trial of its own, or as one that is there."""
        same: dict[int, str] = {}
        for key, how in _keys(one):
            if key in self.at:
                same.setdefault(self._place(self.at[key]), how)
        alike = _title_key(one)
        if alike is not None and alike in self.at:
            self._by_title(one, self._place(self.at[alike]), same)
        if not same:
            new = len(self.kept) + len(self.moved)
            self.kept[new] = one
            self._name(one, new)
            return
        first = min(same)
        for other in sorted(place for place in same if place != first):
            again = self.kept.pop(other)
            self._together(first, again, f"by {one.source}")
            self.moved[other] = first
        self._together(first, one, f"same {same[first]}")
        self._name(one, first)

    def _by_title(self, one: FoundTrial, place: int, same: dict[int, str]) -> None:
        """Add the trial of the same title where nothing tells the two apart."""
        if place in same:
            return
        other = self.kept[place]
        apart = [words for name, words in NUMBERS.items() if _contradict(one, other, name)]
        if not apart:
            same[place] = "title and year"
        elif not same:
            self.said.append(
                f"{one.source} and {other.source} have one title and year, and different"
                f" {' and '.join(apart)}: both are kept"
            )

    def _together(self, place: int, again: FoundTrial, why: str) -> None:
        first = self.kept[place]
        whole = _filled(first, again)
        gained = [name for name in FILLED if getattr(whole, name) != getattr(first, name)]
        gained += ["author"] if whole.author != first.author else []
        verb = "is" if len(gained) == 1 else "are"
        more = f"; {', '.join(gained)} {verb} from it" if gained else ""
        lost = _otherwise(first, again)
        more += f"; it says otherwise, and is not followed: {', '.join(lost)}" if lost else ""
        self.said.append(f"{again.source}: is {first.source} again ({why}), and left out{more}")
        self.kept[place] = whole
        self._name(whole, place)

    def _name(self, one: FoundTrial, place: int) -> None:
        """Let a trial be found by all that names it; who came first by a title stays."""
        for key, _ in _keys(one):
            self.at[key] = place
        alike = _title_key(one)
        if alike is not None:
            self.at.setdefault(alike, place)

    def _place(self, place: int) -> int:
        while place in self.moved:
            place = self.moved[place]
        return place


def _keys(one: FoundTrial) -> Iterator[tuple[Key, str]]:
    """Yield what names a record beyond doubt, with the word for it."""
    if one.registry:
        yield ("entry", one.registry_id), "registry number"
        return
    if one.doi:
        yield ("doi", one.doi.casefold()), "DOI"
    if one.pmid:
        yield ("pmid", one.pmid), "number in PubMed"
    if one.text and not one.title:
        yield ("text", one.text), "record"


def _title_key(one: FoundTrial) -> Key | None:
    title = _letters(one.title)
    if one.registry or not title:
        return None
    return ("title", title, str(one.year or ""), _family(one.author))


def _family(author: str) -> str:
    """Return the last word of a family name: initials may follow, a first name may precede.

    Examples
    --------
    >>> _family("Rodríguez-Abreu"), _family("Rodriguez-Abreu D"), _family("Jan van der Berg")
    ('rodriguezabreu', 'rodriguezabreu', 'berg')
    """
    words = author.split()
    while len(words) > 1 and re.fullmatch(r"([A-Z]\.?){1,3}", words[-1]):
        words.pop()
    return _letters(words[-1]) if words else ""


def _letters(text: str) -> str:
    """Return letters and digits alone: accents, capitals and punctuation differ between sources."""
    bare = unicodedata.normalize("NFKD", re.sub(r"</?[A-Za-z]+>", "", text)).casefold()
    return "".join(sign for sign in bare if sign.isalnum())


def _contradict(one: FoundTrial, other: FoundTrial, name: str) -> bool:
    mine, theirs = (str(getattr(each, name) or "").casefold() for each in (one, other))
    return bool(mine and theirs) and mine != theirs


def _otherwise(first: FoundTrial, again: FoundTrial) -> list[str]:
    """Return what the second says against the first, which is lost with it."""
    lost = [
        f"{name} {getattr(again, name)}"
        for name in ("year", *NUMBERS)
        if _contradict(first, again, name)
    ]
    short, long = sorted((_letters(first.title), _letters(again.title)), key=len)
    return lost if long.startswith(short) else [*lost, "title"]


def _filled(first: FoundTrial, again: FoundTrial) -> FoundTrial:
    """Return the first with what it does not know and the second does."""
    known = {name: getattr(first, name) or getattr(again, name) for name in FILLED}
    remarks = tuple(dict.fromkeys((*first.remarks, *again.remarks)))
    whole = replace(first, **known, author=first.author or again.author, remarks=remarks)
    changed = (whole.author, whole.year) != (first.author, first.year)
    if first.registry or not changed:
        return whole
    return replace(whole, label=short_label(whole.author, whole.year))


def _with_registries(found: list[FoundTrial], said: list[str]) -> list[FoundTrial]:
    """Return the trials, a registry's entry put together with its only report."""
    reports: dict[str, list[FoundTrial]] = {}
    for one in found:
        if one.registry_id and not one.registry:
            reports.setdefault(one.registry_id, []).append(one)
    entries = {one.registry_id: one for one in found if one.registry}
    whole: list[FoundTrial] = []
    for one in found:
        mine = reports.get(one.registry_id, [])
        if one.registry and len(mine) == 1:
            said.append(f"{one.source} and {mine[0].source} are one trial, by registry number")
            whole.append(_report_of(one, mine[0]))
        elif one.registry or len(mine) != 1 or one.registry_id not in entries:
            whole.append(one)
        if len(mine) > 1 and one is mine[0]:
            places = ", ".join(report.source for report in mine)
            said.append(f"{places}: reports of one trial, {one.registry_id}? Keep one row")
    return whole


def _report_of(entry: FoundTrial, report: FoundTrial) -> FoundTrial:
    return replace(
        entry,
        source=f"{entry.source}; {report.source}",
        label=report.label if entry.label == entry.registry_id and report.label else entry.label,
        title=report.title or entry.title,
        year=report.year,
        doi=report.doi,
        phase=entry.phase or report.phase,
        remarks=(*entry.remarks, *report.remarks),
        author=report.author,
    )
