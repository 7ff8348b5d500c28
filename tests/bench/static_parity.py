"""`python -m tests.bench.static_parity [NETWORK ...] [--films 20] [--results FILE]`: networks, by default all that are
bundled, in Chromium beside Python.

Of each network: the golden cases' squares and logits, all class activation maps and LRP maps, and the hash of its
weights as the browser makes it. A line for each kind of map, then what misses its bound; it ends with an error where
anything does. What is in FILE by the same code is not measured again, so that a run can be made in pieces.

Under epsilon and gamma a map jumps where the input of a ReLU passes 0, and max pooling hands relevance to another
pixel where two are nearly equal. So the rule that counts has two parts. A map is right within the bound that all
share, r over LEAST_R and LEAST_SHARE of its values within MOST_OFF of the largest. Where it is not, Python is asked
how far its own rounding moves that very map: computed in float64, and in draws in which the last bit of the film's
values is changed by lot. The browser may be TIMES as far from Python's float32 as the farthest of these is, in both
figures, and no further; draws are made until it is not, at most DRAWS. Logits may be MOST_LOGIT apart or, if that is
more, once as far as Python's float64 is from its float32.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from playwright.sync_api import Browser, sync_playwright

import cxr_demo
from cxr_demo.explain.engine import AnyExplainer, make_explainer, make_unproved_maps
from cxr_demo.explain.proof_cache import get_proof_folder
from cxr_demo.export.static import golden
from cxr_demo.export.static.manifest_files import MANIFEST_FILE
from cxr_demo.networks import checkpoint
from tests.bench.static import export
from tests.bench.static_graphs import LEAST_R, LEAST_SHARE, MOST_OFF
from tests.chromium import launch_chromium
from tests.static_site import open_site, pack, unpack

MOST_LOGIT = 1e-5  # of the largest, or of 1
DRAWS, TIMES, LAST_BIT = 64, 2, 2.0**-23  # what happens in a twentieth of all draws is seen by 96 of 100 such rows
FARTHEST = {"off": 2.0, "beyond": 1.0, "apart": 1.0}  # of a map with what is no number, or of one map with nothing
NO_SPREAD = {"off": 0.0, "apart": 0.0}
PRODUCT = Path(cxr_demo.__file__).parent
HASH = """async (address) => {
  const digest = await crypto.subtle.digest("SHA-256", await (await fetch(address)).arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}"""
ASK = """async ([bytes, label, keys, preparation]) => {
  const { levels16, width, height } = await engine.readFilm(bytesOf(bytes));
  const { makeSquare } = await import("./engine/square.js");
  const square = makeSquare(Float32Array.from(levels16, (level) => level / 65535), width, height, preparation);
  const { logits } = await engine.analyse();
  const maps = await engine.explain(label, keys);
  return { logits, square: pack(square), maps: maps.map(({ values }) => pack(values)) };
}"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.static_parity")
    parser.add_argument("networks", nargs="*")
    parser.add_argument("--films", type=int, default=len(golden.SHAPES))
    parser.add_argument("--results", type=Path)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    known = [folder.name for folder in checkpoint.find_checkpoints(checkpoint.get_weights_root())]
    path: Path | None = asked.results
    lines = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
    code = hash_code()
    kept = {(row["network"], row["films"], row["weights"], row["code"]): row for row in map(json.loads, lines)}
    wrong: list[str] = []
    with sync_playwright() as playwright:
        chromium = launch_chromium(playwright)
        for name in asked.networks or known:
            card = checkpoint.load(name).card
            row = kept.get((name, asked.films, card.weights_sha256, code))
            if row is None:
                row = measure_network(chromium, name, asked.films) | {"code": code}
                if path:
                    with path.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(row) + "\n")
            print_row(row)
            wrong += list_misses(row, card.weights_sha256)
        chromium.close()
    print("\n".join(wrong) or "All within their bounds.")
    return int(bool(wrong))


def hash_code() -> str:
    """Of what makes maps here and there: the product, its page and this file."""
    files = [*sorted(PRODUCT.rglob("*.py")), *sorted((PRODUCT / "export" / "static").rglob("*.js")), Path(__file__)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def measure_network(chromium: Browser, name: str, films: int) -> dict[str, Any]:
    made = checkpoint.load(name)
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        export(site, name, films)
        cases = json.loads((site / "golden" / golden.CASES_FILE).read_text(encoding="utf-8"))["cases"]
        told = json.loads((site / "networks" / name / MANIFEST_FILE).read_text(encoding="utf-8"))
        with open_site(chromium, site) as page:
            weights = page.evaluate(HASH, f"networks/{name}/{checkpoint.WEIGHTS_FILE}")
            page.evaluate("(name) => engine.loadNetwork(name)", name)
            found = []
            for case in cases:
                film = pack((site / "golden" / case["file"]).read_bytes())
                got = page.evaluate(ASK, [film, case["label"], list(case["maps"]), told["preprocess"]])
                found.append(compare_case(case, got))
    explainer = make_explainer(made, get_proof_folder())
    for case, row in zip(cases, found, strict=True):
        if row["logits"] > MOST_LOGIT:
            row["own_logits"] = measure_logit_rounding(made, case)
        for key, told in row["maps"].items():
            if not is_near(told):
                told["own"] = measure_spread(made, explainer, case, key, told)
    return {"network": name, "films": films, "weights": weights, "cases": found}


def compare_case(case: dict[str, Any], got: dict[str, Any]) -> dict[str, Any]:
    own, logits = np.asarray(case["logits"]), np.asarray(got["logits"], float)  # what is no number may come as none
    maps = {
        key: compare_maps(unpack(packed, np.float32), unpack(wanted["values"], np.float32))
        for (key, wanted), packed in zip(case["maps"].items(), got["maps"], strict=True)
    }
    return {
        "cells": int((unpack(got["square"], np.uint8) != unpack(case["square"], np.uint8)).sum()),
        "bits": case["bits"],
        "logits": compare_logits(logits, own) if np.isfinite(logits).all() else 1.0,
        "maps": maps,
    }


def compare_logits(found: np.ndarray, own: np.ndarray) -> float:
    return float(np.abs(found - own).max() / max(1, np.abs(own).max()))


def compare_maps(found: np.ndarray, own: np.ndarray) -> dict[str, Any]:
    """ "off": 1 - r; "beyond": the share of values further apart than MOST_OFF of the largest; "apart": how far
    LEAST_SHARE of them are at most."""
    if not np.isfinite(found).all():
        return dict(FARTHEST)
    largest = float(np.abs(own).max())
    if not largest or not found.any():
        return dict(FARTHEST) if largest or found.any() else {"off": 0.0, "beyond": 0.0, "apart": 0.0}
    apart = np.abs(found - own) / largest
    r = np.corrcoef(found.ravel().astype(np.float64), own.ravel().astype(np.float64))[0, 1]
    return {
        "off": float(1 - r),
        "beyond": float((apart > MOST_OFF).mean()),
        "apart": float(np.quantile(apart, LEAST_SHARE)),
    }


def is_near(told: dict[str, Any]) -> bool:
    return told["off"] < 1 - LEAST_R and told["beyond"] <= 1 - LEAST_SHARE


def is_within_spread(told: dict[str, Any]) -> bool:
    own = told.get("own", NO_SPREAD)
    return all(told[each] <= TIMES * own[each] for each in NO_SPREAD)


def measure_spread(
    made: checkpoint.Checkpoint, explainer: AnyExplainer, case: dict[str, Any], key: str, told: dict[str, Any]
) -> dict:
    """How far Python's own rounding moves a map: the farthest "off" and "apart" from it of the map in float64, and of
    maps of the same film whose values have another last bit, until `told` is within; "exact" holds the former alone,
    "draws" how many it took."""
    x, label = make_input(made, case), made.card.labels.index(case["label"])
    own = unpack(case["maps"][key]["values"], np.float32)

    def compare_own(found: np.ndarray) -> dict[str, Any]:
        if not np.isfinite(found).all() or found.any() != own.any():
            raise ValueError(f"{key} of {made.card.name} is no map any more, by rounding alone")
        return compare_maps(found, own)

    with exactly(made) as model:
        exact = make_unproved_maps(made, explainer, model, x.astype(np.float64), [label], [key])[key, label].ravel()
    first = compare_own(exact)
    spread: dict[str, Any] = {each: first[each] for each in NO_SPREAD} | {"exact": first, "draws": 0}
    while spread["draws"] < DRAWS and not is_within_spread(told | {"own": spread}):
        bits = np.random.default_rng(spread["draws"]).integers(-1, 2, x.shape)
        other = (x * (1 + bits * LAST_BIT)).astype(np.float32)
        draw = compare_own(explainer.maps(other, [label], [key])[key, label].ravel())
        spread |= {each: max(spread[each], draw[each]) for each in NO_SPREAD} | {"draws": spread["draws"] + 1}
    return spread


def measure_logit_rounding(made: checkpoint.Checkpoint, case: dict[str, Any]) -> float:
    """How far Python's logits of a film in float32 are from those in float64."""
    with exactly(made) as model, torch.inference_mode():
        exact = model(torch.from_numpy(make_input(made, case).astype(np.float64)))[0].numpy()
    return compare_logits(exact, np.asarray(case["logits"]))


def make_input(made: checkpoint.Checkpoint, case: dict[str, Any]) -> np.ndarray:
    preprocess = made.card.preprocess
    levels = unpack(case["square"], np.uint8, (preprocess.size_px, preprocess.size_px))
    return preprocess.normalise(levels.astype(np.float32) / np.float32(255))


@contextmanager
def exactly(made: checkpoint.Checkpoint) -> Iterator[torch.nn.Module]:
    """The network in float64, and whatever torch makes meanwhile."""
    torch.set_default_dtype(torch.float64)
    try:
        yield copy.deepcopy(made.model).double()
    finally:
        torch.set_default_dtype(torch.float32)


def print_row(row: dict[str, Any]) -> None:
    cases = row["cases"]
    equal, logits = sum(not case["cells"] for case in cases), max(case["logits"] for case in cases)
    print(f"\n{row['network']}: {equal} of {len(cases)} squares equal, logits at most {logits:.1e} apart, "
          f"weights {row['weights'][:12]}")  # fmt: skip
    for key in cases[0]["maps"]:
        told = [case["maps"][key] for case in cases]
        off, beyond, apart = (max(each[name] for each in told) for name in ("off", "beyond", "apart"))
        far = [each for each in told if not is_near(each)]
        like = sum(map(is_within_spread, far))
        print(f"  {key:30s} least r {1 - off:.8f}, most beyond {MOST_OFF:g}: {100 * beyond:.2f} %, "
              f"{100 * LEAST_SHARE:g} % within {apart:.1e}; {len(told) - len(far)} maps within, {like} by Python's own "
              f"spread, {len(far) - like} missed")  # fmt: skip


def list_misses(row: dict[str, Any], weights: str) -> list[str]:
    name = row["network"]
    missed = [] if row["weights"] == weights else [f"{name}: the browser's hash of the weights is not the card's"]
    for place, case in enumerate(row["cases"], 1):
        film = f"{name}, film {place}"
        if case["cells"] and case["bits"] == 8:
            missed.append(f"{film}: {case['cells']} cells of the square are other ones")
        own_logits = case.get("own_logits", 0.0)
        if not case["logits"] <= max(MOST_LOGIT, own_logits):
            missed.append(f"{film}: logits {case['logits']:.1e} apart; Python from its float64 {own_logits:.1e}")
        for key, told in case["maps"].items():
            if not is_near(told) and not is_within_spread(told):
                own = told.get("own", NO_SPREAD)
                missed.append(f"{film}, {key}: 1 - r {told['off']:.1e}, {told['apart']:.1e} apart; Python from itself "
                              f"{own['off']:.1e} and {own['apart']:.1e}")  # fmt: skip
    return missed


if __name__ == "__main__":
    sys.exit(main())
