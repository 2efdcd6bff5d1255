"""What is done with the cell that is chosen: marked, copied, dragged out, painted with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.session import Session
    from app.validation.cell_files import CellFiles
    from app.validation.cell_pictures import CellPictures
    from app.validation.marks import GridMarks
    from app.validation.model import GridState
    from engine.validation.resolve import Position


class ChosenCell:
    """A, and for marks and drags the cell under the pointer."""

    def __init__(
        self,
        session: Session,
        state: GridState,
        marks: GridMarks,
        files: CellFiles,
        pictures: CellPictures,
    ) -> None:
        self._session, self._state, self._marks = session, state, marks
        self._files, self._pictures = files, pictures

    def mark(self, kind: str) -> None:
        """Star, reject or pin A, or take that back."""
        if self._state.first is not None:
            self.mark_at(kind, self._state.first)

    def mark_at(self, kind: str, key: Position) -> None:
        """The same for the cell at ``key``."""
        cell = self._state.cell(key)
        if cell is not None and cell.id:
            self._marks.toggle(kind, cell.id)

    def drag(self, key: Position | None, source: QWidget) -> None:
        """Drag the picture at ``key`` out of ``source`` as a file."""
        cell = self._state.cell(key)
        if key is not None and cell is not None and cell.path:
            pixmap = self._pictures.kept(cell.path)
            self._session.start(self._files.drag(key, source, pixmap))

    def copy_infotext(self) -> None:
        """Copy how A was made."""
        if self._state.first is not None:
            self._session.start(self._files.copy_infotext(self._state.first))

    def copy_picture(self) -> None:
        """Copy the picture of A."""
        if self._state.first is not None:
            self._session.start(self._files.copy_picture(self._state.first))

    def lora_for_canvas(self) -> tuple[str, float] | None:
        """The LoRA and weight of the chosen cell."""
        first = self._state.first
        return (first.checkpoint, first.weight) if first is not None and first.checkpoint else None

    def open_in_canvas(self) -> None:
        """Open A with its whole recipe; one that is not drawn lends its LoRA."""
        state = self._state
        key, cell = state.first, state.cell(state.first)
        if key is not None and cell is not None and cell.path:
            self._session.start(self._reproduce(key))
            return
        lora = self.lora_for_canvas()
        if lora is not None:
            self.paint_with(lora)

    def paint_with(self, lora: tuple[str, float]) -> None:
        """Paint with a checkpoint of the grid at a weight, and the grid's base model."""
        request = self._state.request
        model = request.image.model if request is not None else ""
        self._session.go("canvas", loras=(lora,), model=model)

    async def _reproduce(self, key: Position) -> None:
        picture = await self._files.named_copy(key)
        image = self._state.image_at(key)
        self._session.go("canvas", document=str(picture or ""), recipe=image)
