"""What was read in a figure, as files: curves, numbers at risk, and all that was seen."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from perdure.digitise.found import Axis, Digitised, DigitisedArm, RiskCell
from perdure.records import Floats
from perdure.study.provenance import digest_of
from perdure.study.tables import table_text

__all__ = ["RECORD", "digest_of_record", "digitised_files", "digitised_json", "to_check"]

RECORD = "digitised.json"


def digitised_files(found: Digitised, folder: Path, overlay: bytes | None) -> dict[Path, bytes]:
    """Return the files of a figure by their places.

    ``curves/<arm>.csv`` and ``marks/<arm>.csv`` in the axis's unit, a curve from pixels with a
    point a column and one from paths with both ends of each step; ``risk.csv``,
    ``digitised.json`` and ``overlay.png``: to be written whole, with
    :func:`perdure.study.writing.write_files`.

    Parameters
    ----------
    found : Digitised
    folder : Path
    overlay : bytes, optional
        The picture with what was read drawn over it, as PNG.
    """
    files: dict[Path, bytes] = {}
    column = None if found.vector else abs(found.axes.x.step)
    for arm in found.arms:
        rows = [
            (f"{time:.6g}", f"{survival:.6f}")
            for time, survival in zip(*_points(arm, column), strict=True)
        ]
        files[folder / _curve_file(arm)] = table_text(("time", "survival"), rows).encode()
        if arm.marks.size:
            marks = [(f"{time:.6g}",) for time in arm.marks]
            files[folder / "marks" / f"{arm.arm}.csv"] = table_text(("time",), marks).encode()
    risk = _risk_table(found.arms)
    if risk is not None:
        files[folder / "risk.csv"] = risk.encode()
    if overlay is not None:
        files[folder / "overlay.png"] = overlay
    digests = {
        path.relative_to(folder).as_posix(): digest_of(content) for path, content in files.items()
    }
    record = digitised_json(found)
    digests[RECORD] = digest_of(_text(record))
    files[folder / RECORD] = _text({**record, "files": digests})
    return files


def _text(record: dict[str, object]) -> bytes:
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def digest_of_record(content: bytes) -> str:
    """Return the digest of digitised.json but for the digests that it holds; empty for no JSON."""
    try:
        record = json.loads(content)
        return digest_of(_text({name: one for name, one in record.items() if name != "files"}))
    except (ValueError, AttributeError):
        return ""


def _points(arm: DigitisedArm, column: float | None) -> tuple[Floats, Floats]:
    """Return a curve's points in the form that tells the next stage how they were read.

    Of paths both ends of each fall; of pixels one point a column, ``column`` apart in time, and
    the curve's end: bare corners would be taken for a few clicks by hand.
    """
    if column is not None:
        columns = np.append(np.arange(0.0, arm.time[-1], column), arm.time[-1])
        return columns, arm.survival[np.searchsorted(arm.time, columns, side="right") - 1]
    time, survival = np.repeat(arm.time, 2)[1:], np.repeat(arm.survival, 2)[:-1]
    kept = np.append(True, (np.diff(time) > 0) | (np.diff(survival) < 0))
    return time[kept], survival[kept]


def _curve_file(arm: DigitisedArm) -> str:
    return f"curves/{arm.arm}.csv"


def _risk_table(arms: Sequence[DigitisedArm]) -> str | None:
    """Return numbers at risk with a column an arm; a cell that no arm has is empty."""
    having = [arm for arm in arms if arm.risk]
    if not having:
        return None
    times = sorted({cell.time for arm in having for cell in arm.risk})
    cells = [{cell.time: cell.n for cell in arm.risk} for arm in having]
    rows = [(f"{time:g}", *(one.get(time, "") for one in cells)) for time in times]
    return table_text(("time", *(arm.arm for arm in having)), rows)


def digitised_json(found: Digitised) -> dict[str, object]:
    """Return what was read as one JSON object, with the keys of the command line's design."""
    axes, facts = found.axes, found.facts
    return {
        "source": found.source,
        "page": found.page,
        "panel": found.panel,
        "read_from": "paths" if found.vector else "pixels",
        "axes": {
            "x": [axes.x.low, axes.x.high],
            "y": [axes.y.low, axes.y.high],
            "time_unit": found.time_unit,
            "percent": axes.percent,
            "x_title": axes.x_title,
            "y_title": axes.y_title,
            "ticks": {"x": list(axes.x.ticks), "y": list(axes.y.ticks)},
            "certainty": {"x": round(axes.x.certainty, 3), "y": round(axes.y.certainty, 3)},
        },
        "calibration": {
            "x": _calibration(axes.x, found.offset[0], found.picture.scale),
            "y": _calibration(axes.y, found.offset[1], found.picture.scale),
            "residual_pixels": {"x": round(axes.x.residual, 3), "y": round(axes.y.residual, 3)},
            "turned_degrees": round(found.picture.turned, 3),
        },
        "arms": [_arm_json(arm) for arm in found.arms],
        "risk": "risk.csv" if any(arm.risk for arm in found.arms) else None,
        "risk_cells": [_cell_json(arm.arm, cell) for arm in found.arms for cell in arm.risk],
        "brackets": found.table.brackets if found.table is not None else "",
        "printed": {
            "hazard_ratio": facts.hazard_ratio,
            "hazard_ratio_low": facts.hazard_ratio_low,
            "hazard_ratio_high": facts.hazard_ratio_high,
            "p": facts.p or None,
            "medians": facts.medians,
            "n": facts.totals,
        },
        "to_check": to_check(found),
        "warnings": list(found.warnings),
    }


def _calibration(axis: Axis, offset: float, scale: float) -> list[float]:
    """Return a and b of value = a + b x pixel; pixels of the file, from its left or top edge."""
    step = axis.step / scale
    # the centre of the first pixel lies half a pixel from the edge
    start = axis.start - axis.step * (offset + 0.5)
    return [float(f"{start:.8g}"), float(f"{step:.8g}")]


def _arm_json(arm: DigitisedArm) -> dict[str, object]:
    return {
        "arm": arm.arm,
        "label": arm.label,
        "curve": _curve_file(arm),
        "colour": "#{:02x}{:02x}{:02x}".format(*arm.found.colour),
        "dashed": arm.found.dashed,
        "end": float(f"{arm.time[-1]:.6g}"),
        "resolution": float(f"{arm.resolution:.4g}"),
        "marks": [float(f"{time:.6g}") for time in arm.marks],
        "certainty": round(arm.certainty, 3),
        "flagged": arm.flagged,
        "doubts": list(arm.doubts),
    }


def _cell_json(arm: str, cell: RiskCell) -> dict[str, object]:
    return {
        "arm": arm,
        "time": cell.time,
        "n": cell.n,
        "in_brackets": cell.in_brackets,
        "certainty": round(cell.certainty, 3),
        "flagged": cell.flagged,
        "other_readings": list(cell.other),
    }


def to_check(found: Digitised) -> list[str]:
    """Return what a person should look at, a sentence each."""
    said = [f"{arm.label or arm.arm}: {doubt}" for arm in found.arms for doubt in arm.doubts]
    if len(found.arms) > 1:
        said += [f"{arm.arm}: no name was read" for arm in found.arms if not arm.label]
    said += [
        f"{arm.label or arm.arm}: {cell.n} at risk at {cell.time:g}"
        + (f" (or {', '.join(str(one) for one in cell.other)})" if cell.other else "")
        for arm in found.arms
        for cell in arm.risk
        if cell.flagged
    ]
    return said
