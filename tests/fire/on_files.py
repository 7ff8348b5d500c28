"""Files, checkpoints and cards under fire, without a page."""

from __future__ import annotations

import contextlib
import json
import math
import os
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from cxr_demo.analysis import Analyser
from cxr_demo.errors import CheckpointError, ImageError
from cxr_demo.film.bounded_reading import FilmReader
from cxr_demo.film.phantom import make_phantom
from cxr_demo.film.reading import Radiograph, read_image
from cxr_demo.limits import READ_SECONDS
from cxr_demo.networks import checkpoint
from tests.fire.corpus import flip_bytes, make_corpus
from tests.fire.outcome import Outcome
from tests.fire.server import ROOT

AT_ONCE = 4
NONSENSE = (None, True, -1, 0, 1e308, math.nan, "", "x" * 5000, "\0", "../..", [], [[]], {}, {"a": 1}, ["a"] * 100)


def attack_reading(place: Path, cases: Iterable[tuple[str, bytes]]) -> Outcome:
    """Each file is a film with sound pixels, or one sentence. What is made to hurt is read as the page does, in a
    process of its own. The slowest is in multiples of a film of one megapixel."""
    found, alone, times = Outcome("files of the corpus"), [], []
    reader = FilmReader()
    try:
        sound = place / "sound"
        usual = make_phantom(0, 1024).pixels
        sound.write_bytes(cv2.imencode(".png", np.rint(usual * 255).astype(np.uint8))[1].tobytes())
        for _ in range(9):
            started = time.monotonic()
            read_image(sound)
            alone.append(time.monotonic() - started)

        def read(case: tuple[str, bytes]) -> None:
            name, data = case
            path = place / str(threading.get_ident())
            path.write_bytes(data)
            started, computed = time.monotonic(), time.thread_time()
            with found.trying(name):
                try:
                    check_film(reader.read(path) if "bomb" in name else read_image(path))
                except ImageError as error:
                    assert str(error).strip() and str(path) not in str(error)
                computed = time.thread_time() - computed  # of a bomb, the reading process holds it to READ_SECONDS
                assert computed < READ_SECONDS, f"it took {computed:.1f} s of a processor"
            times.append(time.monotonic() - started)
            path.unlink()

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(read, cases))
    finally:
        reader.close()
    found.slowest = max(times) / median(alone)
    return found


def check_film(film: Radiograph) -> None:
    pixels = film.pixels
    assert pixels.dtype == np.float32 and pixels.ndim == 2 and np.isfinite(pixels).all()
    assert pixels.min() >= 0 and pixels.max() <= 1 and all(str(note).strip() for note in film.notes)


def fuzz_reading(seconds: float, seed: int) -> Outcome:
    """Files of the corpus with bytes flipped, in this process: no other error than a sentence."""
    found, sound = Outcome("files with bytes flipped, at random"), []
    for name, data in make_corpus():
        if name.startswith("stranger"):
            break  # what follows is odd already
        if len(data) < 40_000:
            sound.append((name, data))
    random, end, alone, slowest = np.random.default_rng(seed), time.monotonic() + seconds, [], 0.0
    while time.monotonic() < end:
        name, data = sound[random.integers(len(sound))]
        number = int(random.integers(2**31))
        started = time.process_time()
        with found.trying(f"{name} flipped {number}"), contextlib.suppress(ImageError):
            check_film(read_image(flip_bytes(data, number)))
        alone.append(time.process_time() - started)
        slowest = max(slowest, alone[-1])
    found.check(slowest < READ_SECONDS, f"one took {slowest:.1f} s of a processor")
    found.slowest = slowest / median(alone)
    return found


def attack_checkpoints(place: Path, seconds: float, seed: int) -> Outcome:
    """Each folder is a network that answers, or one sentence."""
    found = Outcome("checkpoints and cards")
    source = ROOT / "weights" / "phantom-honest"
    card, weights = (source / checkpoint.CARD_FILE).read_bytes(), (source / checkpoint.WEIGHTS_FILE).read_bytes()
    folder = place / "odd"
    folder.mkdir()

    def load(case: str, card_data: bytes, weights_data: bytes) -> None:
        (folder / checkpoint.CARD_FILE).write_bytes(card_data)
        (folder / checkpoint.WEIGHTS_FILE).write_bytes(weights_data)
        with found.trying(case):
            try:
                checkpoint.load(folder)
            except CheckpointError as error:
                assert str(error).strip()

    facts = json.loads(card)
    for path in list_paths(facts):
        for number, value in enumerate(NONSENSE):
            load(
                f"{'.'.join(map(str, path))} is nonsense {number}",
                json.dumps(replace(facts, path, value)).encode(),
                b"",
            )
    for data in (b"", b"{", b"[]", b"null", b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe", card[: len(card) // 2]):
        load(f"a card of {data[:9]!r}", data, weights)
    unbound = json.dumps(facts | {"weights_sha256": ""}).encode()
    for cut in range(0, 100, 9):
        load(f"weights cut at {cut} %", unbound, weights[: len(weights) * cut // 100])
    load("weights of another", card, weights[:-4] + b"\0\0\0\0")
    load("a pickle", unbound, b"\x80\x04cposix\nsystem\n(X\x04\0\0\0true\x85R.")
    random, end = np.random.default_rng(seed), time.monotonic() + seconds
    while time.monotonic() < end:
        number = int(random.integers(2**31))
        load(f"weights flipped {number}", unbound, flip_bytes(weights, number | 1))
        load(f"card flipped {number}", flip_bytes(card, number), b"")
    return found


def list_paths(value: object, path: tuple = ()) -> list[tuple]:
    """The places of a card, but of what was measured only the first few."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    inner = [each for key, child in list(children)[: 40 if not path else 3] for each in list_paths(child, (*path, key))]
    return ([path] if path else []) + inner


def replace(value, path: tuple, new: object):
    made = json.loads(json.dumps(value))
    place = made
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = new
    return made


def attack_threads(threads: int = 8, seed: int = 0) -> Outcome:
    """A map under load equals the map alone, bit by bit."""
    found = Outcome("maps in threads, beside the same alone")
    methods = ("grad-cam", "lrp-epsilon", "integrated-gradients")
    for name in ("phantom-honest", "phantom-cheat"):
        analyser = Analyser(checkpoint.load(ROOT / "weights" / name), cache_bytes=0)
        images = [make_image(number) for number in range(threads)]
        studies = [analyser.analyse(image) for image in images]
        alone = [analyser.explain(study, study.labels[:1], methods) for study in studies]
        with ThreadPoolExecutor(threads) as pool:
            again = list(pool.map(lambda study, it=analyser: it.explain(study, study.labels[:1], methods), studies))
        for number, (before, after) in enumerate(zip(alone, again, strict=True)):
            for key, map_ in before.items():
                same = np.array_equal(map_.map_square, after[key].map_square)
                found.check(same, f"{name}: {key} of film {number} is another under load")
    return found


def make_image(seed: int) -> Radiograph:
    pixels = make_phantom(seed, 256).pixels
    return Radiograph(pixels, (), os.urandom(32).hex(), "PNG")
