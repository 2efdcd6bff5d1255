from __future__ import annotations

from collections import Counter

from engine.training.batches import groups, pair_regularization, shelve

WIDE, TALL = (640, 384), (384, 640)


def test_a_batch_never_mixes_buckets_and_keeps_the_remainder():
    shelf = shelve([WIDE] * 50 + [TALL] * 30, [1] * 80, 4)
    assert shelf.batches == 21
    batches = shelf.epoch(1, 1)
    assert len(batches) == 21
    assert all(len({index < 50 for index in batch}) == 1 for batch in batches)


def test_every_picture_comes_as_often_as_it_repeats():
    shelf = shelve([WIDE, TALL, WIDE], [3, 1, 2], 2)
    drawn = Counter(index for batch in shelf.epoch(7, 2) for index in batch)
    assert drawn == {0: 3, 1: 1, 2: 2}
    assert shelf.draws == 6


def test_order_depends_on_seed_and_epoch_only():
    shelf = shelve([WIDE] * 40, [1] * 40, 4)
    assert shelf.epoch(1, 3) == shelf.epoch(1, 3)
    assert shelf.epoch(1, 3) != shelf.epoch(1, 4)
    assert shelf.epoch(1, 3) != shelf.epoch(2, 3)


def test_the_last_group_of_an_epoch_is_what_is_left():
    assert [len(group) for group in groups([[0]] * 21, 4)] == [4, 4, 4, 4, 4, 1]


def test_few_regularization_pictures_are_repeated():
    assert pair_regularization([1] * 20, 100) == [5] * 20


def test_surplus_regularization_pictures_are_left_out():
    assert pair_regularization([1] * 300, 100) == [1] * 100 + [0] * 200


def test_the_last_regularization_picture_may_overshoot():
    assert sum(pair_regularization([3] * 4, 10)) == 12
    assert pair_regularization([], 10) == []
