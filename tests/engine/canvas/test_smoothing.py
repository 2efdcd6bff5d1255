from __future__ import annotations

import math
from itertools import pairwise

from engine.canvas.smoothing import Smoother


def drawn(length: float, samples: list[tuple[float, float, float]]):
    smoother = Smoother(length)
    return [point for sample in samples for point in smoother.to(sample)] + smoother.end()


def trembling(count: int = 200):
    return [(float(x), 100.0 + (6.0 if x % 2 else -6.0), 0.5) for x in range(count)]


def turning(points) -> float:
    ways = [math.atan2(b[1] - a[1], b[0] - a[0]) for a, b in pairwise(points) if a[:2] != b[:2]]
    return sum(abs(math.remainder(b - a, math.tau)) for a, b in pairwise(ways))


def test_without_a_string_everything_comes_as_it_went_in() -> None:
    assert drawn(0, trembling()) == trembling()


def test_a_tremble_shorter_than_the_string_is_gone() -> None:
    steady = drawn(40, trembling())
    assert turning(steady[:-1]) < turning(trembling()) / 20
    ys = [y for _, y, _ in steady[5:-2]]
    assert max(ys) - min(ys) < 4


def test_it_begins_and_ends_where_the_hand_did() -> None:
    samples = [(10.0, 10.0, 0.3), (60.0, 10.0, 0.6), (120.0, 40.0, 0.9), (200.0, 90.0, 1.0)]
    points = drawn(20, samples)
    assert points[0] == samples[0]
    assert points[-1] == samples[-1]


def test_a_touch_is_one_point_and_a_small_move_a_line() -> None:
    assert drawn(30, [(5.0, 5.0, 1.0)]) == [(5.0, 5.0, 1.0)]
    assert drawn(30, [(5.0, 5.0, 1.0), (9.0, 5.0, 1.0)])[-1] == (9.0, 5.0, 1.0)


def test_the_pull_keeps_the_length_of_the_string() -> None:
    smoother = Smoother(25)
    smoother.to((0.0, 0.0, 1.0))
    assert smoother.to((20.0, 0.0, 1.0)) == []
    smoother.to((100.0, 0.0, 1.0))
    [point] = smoother.to((200.0, 0.0, 1.0))
    assert 0 < point[0] < 175
