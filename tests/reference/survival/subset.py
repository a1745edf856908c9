"""Make the JSON and CSV files of this folder from ../shared/reference (see SOURCES.md).

    python tests/reference/survival/subset.py [path of shared/reference]

Every number that is kept is R's, unchanged. Left out: what perdure's survival stage does not
compute (parametric models, pseudo-observations, Nelson-Aalen, other ties, strata, columns of the
data that no test reads), and of a long curve all but some 40 rows.
"""

import csv
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
GROUPS = {
    "lung": ["sex"],
    "veteran": ["trt", "celltype"],
    "ovarian": ["rx"],
    "colon": ["rx"],
    "gbsg": ["hormon", "grade"],
    "rotterdam": ["hormon"],
    "kidney": ["sex"],
}
ROWS = 40
COLUMNS = ("time", "n_risk", "n_event", "n_censor", "surv", "greenwood_se", "log_surv_se")


def thin_curve(curve: dict[str, Any]) -> dict[str, Any]:
    """Keep some rows of the curve, which ones, and all that was read off the whole of it."""
    km = curve["km"]
    size = len(km["time"])
    kept = sorted({*range(0, size, -(-size // ROWS)), size - 1})
    rows = {name: [km[name][i] for i in kept] for name in COLUMNS}
    limits = {
        kind: {side: [values[i] for i in kept] for side, values in sides.items()}
        for kind, sides in km["ci"].items()
    }
    reverse = {name: value for name, value in curve["reverse_km"].items() if name != "prodlim"}
    same = ("n", "events", "max_time", "probs", "quantiles", "median", "rmean", "at_times")
    return {
        **{name: curve[name] for name in same},
        "km": {"size": size, "rows": kept, **rows, "ci": limits},
        "reverse_km": reverse,
    }


def efron(fits: dict[str, Any]) -> dict[str, Any]:
    """Keep the coefficients of the fit with Efron's ties."""
    names = ("terms", "coef", "se", "ci_lower", "ci_upper", "p", "warnings")
    return {name: fits["efron"][name] for name in names if name in fits["efron"]}


def write(name: str, content: dict[str, Any]) -> None:
    """Write compact JSON."""
    (HERE / f"{name}.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")


def subset_set(source: Path, name: str) -> None:
    """Write one real data set: its curves and comparisons, and the columns they were made from."""
    groups = GROUPS[name]
    whole = json.loads((source / "values" / f"survival_{name}.json").read_text())
    write(
        name,
        {
            "source": whole["source"],
            "overall": thin_curve(whole["overall"]),
            "by_group": {
                group: {
                    level: thin_curve(curve) for level, curve in whole["by_group"][group].items()
                }
                for group in groups
            },
            "logrank": {group: whole["logrank"][group] for group in groups},
            "cox": {
                group: efron(whole["cox"][group])
                for group in groups
                if len(whole["by_group"][group]) == 2
            },
        },
    )
    with (source / "data" / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (HERE / f"{name}.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        columns = ["time", "status", *groups]
        writer.writerow(columns)
        writer.writerows([row[column] for column in columns] for row in rows)


def subset_edge(source: Path) -> None:
    """Write the hand-made cases, whole."""
    whole = json.loads((source / "values" / "survival_edge.json").read_text())
    write(
        "edge",
        {
            "source": whole["source"],
            "one_curve": {
                name: {"why": curve["why"], **thin_curve(curve)}
                for name, curve in whole["one_curve"].items()
            },
            "two_groups": {
                name: {"logrank": pair["logrank"], "cox": efron(pair["cox"])}
                for name, pair in whole["two_groups"].items()
            },
        },
    )
    for name in ("edge", "edge_two_groups"):
        text = (source / "data" / f"survival_{name}.csv").read_text()
        (HERE / f"{name}.csv").write_text(text)


def main() -> None:
    """Write every file of this folder that comes from the shared reference."""
    beside = Path(__file__).parents[4] / "shared" / "reference"
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else beside
    for name in GROUPS:
        subset_set(source, name)
    subset_edge(source)
    (HERE / "versions.json").write_text((source / "values" / "versions.json").read_text())


if __name__ == "__main__":
    main()
