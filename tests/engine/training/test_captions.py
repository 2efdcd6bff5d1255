from __future__ import annotations

import random

import pytest

from engine.training.captions import draw_caption, plain_caption, warm_tags
from engine.training.config import TrainRequest
from engine.training.settings.captions import CaptionRules


def request(**values):
    return TrainRequest(project="p", **values)


def draws(caption, settings, trigger="", count=60, **moment):
    chance = random.Random(1)
    return [draw_caption(caption, settings, trigger, chance, **moment) for _ in range(count)]


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


def test_prefix_and_suffix_stand_around_the_caption_with_spaces_and_nothing_else():
    rules = request(caption_prefix="art of", caption_suffix=", fine")
    assert set(draws("a, b\nnotes", rules)) == {"art of a, b , fine"}
    assert set(draws("", request(caption_prefix="art"))) == {"art"}


def test_a_prefix_counts_as_the_first_tag():
    rules = request(caption_prefix="art,", shuffle_caption=True, keep_tokens=1)
    assert {text[:5] for text in draws("a, b, c", rules)} == {"art, "}


def test_dropout_every_two_epochs_takes_the_even_ones():
    rules = request(caption_dropout_every_n_epochs=2, caption_prefix="art")
    found = [draws("a", rules, "kiln", count=1, epoch=epoch)[0] for epoch in range(1, 6)]
    assert found == ["kiln, art a", "", "kiln, art a", "", "kiln, art a"]


def test_a_mark_keeps_head_and_tail_and_is_not_read():
    rules = request(shuffle_caption=True, keep_tokens_separator="|||", keep_tokens=1)
    found = draws("h1, h2 ||| a, b, c ||| t", rules)
    assert {(text[:8], text[-3:]) for text in found} == {("h1, h2, ", ", t")}
    assert len(set(found)) == 6


def test_a_mark_is_taken_out_of_captions_that_are_not_shuffled():
    rules = request(keep_tokens_separator="|||")
    assert set(draws("a, b ||| c,, d", rules)) == {"a, b, c, d"}
    assert set(draws("a,b", rules)) == {"a,b"}


def test_tags_are_dropped_in_their_share_and_kept_ones_never():
    found = draws("a, b, c", request(caption_tag_dropout_rate=0.5, keep_tokens=1), count=400)
    assert all(text.startswith("a") for text in found)
    assert 150 < sum("b" in text for text in found) < 250
    assert {text for text in found if "b" in text and "c" in text} == {"a, b, c"}


def test_a_tag_dropout_of_one_leaves_head_and_tail():
    rules = request(caption_tag_dropout_rate=1.0, keep_tokens_separator="|||")
    assert set(draws("h ||| a, b ||| t", rules)) == {"h, t"}


def test_other_separators_split_and_the_join_is_a_comma():
    rules = request(caption_separator=";", shuffle_caption=True, keep_tokens=1)
    assert set(draws("a;b;c", rules)) == {"a, b, c", "a, c, b"}
    assert set(draws("a;b;c", rules, "kiln", count=20)) <= {"kiln, a, b, c", "kiln, a, c, b"}


def test_the_tag_separator_stands_behind_the_trigger_word_and_for_the_second_one():
    rules = CaptionRules(caption_separator=";", secondary_separator="+")
    assert plain_caption("a+b", "kiln", rules) == "kiln; a;b"


def test_tags_joined_by_the_second_separator_move_together():
    rules = request(shuffle_caption=True, secondary_separator=";;;")
    assert set(draws("red;;;hat, b", rules)) == {"red,hat, b", "b, red,hat"}


def test_the_second_separator_is_replaced_without_shuffling_too():
    assert set(draws("red;;;hat", request(secondary_separator=";;;"))) == {"red,hat"}


def test_wildcards_draw_lines_and_words():
    rules = request(enable_wildcard=True)
    found = draws("a {red|blue} hat\n\n  {{b}} \n", rules, count=100)
    assert set(found) == {"a red hat", "a blue hat", "{b}"}
    assert set(draws("a {red|blue}\nb", request())) == {"a {red|blue}"}


def test_prefix_and_suffix_belong_to_the_drawn_line():
    rules = request(enable_wildcard=True, caption_prefix="x", caption_suffix="y")
    assert set(draws("a\nb", rules)) == {"x a y", "x b y"}


@pytest.mark.parametrize(
    ("values", "step", "steps", "read"),
    [
        ({"token_warmup_step": 10}, 0, 100, 1),
        ({"token_warmup_step": 10}, 5, 100, 4),
        ({"token_warmup_step": 10}, 9, 100, 6),
        ({"token_warmup_step": 10}, 10, 100, 7),
        ({"token_warmup_step": 0.5}, 49, 100, 6),
        ({"token_warmup_step": 0.5}, 50, 100, 7),
        ({"token_warmup_step": 10, "token_warmup_min": 3}, 5, 100, 5),
        ({"token_warmup_step": 10, "token_warmup_min": 9}, 5, 100, 7),
        ({}, 0, 100, 7),
    ],
)
def test_tags_are_added_until_the_warm_up_ends(values, step, steps, read):
    # floor(step * (7 - least) / end) + least
    assert warm_tags(CaptionRules(**values), 7, step, steps) == read


def test_warm_up_reads_the_first_tags_in_their_order_before_it_shuffles():
    rules = request(token_warmup_step=10, shuffle_caption=True, keep_tokens=1)
    early = draws("k, a, b, c, d", rules, step=4, steps=100)
    assert set(early) == {"k, a, b", "k, b, a"}
    assert {len(text) for text in draws("k, a, b, c, d", rules, step=10, steps=100)} == {13}


def test_a_caption_without_chance_has_everything_around_it():
    rules = CaptionRules(
        caption_prefix="x", enable_wildcard=True, keep_tokens_separator="|||",
        secondary_separator=";;;", caption_dropout_rate=1.0, shuffle_caption=True,
    )  # fmt: skip
    assert plain_caption("a ||| {b|c};;;d\ne", "kiln", rules) == "kiln, x a, b,d"


def test_two_separators_that_are_one_are_refused():
    with pytest.raises(ValueError, match="must differ"):
        request(secondary_separator=",")
