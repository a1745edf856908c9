"""Durable response to cancer therapy, from published Kaplan-Meier curves to a pooled answer.

Names are loaded on first use, so that ``import perdure`` and ``perdure --help`` stay quick.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME: dict[str, str] = {
    "Curve": "perdure.records",
    "NumbersAtRisk": "perdure.records",
    "Patients": "perdure.records",
}

__all__ = ["Curve", "NumbersAtRisk", "Patients"]


def __getattr__(name: str) -> object:
    """Load a public name from its home on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'perdure' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, "__version__"]
