"""What a user can do with tools that are taken in hand for one task."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.actions import Action

if TYPE_CHECKING:
    from app.canvas.adjust_dialog import Kind
    from app.canvas.view import View

WHERE = "canvas"
# Kind, words, icon and key of each adjustment.
ADJUSTMENTS: tuple[tuple[Kind, str, str, str], ...] = (
    ("levels", "Levels…", "chart-line", "Ctrl+L"),
    ("curves", "Curves…", "chart-line", "Ctrl+M"),
    ("hue", "Hue and saturation…", "palette", "Ctrl+U"),
    ("light", "Brightness and contrast…", "contrast", ""),
    ("blur", "Blur…", "droplet", ""),
    ("sharpen", "Sharpen…", "focus", ""),
)


def _transform(view: View) -> None:
    view.surface.setFocus()  # Enter and Escape mean the transform now
    view.state.set_tool("transform")


def tool_actions(view: View) -> list[Action]:
    """One entry each for menu, shortcut and command palette."""
    state = view.state

    def chosen() -> bool:
        return state.node is not None

    def opened() -> bool:
        return state.document is not None

    def guided() -> bool:
        return state.document is not None and bool(state.document.guides)

    return [
        Action(
            "canvas.transform",
            "Transform",
            partial(_transform, view),
            "scaling",
            "Ctrl+T",
            chosen,
            WHERE,
        ),
        Action(
            "canvas.image_size",
            "Image size…",
            view.sizing.ask_image,
            "scaling",
            "Ctrl+Alt+I",
            opened,
            WHERE,
        ),
        Action(
            "canvas.canvas_size",
            "Canvas size…",
            view.sizing.ask_canvas,
            "crop",
            "Ctrl+Alt+C",
            opened,
            WHERE,
        ),
        Action(
            "canvas.upright",
            "Turn the view upright",
            lambda: view.surface.view.set_angle(0.0),
            "rotate-ccw",
            "",
            lambda: bool(view.surface.view.angle),
            WHERE,
        ),
        Action(
            "canvas.mirror_across",
            "Mirror brushes left and right",
            partial(state.toggle_axis, "x"),
            "square-split-horizontal",
            "",
            opened,
            WHERE,
        ),
        Action(
            "canvas.mirror_down",
            "Mirror brushes top and bottom",
            partial(state.toggle_axis, "y"),
            "square-split-horizontal",
            "",
            opened,
            WHERE,
        ),
        Action(
            "canvas.guides",
            "Show or hide the guides",
            state.toggle_guides,
            "ruler",
            "Ctrl+;",
            guided,
            WHERE,
        ),
        Action(
            "canvas.no_guides",
            "Remove all guides",
            lambda: state.set_guides(()),
            "ruler",
            "",
            guided,
            WHERE,
        ),
        *(
            Action(
                f"canvas.{kind}", text, partial(view.adjusting.ask, kind), icon, key, chosen, WHERE
            )
            for kind, text, icon, key in ADJUSTMENTS
        ),
    ]
