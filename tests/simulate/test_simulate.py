"""Simulated trials against the truth that they were drawn from."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.errors import InputError
from perdure.records import DAYS_PER_MONTH, Patients
from perdure.simulate import (
    DEMO_ENDPOINTS,
    DelayedSeparation,
    DemoTrial,
    EventTimes,
    Figure,
    FollowUp,
    MixtureCure,
    Weibull,
    demo_trials,
    durable_proportion,
    publish,
    published_hazard_ratio,
    simulate_arm,
)
from perdure.survival import kaplan_meier, median, reverse_kaplan_meier

FAMILIES: tuple[EventTimes, ...] = (
    Weibull(6.0),
    Weibull(6.0, 0.63),
    Weibull(6.0, 1.3),
    MixtureCure(4.0, 0.2),
    MixtureCure(4.0, 0.3, 1.2),
    DelayedSeparation(Weibull(8.0), 3.0, 0.5),
)
LONG = FollowUp(accrual=60, least=60, dropout=0.05)


def generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


class TestDistributions:
    @pytest.mark.parametrize("k", [1, 2, 3])
    def test_exponential_arms_keep_two_to_the_minus_k(self, k: int) -> None:
        assert durable_proportion(Weibull(7.3), k) == pytest.approx(2.0**-k)

    @pytest.mark.parametrize(("shape", "expected"), [(0.63, 0.25), (1.05, 0.11)])
    def test_weibull_shapes_behind_the_papers_proportions(
        self, shape: float, expected: float
    ) -> None:
        # methods.md, section 1: 25% at k = 3 is a shape of 0.63, 11% one of 1.05.
        assert durable_proportion(Weibull(5.0, shape), 3) == pytest.approx(expected, abs=0.005)

    def test_cured_share_by_hand(self) -> None:
        # S = 1/4 + 3/4 exp(-rate t) with rate = ln 3 / median, so S(3m) = 1/4 + 3/4 / 27.
        assert durable_proportion(MixtureCure(9.0, 0.25), 3) == pytest.approx(0.25 + 0.75 / 27)

    @pytest.mark.parametrize("family", FAMILIES)
    def test_the_median_halves_survival(self, family: EventTimes) -> None:
        assert float(family.survival(family.median)) == pytest.approx(0.5)
        assert float(family.survival(0.0)) == 1

    @pytest.mark.parametrize("family", FAMILIES)
    @given(share=st.floats(0.35, 1.0))
    def test_times_are_the_inverse_of_survival(self, family: EventTimes, share: float) -> None:
        assert float(family.survival(family.time_at(share))) == pytest.approx(share, abs=1e-9)

    def test_the_cured_never_have_the_event(self) -> None:
        times = MixtureCure(4.0, 0.2).time_at([0.0, 0.1, 0.2, 0.21])
        assert np.isinf(times[:3]).all()
        assert np.isfinite(times[3])

    def test_delayed_separation_has_one_hazard_and_then_another(self) -> None:
        control = Weibull(8.0, 1.2)
        arm = DelayedSeparation(control, 3.0, 0.5)
        early, late = np.array([0.5, 1.0, 3.0]), np.array([4.0, 9.0, 30.0])
        np.testing.assert_allclose(arm.survival(early), control.survival(early))
        cumulative = -np.log(control.survival(np.append(3.0, late)))
        expected = cumulative[0] + 0.5 * (cumulative[1:] - cumulative[0])
        np.testing.assert_allclose(-np.log(arm.survival(late)), expected)

    @pytest.mark.parametrize(
        "build",
        [
            lambda: Weibull(0.0),
            lambda: Weibull(3.0, -1.0),
            lambda: MixtureCure(3.0, 0.5),
            lambda: DelayedSeparation(Weibull(3.0), 1.0, 0.0),
            lambda: FollowUp(-1, 10),
            lambda: FollowUp(0, 0),
            lambda: FollowUp(10, 10, 1.0),
            lambda: Figure(5, 5),
            lambda: simulate_arm(generator(1), 0, {"OS": Weibull(3.0)}, LONG),
            lambda: publish(generator(1), []),
        ],
    )
    def test_what_is_no_trial_is_refused(self, build: object) -> None:
        assert callable(build)
        with pytest.raises(InputError):
            build()


class TestPatients:
    @pytest.mark.parametrize("family", FAMILIES)
    def test_kaplan_meier_of_many_is_the_truth(self, family: EventTimes) -> None:
        arm = simulate_arm(generator(20), 20_000, {"PFS": family}, LONG)["PFS"]
        km = kaplan_meier(arm.time, arm.event)
        times = np.linspace(0.1, 55, 300)
        # Five standard errors of a proportion of one half, and half a day of rounding.
        assert np.abs(km.at(times) - family.survival(times)).max() < 5 * 0.5 / np.sqrt(20_000)
        assert median(km).value == pytest.approx(family.median, rel=0.04)

    def test_follow_up_is_uniform_accrual_and_exponential_dropout(self) -> None:
        follow_up = FollowUp(accrual=12, least=24, dropout=0.1)
        arm = simulate_arm(generator(3), 20_000, {"OS": Weibull(1e6)}, follow_up)["OS"]
        followed = reverse_kaplan_meier(arm.time, arm.event)
        np.testing.assert_allclose(
            followed.at([12.0, 23.0]), 0.9 ** (np.array([12, 23]) / 12), atol=0.01
        )
        assert followed.at(30.0) == pytest.approx(0.9**2.5 * 0.5, abs=0.02)
        assert arm.time.max() <= 36 + 0.5 / DAYS_PER_MONTH

    def test_times_are_whole_days_from_the_first(self) -> None:
        arm = simulate_arm(generator(4), 500, {"OS": Weibull(0.1)}, LONG)["OS"]
        days = arm.time * DAYS_PER_MONTH
        np.testing.assert_allclose(days, np.round(days), atol=1e-9)
        assert days.min() >= 1 - 1e-9

    def test_no_patient_dies_before_progressing(self) -> None:
        endpoints = {"PFS": MixtureCure(3.0, 0.15), "OS": MixtureCure(12.0, 0.2)}
        arm = simulate_arm(generator(5), 2000, endpoints, LONG)
        assert (arm["PFS"].time <= arm["OS"].time).all()

    def test_a_seed_gives_the_same_patients_to_the_bit(self) -> None:
        first, second, other = (
            simulate_arm(generator(seed), 300, {"OS": Weibull(9.0)}, LONG)["OS"]
            for seed in (7, 7, 8)
        )
        assert first.time.tobytes() == second.time.tobytes()
        assert first.event.tobytes() == second.event.tobytes()
        assert first.time.tobytes() != other.time.tobytes()


class TestPublished:
    @pytest.mark.parametrize("seed", range(5))
    @pytest.mark.parametrize("jitter", [False, True])
    def test_a_figure_shows_its_patients(self, seed: int, jitter: bool) -> None:
        follow_up = FollowUp(accrual=8 + seed, least=6 * seed + 1)
        arms = [
            simulate_arm(generator(seed), 150, {"OS": family}, follow_up)["OS"]
            for family in (Weibull(8.0), MixtureCure(10.0, 0.2))
        ]
        shown = publish(generator(seed), arms, Figure(900, 600, jitter))
        assert 5 <= shown.ticks.size <= 9
        assert shown.ticks[0] == 0
        assert shown.end > max(arm.time.max() for arm in arms)
        for arm, seen in zip(arms, shown.arms, strict=True):
            km = kaplan_meier(arm.time, arm.event)
            assert (seen.n, seen.events) == (arm.n, arm.events)
            counted = [(arm.time >= tick).sum() for tick in shown.ticks]
            np.testing.assert_array_equal(seen.n_at_risk, counted)
            np.testing.assert_allclose(np.diff(seen.time), shown.end / 899)
            error = np.abs(km.at(np.minimum(seen.time, km.end_time)) - seen.survival)[:-1]
            assert error.max() <= (1.5 if jitter else 0.5) / 599 + 1e-9
            assert seen.survival[-1] == pytest.approx(km.survival[-1], abs=1.5 / 599)
            assert (seen.survival >= 0).all()
            assert (seen.survival <= 1).all()
            rows = seen.survival * 599
            np.testing.assert_allclose(rows, np.round(rows), atol=1e-6)
            assert seen.median is None or abs(seen.median - (median(km).value or 0)) <= 0.05 + 1e-9

    def test_jitter_is_one_row_up_or_down_in_two_of_five_columns(self) -> None:
        arm = simulate_arm(generator(1), 200, {"OS": Weibull(8.0)}, LONG)["OS"]
        clean, jittered = (
            publish(generator(2), [arm], Figure(2000, 600, jitter)).arms[0].survival
            for jitter in (False, True)
        )
        inside = (clean > 0.01) & (clean < 0.99)
        moved = np.round((jittered - clean)[inside] * 599)
        assert set(moved) == {-1, 0, 1}
        assert (moved != 0).mean() == pytest.approx(0.4, abs=0.05)

    def test_a_hazard_ratio_is_that_of_the_hazards(self) -> None:
        control, arm = (
            simulate_arm(generator(seed), 20_000, {"OS": Weibull(median)}, LONG)["OS"]
            for seed, median in ((1, 6.0), (2, 10.0))
        )
        assert published_hazard_ratio(control, arm) == pytest.approx(0.6, abs=0.02)

    def test_no_hazard_ratio_without_events(self) -> None:
        assert published_hazard_ratio(Patients([1, 2], [1, 1]), Patients([3, 4], [0, 0])) is None


@pytest.fixture(scope="module")
def demo() -> tuple[DemoTrial, ...]:
    return demo_trials()


class TestDemo:
    def test_it_is_plainly_simulated(self, demo: tuple[DemoTrial, ...]) -> None:
        assert len(demo) == 8
        for one in demo:
            assert one.trial.trial.startswith("SIM-")
            assert one.trial.label.startswith("Simulated trial")
            assert not one.trial.doi
            assert not one.trial.registry_id
            assert all(arm.drug.startswith("simulated") for arm in one.trial.arms)

    def test_its_arms(self, demo: tuple[DemoTrial, ...]) -> None:
        arms = [arm for one in demo for arm in one.trial.arms]
        assert len(arms) == 17
        assert {arm.drug_class for arm in arms} == {
            "anti-PD-1/PD-L1",
            "anti-CTLA-4",
            "chemotherapy",
        }
        assert all((arm.comparator is None) == (arm.drug_class == "chemotherapy") for arm in arms)
        assert max(len(one.trial.arms) for one in demo) == 3
        assert all(80 <= (arm.n or 0) <= 450 for arm in arms)

    def test_what_is_printed_is_of_the_patients(self, demo: tuple[DemoTrial, ...]) -> None:
        for one in demo:
            assert [analysis.endpoint for analysis in one.analyses] == list(DEMO_ENDPOINTS)
            for analysis in one.analyses:
                assert [arm.arm for arm in analysis.arms] == [arm.arm for arm in one.trial.arms]
                for arm in analysis.arms:
                    printed = one.trial.arm(arm.arm).reported_for(analysis.endpoint)
                    assert printed.n == arm.patients.n == arm.shown.n_at_risk[0]
                    assert printed.events in (None, arm.patients.events)
                    assert printed.median == arm.shown.median

    def test_truth_is_exact(self, demo: tuple[DemoTrial, ...]) -> None:
        chemotherapy, anti_pd_1 = demo[0].analyses[0].arms
        assert chemotherapy.truth.durable == pytest.approx(2.0 ** -(3**1.1))
        share = (0.5 - 0.18) / 0.82
        assert anti_pd_1.truth.durable == pytest.approx(0.18 + 0.82 * share**3)
        assert (anti_pd_1.truth.median, anti_pd_1.truth.k) == (2.3, 3)

    def test_patients_agree_with_their_truth(self, demo: tuple[DemoTrial, ...]) -> None:
        scores = []
        for one in demo:
            for analysis in one.analyses:
                for arm in analysis.arms:
                    km = kaplan_meier(arm.patients.time, arm.patients.event)
                    threshold = arm.truth.k * arm.truth.median
                    if threshold <= km.end_time:
                        se = km.standard_error_at(threshold)
                        assert se is not None
                        scores.append((km.at(threshold) - arm.truth.durable) / se)
        assert len(scores) > 25
        assert np.sqrt(np.mean(np.square(scores))) < 1.4
        assert np.abs(scores).max() < 4

    def test_it_holds_what_real_studies_hold(self, demo: tuple[DemoTrial, ...]) -> None:
        by_id = {one.trial.trial: one for one in demo}
        not_reached = by_id["SIM-F"].analyses[1].arms[1]
        assert not_reached.shown.median is None
        assert not_reached.printed is None
        few = by_id["SIM-E"].analyses[0].arms[0]
        km = kaplan_meier(few.patients.time, few.patients.event)
        assert 0 < km.at_risk(3 * (median(km).value or 0)) < 10
        assert [arm.source for arm in by_id["SIM-G"].analyses[1].arms] == ["curve", "patients"]
        published = [arm for analysis in by_id["SIM-H"].analyses for arm in analysis.arms]
        for arm in published:
            assert arm.source == "published"
            assert arm.printed is not None
            assert arm.printed.ci_low < arm.printed.proportion < arm.printed.ci_high
        with_events = [
            one.trial.trial
            for one in demo
            if all(arm.reported_for("PFS").events is not None for arm in one.trial.arms)
        ]
        assert with_events == ["SIM-A", "SIM-C", "SIM-E"]

    def test_no_patient_dies_before_progressing(self, demo: tuple[DemoTrial, ...]) -> None:
        for one in demo:
            pfs, os = one.analyses
            for first, second in zip(pfs.arms, os.arms, strict=True):
                assert (first.patients.time <= second.patients.time).all()

    def test_the_same_seed_gives_the_same_study_to_the_bit(
        self, demo: tuple[DemoTrial, ...]
    ) -> None:
        again = demo_trials()
        for one, two in zip(demo, again, strict=True):
            assert one.trial == two.trial
            for first, second in zip(one.analyses, two.analyses, strict=True):
                for arm, same in zip(first.arms, second.arms, strict=True):
                    assert arm.patients.time.tobytes() == same.patients.time.tobytes()
                    assert arm.shown.survival.tobytes() == same.shown.survival.tobytes()
                    assert arm.printed == same.printed

    def test_other_seeds_give_other_patients(self, demo: tuple[DemoTrial, ...]) -> None:
        arms = [
            trials[0].analyses[0].arms[0].patients.time
            for trials in (demo, demo_trials(1), demo_trials(2))
        ]
        for one, two in pairwise(arms):
            assert one.tobytes() != two.tobytes()
