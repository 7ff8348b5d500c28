"""A film as the page shows it: made once when it is read, and named by its digest from then on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from cxr_demo import render
from cxr_demo.film.reading import Radiograph
from cxr_demo.text.catalogue import Said
from cxr_demo.ui import image_encoding
from cxr_demo.ui.parts import make_id
from cxr_demo.ui.viewer.deep_film import DeepFilm, offer_deep_film, offer_windows

THUMBNAIL_PX = 96  # twice what the strip shows, for screens of fine pixels


@dataclass(frozen=True)
class FilmPictures:
    """`picture` and `outlines`, of what was planted in a synthetic film, are ids of `bodies`; `thumbnail` is a data
    URI; `deep` is the film in its full depth, if there is more than the picture holds, and `windows` the other windows
    of its file, by `window_names` with the one that was applied, where there is a choice."""

    name: Said
    picture: str
    outlines: str | None
    thumbnail: str
    bodies: dict[str, dict]
    deep: DeepFilm | None = None
    windows: DeepFilm | None = None
    window_names: tuple[Said, ...] = ()


def make_film_pictures(name: Said, image: Radiograph, truth: Mapping[str, np.ndarray]) -> FilmPictures:
    film = {"source": image_encoding.encode_film(image.pixels)}
    lines = {"source": image_encoding.encode_outlines(truth.values())} if truth else None
    bodies = {make_id(body): body for body in (film, lines) if body}
    height, width = image_encoding.fit_shape(image.pixels.shape, THUMBNAIL_PX)
    small = cv2.resize(image.pixels, (width, height), interpolation=cv2.INTER_AREA)
    thumbnail = image_encoding.encode_png(render.make_greys(small))
    names = image.windows.names if image.windows else ()
    return FilmPictures(
        name, make_id(film), make_id(lines) if lines else None, thumbnail, bodies,
        offer_deep_film(image), offer_windows(image), names,
    )  # fmt: skip
