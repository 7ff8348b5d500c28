// What is compared, on the film of the panels and drawn as they are.
/** @type {PairValue | null} */
let value = null;
/** @type {{ asked: boolean, about: string | null }} */
const state = { asked: false, about: null };
/** @type {Record<string, Layers | undefined>} */
let layers = {};

/** @type {{ picture: string | null, greys: Greys | null }} */
const other = { picture: null, greys: null };

/** @param {string} panel */
const filmOf = (panel) => (value?.other?.canvases.includes(panel) ? other.greys : drawing.film);

/** @param {string | null} picture */
async function loadOther(picture) {
  if (other.picture === picture) return;
  Object.assign(other, { picture, greys: null });
  const shown = picture && (await loadPicture(pictureOf(picture).source));
  if (shown && other.picture === picture) other.greys = greysOf(shown);
}

function draw() {
  const element = partOf("pair");
  element.hidden = !value?.about;
  if (!value?.about) return;
  paintAll(element, (panel) => layers[panel], Boolean(value.held) && !state.asked, state.asked, filmOf);
  element.dataset.drawn = String(Number(element.dataset.drawn || 0) + 1);
}

/** @param {PairValue} next */
async function show(next) {
  value = next;
  partOf("pair").dataset.ready = "";
  if (state.about !== next.about) {
    state.about = next.about;
    state.asked = false;
    layers = {};
  }
  draw();
  if (isAwaited && next.about) goThere();
  if (partOf("pair").querySelector("canvas")) isAwaited = false;
  await loadOther(next.other?.picture ?? null);
  if (value !== next) return;
  draw();
  const kept = layers;
  for (const [key, map] of Object.entries(next.maps)) {
    if (kept[key]?.source === map.smooth) continue;
    const made = await layersOf(map, tableOf(map));
    if (kept !== layers || value !== next) return; // something else is compared by now and draws itself
    kept[key] = made;
  }
  draw();
  partOf("pair").dataset.ready = partOf("pair").querySelector(".busy") ? "" : next.about;
}

on("click", "#pair button.ask", () => {
  state.asked = !state.asked;
  draw();
});
on("click", "#pair button.end", () => press("compare_with", { choice: "" }));
on("click", "#pair button.swap", () => press("swap_films"));

// Who has asked for a comparison is taken there: at once to where it will stand, and again when it is there, as the page
// may have been too short before. Who goes elsewhere meanwhile stays there.
let isAwaited = false;
function goThere() {
  partOf("pair").scrollIntoView({ block: "start" });
}
on("change", "#compare select", (select) => {
  isAwaited = select.value !== "";
});
on("click", "#strip button[data-compare]", () => {
  isAwaited = true;
  document.querySelector("#compare")?.scrollIntoView({ block: "start" });
});
for (const kind of /** @type {const} */ (["wheel", "touchmove", "keydown", "pointerdown"])) {
  document.addEventListener(
    kind,
    () => {
      isAwaited = false;
    },
    { capture: true, passive: true },
  );
}
document.addEventListener("cxr-drawing", draw);
onPart("pair", show);
