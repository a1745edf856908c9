"""The figures that are read, and what is true of each."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from perdure.records import Patients

__all__ = [
    "KINDS",
    "NARROW",
    "WIDE",
    "Case",
    "cases_in",
    "names_printed",
    "patients_of",
    "truth_of",
]

NARROW, WIDE = "raster under 800 px", "raster, 800 px and wider"
KINDS = (WIDE, NARROW, "PDF", "SVG")
LEAST_WIDTH = 800


@dataclass(frozen=True)
class Case:
    """One file with a figure; ``figure`` names it in its set, ``truth`` is the file beside it."""

    set: str
    figure: str
    kind: str
    path: Path
    truth: Path


def cases_in(sets: Sequence[tuple[str, Path]]) -> Iterator[Case]:
    """Yield every file of every figure: its raster, and PDF and SVG where there are any.

    Raises
    ------
    ValueError
        If a folder has no figure with its truth.
    """
    for name, folder in sets:
        truths = sorted(folder.glob("*.truth.json"))
        if not truths:
            raise ValueError(f"{name}: no *.truth.json in the folder; make figures there first")
        for place in truths:
            image = truth_of(place)["image"]
            figure = place.name.removesuffix(".truth.json")
            files = {
                WIDE if image["width"] >= LEAST_WIDTH else NARROW: folder / image["file"],
                "PDF": folder / f"{figure}.pdf",
                "SVG": folder / f"{figure}.svg",
            }
            for kind, path in files.items():
                if path.exists():
                    yield Case(name, figure, kind, path, place)


def truth_of(path: Path) -> Mapping[str, Any]:
    """Return what is true of a figure."""
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def names_printed(truth: Mapping[str, Any]) -> bool:
    """Say whether a figure prints its arms' names: base R's have no legend for one arm."""
    alone = truth["style"] == "base" and len(truth["arms"]) == 1
    return not alone or "risk_table" in truth


def patients_of(arm: Mapping[str, Any]) -> Patients:
    """Return the patients behind a true curve: its falls are events, its censoring times the rest.

    Raises
    ------
    ValueError
        If they are not as many as the truth says.

    Examples
    --------
    >>> km = {"time": [0, 2, 5], "survival": [1, 0.75, 0.375]}
    >>> arm = {"label": "A", "n": 4, "events": 2, "km": km, "censor_times": [3, 6]}
    >>> found = patients_of(arm)
    >>> found.time.tolist(), found.event.tolist()
    ([2.0, 5.0, 3.0, 6.0], [True, True, False, False])
    """
    time, survival = (np.array(arm["km"][name], dtype=np.float64) for name in ("time", "survival"))
    lost = np.array(arm["censor_times"], dtype=np.float64)
    left = arm["n"]
    events: list[float] = []
    for at, before, after in zip(time[1:], survival, survival[1:], strict=False):
        at_risk = left - len(events) - int((lost < at).sum())
        events += [float(at)] * round(at_risk * (1 - after / before))
    if len(events) != arm["events"] or len(events) + lost.size != arm["n"]:
        raise ValueError(f"{arm['label']}: its curve and its counts are of different patients")
    event = np.repeat([True, False], [len(events), lost.size])
    return Patients(np.concatenate([events, lost]), event)
