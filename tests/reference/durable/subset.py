"""How the files here were made from the team's reference folder (run from the repository's root).

python tests/reference/durable/subset.py ../shared/reference
"""

import json
import shutil
import sys
from pathlib import Path


def make(source: Path) -> None:
    """Write the subset beside this file."""
    here = Path(__file__).parent
    shutil.copyfile(source / "data" / "design_patients.csv", here / "design_patients.csv")
    values = json.loads((source / "values" / "design_patients.json").read_text())
    kept = {
        k: {reference: found["arms"] for reference, found in by_reference.items()}
        for k, by_reference in values["k"].items()
    }
    (here / "design_patients.json").write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
