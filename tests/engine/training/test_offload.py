"""Parts that rest leave the card and come back when they are called."""

from __future__ import annotations

import pytest
import torch

from engine.training.offload import Parking, parking
from tests.engine.small_models import small_model

CARD = torch.device("cuda")


@pytest.fixture
def moves(monkeypatch):
    """Where modules were sent, by name; nothing moves, because there is no card."""
    sent = []
    monkeypatch.setattr(
        torch.nn.Module,
        "to",
        lambda self, device: sent.append((type(self).__name__, str(device))) or self,
    )
    monkeypatch.setattr("accelerate.hooks.send_to_device", lambda inputs, device: inputs)
    return sent


def on_a_card():
    model = small_model("sd1")
    model.device = CARD
    return model


def test_a_part_leaves_and_comes_back_when_it_is_called(moves):
    model = on_a_card()
    pixels, ids = torch.zeros(1, 3, 16, 16), torch.tensor([[49406, 320, 49407]])
    with parking(model, enabled=True) as place:
        place.park(model.vae, *model.text_encoders)
        assert ("AutoencoderKL", "cpu") in moves
        assert ("CLIPTextModel", "cpu") in moves
        moves.clear()
        model.vae.encode(pixels)
        assert moves == [("AutoencoderKL", "cuda")]
        model.text_encoders[0](ids)
        assert moves[1:] == [("CLIPTextModel", "cuda")]
        moves.clear()
        place.settle()
        assert moves == [("AutoencoderKL", "cpu"), ("CLIPTextModel", "cpu")]
        moves.clear()
    assert moves == [("AutoencoderKL", "cuda"), ("CLIPTextModel", "cuda")]
    moves.clear()
    model.vae.encode(pixels)
    assert moves == []


def test_a_part_may_rest_for_a_while(moves):
    model = on_a_card()
    place = Parking(model, enabled=True)
    with place.without(model.unet):
        assert moves == [("UNet2DConditionModel", "cpu")]
    assert moves[1:] == [("UNet2DConditionModel", "cuda")]
    place.settle()
    assert len(moves) == 2


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_nothing_moves_unless_it_is_asked_for_and_there_is_a_card(moves, device):
    model = small_model("sd1")
    model.device = torch.device(device)
    with parking(model, enabled=device == "cpu") as place:
        place.park(model.vae)
        place.settle()
        model.vae.encode(torch.zeros(1, 3, 16, 16))
    assert moves == []
