"""Run the tutorial as it stands and take its pictures from the report that it ends with.

PYTHONPATH=src:tests/support python docs/figures/tutorial.py
"""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from pages import run_page

IMAGES = Path(__file__).parents[1] / "images"
PICTURES = {
    "curves.ALDER.OS": "curves",
    "forest.OS.own.treatment": "forest",
    "forest-contrasts.OS.control": "contrasts",
    "profiles.ALDER.OS.own": "profile",
    "reconstruction.CEDAR.PFS.combo": "reconstruction",
}
WIDTH, COLOURS = 1000, 64


def main() -> None:
    """Run the page, copy its pictures, and make the overlay small."""
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        run_page("tutorial.md", Path(folder))
        study = Path(folder) / "my-study"
        for made, name in PICTURES.items():
            shutil.copy(study / "report/figures" / f"{made}.svg", IMAGES / f"tutorial-{name}.svg")
        with Image.open(study / "results/digitised/cedar/overlay.png") as overlay:
            size = (WIDTH, overlay.height * WIDTH // overlay.width)
            small = overlay.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        small.quantize(COLOURS).save(IMAGES / "tutorial-overlay.png", optimize=True)
        os.chdir(IMAGES)


if __name__ == "__main__":
    main()
