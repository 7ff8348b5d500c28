// What is compared, on the film of the panels and drawn as they are.
/** @type {PairValue | null} */
let value = null;
/** @type {{ asked: boolean, about: string | null }} */
const state = { asked: false, about: null };
/** @type {Record<string, Layers | undefined>} */
let layers = {};

function draw() {
  const element = partOf("pair");
  element.hidden = !value?.about;
  if (!value?.about) return;
  paintAll(element, (panel) => layers[panel], Boolean(value.held) && !state.asked, state.asked);
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
document.addEventListener("cxr-drawing", draw);
onPart("pair", show);
