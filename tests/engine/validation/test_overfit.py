"""The measures against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from engine.validation import overfit
from engine.validation.overfit_stats import drawn_weights, figure, mean_of, percentile_of

PROMPTS = ["a", "a", "b", "b"]
COPYING = np.array([0.2, 0.4, 0.6, 1.0])
EYE = np.eye(4, dtype=np.float32)


def test_the_copy_measures_are_mean_percentile_share_and_excess() -> None:
    assert overfit.copy_mean(COPYING, PROMPTS).value == pytest.approx(0.55)
    assert overfit.copy_p90(COPYING, PROMPTS).value == pytest.approx(1.0)
    assert overfit.copy_share(COPYING, PROMPTS, 0.5).value == pytest.approx(0.5)
    assert overfit.excess(COPYING, PROMPTS, 0.45).value == pytest.approx(0.1)


def test_the_interval_is_over_prompts_and_holds_the_value() -> None:
    found = overfit.copy_mean(COPYING, PROMPTS)
    assert (found.low, found.high) == (pytest.approx(0.3), pytest.approx(0.8))  # only a, only b
    even = overfit.copy_mean(np.array([0.2, 0.8, 0.2, 0.8]), PROMPTS)
    assert even.low == even.high == pytest.approx(0.5)  # prompts alike, pictures not
    alone = overfit.copy_mean(np.array([0.2, 0.8]), ["a", "a"])
    assert alone.low < alone.value < alone.high


def test_the_same_numbers_come_out_every_time() -> None:
    assert (drawn_weights(PROMPTS) == drawn_weights(PROMPTS)).all()
    assert overfit.copy_mean(COPYING, PROMPTS) == overfit.copy_mean(COPYING, PROMPTS)
    assert drawn_weights(PROMPTS).sum(axis=1) == pytest.approx(4.0)


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


def test_diversity_is_within_prompts_only() -> None:
    features = EYE[[0, 0, 1, 2]]
    assert overfit.diversity(features, PROMPTS).value == pytest.approx(0.5)
    assert overfit.diversity(features, ["a", "b", "c", "d"]) is None


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
    assert (moved.low, moved.value) == (0.0, 0.5)


def test_following_is_read_against_the_base_model() -> None:
    texts = EYE[[0, 0, 1, 1]]
    half = (EYE[[0, 0, 1, 1]] + EYE[[2, 2, 2, 2]]) / np.sqrt(2, dtype=np.float32)
    assert overfit.following(half, texts, PROMPTS).value == pytest.approx(np.sqrt(0.5), abs=1e-4)
    change = overfit.following_change(half, texts, texts, PROMPTS)
    assert change.value == pytest.approx(np.sqrt(0.5) - 1, abs=1e-4)
    assert overfit.following_change(half, EYE[[3, 3, 3, 3]], texts, PROMPTS) is None
