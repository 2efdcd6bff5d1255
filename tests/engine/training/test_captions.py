from __future__ import annotations

import random

from engine.training.captions import draw_caption, plain_caption
from engine.training.config import TrainRequest


def request(**values):
    return TrainRequest(project="p", **values)


def draws(caption, settings, trigger="", count=60):
    chance = random.Random(1)
    return [draw_caption(caption, settings, trigger, chance) for _ in range(count)]


def test_kept_tags_never_move_and_the_others_do():
    found = draws("a, b, c, d", request(shuffle_caption=True, keep_tokens=2))
    assert {text[:4] for text in found} == {"a, b"}
    assert set(found) == {"a, b, c, d", "a, b, d, c"}


def test_shuffling_joins_with_comma_and_space():
    assert set(draws("a,b", request(shuffle_caption=True))) == {"a, b", "b, a"}


def test_without_shuffling_the_caption_is_left_as_it_is():
    assert set(draws("a,b ,  c", request())) == {"a,b ,  c"}


def test_the_trigger_word_leads_and_is_no_kept_tag():
    found = draws("a, b, c", request(shuffle_caption=True, keep_tokens=1), trigger="kiln")
    assert {text[:7] for text in found} == {"kiln, a"}
    assert len(set(found)) == 2


def test_a_trigger_word_is_not_written_twice():
    assert plain_caption("kiln, castle", "kiln") == "kiln, castle"
    assert plain_caption("castle", "kiln") == "kiln, castle"
    assert plain_caption("", "kiln") == "kiln"


def test_only_the_first_line_is_read():
    assert plain_caption("castle\nnotes", "") == "castle"


def test_dropout_of_one_empties_every_caption():
    assert set(draws("a, b", request(caption_dropout_rate=1.0), trigger="kiln")) == {""}


def test_dropout_takes_about_its_share():
    found = draws("a", request(caption_dropout_rate=0.5), count=400)
    assert 150 < found.count("") < 250
