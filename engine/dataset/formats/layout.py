"""What a folder format decides: where pictures go, what lists them, and what it cannot hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from engine.dataset.formats.names import plain
from engine.dataset.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.dataset.picture import Picture
    from engine.dataset.requests import ExportRequest
    from engine.dataset.samples import Sample
    from engine.project.project import Project


@dataclass(frozen=True)
class Item:
    """A picture to export; ``name`` is its path in the export, without suffix."""

    picture: Picture
    sample: Sample
    name: str


@dataclass(frozen=True)
class Row:
    """A picture that was written. ``size`` is (width, height); ``mask`` its mask file or empty."""

    item: Item
    size: tuple[int, int]
    caption: str
    mask: str = ""

    @property
    def file(self) -> str:
        """The picture's path in the export."""
        return f"{self.item.name}.png"


class Layout:
    """A format with pictures beside each other and its captions in one file.

    ``side_captions``: captions are text files beside the pictures. ``splits``: held-out pictures
    are exported as a validation part. ``regularization``: it can hold such pictures.
    """

    side_captions: ClassVar[bool] = False
    splits: ClassVar[bool] = False
    regularization: ClassVar[bool] = False

    def takes(self, picture: Picture) -> bool:
        """Whether ``picture`` belongs into the export."""
        if picture.problem or picture.flag == "rejected":
            return False
        return (self.splits or not picture.held_out) and (self.regularization or not picture.is_reg)

    def folder(self, picture: Picture, sample: Sample, project: Project) -> str:
        """The folder of a picture in the export."""
        return plain(sample.category) or plain(project.file.name) or "pictures"

    def index(
        self, target: Path, rows: Sequence[Row], project: Project, request: ExportRequest
    ) -> dict[str, str]:
        """Texts of the files that list the pictures, by name."""
        raise NotImplementedError

    def notes(
        self, rows: Sequence[Row], left_out: Sequence[Picture], request: ExportRequest
    ) -> list[Problem]:
        """What the format could not hold."""
        regular = sum(p.is_reg and not p.problem and p.flag != "rejected" for p in left_out)
        if not regular or self.regularization:
            return []
        return [
            Problem(
                "{count} regularization pictures were left out: this format has no place for them.",
                count=regular,
            )
        ]
