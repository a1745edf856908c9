"""What was computed of each analysis, kept in results/ so that only stale work is redone."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from perdure.plots import reconstruction_plot
from perdure.reconstruct import EVIDENCE_COLUMNS, evidence_record, evidence_rows
from perdure.records import (
    AnalysisResult,
    ArmCovariance,
    ArmEstimate,
    ArmResult,
    Evidence,
    FigureOrigin,
    Patients,
    Reconstruction,
    TailResult,
    TrialContrast,
    months_per,
)
from perdure.records.sensitivity_analysis import VariedEstimates
from perdure.study import (
    Analysis,
    ArmInput,
    digest_of,
    read_patients,
    write_table,
    write_text,
)

__all__ = [
    "load_analysis",
    "load_pictures",
    "remove_others",
    "save_analysis",
    "save_reconstructions",
]

_EVIDENCE = TypeAdapter(Evidence)
_ORIGIN = TypeAdapter(FigureOrigin | None)
_ESTIMATES = TypeAdapter(tuple[ArmEstimate, ...])
_CONTRASTS = TypeAdapter(tuple[TrialContrast, ...])
_TAIL = TypeAdapter(TailResult | None)
_COVARIANCES = TypeAdapter(dict[str, ArmCovariance])
_VARIED = TypeAdapter(tuple[VariedEstimates, ...])


def save_analysis(results: Path, analysis: Analysis, found: AnalysisResult, key: str) -> None:
    """Write one analysis: its rebuilt patients (in the input's unit) and everything estimated."""
    rebuilt = [arm for arm in found.arms if arm.source == "curve" and arm.patients is not None]
    path = results / "patients" / f"{analysis.stem}.csv"
    if rebuilt:
        scale = 1 / months_per(analysis.time_unit)
        write_table(
            path,
            ("arm", "time", "event"),
            [
                (arm.arm, float(f"{time * scale:.12g}"), int(event))
                for arm in rebuilt
                if arm.patients is not None
                for time, event in zip(arm.patients.time, arm.patients.event, strict=True)
            ],
        )
    record = {
        "key": key,
        "time_unit": "months",
        "patients_time_unit": analysis.time_unit,
        "patients_sha256": digest_of(path.read_bytes()) if rebuilt else None,
        "arms": [
            {
                "arm": arm.arm,
                "source": arm.source,
                "method": arm.method,
                "evidence": None if arm.evidence is None else asdict(arm.evidence),
                "warnings": arm.warnings,
                "origin": None if arm.origin is None else asdict(arm.origin),
            }
            for arm in found.arms
        ],
        "estimates": _ESTIMATES.dump_python(found.estimates, mode="json"),
        "contrasts": _CONTRASTS.dump_python(found.contrasts, mode="json"),
        "tail": _TAIL.dump_python(found.tail, mode="json"),
        "covariances": _COVARIANCES.dump_python(dict(found.covariances), mode="json"),
        "varied": _VARIED.dump_python(found.varied, mode="json"),
    }
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(results / "analyses" / f"{analysis.stem}.json", text)


def save_reconstructions(
    results: Path, analysis: Analysis, rebuilt: Mapping[str, Reconstruction]
) -> None:
    """Write the ensembles of an analysis, and of each arm its evidence and a picture.

    Times are in the input's unit, as those of the patients.
    """
    unit = analysis.time_unit
    ensembles = {arm: found.ensemble for arm, found in rebuilt.items() if found.ensemble}
    if ensembles:
        write_table(
            results / "ensembles" / f"{analysis.stem}.csv",
            ("arm", "draw", "time", "event"),
            (
                (arm, draw, time, event)
                for arm, draws in ensembles.items()
                for draw, one in enumerate(draws, start=1)
                for time, event in zip(
                    one.time.tolist(), one.event.astype(int).tolist(), strict=True
                )
            ),
        )
    for given in analysis.arms:
        if given.arm not in rebuilt or given.curve is None:
            continue
        found, curve = rebuilt[given.arm], given.curve
        name = f"{analysis.stem}.{given.arm}"
        write_table(
            results / "evidence" / f"{name}.csv", EVIDENCE_COLUMNS, evidence_rows(curve, found)
        )
        record = {"time_unit": unit, **evidence_record(found)}
        text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
        write_text(results / "evidence" / f"{name}.json", f"{text}\n")
        write_text(
            results / "evidence" / f"{name}.svg",
            reconstruction_plot(curve, found, title=name).decode(),
        )


def load_analysis(
    results: Path, analysis: Analysis, key: str, *, with_ensemble: bool = False
) -> AnalysisResult | None:
    """Return what an earlier run found of this analysis; None where that is stale or unreadable.

    So it is where its ensemble should be there and is not.
    """
    path = results / "analyses" / f"{analysis.stem}.json"
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if record["key"] != key:
            return None
        rebuilt: Mapping[str, Patients] = {}
        if with_ensemble and not all(path.is_file() for path in _kept(results, analysis, record)):
            return None
        if any(arm["source"] == "curve" for arm in record["arms"]):
            patients = results / "patients" / f"{analysis.stem}.csv"
            if digest_of(patients.read_bytes()) != record["patients_sha256"]:
                return None
            rebuilt, _ = read_patients(patients, time_unit=analysis.time_unit)
        given = {arm.arm: arm for arm in analysis.arms}
        arms = tuple(_arm(arm, given[arm["arm"]], rebuilt) for arm in record["arms"])
        return AnalysisResult(
            analysis.trial,
            analysis.endpoint,
            analysis.analysis,
            analysis.primary,
            arms,
            _ESTIMATES.validate_python(record["estimates"]),
            _CONTRASTS.validate_python(record["contrasts"]),
            _TAIL.validate_python(record["tail"]),
            _COVARIANCES.validate_python(record["covariances"]),
            _VARIED.validate_python(record["varied"]),
        )
    except (OSError, ValueError, KeyError, TypeError, ValidationError):
        return None


def _kept(results: Path, analysis: Analysis, record: dict[str, Any]) -> Iterator[Path]:
    """Yield every file that `save_reconstructions` wrote of an analysis."""
    if any(arm["method"] == "chain" for arm in record["arms"]):
        yield results / "ensembles" / f"{analysis.stem}.csv"
    for arm in record["arms"]:
        if arm["source"] == "curve":
            for suffix in ("csv", "json", "svg"):
                yield results / "evidence" / f"{analysis.stem}.{arm['arm']}.{suffix}"


def load_pictures(results: Path, analysis: Analysis) -> dict[str, str]:
    """Return the picture of each rebuilt arm of an analysis, where one was drawn."""
    found = {}
    for arm in analysis.arms:
        path = results / "evidence" / f"{analysis.stem}.{arm.arm}.svg"
        if arm.curve is not None and path.is_file():
            found[arm.arm] = path.read_text(encoding="utf-8")
    return found


def remove_others(results: Path, analyses: Collection[Analysis], *, keep_ensemble: bool) -> None:
    """Remove what an earlier run found of analyses and arms that the study no longer has.

    Without ``keep_ensemble``, ensembles, evidence and pictures too: they are of an earlier run.
    """
    stems = {analysis.stem for analysis in analyses}
    arms = {f"{one.stem}.{arm.arm}" for one in analyses for arm in one.arms if arm.curve}
    kept = {
        "analyses": stems,
        "patients": stems,
        "ensembles": stems if keep_ensemble else set(),
        "evidence": arms if keep_ensemble else set(),
    }
    for kind, names in kept.items():
        for path in (results / kind).glob("*.*"):
            if path.stem not in names:
                path.unlink(missing_ok=True)


def _arm(record: dict[str, Any], given: ArmInput, rebuilt: Mapping[str, Patients]) -> ArmResult:
    """Return one arm of a saved analysis, with its patients and curve beside it."""
    source = record["source"]
    patients = rebuilt[record["arm"]] if given.patients is None else given.patients
    return ArmResult(
        record["arm"],
        source,
        patients.in_unit("months"),
        None if given.curve is None else given.curve.in_unit("months"),
        None if record["evidence"] is None else _EVIDENCE.validate_python(record["evidence"]),
        record["method"],
        tuple(record["warnings"]),
        _ORIGIN.validate_python(record["origin"]),
    )
