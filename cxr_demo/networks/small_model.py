"""The folder of a small model that is no classifier, the gate's or the lungs': weights, and a card of its own name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cxr_demo.errors import CheckpointError, describe_cause
from cxr_demo.text.catalogue import say

Taken = TypeVar("Taken")


def read_small_card(folder: Path, card_file: str, take: Callable[[dict], Taken]) -> tuple[dict, Taken] | None:
    """The card, and what `take` reads from it; None where the folder has none.

    Raises:
        CheckpointError: the card cannot be read, lacks an entry or the hash of its weights, or `take` raised a
            ValueError; the message says why, and how it is made anew: with the recipe that is called as the folder.
    """
    path = folder / card_file
    if not path.is_file():
        return None
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(card["weights_sha256"], str):
            raise ValueError(say("card-entry-text", entry="weights_sha256"))
        return card, take(card)
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise CheckpointError(
            "small-card-unusable",
            file=card_file,
            name=folder.name,
            why=describe_cause(error),
            recipe=Path(card_file).stem,
        ) from None
