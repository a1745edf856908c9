"""Durable response to cancer therapy, from published Kaplan-Meier curves to a pooled answer.

Names are loaded on first use, so that ``import perdure`` and ``perdure --help`` stay quick.
``reconstruct`` and ``pool`` are stages of that name: ``from perdure.pool import pool``.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perdure.durable import (
        durability_profile,
        durable_bootstrap,
        durable_models,
        durable_references,
        durable_response,
        durable_trial,
    )
    from perdure.errors import InputError
    from perdure.pipeline import run
    from perdure.pool import pool_by_class
    from perdure.records import Curve, NumbersAtRisk, Patients
    from perdure.study import Study
    from perdure.survival import hazard_ratio, kaplan_meier, log_rank, reverse_kaplan_meier

__version__ = "0.1.0"

__all__ = [
    "Curve",
    "InputError",
    "NumbersAtRisk",
    "Patients",
    "Study",
    "durability_profile",
    "durable_bootstrap",
    "durable_models",
    "durable_references",
    "durable_response",
    "durable_trial",
    "hazard_ratio",
    "kaplan_meier",
    "log_rank",
    "pool_by_class",
    "reverse_kaplan_meier",
    "run",
]

_HOME = {
    "Curve": "records",
    "InputError": "errors",
    "NumbersAtRisk": "records",
    "Patients": "records",
    "Study": "study",
    "durability_profile": "durable",
    "durable_bootstrap": "durable",
    "durable_models": "durable",
    "durable_references": "durable",
    "durable_response": "durable",
    "durable_trial": "durable",
    "hazard_ratio": "survival",
    "kaplan_meier": "survival",
    "log_rank": "survival",
    "pool_by_class": "pool",
    "reverse_kaplan_meier": "survival",
    "run": "pipeline",
}


def __getattr__(name: str) -> object:
    """Load a public name from its stage on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'perdure' has no attribute {name!r}")
    return getattr(import_module(f"perdure.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, "__version__"]
