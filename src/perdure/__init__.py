"""Durable response to cancer therapy, from published Kaplan-Meier curves to a pooled answer.

Names are loaded on first use, so that ``import perdure`` and ``perdure --help`` stay quick.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "Curve": "perdure.records",
    "InputError": "perdure.errors",
    "NumbersAtRisk": "perdure.records",
    "Patients": "perdure.records",
    "Study": "perdure.study",
    "durable_response": "perdure.durable",
    "durable_trial": "perdure.durable",
    "hazard_ratio": "perdure.survival",
    "kaplan_meier": "perdure.survival",
    "log_rank": "perdure.survival",
    "pool_by_class": "perdure.pool",
    "reverse_kaplan_meier": "perdure.survival",
    "run": "perdure.pipeline",
}
"""Public names and the stage that each comes from.

``reconstruct`` and ``pool`` are stages of that name too: ``from perdure.pool import pool``.
"""

__all__ = [
    "Curve",
    "InputError",
    "NumbersAtRisk",
    "Patients",
    "Study",
    "durable_response",
    "durable_trial",
    "hazard_ratio",
    "kaplan_meier",
    "log_rank",
    "pool_by_class",
    "reverse_kaplan_meier",
    "run",
]


def __getattr__(name: str) -> object:
    """Load a public name from its home on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'perdure' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, "__version__"]
