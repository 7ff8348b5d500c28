"""`explain` and `evaluate` over many films, as `predict` takes them."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest

from cxr_demo.__main__ import main
from tests.commands.test_predict import ROOT, bundled, read_records, weights  # noqa: F401
from tests.conftest import LABELS, make_film

NAMES = ("000.png", "001.png", "002.png")


@pytest.fixture
def films(tmp_path):
    """A folder of three, the second of which is none, and a list that names them and a synthetic one."""
    folder = tmp_path / "films"
    folder.mkdir()
    for seed, name in enumerate(NAMES):
        cv2.imwrite(str(folder / name), np.rint(make_film(seed) * 255).astype(np.uint8))
    (folder / NAMES[1]).write_text("no film")
    (folder / "list.txt").write_text("\n".join((*NAMES, "synthetic:normal")))
    return folder


def launch_two(*asked: list[str]) -> subprocess.CompletedProcess:
    """The commands, one after the other, by two processes as torchrun starts them; tests of `predict` start them by
    `accelerate launch`."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    launch += ["-m", "tests.commands.in_turn"]
    return subprocess.run([*launch, json.dumps(asked)], cwd=ROOT, capture_output=True, text=True)


def list_names(films) -> list[str]:
    return [*(str(films / name) for name in NAMES), "synthetic:normal"]


def test_explain_writes_a_folder_for_each_film_and_goes_on(weights, films, tmp_path, capsys):  # noqa: F811
    out, records = tmp_path / "maps", tmp_path / "out.jsonl"
    chosen = ["--weights", weights, "--method", "grad-cam", "--label", LABELS[0]]
    asked = ["explain", f"@{films / 'list.txt'}", *chosen, "--out", str(out), "--jsonl", str(records)]
    table = ["--table", str(tmp_path / "out.csv")]
    assert main([*asked, *table]) == 2
    printed, found = capsys.readouterr(), read_records(records)
    assert [record["file"] for record in found] == list_names(films)
    assert printed.err == f"{found[1]['file']}: {found[1]['error']}\n" and not printed.out
    for record in (found[0], *found[2:]):
        result = json.loads((out / record["folder"] / "result.json").read_text(encoding="utf-8"))
        assert {key: record[key] for key in result} == result and record["format"] == 1
        assert (out / record["folder"] / f"grad-cam_{LABELS[0]}.png").exists()
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8"))))
    assert [row["film"] for row in rows] == [*NAMES, "synthetic:normal"]
    assert [row["folder"] for row in rows] == [record.get("folder", "") for record in found] and rows[1]["error"]
    assert float(rows[0]["sum_over_native_map"]) == found[0]["maps"][f"grad-cam/{LABELS[0]}"]["sum_over_native_map"]
    shutil.copy(films / NAMES[0], films / NAMES[1])
    kept = (out / found[0]["folder"] / "result.json").stat().st_mtime_ns
    records.write_text("".join(records.read_text(encoding="utf-8").splitlines(keepends=True)[:2]), encoding="utf-8")
    assert main([*asked, "--resume"]) == 0
    assert (out / found[0]["folder"] / "result.json").stat().st_mtime_ns == kept
    again = read_records(records)
    assert [record["file"] for record in again] == list_names(films) and again[2:] == found[2:]
    assert main([*asked[:-1], str(tmp_path / "other.jsonl")]) == 2, "an earlier result is not replaced unasked"
    assert "--overwrite" in read_records(tmp_path / "other.jsonl")[0]["error"]
    assert main(["explain", str(films), *chosen[:2], "--label", "flu", "--out", str(tmp_path / "flu")]) == 2
    assert capsys.readouterr().err.count("flu") == 1, "told once, not of every film"


def test_evaluate_says_the_same_in_json_lines_and_a_table(weights, films, tmp_path, capsys):  # noqa: F811
    records = tmp_path / "out.jsonl"
    asked = ["evaluate", f"@{films / 'list.txt'}", "--weights", weights, "--method", "grad-cam", "lrp-epsilon"]
    assert main([*asked, "--jsonl", str(records), "--csv"]) == 2
    printed, found = capsys.readouterr(), read_records(records)
    assert [record["file"] for record in found] == list_names(films)
    rows = [row for row in csv.DictReader(io.StringIO(printed.out)) if not row["error"]]
    assert [(row["film"], row["method"]) for row in rows] == [
        (name, method) for name in (NAMES[0], NAMES[2], "synthetic:normal") for method in ("grad-cam", "lrp-epsilon")
    ]
    for row in rows:
        (record,) = (each for each in found if each["file"].endswith(row["film"]))
        told = record["evaluations"][row["method"]]
        assert row["label"] == record["label"] and float(row["deletion_p"]) == told["deletion"]["p"]
        assert float(row["noise_change"]) == told["noise"]["change"] >= 0
        assert -1 <= told["randomisation"]["rank_correlation"] <= 1
    (pair,) = found[0]["agreements"]
    assert (pair["first"], pair["second"]) == ("grad-cam", "lrp-epsilon")
    assert main(["evaluate", found[0]["file"], *asked[2:], "--json"]) == 0
    (single,) = json.loads(capsys.readouterr().out)
    assert single == {key: value for key, value in found[0].items() if key != "settings"}


def test_two_processes_share_the_films_of_explain_and_of_evaluate(bundled, films, tmp_path):  # noqa: F811
    pytest.importorskip("accelerate")
    os.remove(films / NAMES[1])
    chosen = ["--weights", bundled, "--anyway", "--method", "grad-cam"]

    def ask(count: int) -> list[list[str]]:
        return [
            ["explain", str(films), *chosen, "--out", str(tmp_path / f"maps-{count}"),
             "--jsonl", str(tmp_path / f"explain-{count}.jsonl")],
            ["evaluate", str(films), *chosen, "--jsonl", str(tmp_path / f"evaluate-{count}.jsonl")],
        ]  # fmt: skip

    assert [main(asked) for asked in ask(1)] == [0, 0]
    done = launch_two(*ask(2))
    assert done.returncode == 0, done.stderr
    for command in ("explain", "evaluate"):
        assert (tmp_path / f"{command}-2.jsonl").read_bytes() == (tmp_path / f"{command}-1.jsonl").read_bytes()
    assert not list(tmp_path.glob("*.jsonl.*"))
    assert len(list((tmp_path / "maps-2").glob("*/result.json"))) == 2
