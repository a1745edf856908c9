"""How long a figure takes to read, in seconds of one processor, and how much memory.

    python benchmarks/digitise.py [--from ../shared/data/figures_sim]

writes benchmarks/results/digitise.json. Each kind of file is read in a process of its own, with
one thread; its first figure is read twice and counted once, so that loading is not counted. Memory
is the most that the process has held, libraries and networks included.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

from machine import describe_machine

RESULT = Path(__file__).parent / "results" / "digitise.json"
KINDS = {"raster": ("png", "jpg"), "pdf": ("pdf",), "svg": ("svg",)}
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
LIBRARIES = ("onnxruntime", "opencv-python-headless", "pypdfium2", "rapidocr", "svgelements")


def figures(folder: Path, kind: str) -> list[Path]:
    """Return the files of a kind; of a figure in several kinds, each counts under its own."""
    return sorted(path for path in folder.iterdir() if path.suffix[1:] in KINDS[kind])


def processor_seconds() -> float:
    """Return the processor's time of this process and of those it has waited for.

    A PDF is drawn for a trial in one of its own first.
    """
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def read_all(paths: list[Path]) -> dict[str, object]:
    """Read figures one after the other and return their times, in this process."""
    import cv2  # noqa: PLC0415 - the parent, which only counts, need not load what reads

    from perdure.digitise import digitise  # noqa: PLC0415
    from perdure.errors import InputError  # noqa: PLC0415

    cv2.setNumThreads(1)
    seconds: dict[str, float] = {}
    declined: list[str] = []
    for path in [paths[0], *paths]:
        start = processor_seconds()
        try:
            digitise(path)
        except InputError:
            declined.append(path.name)
        seconds[path.name] = processor_seconds() - start
    processes = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = max(resource.getrusage(one).ru_maxrss for one in processes)
    return {"seconds": seconds, "declined": sorted(set(declined)), "peak_mib": peak / 1024}


def measure(folder: Path, kind: str) -> dict[str, object]:
    """Return the times and the memory of one kind of file, read in a process of its own."""
    words = [sys.executable, __file__, "--from", str(folder), "--read", kind]
    done = subprocess.run(
        words, check=True, capture_output=True, text=True, env={**os.environ, **ONE_THREAD}
    )
    found = json.loads(done.stdout)
    seconds = found["seconds"]
    slowest = max(seconds, key=lambda name: seconds[name])
    return {
        "figures": len(seconds),
        "declined": found["declined"],
        "cpu_seconds_median": round(statistics.median(seconds.values()), 3),
        "cpu_seconds_mean": round(statistics.mean(seconds.values()), 3),
        "cpu_seconds_largest": round(seconds[slowest], 3),
        "slowest": slowest,
        "peak_mib": round(found["peak_mib"]),
    }


def main() -> None:
    """Measure every kind of file and write the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--from", dest="source", type=Path, default=Path("../shared/data/figures_sim")
    )
    parser.add_argument("--read", choices=KINDS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.read:
        print(json.dumps(read_all(figures(asked.source, asked.read))))
        return
    result = {
        "machine": describe_machine(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "set": asked.source.name,
        "kinds": {kind: measure(asked.source, kind) for kind in KINDS},
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
