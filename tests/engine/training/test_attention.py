"""Every way of attention gives the same numbers and gradients; sliced keeps the least."""

from __future__ import annotations

import pytest
import torch

from engine.training import attention
from engine.training.attention import sliced_attention
from tests.engine.small_models import small_model


def drawn(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator).requires_grad_()


def answer(model, size=8):
    noise = drawn(2, 4, size, size, seed=1)
    context = drawn(2, 7, model.unet.config.cross_attention_dim, seed=2)
    model.unet(noise, 500, context).sample.square().mean().backward()
    return noise.grad, context.grad


@pytest.mark.parametrize("kind", ["sliced", "none"])
def test_the_result_is_that_of_torch(kind):
    model = small_model("sd1")
    with attention.using(model, "sdpa"):
        expected = answer(model)
    before = dict(model.unet.attn_processors)
    with attention.using(model, kind):
        found = answer(model)
        used = {type(processor) for processor in model.unet.attn_processors.values()}
    assert used == {type(attention.processor(kind))}
    assert model.unet.attn_processors == before
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("limit", [1, 40, 1 << 20])
def test_slices_of_any_size_give_the_same(limit):
    query, key, value = drawn(2, 3, 5, 4), drawn(2, 3, 6, 4, seed=1), drawn(2, 3, 6, 4, seed=2)
    plain = torch.nn.functional.scaled_dot_product_attention(query, key, value)
    expected = torch.autograd.grad(plain.square().sum(), (query, key, value))
    found = sliced_attention(query, key, value, limit)
    torch.testing.assert_close(found, plain)
    grads = torch.autograd.grad(found.square().sum(), (query, key, value))
    for one, other in zip(grads, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def kept_bytes(work):
    """Bytes that ``work`` keeps for its backward pass."""
    kept = {}

    def note(tensor):
        kept[tensor.untyped_storage()._cdata] = tensor.untyped_storage()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        work()
    return sum(storage.nbytes() for storage in kept.values())


def test_slices_keep_no_scores():
    query, key, value = (drawn(1, 2, 64, 8, seed=seed) for seed in range(3))
    scores = 2 * 64 * 64 * 4
    whole = kept_bytes(lambda: attention.attend(query, key, value))
    sliced = kept_bytes(lambda: sliced_attention(query, key, value, 2 * 64 * 8))
    assert whole > scores
    assert sliced < scores
