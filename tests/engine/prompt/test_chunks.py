from __future__ import annotations

from engine.prompt.chunks import Special, chunk_prompt, token_count
from engine.prompt.syntax import BREAK, Span

COMMA = 1
SPECIAL = Special(begin=100, end=101, pad=0, comma=COMMA)


def tokenize(text):
    """One token per letter: a = 2, b = 3 and so on, comma = 1."""
    return [COMMA if letter == "," else ord(letter) - 95 for letter in text if letter != " "]


def lengths(*parts):
    return [len(chunk.tokens) for chunk in chunk_prompt(parts, tokenize, SPECIAL)]


def test_a_short_prompt_is_one_window_of_77_ids():
    (chunk,) = chunk_prompt([Span("ab"), Span("c", 1.5)], tokenize, SPECIAL)
    assert chunk.ids(SPECIAL) == [100, 2, 3, 4, 101, *[0] * 72]
    assert chunk.all_weights() == [1.0, 1.0, 1.0, 1.5, *[1.0] * 73]


def test_an_empty_prompt_is_one_empty_window():
    (chunk,) = chunk_prompt([Span("")], tokenize, SPECIAL)
    assert chunk.ids(SPECIAL) == [100, 101, *[0] * 75]


def test_seventy_five_tokens_fill_one_window_and_one_more_opens_the_next():
    assert lengths(Span("a" * 75)) == [75]
    assert lengths(Span("a" * 76)) == [75, 1]
    assert lengths(Span("a" * 160)) == [75, 75, 10]


def test_words_behind_a_comma_near_the_end_move_to_the_next_window():
    assert lengths(Span("a" * 69 + "," + "b" * 10)) == [70, 10]


def test_a_comma_more_than_twenty_tokens_back_is_left_alone():
    assert lengths(Span("a" * 55 + "," + "b" * 30)) == [56, 30]
    assert lengths(Span("a" * 54 + "," + "b" * 30)) == [75, 10]


def test_words_keep_their_weights_when_they_move():
    chunks = chunk_prompt([Span("a" * 70 + ","), Span("b" * 6, 1.3)], tokenize, SPECIAL)
    assert chunks[1].tokens == [3] * 6
    assert chunks[1].weights == [1.3] * 6
    assert chunks[0].weights == [1.0] * 71


def test_break_closes_the_window_and_a_last_one_opens_none():
    assert lengths(Span("ab"), BREAK, Span("c")) == [2, 1]
    assert lengths(BREAK, Span("c")) == [0, 1]
    assert lengths(Span("ab"), BREAK) == [2]


def test_the_count_tells_what_is_used_and_what_there_is_room_for():
    assert token_count([Span("abc")], tokenize, SPECIAL) == (3, 75)
    assert token_count([Span("ab"), BREAK, Span("c")], tokenize, SPECIAL) == (76, 150)
