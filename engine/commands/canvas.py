"""``canvas``: write a canvas, or a document of another program, as another kind of file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from engine.canvas import storage
from engine.canvas.document import from_picture
from engine.canvas.export import FORMATS, ExportSettings, export_document, format_of
from engine.canvas.incoming import FOREIGN_SUFFIXES, Incoming, load_foreign
from engine.imaging.decode import load_rgba
from engine.runtime.schema import add_arguments, given_arguments, validated
from engine.runtime.sources import keep_sources
from engine.runtime.thread import Engine


def add_parser(subparsers: Any) -> None:
    """Declare the verb; its options are the settings of an export."""
    parser = subparsers.add_parser("canvas", help="write a canvas, PSD or picture as another file")
    parser.add_argument("file", type=Path, help="a canvas (.kiln), .psd, .psb, .ora or a picture")
    known = ", ".join(suffix for one in FORMATS for suffix in one.suffixes)
    parser.add_argument("out", type=Path, help=f"what to write: {known} or {storage.SUFFIX}")
    add_arguments(parser, ExportSettings)


def run(args: argparse.Namespace, engine: Engine) -> int:
    """Write the file and print its path; what is different in it goes to stderr."""
    settings = validated(ExportSettings, given_arguments(args, ExportSettings))
    target = args.out
    keep_sources(target, [args.file])
    as_canvas = target.suffix.lower() == storage.SUFFIX
    if not as_canvas:
        format_of(target)  # before anything is read
    document, notes = _opened(args.file)
    if as_canvas:
        storage.save(document, target)
    else:
        notes = [*notes, *export_document(document, target, settings)]
    for note in notes:
        print(f"stylekiln: {note}", file=sys.stderr)
    print(target)
    return 0


def _opened(path: Path) -> Incoming:
    suffix = path.suffix.lower()
    if suffix == storage.SUFFIX:
        return Incoming(storage.load(path))
    if suffix in FOREIGN_SUFFIXES:
        return load_foreign(path)
    return Incoming(from_picture(load_rgba(path), path.stem, path.name))
