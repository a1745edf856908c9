"""Ranks by hand and by symmetry."""

import numpy as np
import pytest

from perdure.errors import InputError
from perdure.pool.networks.ranking import rank_treatments


def test_alike_treatments_share_the_ranks() -> None:
    found = rank_treatments(["a", "b", "c"], [0, 0, 0], np.eye(3), draws=40_000)
    for rank in found:
        assert rank.p_score == pytest.approx(0.5)
        assert rank.probabilities == pytest.approx([1 / 3] * 3, abs=0.01)
        assert rank.mean_rank == pytest.approx(2, abs=0.02)


def test_sucra_and_p_score_agree_and_the_mean_rank_follows() -> None:
    random = np.random.default_rng(3)
    root = random.normal(size=(5, 5))
    found = rank_treatments(list("abcde"), random.normal(size=5), root @ root.T, draws=40_000)
    for rank in found:
        assert rank.sucra == pytest.approx(rank.p_score, abs=0.01)
        assert rank.sucra == pytest.approx((5 - rank.mean_rank) / 4)
        assert sum(rank.probabilities) == pytest.approx(1)
    assert [r.p_score for r in found] == sorted((r.p_score for r in found), reverse=True)


def test_smaller_is_better_turns_the_order() -> None:
    spread = np.diag([0.0, 0.5])
    up = rank_treatments(["a", "b"], [0, 1], spread, 4.0)
    down = rank_treatments(["a", "b"], [0, 1], spread, 4.0, larger_is_better=False)
    assert [r.treatment for r in up] == ["b", "a"]
    assert [r.treatment for r in down] == ["a", "b"]
    assert up[0].p_score == pytest.approx(down[0].p_score)


def test_a_t_distribution_makes_ranks_less_certain() -> None:
    normal, t = (rank_treatments(["a", "b"], [0, 2], [[0, 0], [0, 1]], df) for df in (None, 2.0))
    assert t[0].p_score == pytest.approx(0.9082, abs=1e-4)  # t with 2 df at 2
    assert t[0].probabilities[0] == pytest.approx(0.9082, abs=0.01)
    assert normal[0].p_score == pytest.approx(0.97725, abs=1e-5)


def test_the_same_seed_gives_the_same_probabilities() -> None:
    one, other = (rank_treatments(["a", "b"], [0, 1], np.eye(2), seed=7) for _ in range(2))
    assert one == other


def test_nothing_to_rank() -> None:
    with pytest.raises(InputError, match=r"(?i)nothing to rank"):
        rank_treatments(["a"], [0], [[1]])
