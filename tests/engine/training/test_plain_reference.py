"""Training does what a plain loop does: merged weights, diffusers' noise, torch's own AdamW."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from PIL import Image
from safetensors.torch import load_file
from torch.func import functional_call
from transformers import CLIPTextModel

from engine.models.loading import load_model
from engine.training import update
from engine.training.trainer import Trainer

STEPS = 3
RATES = {"lora_unet": 1e-2, "lora_te": 3e-3}


class Plain:
    """The base model read with diffusers, and LoRA factors that are merged into its weights."""

    def __init__(self, folder, tensors):
        self.unet = UNet2DConditionModel.from_pretrained(folder, subfolder="unet").eval()
        self.vae = AutoencoderKL.from_pretrained(folder, subfolder="vae").eval()
        self.text = CLIPTextModel.from_pretrained(folder, subfolder="text_encoder").eval()
        config = json.loads((folder / "scheduler" / "scheduler_config.json").read_text())
        self.noise = DDPMScheduler(**{k: v for k, v in config.items() if not k.startswith("_")})
        self.factors = {
            key: tensor.clone().requires_grad_()
            for key, tensor in tensors.items()
            if not key.endswith(".alpha")
        }
        self.alphas = {key: float(t) for key, t in tensors.items() if key.endswith(".alpha")}

    def merged(self, module, prefix):
        """The weights of ``module`` with alpha / rank * up @ down added."""
        weights = {}
        for path, layer in module.named_modules():
            name = prefix + "_" + path.replace(".", "_")
            if prefix == "lora_te":
                name = f"lora_te_text_model_{path.removeprefix('text_model.').replace('.', '_')}"
            down = self.factors.get(f"{name}.lora_down.weight")
            if down is not None:
                up = self.factors[f"{name}.lora_up.weight"]
                scale = self.alphas[f"{name}.alpha"] / down.shape[0]
                delta = (up.flatten(1) @ down.flatten(1)).reshape(layer.weight.shape)
                weights[f"{path}.weight"] = layer.weight.detach() + scale * delta
        return weights

    def loss(self, tokens, pixels, draw):
        text = functional_call(self.text, self.merged(self.text, "lora_te"), (tokens,))
        with torch.no_grad():
            posterior = self.vae.encode(pixels).latent_dist
        clean = (posterior.mean + posterior.std * draw.posterior) * self.vae.config.scaling_factor
        noisy = self.noise.add_noise(clean, draw.noise, draw.timesteps)
        predicted = functional_call(
            self.unet,
            self.merged(self.unet, "lora_unet"),
            (noisy, draw.timesteps, text.last_hidden_state),
        ).sample
        target = draw.noise
        if self.noise.config.prediction_type == "v_prediction":
            target = self.noise.get_velocity(clean, draw.noise, draw.timesteps)
        return torch.nn.functional.mse_loss(predicted, target)


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction"])
def test_losses_gradients_and_weights_are_those_of_a_plain_loop(
    train, models, art, monkeypatch, kind
):
    begun, draws, shown = {}, [], []
    original_train, original_draw = Trainer.train, update.draw

    def train_and_tell(self):
        begun.update(self.tools.network.tensors())
        losses = self.tools.learner.losses

        def watched(pictures, captions, draw):
            shown.append((pictures, captions))
            return losses(pictures, captions, draw)

        self.tools.learner.losses = watched
        return original_train(self)

    def draw_and_tell(*args):
        draws.append(original_draw(*args))
        return draws[-1]

    monkeypatch.setattr(Trainer, "train", train_and_tell)
    monkeypatch.setattr(update, "draw", draw_and_tell)
    result, events = train(
        base_model=str(models[kind]), unet_lr=RATES["lora_unet"], text_encoder_lr=RATES["lora_te"],
        lr_scheduler="constant", max_train_epochs=0, max_train_steps=STEPS, max_grad_norm=0.05,
        network_alpha=1.0, conv_dim=2,
    )  # fmt: skip

    plain = Plain(models[kind], begun)
    tokenizer = load_model(
        str(models[kind]), device=torch.device("cpu"), dtype=torch.float32
    ).tokenizers[0]
    groups = [
        {"params": [t for k, t in plain.factors.items() if k.startswith(prefix)], "lr": rate}
        for prefix, rate in RATES.items()
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    steps = [event.data for event in events if event.kind == "train.step"]
    assert len(steps) == len(draws) == STEPS
    for step, draw, (pictures, captions) in zip(steps, draws, shown, strict=True):
        tokens = tokenizer(
            captions, padding="max_length", max_length=77, truncation=True, return_tensors="pt"
        ).input_ids
        loss = plain.loss(tokens, pixels_of(pictures), draw)
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(list(plain.factors.values()), 0.05)
        assert step["loss"] == pytest.approx(loss.item(), rel=1e-5)
        assert step["grad_norm"] == pytest.approx(float(norm), rel=1e-3)
        optimizer.step()
    trained = load_file(result.checkpoints[-1].path)
    assert any((trained[key] - begun[key]).abs().max() > 1e-2 for key in plain.factors)
    for key, tensor in plain.factors.items():
        torch.testing.assert_close(trained[key], tensor.detach(), rtol=0, atol=1e-4)


def pixels_of(pictures):
    """The pictures at the size of their bucket, by Pillow: RGB from -1 to 1."""
    rows = []
    for picture in pictures:
        image = Image.open(Path(picture.name)).convert("RGB")
        resized = image.resize(picture.assignment.resized, Image.Resampling.LANCZOS)
        left, top = picture.assignment.crop_left_top
        width, height = picture.bucket
        cut = np.asarray(resized.crop((left, top, left + width, top + height)), np.float32)
        rows.append(torch.from_numpy(cut / 127.5 - 1).permute(2, 0, 1))
    return torch.stack(rows)
