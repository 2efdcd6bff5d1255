"""A base model in float8 computes with rounded weights, and gives gradients through them."""

from __future__ import annotations

import pytest
import torch

from engine.models import adapter_training
from engine.models.adapter_plan import AdapterSpec
from engine.training import eight_bits
from tests.engine.small_models import small_model


def frozen():
    """A model as it is loaded."""
    model = small_model("sd1")
    for part in (model.unet, *model.text_encoders):
        part.requires_grad_(False)
    return model


def answer(model):
    generator = torch.Generator().manual_seed(3)
    noise = torch.randn(1, 4, 8, 8, generator=generator).requires_grad_()
    context = torch.randn(1, 7, model.unet.config.cross_attention_dim, generator=generator)
    found = model.unet(noise, 500, context).sample
    found.square().mean().backward()
    return found.detach(), noise.grad


def rounded(model):
    for layer in model.unet.modules():
        if isinstance(layer, (torch.nn.Linear, torch.nn.Conv2d)):
            layer.weight.data = layer.weight.data.to(torch.float8_e4m3fn).float()


def test_the_numbers_are_those_of_rounded_weights():
    plain, model = frozen(), frozen()
    exact = answer(plain)[0]
    rounded(plain)
    with eight_bits.using([model.unet]):
        found = answer(model)
    for one, other in zip(found, answer(plain), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-4)
    assert (found[0] - exact).abs().max() > 1e-4


def test_weights_need_a_quarter_and_are_wide_again_afterwards():
    model = frozen()
    layers = [m for m in model.unet.modules() if isinstance(m, (torch.nn.Linear, torch.nn.Conv2d))]
    kinds, wide = [type(layer) for layer in layers], sum(layer.weight.nbytes for layer in layers)
    with eight_bits.using([model.unet]):
        assert sum(layer.weight.nbytes for layer in layers) * 4 == wide
    assert [type(layer) for layer in layers] == kinds
    assert all(layer.weight.dtype == torch.float32 for layer in layers)


def test_no_wide_weight_is_kept_for_the_backward_pass():
    layer = torch.nn.Conv2d(4, 4, 3).requires_grad_(False)
    kept = []

    def note(tensor):
        kept.append(tensor.dtype)
        return tensor

    with (
        eight_bits.using([layer]),
        torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor),
    ):
        layer(torch.ones(1, 4, 5, 5, requires_grad=True))
    assert kept == [torch.float8_e4m3fn]


def test_an_adapter_learns_on_it_in_its_own_precision():
    model = frozen()
    generator = torch.Generator().manual_seed(0)
    parts = adapter_training.create(model, "training", AdapterSpec(rank=2), generator)
    with eight_bits.using([model.unet, *model.text_encoders]):
        answer(model)
        assert all(p.dtype == torch.float32 and p.grad is not None for p in parts["unet"])
        embeddings = [
            m.weight for m in model.text_encoders[0].modules() if isinstance(m, torch.nn.Embedding)
        ]
        assert embeddings
        assert all(weight.dtype == torch.float32 for weight in embeddings)
        ids = torch.tensor([[49406, 320, 49407]])
        assert model.text_encoders[0](ids).last_hidden_state.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_it_computes_in_the_precision_of_its_input(dtype):
    layer = torch.nn.Linear(4, 3).requires_grad_(False)
    with eight_bits.using([layer]), torch.autocast("cpu", dtype):
        inputs = torch.ones(2, 4, requires_grad=True)
        found = layer(inputs)
        found.sum().backward()
    assert found.dtype == dtype
    assert inputs.grad.dtype == torch.float32
