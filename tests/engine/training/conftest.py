"""A base model of a few thousand weights, and a handful of pictures to train it on."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from PIL import Image
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from engine.runtime.job import Job
from engine.training.config import TrainRequest
from engine.training.loop import run

WIDTH = 16


def save_model(
    folder: Path, *, prediction: str = "epsilon", two_encoders: bool = False, linear: bool = False
) -> Path:
    """A diffusers folder with random weights: 32 px pictures, latents half that size."""
    torch.manual_seed(0)
    text = {"hidden_size": WIDTH, "intermediate_size": 32, "num_hidden_layers": 2,
            "num_attention_heads": 2, "projection_dim": WIDTH}  # fmt: skip
    extra = {"use_linear_projection": linear}
    if two_encoders:
        extra = {"addition_embed_type": "text_time", "addition_time_embed_dim": 8,
                 "projection_class_embeddings_input_dim": WIDTH + 6 * 8,
                 "use_linear_projection": True}  # fmt: skip
        CLIPTextModelWithProjection(CLIPTextConfig(**text)).save_pretrained(
            folder / "text_encoder_2"
        )
    CLIPTextModel(CLIPTextConfig(**text)).save_pretrained(folder / "text_encoder")
    UNet2DConditionModel(
        sample_size=16, in_channels=4, out_channels=4, layers_per_block=1,
        block_out_channels=(16, 32), norm_num_groups=4, attention_head_dim=2,
        cross_attention_dim=WIDTH * (2 if two_encoders else 1),
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), **extra,
    ).save_pretrained(folder / "unet")  # fmt: skip
    AutoencoderKL(
        latent_channels=4, block_out_channels=(8, 8), norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
        sample_size=32, layers_per_block=1, scaling_factor=0.7,
    ).save_pretrained(folder / "vae")  # fmt: skip
    write(folder / "scheduler" / "scheduler_config.json", {
        "num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012,
        "beta_schedule": "scaled_linear", "prediction_type": prediction})  # fmt: skip
    write(folder / "model_index.json", {"_class_name": "StableDiffusionPipeline"})
    return folder


def write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def paint(folder: Path, count: int, size: tuple[int, int] = (32, 32)) -> Path:
    """Pictures of colored blocks with captions beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        chance = np.random.default_rng(number)
        blocks = chance.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST).save(
            folder / f"picture_{number}.png"
        )
        (folder / f"picture_{number}.txt").write_text(f"thing {number}, block, red, blue")
    return folder


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Folders of random models by what they predict; ``sd2`` projects by linear layers as SD 2.x
    does, ``two`` has two text encoders as SDXL does.
    """
    root = tmp_path_factory.mktemp("models")
    return {
        "epsilon": save_model(root / "epsilon"),
        "v_prediction": save_model(root / "velocity", prediction="v_prediction"),
        "sd2": save_model(root / "sd2", prediction="v_prediction", linear=True),
        "two": save_model(root / "two", two_encoders=True),
    }


@pytest.fixture
def art(tmp_path):
    """Four square pictures and two wide ones that come twice, in kohya's folders."""
    paint(tmp_path / "art" / "1_square", 4)
    paint(tmp_path / "art" / "2_wide", 2, (48, 24))
    return tmp_path / "art"


@pytest.fixture
def request_for(models, art, tmp_path):
    """Build a request for two epochs on the art; keywords change it."""

    def build(**changes):
        values = {
            "base_model": str(models["epsilon"]), "train_data_dir": str(art),
            "output_dir": str(tmp_path / "run"), "output_name": "style", "network_dim": 2,
            "network_alpha": 2.0, "unet_lr": 1e-2, "text_encoder_lr": 0.0, "train_batch_size": 4,
            "max_train_epochs": 2, "bucket_reso_steps": 8, "seed": 5,
        }  # fmt: skip
        return TrainRequest.model_validate(values | changes)

    return build


@pytest.fixture
def train(request_for):
    """Train and give (result, events)."""

    def go(job: Job | None = None, **changes):
        job = job or Job.detached()
        result = run(request_for(**changes), job)
        return result, job.handle.take_events()

    return go


@pytest.fixture
def room():
    """Inside ``room(most)`` the system writes no file beyond ``most`` bytes: as a disk that fills
    up, it takes the part of a write that fits, and refuses the rest.
    """
    resource = pytest.importorskip("resource", reason="this system limits no files")

    @contextlib.contextmanager
    def limited(most):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limited
