"""`python -m tests.bench.batch [--films N] [--weights FOLDER]`: many films through `predict`, and its memory.

Against the least that has to be done, each film read and made a square, and the network asked about BATCH squares at a
time, without the gate; and against that with what `predict` asks of each film besides, the gate's network about BATCH
pictures at a time and the lungs' about each. The three take turns of TURN films in one process, and the medians of the
ratios of each turn are printed, by the clock and in processor time. What the process holds goes up and down by some
5 % from turn to turn, so the medians of the first and the second half of them are compared.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import psutil
import torch

from cxr_demo.analysis import Analyser
from cxr_demo.commands import opening
from cxr_demo.evaluation.lung_segmentation import Lungs
from cxr_demo.export.film_answers import answer_films
from cxr_demo.export.film_records import make_record
from cxr_demo.export.predictions import predict_film
from cxr_demo.film.borders import trim_borders
from cxr_demo.film.phantom import make_phantom
from cxr_demo.film.reading import Radiograph, read_image
from cxr_demo.networks import checkpoint
from cxr_demo.networks.checkpoint import Checkpoint
from cxr_demo.networks.folding import fold_network
from cxr_demo.networks.gate_net import GateNet, squeeze_picture
from cxr_demo.networks.memory import begin_with_large_pages

BATCH, TURN, DIFFERENT, SIZE_PX = 8, 40, 8, 512
Seconds = tuple[float, float]
"""By the clock, and of the processor."""


def measure(work: Callable[[], object]) -> Seconds:
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processor


def ask_plainly(loaded: Checkpoint, names: Sequence[str], look: Callable[[Sequence[Radiograph]], object]) -> None:
    """`look` is what is done with BATCH films besides."""
    preprocess = loaded.card.preprocess
    for first in range(0, len(names), BATCH):
        images = [read_image(name) for name in names[first : first + BATCH]]
        look(images)
        squares = np.stack([preprocess.square(image.pixels) for image in images])
        with torch.inference_mode():
            loaded.model(torch.from_numpy(preprocess.normalise(squares[:, None]))).sigmoid().numpy()


def ask_models(gate: GateNet, lungs: Lungs, images: Sequence[Radiograph]) -> None:
    insides = [trim_borders(image.pixels) for image in images]
    with torch.inference_mode():
        gate(torch.from_numpy(np.stack([squeeze_picture(inside) for inside in insides])[:, None]))
    for inside in insides:
        lungs.probability(inside)


def predict(analyser: Analyser, names: Sequence[str], records: Path) -> None:
    found = answer_films(
        names, lambda name, say: opening.open_image(name, (), say, BATCH), True,
        lambda film: predict_film(analyser, film), BATCH,
    )  # fmt: skip
    with records.open("a", encoding="utf-8") as written:
        for prediction in found:
            assert "error" not in prediction.facts
            written.write(make_record(prediction.facts, analyser.sha256, {}) + "\n")


def compare(films: int, loaded: Checkpoint, folder: Path) -> None:
    names = [str(folder / f"{place}.png") for place in range(films)]
    for place in range(DIFFERENT):
        pixels = cv2.resize(make_phantom(place, 128).pixels, (SIZE_PX, SIZE_PX))
        cv2.imwrite(str(folder / f"film-{place}.png"), np.rint(pixels * 255).astype(np.uint8))
    for place, name in enumerate(names):
        Path(name).symlink_to(folder / f"film-{place % DIFFERENT}.png")
    analyser = Analyser(loaded, squares_at_once=BATCH, turns=opening.get_turns(True), is_folded=True)
    gate, lungs = opening.load_gate_models(BATCH)
    assert gate and lungs
    folded = fold_network(gate.net).to(memory_format=torch.channels_last)
    records, memory, turns = folder / "records.jsonl", [], []
    ask_plainly(loaded, names[:BATCH], lambda images: ask_models(folded, lungs, images))  # what is made once
    for first in range(0, films, TURN):
        some = names[first : first + TURN]
        turns.append((
            measure(lambda some=some: ask_plainly(loaded, some, lambda images: None)),
            measure(lambda some=some: ask_plainly(loaded, some, lambda images: ask_models(folded, lungs, images))),
            measure(lambda some=some: predict(analyser, some, records)),
        ))  # fmt: skip
        memory.append(psutil.Process().memory_info().rss / 2**20)
    assert len({json.loads(line)["file"] for line in records.read_text(encoding="utf-8").splitlines()}) == films
    for kind, name in enumerate(("by the clock", "of the processor")):
        plain, asked = (median(turn[2][kind] / turn[which][kind] for turn in turns) for which in (0, 1))
        print(f"predict of {films} films {name}: {plain:.2f} of reading and batched forwards (goal: 1.3), ", end="")
        print(f"{asked:.2f} of the same with gate and lungs")
    half = len(memory) // 2
    begun, ended = median(memory[: max(1, half)]), median(memory[half:])
    print(f"memory, median of the turns: {begun:.0f} MB in the first half, {ended:.0f} MB in the second: ", end="")
    print(f"{ended / begun - 1:+.1%} (goal: at most +2 %), at most {max(memory):.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--films", type=int, default=1000)
    parser.add_argument("--weights", help="as of `predict`")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        compare(options.films, checkpoint.load(options.weights), Path(folder))


if __name__ == "__main__":
    begin_with_large_pages()  # as the command does
    main()
