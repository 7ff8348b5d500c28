// What a person wants, as the page hears it.

import { desk, edition, files, isDoubted, listEntries } from "./desk.js";
import { maskRegion } from "./engine/region_shares.js";
import { follow, goOn, stopAll } from "./run.js";
import { listEnds } from "./scales.js";
import { showAll } from "./show.js";
import { describeError, formatText } from "./words.js";

const FIRST_EXAMPLE = "consolidation";
let films = 0;

/** @typedef {Pick<import("./desk.js").GivenFilm, "name" | "example" | "mends" | "open">} Given */

/** @param {Given} given */
const takeFilm = (given) => lookAt(makeFilm(given));

/** @param {Edition["examples"][number]} example */
const describeExample = ({ file, key }) => ({ name: file, example: key, mends: [], open: () => files.get(file) });

/** @param {import("./desk.js").GivenFilm} film */
function lookAt(film) {
  desk.film = film;
  const { pair } = desk;
  if (pair.film && (pair.film === film || (film.example && pair.film.example === film.example))) pair.film = null;
  desk.regions = [];
  desk.cover = { how: "", answers: null, id: "", fault: "" };
  desk.regionFault = null;
  desk.isLabelWanted = false;
  forgetPixels();
  follow(true);
}

/** Of films that are not seen now: they are read anew when they are. */
function forgetPixels() {
  for (const film of desk.earlier) {
    if (film === desk.film || film === desk.pair.film) continue;
    film.read = null;
    delete film.greys;
  }
}

/** @param {Given} given @returns {import("./desk.js").GivenFilm} */
function makeFilm(given) {
  films += 1;
  return {
    ...given,
    id: `film ${films}`,
    outlines: "",
    read: null,
    number: 0,
    fault: null,
    gate: null,
    isAccepted: false,
    isForeignAccepted: false,
  };
}

/** Beside the film that is looked at. @param {import("./desk.js").GivenFilm | null} film */
function compareWith(film) {
  desk.pair = { film, answers: null, answersOf: "", entries: new Map(), entriesOf: "" };
}

/** @param {string} id of a film that was given, or the key of an example; "" for none */
function chooseOther(id) {
  const example = edition.examples.find(({ key }) => key === id);
  if (example) compareWith(makeFilm(describeExample(example)));
  else compareWith(desk.earlier.find((film) => film.id === id) ?? null);
  forgetPixels();
  follow();
  if (id) partOf("pair").scrollIntoView({ block: "nearest" });
}

function swapFilms() {
  const { film, pair } = desk;
  if (!film || !pair.film) return;
  const next = pair.film;
  compareWith(film);
  lookAt(next);
}

/** @param {string} name */
function takeNetwork(name) {
  desk.chosen = name;
  desk.isLabelWanted = false;
  follow(true);
}

/** Of the finding whose slider it is, as far as it stands elsewhere than the network's own. @param {Element} part */
function keepThreshold(part) {
  const row = part.closest("li");
  const slider = row?.querySelector("input.threshold");
  const label = row?.querySelector("button.finding")?.dataset.label;
  if (!slider || !label || !desk.network) return;
  const key = `${desk.network.name} ${label}`;
  const steps = desk.network.labels.find((each) => each.key === label)?.quality.points?.thresholds ?? [];
  if (slider.value === slider.defaultValue) desk.moved.delete(key);
  else desk.moved.set(key, steps[slider.valueAsNumber]);
}

/** @param {string} [key] */
export function takeExample(key = FIRST_EXAMPLE) {
  const example = edition.examples.find((each) => each.key === key) ?? edition.examples[0];
  if (!example) return;
  takeFilm(describeExample(example));
}

/** @param {File} file */
function describeFile(file) {
  const most = edition.limits.max_file_bytes ?? 2 ** 26;
  const fault = { name: "film-too-large", values: { megabytes: Math.floor(most / 2 ** 20) } };
  const open = async () => {
    if (file.size > most) throw fault;
    return new Uint8Array(await file.arrayBuffer());
  };
  return makeFilm({ name: file.name, example: "", mends: [], open });
}

/** The first of several is looked at, the second stands beside it. @param {readonly File[]} given */
function takeOwn(given) {
  const taken = given.slice(0, edition.limits.max_films).map(describeFile);
  desk.earlier = [...taken, ...desk.earlier].slice(0, edition.limits.max_films);
  const [first, second] = taken;
  if (second) compareWith(second);
  lookAt(first);
}

/** @param {readonly DrawnRegion[]} regions */
function findRegionFault(regions) {
  const film = desk.film?.read;
  const most = edition.limits.max_regions;
  if (regions.length > most) return () => formatText("region.too-many", { most });
  if (!regions.every(({ shape }) => shape.flat().every(Number.isFinite))) return () => formatText("region.no-numbers");
  try {
    if (film) for (const { shape } of regions) maskRegion(shape, film.width, film.height);
    return null;
  } catch (error) {
    return () => describeError(error).message;
  }
}

/** @param {unknown} regions as the viewer's script tells them */
function drawRegions(regions) {
  const given = /** @type {readonly DrawnRegion[]} */ (regions);
  desk.regionFault = findRegionFault(given);
  if (!desk.regionFault) {
    desk.regions = given;
    desk.cover = { ...desk.cover, how: given.length ? desk.cover.how : "", answers: null, fault: "" };
  }
  follow();
}

/** @type {Partial<Record<keyof Presses, (data: Record<string, unknown>) => void>>} */
const WISHES = {
  choose_label: ({ label }) => {
    desk.label = String(label);
    desk.isLabelWanted = true;
    follow();
  },
  contrast_labels: ({ contrast }) => {
    desk.contrast = Boolean(contrast);
    follow();
  },
  pin_scale: ({ pinned }) => {
    desk.pinned = pinned ? desk.network && listEnds(listEntries().values(), desk.network) : null;
    follow();
  },
  draw_regions: ({ regions }) => drawRegions(regions),
  cover_regions: ({ how }) => {
    desk.cover = { how: String(how ?? ""), answers: null, id: "", fault: "" };
    follow();
  },
};

export function hearAll() {
  document.addEventListener("cxr-press", ({ detail: { name, data } }) => WISHES[name]?.(data));
  onFiles(takeOwn);
  on("click", "#examples button[data-example]", ({ dataset }) => takeExample(String(dataset.example)));
  on("click", "#panels button.leave", ({ dataset }) => {
    desk.methods = desk.methods.filter((key) => key !== dataset.leave);
    follow();
  });
  on("change", "#methods input", (box) => {
    desk.methods = desk.methods.filter((key) => key !== box.value).concat(box.checked ? [box.value] : []);
    follow();
  });
  on("change", "#networks select", (select) => takeNetwork(select.value));
  on("input", "#findings input.threshold", keepThreshold);
  on("change", "#findings input.threshold", showAll);
  on("click", "#findings button.reset", (button) => {
    keepThreshold(button);
    showAll();
  });
  // One listener: what stops becomes, as the same button, what goes on.
  on("click", "#work button", ({ classList }) => (classList.contains("stop") ? stopAll() : goOn()));
  on("click", "#findings button.anyway", () => {
    const { film } = desk;
    if (film) film[isDoubted(film) ? "isAccepted" : "isForeignAccepted"] = true;
    follow();
  });
  on("click", "#findings button.network", ({ dataset }) => takeNetwork(String(dataset.network)));
  on("click", "#findings button.mend", ({ dataset }) => {
    const { film } = desk;
    if (!film) return;
    const mended = makeFilm({ ...film, mends: [...film.mends, String(dataset.mend)] });
    desk.earlier = desk.earlier.map((each) => (each === film ? mended : each));
    lookAt(mended);
  });
  on("click", "#findings button.leave-it", () => {
    desk.earlier = desk.earlier.filter((film) => film !== desk.film);
    takeExample();
  });
  on("click", "#notice button.again", () => follow());
  on("change", "#compare select", (select) => chooseOther(select.value));
  on("click", "#pair button.end", () => chooseOther(""));
  on("click", "#pair button.swap", swapFilms);
  on("click", "#facts button.print", () => print());
}
