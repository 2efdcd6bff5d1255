"""What is said of a layer in the second line of its row."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

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
    image = recipe.get("image", {})
    parts = [_lora_words(use) for use in image.get("loras", ())[:1]]
    seed = image.get("seed", recipe.get("seed"))
    if seed is not None:
        parts.append(tr("seed {seed}", seed=seed))
    return ", ".join(parts) or tr("repainted")


def _lora_words(use: dict[str, Any]) -> str:
    """The LoRA of a recipe: its epoch where the file name tells one, and its weight."""
    stem = Path(use["path"]).stem
    numbered = re.search(r"-(\d{6})$", stem)
    name = tr("epoch {epoch}", epoch=int(numbered[1])) if numbered else stem
    return f"{name}, {use['weight']:.2f}"
