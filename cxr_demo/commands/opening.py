"""What commands open: films with what the gate says of them, and the network that is asked."""

from __future__ import annotations

import argparse
import functools
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from cxr_demo.analysis import Analyser
    from cxr_demo.evaluation.lung_segmentation import Lungs
    from cxr_demo.film.gate import GateAnswer
    from cxr_demo.film.reading import Radiograph
    from cxr_demo.networks.card import Card
    from cxr_demo.networks.gate_net import Gate
    from cxr_demo.networks.turns import Turns

_LOADING = threading.Lock()


def open_image(
    name: str, mends: Iterable[str] = (), say: Callable[[str], None] | None = None, at_once: int = 1
) -> tuple[Radiograph, GateAnswer]:
    """The image, mended, and what the gate says of it; the notes of the file and all doubts are said. `at_once`: as
    many pictures as the gate's network may be asked about together."""
    from cxr_demo.film.gate import GateAnswer, Mend, Verdict, judge_image, mend_image
    from cxr_demo.film.reading import read_image
    from cxr_demo.teaching.planted import read_synthetic

    if (synthetic := read_synthetic(name)) is not None:
        return synthetic, GateAnswer(Verdict.USUAL, ())
    image = read_image(name)
    for mend in mends:
        image = mend_image(image, Mend(mend))
    answer = judge_image(image, *load_gate_models(at_once))
    for sentence in (*image.notes, *(f"{doubt.sentence} {doubt.measure}" for doubt in answer.doubts)):
        (say or complain)(f"{name}: {sentence}")
    return image, answer


def open_prior(options: argparse.Namespace, mends: Iterable[str] = ()) -> tuple[str, Radiograph]:
    """The name and the image of the other film, which --mend leaves as it is."""
    from cxr_demo.film.gate import check_answer

    image, answer = open_image(options.prior, mends)
    check_answer(answer, options.anyway)
    return Path(options.prior).name, image


def find_label(card: Card, name: str) -> str:
    """The key of a label that goes by this name; what is none is left for the refusal that lists the keys."""
    return card.find_label(name) or name


def load_gate_models(at_once: int = 1) -> tuple[Gate | None, Lungs | None]:
    """Those beside the checkpoints."""
    from cxr_demo.networks import checkpoint

    with _LOADING:  # whoever wants them meanwhile waits, and does not load its own
        return _load_models(checkpoint.get_weights_root(), max(1, at_once))


@functools.cache
def _load_models(root: Path, at_once: int) -> tuple[Gate | None, Lungs | None]:
    from cxr_demo.evaluation.lung_segmentation import load_lungs
    from cxr_demo.networks.gate_net import load_gate

    turns = get_turns(at_once > 1)
    return load_gate(root / "gate", turns, at_once), load_lungs(root / "lungs", turns, at_once)


@functools.cache
def get_turns(are_shared: bool) -> Turns:
    """Of all networks of this process. Shared, each has a part of the cores while others wait, and the last bits of
    what it says depend on who does; otherwise one after the other has all of them, and says the same at every time."""
    import torch

    from cxr_demo.networks.turns import Turns

    return Turns(torch.get_num_threads() if are_shared else 0)


def load_analyser(
    weights: str | None, as_written: Collection[str] = (), squares_at_once: int | None = None
) -> Analyser:
    from cxr_demo.analysis import SQUARES_AT_ONCE, Analyser
    from cxr_demo.explain.proof_cache import get_proof_folder
    from cxr_demo.networks import checkpoint

    are_many = (squares_at_once or 1) > 1
    return Analyser(
        checkpoint.load(weights), proofs=get_proof_folder(), as_written=as_written, turns=get_turns(are_many),
        squares_at_once=squares_at_once or SQUARES_AT_ONCE, is_folded=are_many,
    )  # fmt: skip


def complain(sentence: str) -> None:
    print(sentence, file=sys.stderr)
