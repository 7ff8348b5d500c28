"""PUBLISHED: chest X-ray networks of others whose weights fit here, by the names that their package gives them.

From torchxrayvision 1.5.7 (Cohen et al. 2022, TorchXRayVision: A library of chest X-ray datasets and models, MIDL;
Apache-2.0): its `models.model_urls`. All share one list of outputs. Where a network has no threshold for one, it was
never trained on it: torchxrayvision leaves the name blank or answers 0.5, whatever the film.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PACKAGE = "torchxrayvision"
LICENCE = "Apache-2.0"
RELEASE = "https://github.com/mlmed/torchxrayvision/releases/download/v1/"
CACHE = Path("~/.torchxrayvision/models_data")  # where the package keeps what it has downloaded
OUTPUTS = (
    "Atelectasis", "Consolidation", "Infiltration", "Pneumothorax", "Edema", "Emphysema", "Fibrosis", "Effusion",
    "Pneumonia", "Pleural_Thickening", "Cardiomegaly", "Nodule", "Mass", "Hernia", "Lung Lesion", "Fracture",
    "Lung Opacity", "Enlarged Cardiomediastinum",
)  # fmt: skip
# It reads (2 pixel - 1) * 1024, of the central square, in one channel.
MEAN, STD, GEOMETRY = (0.5,), (1 / 2048,), "crop"
# Data set, and its terms
NIH = "NIH ChestX-ray14 (free to use, to be cited)"
PADCHEST = "PadChest (research, on request)"
CHEXPERT = "CheXpert (research, not commercial, on registration)"
MIMIC = "MIMIC-CXR (PhysioNet, credentialed access)"
RSNA = "RSNA Pneumonia Challenge (terms of the challenge)"
OPENI = "Open-i (CC BY-NC-ND 4.0)"
SIIM = "SIIM-ACR Pneumothorax (terms of the challenge)"
VINDR = "VinDr-CXR (PhysioNet, credentialed access)"


@dataclass(frozen=True)
class Published:
    """`file` of the release; `thresholds`: the operating points of raw sigmoids, in the order of OUTPUTS, None where
    an output was never trained; `data` that it learned from, each with its terms."""

    backbone: str
    size_px: int
    file: str
    thresholds: tuple[float | None, ...]
    data: tuple[str, ...]

    @property
    def url(self) -> str:
        return RELEASE + self.file

    @property
    def labels(self) -> tuple[str, ...]:
        """In the order of its outputs, "" where one was never trained."""
        pairs = zip(OUTPUTS, self.thresholds, strict=True)
        return tuple("" if threshold is None else label for label, threshold in pairs)


# fmt: off
PUBLISHED: dict[str, Published] = {
    "densenet121-res224-all": Published(
        "densenet121", 224,
        "nih-pc-chex-mimic_ch-google-openi-kaggle-densenet121-d121-tw-lr001-rot45-tr15-sc15-seed0-best.pt",
        (0.07422872, 0.038290843, 0.09814756, 0.0098118475, 0.023601074, 0.0022490358, 0.010060724, 0.103246614,
         0.056810737, 0.026791653, 0.050318155, 0.023985857, 0.01939503, 0.042889766, 0.053369623, 0.035975814,
         0.20204692, 0.05015312),
        (NIH, PADCHEST, CHEXPERT, MIMIC, RSNA, OPENI),
    ),
    "densenet121-res224-nih": Published(
        "densenet121", 224,
        "nih-densenet121-d121-tw-lr001-rot45-tr15-sc15-seed0-best.pt",
        (0.039117552, 0.0034529066, 0.11396341, 0.0057298196, 0.00045666535, 0.0018880932, 0.012037827, 0.038744126,
         0.0037213727, 0.014730946, 0.016149804, 0.054241467, 0.037198864, 0.0004403434, None, None, None, None),
        (NIH,),
    ),
    "densenet121-res224-pc": Published(
        "densenet121", 224,
        "pc-densenet121-d121-tw-lr001-rot45-tr15-sc15-seed0-best.pt",
        (0.031012505, 0.013347598, 0.081435576, 0.001262615, 0.002587246, 0.0035944257, 0.0023071, 0.055412333,
         0.044385884, 0.042766232, 0.043258056, 0.037629247, 0.005658899, 0.0091741895, None, 0.026507627, None,
         None),
        (PADCHEST,),
    ),
    "densenet121-res224-chex": Published(
        "densenet121", 224,
        "chex-densenet121-d121-tw-lr001-rot45-tr15-sc15-seed0-best.pt",
        (0.1988969, 0.05710573, None, 0.0531293, 0.1435217, None, None, 0.27212676, 0.07749717, None, 0.19712369,
         None, None, None, 0.09932402, 0.09273402, 0.3270967, 0.10888247),
        (CHEXPERT,),
    ),
    "densenet121-res224-rsna": Published(
        "densenet121", 224,
        "kaggle-densenet121-d121-tw-lr001-rot45-tr15-sc15-seed0-best.pt",
        (None, None, None, None, None, None, None, None, 0.13486601, None, None, None, None, None, None, None,
         0.13511065, None),
        (RSNA,),
    ),
    "densenet121-res224-mimic_nb": Published(
        "densenet121", 224,
        "mimic_nb-densenet121-d121-tw-lr001-rot45-tr15-sc15-seed0-best.pt",
        (0.08558747, 0.011884617, None, 0.0040595434, 0.010733786, None, None, 0.118761964, 0.022924708, None,
         0.06358637, None, None, None, 0.022143636, 0.017476924, 0.1258702, 0.014020768),
        (MIMIC,),
    ),
    "densenet121-res224-mimic_ch": Published(
        "densenet121", 224,
        "mimic_ch-densenet121-d121-tw-lr001-rot45-tr15-sc15-seed0-best.pt",
        (0.09121389, 0.010573786, None, 0.005023008, 0.003698257, None, None, 0.08001232, 0.037242252, None,
         0.05006329, None, None, None, 0.019866971, 0.03823637, 0.11303808, 0.0069147074),
        (MIMIC,),
    ),
    "resnet50-res512-all": Published(
        "resnet50", 512,
        "pc-nih-rsna-siim-vin-resnet50-test512-e400-state.pt",
        (0.51570356, 0.50444704, 0.53787947, 0.50723547, 0.5025118, 0.5035252, 0.5038076, 0.51862943, 0.5078151,
         0.50724894, 0.5056339, 0.510706, 0.5053923, 0.5020846, None, 0.5080557, 0.5138526, None),
        (NIH, PADCHEST, RSNA, SIIM, VINDR),
    ),
}
# fmt: on
