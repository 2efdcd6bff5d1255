"""How what a model says and what is there become one caption."""

from __future__ import annotations

import pytest

from engine.dataset.tagging import CaptionRequest
from engine.dataset.writing import Described, caption_of

TAGS = Described(tags=("blue sky", "long hair", "cloud"))
SENTENCE = Described(sentence="a drawing of a castle")


def ask(existing="append", prefix=""):
    return CaptionRequest(project="p", captioner="c", existing=existing, prefix=prefix)


@pytest.mark.parametrize(
    ("existing", "there", "becomes"),
    [
        ("replace", "old", "blue sky, long hair, cloud"),
        ("skip", "", "blue sky, long hair, cloud"),
        ("append", "", "blue sky, long hair, cloud"),
        ("append", "castle", "castle, blue sky, long hair, cloud"),
        ("append", "Long_Hair, castle", "Long_Hair, castle, blue sky, cloud"),
        ("append", "castle,tree,", "castle,tree,blue sky,long hair,cloud,"),
        ("append", "castle\nsecond caption", "castle, blue sky, long hair, cloud\nsecond caption"),
        ("append", "blue sky, long hair, cloud", "blue sky, long hair, cloud"),
        ("prepend", "castle", "blue sky, long hair, cloud, castle"),
        ("prepend", "cloud, castle", "blue sky, long hair, cloud, castle"),
    ],
)
def test_tags_are_added_without_repeating_what_is_there(existing, there, becomes):
    assert caption_of(there, TAGS, ask(existing)) == becomes


@pytest.mark.parametrize(
    ("existing", "there", "becomes"),
    [
        ("replace", "old", "a drawing of a castle"),
        ("append", "castle, tree", "castle, tree, a drawing of a castle"),
        ("append", "A tall tower.", "A tall tower. a drawing of a castle"),
        ("append", "a drawing of a castle, red", "a drawing of a castle, red"),
        ("prepend", "castle, tree", "a drawing of a castle, castle, tree"),
        ("append", "castle\nsecond", "castle, a drawing of a castle\nsecond"),
    ],
)
def test_a_sentence_is_added_once(existing, there, becomes):
    assert caption_of(there, SENTENCE, ask(existing)) == becomes


@pytest.mark.parametrize(
    ("there", "becomes"),
    [
        ("", "mystyle, blue sky, long hair, cloud"),
        ("mystyle, castle", "mystyle, castle, blue sky, long hair, cloud"),
        ("castle", "mystyle, castle, blue sky, long hair, cloud"),
    ],
)
def test_the_first_words_are_there_once(there, becomes):
    assert caption_of(there, TAGS, ask(prefix="mystyle, ")) == becomes


def test_tags_that_are_in_the_first_words_are_not_repeated():
    assert caption_of("", TAGS, ask(prefix="blue_sky")) == "blue_sky, long hair, cloud"


def test_new_tags_go_behind_the_first_words_that_are_there():
    assert (
        caption_of("mystyle, castle", TAGS, ask("prepend", "mystyle"))
        == "mystyle, blue sky, long hair, cloud, castle"
    )
