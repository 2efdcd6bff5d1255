"""The measures against numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.validation import overfit, overfit_trigger
from engine.validation.overfit_stats import (
    Figure,
    drawn_weights,
    figure,
    mean_of,
    percentile_of,
    student,
)

PROMPTS = ["a", "a", "b", "b"]
COPYING = np.array([0.2, 0.4, 0.6, 1.0])
EYE = np.eye(4, dtype=np.float32)
TRIALS = 1500


def test_the_copy_measures_are_mean_percentile_share_and_excess() -> None:
    assert overfit.copy_mean(COPYING, PROMPTS).value == pytest.approx(0.55)
    assert overfit.copy_p90(COPYING, PROMPTS).value == pytest.approx(1.0)
    assert overfit.copy_share(COPYING, PROMPTS, 0.5).value == pytest.approx(0.5)
    assert overfit.excess(COPYING, PROMPTS, 0.45).value == pytest.approx(0.1)


SHAPES: dict[str, tuple[Callable[[np.random.Generator, int], np.ndarray], float]] = {
    "normal": (lambda chance, count: chance.normal(0.4, 0.1, count), 0.4),
    "exponential": (lambda chance, count: chance.exponential(0.1, count), 0.1),
    "log-normal": (lambda chance, count: chance.lognormal(0.0, 0.5, count), np.exp(0.125)),
    "shares, most near 0": (lambda chance, count: chance.beta(0.5, 2.0, count), 0.2),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [4, 6, 10])
def test_the_interval_holds_the_truth_as_often_as_it_says(shape: str, count: int) -> None:
    draw, truth = SHAPES[shape]
    chance, seeds = np.random.default_rng(7), 3
    prompts = [str(number) for number in range(count) for _ in range(seeds)]
    held = 0
    for _ in range(TRIALS):
        levels = draw(chance, count)
        # Seeds of a prompt are alike, so that there is less evidence than there are pictures.
        values = np.repeat(levels, seeds) + chance.normal(0.0, 0.03, count * seeds)
        found = figure(prompts, mean_of(values))
        held += found.low <= truth <= found.high
    assert 0.92 <= held / TRIALS <= 0.985


def test_the_interval_is_over_prompts_and_not_over_pictures() -> None:
    prompts = ["a", "a", "b", "b", "c", "c", "d", "d"]
    alike = overfit.copy_mean(np.array([0.2, 0.8] * 4), prompts)
    assert alike.low == alike.high == pytest.approx(0.5)  # prompts alike, pictures not
    apart = overfit.copy_mean(np.array([0.2] * 4 + [0.8] * 4), prompts)
    assert apart.low < 0.2
    assert apart.high > 0.8
    assert not apart.few
    more = overfit.copy_mean(np.array([0.2] * 8 + [0.8] * 8), prompts + [f"{p}2" for p in prompts])
    assert more.high - more.low < 0.7 * (apart.high - apart.low)


def test_the_longer_side_is_that_of_the_longer_tail() -> None:
    prompts = list("abcdef")
    right = figure(prompts, mean_of(np.array([0.1, 0.1, 0.1, 0.1, 0.2, 0.9])))
    left = figure(prompts, mean_of(np.array([0.9, 0.9, 0.9, 0.9, 0.8, 0.1])))
    assert right.high - right.value > 1.2 * (right.value - right.low)
    assert left.value - left.low > 1.2 * (left.high - left.value)


def test_an_interval_stays_within_what_is_possible() -> None:
    prompts = list("abcd")
    share = overfit.copy_share(np.array([0.1, 0.1, 0.1, 0.9]), prompts, 0.5)
    assert (share.value, share.low) == (0.25, 0.0)
    assert share.high == 1.0
    assert overfit.loss_rise(np.array([1.0, 1.2, 3.0, 4.0]), np.full(4, 1.0)).high > 1.0


def test_with_fewer_than_four_prompts_no_interval_is_told() -> None:
    for count in (1, 2, 3):
        found = overfit.copy_mean(COPYING[:count], PROMPTS[:count] if count < 3 else list("abc"))
        assert found.low == found.value == found.high
        assert found.few
    assert not overfit.copy_mean(COPYING, list("abcd")).few
    many = overfit.copy_mean(np.tile(COPYING, 10), list("ab") * 20)
    assert many.few  # pictures make up for no prompts


def test_an_effect_of_the_word_is_as_sure_as_its_rarer_kind() -> None:
    chance = np.random.default_rng(1)
    styles, wanted, base = (chance.random((8, 7)) for _ in range(3))
    asked = np.array([True] * 7 + [False])
    rare = overfit_trigger.trigger_effect(styles, wanted, base, asked, list("abcdefgh"))
    assert rare is not None
    assert rare.few
    paired = overfit_trigger.trigger_effect(
        styles, wanted, base, np.tile([True, False], 4), list("aabbccdd")
    )
    assert paired is not None
    assert paired.low < paired.value < paired.high


def test_what_is_made_of_an_interval_keeps_how_sure_it_is() -> None:
    few = figure(["a"], mean_of(np.array([0.5])))
    assert (-few, few.over(2.0)) == (Figure(-0.5, -0.5, -0.5, True), Figure(0.25, 0.25, 0.25, True))
    assert -Figure(0.2, 0.1, 0.4) == Figure(-0.2, -0.4, -0.1)


@pytest.mark.parametrize(
    ("freedom", "expected"), [(3, 4.177), (5, 3.163), (9, 2.685), (19, 2.433), (1000, 2.245)]
)
def test_the_quantiles_are_those_of_the_tables(freedom: int, expected: float) -> None:
    assert student(freedom) == pytest.approx(expected, rel=0.004)


def test_the_same_numbers_come_out_every_time() -> None:
    first = drawn_weights(tuple(PROMPTS)).copy()
    drawn_weights.cache_clear()
    assert (drawn_weights(tuple(PROMPTS)) == first).all()
    assert first.sum(axis=1) == pytest.approx(4.0)


def test_weighted_percentiles_count_a_picture_as_often_as_it_was_drawn() -> None:
    statistic = percentile_of(np.array([3.0, 1.0, 2.0]), 0.5)
    assert statistic(np.array([[1.0, 1.0, 1.0], [3.0, 1.0, 0.0]])).tolist() == [2.0, 3.0]
    assert figure(["a"], mean_of(np.array([0.5]))).value == 0.5


def test_entropy_is_full_when_every_prompt_has_a_picture_of_its_own() -> None:
    assert overfit.entropy(np.array([0, 0, 1, 1]), PROMPTS, 9).value == pytest.approx(1.0)
    assert overfit.entropy(np.array([5, 5, 5, 5]), PROMPTS, 9).value == pytest.approx(0.0)
    mixed = overfit.entropy(np.array([0, 0, 0, 1]), PROMPTS, 9).value
    assert mixed == pytest.approx(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)) / np.log(2))
    assert overfit.entropy(np.array([0, 1]), ["a", "a"], 9) is None


def test_entropy_is_over_the_training_pictures_only_where_prompts_can_reach_them() -> None:
    prompts = [f"{number}" for number in range(6) for _ in range(4)]
    sound = np.repeat(np.arange(6), 4)  # a subject for each prompt, and its nearest picture
    assert overfit.entropy(sound, prompts, 40).value == pytest.approx(1.0)
    assert np.log(6) / np.log(40) < 0.5  # what it would be over all of them
    drawn = np.array([0, 0, 0, 1, 1, 2])
    share = np.array([3, 2, 1]) / 6
    over_all = -(share * np.log(share)).sum() / np.log(4)
    assert overfit.entropy(drawn, list("abcdef"), 4).value == pytest.approx(over_all)


def test_diversity_is_within_prompts_only() -> None:
    features = EYE[[0, 0, 1, 2]]
    assert overfit.diversity(features, PROMPTS).value == pytest.approx(0.5)
    assert overfit.diversity(features, ["a", "b", "c", "d"]) is None


def test_the_prompt_whose_seeds_are_most_alike_is_found() -> None:
    features = EYE[[0, 1, 2, 2]]
    assert overfit.most_alike(features, PROMPTS) == (2, 3)
    assert overfit.most_alike(features, ["a", "b", "c", "d"]) == ()


def test_the_vendi_score_counts_different_pictures() -> None:
    assert overfit.vendi(EYE).value == pytest.approx(4.0, abs=1e-4)
    assert overfit.vendi(EYE[[0, 0, 0]]).value == pytest.approx(1.0, abs=1e-4)
    assert overfit.vendi(EYE[:1]) is None
    assert overfit.vendi_ratio(EYE[[0, 0, 1, 1]], EYE).value == pytest.approx(0.5, abs=1e-4)


def test_change_is_the_distance_to_the_picture_of_the_same_cell() -> None:
    assert overfit.change(EYE, EYE, PROMPTS).value == pytest.approx(0.0)
    assert overfit.change(EYE, EYE[[0, 1, 3, 2]], PROMPTS).value == pytest.approx(0.5)
    assert overfit.change(EYE[:0], EYE[:0], []) is None


def test_pictures_with_nothing_on_them_are_alike() -> None:
    features = np.stack([np.zeros(4), np.zeros(4), np.eye(4)[0], np.eye(4)[0] * 0.4])
    alike = overfit.diversity(features, ["a", "a", "b", "b"])
    assert alike is not None
    assert (alike.value, alike.high) == (0.0, pytest.approx(0.0))
    counted = overfit.vendi(features)
    assert counted is not None
    assert counted.value == pytest.approx(2.0)
    moved = overfit.change(features[[0, 0]], features[[1, 2]], ["a", "b"])
    assert moved is not None
    assert moved.value == 0.5


def test_following_is_read_against_the_base_model() -> None:
    texts = EYE[[0, 0, 1, 1]]
    half = (EYE[[0, 0, 1, 1]] + EYE[[2, 2, 2, 2]]) / np.sqrt(2, dtype=np.float32)
    assert overfit.following(half, texts, PROMPTS).value == pytest.approx(np.sqrt(0.5), abs=1e-4)
    change = overfit.following_change(half, texts, texts, PROMPTS)
    assert change.value == pytest.approx(np.sqrt(0.5) - 1, abs=1e-4)
    assert overfit.following_change(half, EYE[[3, 3, 3, 3]], texts, PROMPTS) is None
