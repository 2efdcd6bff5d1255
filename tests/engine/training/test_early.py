from __future__ import annotations

from engine.training.early import Measured, suggestion


def history(*losses):
    return [Measured(at, at * 10, held, seen) for at, (held, seen) in enumerate(losses)]


COPYING = history((1.0, 1.0), (0.8, 0.8), (0.9, 0.7), (0.85, 0.6), (0.9, 0.5), (0.95, 0.4))


def test_it_comes_when_held_out_pictures_got_no_better_and_trained_ones_did():
    found = [suggestion(COPYING[: n + 1], 3) for n in range(len(COPYING))]
    assert [item is not None for item in found] == [False, False, False, False, True, False]
    assert (found[4].best.epoch, found[4].now.step) == (1, 40)


def test_a_longer_patience_waits_longer_and_none_never_suggests():
    assert suggestion(COPYING, 4).now.epoch == 5
    assert suggestion(COPYING, 5) is None
    assert not any(suggestion(COPYING[: n + 1], 0) for n in range(len(COPYING)))


def test_a_run_that_only_stands_still_is_left_alone():
    still = history((1.0, 1.0), (0.8, 0.8), (0.9, 0.9), (0.9, 0.85), (0.9, 0.9), (0.9, 0.8))
    assert not any(suggestion(still[: n + 1], 3) for n in range(len(still)))
    late = [*still, Measured(6, 60, 0.9, 0.7)]
    assert suggestion(late, 3).best.epoch == 1


def test_a_new_best_place_can_be_suggested_again():
    again = [*COPYING, *(Measured(6 + n, 60 + n, held, seen) for n, (held, seen) in enumerate(
        [(0.5, 0.4), (0.6, 0.3), (0.6, 0.2), (0.6, 0.1)]))]  # fmt: skip
    assert suggestion(again, 3).best.epoch == 6
