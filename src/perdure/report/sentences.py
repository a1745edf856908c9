"""Pieces of sentences that cite papers, and counts and lists in words."""

from collections.abc import Iterator, Sequence

from perdure.report.citations import Citation

__all__ = ["Pieces", "joined", "listed", "some"]

Pieces = Iterator[str | Citation]


def joined(pieces: Pieces) -> tuple[str | Citation, ...]:
    """Return the pieces that say something, without the space after the last."""
    found = [piece for piece in pieces if piece]
    if found and isinstance(found[-1], str):
        found[-1] = found[-1].rstrip()
    return tuple(found)


def some(number: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> some(1, "arm"), some(12, "arm")
    ('1 arm', '12 arms')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
