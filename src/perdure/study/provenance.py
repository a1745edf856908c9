"""What results were made from: content hashes, settings, seed and versions."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import perdure
from perdure.errors import InputError, Problem
from perdure.records import Trial
from perdure.study.analysis import Analysis, ArmInput
from perdure.study.figures import FIGURES, figure_files
from perdure.study.naming import DATA_FOLDERS, SYSTEMS_OWN
from perdure.study.settings import Settings
from perdure.study.writing import write_text

__all__ = [
    "Provenance",
    "analysis_key",
    "digest_of",
    "input_digests",
    "output_digests",
    "read_provenance",
    "refuse_edited",
    "refuse_own_place",
    "write_provenance",
]

FILE = "provenance.json"

TABLES = (
    "study.toml",
    "trials.csv",
    "arms.csv",
    "analyses.csv",
    "published_estimates.csv",
    "published_facts.csv",
    FIGURES,
)

OWN_FOLDERS = (*DATA_FOLDERS, "figures", "results", "report")

DOCUMENTS = ("report/report.docx", "report/tables.xlsx")
"""Of the report, what people edit."""


@dataclass(frozen=True)
class Provenance:
    """What the results in a study's folder were made from, and what they are.

    Attributes
    ----------
    perdure : str
        Version.
    libraries : mapping of str to str
        Versions of Python and of the libraries that numbers and pictures depend on.
    seed : int
    inputs, outputs : mapping of str to str
        SHA-256 of each file, by its path in the study.
    headline, notices : tuple of str
    analyses : int
    reader : str
        Versions of what reads figures; empty where the study has none.
    """

    perdure: str
    libraries: Mapping[str, str]
    seed: int
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    headline: tuple[str, ...]
    notices: tuple[str, ...]
    analyses: int
    reader: str = ""

    def is_current(self, folder: Path, inputs: Mapping[str, str], reader: str = "") -> bool:
        """Say whether nothing is stale: the same versions, inputs and untouched results."""
        return (
            self.perdure == perdure.__version__
            and self.reader == reader
            and dict(self.inputs) == dict(inputs)
            and dict(self.outputs) == output_digests(folder)
        )


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of ``content`` as hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def input_digests(folder: Path) -> dict[str, str]:
    """Return the hash of every input file of a study, by its path in it."""
    paths = [folder / name for name in TABLES if (folder / name).is_file()]
    for kind in DATA_FOLDERS:
        paths += [
            path
            for path in (folder / kind).glob("*.[cC][sS][vV]")
            if path.is_file() and not path.name.startswith(SYSTEMS_OWN)
        ]
    return _digests(folder, paths + figure_files(folder))


def refuse_own_place(folder: Path, target: Path) -> None:
    """Refuse to write a file where a study has its own: its tables, data, results and report.

    Raises
    ------
    InputError
        Before anything is written.
    """
    root, place = folder.resolve(), target.resolve()
    if not place.is_relative_to(root):
        return
    name = place.relative_to(root)
    if name.as_posix() in TABLES or (name.parts[:1] and name.parts[0] in OWN_FOLDERS):
        raise InputError(
            Problem(
                "this is a place of the study's own files, which would be lost",
                "name another file, outside of the study's tables and folders",
                value=str(target),
            )
        )


def output_digests(folder: Path) -> dict[str, str]:
    """Return the hash of every file of results/ and report/, by its path in the study."""
    paths = [
        path
        for kind in ("results", "report")
        for path in (folder / kind).rglob("*")
        if path.is_file() and path.name != FILE and not path.name.startswith(".")
    ]
    return _digests(folder, paths)


def _digests(folder: Path, paths: list[Path]) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): digest_of(path.read_bytes()) for path in sorted(paths)
    }


def refuse_edited(folder: Path, before: Provenance) -> None:
    """Refuse to write over a document of the report that someone edited.

    Raises
    ------
    InputError
        With each such document.
    """
    edited = [
        name
        for name in DOCUMENTS
        if (made := before.outputs.get(name)) is not None
        and (folder / name).is_file()
        and digest_of((folder / name).read_bytes()) != made
    ]
    if edited:
        raise InputError(
            Problem(
                "was edited after perdure wrote it, and writing the report again would lose that",
                "move it to another place or name, then run again",
                name,
            )
            for name in edited
        )


def analysis_key(analysis: Analysis, trial: Trial, settings: Settings) -> str:
    """Return the hash of everything that the results of one analysis depend on.

    What was read from its files, the facts of its trial's arms, the thresholds and methods of
    study.toml, the version. How arms are pooled, labels and moderators do not move it.
    """
    chosen = settings.endpoints[analysis.endpoint]
    content = {
        "perdure": perdure.__version__,
        "read": [_read_of(arm) for arm in analysis.arms],
        "time_unit": [analysis.time_unit, settings.time_unit],
        "primary": analysis.primary,
        "arms": [
            [arm.arm, arm.comparator, asdict(arm.reported_for(analysis.endpoint))]
            for arm in trial.arms
        ],
        "reference": settings.reference,
        "k": chosen.k,
        "fixed_time": chosen.fixed_time,
        "thin": settings.thin,
        "interval": settings.interval,
        "models": settings.models,
        "method": settings.method,
        "draws": settings.draws,
        "own": settings.own,
        "keep_ensemble": settings.keep_ensemble,
        "seed": settings.seed,
    }
    return digest_of(json.dumps(content, sort_keys=True).encode())


def _read_of(arm: ArmInput) -> list[object]:
    """Return the hash of what was read of one arm's survival."""
    curve, risk, patients = arm.curve, arm.numbers_at_risk, arm.patients
    arrays = (
        *((patients.time, patients.event) if patients is not None else ()),
        *((curve.time, curve.survival, curve.read) if curve is not None else ()),
        *((risk.time, risk.n) if risk is not None else ()),
    )
    resolution = None if curve is None else curve.resolution
    hashes = [digest_of(array.tobytes()) for array in arrays]
    unit = None if risk is None else risk.time_unit
    origin = None if arm.origin is None else asdict(arm.origin)
    more = [arm.marks, origin, asdict(arm.printed)]
    return [arm.arm, arm.source, *hashes, resolution, unit, arm.notices, *more]


def read_provenance(results: Path) -> Provenance | None:
    """Return what the results were made from; None where that is not known: all is stale then."""
    try:
        content: dict[str, Any] = json.loads((results / FILE).read_text(encoding="utf-8"))
        return Provenance(
            perdure=str(content["perdure"]),
            libraries=dict(content["libraries"]),
            seed=int(content["seed"]),
            inputs=dict(content["inputs"]),
            outputs=dict(content["outputs"]),
            headline=tuple(content["headline"]),
            notices=tuple(content["notices"]),
            analyses=int(content["analyses"]),
            reader=str(content.get("reader", "")),
        )
    except (OSError, ArithmeticError, KeyError, RecursionError, TypeError, ValueError):
        return None


def write_provenance(results: Path, provenance: Provenance) -> None:
    """Write results/provenance.json."""
    text = json.dumps(asdict(provenance), indent=1, ensure_ascii=False) + "\n"
    write_text(results / FILE, text)
