"""What the pages of the examples share: how they say of what they were made, and their tables."""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import perdure

__all__ = ["digest_of", "percent", "stale", "table", "with_head"]

MADE = "Made on {date} with perdure {version}, inputs {digest}."


def digest_of(folder: Path, names: Sequence[str]) -> str:
    """Return the digest of an example's inputs."""
    content = b"".join((folder / name).read_bytes() for name in names)
    return hashlib.sha256(content).hexdigest()[:16]


def with_head(words: str, digest: str) -> str:
    """Return a page with a line below its title that says how it was made."""
    today = datetime.now(UTC).date().isoformat()
    said = MADE.format(date=today, version=perdure.__version__, digest=digest)
    title, _, rest = words.partition("\n")
    return f"{title}\n\n{said}\n{rest.rstrip()}\n"


def stale(page: Path, digest: str, words: str | None = None) -> list[str]:
    """Return why a page is stale; empty where it is not.

    ``words`` is the page that results at hand would give, without its head; without them only the
    version of perdure and the digest of the inputs are looked at.
    """
    if not page.is_file():
        return ["there is no page yet"]
    text = page.read_text(encoding="utf-8")
    found = re.search(r"Made on (\S+) with perdure (\S+), inputs (\w+)\.", text)
    if found is None:
        return ["the page does not say how it was made"]
    reasons = []
    if found[2] != perdure.__version__:
        reasons.append(f"it was made with perdure {found[2]}; this is {perdure.__version__}")
    if found[3] != digest:
        reasons.append(f"the example's tables have changed since {found[1]}")
    if words is not None and words.partition("\n")[2].strip() not in text:
        reasons.append("the results are others than those of the page")
    return reasons


def table(heads: Sequence[str], lines: Sequence[Sequence[object]]) -> list[str]:
    """Return a table of Markdown, with an empty line after it.

    Examples
    --------
    >>> table(("arm", "n"), [("a", 12)])
    ['| arm | n |', '| --- | --- |', '| a | 12 |', '']
    """
    return [
        f"| {' | '.join(heads)} |",
        f"|{' --- |' * len(heads)}",
        *(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines),
        "",
    ]


def percent(value: float | None, digits: int = 0) -> str:
    """Return a proportion in per cent; a dash where there is none.

    Examples
    --------
    >>> percent(0.125), percent(0.125, 1), percent(None)
    ('12', '12.5', '–')
    """
    return "–" if value is None else f"{100 * value:.{digits}f}"
