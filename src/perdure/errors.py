"""What perdure raises: one tree, each error one plain sentence that says what to do.

    PerdureError
    ├── InputError       what the user gave is wrong: every problem at once, by file, row and column
    └── OutputError      a file could not be written (disk full, no permission)

That something is *not estimable* is a result and not an error: see
:class:`perdure.records.NotEstimable`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["InputError", "OutputError", "PerdureError", "Problem"]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the input, where it is, and what to do about it.

    Parameters
    ----------
    message : str
        What was found, as a sentence without the place: ``"survival rises from 0.41 to 0.62"``.
    remedy : str
        What the user should do: ``"digitise these points again"``.
    file : str, optional
        The file, relative to the study's folder.
    row : int, optional
        The line of the file, counted as a text editor counts: the header is row 1.
    column : str, optional
        The column's header.
    value : str, optional
        What stood there.

    Examples
    --------
    >>> problem = Problem("n is not whole", "write a count of patients", "arms.csv", 3, "n", "12x")
    >>> print(problem)
    arms.csv, row 3, column n: n is not whole (found '12x'). Write a count of patients.
    """

    message: str
    remedy: str
    file: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None

    @property
    def place(self) -> str:
        """Where it is: file, row and column as far as they are known."""
        parts = [
            self.file,
            None if self.row is None else f"row {self.row}",
            None if self.column is None else f"column {self.column}",
        ]
        return ", ".join(part for part in parts if part)

    def __str__(self) -> str:
        found = "" if self.value is None else f" (found {self.value!r})"
        end = "" if self.remedy.endswith(("?", ".")) else "."
        sentence = f"{self.message}{found}. {self.remedy[:1].upper()}{self.remedy[1:]}{end}"
        return f"{self.place}: {sentence}" if self.place else sentence[:1].upper() + sentence[1:]


class PerdureError(Exception):
    """The root of all that perdure raises on purpose."""


class InputError(PerdureError):
    """What the user gave is wrong; carries every problem that was found.

    Parameters
    ----------
    problems : Problem or iterable of Problem
        At least one.

    Examples
    --------
    >>> error = InputError(Problem("k must be positive", "give a k above 0", value="-1"))
    >>> str(error)
    "K must be positive (found '-1'). Give a k above 0."
    """

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type["InputError"], tuple[tuple[Problem, ...]]]:
        """Keep the problems when a worker process sends the error home."""
        return type(self), (self.problems,)


class OutputError(PerdureError):
    """A file could not be written; nothing is left half-written."""
