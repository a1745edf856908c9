"""Patients on which a search for the maximum overflowed: a fit or a reason, and no warning."""

import numpy as np
import pytest

from perdure.durable.extrapolate import durable_models
from perdure.records import Patients
from perdure.survival.parametric import MODELS, NotFitted, fit

pytestmark = pytest.mark.slow

TINY = [1.31163286e-6, 1.08752581e-6, 7.63838313e-7, 5.84703079e-7, 5.73436089e-7]
CLOSE = [7.36173214e-7, 7.33810189e-7, 7.34159529e-7, 7.36173214e-7, 7.36173214e-7]


@pytest.mark.parametrize("model", MODELS)
def test_a_likelihood_that_overflows_beside_the_search_ends_it(model: str) -> None:
    (found,) = durable_models(Patients(TINY, [1, 1, 0, 0, 1]), k=5, models=[model])
    assert found.reason or found.proportion is not None


def test_survival_that_no_number_holds_has_a_reason() -> None:
    # the fitted shape is in the hundreds: three medians out, log survival is near -1e200
    (found,) = durable_models(Patients(CLOSE, [1, 1, 1, 0, 0]), k=3, models=["weibull"])
    assert found.median is not None
    assert found.proportion is None
    assert found.se is None
    assert found.reason is not None
    assert "survival at the threshold is 0" in found.reason


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("seed", range(6))
def test_random_patients_of_any_scale(model: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = (4, 9, 25, 60, 120, 300)[seed]
    scale = 10.0 ** rng.uniform(-8, 8)
    time = rng.weibull(rng.choice([0.3, 1.0, 6.0]), n)
    end = np.quantile(time, 0.8)
    event = time <= end
    found = fit(np.minimum(time, end) * scale, event, model)
    if isinstance(found, NotFitted):
        assert found.reason
        return
    values = [found.log_likelihood, found.aic, found.bic, *found.vcov.ravel(), *found.theta]
    assert np.isfinite(values).all()
