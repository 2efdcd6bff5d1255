"""What the library holds, as the state of the workspace tells it to every view."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.dataset.snapshot import Snapshot
    from engine.dataset.columns import Columns
    from engine.dataset.library import Picture
    from engine.dataset.suggestions import Suggestion
    from engine.dataset.survey import Survey


class Held:
    """The parts of ``snapshot``, the newest that was read."""

    snapshot: Snapshot

    @property
    def pictures(self) -> dict[int, Picture]:
        """All pictures by id."""
        return self.snapshot.pictures

    @property
    def suggestions(self) -> list[Suggestion]:
        """What was found about pictures that are not rejected."""
        return self.snapshot.suggestions

    @property
    def columns(self) -> Columns:
        """The pictures as columns, for filters, counts and completion."""
        return self.snapshot.columns

    @property
    def survey(self) -> Survey | None:
        """The measures behind the suggestions, once they are judged."""
        return self.snapshot.survey

    @property
    def used(self) -> list[Picture]:
        """The pictures training would read."""
        return self.snapshot.used

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return self.snapshot.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to make again."""
        return self.snapshot.can_redo

    def suggestions_of(self, picture: Picture) -> list[Suggestion]:
        """What was found about one picture; the keeper of a group of copies is included."""
        return self.snapshot.by_picture.get(picture.id, [])
