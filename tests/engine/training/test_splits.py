from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from engine.dataset.samples import training_samples
from engine.training.pictures import find_sources
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


@pytest.mark.parametrize(
    ("folders", "each", "share", "count"),
    [(3, 1, 0.5, 2), (1, 6, 0.99, 5), (8, 2, 0.2, 3), (1, 2, 0.01, 1), (4, 1, 0.9, 3)],
)
def test_the_share_is_also_that_of_all_pictures_and_leaves_one_on_each_side(
    tmp_path, folders, each, share, count
):
    for folder in range(folders):
        for number in range(each):
            path = tmp_path / f"1_{folder}" / f"{number}.png"
            path.parent.mkdir(exist_ok=True)
            Image.new("RGB", (8, 8), (folder, number, 0)).save(path)
    learned, held = split(training_samples(tmp_path), share, 1)
    assert (len(held), len(learned)) == (count, folders * each - count)


def test_copies_leave_something_on_both_sides_or_it_is_told(tmp_path, request_for):
    paint(tmp_path / "art2" / "1_a", 2)
    folder = tmp_path / "art2" / "1_a"
    for number in range(3):
        shutil.copy(folder / "picture_0.png", folder / f"copy_{number}.png")
    sources = find_sources(request_for(train_data_dir=str(folder.parent), validation_split=0.8))
    assert len(sources.training) in (1, 4)
    assert len(sources.held_out) == 5 - len(sources.training)
    assert sources.problems == ()
    (folder / "picture_1.png").unlink()
    sources = find_sources(request_for(train_data_dir=str(folder.parent), validation_split=0.8))
    assert (len(sources.training), sources.held_out) == (4, ())
    assert [str(one)[:22] for one in sources.problems] == ["No picture is held out"]


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
