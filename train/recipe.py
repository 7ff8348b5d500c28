"""Recipe: everything that decides a training run, in one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field

from cxr_demo.preprocess import Preprocess


@dataclass(frozen=True)
class Augment:
    """Random changes of a training film; the ranges are uniform and symmetric unless said.

    A flip changes laterality: leave `flip` at 0 where the labels know sides.
    """

    rotate_deg: float = 0.0
    scale: float = 0.0  # 0.1: 90 % to 110 %
    shift: float = 0.0  # share of the side
    flip: float = 0.0  # probability
    contrast: float = 0.0  # 0.3: 70 % to 130 % around the film's mean
    brightness: float = 0.0  # in grey levels of 0..1
    gamma: float = 0.0  # 0.3: exponent from exp(-0.3) to exp(0.3)


@dataclass(frozen=True)
class Recipe:
    """`stages` are (size in px, epochs), trained one after the other on growing squares (progressive resizing).

    `input_px` is the square of the checkpoint, 0 for that of the last stage; choose it on validation.
    """

    name: str
    paper: str
    dataset: str
    backbone: str
    stages: tuple[tuple[int, int], ...]
    pretrained: bool
    summary: str
    input_px: int = 0
    geometry: str = "stretch"
    mean: tuple[float, ...] = (0.449,)  # of ImageNet's channels together: timm sums the colour filters for one channel
    std: tuple[float, ...] = (0.226,)
    batch: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    warmup: float = 0.05  # share of all steps
    label_smoothing: float = 0.0
    balance: bool = True  # weigh each class by the inverse of its frequency
    ema_decay: float = 0.0  # per step; 0 switches the averaged copy off
    augment: Augment = field(default_factory=Augment)
    validation: float = 0.1  # share of the training patients
    seed: int = 0

    @property
    def size_px(self) -> int:
        return self.input_px or self.stages[-1][0]

    @property
    def epochs(self) -> int:
        return sum(epochs for _, epochs in self.stages)

    def preprocess(self, size_px: int | None = None) -> Preprocess:
        return Preprocess(size_px or self.size_px, self.geometry, self.mean, self.std)
