"""Recipe: everything that decides one training run, in one frozen value. System: the runs that make one paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cxr_demo.film.preprocess import Preprocess

IMAGENET, SCRATCH, IMAGENET_OR_SCRATCH = "imagenet", "scratch", "imagenet, else scratch"
NO_SETTINGS = ("intended_use", "reading", "changed")  # of a Recipe's fields
SCHEDULES = ("cosine", "constant", "plateau")


@dataclass(frozen=True)
class Augment:
    """Random changes of a training film; the ranges are uniform and symmetric unless said.

    A flip changes laterality: leave `flip` at 0 where the labels know sides.
    """

    rotate_deg: float = 0.0
    rotate_share: float = 1.0  # of the films that are rotated at all
    scale: float = 0.0  # 0.1: 90 % to 110 %
    aspect: float = 0.0  # 0.3: width by height times exp(-0.3) to exp(0.3), the area as it was
    shift: float = 0.0  # share of the side
    flip: float = 0.0  # probability
    contrast: float = 0.0  # 0.3: 70 % to 130 % around the film's mean
    brightness: float = 0.0  # in grey levels of 0..1
    gamma: float = 0.0  # 0.3: exponent from exp(-0.3) to exp(0.3)


@dataclass(frozen=True)
class IntendedUse:
    """What a network is for, in plain words, as its card says it: see `cxr_demo.networks.card.Card`."""

    title: str = ""
    population: str = ""
    purpose: str = ""
    ages: tuple[int, int] | None = None
    made_for: str = ""


@dataclass(frozen=True)
class OwnFilms:
    """What a person says of their own films, where the films do not: `patient_pattern`, a regular expression whose
    first group is the patient in a film's name; `uncertain`, what -1 in `films.csv` means, of UNCERTAIN; `labels`, the
    columns of it that are labels, where not all that look so are. `task` is the recipe's or the checkpoint's: whether a
    film has one of the labels."""

    patient_pattern: str = ""
    uncertain: str = ""
    labels: tuple[str, ...] = ()
    task: str = ""

    def list_settings(self) -> dict[str, Any]:
        """What is stated, as a card's `training.settings` holds it; the task stands in the card itself."""
        return {name: value for name, value in asdict(self).items() if value and name != "task"}


UNCERTAIN = ("ignore", "positive", "negative")
AS_IT_STANDS = OwnFilms()


@dataclass(frozen=True)
class Recipe:
    """`stages` are (size in px, epochs), trained one after the other on growing squares (progressive resizing).

    `name` is SYSTEM/RUN, or SYSTEM alone where there is one run. `start` says where the weights come from: IMAGENET,
    SCRATCH, the first where it can be had, the name of a recipe that ran before in the same system, or a folder with a
    checkpoint. `keep_outputs`: the output rows of labels that both know are kept (Bassi & Attux 2022), else all are
    made new. `train_from` is a module of the network (dotted): all that is registered before it is frozen, its batch
    norms in eval mode.
    `input_px` is the square of the checkpoint, 0 for that of the last stage; choose it on validation.
    """

    name: str
    paper: str
    dataset: str  # in DATASETS
    backbone: str  # as find_backbone knows it
    stages: tuple[tuple[int, int], ...]
    start: str
    summary: str
    head: str = "linear"  # in HEADS
    keep_outputs: bool = False
    train_from: str = ""
    input_px: int = 0
    geometry: str = "stretch"
    mean: tuple[float, ...] = (0.449,)  # of ImageNet's channels together: timm sums the colour filters for one channel
    std: tuple[float, ...] = (0.226,)
    batch: int = 32  # of all processes together
    drop_rate: float = 0.0  # share of the pooled features that is left out of a training step, of timm's networks
    loss: str = "cross-entropy"  # in LOSSES
    label_smoothing: float = 0.0  # of single-label targets, before any loss
    balance: bool = True  # weigh each class by the inverse of its frequency
    optimiser: str = "adamw"  # in OPTIMISERS
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    schedule: str = "cosine"  # to zero; or "constant", or "plateau": a half whenever `watch` stays without a new best
    plateau: int = 2  # epochs that make a plateau
    warmup: float = 0.05  # share of all steps
    patience: int = 0  # epochs without a better `watch` before the run ends; 0: never
    watch: str = "macro_f1"  # the validation figure that chooses the epoch; higher is better
    ema_decay: float = 0.0  # per step; 0 switches the averaged copy off
    augment: Augment = field(default_factory=Augment)
    split: str = "official"  # or "custom": SPLIT_SHARES of all patients, drawn anew
    validation: float = 0.1  # share of the training patients, official split
    seed: int = 0
    reading: OwnFilms = field(default=AS_IT_STANDS, repr=False)  # of own films; the table that it gives is compared
    changed: tuple[str, ...] = field(default=(), repr=False)  # what a person asked for instead, in words
    intended_use: IntendedUse = field(default=IntendedUse(), repr=False)  # no setting: a run goes on with other words

    @property
    def size_px(self) -> int:
        return self.input_px or self.stages[-1][0]

    @property
    def epochs(self) -> int:
        return sum(epochs for _, epochs in self.stages)

    def __post_init__(self) -> None:
        if self.schedule not in SCHEDULES:
            raise ValueError(f"schedule is {self.schedule!r}; it must be one of {', '.join(SCHEDULES)}")

    def list_settings(self) -> dict[str, Any]:
        """All that decides the run, as a card's `training.settings` holds it."""
        settings = {name: value for name, value in asdict(self).items() if name not in NO_SETTINGS}
        return settings | self.reading.list_settings()

    def preprocess(self, size_px: int | None = None) -> Preprocess:
        return Preprocess(size_px or self.size_px, self.geometry, self.mean, self.std)


@dataclass(frozen=True)
class System:
    """One published system: its runs in their order, and what they say together.

    `summarise(system, folder, data, films)` is called when all runs are done, with what they were given; `folder` holds
    one checkpoint per run, named by the part of the recipe's name behind the slash. It prints what it found and writes
    it beside them.
    """

    name: str
    paper: str
    summary: str
    recipes: tuple[Recipe, ...]
    summarise: Callable[[System, Path, Path, int | None], None] | None = None
