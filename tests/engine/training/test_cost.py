"""What style terms cost is told before a run, and told honestly."""

from __future__ import annotations

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch.utils.flop_counter import FlopCounterMode

from engine.models.family import CONFIGS
from engine.models.headers import read_json
from engine.training.cost import WORK, cost, holding, looking, seen_share
from engine.training.timesteps import draw_timesteps

STYLE = {"style_loss_weight": 0.1}


def test_what_is_off_costs_nothing(request_for):
    assert cost(request_for()) == []
    assert looking(request_for()) == holding(request_for()) == 0


def test_the_sentence_says_how_many_pictures_and_how_many_times(request_for):
    (found,) = cost(request_for(**STYLE, style_crop=0, style_max_timestep=250))
    assert found.facts["share"] == "25"
    assert float(found.facts["times"]) > 1.5
    assert "25 %" in str(found)


def test_a_window_outside_the_trained_timesteps_costs_nothing(request_for):
    assert cost(request_for(**STYLE, min_timestep=600)) == []


@pytest.mark.parametrize(
    "settings",
    [
        {"min_timestep": 200, "max_timestep": 800},
        {"timestep_sampling": "sigmoid", "sigmoid_scale": 2.0},
        {"timestep_sampling": "logit_normal", "logit_mean": 1.0, "logit_std": 0.5},
        {"style_min_timestep": 100, "style_max_timestep": 700, "timestep_sampling": "sigmoid"},
    ],
)
def test_the_share_is_that_of_drawn_timesteps(request_for, settings):
    request = request_for(**STYLE, **settings)
    drawn = draw_timesteps(request, 20000, torch.Generator().manual_seed(0))
    inside = (drawn >= request.style_min_timestep) & (drawn < request.style_max_timestep)
    assert seen_share(request) == pytest.approx(float(inside.float().mean()), abs=0.015)


def test_a_smaller_part_and_a_vgg_cost_less(request_for):
    def more(**options):
        return looking(request_for(**STYLE, resolution="512", **options))

    whole, part = more(style_crop=0), more(style_crop=256)
    assert part == pytest.approx(whole / 4)
    assert more(style_crop=4096) == whole
    assert more(style_crop=0, style_features="vgg", style_vgg_file="v.pth") < whole
    assert more(style_crop=0, gradient_checkpointing=True) < whole


def test_preservation_asks_twice_more(request_for):
    held = {"preservation_weight": 1.0, "trigger_word": "kiln"}
    (found,) = cost(request_for(**held))
    assert found.facts == {"times": "2.5"}  # one pass for the base, two for the adapter, over two
    assert holding(request_for(**held, gradient_checkpointing=True)) == pytest.approx(4 / 3)
    assert len(cost(request_for(**held, **STYLE))) == 2


@pytest.mark.parametrize("family", ["sd1", "sd2", "sdxl"])
def test_the_work_of_each_family_is_what_its_models_do(family):
    work = WORK[family]
    cells = work.side // 8
    with torch.device("meta"):
        unet = UNet2DConditionModel.from_config(read_json(CONFIGS / family / "unet/config.json"))
        vae = AutoencoderKL.from_config(read_json(CONFIGS / family / "vae/config.json"))
        latents = torch.empty(1, 4, cells, cells)
        text = torch.empty(1, 77, unet.config.cross_attention_dim)
        sizes = {"text_embeds": torch.empty(1, 1280), "time_ids": torch.empty(1, 6)}
        extra = {"added_cond_kwargs": sizes} if family == "sdxl" else {}
        pixels = torch.empty(1, 3, work.side, work.side)
        time = torch.empty(1)

    def millions(run):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            run()
        return counter.get_total_flops() / 2 / 1e6 / work.side**2

    def eyes():
        hidden = vae.encoder.conv_in(pixels)
        for block in vae.encoder.down_blocks:
            hidden = block(hidden)

    assert millions(lambda: unet(latents, time, text, **extra)) == pytest.approx(
        work.unet, rel=0.01
    )
    assert millions(lambda: vae.decode(latents)) == pytest.approx(work.decoder, rel=0.01)
    assert millions(eyes) == pytest.approx(work.encoder, rel=0.01)
