"""What a report rests on as BibTeX: the papers that it cites, its trials, perdure itself."""

import re
from collections.abc import Iterable, Mapping

from perdure.records import Trial
from perdure.report.citations import Citation

__all__ = ["bibliography"]

_ARTICLE = re.compile(
    r"(?P<author>[^.]+)\. (?P<title>.+?)[.?] (?P<journal>[^.;]+?) (?P<year>\d{4});(?P<volume>\d+)"
    r"(?::(?P<pages>[^.]+))?\."
)
"""Authors. Title. Journal year;volume:pages. A journal's abbreviations have no stops."""
_BOOK = re.compile(
    r"(?P<author>[^.]+)\. (?P<title>.+)\. (?P<address>[^.:]+): (?P<publisher>[^.;]+);"
    r" (?P<year>\d{4})\."
)
"""Authors. Title. Place: publisher; year."""


def bibliography(citations: Iterable[Citation], trials: Iterable[Trial], version: str) -> str:
    """Return a BibTeX file (UTF-8, for biber or any reference manager).

    Parameters
    ----------
    citations : iterable of Citation
        What the methods cite, in the order of the report's list of references.
    trials : iterable of Trial
        Those with a DOI are entries too.
    version : str
        Of perdure.

    Examples
    --------
    >>> paper = Citation("a-b", "A X, B YZ. Of this. J Med 1999;3:1–9.", "10.1/x")
    >>> print(bibliography([paper], [], "1.0"))
    @article{a-b,
      author = {A, X. and B, Y. Z.},
      title = {{Of this}},
      journal = {J Med},
      year = {1999},
      volume = {3},
      pages = {1--9},
      doi = {10.1/x},
    }
    <BLANKLINE>
    @software{perdure,
      author = {{The perdure developers}},
      title = {{perdure: durable response to cancer therapy, measured and pooled}},
      version = {1.0},
    }
    <BLANKLINE>
    """
    entries = [_cited(one) for one in citations]
    entries += [_trial(one) for one in trials if one.doi]
    entries.append(_software(version))
    return "\n".join(entries)


def _cited(one: Citation) -> str:
    """Return a paper; one that is not written as an article or a book keeps its words whole."""
    article, book = _ARTICLE.fullmatch(one.text), _BOOK.fullmatch(one.text)
    found = article or book
    if found is None:
        return _entry("misc", one.key, {"title": f"{{{_plain(one.text)}}}", "doi": one.doi})
    fields = {name: _plain(value or "") for name, value in found.groupdict().items()}
    fields["author"] = _authors(found["author"])
    fields["title"] = f"{{{fields['title']}}}"
    if "pages" in fields:
        fields["pages"] = _pages(fields["pages"])
    return _entry("article" if article else "book", one.key, fields | {"doi": one.doi})


def _authors(text: str) -> str:
    """Return authors as BibTeX has them.

    Examples
    --------
    >>> _authors("van Houwelingen HC, Plagborg-Møller M, et al")
    'van Houwelingen, H. C. and Plagborg-Møller, M. and others'
    """
    return " and ".join(_author(name) for name in text.split(", "))


def _author(name: str) -> str:
    if name == "et al":
        return "others"
    family, _, initials = name.rpartition(" ")
    if not initials.isupper():
        return f"{{{_plain(name)}}}"
    return f"{_plain(family)}, {' '.join(f'{letter}.' for letter in initials)}"


def _pages(text: str) -> str:
    """Return a range of pages in full: 457–81 is 457--481.

    Examples
    --------
    >>> _pages("457–81"), _pages("12"), _pages("619–29")
    ('457--481', '12', '619--629')
    """
    first, dash, last = text.partition("–")
    return f"{first}--{first[: len(first) - len(last)]}{last}" if dash else first


def _trial(trial: Trial) -> str:
    year = "" if trial.year is None else str(trial.year)
    fields = {"title": f"{{{_plain(trial.label or trial.trial)}}}", "year": year, "doi": trial.doi}
    return _entry("misc", f"trial-{trial.trial}", fields)


def _software(version: str) -> str:
    fields = {
        "author": "{The perdure developers}",
        "title": "{perdure: durable response to cancer therapy, measured and pooled}",
        "version": version,
    }
    return _entry("software", "perdure", fields)


def _entry(kind: str, key: str, fields: Mapping[str, str]) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])


def _plain(text: str) -> str:
    r"""Return text that TeX prints as it stands.

    Examples
    --------
    >>> print(_plain("50% of <a> & {b}"))
    50\% of <a> \& \{b\}
    """
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return "".join(
        special.get(letter, f"\\{letter}" if letter in "&%$#_{}" else letter)
        for letter in " ".join(text.split())
    )
