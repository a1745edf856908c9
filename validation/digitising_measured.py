"""One file is read with nothing given, and compared with the truth.

Curves are matched with arms, and |dS| and names are judged, by the team's scorer, which is
loaded by its path.
"""

import csv
import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, Literal

from digitising_cases import Case, names_printed, truth_of
from digitising_compare import axes_error, cells_of, marks_of
from digitising_durable import durable_of
from digitising_rows import ArmRow, Durable, FigureRow

from perdure.digitise import Digitised, DigitisedArm, digitise
from perdure.errors import InputError

__all__ = ["measure"]

Truth = Mapping[str, Any]
Score = Mapping[str, Any]


def measure(case: Case, scoring: Path) -> FigureRow:
    """Read a file and return all that is measured of it."""
    truth = truth_of(case.truth)
    found, status, reason = _read(case.path)
    read = {name: arm for one in found for name, arm in _named(one, several=len(found) > 1)}
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write_prediction(read, truth["id"], folder)
        scored: Score = _scorer(scoring).score_one(truth, str(folder))
        of_label = {score["label"]: score for score in scored["arms"]}
        scores = [of_label.get(arm["label"]) for arm in truth["arms"]]
        chosen = [None if score is None else read[score["pred"]] for score in scores]
        answers = durable_of(case.path, found, chosen, truth, folder / "study")
    return FigureRow(
        case.set,
        case.figure,
        case.kind,
        truth["image"]["width"],
        truth["style"],
        status,
        reason,
        tuple(warning for one in found for warning in one.warnings),
        turned=bool(truth["image"]["rotation_deg_ccw"]),
        table="risk_table" in truth,
        marked=truth["features"]["censor_marks"] != "none",
        axes=axes_error(found[0], truth, raster=case.path.suffix not in {".pdf", ".svg"})
        if found
        else None,
        invented=scored["spurious"],
        extra_cells=_extra_cells(read.values(), truth),
        scored_cells=scored.get("risk_exact", 0),
        arms=tuple(
            _arm(*one, truth) for one in zip(truth["arms"], scores, chosen, answers, strict=True)
        ),
    )


def _read(
    path: Path,
) -> tuple[tuple[Digitised, ...], Literal["read", "declined", "failed"], str]:
    """Return what is read in a file; or that it was declined, or failed, and why."""
    try:
        return digitise(path), "read", ""
    except InputError as error:
        return (), "declined", "; ".join(problem.message for problem in error.problems)
    except Exception as error:  # noqa: BLE001 - a fault in one figure is counted, not fatal
        return (), "failed", f"{type(error).__name__}: {error}"


def _named(found: Digitised, *, several: bool) -> Iterable[tuple[str, DigitisedArm]]:
    """Return the arms of a figure by names that differ among all figures of the file."""
    return ((f"{found.panel}.{arm.arm}" if several else arm.arm, arm) for arm in found.arms)


@cache
def _scorer(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", folder / "score.py")
    if spec is None or spec.loader is None:
        raise ValueError("--scoring names a folder without score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _write_prediction(read: Mapping[str, DigitisedArm], figure: str, folder: Path) -> None:
    """Write what was read as the scorer wants it; nothing where nothing was read."""
    if not read:
        return
    curves = [
        (name, time, survival, arm.label)
        for name, arm in read.items()
        for time, survival in zip(arm.time.tolist(), arm.survival.tolist(), strict=True)
    ]
    cells = [(name, cell.time, cell.n) for name, arm in read.items() for cell in arm.risk]
    _write(folder / f"{figure}.csv", ("arm", "time", "survival", "label"), curves)
    _write(folder / f"{figure}.risk.csv", ("arm", "time", "n"), cells)


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([head, *rows])


def _arm(
    true: Truth,
    score: Score | None,
    read: DigitisedArm | None,
    durable: tuple[Durable, ...],
    truth: Truth,
) -> ArmRow:
    """Return what is measured of one true arm."""
    axis = truth["axes"]["x"]
    printed = true.get("risk_table", {"times": (), "n": ()})
    drawn = true["censor_times"] if truth["features"]["censor_marks"] != "none" else ()
    score = score or {}
    return ArmRow(
        true["label"],
        "" if read is None else read.label,
        score.get("mean_dS"),
        score.get("max_dS"),
        score.get("max_dS_tol"),
        flagged=read is not None and read.flagged,
        name_right=_name_right(score, read, truth),
        cells=cells_of(
            () if read is None else read.risk,
            zip(printed["times"], printed["n"], strict=True),
            axis["max"],
        ),
        marks=marks_of(
            () if read is None else read.marks.tolist(),
            [time for time in drawn if time <= axis["max"]],
            axis["max"],
        ),
        durable=durable,
    )


def _name_right(score: Score, read: DigitisedArm | None, truth: Truth) -> bool:
    """Say whether an arm has its name, or has none where none is printed."""
    if names_printed(truth):
        return bool(score.get("label_ok"))
    return read is not None and not read.label


def _extra_cells(read: Iterable[DigitisedArm], truth: Truth) -> int:
    """Return how many numbers at risk were read at times where none is printed."""
    times = truth.get("risk_table", {"times": ()})["times"]
    near = 0.01 * truth["axes"]["x"]["max"]
    return sum(
        all(abs(cell.time - time) > near for time in times) for arm in read for cell in arm.risk
    )
