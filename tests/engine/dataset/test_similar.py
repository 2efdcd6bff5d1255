from __future__ import annotations

import itertools

import pytest

from engine.dataset.similar import distance, similar

COUNTS = {
    "blue eyes": 50,
    "Blue_Eyes": 1,
    "red eyes": 9,
    "1girl": 80,
    "2girls": 7,
    "fox": 4,
    "box": 3,
    "hat (cap)": 6,
    "longhair": 2,
    "berries": 5,
    "background": 30,
}


def found(tag):
    return [(one.tag, one.reason) for one in similar(tag, COUNTS)]


@pytest.mark.parametrize(
    ("tag", "meant"),
    [
        ("blue_eyes", [("blue eyes", "spelling"), ("Blue_Eyes", "spelling")]),
        ("blue eye", [("blue eyes", "plural"), ("Blue_Eyes", "plural")]),
        ("bleu eyes", [("blue eyes", "slip"), ("Blue_Eyes", "slip")]),
        ("long hair", [("longhair", "spelling")]),
        (r"Hat \(cap\)", [("hat (cap)", "spelling")]),
        ("berry", [("berries", "plural")]),
        ("foxes", [("fox", "plural")]),
        ("bakcgruond", [("background", "slip")]),
        ("bakgroundd", [("background", "slip")]),
        ("1gril", [("1girl", "slip")]),
    ],
)
def test_what_may_be_meant_is_found(tag, meant):
    assert found(tag) == meant


@pytest.mark.parametrize(
    "tag", ["fex", "3girls", "backgrnd", "background", "green eyes", "", "completely"]
)
def test_other_tags_are_left_alone(tag):
    assert found(tag) == []


def test_a_tag_is_not_similar_to_itself():
    assert "blue eyes" not in dict(found("blue eyes"))


def test_the_likeliest_come_first():
    assert found("blue eyes") == [("Blue_Eyes", "spelling")]
    many = {f"abcdefgh{letter}": n for n, letter in enumerate("stuvwxyz")}
    assert [one.count for one in similar("abcdefgh", many, 2)] == [0, 7]


def test_distance_is_that_of_the_definition():
    words = ["".join(letters) for n in range(4) for letters in itertools.product("ab", repeat=n)]
    for one, other in itertools.product(words, repeat=2):
        assert distance(one, other, 9) == slips(one, other)
        assert distance(one, other, 1) == (slips(one, other) if slips(one, other) <= 1 else None)


def slips(one, other):
    if not one or not other:
        return len(one) + len(other)
    options = [
        slips(one[:-1], other) + 1,
        slips(one, other[:-1]) + 1,
        slips(one[:-1], other[:-1]) + (one[-1] != other[-1]),
    ]
    if len(one) > 1 and len(other) > 1 and (one[-1], one[-2]) == (other[-2], other[-1]):
        options.append(slips(one[:-2], other[:-2]) + 1)
    return min(options)
