// What a person draws on the film: boxes and outlines, on every panel, moved, resized, removed and taken back here. The
// server is told all of them once a hand lets go.
const FINEST = 0.004; // of a side, between two points of an outline
const MOST_POINTS = 300;
const MOST_TAKEN_BACK = 50;
const PAUSE_MS = 350; // after the last arrow, until the server is told
const SIDES = /** @type {const} */ (["x", "y", "width", "height"]);
const SVG = "http://www.w3.org/2000/svg";
/** @type {RegionsValue | null} */
let value = null;
/** @type {readonly DrawnRegion[]} */
let regions = []; // as they are wanted, also before the server has heard of it
/** @type {readonly DrawnRegion[]} */
let told = []; // as the server was told last
/** @type {{ regions: readonly DrawnRegion[], how: string }[]} */
let former = []; // what can be taken back, the last at the end
let how = ""; // in which way they are covered, as it is wanted
let chosen = -1;
let armed = ""; // "box" or "outline", while one is to be drawn
let pause = 0;
/** @type {string | null} */
let fetched = null; // name of the whole covered film that is there or on its way, or ""; null while none is shown
/** @type {string | undefined} */
let film;
/** @type {{ stage: Element, film: string | undefined, at: Place, move: (to: Place) => void } | null} */
let gesture = null; // while a hand holds something

const stages = () => document.querySelectorAll("#panels .stage:has(canvas)");
const filmNow = () => partOf("panels").dataset.film;

/**
 * Only a stage that has a canvas is ever drawn on.
 * @param {Element} stage
 */
const canvasOf = (stage) => /** @type {PanelCanvas} */ (stage.querySelector("canvas"));

/** @param {string} shape */
function arm(shape) {
  armed = shape;
  if (armed) document.body.dataset.drawing = "1";
  else delete document.body.dataset.drawing;
  place();
}

/** @param {number} at */
function choose(at) {
  chosen = at;
  fill();
  place();
}

/**
 * @param {number} at
 * @param {Shape} shape
 */
function reshape(at, shape) {
  regions = regions.map((region, each) => (each === at ? { ...region, shape } : region));
  fill();
  place();
}

/** The server is told of all regions as they are now, and what it was told before can be taken back. */
function tellAll() {
  clearTimeout(pause);
  pause = 0;
  remember();
  told = regions;
  press("draw_regions", { regions: regions.map(({ shape, covered }) => ({ shape, covered })) });
  place();
}

function remember() {
  former = [...former.slice(1 - MOST_TAKEN_BACK), { regions: told, how }];
}

/** @param {number} at */
function remove(at) {
  regions = regions.filter((_, each) => each !== at);
  choose(Math.min(chosen, regions.length - 1));
  tellAll();
}

function takeBack() {
  if (pause) tellAll();
  const last = former.pop();
  if (!last) return;
  const isCover = last.how !== how;
  regions = told = last.regions;
  how = last.how;
  press("draw_regions", { regions });
  if (isCover) press("cover_regions", { how });
  choose(Math.min(chosen, regions.length - 1));
}

/**
 * What lies over one stage: made anew only where there are more regions or fewer.
 * @param {Element} stage
 */
function layerOn(stage) {
  let layer = /** @type {HTMLElement | null} */ (stage.querySelector(":scope > div.regions"));
  if (layer?.dataset.count === String(regions.length)) return layer;
  const isFilm = canvasOf(stage).dataset.panel === "film"; // the keyboard stops at one of the panels
  if (!layer) {
    layer = document.createElement("div");
    layer.className = "regions";
    layer.dataset.added = "1";
    stage.append(layer);
  }
  layer.dataset.count = String(regions.length);
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, set] of Object.entries({ viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" }))
    svg.setAttribute(name, set);
  const tags = regions.map((_, at) => {
    for (const line of ["halo", "line", "edge"]) {
      const polygon = document.createElementNS(SVG, "polygon");
      polygon.setAttribute("class", line);
      polygon.dataset.region = String(at);
      svg.append(polygon);
    }
    const tag = document.createElement("button");
    Object.assign(tag, { type: "button", className: "region-tag", tabIndex: isFilm ? 0 : -1 });
    if (!isFilm) tag.setAttribute("aria-hidden", "true");
    tag.dataset.region = String(at);
    const number = document.createElement("b");
    number.textContent = String(at + 1);
    tag.append(number, document.createElement("span"));
    return tag;
  });
  const handles = CORNERS.map((corner) => {
    const handle = document.createElement("i");
    handle.className = "handle";
    handle.dataset.corner = corner;
    return handle;
  });
  layer.replaceChildren(svg, ...tags, ...handles);
  return layer;
}

/**
 * All but where the tags stand, which hangs on how wide they are: the tags, each with its stage and its corner.
 * @param {Element} stage
 * @returns {{ tag: HTMLElement, stage: Element, left: number, top: number }[]}
 */
function placeOn(stage) {
  if (!regions.length && !stage.querySelector(":scope > div.regions")) return [];
  const layer = layerOn(stage);
  for (const polygon of layer.querySelectorAll("svg polygon")) {
    const at = Number(/** @type {SVGElement} */ (polygon).dataset.region);
    const points = pointsOf(regions[at].shape).map(([x, y]) => toStage([x, y]).join(","));
    polygon.setAttribute("points", points.join(" "));
    polygon.classList.toggle("chosen", at === chosen);
  }
  const panel = canvasOf(stage).dataset.panel;
  const tags = [...layer.querySelectorAll("button.region-tag")].map((tag, at) => {
    const bounds = boundsOf(regions[at].shape);
    const [left, top] = toStage([bounds[0], bounds[1]]);
    const known = value?.regions[at];
    const isSame = known && JSON.stringify(known.shape) === JSON.stringify(regions[at].shape);
    const holds = (isSame && known.told[panel]) || "";
    /** @type {ChildNode} */ (tag.lastChild).textContent = holds;
    if (known) tag.setAttribute("aria-label", holds ? `${known.name}. ${holds}` : known.name);
    tag.classList.toggle("low", top < 0.08); // no room above it for the text
    tag.classList.toggle("right", left > 0.5);
    tag.classList.toggle("chosen", at === chosen);
    return { tag, stage, left, top };
  });
  const held = regions[chosen];
  const [left, top, width, height] = held ? boundsOf(held.shape) : [0, 0, 0, 0];
  for (const handle of /** @type {NodeListOf<HTMLElement>} */ (layer.querySelectorAll(".handle"))) {
    const corner = String(handle.dataset.corner);
    const [x, y] = toStage([corner[1] === "w" ? left : left + width, corner[0] === "n" ? top : top + height]);
    Object.assign(handle.style, { left: `${x * 100}%`, top: `${y * 100}%` });
    handle.hidden = !held;
  }
  return tags;
}

function place() {
  const tags = [...stages()].flatMap(placeOn);
  const sizes = tags.map(({ tag, stage }) => [stage.clientWidth, tag.offsetWidth]); // all at once: one layout of the page
  tags.forEach(({ tag, left, top }, at) => {
    const [wide, own] = sizes[at];
    const across = left * wide; // what stands on it is read whole, also on a narrow panel
    const most = left > 0.5 ? across : Math.min(across, Math.max(0, wide - own));
    Object.assign(tag.style, { left: `${most}px`, top: `${top * 100}%` });
  });
  let isFull = false;
  for (const button of document.querySelectorAll("#panels button.draw-region")) {
    isFull = regions.length >= Number(button.dataset.most);
    button.setAttribute("aria-pressed", String(button.dataset.shape === armed));
    button.disabled = isFull;
  }
  const limit = /** @type {HTMLElement | null} */ (document.querySelector("#panels .limit"));
  const why = isFull ? String(limit?.dataset.text) : "";
  if (limit && limit.textContent !== why) limit.textContent = why;
  const undo = document.querySelector("#panels button.undo");
  if (undo) undo.disabled = !former.length;
  const change = document.querySelector("#regions button.change");
  if (change) change.disabled = !regions[chosen];
  markCover();
}

/** On the film's own panel, as long as it is not the film. */
function markCover() {
  const stage = document.querySelector("#panels .stage:has(canvas[data-panel=film])");
  const mark = stage?.querySelector(":scope > b.not-film");
  const text = drawing.covered && !drawing.bare ? value?.cover?.mark : "";
  if (!text) return mark?.remove();
  const shown = mark ?? document.createElement("b");
  shown.textContent = text; // in the language of now
  if (mark) return;
  shown.className = "not-film";
  shown.dataset.added = "1";
  stage?.append(shown);
}

/**
 * Where on the film.
 * @param {PointerEvent} event
 * @param {Element} stage
 * @returns {Place}
 */
function placeOf(event, stage) {
  const frame = canvasOf(stage).getBoundingClientRect();
  /** @type {(at: number, from: number, length: number) => number} */
  const share = (at, from, length) => Math.min(1, Math.max(0, (at - from) / length));
  return toFilm([share(event.clientX, frame.left, frame.width), share(event.clientY, frame.top, frame.height)]);
}

/**
 * A new region follows the pointer.
 * @param {Place} at
 * @returns {(to: Place) => void}
 */
function drawFrom(at) {
  const before = regions;
  const isBox = armed === "box";
  /** @type {Place[]} */
  const points = [at];
  return (to) => {
    const last = points[points.length - 1];
    if (Math.hypot(to[0] - last[0], to[1] - last[1]) >= FINEST) points.push(to);
    const shape = isBox ? boxBetween(at, to) : thinOut(points, MOST_POINTS);
    if (points.length < 3 && !isBox) return;
    regions = [...before, { shape, covered: true }];
    choose(before.length);
  };
}

/**
 * What is under the pointer follows it.
 * @param {PointerEvent} event
 * @param {Place} at
 * @returns {((to: Place) => void) | null}
 */
function takeHold(event, at) {
  const corner = /** @type {HTMLElement | null} */ (within(event, ".handle"))?.dataset.corner;
  const held = /** @type {HTMLElement | null} */ (within(event, ".region-tag, polygon.edge"))?.dataset.region;
  if (corner && regions[chosen]) {
    const { shape } = regions[chosen];
    return (to) => {
      const pulled = pullCorner(shape, corner, to);
      if (pulled) reshape(chosen, pulled);
    };
  }
  if (held === undefined) return null;
  choose(Number(held));
  const { shape } = regions[chosen];
  return (to) => reshape(chosen, moveShape(shape, [to[0] - at[0], to[1] - at[1]]));
}

function letGo() {
  gesture = null;
  delete document.body.dataset.held;
}

function giveUp() {
  if (!gesture) return;
  letGo();
  regions = told;
  choose(Math.min(chosen, regions.length - 1));
}

// Before the viewer's own habits, which leave alone what is held.
document.addEventListener(
  "pointerdown",
  (event) => {
    if (gesture) return giveUp(); // another finger: two of them magnify
    const stage = within(event, "#panels .stage:has(canvas)");
    if (!stage || !event.isPrimary || event.button !== 0 || event.shiftKey) return;
    const at = placeOf(event, stage);
    const move = armed ? drawFrom(at) : takeHold(event, at);
    if (!move) return choose(-1);
    if (armed) event.preventDefault();
    gesture = { stage, film: filmNow(), at, move };
    document.body.dataset.held = "1";
  },
  true,
);
document.addEventListener("pointermove", (event) => {
  if (gesture && event.isPrimary) gesture.move(placeOf(event, gesture.stage));
});
document.addEventListener("pointerup", (event) => {
  if (!gesture || !event.isPrimary) return;
  const isSame = gesture.film === filmNow(); // another film may have come meanwhile
  const [, , width, height] = regions[chosen] ? boundsOf(regions[chosen].shape) : [0, 0, 0, 0];
  if (!isSame || (armed && (regions === told || width < LEAST || height < LEAST))) return giveUp();
  letGo();
  if (armed) arm(""); // so that the finger scrolls again
  if (regions !== told) tellAll();
});
document.addEventListener("pointercancel", giveUp);
document.addEventListener("touchmove", (event) => gesture && event.preventDefault(), { passive: false }); // no scrolling

/**
 * @param {number} at
 * @param {KeyboardEvent} event
 */
function moveByKey(at, event) {
  reshape(at, moveByArrow(regions[at].shape, event, STEP / view.zoom));
  clearTimeout(pause);
  pause = setTimeout(tellAll, PAUSE_MS);
}

document.addEventListener(
  "keydown",
  (event) => {
    const at = Number(/** @type {HTMLElement | null} */ (within(event, ".region-tag"))?.dataset.region ?? -1);
    const isTyped = within(event, "input[type=number], input[type=text], textarea, select");
    if (event.key === "Escape" && (armed || gesture)) {
      giveUp();
      arm("");
    } else if (event.key === "z" && (event.ctrlKey || event.metaKey) && !isTyped && former.length) takeBack();
    else if (at >= 0 && event.key in ARROWS) moveByKey(at, event);
    else if (at >= 0 && ["Delete", "Backspace"].includes(event.key)) {
      remove(at);
      focusTag(Math.max(0, at - 1));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
document.addEventListener("focusin", (event) => {
  const at = /** @type {HTMLElement | null} */ (within(event, ".region-tag"))?.dataset.region;
  if (at !== undefined && Number(at) !== chosen) choose(Number(at));
});

/**
 * Without one the keyboard goes on where regions are drawn.
 * @param {number} at
 */
function focusTag(at) {
  const tags = /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll("#panels .stage:has(canvas[data-panel=film]) .region-tag")
  );
  (tags[at] ?? document.querySelector("#panels button.draw-region"))?.focus();
}

on("click", "#panels button.draw-region", ({ dataset }, event) => {
  if (event.detail || !drawing.film) {
    arm(armed === dataset.shape ? "" : String(dataset.shape));
    // On a phone the button stands below the panels: the film comes back to the hand that is about to draw on it.
    if (armed) document.querySelector("#panels .stage")?.scrollIntoView({ block: "nearest" });
    return;
  }
  const [left, top] = toFilm([0.4, 0.4]); // the keyboard has no place of its own
  const side = 0.2 / view.zoom;
  /** @type {Box} */
  const box = [left, top, side, side];
  regions = [...regions, { shape: dataset.shape === "outline" ? ovalIn(box) : box, covered: true }];
  choose(regions.length - 1);
  tellAll();
  focusTag(chosen);
});
on("click", "#panels button.undo", takeBack);
on("click", "#regions button.remove", ({ dataset }) => remove(Number(dataset.region)));
on("change", "#regions input.to-cover", ({ dataset, checked }) => {
  regions = regions.map((region, at) => (at === Number(dataset.region) ? { ...region, covered: checked } : region));
  tellAll();
});
on("click", "#regions button.cover", ({ ariaPressed, dataset }) => {
  remember();
  how = ariaPressed === "true" ? "" : String(dataset.how);
  press("cover_regions", { how });
});

/**
 * What is typed is checked where the film is known; an empty field becomes null on the way there.
 * @returns {Box}
 */
function boxOfFields() {
  const form = /** @type {RegionForm} */ (partOf("regions").querySelector("form.region"));
  const [x, y, width, height] = SIDES.map((side) => {
    const field = form.elements[side].value.trim();
    return field ? Number(field) / 100 : Number.NaN;
  });
  return [x, y, width, height];
}

/** @param {Box} box */
const isOnFilm = ([x, y, width, height]) =>
  Math.min(x, y) >= 0 && Math.min(width, height) > 0 && Math.max(x + width, y + height) <= 1;

document.addEventListener("submit", (event) => {
  if (!within(event, "#regions form.region")) return;
  event.preventDefault();
  const added = { shape: boxOfFields(), covered: true };
  if (!isOnFilm(added.shape)) return press("draw_regions", { regions: [...regions, added] }); // it says what is wrong
  regions = [...regions, added];
  chosen = regions.length - 1;
  tellAll();
});
on("click", "#regions button.change", () => {
  const region = regions[chosen];
  const box = boxOfFields();
  if (!region) return;
  const isFit = isOnFilm(box);
  const shape = isFit ? fitTo(region.shape, box) : box;
  const changed = regions.map((each, at) => (at === chosen ? { ...each, shape } : each));
  if (!isFit) return press("draw_regions", { regions: changed }); // it says what is wrong
  regions = changed;
  tellAll();
});

// What was typed and refused stays for the person to mend.
function fill() {
  const form = /** @type {RegionForm | null} */ (partOf("regions").querySelector("form.region"));
  const region = regions[chosen];
  if (!form || !region || form.querySelector(".fault")?.textContent) return;
  const box = boundsOf(region.shape);
  SIDES.forEach((side, at) => {
    form.elements[side].value = String(Number((box[at] * 100).toFixed(1)));
  });
}

/** @param {Covered | null} cover */
async function showCovered(cover) {
  fetched = null;
  const greys = cover && (await loadGreys(pictureOf(cover.picture)).catch(() => null));
  if ((value?.cover ?? null)?.picture !== cover?.picture) return; // the newer one draws itself
  drawing.covered = greys;
  fetched = greys && "";
  delete partOf("regions").dataset.deep;
  document.dispatchEvent(new Event("cxr-view"));
}

// Whoever comes near the films gets all of the covered one that is shown by then.
async function deepen() {
  const name = value?.cover?.deep;
  if (!name || fetched === null || fetched === name) return;
  fetched = name;
  const deep = await deepGreysOf(name).catch(() => null);
  if (fetched !== name) return; // another one is shown
  if (!deep) fetched = ""; // to be tried again; until then the picture stays
  if (!deep || value?.cover?.deep !== name) return;
  drawing.covered = deep;
  partOf("regions").dataset.deep = name;
  document.dispatchEvent(new Event("cxr-view"));
}

// The ways of covering stand at the foot of the screen while the films are on it.
const watcher = new IntersectionObserver(([panels]) => {
  document.body.dataset.atFilms = panels.isIntersecting ? "1" : "";
});
for (const kind of /** @type {const} */ (["pointerover", "focusin", "wheel"]))
  on(kind, "#panels .row, #panels .view", deepen);
document.addEventListener("cxr-drawing", place);
onPart("regions", (next) => {
  const before = value?.cover?.picture;
  if (!value) watcher.observe(partOf("panels")); // gradio puts it into the document after this script
  value = next;
  if (next.cover?.picture !== before) showCovered(next.cover);
  place();
});
// What a hand holds, or has changed and not told, stays as it is there.
onControl("regions", (body, at) => {
  if (at.film !== film) {
    former = [];
    chosen = -1;
    film = at.film;
    if (gesture) letGo();
    clearTimeout(pause);
    pause = 0;
  } else if (gesture || pause) return;
  regions = told = body.regions;
  how = body.how;
  // What a person has ticked follows its attribute no longer.
  for (const tick of /** @type {NodeListOf<HTMLInputElement>} */ (
    document.querySelectorAll("#regions input.to-cover")
  )) {
    tick.checked = regions[Number(tick.dataset.region)]?.covered ?? tick.checked;
  }
  chosen = Math.min(chosen, regions.length - 1);
  fill();
  place();
});
