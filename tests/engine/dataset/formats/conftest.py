"""A small project, exported and imported in every format."""

from __future__ import annotations

import io
import os
import stat
import zipfile

import pytest
from PIL import Image

from engine.dataset import export
from engine.dataset.formats import bring_in
from engine.dataset.library import Library
from engine.dataset.requests import ExportRequest, ImportDatasetRequest
from engine.project.project import Project, SourceFolder
from engine.runtime.job import Job


@pytest.fixture
def project(art, tmp_path):
    """A project about ``art``: four captioned pictures, four repeats, one category."""
    source = SourceFolder(path=str(art), repeats=4, category="props")
    return Project.create(tmp_path / "p", "P", [source])


@pytest.fixture
def other(tmp_path):
    """A project without pictures."""
    return Project.create(tmp_path / "other", "Other")


@pytest.fixture
def open_library(project):
    """The library of ``project``, read."""
    library = Library(project.database)
    library.scan(project.file.folders)
    yield library
    library.close()


def export_to(project, folder, **values):
    request = ExportRequest(project=str(project.root), destination=str(folder), **values)
    return export.run(request, Job.detached())


def bring(project, source, **values):
    """Import ``source`` into a project, or a zip into a folder."""
    root = project.root if isinstance(project, Project) else project
    request = ImportDatasetRequest(project=str(root), source=str(source), **values)
    return bring_in.run(request, Job.detached())


def pictures_of(project):
    """The pictures of a project by stem, its folders read again."""
    project = Project.open(project.root if isinstance(project, Project) else project)
    library = Library(project.database)
    library.scan(project.file.folders)
    found = {picture.name: picture for picture in library.pictures()}
    library.close()
    return found


def captions_of(project):
    return {name: picture.caption for name, picture in pictures_of(project).items()}


def png(color=(1, 2, 3)):
    """The bytes of a small picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(buffer, "PNG")
    return buffer.getvalue()


def make_zip(path, members, **kinds):
    """A zip of ``members`` by name; ``kinds`` are modes of members that are no plain files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = kinds.get(name, stat.S_IFREG | 0o644) << 16
            file.writestr(info, data)
    return path


def files_in(folder):
    return {
        os.path.relpath(os.path.join(place, name), folder).replace("\\", "/")
        for place, _, names in os.walk(folder)
        for name in names
    }
