from __future__ import annotations

import pytest
import torch

from engine.prompt.encode import EncodingCache, PromptEncoder, count_tokens, encode
from tests.engine.small_models import small_model


@pytest.fixture(scope="module")
def sd1():
    return small_model("sd1")


@pytest.fixture(scope="module")
def sdxl():
    return small_model("sdxl")


def tokenized(model, text):
    return model.tokenizers[0](text, padding="max_length", max_length=77, return_tensors="pt")


def test_a_plain_prompt_is_what_the_encoder_says(sd1):
    expected = sd1.text_encoders[0](tokenized(sd1, "a red cat").input_ids).last_hidden_state
    positive, negative = encode(sd1, ["a red cat"], [""])
    torch.testing.assert_close(positive.context, expected)
    assert negative.context.shape == (1, 77, 16)
    assert positive.pooled is None


def test_clip_skip_takes_an_earlier_layer_through_the_final_norm(sd1):
    encoder = sd1.text_encoders[0]
    states = encoder(tokenized(sd1, "cat").input_ids, output_hidden_states=True).hidden_states
    positive, _ = encode(sd1, ["cat"], [""], clip_skip=2)
    torch.testing.assert_close(positive.context, encoder.final_layer_norm(states[-2]))


def test_sd2_fills_up_with_its_own_padding():
    model = small_model("sd2")
    ids = tokenized(model, "cat").input_ids
    ids[0, 3:] = 0
    expected = model.text_encoders[0](ids).last_hidden_state
    torch.testing.assert_close(encode(model, ["cat"], [""])[0].context, expected)


def test_no_norm_multiplies_and_a1111_restores_the_mean(sd1):
    plain = PromptEncoder(sd1).encode("a cat").windows
    weighted = PromptEncoder(sd1, emphasis="no_norm").encode("a (cat:1.5)").windows
    factors = torch.ones(77, 1)
    factors[2] = 1.5
    torch.testing.assert_close(weighted, plain * factors)
    restored = PromptEncoder(sd1, emphasis="a1111").encode("a (cat:1.5)").windows
    torch.testing.assert_close(restored.mean(), plain.mean())
    torch.testing.assert_close(restored, weighted * (plain.mean() / weighted.mean()))


def test_a_mean_of_zero_is_not_restored():
    model = small_model("sd1")
    torch.nn.init.zeros_(model.text_encoders[0].final_layer_norm.bias)
    plain, weighted = (
        PromptEncoder(model, emphasis=mode).encode("a (cat:1.5)").windows
        for mode in ("no_norm", "a1111")
    )
    torch.testing.assert_close(plain, weighted)


def test_comfy_moves_away_from_the_empty_prompt(sd1):
    encoder = PromptEncoder(sd1, emphasis="comfy")
    plain, empty = encoder.encode("a cat").windows, encoder.encode("").windows
    weighted = encoder.encode("a (cat:1.5)").windows
    torch.testing.assert_close(weighted[:, 2], empty[:, 2] + 1.5 * (plain - empty)[:, 2])
    torch.testing.assert_close(weighted[:, 3:], plain[:, 3:])


def test_long_and_short_prompts_get_equally_many_windows(sd1):
    long = ", ".join(["a red cat"] * 40)
    positive, negative = encode(sd1, [long, "cat"], ["", "dog"])
    assert positive.context.shape == negative.context.shape == (2, 3 * 77, 16)
    empty = PromptEncoder(sd1).encode("").windows[0]
    torch.testing.assert_close(positive.context[1, 77:154], empty)


def test_sdxl_joins_two_penultimate_layers_and_pools_the_first_window(sdxl):
    first, second = sdxl.text_encoders
    ids = tokenized(sdxl, "a cat").input_ids
    zero_padded = ids.clone()
    zero_padded[0, 4:] = 0
    left = first(ids, output_hidden_states=True).hidden_states[-2]
    right = second(zero_padded, output_hidden_states=True)
    positive, _ = encode(sdxl, ["a cat"], ["x"])
    torch.testing.assert_close(positive.context, torch.cat([left, right.hidden_states[-2]], dim=-1))
    torch.testing.assert_close(positive.pooled, right.text_embeds)
    two_windows, _ = encode(sdxl, ["a cat BREAK a dog"], ["x"])
    torch.testing.assert_close(two_windows.pooled, right.text_embeds)


def test_an_empty_negative_prompt_is_zeros_for_sdxl_only(sd1, sdxl):
    _, negative = encode(sdxl, ["a cat"], [""])
    assert not negative.context.any()
    assert not negative.pooled.any()
    assert encode(sd1, ["a cat"], [""])[1].context.any()


def test_lora_tags_leave_no_trace(sd1):
    with_tag, without = (PromptEncoder(sd1).encode(text) for text in ("cat<lora:a:1>", "cat"))
    torch.testing.assert_close(with_tag.windows, without.windows)


def test_a_cached_prompt_is_not_encoded_again(sd1):
    cache = EncodingCache(limit=2)
    encoder = PromptEncoder(sd1, cache=cache)
    first = encoder.encode("cat")
    assert encoder.encode("cat") is first
    assert PromptEncoder(sd1, cache=cache, clip_skip=2).encode("cat") is not first
    encoder.encode("dog")
    encoder.encode("cow")
    assert encoder.encode("cat") is not first


def test_tokens_are_counted_without_begin_and_end(sd1):
    assert count_tokens(sd1, "a red cat") == (3, 75)
    assert count_tokens(sd1, "a red cat BREAK (blue:1.2) <lora:x:1>") == (76, 150)


def test_the_cache_forgets_what_was_not_used_for_longest(sd1):
    encoder = PromptEncoder(sd1, cache=EncodingCache(limit=2))
    first = encoder.encode("cat")
    encoder.encode("dog")
    encoder.encode("cat")
    encoder.encode("cow")
    assert encoder.encode("cat") is first


def test_an_empty_negative_prompt_stays_zeros_beside_a_long_prompt(sdxl):
    positive, negative = encode(sdxl, ["a cat BREAK a dog"], [""])
    assert negative.context.shape == positive.context.shape
    assert not negative.context.any()
