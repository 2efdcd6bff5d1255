"""What a user can do with layers, groups and masks: one entry each for menu, keys and palette."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.actions import Action
from app.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.canvas.layers_panel import LayersPanel
    from app.canvas.model import CanvasState

WHERE = "canvas"
# Identifier, words and icon, in the order of the palette.
LAYER_ACTIONS = (
    ("add_layer", "Add a layer", "plus"),
    ("rename_layer", "Rename the layer", "pencil"),
    ("duplicate", "Duplicate the layer", "copy"),
    ("delete_layer", "Delete the layer", "trash-2"),
    ("group", "Group the layers", "group"),
    ("ungroup", "Ungroup the layers", "ungroup"),
    ("clip", "Clip to the layer below", "corner-left-down"),
    ("merge", "Merge with the layer below", "arrow-down"),
    ("flatten_group", "Flatten the group", "merge"),
    ("merge_visible", "Merge what is visible", "layers"),
    ("add_mask", "Add a mask", "square-round-corner"),
    ("invert_mask", "Invert the mask", "contrast"),
    ("apply_mask", "Apply the mask to the pixels", "check"),
    ("delete_mask", "Delete the mask", "x"),
    ("raise", "Move the layer up", "arrow-up"),
    ("lower", "Move the layer down", "arrow-down"),
    ("above", "Choose the layer above", "arrow-up"),
    ("below", "Choose the layer below", "arrow-down"),
    ("snapshot", "Take a snapshot", "camera"),
)
_KEYS = {
    "add_layer": "Ctrl+Shift+N",
    "duplicate": "Ctrl+J",
    "group": "Ctrl+G",
    "ungroup": "Ctrl+Shift+G",
    "clip": "Ctrl+Alt+G",
    "merge": "Ctrl+E",
    "raise": "Ctrl+]",
    "lower": "Ctrl+[",
    "above": "Alt+]",
    "below": "Alt+[",
}


def layer_actions(state: CanvasState, panel: LayersPanel) -> list[Action]:
    """All of :data:`LAYER_ACTIONS` for this document."""
    acts = _acts(state, panel)
    return [
        Action(
            f"canvas.{name}", text, acts[name][0], icon, _KEYS.get(name, ""), acts[name][1], WHERE
        )
        for name, text, icon in LAYER_ACTIONS
    ]


def _acts(
    state: CanvasState, panel: LayersPanel
) -> dict[str, tuple[Callable[[], None], Callable[[], bool]]]:
    """What each does, and when it can be done."""

    def chosen() -> bool:
        return state.node is not None

    def opened() -> bool:
        return state.document is not None

    def bare() -> bool:
        return chosen() and not state.has_mask()

    def layer_mask() -> bool:
        return state.layer is not None and state.has_mask()

    return {
        "add_layer": (partial(add_layer, state), opened),
        "rename_layer": (panel.rename, chosen),
        "duplicate": (state.duplicate_layers, chosen),
        "delete_layer": (state.remove_layers, chosen),
        "group": (state.group_layers, chosen),
        "ungroup": (state.ungroup_layers, state.has_group),
        "clip": (state.toggle_clipping, state.can_clip),
        "merge": (state.merge_down, state.can_merge),
        "flatten_group": (state.flatten_group, state.has_group),
        "merge_visible": (state.merge_visible, opened),
        "add_mask": (state.add_mask, bare),
        "invert_mask": (state.invert_mask, state.has_mask),
        "apply_mask": (state.apply_mask, layer_mask),
        "delete_mask": (state.remove_mask, state.has_mask),
        "raise": (partial(state.raise_layer, 1), chosen),
        "lower": (partial(state.raise_layer, -1), chosen),
        "above": (partial(state.step_active, 1), opened),
        "below": (partial(state.step_active, -1), opened),
        "snapshot": (panel.take_snapshot, opened),
    }


def add_layer(state: CanvasState) -> None:
    """Put an empty layer above the active one."""
    count = len(state.document.layers) if state.document is not None else 0
    state.add_layer(tr("Layer {n}", n=count + 1))
