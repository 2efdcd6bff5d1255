"""The library over 20,000 pictures: against bare folder listings, bare SQLite, bare file writes.

python tests/benchmarks/bench_dataset.py [FOLDER]

FOLDER is where the pictures are made, once; the system's folder for temporary files without it.
Wall and processor time (of the process) in milliseconds.
"""

from __future__ import annotations

import io
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from PIL import Image

from engine.dataset.library import Library
from engine.project.project import SourceFolder
from engine.runtime.job import Job

COUNT, RENAMED = 20_000, 1_683


def make(folder: Path) -> None:
    """Tiny JPEGs with captions of 15 tags."""
    if (folder / f"picture_{COUNT - 1}.txt").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(1)
    tags = [f"tag {number}" for number in range(4000)]
    for number in range(COUNT):
        data = io.BytesIO()
        color = (number % 256, number // 256 % 256, 90)
        Image.new("RGB", (48 + number % 8, 40), color).save(data, "JPEG")
        (folder / f"picture_{number}.jpg").write_bytes(data.getvalue())
        (folder / f"picture_{number}.txt").write_text(", ".join(chance.choices(tags, k=15)))


class Clock:
    """Prints what each measured call took, and against what it is compared."""

    def __call__(self, name, work, floor=None, times=1):
        wall, processor, value = 1e9, 1e9, None
        for _ in range(times):
            began, spent = time.perf_counter(), time.process_time()
            value = work()
            wall = min(wall, time.perf_counter() - began)
            processor = min(processor, time.process_time() - spent)
        ratio = "" if floor is None else f"{wall / floor[1]:6.1f} x {floor[0]}"
        print(f"{wall * 1e3:9.1f} {processor * 1e3:9.1f}  {name:44} {ratio}", flush=True)
        return value, (name, wall)


def listing(art: Path) -> list[str]:
    with os.scandir(art) as entries:
        return sorted(entry.name for entry in entries)


def naive_listing(art: Path) -> list[Path]:
    return sorted(path for path in art.iterdir() if path.is_file())


def naive_reading(art: Path) -> list:
    found = []
    for path in naive_listing(art):
        if path.suffix == ".jpg":
            with Image.open(path) as image:
                found.append((image.size, path.with_suffix(".txt").read_text()))
    return found


def bare_rows(database: Path) -> list:
    connection = sqlite3.connect(database)
    rows = connection.execute("SELECT * FROM pictures ORDER BY folder, sort_key").fetchall()
    connection.close()
    return rows


def first_opening(clock: Clock, database: Path, art: Path) -> None:
    """A new project: when names are there, and when everything is."""
    told, began = [], time.perf_counter()

    def chunk(changes):
        told.append((time.perf_counter() - began, len(changes.added), len(changes.changed)))

    library = Library(database)
    began = time.perf_counter()
    clock("first reading, names, sizes and captions",
          lambda: library.scan([SourceFolder(path=str(art))], on_chunk=chunk))  # fmt: skip
    named = [(at, added) for at, added, _ in told if added]
    print(f"{named[0][0] * 1e3:9.1f} {'':9}  the first {named[0][1]} rows")
    print(f"{named[-1][0] * 1e3:9.1f} {'':9}  all {sum(n for _, n in named)} rows, by name")
    sizes = next(at for at, _, changed in told if changed)
    print(f"{sizes * 1e3:9.1f} {'':9}  the first sizes and captions; {len(told)} chunks")
    library.close()


def waiting(library: Library, art: Path, keys: list[int]) -> None:
    """How long an edit takes while the folder is scanned again and again."""
    stop, slowest, took = threading.Event(), 0.0, []

    def scan():
        while not stop.is_set():
            library.scan([SourceFolder(path=str(art))], on_chunk=lambda changes: None)

    thread = threading.Thread(target=scan)
    thread.start()
    for number in range(200):
        began = time.perf_counter()
        library.set_stars([keys[number]], 1 + number % 5)
        took.append(time.perf_counter() - began)
        time.sleep(0.005)
    stop.set()
    thread.join()
    took.sort()
    slowest = took[-1]
    print(f"{took[100] * 1e3:9.1f} {slowest * 1e3:9.1f}  a star while scanning: median, slowest")


def bare_writes(art: Path, names: list[str]) -> None:
    """Read and replace, without an index, undo, or anything that survives a kill."""
    for name in names:
        path = art / f"{name}.txt"
        text = path.read_text()
        temporary = path.with_name(f".{name}.tmp")
        temporary.write_text(text)
        os.replace(temporary, path)


def main() -> None:
    """Print milliseconds and ratios."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.gettempdir()) / "bench_dataset"
    art, index = root / "art", root / "index"
    make(art)
    shutil.rmtree(index, ignore_errors=True)
    database = index / "dataset.sqlite"
    clock = Clock()
    print(f"{COUNT} pictures with captions\n{'wall':>9} {'cpu':>9}")
    _, bare = clock("os.scandir and sort", lambda: listing(art), times=3)
    clock("Path.iterdir, is_file and sort", lambda: naive_listing(art), bare, times=3)
    _, reading = clock("PIL header and caption, one by one", lambda: naive_reading(art))
    first_opening(clock, database, art)
    library = Library(database)
    source = [SourceFolder(path=str(art))]
    clock("scan again, nothing changed", lambda: library.scan(source), bare, times=3)
    clock("the same against reading all", lambda: library.scan(source), reading)
    library.close()
    _, rows = clock("SELECT * of a bare connection", lambda: bare_rows(database), times=3)
    library, _ = clock("open the index", lambda: Library(database))
    pictures, _ = clock("all pictures of the index", library.pictures, rows)
    clock("all pictures once more", library.pictures, rows, times=3)
    keys = [picture.id for picture in pictures]
    clock("one star", lambda: library.set_stars(keys[:1], 4))
    clock("the one picture again", lambda: library.some(keys[:1]), times=3)
    clock("stars for all", lambda: library.set_stars(keys, 3))
    clock("undo", library.undo)
    waiting(library, art, keys)
    clock("one caption", lambda: library.set_captions({keys[0]: "one"}))
    clock("undo", library.undo)
    chosen = pictures[5000 : 5000 + RENAMED]
    names = [picture.name for picture in chosen]
    for _ in range(3):
        _, plain = clock(f"{RENAMED} bare writes", lambda: bare_writes(art, names))
        texts = {p.id: f"{p.caption}, new" for p in chosen}
        clock(f"{RENAMED} captions, one step",
              lambda texts=texts: library.set_captions(texts, Job.detached()), plain)  # fmt: skip
        clock("undo", library.undo, plain)
    library.close()


if __name__ == "__main__":
    main()
