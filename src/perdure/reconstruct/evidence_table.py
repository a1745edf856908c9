"""The evidence of a reconstruction as rows: each published number beside the rebuilt one."""

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np

from perdure.records import Curve, Floats, Reconstruction
from perdure.survival import ensemble_interval, kaplan_meier

__all__ = ["EVIDENCE_COLUMNS", "evidence_record", "evidence_rows"]

EVIDENCE_COLUMNS = ("what", "time", "published", "rebuilt", "difference", "low", "high")

_LEVEL = 0.9

Number = float | None

EvidenceRow = tuple[str, Number, Number, Number, Number, Number, Number]


def evidence_rows(curve: Curve, found: Reconstruction) -> tuple[EvidenceRow, ...]:
    """Return what was published beside what was rebuilt, a row each.

    Parameters
    ----------
    curve : Curve
    found : Reconstruction
        Of this curve, in its time unit.

    Returns
    -------
    tuple of (what, time, published, rebuilt, difference, low, high)
        ``what`` is "patients", "events", "median", "hazard ratio", "reported survival", "number at
        risk" or "survival"; the difference is published minus rebuilt; low and high bound 90% of
        the ensemble. None is not known.

    Examples
    --------
    >>> from perdure.reconstruct import reconstruct
    >>> curve = Curve([0, 1, 3, 6], [1.0, 0.75, 0.5, 0.25])
    >>> rows = evidence_rows(curve, reconstruct(curve, n=4, method="guyot"))
    >>> rows[1][:4], rows[-1][:4]
    (('events', None, None, 3), ('survival', 6.0, 0.25, 0.25))
    """
    fit = found.evidence
    rows: list[tuple[str, Number, Number, Number, Number, Number]] = [
        ("patients", None, fit.n_reported, fit.n, None, None),
        ("events", None, fit.events_reported, fit.events, fit.events_low, fit.events_high),
        ("median", None, fit.median_reported, fit.median, fit.median_low, fit.median_high),
        (
            "hazard ratio",
            None,
            fit.hazard_ratio_reported,
            fit.hazard_ratio,
            fit.hazard_ratio_low,
            fit.hazard_ratio_high,
        ),
    ]
    if fit.hazard_ratio is None:
        rows.pop()
    rows += [
        ("reported survival", one.time, one.published, one.rebuilt, None, None)
        for one in fit.landmarks
    ]
    rows += [
        ("number at risk", check.time, check.printed, check.rebuilt, None, None)
        for check in fit.risk
    ]
    return tuple(
        (
            what,
            time,
            published,
            rebuilt,
            None if published is None or rebuilt is None else published - rebuilt,
            low,
            high,
        )
        for what, time, published, rebuilt, low, high in (*rows, *_survival(curve, found))
    )


def _survival(
    curve: Curve, found: Reconstruction
) -> Iterator[tuple[str, float, float, float, float | None, float | None]]:
    """Yield every point of the curve, as it was read, beside the rebuilt curve there."""
    rebuilt = _at(found, curve, None)
    draws = np.array([_at(found, curve, draw) for draw in range(len(found.ensemble))])
    bounds = np.array(ensemble_interval(draws)) if draws.size else None
    for place, (time, read) in enumerate(zip(curve.time, curve.read, strict=True)):
        low, high = (None, None) if bounds is None else bounds[:, place].tolist()
        yield "survival", float(time), float(read), float(rebuilt[place]), low, high


def _at(found: Reconstruction, curve: Curve, draw: int | None) -> Floats:
    """Return survival of the patients, or of one draw, at the curve's points.

    Of two points at one time the upper is where a step starts.
    """
    patients = found.patients if draw is None else found.ensemble[draw]
    km = kaplan_meier(patients.time, patients.event)
    upper = np.append(np.diff(curve.time) == 0, [False])
    before = np.nextafter(curve.time, 0.0)
    time = np.where(upper, before, curve.time)
    return np.asarray(km.at(np.minimum(time, km.end_time)))


def evidence_record(found: Reconstruction) -> dict[str, object]:
    """Return the evidence as one object for JSON, its intervals named by their level."""
    fit = found.evidence
    return {
        **asdict(fit),
        "risk": [asdict(check) for check in fit.risk],
        "landmarks": [asdict(check) for check in fit.landmarks],
        "risk_mismatch": fit.risk_mismatch,
        "interval_level": _LEVEL if found.ensemble else None,
        "draws": len(found.ensemble),
        "method": found.method,
        "seed": found.seed,
        "warnings": list(found.warnings),
    }
