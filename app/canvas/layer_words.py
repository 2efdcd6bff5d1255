"""What is said of a layer in the second line of its row."""

from __future__ import annotations

import re
from pathlib import Path

from app.i18n import tr
from engine.canvas.blending import MODES, NORMAL
from engine.canvas.layer import Group, Layer, Node


def origin(node: Node) -> str:
    """How a node blends where that is not plain, and where it comes from, in a few words."""
    words = [] if node.mode == NORMAL else [tr(MODES[node.mode].label).lower()]
    if isinstance(node, Group):
        words.append(tr("1 layer", "{n} layers", n=len(node.children)))
    elif isinstance(node, Layer):
        words.append(_made(node))
    return ", ".join(words)


def _made(layer: Layer) -> str:
    recipe = layer.recipe
    if not recipe:
        return tr("locked") if layer.locked else layer.source or tr("painted")
    if isinstance(recipe.get("collage"), list):
        count = len(recipe["collage"])
        return tr("collage of 1 candidate", "collage of {n} candidates", n=count)
    image = recipe.get("image", {})
    parts = [lora_words(use["path"], use["weight"]) for use in image.get("loras", ())[:1]]
    seed = image.get("seed", recipe.get("seed"))
    if seed is not None:
        parts.append(tr("seed {seed}", seed=seed))
    return ", ".join(parts) or tr("repainted")


def short_origin(layer: Layer) -> str:
    """The checkpoint and the seed that a layer was painted with."""
    image = (layer.recipe or {}).get("image") or {}
    names = [lora_name(use["path"]) for use in image.get("loras", ())[:1]]
    seed = image.get("seed", (layer.recipe or {}).get("seed"))
    return ", ".join([*names, *([] if seed is None else [tr("seed {seed}", seed=seed)])])


def lora_name(path: str) -> str:
    """The epoch of a checkpoint where its file name tells one, else the name."""
    stem = Path(path).stem
    numbered = re.search(r"-(\d{6})$", stem)
    return tr("epoch {epoch}", epoch=int(numbered[1])) if numbered else stem


def lora_words(path: str, weight: float) -> str:
    """A LoRA and its weight."""
    return f"{lora_name(path)}, {weight:.2f}"
