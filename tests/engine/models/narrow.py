"""Our configs, made narrow: the same layers, blocks and names, with few channels."""

from __future__ import annotations

import json
from pathlib import Path

from engine.models.family import CONFIGS, FAMILIES
from tests.engine.models.original_layout import NARROW

_HEADS = {"sd1": 4, "sd2": [2, 4, 8, 8], "sdxl": [2, 4, 8]}


def write_configs(folder: Path) -> Path:
    """Write the narrow configs of every family below ``folder``."""
    for family in FAMILIES:
        for source in CONFIGS.glob(f"{family}/*/*.json"):
            config = json.loads(source.read_text()) | _changes(family, source.parent.name)
            target = folder / source.relative_to(CONFIGS)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(json.dumps(config))
    return folder


def _changes(family: str, part: str) -> dict[str, object]:
    w = NARROW[family]
    if part == "unet":
        changes: dict[str, object] = {
            "block_out_channels": [w.channels * m for m in w.multipliers],
            "cross_attention_dim": w.context,
            "attention_head_dim": _HEADS[family],
            "sample_size": 8,
        }
        if w.label:
            changes |= {
                "addition_time_embed_dim": 8,
                "projection_class_embeddings_input_dim": w.label,
            }
        return changes
    if part == "vae":
        return {"block_out_channels": list(w.vae_channels)}
    if part.startswith("text"):
        _, width, _, inner = w.text[1 if part.endswith("2") else 0]
        return {
            "hidden_size": width,
            "intermediate_size": inner,
            "projection_dim": width,
            "num_attention_heads": 4,
        }
    return {}
