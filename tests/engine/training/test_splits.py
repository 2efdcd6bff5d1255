from __future__ import annotations

from pathlib import Path

import pytest

from engine.dataset.samples import training_samples
from engine.training.splits import split

from .conftest import paint


@pytest.fixture
def samples(tmp_path):
    """Ten pictures that come three times, and four that come once."""
    paint(tmp_path / "3_many", 10)
    paint(tmp_path / "1_few", 4, (48, 24))
    return training_samples(tmp_path)


def names(samples):
    return {(Path(s.source_dir).name, s.path.name) for s in samples}


def test_no_picture_is_on_both_sides_and_none_is_lost(samples):
    for share in (0.05, 0.1, 0.3, 0.5, 0.9):
        learned, held = split(samples, share, 1)
        assert not names(learned) & names(held)
        assert names(learned) | names(held) == names(samples)


def test_the_share_is_taken_of_every_folder(samples):
    _, held = split(samples, 0.3, 1)
    folders = [Path(sample.source_dir).name for sample in held]
    assert (folders.count("3_many"), folders.count("1_few")) == (3, 1)
    assert split(samples, 0.0, 1) == (samples, [])


def test_a_small_share_holds_out_one_picture_at_least(samples):
    _, held = split(samples, 0.01, 1)
    assert [Path(sample.source_dir).name for sample in held] == ["3_many"]


def test_held_out_pictures_come_once(samples):
    learned, held = split(samples, 0.5, 1)
    assert {sample.repeats for sample in held} == {1}
    assert {sample.repeats for sample in learned} == {1, 3}


def test_the_seed_chooses_and_the_order_does_not(samples):
    first, again, other = (names(split(samples, 0.3, seed)[1]) for seed in (1, 1, 2))
    assert first == again == names(split(samples[::-1], 0.3, 1)[1])
    assert first != other


def test_a_copy_of_a_held_out_picture_is_not_learned(samples, tmp_path):
    _, [*_, chosen] = split(samples, 0.3, 1)
    copy = tmp_path / "1_few" / "another_name.png"
    copy.write_bytes(chosen.path.read_bytes())
    learned, held = split(training_samples(tmp_path), 0.3, 1)
    assert chosen.path in {sample.path for sample in held}
    assert copy not in {sample.path for sample in learned}


def test_regularization_pictures_are_never_held_out(tmp_path):
    paint(tmp_path / "art" / "1_a", 4)
    paint(tmp_path / "reg" / "1_b", 4, (48, 24))
    both = [*training_samples(tmp_path / "art"), *training_samples(tmp_path / "reg", is_reg=True)]
    learned, held = split(both, 0.5, 3)
    assert not any(sample.is_reg for sample in held)
    assert sum(sample.is_reg for sample in learned) == 4


def test_a_single_picture_is_learned_from(tmp_path):
    paint(tmp_path / "1_a", 1)
    assert split(training_samples(tmp_path), 0.9, 1)[1] == []
