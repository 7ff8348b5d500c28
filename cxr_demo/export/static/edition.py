"""The folder of the static edition: networks as graphs, words, films, and the page that shows them."""

from __future__ import annotations

import hashlib
import json
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
from cxr_demo.export.static.graph_check import check_graphs
from cxr_demo.export.static.libraries import hash_programs
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
    "MAX_FILE_BYTES", "MAX_PIXELS", "MAX_PIXELS_READ", "MAX_COLOUR_16_PIXELS_READ", "MAX_ASPECT",
    "MAX_REGIONS", "READ_SECONDS",
)  # fmt: skip


def write_edition(
    folder: Path, networks: Sequence[str], on_progress: ProgressCallback = ignore_progress, overwrite: bool = False
) -> None:
    """All files but those of golden cases. `networks`: names of checkpoints, the first of which is shown first unless
    HONEST is among them. With `overwrite` the files of an earlier edition go once all new ones are there; others that
    lie in the folder stay. CxrError where anything but an edition lies there, a network cannot be recorded or the disk
    refuses."""
    is_earlier = (folder / EDITION_FILE).exists()
    if is_earlier and not overwrite:
        raise CxrError("static-earlier", folder=str(folder))
    if not is_earlier and folder.is_dir() and any(folder.iterdir()):
        raise CxrError("static-foreign", folder=str(folder))
    opened = [checkpoints.load(name) for name in networks]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as fresh:
            _write_files(Path(fresh), opened, on_progress)
            _remove_earlier(folder)
            _move_files(Path(fresh), folder)
    except OSError as error:
        raise CxrError("out-not-written", why=str(error.strerror)) from error


def _write_files(folder: Path, opened: Sequence[Checkpoint], on_progress: ProgressCallback) -> None:
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
    facts = describe_edition(listed, HONEST if HONEST in names else names[0], examples)
    others = {
        "gate": gate,
        "decks": [deck.name for deck in decks],
        "programs": hash_programs(folder / "lib"),
    }
    write_json(folder / EDITION_FILE, facts | others | {"files": [EDITION_FILE, *_list_files(folder)]})
    page_files.name_edition(folder, _hash_files(folder))


def _list_files(folder: Path) -> list[str]:
    """Their paths in it."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _hash_files(folder: Path) -> str:
    whole = hashlib.sha256()
    for name in _list_files(folder):
        whole.update(name.encode() + hashlib.sha256((folder / name).read_bytes()).digest())
    return whole.hexdigest()


def _remove_earlier(folder: Path) -> None:
    """The files that an earlier edition says are its own, and folders that are empty then."""
    try:
        named = json.loads((folder / EDITION_FILE).read_text(encoding="utf-8"))["files"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return
    there = set(_list_files(folder))
    own = [folder / name for name in map(str, named) if name in there]
    for path in own:
        path.unlink()
    for emptied in sorted(
        {parent for path in own for parent in path.parents if folder in parent.parents}, reverse=True
    ):
        if not any(emptied.iterdir()):
            emptied.rmdir()


def _move_files(source: Path, target: Path) -> None:
    """What says that there is an edition comes last."""
    for name in sorted(_list_files(source), key=lambda name: name == EDITION_FILE):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).replace(target / name)


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
    check_graphs(folder, checkpoint, explainer, described)
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


def describe_edition(
    networks: Sequence[Mapping[str, Any]], first: str, examples: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    return {
        "format": manifest.FORMAT,
        "version": cxr_demo.__version__,
        "date": datetime.now(UTC).date().isoformat(),
        "languages": list(LANGUAGES),
        "networks": [dict(each) | {"default": each["name"] == first} for each in networks],
        "examples": list(examples),
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
