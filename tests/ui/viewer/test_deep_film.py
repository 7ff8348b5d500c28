"""The film in its full depth: what a browser gets, and how long."""

from __future__ import annotations

import gc
import struct
import zlib

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from cxr_demo.film.reading import Radiograph
from cxr_demo.ui.viewer import deep_film
from cxr_demo.ui.viewer.deep_film import (
    DEEP_SIDE_PX,
    NO_GREYS,
    encode_deep_film,
    make_levels,
    offer_deep_film,
    send_deep_film,
)


def make_image(pixels: np.ndarray) -> Radiograph:
    return Radiograph(pixels.astype(np.float32), (), "0" * 64, "PNG")


def decode(body: bytes) -> np.ndarray:
    """As the browser does it: (H, W) uint16."""
    return decode_all(body)[0]


def decode_all(body: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Levels (H, W) and greys (N, 65536), uint16."""
    width, height, count = struct.unpack("<III", body[:12])
    planes = np.frombuffer(zlib.decompress(body[12:]), np.uint8).astype(np.uint16)
    parts, found = (planes[: 2 * width * height], planes[2 * width * height :]), []
    for part, shape in zip(parts, ((height, width), (count, 65536)), strict=True):
        low, high = part.reshape(2, *shape)
        found.append(np.cumsum(low | high << 8, axis=1, dtype=np.uint16))
    return found[0], found[1]


def test_every_level_of_16_bits_arrives():
    levels = np.random.default_rng(0).integers(0, 65536, (37, 53), np.uint16)
    greys = np.random.default_rng(1).integers(0, 65536, (2, 65536), np.uint16)
    found = decode_all(encode_deep_film(make_levels((levels / 65535).astype(np.float32)), greys))
    assert np.array_equal(found[0], levels) and np.array_equal(found[1], greys)


def test_a_very_large_film_is_halved_by_area():
    film = np.tile(np.array([[0, 1], [1, 0]], np.float32), (16, DEEP_SIDE_PX))
    assert make_levels(film).shape == (16, DEEP_SIDE_PX) and np.unique(make_levels(film)).tolist() == [32768]
    large = np.rint(film * 65535).astype(np.uint16)
    assert decode(encode_deep_film(large, NO_GREYS)).shape == (16, DEEP_SIDE_PX)


@pytest.mark.parametrize(
    ("film", "is_deeper"),
    [
        (np.arange(256).reshape(16, 16) / 255, False),
        (np.arange(256).reshape(16, 16) / 4095, True),
        (np.zeros((2000, 900)), True),
    ],
)
def test_only_a_film_that_is_more_than_its_picture_is_offered(film, is_deeper):
    image = make_image(film)
    assert (offer_deep_film(image) is not None) == is_deeper


def test_it_is_sent_by_its_name_as_long_as_the_film_is_kept():
    client = TestClient(Starlette(routes=[Route("/{name}", send_deep_film)]))
    image = make_image(np.full((40, 30), 1000 / 65535))
    film, again = offer_deep_film(image), offer_deep_film(image)
    assert film is not None and again is not None and again.name != film.name, "another page has another name"
    name = film.name
    answer = client.get(f"/{name}")
    assert answer.status_code == 200 and np.unique(decode(answer.content)).tolist() == [1000]
    assert client.get("/guessed").status_code == 404
    del film
    gc.collect()
    assert client.get(f"/{name}").status_code == 404


def test_a_film_is_encoded_once_however_often_it_is_asked_for_and_only_so_many_are_kept(monkeypatch):
    client = TestClient(Starlette(routes=[Route("/{name}", send_deep_film)]))
    encoded = []
    monkeypatch.setattr(deep_film, "encode_deep_film", lambda levels, _: encoded.append(levels.shape) or b"x" * 40)
    monkeypatch.setattr(deep_film, "DEEP_CACHE_BYTES", 100)
    images = [make_image(np.full((40, 30), level / 65535)) for level in (1000, 2000, 3000)]
    films = [offer_deep_film(image) for image in images]
    names = [film.name for film in films if film is not None]
    assert [len(client.get(f"/{name}").content) for name in (names[0], names[0], names[1], names[0])] == [40] * 4
    assert len(encoded) == 2
    client.get(f"/{names[2]}")  # the one that was not asked for longest leaves
    client.get(f"/{names[0]}")
    assert len(encoded) == 3
    client.get(f"/{names[1]}")
    assert len(encoded) == 4
    films.clear()
    gc.collect()
    assert not set(names) & set(deep_film._BODIES)
