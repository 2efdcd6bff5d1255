"""Copies are found however they were turned, reduced, blurred or recolored, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from engine.dataset.duplicates import MOST, find_pairs
from engine.dataset.survey import components
from engine.imaging.descriptor import orientations
from engine.imaging.quality import hamming

from .cull_case import SUBJECTS, art, blurred, measured, smaller


def pairs_of(pictures, within=8):
    """Ids, distance, turn and color of each pair."""
    found = find_pairs(pictures)
    keep = np.flatnonzero(found.distance <= within)
    ids = np.array([picture.id for picture in pictures])
    columns = (ids[found.first], ids[found.second], found.distance, found.turn, found.color)
    return [tuple(int(column[row]) for column in columns) for row in keep]


@pytest.fixture(scope="module")
def crowd():
    """Pictures of different subjects."""
    return [measured(key, art(name)) for key, name in enumerate(SUBJECTS)]


def test_different_subjects_are_no_pairs(crowd):
    assert pairs_of(crowd) == []


@pytest.mark.parametrize("number", range(8))
def test_a_turned_or_mirrored_copy_is_found_with_its_turn(crowd, number):
    copy = measured(99, smaller(orientations(art("boar"))[number], 0.8))
    ((first, second, distance, turn, color),) = pairs_of([*crowd, copy])
    assert (first, second) == (SUBJECTS.index("boar"), 99)
    assert distance <= 4
    # The first is this orientation of the second: the way back.
    back = {1: 3, 3: 1}.get(number, number)
    assert turn == back
    assert color < 24


def test_blurred_and_small_copies_are_near(crowd):
    soft, small = measured(50, blurred(art("moai"))), measured(60, smaller(art("panda"), 0.2))
    found = {frozenset(pair[:2]) for pair in pairs_of([*crowd, soft, small])}
    assert found == {
        frozenset((SUBJECTS.index("moai"), 50)),
        frozenset((SUBJECTS.index("panda"), 60)),
    }


def test_a_recolored_variant_is_far_in_color_even_with_the_same_mean():
    striped = np.full((80, 80, 4), 255, np.uint8)
    striped[:, :40, :3], striped[:, 40:, :3] = (60, 60, 200), (200, 104, 60)
    swapped = striped.copy()
    swapped[:, :40, :3], swapped[:, 40:, :3] = (90, 75, 60), (170, 89, 200)
    one, other = measured(1, striped), measured(2, swapped)
    assert max(abs(a - b) for a, b in zip(*(p.mean_color.to_bytes(3) for p in (one, other)),
                                          strict=True)) <= 24  # fmt: skip
    assert hamming(one.dhash, other.dhash) == 0
    ((*_, color),) = pairs_of([one, other])
    assert color > 24


def test_the_nearest_of_many_like_pictures_are_those_of_a_plain_loop():
    chance = np.random.default_rng(3)
    hashes = [int(v) for v in chance.integers(0, 1 << 12, 300)]
    base = measured(0, art("crown"))
    pictures = [
        replace(base, id=key, dhash=value, descriptor=None, mean_color=key)
        for key, value in enumerate(hashes)
    ]
    found = {(a, b): bits for a, b, bits, _, _ in pairs_of(pictures, 16)}
    expected = {
        (a, b): hamming(hashes[a], hashes[b]) for a, b in combinations(range(len(hashes)), 2)
    }
    assert all(expected[pair] == bits for pair, bits in found.items())
    for key in range(len(hashes)):
        kept = sorted(bits for pair, bits in found.items() if pair[0] == key)
        every = sorted(bits for pair, bits in expected.items() if pair[0] == key)
        assert kept == every[:MOST]
    nearest = find_pairs(pictures).nearest
    for key in range(len(hashes)):
        assert nearest[key] == min(bits for pair, bits in expected.items() if key in pair)


def test_identical_pictures_stay_one_group_when_one_of_them_goes():
    pictures = [measured(key, art("crown")) for key in range(30)]
    for gone in (0, 7):
        found = find_pairs([picture for picture in pictures if picture.id != gone])
        assert [len(group) for group in components(29, found.first, found.second)] == [29]
    assert len(find_pairs(pictures).first) < 30 * 29 / 3
    assert (find_pairs(pictures).nearest == 0).all()


def test_what_is_not_measured_is_in_no_pair():
    bare = measured(1, art("crown"), dhash=None, mean_color=None, descriptor=None, sharpness=None)
    found = find_pairs([bare, measured(2, art("crown")), measured(3, art("crown"))])
    assert (found.first.tolist(), found.second.tolist()) == ([1], [2])
    assert found.nearest.tolist() == [64, 0, 0]
    assert find_pairs([]).first.shape == find_pairs([bare]).first.shape == (0,)


def test_a_picture_that_is_its_own_mirror_image_is_paired_once():
    ring = np.zeros((90, 90, 4), np.uint8)
    y, x = np.mgrid[-44.5:45, -44.5:45]
    ring[np.hypot(x, y) < 40] = (200, 30, 30, 255)
    ring[np.hypot(x, y) < 15] = (20, 200, 30, 255)
    assert len(find_pairs([measured(1, ring), measured(2, smaller(ring, 0.8))]).first) == 1


def test_a_long_chain_of_neighbors_is_one_group():
    first = np.arange(0, 499)
    order = np.random.default_rng(0).permutation(500)
    (group,) = components(600, order[first], order[first + 1])
    assert sorted(group) == list(range(500))


def test_thousands_of_like_pictures_make_few_pairs_and_one_group():
    """All pairs of 20,000 frames of a film would take more memory than there is."""
    chance = np.random.default_rng(4)
    base = measured(0, art("crown"))
    flips = chance.integers(0, 64, (3000, 2))
    pictures = [
        replace(
            base, id=key, dhash=base.dhash ^ (1 << int(a)) ^ (1 << int(b)), descriptor=None,
            mean_color=key,
        )
        for key, (a, b) in enumerate(flips)
    ]  # fmt: skip
    pairs = find_pairs(pictures)
    assert len(pairs.first) <= MOST * len(pictures)
    (group,) = components(len(pictures), pairs.first, pairs.second)
    assert len(group) == len(pictures)
