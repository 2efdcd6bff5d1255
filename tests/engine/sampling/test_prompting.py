from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.prompt.encode import EncodingCache, PromptEncoder, encode
from engine.runtime.job import Job
from engine.sampling.parts import Guidance, ModelCall, Part
from engine.sampling.pipeline import sample
from engine.sampling.prompting import Prompting
from engine.sampling.request import ImageRequest, Shot

STEPS = 4


class Heard(Part):
    """Keeps what the model was told in every step."""

    def __init__(self) -> None:
        self.calls: list[ModelCall] = []

    def around_model(self, predict):
        def listening(call):
            self.calls.append(call)
            return predict(call)

        return listening


def draw(model, *shots: Shot, **values):
    recipe = ImageRequest(**({"steps": STEPS, "sampler": "euler"} | values))
    heard = Heard()
    pictures = sample(model, recipe, job=Job.detached(), shots=shots, parts=[heard])
    return pictures, heard.calls


def told(model, text: str) -> torch.Tensor:
    return PromptEncoder(model).encode(text).windows[0]


def test_a_word_changes_at_its_step_and_the_negative_too(small):
    _, calls = draw(small, Shot("[cat:dog:0.5]", "[fog:1]", 3))
    rows = [call.conditioning.context for call in calls]
    for step, words in enumerate(["cat", "cat", "dog", "dog"]):
        torch.testing.assert_close(rows[step][1], told(small, words))
    for step, words in enumerate(["", "fog", "fog", "fog"]):
        torch.testing.assert_close(rows[step][0], told(small, words))


def test_alternatives_take_turns(small):
    _, calls = draw(small, Shot("[cat|dog]", "", 3))
    for call, words in zip(calls, ["cat", "dog"] * 2, strict=True):
        torch.testing.assert_close(call.conditioning.context[1], told(small, words))


def test_a_share_counts_the_steps_that_are_painted(small, picture):
    """A repaint that starts late still says both words."""
    _, calls = draw(
        small,
        Shot("[cat:dog:0.5]", "", 3),
        steps=10,
        init_image=str(picture),
        strength=0.4,
        width=32,
        height=32,
    )
    assert len(calls) == 4
    assert torch.equal(calls[1].conditioning.context[1], told(small, "cat"))
    assert torch.equal(calls[2].conditioning.context[1], told(small, "dog"))


def test_voices_add_up_as_a1111_says(small):
    """denoised = negative + sum of weight * scale * (voice - negative), exactly."""
    recipe = ImageRequest(steps=STEPS, guidance_scale=5)
    shots = [Shot("cat :0.5 AND dog:-2 AND cow", "fog", 1), Shot("owl", "", 2)]
    prompting = Prompting(small, recipe, shots, STEPS, cache=EncodingCache())

    def predict(call: ModelCall) -> torch.Tensor:
        means = call.conditioning.context.mean(dim=(1, 2)).view(-1, 1, 1, 1)
        return means * torch.ones_like(call.latents) + 0.01 * call.latents

    guided = Guidance(prompting, 5).around_model(predict)
    latents = torch.randn(2, 4, 4, 4, generator=torch.Generator().manual_seed(1))
    call = ModelCall(latents, torch.tensor(1.0), prompting.at(0).positive)
    answer = guided(call)

    def alone(words: str, number: int) -> torch.Tensor:
        context, _ = encode(small, [words], [""])
        return predict(ModelCall(latents[number : number + 1], call.timestep, context))[0]

    fog = alone("fog", 0)
    first = fog + 5 * (
        0.5 * (alone("cat", 0) - fog) - 2 * (alone("dog", 0) - fog) + (alone("cow", 0) - fog)
    )
    second = alone("", 1) + 5 * (alone("owl", 1) - alone("", 1))
    torch.testing.assert_close(answer, torch.stack([first, second]), rtol=0, atol=1e-5)


def test_at_scale_one_a_single_prompt_is_asked_alone_and_several_are_not(small):
    _, calls = draw(small, Shot("cat", "dog", 1), guidance_scale=1)
    assert {len(call.latents) for call in calls} == {1}
    _, calls = draw(small, Shot("cat AND dog", "", 1), guidance_scale=1)
    assert {len(call.latents) for call in calls} == {3}


def test_pictures_with_different_voices_share_a_batch_and_look_as_they_do_alone(small):
    shots = [Shot("cat AND dog:0.5", "", 1), Shot("[owl|cow]", "fog", 2), Shot("cat", "", 3)]
    together, calls = draw(small, *shots)
    assert len(calls) == STEPS
    for shot, picture in zip(shots, together, strict=True):
        ((alone,), _) = draw(small, shot)
        assert np.abs(alone.astype(int) - picture.astype(int)).max() <= 1


def test_words_that_come_later_are_counted_for_the_batch(small):
    """Padding a short prompt to a longer neighbor's windows would change its picture."""
    shots = [Shot("cat", "", 1), Shot("cat [BREAK dog:2]", "", 2)]
    _, calls = draw(small, *shots)
    assert {call.conditioning.context.shape[1] for call in calls} == {77, 154}
    assert len(calls) == 2 * STEPS


def test_the_model_hears_more_than_one_prompt(starter):
    plain, both, turned = (
        draw(starter, Shot(prompt, "", 3))[0][0]
        for prompt in ("red apple", "red apple AND castle", "[red apple:castle:0.3]")
    )
    for other in (both, turned):
        assert np.abs(plain.astype(int) - other.astype(int)).max() > 40


@pytest.mark.parametrize("emphasis", ["a1111", "no_norm"])
def test_weights_inside_what_changes_still_count(small, emphasis):
    _, calls = draw(small, Shot("[a (cat:1.5):dog:2]", "", 1), emphasis=emphasis)
    expected = PromptEncoder(small, emphasis=emphasis).encode("a (cat:1.5)").windows[0]
    torch.testing.assert_close(calls[0].conditioning.context[1], expected)
