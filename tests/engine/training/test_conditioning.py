from __future__ import annotations

import pytest
import torch

from engine.models.loading import load_model
from engine.training.conditioning import (
    CaptionEncoder,
    Reading,
    encode_captions,
    size_ids,
    token_count,
    windows,
)
from engine.training.settings.captions import CaptionSettings

BEGIN, END = 49406, 49407
LONG = ", ".join(f"thing {number}" for number in range(30))  # 90 words and commas


@pytest.fixture(scope="module")
def one(models):
    return load_model(str(models["epsilon"]), device=torch.device("cpu"), dtype=torch.float32)


@pytest.fixture(scope="module")
def two(models):
    return load_model(str(models["two"]), device=torch.device("cpu"), dtype=torch.float32)


def ids_of(model, text, number=0):
    return model.tokenizers[number](text, add_special_tokens=False).input_ids


@torch.no_grad()
def last_states(model, ids):
    return model.text_encoders[0](torch.tensor([ids])).last_hidden_state[0]


def same(first, second):
    torch.testing.assert_close(first, second, atol=1e-5, rtol=1e-4)


def whole(text_ids, length, pad):
    text_ids = text_ids[:length]
    return [BEGIN, *text_ids, END, *[pad] * (length - len(text_ids))]


def test_one_window_is_the_caption_itself():
    ids = whole([5, 6], 75, END)
    assert windows(ids, END, END) == [ids]


def test_windows_share_the_begin_and_close_with_the_last_id():
    ids = whole(list(range(1, 101)), 150, END)
    first, second = windows(ids, END, END)
    assert first == [BEGIN, *range(1, 76), END]
    assert second == [BEGIN, *range(76, 101), END, *[END] * 50]


def test_where_padding_is_another_token_full_and_empty_windows_get_their_end():
    full, rest = windows(whole(list(range(1, 101)), 150, 0), END, 0)
    assert full == [BEGIN, *range(1, 76), END]
    assert rest == [BEGIN, *range(76, 101), END, *[0] * 50]
    short, empty = windows(whole([7], 150, 0), END, 0)
    assert short == [BEGIN, 7, END, *[0] * 74]
    assert empty == [BEGIN, END, *[0] * 75]


@pytest.mark.parametrize("length", [75, 150, 225])
def test_long_captions_are_windows_laid_end_to_end(one, length):
    found = encode_captions(one, [LONG], reading=Reading(length=length)).context[0]
    ids = whole(ids_of(one, LONG), length, END)
    states = [last_states(one, window) for window in windows(ids, END, END)]
    expected = [states[0][:1], *[state[1:-1] for state in states], states[-1][-1:]]
    assert found.shape[0] == length + 2
    same(found, torch.cat(expected))


def test_what_is_beyond_the_length_is_not_read(one):
    short = encode_captions(one, [LONG]).context
    same(short, encode_captions(one, [LONG + ", more"]).context)
    more = Reading(length=150)
    first = encode_captions(one, [LONG], reading=more).context
    assert not torch.equal(first, encode_captions(one, [LONG + ", more"], reading=more).context)


def test_clip_skip_reads_an_earlier_layer_through_the_last_norm(one):
    encoder = one.text_encoders[0]
    ids = whole(ids_of(one, "red castle"), 75, END)
    with torch.no_grad():
        hidden = encoder(torch.tensor([ids]), output_hidden_states=True).hidden_states
        norm = getattr(encoder, "text_model", encoder).final_layer_norm
        expected = norm(hidden[-2])
    same(encode_captions(one, ["red castle"], reading=Reading(clip_skip=2)).context, expected)
    same(encode_captions(one, ["red castle"], 1).context[0], last_states(one, ids))


def test_two_encoders_give_their_penultimate_states_and_the_first_windows_pooled_vector(two):
    found = encode_captions(two, [LONG], reading=Reading(length=150, clip_skip=2))
    states = []
    for number, pad in enumerate((END, 0)):
        ids = whole(ids_of(two, LONG, number), 150, pad)
        rows = torch.tensor(windows(ids, END, pad))
        with torch.no_grad():
            output = two.text_encoders[number](rows, output_hidden_states=True)
        hidden = output.hidden_states[-2]
        states.append(torch.cat([hidden[0, :1], hidden[0, 1:-1], hidden[1, 1:]]))
    same(found.context[0], torch.cat(states, dim=-1))
    same(found.pooled[0], output.text_embeds[0])


def test_weights_multiply_the_states_of_their_words(one):
    weighted = Reading(weighted=True)
    plain = encode_captions(one, ["red castle hill"]).context[0]
    found = encode_captions(one, ["red (castle:1.5) [hill]"], reading=weighted).context[0]
    same(found[:2], plain[:2])
    same(found[2], plain[2] * 1.5)
    same(found[3], plain[3] / 1.1)
    same(found[4:], plain[4:])


def test_without_weights_brackets_are_read_as_text(one):
    assert token_count(one, "(a:1.5)", Reading()) > 1
    assert token_count(one, "(a:1.5)", Reading(weighted=True)) == 1


def test_weights_reach_both_encoders_and_not_the_pooled_vector(two):
    plain = encode_captions(two, ["red castle"])
    found = encode_captions(two, ["red (castle:2)"], reading=Reading(weighted=True))
    same(found.context[0, 2], plain.context[0, 2] * 2)
    same(found.pooled, plain.pooled)


@pytest.mark.parametrize("learns", [False, True])
def test_without_padding_a_batch_is_as_long_as_its_longest_caption(one, learns):
    settings = CaptionSettings(no_token_padding=True)
    encoder = CaptionEncoder.of(settings, one, learns=learns)
    captions = ["red", "red castle, hill"]
    found = encoder(captions).context.detach()
    assert found.shape[1] == 6  # begin, four tokens, end
    for row, caption in zip(found, captions, strict=True):
        ids = [BEGIN, *ids_of(one, caption), END]
        same(row[: len(ids)], last_states(one, ids))


def test_settings_decide_how_captions_are_read(one):
    def length(**values):
        encoder = CaptionEncoder.of(CaptionSettings(**values), one, learns=False)
        return encoder([LONG]).context.shape[1]

    tokens = len(ids_of(one, LONG))
    assert 75 < tokens < 150
    assert length() == 77
    assert length(max_token_length=150) == 152
    assert length(max_token_length="225") == 227
    assert length(max_token_length=150, no_token_padding=True) == tokens + 2


def test_encoded_captions_are_kept_while_nothing_learns(one):
    encoder = CaptionEncoder.of(CaptionSettings(weighted_captions=True), one, learns=False)
    first = encoder(["(red:1.5)", "blue"])
    again = encoder(["blue", "(red:1.5)"])
    assert torch.equal(first.context, again.context.flip(0))
    assert not first.context.requires_grad


def test_sizes_are_told_height_first():
    assert size_ids((1000, 1500), (21, 0), (384, 640)) == [1500, 1000, 0, 21, 640, 384]
