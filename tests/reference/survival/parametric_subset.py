"""Make survreg.json of this folder from ../shared/reference (see SOURCES.md).

    python tests/reference/survival/parametric_subset.py [path of shared/reference]

Every number is R's, unchanged: ``survreg`` without covariates, and the direct maximum likelihood of
the Gompertz and the generalised gamma in flexsurv's parameters.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
SETS = ("lung", "veteran", "ovarian", "colon", "gbsg", "rotterdam", "kidney")


def main() -> None:
    """Write survreg.json."""
    beside = Path(__file__).parents[4] / "shared" / "reference"
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else beside
    kept = {}
    for name in SETS:
        whole = json.loads((source / "values" / f"survival_{name}.json").read_text())
        kept[name] = {
            "aft": whole["aft"]["intercept_only"],
            "own_maximum_likelihood": whole["own_maximum_likelihood"],
        }
    (HERE / "survreg.json").write_text(json.dumps(kept, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
