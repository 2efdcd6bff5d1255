"""Opens spoiled copies of a document in a process of its own, and tells what that cost.

``python -m tests.engine.canvas.opened_hostile FILE`` prints JSON: how many copies opened and were
refused, sentences that were none, the most memory (bytes) over that of the sound file, and the
copy that took longest (processor seconds).
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from engine.canvas.incoming import load_foreign
from engine.runtime.errors import PictureError

HUGE = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\xff\xff\xff", b"\xff\xff\xff\x7f")
WORDS = 60


def spoiled(whole: bytes) -> Iterator[bytes]:
    """The file cut at every twentieth, with bytes turned over, and with words that claim to be
    huge: of its first kilobytes each, of the rest some.
    """
    for part in range(20):
        yield whole[: len(whole) * part // 20]
    chance = random.Random(9)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 30)):
            data[chance.randrange(len(data))] ^= 0xFF
        yield bytes(data)
    first = list(range(0, min(len(whole) - 4, 1200), 12))
    places = first + [chance.randrange(len(whole) - 4) for _ in range(WORDS)]
    for number, at in enumerate(places):
        yield whole[:at] + HUGE[number % len(HUGE)] + whole[at + 4 :]


def most_memory() -> int:
    """The most this process has held so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(path: Path) -> None:
    """Open all spoiled copies of ``path``."""
    whole = path.read_bytes()
    load_foreign(path)
    before, opened, refused, wrong, slowest = most_memory(), 0, 0, [], 0.0
    for number, data in enumerate(spoiled(whole)):
        copy = path.with_name(f"spoiled{path.suffix}")
        copy.write_bytes(data)
        began = time.process_time()
        try:
            load_foreign(copy)
            opened += 1
        except PictureError as error:
            refused += 1
            if "\n" in str(error) or copy.name not in str(error):
                wrong.append(str(error))
        except BaseException as error:
            wrong.append(f"{number}: {error!r}")
        slowest = max(slowest, time.process_time() - began)
    facts = {"opened": opened, "refused": refused, "wrong": wrong, "slowest": slowest}
    print(json.dumps(facts | {"memory": most_memory() - before}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
