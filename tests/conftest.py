"""What tests share: where the reference data is, and that missing data is never a silent pass."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

REQUIRED = os.environ.get("PERDURE_REQUIRE_REFERENCE") == "1"
# A run of CI says the same twice of one commit; new examples are drawn at every other run.
settings.register_profile("ci", derandomize=True)
if REQUIRED:
    settings.load_profile("ci")

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The team's shared folder beside the clone; without it the test is skipped, or fails in CI."""
    if not SHARED.is_dir():
        reason = "needs ../shared (real trials and simulated cases), which is not beside this clone"
        if REQUIRED:
            pytest.fail(reason)
        pytest.skip(reason)
    return SHARED


@pytest.fixture(scope="session")
def reference() -> Path:
    """Reference values that are committed with the tests."""
    return Path(__file__).parent / "reference"
