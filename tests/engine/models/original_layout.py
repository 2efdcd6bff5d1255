"""The true tensor names and shapes of single-file checkpoints, at any width.

Written after the constructors of the original latent-diffusion UNet and VAE, CLIP and OpenCLIP, and
on purpose without a look at the code under test.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Widths:
    """What sets the sizes of a checkpoint. ``depth`` is transformer layers per level (0: none)."""

    channels: int
    multipliers: tuple[int, ...]
    depth: tuple[int, ...]
    middle_depth: int
    context: int
    linear_projection: bool
    vae_channels: tuple[int, ...]
    text: tuple[tuple[str, int, int, int], ...]  # (prefix, width, layers, feed-forward)
    label: int = 0
    vocabulary: int = 49408
    extra: Shapes = field(default_factory=dict)


FULL = {
    "sd1": Widths(320, (1, 2, 4, 4), (1, 1, 1, 0), 1, 768, False, (128, 256, 512, 512),
                  (("cond_stage_model.transformer", 768, 12, 3072),)),
    "sd2": Widths(320, (1, 2, 4, 4), (1, 1, 1, 0), 1, 1024, True, (128, 256, 512, 512),
                  (("cond_stage_model.model", 1024, 24, 4096),)),
    "sdxl": Widths(320, (1, 2, 4), (0, 2, 10), 10, 2048, True, (128, 256, 512, 512),
                   (("conditioner.embedders.0.transformer", 768, 12, 3072),
                    ("conditioner.embedders.1.model", 1280, 32, 5120)), label=2816),
}  # fmt: skip
NARROW = {
    "sd1": Widths(32, (1, 2, 4, 4), (1, 1, 1, 0), 1, 32, False, (32, 32, 64, 64),
                  (("cond_stage_model.transformer", 32, 12, 64),)),
    "sd2": Widths(32, (1, 2, 4, 4), (1, 1, 1, 0), 1, 48, True, (32, 32, 64, 64),
                  (("cond_stage_model.model", 48, 24, 64),)),
    "sdxl": Widths(32, (1, 2, 4), (0, 2, 10), 10, 72, True, (32, 32, 64, 64),
                   (("conditioner.embedders.0.transformer", 32, 12, 64),
                    ("conditioner.embedders.1.model", 40, 32, 64)), label=6 * 8 + 40),
}  # fmt: skip


def shapes(widths: Widths) -> Shapes:
    """All tensors of a checkpoint."""
    found = {f"model.diffusion_model.{k}": v for k, v in _unet(widths).items()}
    found |= {f"first_stage_model.{k}": v for k, v in _vae(widths.vae_channels).items()}
    for prefix, width, layers, inner in widths.text:
        build = _clip if prefix.endswith("transformer") else _open_clip
        found |= {
            f"{prefix}.{k}": v for k, v in build(widths.vocabulary, width, layers, inner).items()
        }
    return found | widths.extra


def random_state(widths: Widths, seed: int = 0) -> dict[str, torch.Tensor]:
    """A checkpoint of small random numbers."""
    generator = torch.Generator().manual_seed(seed)
    return {
        key: torch.randn(shape, generator=generator) * 0.05
        for key, shape in shapes(widths).items()
        if not key.endswith("position_ids")
    }


def _both(name: str, out: int, *fan_in: int) -> Shapes:
    return {f"{name}.weight": (out, *fan_in), f"{name}.bias": (out,)}


def _res(name: str, source: int, target: int, time: int) -> Shapes:
    found = _both(f"{name}.in_layers.0", source)
    found |= _both(f"{name}.in_layers.2", target, source, 3, 3)
    found |= _both(f"{name}.emb_layers.1", target, time)
    found |= _both(f"{name}.out_layers.0", target)
    found |= _both(f"{name}.out_layers.3", target, target, 3, 3)
    if source != target:
        found |= _both(f"{name}.skip_connection", target, source, 1, 1)
    return found


def _transformer(name: str, width: int, depth: int, context: int, linear: bool) -> Shapes:
    kernel = () if linear else (1, 1)
    found = _both(f"{name}.norm", width)
    found |= _both(f"{name}.proj_in", width, width, *kernel)
    for layer in range(depth):
        block = f"{name}.transformer_blocks.{layer}"
        for attention, source in (("attn1", width), ("attn2", context)):
            found[f"{block}.{attention}.to_q.weight"] = (width, width)
            found[f"{block}.{attention}.to_k.weight"] = (width, source)
            found[f"{block}.{attention}.to_v.weight"] = (width, source)
            found |= _both(f"{block}.{attention}.to_out.0", width, width)
        found |= _both(f"{block}.ff.net.0.proj", 8 * width, width)
        found |= _both(f"{block}.ff.net.2", width, 4 * width)
        for norm in ("norm1", "norm2", "norm3"):
            found |= _both(f"{block}.{norm}", width)
    return found | _both(f"{name}.proj_out", width, width, *kernel)


def _unet(w: Widths) -> Shapes:
    time = 4 * w.channels
    found = _both("time_embed.0", time, w.channels) | _both("time_embed.2", time, time)
    if w.label:
        found |= _both("label_emb.0.0", time, w.label) | _both("label_emb.0.2", time, time)
    found |= _both("input_blocks.0.0", w.channels, 4, 3, 3)
    width, stack, slot = w.channels, [w.channels], 1
    for level, multiplier in enumerate(w.multipliers):
        for _ in range(2):
            found |= _res(f"input_blocks.{slot}.0", width, multiplier * w.channels, time)
            width = multiplier * w.channels
            if w.depth[level]:
                found |= _transformer(
                    f"input_blocks.{slot}.1", width, w.depth[level], w.context, w.linear_projection
                )
            stack.append(width)
            slot += 1
        if level < len(w.multipliers) - 1:
            found |= _both(f"input_blocks.{slot}.0.op", width, width, 3, 3)
            stack.append(width)
            slot += 1
    found |= _res("middle_block.0", width, width, time)
    found |= _transformer("middle_block.1", width, w.middle_depth, w.context, w.linear_projection)
    found |= _res("middle_block.2", width, width, time)
    slot = 0
    for level, multiplier in reversed(list(enumerate(w.multipliers))):
        for layer in range(3):
            found |= _res(
                f"output_blocks.{slot}.0", width + stack.pop(), multiplier * w.channels, time
            )
            width = multiplier * w.channels
            part = 1
            if w.depth[level]:
                found |= _transformer(
                    f"output_blocks.{slot}.1", width, w.depth[level], w.context, w.linear_projection
                )
                part = 2
            if level and layer == 2:
                found |= _both(f"output_blocks.{slot}.{part}.conv", width, width, 3, 3)
            slot += 1
    return found | _both("out.0", width) | _both("out.2", 4, width, 3, 3)


def _vae_res(name: str, source: int, target: int) -> Shapes:
    found = _both(f"{name}.norm1", source) | _both(f"{name}.conv1", target, source, 3, 3)
    found |= _both(f"{name}.norm2", target) | _both(f"{name}.conv2", target, target, 3, 3)
    return found | (_both(f"{name}.nin_shortcut", target, source, 1, 1) if source != target else {})


def _vae_middle(name: str, width: int) -> Shapes:
    found = _vae_res(f"{name}.block_1", width, width) | _vae_res(f"{name}.block_2", width, width)
    found |= _both(f"{name}.attn_1.norm", width)
    for part in ("q", "k", "v", "proj_out"):
        found |= _both(f"{name}.attn_1.{part}", width, width, 1, 1)
    return found


def _vae(channels: tuple[int, ...]) -> Shapes:
    found = _both("encoder.conv_in", channels[0], 3, 3, 3)
    width = channels[0]
    for level, target in enumerate(channels):
        for layer in range(2):
            found |= _vae_res(f"encoder.down.{level}.block.{layer}", width, target)
            width = target
        if level < len(channels) - 1:
            found |= _both(f"encoder.down.{level}.downsample.conv", width, width, 3, 3)
    found |= _vae_middle("encoder.mid", width) | _both("encoder.norm_out", width)
    found |= _both("encoder.conv_out", 8, width, 3, 3) | _both("quant_conv", 8, 8, 1, 1)
    found |= _both("post_quant_conv", 4, 4, 1, 1) | _both("decoder.conv_in", width, 4, 3, 3)
    found |= _vae_middle("decoder.mid", width)
    for level, target in reversed(list(enumerate(channels))):
        for layer in range(3):
            found |= _vae_res(f"decoder.up.{level}.block.{layer}", width, target)
            width = target
        if level:
            found |= _both(f"decoder.up.{level}.upsample.conv", width, width, 3, 3)
    return found | _both("decoder.norm_out", width) | _both("decoder.conv_out", 3, width, 3, 3)


def _clip(vocabulary: int, width: int, layers: int, inner: int) -> Shapes:
    found: Shapes = {
        "text_model.embeddings.position_ids": (1, 77),
        "text_model.embeddings.token_embedding.weight": (vocabulary, width),
        "text_model.embeddings.position_embedding.weight": (77, width),
    }
    for layer in range(layers):
        block = f"text_model.encoder.layers.{layer}"
        for part in ("k_proj", "v_proj", "q_proj", "out_proj"):
            found |= _both(f"{block}.self_attn.{part}", width, width)
        found |= _both(f"{block}.layer_norm1", width) | _both(f"{block}.layer_norm2", width)
        found |= _both(f"{block}.mlp.fc1", inner, width) | _both(f"{block}.mlp.fc2", width, inner)
    return found | _both("text_model.final_layer_norm", width)


def _open_clip(vocabulary: int, width: int, layers: int, inner: int) -> Shapes:
    found: Shapes = {
        "positional_embedding": (77, width),
        "text_projection": (width, width),
        "logit_scale": (),
        "token_embedding.weight": (vocabulary, width),
    }
    for layer in range(layers):
        block = f"transformer.resblocks.{layer}"
        found |= _both(f"{block}.ln_1", width) | _both(f"{block}.ln_2", width)
        found[f"{block}.attn.in_proj_weight"] = (3 * width, width)
        found[f"{block}.attn.in_proj_bias"] = (3 * width,)
        found |= _both(f"{block}.attn.out_proj", width, width)
        found |= _both(f"{block}.mlp.c_fc", inner, width)
        found |= _both(f"{block}.mlp.c_proj", width, inner)
    return found | _both("ln_final", width)
