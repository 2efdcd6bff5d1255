from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from engine.runtime.errors import BadInputError, JobCancelled, PictureError
from engine.runtime.job import Job
from engine.sampling.parts import ModelCall, Part
from engine.sampling.pipeline import sample
from engine.sampling.pixels import encode_picture
from engine.sampling.preview import Previews
from engine.sampling.request import ImageRequest, Shot
from tests.engine.small_models import small_model

SAMPLERS = ["euler", "euler_a", "dpmpp_2m", "ddim", "unipc"]


def request(**values):
    return ImageRequest(**({"prompt": "castle", "steps": 4} | values))


def draw(model, *, shots=None, parts=(), **values):
    return sample(model, request(**values), job=Job.detached(), shots=shots, parts=parts)


def difference(first, second):
    return np.abs(np.asarray(first, dtype=int) - np.asarray(second, dtype=int)).max()


@pytest.fixture
def mask(tmp_path):
    """White in the left half of 64 x 64, black in the right."""
    array = np.zeros((64, 64), np.uint8)
    array[:, :32] = 255
    path = tmp_path / "mask.png"
    Image.fromarray(array).save(path)
    return path


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_batch_size_never_changes_a_picture(starter, sampler):
    values = {"prompt": "castle", "sampler": sampler, "count": 4, "width": 64, "height": 64}
    alone = draw(starter, **values, batch_size=1)
    together = draw(starter, **values, batch_size=4)
    assert difference(alone, together) <= 1
    assert difference(alone[0], alone[1]) > 50


def test_picture_i_is_the_first_picture_of_seed_plus_i(small):
    third = draw(small, seed=10, count=3, sampler="euler_a")[2]
    assert difference(third, draw(small, seed=12, sampler="euler_a")[0]) <= 1


def test_the_starter_draws_an_apple_on_white(starter):
    (picture,) = draw(starter, prompt="red apple, flat icon, white background", steps=12, seed=3)
    assert picture.shape == (128, 128, 3)
    corners = picture[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.min() > 200
    red, green, blue = picture[54:74, 54:74].reshape(-1, 3).mean(axis=0)
    assert red > 150
    assert red > green + 60
    assert red > blue + 60


def test_the_prompt_and_its_weights_reach_the_picture(starter):
    plain, weighted, other = (
        draw(starter, prompt=prompt)[0] for prompt in ("castle", "(castle:1.4)", "red apple")
    )
    assert difference(plain, other) > 50
    assert difference(plain, weighted) > 3


def test_guidance_of_one_ignores_the_negative_prompt(small):
    first, second = (draw(small, guidance_scale=1, negative_prompt=text)[0] for text in ("", "dog"))
    assert difference(first, second) == 0
    first, second = (draw(small, guidance_scale=9, negative_prompt=text)[0] for text in ("", "dog"))
    assert difference(first, second) > 0


def test_prompts_of_other_lengths_in_the_call_do_not_change_a_picture(small):
    long = Shot("cat BREAK dog BREAK cow", "", 1)
    short = Shot("cat", "", 2)
    mixed = draw(small, shots=[long, short, long], guidance_scale=8)
    assert difference(mixed[1], draw(small, shots=[short], guidance_scale=8)[0]) <= 1
    assert difference(mixed[0], mixed[2]) == 0
    assert difference(mixed[0], draw(small, shots=[long], guidance_scale=8)[0]) <= 1


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize(
    ("family", "prediction"), [("sd1", "epsilon"), ("sd2", "v_prediction"), ("sdxl", "epsilon")]
)
def test_every_family_draws_with_every_sampler(family, prediction, sampler):
    model = small_model(family, prediction)
    (picture,) = draw(model, sampler=sampler, prompt="a (cat:1.3) BREAK dog", width=40, height=24)
    assert picture.shape == (24, 40, 3)
    assert picture.std() > 0


def test_sdxl_is_told_the_size_and_the_pooled_prompt():
    seen: list[ModelCall] = []

    class Watch(Part):
        def around_model(self, predict):
            def watched(call):
                seen.append(call)
                return predict(call)

            return watched

    model = small_model("sdxl")
    draw(model, parts=[Watch()], width=40, height=24, count=2)
    assert seen[0].sizes.tolist() == [[24, 40, 0, 0, 24, 40]] * 4
    assert seen[0].conditioning.pooled.shape == (4, 16)
    assert not seen[0].conditioning.pooled[:2].any()


def test_image_to_image_keeps_more_at_less_strength(starter, picture):
    original = np.asarray(Image.open(picture))
    weak, strong = (
        draw(starter, init_image=str(picture), strength=strength, steps=10)[0].astype(int)
        for strength in (0.1, 0.9)
    )
    assert weak.shape == (64, 64, 3)
    assert np.abs(weak - original).mean() < np.abs(strong - original).mean()


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("strength", [0.4, 1.0])
def test_pixels_outside_the_mask_stay_as_they_are(small, picture, mask, sampler, strength):
    original = np.asarray(Image.open(picture))
    for drawn in draw(
        small,
        init_image=str(picture),
        mask=str(mask),
        sampler=sampler,
        strength=strength,
        count=2,
    ):
        assert (drawn[:, 32:] == original[:, 32:]).all()
        assert (drawn[:, :32] != original[:, :32]).mean() > 0.5


def test_a_gray_mask_releases_its_cells_late(small, picture, tmp_path):
    levels = np.repeat(np.array([0, 64, 128, 255], np.uint8), 16)
    path = tmp_path / "steps.png"
    Image.fromarray(np.tile(levels, (64, 1))).save(path)
    model = small
    changes = []

    class Watch(Part):
        def before_step(self, run):
            kept = run.sampler.noised(self.original, run.noise, run.index)
            changes.append((run.latents - kept).abs().amax(dim=(0, 1, 2)))

    watch = Watch()
    watch.original = encode_picture(model, np.asarray(Image.open(picture)))
    draw(
        model,
        parts=[watch],
        init_image=str(picture),
        mask=str(path),
        strength=1.0,
        steps=8,
        sampler="euler",
        schedule="normal",
    )
    free = torch.stack(changes) > 1e-4
    first = [
        int(free[:, column].int().argmax()) if free[:, column].any() else None
        for column in (0, 2, 4, 6)
    ]
    assert first == [None, 6, 4, 1]


def test_the_same_mask_and_picture_at_another_size_are_resized(small, picture, mask):
    (drawn,) = draw(small, init_image=str(picture), mask=str(mask), width=32, height=32)
    assert drawn.shape == (32, 32, 3)


def test_a_black_mask_and_a_broken_picture_are_named(small, picture, tmp_path):
    black = tmp_path / "black.png"
    Image.new("L", (64, 64)).save(black)
    with pytest.raises(BadInputError, match="is black everywhere"):
        draw(small, init_image=str(picture), mask=str(black))
    broken = tmp_path / "broken.png"
    broken.write_bytes(picture.read_bytes()[:300])
    with pytest.raises(PictureError, match=r"broken\.png"):
        draw(small, init_image=str(broken))


def test_a_cancelled_job_stops_before_its_next_step(small):
    job = Job.detached()
    steps = []

    class CancelAtThree(Part):
        def after_step(self, run):
            steps.append(run.index)
            if run.index == 3:
                job.handle.cancel()

    with pytest.raises(JobCancelled):
        sample(small, request(steps=20), job=job, parts=[CancelAtThree()])
    assert steps == [0, 1, 2, 3]


def test_weights_made_while_the_loop_breathes_can_be_trained(small):
    made = []
    job = Job(Job.detached().handle, between=lambda: made.append(torch.nn.Linear(2, 2)))
    sample(small, request(), job=job)
    made[1](torch.ones(1, 2)).sum().backward()
    assert made[1].weight.grad is not None


def test_progress_counts_the_steps_of_all_batches(small):
    job = Job.detached()
    sample(small, request(count=3, batch_size=2), job=job)
    assert (job.handle.progress.step, job.handle.progress.total) == (8, 8)


def test_a_part_can_cut_the_latents_into_tiles(small):
    class Tiles(Part):
        """Asks the model about the left and right half by themselves."""

        calls = 0

        def around_model(self, predict):
            def tiled(call):
                self.calls += 1
                halves = call.latents.chunk(2, dim=3)
                return torch.cat([predict(call.changed(latents=half)) for half in halves], dim=3)

            return tiled

    tiles = Tiles()
    cut, whole = draw(small, width=64, parts=[tiles])[0], draw(small, width=64)[0]
    assert tiles.calls == 4
    assert cut.shape == whole.shape
    assert difference(cut, whole) > 0


def test_a_part_can_add_residuals_as_a_control_network_does(small):
    class Control(Part):
        def around_model(self, predict):
            def controlled(call):
                rows, _, height, width = call.latents.shape
                fine = torch.ones(rows, 8, height, width)
                coarse = torch.ones(rows, 16, height // 2, width // 2)
                down = (fine, fine, fine[..., ::2, ::2], coarse)
                residuals = {
                    "down_block_additional_residuals": down,
                    "mid_block_additional_residual": coarse,
                }
                return predict(call.changed(extra=residuals))

            return controlled

    assert difference(draw(small, parts=[Control()])[0], draw(small)[0]) > 0


def test_previews_show_each_picture_on_its_way(starter):
    shown = []
    previews = Previews(lambda *facts: shown.append(facts), pause=0.0)
    draw(
        starter,
        parts=[previews],
        prompt="red apple, flat icon, white background",
        count=2,
        seed=3,
        steps=6,
    )
    assert [facts[:3] for facts in shown] == [(n, step, 6) for step in range(1, 7) for n in (0, 1)]
    last = shown[-1][3]
    assert last.shape == (16, 16, 3)
    assert last[[0, 0, -1], [0, -1, -1]].mean() > 200
    red, green, _ = last[8, 8].astype(int)
    assert red > green + 60


def test_a_picture_of_infinite_numbers_is_an_error_and_not_black(small):
    class Blow(Part):
        def finish(self, run):
            run.latents = run.latents * float("inf")

    with pytest.raises(Exception, match="not finite"):
        draw(small, parts=[Blow()])
