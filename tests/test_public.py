"""The public surface is a sorted list, and every name on it can be loaded."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import perdure
from perdure.durable import durable_response
from perdure.pool import pool
from perdure.reconstruct import reconstruct
from perdure.survival import kaplan_meier

PUBLIC = [
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


def test_public_names() -> None:
    assert perdure.__all__ == PUBLIC
    for name in PUBLIC:
        assert getattr(perdure, name).__name__ == name
    assert set(PUBLIC) < set(dir(perdure))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = perdure.nothing


def test_every_stage_lists_what_it_offers_sorted() -> None:
    for module in pkgutil.iter_modules(perdure.__path__):
        if not module.ispkg:
            continue
        stage = importlib.import_module(f"perdure.{module.name}")
        assert stage.__doc__
        assert all(hasattr(stage, name) for name in stage.__all__)
        assert len(set(stage.__all__)) == len(stage.__all__)


def test_each_stages_function_is_where_its_folder_says() -> None:
    assert all(callable(found) for found in (durable_response, pool, reconstruct, kaplan_meier))


@pytest.mark.parametrize("heavy", ["matplotlib", "scipy", "jinja2", "pydantic"])
def test_help_loads_nothing_heavy(heavy: str) -> None:
    code = f"import perdure.cli, sys; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
