"""The folder an export owns: checked before, cleaned up after, and resumed when interrupted.

``manifest.json`` lists what was written and where it came from. While an export runs, the manifest
names every file that may be ours, and a journal says which pictures are done: after a crash or a
full disk the next run goes on behind them, and nothing else in the folder is ever touched.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.runtime.errors import BadInputError
from engine.runtime.files import storage_errors, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.project.project import Project

MANIFEST = "manifest.json"
FORMAT = "stylekiln training folder"
"""What the manifest's ``format`` begins with; other programs write a manifest.json too."""
JOURNAL = ".export-journal"


@dataclass(frozen=True)
class Made:
    """A file as it was written: ``of`` says from what, ``stamp`` (ns, bytes) tells it unchanged."""

    of: str
    stamp: tuple[int, int]


def check_place(target: Path, project: Project) -> None:
    """Refuse places in which an export could be mistaken for the user's own art."""
    for source in project.file.folders:
        art = Path(os.path.realpath(source.path))
        if Path(os.path.realpath(target)).is_relative_to(art):
            raise BadInputError(
                "{path} lies inside the art folder {art}.",
                path=target,
                art=art,
                remedy="Choose a folder beside it.",
            )


class Target:
    """An empty folder, or one that an earlier export has written."""

    def __init__(self, folder: Path, project: Project) -> None:
        """Raises BadInputError for a folder that holds the user's own files."""
        self.folder = folder
        self._project = project
        check_place(folder, project)
        manifest = self._read_manifest()
        self._check_own(ours=bool(manifest))
        self._old = _names(manifest)
        self._made = {**_made_in(manifest.get("pictures")), **_made_in(self._read_journal())}

    def begin(self, planned: Iterable[str]) -> None:
        """Note every file that may be ours from now on."""
        self._write_manifest([], sorted(self._old.union(planned)), complete=False)

    def is_made(self, name: str, of: str) -> bool:
        """Whether ``name`` is there, made of the same and untouched since."""
        known = self._made.get(name)
        return known is not None and known.of == of and known.stamp == self._stamp(name)

    def note(self, name: str, of: str) -> dict[str, Any]:
        """Note that ``name`` is written; gives what the manifest says about it."""
        record = {"files": [name], "of": of, "stamp": self._stamp(name)}
        if not self.is_made(name, of):
            journal = self.folder / JOURNAL
            with storage_errors(journal), open(journal, "a", encoding="utf-8") as stream:
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")
        return {"of": of, "stamp": record["stamp"]}

    def finish(self, entries: list[dict[str, Any]], extra: list[str]) -> None:
        """Remove what no longer belongs and write the final manifest."""
        kept = {*extra, *(name for entry in entries for name in entry["files"])}
        self._remove(self._old - kept)
        self._write_manifest(entries, extra, complete=True)
        with storage_errors(self.folder):
            (self.folder / JOURNAL).unlink(missing_ok=True)

    def _check_own(self, *, ours: bool) -> None:
        if self.folder.exists() and not self.folder.is_dir():
            raise BadInputError(
                "{path} is a file, not a folder.",
                path=self.folder,
                remedy="Choose another destination.",
            )
        if self.folder.is_dir() and not ours and has_files(self.folder):
            raise BadInputError(
                "{path} is not empty.",
                path=self.folder,
                remedy="Choose an empty folder, or an earlier export to replace.",
            )

    def _read_manifest(self) -> dict[str, Any]:
        try:
            manifest = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(manifest, dict) or not str(manifest.get("format")).startswith(FORMAT):
            return {}
        return manifest

    def _read_journal(self) -> list[Any]:
        try:
            text = (self.folder / JOURNAL).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        return [_line(line) for line in text.splitlines()]

    def _stamp(self, name: str) -> tuple[int, int] | None:
        try:
            facts = (self.folder / name).stat()
        except (OSError, ValueError):
            return None
        return facts.st_mtime_ns, facts.st_size

    def _remove(self, names: set[str]) -> None:
        for name in sorted(names):
            path = self.folder / name
            if not path.parent.resolve().is_relative_to(self.folder.resolve()):
                continue  # reached through a link: not ours, whatever the manifest says
            with storage_errors(path):
                path.unlink(missing_ok=True)
                for parent in path.parents:
                    if parent == self.folder or not parent.is_dir() or any(parent.iterdir()):
                        break
                    parent.rmdir()

    def _write_manifest(self, entries: list[Any], extra: list[str], *, complete: bool) -> None:
        write_json(
            self.folder / MANIFEST,
            {
                "format": f"{FORMAT} 1",
                "project": self._project.file.name,
                "complete": complete,
                "pictures": entries,
                "files": extra,
            },
        )


def has_files(folder: Path) -> bool:
    """Whether anything lies in ``folder`` but hidden files, which systems make by themselves."""
    return any(not name.startswith(".") for name in os.listdir(folder))


def _names(manifest: dict[str, Any]) -> set[str]:
    """What an earlier export, finished or not, says it has written."""
    entries = manifest.get("pictures")
    found = [entry.get("files") for entry in _dicts(entries)] + [manifest.get("files")]
    names = [name for files in found if isinstance(files, list) for name in files]
    return {name for name in names if isinstance(name, str) and _is_inside(name)}


def _made_in(entries: Any) -> dict[str, Made]:
    made = {}
    for entry in _dicts(entries):
        files, of, stamp = entry.get("files"), entry.get("of"), entry.get("stamp")
        if isinstance(files, list) and files and isinstance(of, str) and isinstance(stamp, list):
            made[str(files[0])] = Made(of, tuple(stamp))
    return made


def _dicts(entries: Any) -> list[dict[str, Any]]:
    items = entries if isinstance(entries, list) else []
    return [entry for entry in items if isinstance(entry, dict)]


def _line(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None  # a kill may tear the last line


def _is_inside(name: str) -> bool:
    parts = Path(name.replace("\\", "/")).parts
    return bool(parts) and not os.path.isabs(name) and ".." not in parts
