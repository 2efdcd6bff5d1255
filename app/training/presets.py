"""The presets at hand, the one that was put into the next run, and keeping those of the user."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.i18n import tr
from app.training import draft
from app.trash import bring_back, to_trash
from engine.training.presets import (
    Preset,
    import_preset,
    presets,
    rename_preset,
    save_preset,
)

if TYPE_CHECKING:
    from pathlib import Path

    from app.training.next_run import NextRun


class PresetShelf(QObject):
    """Files are read and written beside the window. ``changed`` says that they are others, or that
    another one was put.
    """

    changed = Signal()

    def __init__(self, state: NextRun) -> None:
        super().__init__(state)
        self._state = state
        self._session = state.session
        self.presets: list[Preset] = []
        self.chosen: Preset | None = None
        state.session.project_changed.connect(self._project_changed)

    def _project_changed(self, _: object) -> None:
        self._choose(None)

    @property
    def is_exact(self) -> bool:
        """Whether the next run is as the chosen preset says."""
        values, chosen = self._state.values, self.chosen
        if chosen is None:
            return False
        return all(_plain(values[n]) == _plain(v) for n, v in chosen.values.items())

    @property
    def is_start(self) -> bool:
        """Whether the next run is as a new one starts; what it is called by is no setting of it."""
        return not self._state.changed_names() - {"trigger_word"}

    def load(self) -> None:
        """Read the presets of the app and of the user."""
        self._session.start(self._load())

    def put(self, preset: Preset) -> None:
        """Set the next run as ``preset`` says, as one step that can be taken back."""
        values = preset.applied(self._without(self.chosen))
        epochs = int(values["max_train_epochs"])
        if "max_train_epochs" in preset.values and "save_every_n_epochs" not in preset.values:
            values |= draft.rhythm(epochs)
        before = self.chosen
        self._choose(preset)
        self._state.replace(
            values,
            tr("Settings of {name} are used.", name=title_of(preset)),
            partial(self._choose, before),
        )

    def _without(self, preset: Preset | None) -> dict[str, Any]:
        """The settings with the start values where they are still as ``preset`` says: nothing of
        it stays behind in the next one.
        """
        values, start = self._state.values, self._state.start_values()
        said = preset.values if preset is not None else {}
        left = {n: start[n] for n, v in said.items() if _plain(values[n]) == _plain(v)}
        return {**values, **left}

    def put_start_values(self) -> None:
        """Set the next run as a new one starts."""
        before = self.chosen
        self._choose(None)
        self._state.replace(
            self._state.start_values(),
            tr("All settings are as they start."),
            partial(self._choose, before),
        )
        self._state.ask_for_model(None)

    def named(self, name: str) -> Preset | None:
        """The user's preset of that name, which saving under it replaces."""
        alike = (p for p in self.presets if not p.ours and p.name.casefold() == name.casefold())
        return next(alike, None)

    async def save(self, name: str) -> None:
        """Keep the settings of the next run as ``name``. Raises BadInputError, StorageError."""
        values = dict(self._state.values)
        self._choose(await self._session.bridge.io(save_preset, name, values))
        await self._load()
        self._session.notify("{name} is kept as a preset.", name=name)

    async def take(self, path: Path) -> None:
        """Keep a file of kohya's as a preset of its name. Raises BadInputError, StorageError."""
        made = await self._session.bridge.io(import_preset, path)
        await self._load()
        use = partial(self.put, made)
        words = "{name} is kept as a preset."
        self._session.notify(words, action="Use it", on_action=use, name=made.name)

    async def rename(self, preset: Preset, name: str) -> None:
        """Call the user's ``preset`` ``name``. Raises BadInputError, StorageError."""
        renamed = await self._session.bridge.io(rename_preset, preset, name)
        if self.chosen is preset:
            self._choose(renamed)
        await self._load()

    async def delete(self, preset: Preset) -> None:
        """Move the user's ``preset`` to the trash; the toast can bring it back."""
        trashed = await self._session.bridge.io(to_trash, preset.path)
        if self.chosen is preset:
            self._choose(None)
        await self._load()

        def undo() -> None:
            self._session.start(self._restore(trashed, preset.path))

        self._session.notify(
            "Preset {name} is in the trash.", action="Undo", on_action=undo, name=preset.name
        )

    async def _restore(self, trashed: Path, path: Path) -> None:
        await self._session.bridge.io(bring_back, trashed, path)
        await self._load()

    async def _load(self) -> None:
        self.presets = await self._session.bridge.io(presets)
        self.changed.emit()

    def _choose(self, preset: Preset | None) -> None:
        self.chosen = preset
        self.changed.emit()


def title_of(preset: Preset) -> str:
    """What a preset is called: ours in the language of the moment."""
    return tr(preset.name) if preset.ours else preset.name


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
