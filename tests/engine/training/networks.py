"""What tests of adapters in training share: a request for a small one, and what a model answers."""

from __future__ import annotations

import torch

from engine.runtime.schema import validated
from engine.training.config import TrainRequest

SMALL = {"project": "p", "network_dim": 4, "network_alpha": 2.0, "conv_dim": 2, "seed": 3}


def make(**values):
    return validated(TrainRequest, SMALL | values)


def answer(model):
    latent = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    ids = torch.tensor([model.tokenizers[0]("red apple").input_ids] * 2)
    return model.unet(latent, 500, model.text_encoders[0](ids).last_hidden_state).sample


@torch.no_grad()
def shake(network, size=0.1):
    chance = torch.Generator().manual_seed(7)
    for parameter in network.parameters:
        parameter.add_(size * torch.randn(parameter.shape, generator=chance))
