"""The other side of the training benchmarks: the shortest honest loop over diffusers and peft, and
a model of SD 1.5's size with random weights that both sides can read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from peft import LoraConfig
from PIL import Image
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from engine.models.adapter_layers import targets_in
from engine.models.family import CONFIGS, STARTER_FOLDER

RANK = 16
CAPTION = "castle, glossy icon, white background"


class PlainLoop:
    """Learns one batch over and over: pictures of ``side`` pixels from ``folder``, one caption, and
    AdamW as torch makes it.
    """

    def __init__(self, model: Path, folder: Path, side: int, batch: int) -> None:
        kinds = {"unet": UNet2DConditionModel, "vae": AutoencoderKL, "text_encoder": CLIPTextModel}
        self.unet, self.vae, self.text = (
            kind.from_pretrained(model / name).float().requires_grad_(False)
            for name, kind in kinds.items()
        )
        self.tokenizer = CLIPTokenizer.from_pretrained(STARTER_FOLDER / "tokenizer")
        config = json.loads((model / "scheduler" / "scheduler_config.json").read_text())
        self.noise = DDPMScheduler.from_config(config)
        layers = [target.path for target in targets_in(self.unet) if not target.residual]
        self.unet.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, target_modules=layers))
        self.unet.train()
        self.learned = [p for p in self.unet.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(self.learned, lr=1e-4)
        self.files = sorted(folder.rglob("*.png"))[:batch]
        self.side = side

    @torch.no_grad()
    def encode(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures and captions, from the disk and through VAE and text encoder."""
        opened = (Image.open(file).convert("RGB") for file in self.files)
        pixels = [np.asarray(one.resize((self.side, self.side))) for one in opened]
        batch = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).float().div(127.5).sub(1)
        latents = self.vae.encode(batch).latent_dist.sample() * self.vae.config.scaling_factor
        texts = [CAPTION] * len(self.files)
        ids = self.tokenizer(texts, padding="max_length", max_length=77, return_tensors="pt")
        return latents, self.text(ids.input_ids).last_hidden_state

    def learn(self, latents: torch.Tensor, context: torch.Tensor) -> None:
        """One update from what :meth:`encode` gives."""
        noise = torch.randn_like(latents)
        at = torch.randint(0, self.noise.config.num_train_timesteps, (len(latents),))
        noisy = self.noise.add_noise(latents, noise, at)
        target = noise
        if self.noise.config.prediction_type == "v_prediction":
            target = self.noise.get_velocity(latents, noise, at)
        answer = self.unet(noisy, at, context).sample
        loss = torch.nn.functional.mse_loss(answer, target)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.learned, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        loss.item()


def full_size_model(folder: Path) -> Path:
    """SD 1.5 with weights that chance drew, in half precision to be on the disk sooner."""
    configs = {path.parent.name: json.loads(path.read_text())
               for path in (CONFIGS / "sd1").glob("*/config.json")}  # fmt: skip
    with torch.device("meta"):
        parts: dict[str, Any] = {
            "unet": UNet2DConditionModel.from_config(configs["unet"]),
            "vae": AutoencoderKL.from_config(configs["vae"]),
            "text_encoder": CLIPTextModel(CLIPTextConfig.from_dict(configs["text_encoder"])),
        }
    for name, part in parts.items():
        made = part.half().to_empty(device="cpu")
        for weight in made.parameters():
            if weight.ndim == 1:
                weight.data.fill_(0.5)
            else:  # a drawn number for each weight would take most of a minute
                rows = weight.data.flatten(1)
                rows.copy_(torch.empty(rows.shape[1]).uniform_(-0.02, 0.02))
                rows.mul_(torch.empty(len(rows), 1).uniform_(-1, 1))
        made.save_pretrained(folder / name)
    scheduler = CONFIGS / "sd1" / "scheduler" / "scheduler_config.json"
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / scheduler.name).write_text(scheduler.read_text())
    (folder / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    return folder
