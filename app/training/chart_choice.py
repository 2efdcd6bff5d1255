"""How the charts of a run are shown: what the menu over the loss offers, kept for the user."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args, get_type_hints

from app.shell.menus import Menu

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from app.session import Session

XAxis = Literal["epochs", "steps"]
Smoothing = Literal["epoch", "few", "many", "none"]
Tab = Literal["loss", "rate", "gradient", "bands"]

AXES = (("epochs", "Epochs"), ("steps", "Steps"))
SMOOTHINGS = (
    ("epoch", "Mean of an epoch"),
    ("few", "Mean of 20 steps"),
    ("many", "Mean of 100 steps"),
    ("none", "Not smoothed"),
)


@dataclass(frozen=True)
class Choice:
    """What the loss chart shows: the axis, how much is smoothed, whether the scale is
    logarithmic (``log``), the held-out loss, and the loss of trained pictures on the noise of
    the held-out ones (``seen``); ``others`` is what is drawn of runs beside the shown one, of those
    without held-out pictures always the loss. ``tab`` is the chart that is seen where there is room
    for one.
    """

    x_axis: XAxis = "epochs"
    smoothing: Smoothing = "epoch"
    log: bool = False
    held_out: bool = True
    seen: bool = False
    others: Literal["loss", "held_out"] = "held_out"
    tab: Tab = "loss"

    @classmethod
    def kept(cls, session: Session) -> Choice:
        """The last one of the user; what is unknown is at its default."""
        kinds = get_type_hints(cls)
        stored = session.settings.charts
        known = [field.name for field in fields(cls) if field.name in stored]
        good: dict[str, Any] = {
            name: stored[name] for name in known if _fits(stored[name], kinds[name])
        }
        return replace(cls(), **good)

    def keep(self, session: Session) -> None:
        """Keep it for the next start."""
        session.change_settings(charts=asdict(self))


def _fits(value: object, kind: Any) -> bool:
    return isinstance(value, bool) if kind is bool else value in get_args(kind)


def choice_menu(over: QWidget, choice: Choice, choose: Callable[..., None]) -> Menu:
    """The menu that changes ``choice``: ``choose`` is called with the new value by its name."""
    menu = Menu(over)
    for value, words in AXES:
        menu.add(words, partial(choose, x_axis=value), ticked=choice.x_axis == value)
    menu.line().title("Smoothed")
    for value, words in SMOOTHINGS:
        menu.add(words, partial(choose, smoothing=value), ticked=choice.smoothing == value)
    menu.line()
    menu.add("Held-out loss", partial(choose, held_out=not choice.held_out), ticked=choice.held_out)
    words = "Trained pictures on the same noise"
    menu.add(words, partial(choose, seen=not choice.seen), ticked=choice.seen)
    other = "loss" if choice.others == "held_out" else "held_out"
    words = "Held-out loss of other runs"
    menu.add(words, partial(choose, others=other), ticked=choice.others == "held_out")
    menu.line()
    menu.add("Logarithmic scale", partial(choose, log=not choice.log), ticked=choice.log)
    return menu
