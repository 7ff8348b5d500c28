"""The folder of a small model that is no classifier, the gate's or the lungs': weights, and a card of its own name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cxr_demo.errors import CheckpointError

Taken = TypeVar("Taken")


def read_small_card(
    folder: Path, card_file: str, take: Callable[[dict], Taken], hint: str
) -> tuple[dict, Taken] | None:
    """The card, and what `take` reads from it; None where the folder has none.

    Raises:
        CheckpointError: the card cannot be read, lacks an entry or the hash of its weights, or `take` raised a
            ValueError; the message says why, and `hint` what to do.
    """
    path = folder / card_file
    if not path.is_file():
        return None
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(card["weights_sha256"], str):
            raise ValueError("weights_sha256 is no text")
        return card, take(card)
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise CheckpointError(f"The {card_file} of {folder.name} cannot be used: {error}.", hint) from None
