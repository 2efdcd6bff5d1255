from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from engine.validation.features_cache import FeatureCache, content_key

PICTURES = [np.full((4, 4, 3), value, np.uint8) for value in range(5)]
KEYS = [content_key(picture) for picture in PICTURES]


class Maker:
    """Describes, and counts how many pictures it was asked for."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, pictures: list[np.ndarray]) -> np.ndarray:
        self.count += len(pictures)
        return np.array([[picture.mean(), 1.0] for picture in pictures], np.float32)


def get(cache: FeatureCache, make: Maker, maker: str = "one") -> list[float]:
    return cache.get(KEYS, maker, PICTURES.__getitem__, make)[:, 0].tolist()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "features.sqlite"


def test_a_picture_is_described_once_also_by_another_process(path: Path) -> None:
    make = Maker()
    for _ in range(2):
        assert get(FeatureCache(path), make) == [0, 1, 2, 3, 4]
    assert make.count == 5
    get(FeatureCache(path), make, "another maker")
    assert make.count == 10
    assert FeatureCache(path).missing([*KEYS, "new"], "one") == {"new"}


def test_a_damaged_entry_is_made_again(path: Path) -> None:
    make = Maker()
    get(FeatureCache(path), make)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE vectors SET data = x'00112233' WHERE key = ?", (KEYS[2],))
        database.execute("UPDATE vectors SET shape = '999' WHERE key = ?", (KEYS[3],))
    assert get(FeatureCache(path), make) == [0, 1, 2, 3, 4]
    assert make.count == 7
    get(FeatureCache(path), make)
    assert make.count == 7


@pytest.mark.parametrize("rubbish", [b"", b"no database at all" * 300])
def test_a_file_that_is_no_database_is_replaced(path: Path, rubbish: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(rubbish)
    make = Maker()
    for _ in range(2):
        assert get(FeatureCache(path), make) == [0, 1, 2, 3, 4]
    assert make.count == 5


def test_a_database_that_breaks_in_the_middle_costs_time_only(path: Path) -> None:
    get(FeatureCache(path), Maker())
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    for _ in range(2):
        assert get(FeatureCache(path), Maker()) == [0, 1, 2, 3, 4]


def test_where_nothing_can_be_kept_everything_is_still_described(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    make = Maker()
    assert get(FeatureCache(tmp_path / "file" / "features.sqlite"), make) == [0, 1, 2, 3, 4]
    memory = FeatureCache()
    for _ in range(2):
        assert get(memory, make) == [0, 1, 2, 3, 4]
    assert make.count == 10


def test_pictures_are_told_apart_by_content_and_size() -> None:
    assert len(set(KEYS)) == 5
    assert content_key(PICTURES[1]) == content_key(PICTURES[1].copy())
    assert content_key(PICTURES[1]) != content_key(PICTURES[1].reshape(2, 8, 3))
