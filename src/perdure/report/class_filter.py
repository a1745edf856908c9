"""Which class a row of a table or of a forest is of: a reader may look at some of them only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["ClassFilter"]

BETWEEN = (" v ", " - ")
"""Stand between two names that are compared."""


@dataclass(frozen=True)
class ClassFilter:
    """The classes of a study, and who belongs to them.

    Attributes
    ----------
    by : str
        What classes are, in words: "drug class".
    names : tuple of str
        In their order; a class is known by its place here.
    of_arm : mapping of (trial, arm) to str
    """

    by: str = ""
    names: tuple[str, ...] = ()
    of_arm: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def of_words(self, *words: object) -> tuple[int, ...]:
        """Return the places of the classes that names are, or are comparisons of.

        Examples
        --------
        >>> ClassFilter("drug class", ("new", "old")).of_words("new v old")
        (0, 1)
        """
        parts = [str(word) for word in words if word]
        for between in BETWEEN:
            parts = [
                piece
                for part in parts
                for piece in ([part] if part in self.names else part.split(between))
            ]
        return tuple(sorted({self.names.index(part) for part in parts if part in self.names}))

    def of_arms(self, trial: object, *arms: object) -> tuple[int, ...]:
        """Return the places of the classes of arms of one trial."""
        return self.of_words(*(self.of_arm.get((str(trial), str(arm))) for arm in arms if arm))

    def of_records(
        self, columns: Sequence[str], records: Sequence[Sequence[object]]
    ) -> Iterator[tuple[int, ...]]:
        """Yield the classes of each row of a table; none for a row that is of no class.

        A row of two arms, or two classes, is of both.

        Examples
        --------
        >>> found = ClassFilter("", ("new", "old"), {("A", "x"): "new", ("A", "y"): "old"})
        >>> rows = [("A", "x", "y"), ("A", "y", None)]
        >>> list(found.of_records(["trial", "arm", "comparator"], rows))
        [(0, 1), (1,)]
        """
        for record in records:
            row = dict(zip(columns, record, strict=True))
            if "trial" in row and "arm" in row:
                # a table that describes arms names each one's control too: that is no comparison
                control = None if "drug_class" in row else row.get("comparator")
                yield self.of_arms(row["trial"], row["arm"], control)
            else:
                named = ("class", "against", "treatment", "comparator", "group", "pair", "name")
                yield self.of_words(*(row.get(one) for one in named))
