"""`python app.py`, and the same file on Hugging Face Spaces: settings -> checkpoints -> page -> launch.

What a host may set in the environment: the table of docs/hosting.md. The page listens on this machine only; on Spaces,
which stand behind a proxy, on all addresses.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TypeVar

if __name__ == "__main__":  # before what follows, which takes seconds: Ctrl-C ends it without a word
    signal.signal(signal.SIGINT, lambda *_: sys.exit(128 + signal.SIGINT))
    from cxr_demo.networks.memory import begin_with_large_pages

    begin_with_large_pages()

# gradio and the hub read these when they are imported.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# gradio calls its own page when it starts; the proxy of a hospital or a school cannot find it.
os.environ["NO_PROXY"] = ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1", "localhost"]))

import torch

from cxr_demo import ui
from cxr_demo.analysis import Analyser
from cxr_demo.errors import CxrError
from cxr_demo.evaluation import lung_segmentation
from cxr_demo.explain.proof_cache import get_proof_folder
from cxr_demo.film.bounded_reading import start_reader
from cxr_demo.networks import checkpoint, gate_net
from cxr_demo.networks.turns import Turns
from cxr_demo.text.catalogue import Said
from cxr_demo.text.formats import make_printable
from cxr_demo.ui.app.host_settings import HostSettings, check_network, read_host_settings
from cxr_demo.ui.faults import describe_refusal

Model = TypeVar("Model")


def read_settings() -> HostSettings:
    """What the host has set; where something of it cannot be used, the page does not start, and each fault is told."""
    settings, faults = read_host_settings()
    for fault in faults:
        print(fault, file=sys.stderr, flush=True)
    if faults:
        sys.exit(2)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    return settings


def open_checkpoints(root: Path, turns: Turns) -> tuple[dict[str, Analyser], dict[str, Said]]:
    """Every checkpoint under `root` by the name shown, and for each that cannot be used the reason."""
    ready: dict[str, Analyser] = {}
    refused: dict[str, Said] = {}
    for folder in checkpoint.find_checkpoints(root):
        try:
            # No cache of its own: maps show the patient, so the session keeps them, and they go with it.
            analyser = Analyser(checkpoint.load(folder), cache_bytes=0, proofs=get_proof_folder(), turns=turns)
        except Exception as error:  # whatever is wrong with one, the others are there
            _refuse(folder.name, error, refused)
            continue
        name = analyser.card.name if analyser.card.name not in ready else f"{analyser.card.name} ({folder.name})"
        ready[name] = analyser
    # The page opens on the first, which is checkpoint.default_checkpoint.
    return dict(sorted(ready.items(), key=lambda item: checkpoint.rank_card(item[1].card))), refused


def put_first(ready: dict[str, Analyser], wanted: str) -> dict[str, Analyser]:
    """The same, with the one that the host wants the page to open on before the others; "" wants none."""
    try:
        check_network(wanted, ready)
    except CxrError as fault:
        print(fault, file=sys.stderr, flush=True)
        sys.exit(2)
    return {name: ready[name] for name in sorted(ready, key=lambda name: name != wanted)}


def open_model(name: str, load: Callable[[Path, Turns], Model | None], refused: dict[str, Said]) -> Model | None:
    """The lung model or the gate's, if it is there; one that cannot be used is told like a checkpoint."""
    try:
        return load(SETTINGS.weights / name, TURNS)
    except Exception as error:
        _refuse(name, error, refused)
        return None


def _refuse(name: str, error: Exception, refused: dict[str, Said]) -> None:
    name = make_printable(name)
    refused[name] = describe_refusal(name, error)
    print(f"{name}: {refused[name]}", flush=True)


def prove_checkpoints(analysers: dict[str, Analyser]) -> None:
    """One after the other, the one that the page opens on first; whoever wants a map sooner waits for its own alone."""
    for name, analyser in analysers.items():
        try:
            print(f"{name}: {analyser.prove().line}", flush=True)
        except Exception as error:  # it comes again where a map is asked for; the other checkpoints have theirs
            print(f"{name}: its maps could not be checked ({type(error).__name__}).", flush=True)


def launch() -> None:
    start_reader()
    try:
        ui.serve_page(demo, SETTINGS, ANALYSERS, REFUSED)
    except OSError:
        sys.exit(f"Port {SETTINGS.port} is taken. Choose another: PORT={SETTINGS.port + 1} python app.py")
    print(f"Ready: http://127.0.0.1:{SETTINGS.port}", flush=True)
    threading.Thread(target=prove_checkpoints, args=(ANALYSERS,), name="proofs", daemon=True).start()
    try:
        demo.block_thread()
    except SystemExit as ended:  # by a signal
        end_now(int(ended.code or 0))


def end_now(code: int) -> NoReturn:
    """Python's own end pulls down what threads still compute with, and torch then aborts the process."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(code)


SETTINGS = read_settings()
print(f"Loading the checkpoints in {SETTINGS.weights}.", flush=True)
TURNS = Turns(torch.get_num_threads())  # of all networks: they share the same cores
ANALYSERS, REFUSED = open_checkpoints(SETTINGS.weights, TURNS)
ANALYSERS = put_first(ANALYSERS, SETTINGS.network)
LUNGS = open_model("lungs", lung_segmentation.load_lungs, REFUSED)
GATE = open_model("gate", gate_net.load_gate, REFUSED)
demo = ui.build_page(ANALYSERS, REFUSED, ui.open_folder(), LUNGS, GATE, SETTINGS)

if __name__ == "__main__":
    launch()
