"""The names of a network's outputs -> the labels of a card, with the words that are their own."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cxr_demo.errors import CheckpointError
from cxr_demo.labels import MAX_NAME, LabelWords, get_finding, match_label
from cxr_demo.networks.card import LABEL

WORDS_EXAMPLE = '{"name": {"en": ..., "de": ...}, "gloss": {"en": ...}}'  # of one label, in the file of --words
UNUSED = ("", "-")  # in the place of an output that was never trained


@dataclass(frozen=True)
class Labels:
    """`keys` of the outputs that have a label, `places` of these among all outputs, `words` by key; `given`: the name
    that each key had; `dropped` outputs have none."""

    keys: tuple[str, ...]
    places: tuple[int, ...]
    words: dict[str, LabelWords]
    given: dict[str, str]
    dropped: int

    @property
    def unknown(self) -> tuple[str, ...]:
        """Those that lead to no finding of the house."""
        return tuple(key for key in self.keys if match_label(key) is None)


def read_names(given: Sequence[str]) -> tuple[str, ...]:
    """The values of --labels: names, or one file with a name on each line."""
    if len(given) != 1 or not Path(given[0]).is_file():
        return tuple(given)
    try:
        return tuple(Path(given[0]).read_text(encoding="utf-8-sig").rstrip("\n").split("\n"))
    except (OSError, ValueError):
        raise CheckpointError("labels-no-text", file=Path(given[0]).name) from None


def read_words(path: Path | None) -> dict[str, LabelWords]:
    """The file of --words: label -> {"name": {"en": ..., "de": ...}, "gloss": {...}}, or a name alone, for all
    languages."""
    if path is None:
        return {}
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return {label: LabelWords(**{key: _by_language(text) for key, text in words.items()})
                for label, words in facts.items()}  # fmt: skip
    except OSError as error:
        raise CheckpointError(
            "words-unreadable", file=path.name, why=str(error.strerror), example=WORDS_EXAMPLE
        ) from None
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise CheckpointError("words-none", file=path.name, example=WORDS_EXAMPLE) from None


def _by_language(text: str | dict[str, str]) -> dict[str, str]:
    return {"en": text} if isinstance(text, str) else text


def make_labels(names: Sequence[str], words: Mapping[str, LabelWords]) -> Labels:
    """`names` of all outputs, in their order. Raises CheckpointError where two are the same or none is left."""
    keys: dict[str, str] = {}
    places = []
    for place, name in enumerate(name.strip() for name in names):
        if name in UNUSED:
            continue
        key = match_label(name) or make_key(name, place)
        if key in keys:
            raise CheckpointError("labels-same", label=key, first=keys[key], second=name)
        keys[key] = name
        places.append(place)
    if not keys:
        raise CheckpointError("labels-none")
    if unknown := [label for label in words if label not in keys and label not in keys.values()]:
        raise CheckpointError("words-unknown", label=unknown[0])
    found = {key: words.get(key) or words.get(name) or name_as_given(key, name) for key, name in keys.items()}
    return Labels(tuple(keys), tuple(places), {key: own for key, own in found.items() if own}, keys,
                  len(names) - len(places))  # fmt: skip


def make_key(name: str, place: int) -> str:
    """Letters, digits, '_' and '-' of a name, as files are named by it: "Pleural Plaque" -> "Pleural_Plaque"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    key = re.sub(r"[^A-Za-z0-9_-]+", "_", plain).strip("_")[:64]
    letters = sum(character.isalnum() for character in name)
    is_kept = LABEL.fullmatch(key) and sum(character.isalnum() for character in key) >= letters / 2
    return key if is_kept else f"label_{place + 1}"


def name_as_given(key: str, name: str) -> LabelWords | None:
    """What no key can say: accents, brackets, other scripts. The findings of the house have their own names."""
    if match_label(key) or get_finding(key).name.lower() == name.lower():
        return None
    shown = "".join(character for character in name if character.isprintable())[:MAX_NAME].strip()
    return LabelWords({"en": shown}) if shown else None
