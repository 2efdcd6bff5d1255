from __future__ import annotations

from engine.sampling.infotext import parse_infotext
from engine.sampling.restoring import sound_values, tells_a_recipe

TEXT = """a (red:1.2) cat <lora:ink:0.8>
Negative prompt: text, frame
Steps: 30, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 42, Size: 512x768, Model: dream"""


def test_what_other_programs_wrote_is_understood():
    assert sound_values(parse_infotext(TEXT)) == {
        "prompt": "a (red:1.2) cat <lora:ink:0.8>",
        "negative_prompt": "text, frame",
        "steps": 30,
        "guidance_scale": 6.5,
        "seed": 42,
        "width": 512,
        "height": 768,
        "sampler": "dpmpp_2m",
        "schedule": "karras",
    }


def test_numbers_that_no_request_can_have_are_left_out():
    text = "cat\nSteps: 1000000, CFG scale: nan, Seed: 9999999999999999, Denoising strength: 7"
    assert sound_values(parse_infotext(text)) == {"prompt": "cat", "negative_prompt": ""}
    sizes = "cat\nSteps: 5, Size: 99999x3, Seed: -1, Clip skip: 99"
    assert sound_values(parse_infotext(sizes))["steps"] == 5
    assert {"width", "height", "seed", "clip_skip"}.isdisjoint(sound_values(parse_infotext(sizes)))


def test_a_plain_text_is_no_recipe():
    assert not tells_a_recipe(None)
    assert not tells_a_recipe(parse_infotext("just words"))
    assert tells_a_recipe(parse_infotext(TEXT))
