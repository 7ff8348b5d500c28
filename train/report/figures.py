"""The same films under every network of a system: one Grad-CAM each, in one picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cxr_demo.analysis import Analyser
from cxr_demo.errors import ImageError
from cxr_demo.film.reading import Radiograph, read_image
from cxr_demo.networks.checkpoint import load, read_card
from cxr_demo.render import choose_scale, draw_overlay
from train.data.datasets import DATASETS
from train.measure.plots import choose_drawable, save_figure
from train.recipe import System
from train.report.run_report import get_run_name

PICTURE_FILE = "grad-cam.png"
METHOD = "grad-cam"
SIDE_PX = 160


def summarise_maps(system: System, folder: Path, data: Path) -> None:
    """Grad-CAM of the true label, one row per network, one column per label: the first test film of each."""
    films = _films(system.recipes[0].dataset, data)
    rows, card = {}, read_card(folder / get_run_name(system.recipes[0].name))
    for recipe in system.recipes:
        analyser = Analyser(load(folder / get_run_name(recipe.name)), cache_bytes=0)
        rows[get_run_name(recipe.name)] = [_picture(analyser, image, label) for label, image in films.items()]
    columns = {"film": [cv2.resize(image.pixels, (SIDE_PX, SIDE_PX)) for image in films.values()], **rows}
    figure = Figure(figsize=(1.5 * len(films) + 1.5, 1.5 * len(columns)), layout="constrained")
    FigureCanvasAgg(figure)
    cells = figure.subplots(len(columns), len(films), squeeze=False)
    for line, (name, pictures) in zip(cells, columns.items(), strict=True):
        line[0].set_ylabel(name, fontsize=6)
        for cell, picture in zip(line, pictures, strict=True):
            cell.imshow(picture, cmap="gray")
            cell.set(xticks=[], yticks=[])
    for cell, label in zip(cells[0], films, strict=True):
        cell.set_title(choose_drawable(card.get_finding(label).name, label), fontsize=7)
    save_figure(figure, folder / PICTURE_FILE, 110)


def _films(dataset: str, data: Path) -> dict[str, Radiograph]:
    table = DATASETS[dataset].read(data)
    test = table.where(table.split == "test")
    firsts = {label: np.flatnonzero(test.targets[:, k] == 1) for k, label in enumerate(test.labels)}
    films = {label: _first_readable(test.paths[rows]) for label, rows in firsts.items()}
    return {label: film for label, film in films.items() if film is not None}


def _first_readable(paths: np.ndarray) -> Radiograph | None:
    for path in paths:
        try:
            return read_image(path)
        except ImageError:  # named when it was packed
            continue
    return None


def _picture(analyser: Analyser, image: Radiograph, label: str) -> np.ndarray:
    """(SIDE_PX, SIDE_PX, 3) uint8; the bare film where the network cannot explain or holds nothing for the label."""
    study = analyser.analyse(image)
    film = cv2.resize(image.pixels, (SIDE_PX, SIDE_PX))
    if METHOD in analyser.proof.refusals:
        return cv2.cvtColor(np.rint(film * 255).astype(np.uint8), cv2.COLOR_GRAY2RGB)
    map_ = analyser.explain(study, [label], [METHOD])[METHOD, label]
    map_image = analyser.card.preprocess.map_to_image(map_.map_square, image.pixels.shape, map_.placement)
    return draw_overlay(
        film, cv2.resize(map_image, (SIDE_PX, SIDE_PX)), choose_scale(map_.map_square, "positive", map_.unit), 0.7
    )
