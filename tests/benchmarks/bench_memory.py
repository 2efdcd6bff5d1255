"""Memory of a training step against a plain loop over the same diffusers and peft objects.

Run by hand: ``python tests/benchmarks/bench_memory.py [side]``. The UNet has the size of SD 1.5 and
random weights; both sides learn from one picture of ``side`` pixels (256). What is counted are the
bytes of all tensors that live at once, so the numbers are the same on a busy machine. Below 1 the
application needs less.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from peft import LoraConfig
from PIL import Image
from transformers import CLIPTextConfig, CLIPTextModel

from engine.models.adapter_layers import targets_in
from engine.models.family import CONFIGS
from engine.runtime.device import default_threads, free_memory
from engine.runtime.job import Job
from engine.training.config import TrainRequest
from engine.training.meter import LiveBytes
from engine.training.probe import measure

RANK = 16
VARIANTS: dict[str, dict[str, object]] = {
    "as it is": {},
    "gradient checkpointing": {"gradient_checkpointing": True},
    "sliced attention": {"attention": "sliced"},
    "bf16": {"mixed_precision": "bf16"},
    "bf16, base in fp8": {"mixed_precision": "bf16", "fp8_base": True},
}


def save_model(folder: Path) -> Path:
    """A UNet of SD 1.5's size with a VAE and a text encoder of no size."""
    unet = json.loads((CONFIGS / "sd1" / "unet" / "config.json").read_text())
    UNet2DConditionModel.from_config(unet).save_pretrained(folder / "unet")
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 4,
              "up_block_types": ("UpDecoderBlock2D",) * 4}  # fmt: skip
    AutoencoderKL(
        block_out_channels=(8,) * 4, norm_num_groups=4, latent_channels=4, **blocks
    ).save_pretrained(folder / "vae")
    text = CLIPTextConfig(hidden_size=768, num_hidden_layers=1, intermediate_size=768)
    CLIPTextModel(text).save_pretrained(folder / "text_encoder")
    scheduler = {"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012,
                 "beta_schedule": "scaled_linear", "prediction_type": "epsilon"}  # fmt: skip
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler))
    (folder / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    return folder


def plain_bytes(folder: Path, side: int) -> int:
    """The most that lives at once in two steps of the shortest honest loop, with the VAE and the
    text encoder beside it.
    """
    beside = [AutoencoderKL.from_pretrained(folder / "vae")]
    beside += [CLIPTextModel.from_pretrained(folder / "text_encoder")]
    unet = UNet2DConditionModel.from_pretrained(folder / "unet").requires_grad_(False)
    layers = [target.path for target in targets_in(unet) if not target.residual]
    unet.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, target_modules=layers))
    learned = [parameter for parameter in unet.parameters() if parameter.requires_grad]
    own = sum(weight.nbytes for part in (unet, *beside) for weight in part.parameters())
    with LiveBytes() as live:
        optimizer = torch.optim.AdamW(learned, lr=1e-4)
        for _ in range(2):
            noise = torch.randn(1, 4, side // 8, side // 8)
            answer = unet(noise, 500, torch.randn(1, 77, 768)).sample
            torch.nn.functional.mse_loss(answer, noise).backward()
            torch.nn.utils.clip_grad_norm_(learned, 1.0)
            optimizer.step()
            optimizer.zero_grad()
    return own + live.peak


def main() -> None:
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 256
    torch.set_num_threads(default_threads())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = save_model(folder / "model")
        (folder / "art" / "1_style").mkdir(parents=True)
        Image.new("RGB", (side, side), "teal").save(folder / "art" / "1_style" / "one.png")
        plain = plain_bytes(model, side)
        gc.collect()
        print(f"plain loop: {plain / 2**20:.0f} MB")
        for label, changes in VARIANTS.items():
            values = {
                "base_model": str(model), "train_data_dir": str(folder / "art"),
                "output_dir": str(folder / "run"), "resolution": str(side), "network_dim": RANK,
                "text_encoder_lr": 0, "train_batch_size": 1, "max_train_steps": 2,
            }  # fmt: skip
            request = TrainRequest.model_validate(values | changes)
            found = measure(request, Job.detached())
            ratio = found.step_bytes / plain
            print(
                f"{label}: {found.step_bytes / 2**20:.0f} MB, ratio {ratio:.3f}, "
                f"{found.seconds_per_step:.2f} s a step"
            )
            free_memory(unload=True)


if __name__ == "__main__":
    main()
