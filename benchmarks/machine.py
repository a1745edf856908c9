"""What the times of a benchmark depend on."""

import os
import platform
from pathlib import Path

import numpy as np

__all__ = ["describe_machine"]


def describe_machine() -> dict[str, str | int | None]:
    """Return the processor, its cores, the system, and the versions of Python and numpy."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    for line in facts.read_text(encoding="utf-8").splitlines() if facts.exists() else ():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor()
