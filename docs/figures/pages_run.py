"""Run two pages as they stand and take their pictures from the reports that they end with.

PYTHONPATH=src:tests/support python docs/figures/pages_run.py
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
    "curves.BIRCH.OS": "birch",
    "forest.OS.own.treatment": "forest",
    "forest-contrasts.OS.control": "contrasts",
    "profiles.ALDER.OS.own": "profile",
    "reconstruction.CEDAR.PFS.combo": "reconstruction",
}
WIDTH, COLOURS = 1000, 64


def main() -> None:
    """Run the pages, copy their pictures, and make the overlay small."""
    with TemporaryDirectory() as folder:
        study = run("tutorial.md", Path(folder))
        for made, name in PICTURES.items():
            shutil.copy(study / "report/figures" / f"{made}.svg", IMAGES / f"tutorial-{name}.svg")
        with Image.open(study / "results/digitised/cedar/overlay.png") as overlay:
            size = (WIDTH, overlay.height * WIDTH // overlay.width)
            small = overlay.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        small.quantize(COLOURS).save(IMAGES / "tutorial-overlay.png", optimize=True)
    with TemporaryDirectory() as folder:
        study = run("how-to/published-facts.md", Path(folder))
        shutil.copy(study / "report/figures/curves.CM017.OS.svg", IMAGES / "published-facts.svg")


def run(page: str, folder: Path) -> Path:
    """Do what a page says in a folder, and return its study."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        run_page(page, folder)
    finally:
        os.chdir(before)
    return folder / "my-study"


if __name__ == "__main__":
    main()
