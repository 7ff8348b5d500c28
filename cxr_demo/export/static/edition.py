"""The folder of the static edition: networks as graphs, words, films, and the page that shows them."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import cxr_demo
from cxr_demo import limits, render
from cxr_demo.errors import CxrError
from cxr_demo.explain.engine import AnyExplainer, make_explainer
from cxr_demo.explain.methods import METHODS
from cxr_demo.explain.proof_cache import get_proof_folder
from cxr_demo.export.output import check_new_file, write_new_file
from cxr_demo.export.static import graphs, manifest, page_files, recording
from cxr_demo.export.static.deck_files import write_deck
from cxr_demo.export.static.gate_files import write_gate
from cxr_demo.export.static.manifest_files import MANIFEST_FILE, measure_folder, write_graph_file, write_json
from cxr_demo.export.static.png_files import write_layer, write_png
from cxr_demo.export.static.single_file import pack_edition
from cxr_demo.film.phantom import make_example_phantoms
from cxr_demo.networks import checkpoint as checkpoints
from cxr_demo.networks.checkpoint import WEIGHTS_FILE, Checkpoint
from cxr_demo.progress import ProgressCallback, ignore_progress
from cxr_demo.teaching.deck_file import find_bundled_decks, read_deck
from cxr_demo.teaching.planted import HONEST, list_planted
from cxr_demo.text.catalogue import LANGUAGES

EDITION_FILE, ANSWERS = "edition.json", "answers"
LIMITS = (  # of `limits`, those that the page keeps too
    "MAX_FILE_BYTES", "MAX_PIXELS", "MAX_ASPECT", "MAX_WINDOWS", "MAX_REGIONS", "MAX_POINTS", "MAX_FILMS",
    "READ_SECONDS", "SLOW_FORWARDS", "KEPT_MINUTES",
)  # fmt: skip


def write_edition(
    folder: Path, networks: Sequence[str], on_progress: ProgressCallback = ignore_progress, overwrite: bool = False
) -> None:
    """All files but those of golden cases. `networks`: names of checkpoints, the first of which is shown first unless
    HONEST is among them. CxrError where an earlier edition or anything else lies there, a network cannot be recorded or
    the disk refuses."""
    if not overwrite and (folder / EDITION_FILE).exists():
        raise CxrError("static-earlier", folder=str(folder))
    if not overwrite and folder.is_dir() and any(folder.iterdir()):
        raise CxrError("static-foreign", folder=str(folder))
    opened = [checkpoints.load(name) for name in networks]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / EDITION_FILE).unlink(missing_ok=True)
        listed = []
        for place, checkpoint in enumerate(opened):
            explainer = make_explainer(checkpoint, get_proof_folder())
            listed.append(write_network(folder / "networks" / checkpoint.card.name, checkpoint, explainer))
            on_progress(place + 1, len(opened))
        gate = write_gate(folder / "gate", checkpoints.get_weights_root() / "gate")
        names = [each["name"] for each in listed]
        decks = [read_deck(path) for path in find_bundled_decks()]
        for deck in decks:
            write_deck(folder / "decks" / deck.name, deck, names)
        examples = _write_examples(folder)
        _write_texts(folder / "texts")
        page_files.copy_page(folder)
        facts = describe_edition(listed, HONEST if HONEST in names else names[0])
        write_json(
            folder / EDITION_FILE, facts | {"gate": gate, "decks": [deck.name for deck in decks], "examples": examples}
        )
    except OSError as error:
        raise CxrError("out-not-written", why=str(error.strerror)) from error


def write_single(
    path: Path, networks: Sequence[str], on_progress: ProgressCallback = ignore_progress, overwrite: bool = False
) -> None:
    """The same as one HTML file. CxrError also where a file lies there."""
    check_new_file(path, overwrite)
    with tempfile.TemporaryDirectory() as folder:
        write_edition(Path(folder), networks, on_progress)
        write_new_file(path, pack_edition(Path(folder)))


def write_network(folder: Path, checkpoint: Checkpoint, explainer: AnyExplainer) -> dict[str, Any]:
    """The graphs of one network, its weights as they are and its manifest; returns what the edition says of it."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(checkpoint.folder / WEIGHTS_FILE, folder / WEIGHTS_FILE)
    places, refused = graphs.find_tensors(folder / WEIGHTS_FILE), explainer.proof.refusals
    made = {ANSWERS: recording.record_answers(checkpoint, explainer.find_member_placements("grad-cam"))}
    described: dict[str, dict[str, Any]] = {}
    for key in (ANSWERS, *list_recorded()):
        if key in refused:
            continue
        recorded = made.get(key) or recording.record_relevance(checkpoint, key)
        data = graphs.write_graph(recorded, places, WEIGHTS_FILE)
        described[key] = write_graph_file(folder, key, data)
    told = manifest.describe_network_files(checkpoint, explainer, described)
    write_json(folder / MANIFEST_FILE, told)
    return {
        "name": checkpoint.card.name,
        "title": told["title"],
        "choice": told["choice"],
        "made_for": told["made_for"],
        "bytes": measure_folder(folder),
        "manifest_sha256": hashlib.sha256((folder / MANIFEST_FILE).read_bytes()).hexdigest(),
    }


def list_recorded() -> list[str]:
    """The methods that have a graph of their own."""
    return [key for key, method in METHODS.items() if method.family.reads == "rules"]


def describe_edition(networks: Sequence[Mapping[str, Any]], first: str) -> dict[str, Any]:
    return {
        "format": manifest.FORMAT,
        "version": cxr_demo.__version__,
        "date": datetime.now(UTC).date().isoformat(),
        "languages": list(LANGUAGES),
        "networks": [dict(each) | {"default": each["name"] == first} for each in networks],
        "examples": [],
        "render": manifest.describe_render(),
        "limits": {name.lower(): getattr(limits, name) for name in LIMITS},
    }


def _write_texts(folder: Path) -> None:
    """The product's own catalogues."""
    folder.mkdir(exist_ok=True)
    for code in LANGUAGES:
        source = resources.files("cxr_demo.text").joinpath(f"{code}.ftl")
        (folder / f"{code}.ftl").write_bytes(source.read_bytes())


def _write_examples(folder: Path) -> list[dict[str, Any]]:
    """The synthetic films that the page offers, with outlines of what was planted in them."""
    (folder / "examples").mkdir(exist_ok=True)
    told = []
    for key, film in make_example_phantoms().items():
        name, planted = f"examples/{key}.png", list_planted(film)
        write_png(folder / name, film.pixels)
        outlines = f"examples/{key}-outlines.png" if planted else ""
        if planted:
            write_layer(folder / outlines, render.draw_outlines(planted.values(), film.pixels.shape))
        names = [each.removeprefix("planted ") for each in planted]
        told.append({"key": key, "file": name, "outlines": outlines, "planted": names})
    return told
