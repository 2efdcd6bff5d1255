"""The folders of a project's pictures, for :mod:`app.folder_watch`."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from app.folder_watch import FolderWatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.session import Session
    from engine.project.project import Project

MOST_FOLDERS = 1000


def picture_watch(session: Session) -> FolderWatch:
    """Pictures and captions that other programs add, change or remove appear by themselves."""
    rescan = partial(session.rescan, quietly=True)
    return FolderWatch(session, picture_folders, rescan, lambda: session.is_reading)


def picture_folders(project: Project) -> list[str]:
    """Those that the pictures of ``project`` lie in."""
    return folders_below([folder.path for folder in project.file.folders])


def folders_below(roots: Sequence[str]) -> list[str]:
    """``roots`` and the folders in them that are there, at most :data:`MOST_FOLDERS`; links are
    not followed.
    """
    found: list[str] = []
    for root in roots:
        for folder, inner, _ in os.walk(root):
            inner[:] = [name for name in inner if not name.startswith(".")]
            found.append(folder)
            if len(found) >= MOST_FOLDERS:
                return found
    return found
