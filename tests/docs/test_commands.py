"""Law 8: every command of README.md and docs/ is run as printed, on synthetic images and small networks, and every
Python block with them.

Each page gets a folder that looks like the repository with the data sets in it, so that a command runs as it is
printed, in the order of the page. What would take minutes is run in a smoke size; what cannot be run here is named in
`NOT_RUN`, with the reason.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import set_pixel_data
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid
from torchvision.models import ResNet, resnet18

from cxr_demo.__main__ import _parser as product_parser
from cxr_demo.__main__ import main as product_main
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.phantom import make_phantom
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.film.reading import read_image
from cxr_demo.importing.verdict import IMAGENET_MEAN, IMAGENET_STD
from cxr_demo.networks import checkpoint
from tests.conftest import LABELS, make_checkpoint, make_film
from train.__main__ import _parser as train_parser
from train.__main__ import main as train_main
from train.measure import metrics
from train.recipes import SYSTEMS

ROOT = Path(__file__).parents[2]
FILM = make_phantom(1, 96).pixels  # the gate asks for two lungs
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = {
    "python -m cxr_demo": (product_main, product_parser),
    "cxr-demo": (product_main, product_parser),
    "python -m train": (train_main, train_parser),
    "cxr-train": (train_main, train_parser),
}
SMOKE = {  # command -> what is added to it, so that seconds are enough
    "run": ["--films", "60"],
    "import": ["--size", "64"],
}
NOT_RUN = {  # beginning of a command -> why it is read only: its arguments, where it is ours
    "cxr_demo export-static ": "a minute for each network; tests/export/static writes small editions",
    "train run rajaraman2021 ": "eighteen runs; tests/train/test_systems.py runs every system in a smoke size",
    "train phantom": "minutes; tests/train/benchmarks/test_phantoms.py runs it in a smoke size",
    "train lungs": "minutes; tests/train/benchmarks/test_lung_training.py runs it in a smoke size",
    "train gate": "minutes; tests/train/gate/test_gate_training.py runs it in a smoke size",
}
OTHER_PROGRAMS = {  # a program of somebody else -> why it is not started here
    "source": "what `make demo` installs is what runs this test",
    "python": "app.py: a server that does not end; tests/ui/test_served.py starts it",
    "make": "installs; its targets are looked up in the Makefile",
    "cd": "tests/test_space.py starts the page there",
    "hf": "needs an account and the network",
    "pip": "needs the package registry",
    "docker": "needs a daemon",
    "curl": "asks a page that runs; tests/ui/app/test_endpoints.py does, by the page's own description",
    "tensorboard": "a server that does not end",
    "accelerate": "starts processes, as tests/commands and tests/train/fit/test_processes.py do. Arguments are read.",
}


def read_blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def read_commands(page: Path) -> list[str]:
    """One a line, without the comment that two spaces set apart."""
    lines = (line for block in read_blocks(page, "sh") for line in block.replace("\\\n", " ").splitlines())
    return [command for line in lines if (command := re.split(r"\s{2,}#", line)[0].strip())]


def split_program(command: str) -> tuple[str, list[str]] | None:
    """The program of ours and its arguments, or nothing."""
    for program in PROGRAMS:
        if command.startswith(f"{program} "):
            return program, shlex.split(command.removeprefix(program))
    return None


# ---- the folder in which commands run


@pytest.fixture
def place(data, tmp_path, monkeypatch) -> Path:
    """Images, small checkpoints by the names of the bundled ones, the lung model, data sets and images of one's own;
    the working directory."""
    write_dicom(tmp_path / "image.dcm", FILM)
    cv2.imwrite(str(tmp_path / "other.png"), np.rint(make_phantom(2, 96).pixels * 255).astype(np.uint8))
    net = resnet18(weights=None, num_classes=3)
    make_own_table(tmp_path / "films", net)
    torch.save(net.state_dict(), tmp_path / "net.pth")
    (tmp_path / "my-films").mkdir()
    shutil.copy(tmp_path / "other.png", tmp_path / "my-films" / "film-1.png")
    names = ("kermany-densenet121", "bassi2022-single-transfer", "bassi2022-twice-transfer")
    for seed, name in enumerate(names):
        made = make_checkpoint(seed=seed)
        checkpoint.save(tmp_path / "weights" / name, made.model, made.card, half=False)
    shutil.copytree(ROOT / "weights" / "lungs", tmp_path / "weights" / "lungs")
    (tmp_path / "data").symlink_to(data, target_is_directory=True)
    for label, brightness in (("healthy", 0.0), ("silicosis", 0.3)):
        (tmp_path / "own" / label).mkdir(parents=True)
        for i in range(30):
            pixels = np.rint(255 * np.clip(0.5 * make_film(i, (48, 48)) + brightness, 0, 1)).astype(np.uint8)
            cv2.imwrite(str(tmp_path / "own" / label / f"{label}-{i}.png"), pixels)
    monkeypatch.setattr(metrics, "RESAMPLINGS", 20)
    monkeypatch.setenv("CXR_WEIGHTS", "weights")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make_own_table(folder: Path, net: ResNet, films: int = 90) -> None:
    """`films.csv` as docs/bring-your-own.md shows it. What is true of a film the network's own logits decide, halved,
    and a throw: so its scores, which are made wide, can be calibrated."""
    random, square = np.random.default_rng(0), Preprocess(64, "crop", IMAGENET_MEAN, IMAGENET_STD)
    (folder / "a").mkdir(parents=True)
    for i in range(films):
        cv2.imwrite(str(folder / "a" / f"{i:03}.png"), np.rint(255 * make_film(i, (48, 48))).astype(np.uint8))
    squares = [square.apply(read_image(folder / "a" / f"{i:03}.png").pixels) for i in range(films)]
    with torch.inference_mode():
        logits = net.eval()(torch.from_numpy(np.concatenate(squares)))
        net.fc.weight.mul_(4 / logits.std(0)[:, None])
        net.fc.bias.copy_(4 / logits.std(0) * (net.fc.bias - logits.mean(0)))
        logits = 4 * (logits - logits.mean(0)) / logits.std(0)
    true = (random.random(logits.shape) < (logits / 2).sigmoid().numpy()).astype(int)
    lines = [
        f"a/{i:03}.png;p{i};{50 + i % 40};{-1 if i % 11 == 3 else edema};{effusion};{copd}"
        for i, (edema, effusion, copd) in enumerate(true)
    ]
    (folder / "films.csv").write_text("\n".join(["Path;Patient ID;Age;Edema;Pleural Effusion;COPD", *lines]))


def write_dicom(path: Path, pixels: np.ndarray) -> None:
    """12 bits, MONOCHROME2."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = DigitalXRayImageStorageForPresentation, generate_uid()
    dataset.Modality, dataset.ViewPosition = "DX", "PA"
    set_pixel_data(dataset, np.rint(pixels * 4095).astype(np.uint16), "MONOCHROME2", 12)
    dataset.save_as(path, enforce_file_format=True)


# ---- what each command gives


def check_predict(options, printed: str) -> None:
    if options.jsonl:
        assert [json.loads(line)["file"] for line in options.jsonl.read_text().splitlines()] == options.files
        if not options.csv:
            assert printed == ""
            return
    if options.csv:
        assert [row["film"] for row in csv.DictReader(io.StringIO(printed))] == options.files
        return
    rows = json.loads(printed) if options.json else [{"file": line.split("\t")[0]} for line in printed.splitlines()]
    assert list(dict.fromkeys(row["file"] for row in rows)) == options.files
    for row in rows if options.json else ():
        assert list(row["probabilities"]) == list(LABELS) and sum(row["probabilities"].values()) == pytest.approx(1)


def check_records(options) -> list[dict]:
    """Of every film, and a table beside them."""
    records = [json.loads(line) for line in options.jsonl.read_text().splitlines()]
    assert [record["file"] for record in records] == options.files and not any("error" in each for each in records)
    rows = csv.DictReader(io.StringIO(options.table.read_text()))
    assert list(dict.fromkeys(row["film"] for row in rows)) == options.files
    return records


def check_explain(options, printed: str) -> None:
    if options.jsonl:
        assert all((options.out / record["folder"] / "maps.npz").exists() for record in check_records(options))
        return
    maps = np.load(options.out / "maps.npz")
    made = {f"{method}/{label}" for method in options.method for label in options.label}
    assert set(maps) == {f"{key}{which}" for key in made for which in ("", "/native", "/spread")}
    assert all(maps[key].shape == maps[f"{key}/spread"].shape == FILM.shape for key in made)
    result = json.loads((options.out / "result.json").read_text())
    assert "maps_hold_too" in json.dumps(result) and len(list(options.out.glob("*.png"))) >= len(made)
    assert f"{len(made)} maps" in printed


def check_compare(options, printed: str) -> None:
    assert (options.out / "result.json").exists() and (options.out / "maps.npz").exists() and printed


def check_evaluate(options, printed: str) -> None:
    if options.jsonl:
        assert all(set(record["evaluations"]) == set(options.method) for record in check_records(options))
        return
    for method in options.method or ("grad-cam",):
        assert METHODS[method].name in printed or method in printed
    assert "lungs" in printed.lower() and "deletion" in printed.lower()


def check_methods(options, printed: str) -> None:
    listed = [each["method"] for each in json.loads(printed)["methods"]] if options.json else None
    assert (listed or [line.split("\t")[0] for line in printed.splitlines()]) == list(METHODS)


def check_training_run(options, printed: str) -> None:
    assert checkpoint.load(options.out).card.metrics.sets["test"] and "test" in printed


def check_import(options, printed: str) -> None:
    card = checkpoint.load(options.out).card
    assert card.labels == ("edema", "effusion", "COPD") and not card.calibrated and card.backbone == "resnet18"
    check_line(printed, "Grad-CAM ok", "LRP ok", "uncalibrated score", "torchvision's resnet18")


def check_calibrate(options, printed: str) -> None:
    card = checkpoint.load(options.checkpoint).card
    assert card.calibrated and {"validation", "test"} <= set(card.metrics.sets) and "calibrated, temperature" in printed


def check_deck(options, printed: str) -> None:
    """After `new` what `docs/decks.md` shows is written into the file, as a teacher would."""
    if hasattr(options, "solutions"):
        assert options.out.read_bytes().startswith(b"%PDF")
        return
    if not hasattr(options, "out"):
        check_line(printed, "Six films: one film", "film-1.png", "Effusion", "CC BY 4.0")
        return
    path = options.out / "deck.toml"
    head = path.read_text(encoding="utf-8").partition("[[films]]")[0].replace("TODO", "written")
    (block,) = read_blocks(ROOT / "docs" / "decks.md", "toml")
    path.write_text(head + block, encoding="utf-8")


CHECKS: dict[str, Callable] = {
    "deck": check_deck,
    "calibrate": check_calibrate,
    "predict": check_predict,
    "explain": check_explain,
    "compare": lambda o, printed: check_compare(o, printed) if hasattr(o, "out") else check_table(o, printed),
    "import": check_import,
    "report": lambda o, printed: check_line(o.out.read_bytes()[:2].decode(), "PK" if o.out.suffix == ".zip" else "%P"),
    "check": lambda o, printed: check_line(printed, "Grad-CAM ok", "LRP ok"),
    "evidence": lambda o, printed: check_table(o, printed) or check_line(printed, "evidence in the lungs", "Grad-CAM"),
    "models": lambda o, printed: (
        check_line(printed, '"checkpoint"', '"size_px": 64')
        if o.json
        else check_line(printed, "weights/kermany-densenet121", "64 px")
    ),
    "methods": check_methods,
    "card-schema": lambda o, printed: check_line(printed, "weights_sha256", "additionalProperties"),
    "list": lambda o, printed: check_line(printed, *SYSTEMS),
    "describe": lambda o, printed: (
        check_line(printed, "covid19" if o.dataset != "csv" else "edema", "train")
        or check_files(*([o.out] if o.out else []))
    ),
    "run": check_training_run,
    "card": lambda o, printed: check_files(o.checkpoint / "README.md"),
    "push": lambda o, printed: check_line(printed, "model.safetensors", f"would go to {o.repo}."),
    "ensemble": check_training_run,
    "evaluate": lambda o, printed: check_evaluate(o, printed) if hasattr(o, "files") else check_figures(o, printed),
}


def check_table(options, printed: str) -> None:
    assert all(folder.name in printed for folder in options.checkpoints)


def check_figures(options, printed: str) -> None:
    card = checkpoint.read_card(options.checkpoint)
    figure = "accuracy" if card.task == "single-label" else "auroc"
    assert figure in printed.lower()
    assert options.localisation is None or "hit rate" in printed.lower()


def check_line(printed: str, *parts: str) -> None:
    assert [part for part in parts if part not in printed] == []


def check_files(*paths: Path) -> None:
    assert [path for path in paths if not path.stat().st_size] == []


# ---- the tests


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_runs_and_gives_what_it_should(page, place, capsys):
    for command in read_commands(page):
        found = split_program(command)
        if found is None:
            check_other_program(command)
            continue
        program, arguments = found
        main, parser = PROGRAMS[program]
        options = parser().parse_args(arguments)  # exits, if it does not know an argument
        spoken = f"{'train' if main is train_main else 'cxr_demo'} {' '.join(arguments)} "
        if any(spoken.startswith(beginning) for beginning in NOT_RUN):
            continue
        capsys.readouterr()
        more = SMOKE.get(arguments[0], [])
        if arguments[0] == "run":
            more = [*more, *(["--input", "32", "--epochs", "1"] if options.input else ["--stages", "32x1"])]
            more += [] if options.from_scratch else ["--from-scratch"]  # the hub is not asked
        code = main([*arguments, *more])
        printed, complaint = capsys.readouterr()
        assert code == 0, f"{page.name}: {command}: {complaint}"
        CHECKS[arguments[0]](options, printed)


def check_other_program(command: str) -> None:
    program, *arguments = [word for word in shlex.split(command) if not re.match("[A-Z_]+=", word)]
    assert program in OTHER_PROGRAMS, f"nobody says how to test {command!r}: see OTHER_PROGRAMS"
    if program == "make":
        targets = re.findall(r"^([a-z-]+)%?:.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert arguments[0] in targets or arguments[0].startswith("reproduce-"), command
    if "train" in arguments:
        assert callable(train_parser().parse_args(arguments[arguments.index("train") + 1 :]).act)
    if "cxr_demo" in arguments:
        assert callable(product_parser().parse_args(arguments[arguments.index("cxr_demo") + 1 :]).act)


@pytest.mark.parametrize("page", [page for page in PAGES if read_blocks(page, "python")], ids=lambda page: page.name)
def test_every_python_block_runs(page, place):
    for block in read_blocks(page, "python"):
        names: dict = {}
        exec(compile(block, page.name, "exec"), names)
        if page.name == "README.md":
            assert list(names["probabilities"]) == list(LABELS)
            assert sum(names["probabilities"].values()) == pytest.approx(1)
            assert set(names["maps"]) == {(m, "bacterial_pneumonia") for m in ("grad-cam", "lrp-epsilon")}
            row = LABELS.index("bacterial_pneumonia")
            bias = checkpoint.load("weights/kermany-densenet121").model.output.bias[row]
            assert names["grad_cam"].sum() == pytest.approx(names["study"].logits[row] - float(bias), abs=1e-3)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_in_sentences_exist(page):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+)%?:.*## ", makefile, re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8")))
    assert {name for name in named if not name.startswith("reproduce-")} <= targets and "reproduce-" in targets
    assert set(re.findall(r"make reproduce-(\w+)", page.read_text(encoding="utf-8"))) <= set(SYSTEMS)
