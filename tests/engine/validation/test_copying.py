from __future__ import annotations

import numpy as np
import pytest

from engine.validation.copying import (
    Nearest,
    background,
    copy_threshold,
    kept_from,
    layout,
    nearest,
    spread,
)
from engine.validation.features_embedded import EmbeddedExtractor
from tests.engine.validation import planted
from tests.engine.validation.pictures import paths, read, starter_pictures

EXTRACTOR = EmbeddedExtractor()


class Set:
    """The clean pictures of a style as training pictures."""

    def __init__(self, style: str) -> None:
        self.style = style
        self.paths = paths(style)
        self.pictures = read(self.paths)
        self.features = EXTRACTOR.describe(self.pictures)
        self.views = EXTRACTOR.describe_views(self.pictures)
        self.among = background(EXTRACTOR, self.features, self.views)
        self.threshold = copy_threshold(self.among, EXTRACTOR.copy_floor)

    def nearest(self, pictures: list[np.ndarray]):
        return nearest(EXTRACTOR, EXTRACTOR.describe(pictures), self.views)


@pytest.fixture(scope="module", params=["pixel", "raw"])
def training(request: pytest.FixtureRequest) -> Set:
    return Set(request.param)


def test_recompressed_blurred_and_shrunken_copies_are_found(training: Set) -> None:
    for suffix in ("_copy", "_soft", "_thumb"):
        planted = paths(training.style, suffix)
        found = training.nearest(read(planted))
        assert found.similarity.min() > training.threshold
        for path, index in zip(planted, found.index, strict=True):
            assert training.paths[index].stem == path.stem.removesuffix(suffix)


def test_a_mirrored_copy_is_a_copy(training: Set) -> None:
    mirrored = [np.ascontiguousarray(picture[:, ::-1]) for picture in training.pictures]
    found = training.nearest(mirrored)
    assert found.similarity.min() > training.threshold
    assert found.index.tolist() == list(range(len(training.pictures)))


def test_pictures_of_the_set_are_not_copies_of_each_other(training: Set) -> None:
    assert (training.among.index != np.arange(len(training.pictures))).all()
    assert training.among.similarity.max() < training.threshold


def test_what_the_model_draws_by_itself_is_no_copy(training: Set) -> None:
    found = training.nearest(starter_pictures())
    assert found.mean < training.threshold - 0.2
    assert found.similarity.max() < training.threshold


def test_the_spread_is_zero_for_one_picture_repeated_and_high_for_different_ones(
    training: Set,
) -> None:
    assert spread(np.repeat(training.features[:1], 4, axis=0)) == pytest.approx(0.0, abs=1e-5)
    assert spread(training.features) > 0.4
    pairs = 1.0 - (training.features @ training.features.T)[np.triu_indices(36, 1)]
    assert spread(training.features) == pytest.approx(float(pairs.mean()), abs=1e-4)
    assert spread(training.features[:1]) is None


def test_the_subject_is_kept_in_another_style_and_lost_in_another_subject() -> None:
    pixel, raw = (np.stack([layout(one) for one in read(paths(s))]) for s in ("pixel", "raw"))
    assert kept_from(raw, raw) == pytest.approx(1.0)
    assert kept_from(pixel, raw) > 0.7
    assert kept_from(pixel, np.roll(raw, 1, axis=0)) < 0.5
    assert kept_from(raw[:0], raw[:0]) is None


def test_small_sets_and_plain_pictures_are_no_trouble() -> None:
    plain = [np.full((20, 30, 3), 200, np.uint8)]
    features, views = EXTRACTOR.describe(plain), EXTRACTOR.describe_views(plain)
    assert np.isfinite(features).all()
    assert np.isfinite(views).all()
    assert nearest(EXTRACTOR, features[:0], views).similarity.size == 0
    alone = background(EXTRACTOR, features, views)
    assert alone.mean == 0.0
    assert copy_threshold(alone, 0.83) == 0.83


@pytest.mark.parametrize("count", [10, 20, 30])
@pytest.mark.parametrize("repeat", ["verbatim", "recompressed", "cropped"])
def test_a_pair_of_repeats_does_not_hide_copies(training: Set, count: int, repeat: str) -> None:
    chance = np.random.default_rng(count)
    ways = {
        "verbatim": lambda picture: picture,
        "recompressed": lambda picture: planted.shifted(planted.compressed(picture), chance),
        "cropped": lambda picture: planted.cropped(picture, 0.9, chance),
    }
    pictures = training.pictures[:count]
    described, views = EXTRACTOR.describe(pictures), EXTRACTOR.describe_views(pictures)
    usual = copy_threshold(background(EXTRACTOR, described, views), EXTRACTOR.copy_floor)
    with_pair = [*pictures, ways[repeat](pictures[3])]
    described, views = EXTRACTOR.describe(with_pair), EXTRACTOR.describe_views(with_pair)
    among = background(EXTRACTOR, described, views)
    assert len(among.similarity) == count
    assert (among.index < count).all()
    threshold = copy_threshold(among, EXTRACTOR.copy_floor)
    assert threshold == pytest.approx(usual)
    copies = nearest(EXTRACTOR, EXTRACTOR.describe(pictures), views)
    assert copies.similarity.min() > threshold


def test_a_set_in_which_every_picture_is_repeated_is_read_as_half_as_many(training: Set) -> None:
    twice = np.concatenate([training.features, training.features])
    among = background(EXTRACTOR, twice, np.concatenate([training.views, training.views]))
    assert among.similarity.tolist() == pytest.approx(training.among.similarity.tolist(), abs=1e-5)
    alone = np.repeat(training.features[:1], 3, axis=0)
    same = background(EXTRACTOR, alone, np.repeat(training.views[:1], 3, axis=0))
    assert same.similarity.size == 0


def test_even_in_a_set_of_like_pictures_a_verbatim_copy_is_above_the_threshold() -> None:
    for usual in (0.5, 0.9, 0.965, 1.0):
        alike = Nearest(np.zeros(9, np.int64), np.full(9, usual, np.float32))
        assert 0.83 <= copy_threshold(alike, 0.83) < 0.985


def flat(*colors: tuple[int, int, int]) -> list[np.ndarray]:
    return [np.full((48, 64, 3), color, np.uint8) for color in colors]


def test_pictures_of_one_color_are_alike_and_unlike_all_others(training: Set) -> None:
    chance = np.random.default_rng(0)
    colors = [tuple(color) for color in chance.integers(0, 256, (60, 3)).tolist()]
    described = EXTRACTOR.describe(flat(*colors))
    assert not described.any()  # also where colors are rounded on the way
    alone = EXTRACTOR.similarity(described, training.views)
    assert alone.max() <= 0.0
    views = EXTRACTOR.describe_views([*training.pictures[:3], *flat((9, 9, 9))])
    found = nearest(EXTRACTOR, described, views)
    assert set(found.index.tolist()) == {3}
    assert found.similarity.min() == 1.0
    drawn = EXTRACTOR.describe(training.pictures[:5])
    assert EXTRACTOR.similarity(drawn, views)[:, 3].max() <= 0.0


def test_a_set_of_flat_pictures_has_no_spread_and_one_among_others_counts_as_another() -> None:
    assert spread(EXTRACTOR.describe(flat((0, 0, 0), (255, 255, 255), (8, 195, 186)))) == 0.0
    features = np.array([[1, 0], [0, 0], [0, 0]], np.float32)
    assert spread(features) == pytest.approx(2 / 3)  # of three pairs one is alike
