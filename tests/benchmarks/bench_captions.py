"""Tags of 20,000 captions changed at once, completion over 150,000 tags, near misses, tokens.

python tests/benchmarks/bench_captions.py
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from engine.dataset import tags
from engine.dataset.batch import (
    AddTags,
    Dedupe,
    DeleteTags,
    MergeTags,
    MoveFirst,
    Prefix,
    RenameTags,
    Replace,
    SetTrigger,
    Sort,
    preview,
)
from engine.dataset.completion import KnownTags, TagIndex
from engine.dataset.similar import similar
from engine.dataset.tag_lists import parse_tag_list
from engine.dataset.token_counts import TokenCounter

CAPTIONS = 20_000
ROWS = 150_000
LETTERS = "abcdefghijklmnopqrstuvwxyz"
PARTS = ("ha", "ir", "gi", "rl", "ey", "es", "bo", "ok", "sh", "irt", "long", "re", "d", "blu", "e")


def captions(chance: random.Random) -> tuple[list[str], dict[int, str]]:
    """Tags, and captions of 5 to 30 of them."""
    known = [
        "".join(chance.choices(LETTERS, k=chance.randint(3, 9)))
        + chance.choice(("", "", " hair", "_eyes"))
        for _ in range(8000)
    ]
    some = (", ".join(chance.choices(known, k=chance.randint(5, 30))) for _ in range(CAPTIONS))
    return known, dict(enumerate(some))


def word(chance: random.Random) -> str:
    return "".join(chance.choices(PARTS, k=chance.randint(1, 4)))


def tag_list(chance: random.Random) -> bytes:
    """A list as large as Danbooru's, with aliases."""
    lines = ["name,category,post_count,aliases"]
    for n in range(ROWS):
        name = "_".join(word(chance) for _ in range(chance.randint(1, 3))) + str(n % 97)
        other = ",".join(word(chance) + "_x" for _ in range(chance.randint(0, 3)))
        lines.append(f'{name},{n % 6},{4_000_000 // (n + 1)},"{other}"')
    return "\n".join(lines).encode()


def milliseconds(work, times: int = 3) -> float:
    """The best of a few runs, in processor time of this thread."""
    best = 1e9
    for _ in range(times):
        began = time.thread_time()
        work()
        best = min(best, time.thread_time() - began)
    return best * 1e3


def naive(texts: dict[int, str]) -> list[str]:
    """What other tools do for any change: take all apart and write all anew."""
    return [
        ", ".join(tag for part in text.split(",") if (tag := part.strip()))
        for text in texts.values()
    ]


def main() -> None:
    """Print milliseconds, and ratios to taking all captions apart."""
    chance = random.Random(1)
    known, texts = captions(chance)
    floor = milliseconds(lambda: naive(texts))
    counts = dict(tags.counts(texts.values()))
    print(f"{CAPTIONS} captions; milliseconds, and times taking all apart ({floor:.0f} ms)")
    operations = (
        RenameTags(old=(known[3],), new=known[4]),
        MergeTags(tags=(known[3], known[9]), into="one tag"),
        DeleteTags(tags=(known[3],)),
        Replace(find="hair", replacement="fur"),
        Replace(find=r"\bab\w+ hair", replacement="fur", regex=True),
        AddTags(tags=("new",)),
        AddTags(tags=("new",), position="first"),
        Prefix(text="mine, "),
        Sort(),
        Sort(by="count"),
        Dedupe(),
        MoveFirst(tags=(known[3],)),
        SetTrigger(old="old", new="new"),
    )
    for one in operations:
        took = milliseconds(lambda one=one: preview(one, texts, counts=counts))
        changed = len(preview(one, texts, counts=counts).changes)
        print(f"{took:8.0f} {took / floor:6.1f}  {one.kind}: {changed} captions changed")
    print(f"{milliseconds(lambda: tags.counts(texts.values())):8.0f}         counting all tags")

    data = tag_list(chance)
    print(f"{ROWS} tags of a list")
    print(f"{milliseconds(lambda: parse_tag_list(data), 1):8.0f}         reading")
    read = parse_tag_list(data)
    print(f"{milliseconds(lambda: KnownTags([read]), 1):8.0f}         building, in a worker")
    lists = KnownTags([read])
    print(f"{lists.words.nbytes / 1e6:8.1f} MB      memory")
    own = list(counts.items())
    index = TagIndex(own, lists)
    print(f"{milliseconds(lambda: index.with_own(own)):8.1f}         other tags of the dataset")
    for typed in ("h", "ha", "hair", "long_hair", "longlongx", "qzq", "irl"):
        took = milliseconds(lambda typed=typed: index.complete(typed))
        print(f"{took:8.1f}         completing {typed!r}: {len(index.complete(typed))}")
    took = milliseconds(lambda: similar("blue_eyes", counts))
    print(f"{took:8.1f}         near misses of one tag among {len(counts)}")
    some = list(texts.values())[:2000]
    began = time.perf_counter()
    TokenCounter().counts(some)
    took = (time.perf_counter() - began) / len(some) * 1e6
    print(f"{took:8.0f} µs      tokens of one caption, when first counted")


if __name__ == "__main__":
    main()
