from __future__ import annotations

import pytest

from engine.runtime.job import Job
from engine.training.batches import shelve
from engine.training.pictures import bucket_spec, find_sources, open_pictures
from engine.training.route import Position, Route, route_of
from engine.training.schedules import Length


def route(updates=9, epochs=3):
    # Seven pictures of one size and three of another, two at a time: six batches, groups of two.
    shelf = shelve([(8, 8)] * 7 + [(8, 16)] * 3, [1] * 10, 2)
    return Route(shelf, Length(6, 3, epochs, updates), seed=3, group=2)


def test_every_batch_of_every_epoch_comes_once_in_order():
    way = route()
    found = list(way.stretches(Position()))
    assert [one.end.step for one in found] == list(range(1, 10))
    for epoch in (1, 2, 3):
        batches = [b for one in found if one.end.epoch == epoch for b in one.batches]
        assert batches == way.shelf.epoch(3, epoch)
    assert [one.ends_epoch for one in found] == [False, False, True] * 3
    assert [one.ends_run for one in found] == [False] * 8 + [True]


def test_a_run_that_is_taken_up_goes_the_way_it_would_have_gone():
    whole = list(route().stretches(Position()))
    for at, stretch in enumerate(whole):
        assert list(route().stretches(stretch.end)) == whole[at + 1 :]


def test_steps_that_end_inside_an_epoch_end_it_too():
    found = list(route(updates=4, epochs=2).stretches(Position()))
    assert [one.ends_epoch for one in found] == [False, False, True, True]
    assert (found[-1].end, found[-1].ends_run) == (Position(2, 2, 4), True)


def test_the_batches_up_to_an_update_are_counted_as_they_come():
    shelf = shelve([(8, 8)] * 9, [1] * 9, 2)  # five batches: two groups of two, and a single one
    way = Route(shelf, Length(5, 3, 3, 8), seed=3, group=2)
    found = list(way.stretches(Position()))
    for updates in range(9):
        assert way.batches(updates) == sum(len(one.batches) for one in found[:updates])


@pytest.mark.parametrize("updates", [4, 9])
def test_the_end_of_an_update_is_known_from_the_place_alone(updates):
    way = route(updates=updates)
    for stretch in way.stretches(Position()):
        again = way.ended_at(stretch.end)
        assert (again.ends_epoch, again.ends_run) == (stretch.ends_epoch, stretch.ends_run)


def test_the_seed_of_a_run_chooses_its_order(request_for):
    def order(seed):
        request = request_for(seed=seed, train_batch_size=1)
        spec = bucket_spec(request, 32)
        pictures = open_pictures(find_sources(request), spec, Job.detached())
        return [one.batches for one in route_of(request, pictures).stretches(Position())]

    assert order(1) == order(1)
    assert order(1) != order(2)
