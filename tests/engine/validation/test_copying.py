from __future__ import annotations

import numpy as np
import pytest

from engine.validation.copying import (
    background,
    copy_threshold,
    describe,
    diversity,
    kept_from,
    nearest,
)
from tests.engine.validation.pictures import paths, read, starter_pictures


@pytest.fixture(scope="module", params=["pixel", "raw"])
def style(request: pytest.FixtureRequest) -> str:
    return request.param


def test_recompressed_blurred_and_shrunken_copies_are_found(style: str) -> None:
    clean = paths(style)
    training = read(clean)
    threshold = copy_threshold(background(training))
    for suffix in ("_copy", "_soft", "_thumb"):
        planted = paths(style, suffix)
        found = nearest(read(planted), training)
        assert found.similarity.min() > threshold
        for path, index in zip(planted, found.index, strict=True):
            assert clean[index].stem == path.stem.removesuffix(suffix)


def test_a_mirrored_copy_is_a_copy(style: str) -> None:
    training = read(paths(style))
    threshold = copy_threshold(background(training))
    mirrored = [np.ascontiguousarray(picture[:, ::-1]) for picture in training]
    found = nearest(mirrored, training)
    assert found.similarity.min() > threshold
    assert found.index.tolist() == list(range(len(training)))


def test_pictures_of_the_set_are_not_copies_of_each_other(style: str) -> None:
    training = read(paths(style))
    among = background(training)
    assert (among.index != np.arange(len(training))).all()
    assert among.similarity.max() < copy_threshold(among)


def test_what_the_model_draws_by_itself_is_no_copy(style: str) -> None:
    training = read(paths(style))
    found = nearest(starter_pictures(), training)
    assert found.mean < background(training).mean
    assert found.similarity.max() < copy_threshold(background(training))


def test_diversity_is_zero_for_one_picture_repeated_and_high_for_different_ones() -> None:
    pictures = read(paths("pixel"))
    assert diversity([[pictures[0]] * 4]) == pytest.approx(0.0, abs=1e-6)
    assert diversity([pictures]) > 0.5
    assert diversity([[pictures[0]], []]) is None
    mixed = diversity([[pictures[0]] * 2, pictures[:2]])
    assert mixed == pytest.approx(diversity([pictures[:2]]) / 2, abs=1e-6)


def test_the_subject_is_kept_in_another_style_and_lost_in_another_subject() -> None:
    pixel, raw = read(paths("pixel")), read(paths("raw"))
    assert kept_from(raw, raw) == pytest.approx(1.0)
    assert kept_from(pixel, raw) > 0.7
    assert kept_from(pixel, raw[1:] + raw[:1]) < 0.5
    assert kept_from([], []) == 0.0


def test_small_sets_and_plain_pictures_are_no_trouble() -> None:
    plain = np.full((20, 30, 3), 200, np.uint8)
    assert np.isfinite(describe(plain)).all()
    assert nearest([], [plain]).similarity.size == 0
    assert background([plain]).mean == 0.0
    assert copy_threshold(background([plain])) == 0.9
