"""The curves of one exported file, by name, as tables with columns ``time`` and ``survival``."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from perdure.errors import InputError, Problem
from perdure.records import TimeUnit
from perdure.study.tables import Table, nearest

__all__ = ["ExportedCurves", "Point"]

Point = tuple[int, str, str]
"""Line of the file (from 1), time and survival as they were written."""


@dataclass(frozen=True)
class ExportedCurves:
    """What a digitising program exported.

    Attributes
    ----------
    file : str
        Name for messages.
    origin : str
        What the file was read as.
    points : mapping of str to tuple of Point
        By curve, in the file's order.
    unit : {"days", "weeks", "months", "years"} or None
        Of time, where a header tells it.
    notices : tuple of str
    """

    file: str
    origin: str
    points: Mapping[str, tuple[Point, ...]]
    unit: TimeUnit | None = None
    notices: tuple[str, ...] = ()

    def table(self, dataset: str | None) -> Table:
        """Return one curve as a table; times are sorted, since clicks need not be.

        Raises
        ------
        InputError
            If there is no curve, several and none is named, or none of that name.
        """
        names = list(self.points)
        if not names:
            remedy = "export a curve with its points"
            raise InputError(Problem("the file holds no points", remedy, self.file))
        name = self._named(dataset)
        points = self.points[name]
        notices = [*self.notices, f"{self.file}: read as {self.origin}"]
        if len(names) > 1:
            notices[-1] += f", curve {name} of {len(names)}"
        ordered = _sorted(points)
        moved = sum(one is not other for one, other in zip(points, ordered, strict=True))
        if moved:
            notices.append(f"{self.file}: {moved} points were not in the order of time; sorted")
        return Table(
            self.file,
            ("time", "survival"),
            tuple(point[1:] for point in ordered),
            tuple(point[0] for point in ordered),
            tuple(notices),
        )

    def _named(self, dataset: str | None) -> str:
        names = list(self.points)
        listed = ", ".join(names)
        if dataset is None:
            if len(names) == 1:
                return names[0]
            raise InputError(
                Problem(
                    f"the file holds {len(names)} curves: {listed}",
                    "say which with --dataset, or save each to a file of its own",
                    self.file,
                )
            )
        if dataset not in self.points:
            close = nearest(dataset, names)
            hint = f"did you mean {close}? Use" if close else "use"
            raise InputError(
                Problem(
                    "there is no such curve", f"{hint} one of {listed}", self.file, value=dataset
                )
            )
        return dataset

    def with_notices(self, notices: tuple[str, ...]) -> "ExportedCurves":
        """Return the same with more to say."""
        return replace(self, notices=(*notices, *self.notices))


def _sorted(points: tuple[Point, ...]) -> list[Point]:
    """Return the points by time; of those at one time, as they came.

    Where a time is no number the order is left, and the reader of the table names it.
    """
    try:
        return sorted(points, key=lambda point: float(point[1]))
    except ValueError:
        return list(points)
