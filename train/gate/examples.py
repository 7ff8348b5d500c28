"""The examples that the gate learns from, and those it is measured on: real pictures, and what is made from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cxr_demo.film.reading import read_image
from train.gate import films, scans
from train.gate.drawings import make_drawing
from train.gate.films import Random, finish, shrink, vary_film
from train.gate.sources import Picture

VARIED = 2  # ways that each film is seen in, beside as it is
VARIED_OTHERS = 12  # ways that each picture which is no film is seen in
BONES = 4  # as many kinds of them are met
SHARES = {  # of the films to learn from, how many are turned, and so on
    "turned": 0.5, "inverted": 0.8, "lateral": 0.8, "part": 0.9, "collage": 0.4, "screenshot": 0.4, "black viewer": 0.3,
    "nothing": 0.25,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Example:
    """`pixels` (H, W) float32 0..1; `source` says where it comes from, "made: ..." for what was made of a film or of
    nothing; `group` as of a `Picture`."""

    pixels: np.ndarray
    kind: str
    source: str
    group: str
    is_colour: bool = False


def make_training_examples(random: Random, pictures: Sequence[Picture], count: int) -> Iterator[Example]:
    """From at most `count` films and all other pictures."""
    frontal = draw_pictures(random, [picture for picture in pictures if picture.kind == "frontal"], count)
    pages = [picture.read() for picture in frontal[: min(60, len(frontal))]]
    for picture in frontal:
        film = picture.read()
        yield Example(film, "frontal", picture.source, picture.group)
        for _ in range(VARIED):
            yield Example(vary_film(random, film), "frontal", picture.source, picture.group)
        for what, share in SHARES.items():
            if random.random() < share:
                yield from make_questioned(random, what, film, pages, picture.group)
    for picture in pictures:
        if picture.kind != "frontal":
            pixels = picture.read()
            yield Example(pixels, picture.kind, picture.source, picture.group)
            for _ in range(VARIED_OTHERS):
                yield Example(_vary_other(random, pixels), picture.kind, picture.source, picture.group)


def make_side_examples(random: Random, pictures: Sequence[Picture], count: int) -> Iterator[Example]:
    """At most `count` frontal films, each as it is and varied, none of them mirrored."""
    for picture in draw_pictures(random, [picture for picture in pictures if picture.kind == "frontal"], count):
        film = picture.read()
        yield Example(film, "frontal", picture.source, picture.group)
        yield Example(vary_film(random, film, mirrored=0), "frontal", f"varied: {picture.source}", picture.group)


def draw_pictures(random: Random, pictures: Sequence[Picture], count: int) -> list[Picture]:
    """At most `count`, as many of each source as there are, or an equal number."""
    sources = sorted({picture.source for picture in pictures}, key=lambda s: sum(p.source == s for p in pictures))
    drawn: list[Picture] = []
    for left, source in zip(range(len(sources), 0, -1), sources, strict=True):
        own = [picture for picture in pictures if picture.source == source]
        chosen = random.permutation(len(own))[: (count - len(drawn)) // left]
        drawn += [own[int(k)] for k in chosen]
    return [drawn[int(k)] for k in random.permutation(len(drawn))]


def make_questioned(
    random: Random, what: str, film: np.ndarray, pages: Sequence[np.ndarray], group: str
) -> Iterator[Example]:
    """What the gate shall question, made from a film or of nothing; `what` is a key of SHARES."""
    if what == "turned":
        for quarters in (1, 2, 3):
            turned = films.turn_film(random, film, quarters)
            yield Example(turned, f"turned-{90 * quarters}", "made: turned", group)
    elif what == "inverted":
        yield Example(films.invert_film(random, film), "inverted", "made: inverted", group)
    elif what == "lateral":
        yield Example(films.make_lateral(random, film), "lateral", "made: side view", group)
    elif what == "part":
        yield Example(films.crop_part(random, film), "body-part", "made: part of a film", group)
    elif what == "collage":
        yield Example(films.make_collage(random, pages), "several-images", "made: several films", group)
    elif what == "screenshot":
        yield Example(films.make_screenshot(random, film), "several-images", "made: screenshot", group)
    elif what == "black viewer":
        yield Example(films.make_screenshot(random, film, 1.0), "several-images", "made: black viewer", group)
    else:
        for _ in range(BONES):
            yield Example(scans.make_bones(random), "body-part", "made: bones", "nothing")
        yield Example(scans.make_breast(random), "body-part", "made: breast", "nothing")
        yield Example(scans.make_ultrasound(random), "ct", "made: ultrasound", "nothing")
        yield Example(scans.make_cross_section(random), "ct", "made: cross-section", "nothing")
        yield Example(make_drawing(random), "drawing", "made: drawing", "nothing")
        yield Example(make_drawing(random), "drawing", "made: drawing", "nothing")


def _vary_other(random: Random, pixels: np.ndarray) -> np.ndarray:
    """A part of it, perhaps mirrored, exposed and exported otherwise."""
    high, wide = pixels.shape
    if random.random() < 0.6:
        part_high, part_wide = (round(side * random.uniform(0.6, 1)) for side in (high, wide))
        top, left = (int(random.integers(0, a - b + 1)) for a, b in ((high, part_high), (wide, part_wide)))
        pixels = pixels[top : top + part_high, left : left + part_wide]
    if random.random() < 0.5:
        pixels = pixels[:, ::-1]
    return finish(random, shrink(np.ascontiguousarray(pixels)))


def make_test_examples(random: Random, pictures: Sequence[Picture], every: int) -> Iterator[Example]:
    """Every picture as it is, of a film its mirror image too; of each `every`th film also one that is varied and some
    that shall be questioned, turned, inverted, beside others, on a screen, a third of them varied first."""
    frontal = [picture for picture in pictures if picture.kind == "frontal"]
    pages = [picture.read() for picture in draw_pictures(random, frontal, 40)]
    for number, picture in enumerate(pictures):
        image = read_image(picture.path)
        pixels = image.pixels
        yield Example(pixels, picture.kind, picture.source, picture.group, image.is_colour)
        if picture.kind == "frontal":
            yield Example(pixels[:, ::-1], "mirrored", picture.source, picture.group)
        if picture.kind == "frontal" and number % every == 0:
            varied = vary_film(random, pixels, mirrored=0)
            yield Example(varied, "frontal", f"varied: {picture.source}", picture.group)
            yield from _question_film(random, pixels, pages, picture.group)


def _question_film(random: Random, film: np.ndarray, pages: Sequence[np.ndarray], group: str) -> Iterator[Example]:
    if random.random() < 0.33:
        film = vary_film(random, film, mirrored=0)
    quarters = int(random.integers(1, 4))
    yield Example(np.rot90(film, quarters), f"turned-{90 * quarters}", "made: turned", group)
    yield Example(1 - film, "inverted", "made: inverted", group)
    if random.random() < 0.5:
        made = str(random.choice(["collage", "screenshot", "black viewer", "part"]))
        yield from make_questioned(random, made, film, pages, group)
