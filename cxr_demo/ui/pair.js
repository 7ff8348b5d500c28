// Given by gr.HTML: element, trigger, props, watch; by drawing.js: how maps are drawn, and the film of the panels.
const own = /** @type {{ value: PairValue }} */ (props);
/** @type {{ asked: boolean, about: string | null }} */
const state = { asked: false, about: null };
/** @type {Record<string, Layers | undefined>} */
let layers = {};

// What belongs to a film, checkpoint or finding that the panels have left is hidden until its successor comes.
function draw() {
  const value = own.value;
  const stale = Boolean(value.about) && drawing.about !== value.of;
  element.hidden = stale || !value.about;
  if (stale || !value.about) return;
  paintAll(element, (panel) => layers[panel], Boolean(value.held) && !state.asked, state.asked);
  element.dataset.drawn = String(Number(element.dataset.drawn || 0) + 1);
}

async function show() {
  const value = own.value;
  if (state.about !== value.about) {
    state.about = value.about;
    state.asked = false;
    layers = {};
  }
  draw();
  const kept = layers;
  for (const [key, map] of Object.entries(value.maps)) {
    if (kept[key]?.source === map.smooth) continue;
    const made = await layersOf(map, tableOf(map));
    if (kept !== layers) return; // something else is compared by now and draws itself
    kept[key] = made;
  }
  draw();
  element.dataset.ready = element.querySelector(".busy") ? "" : value.about;
}

element.addEventListener("click", (event) => {
  const slow = event.target.closest("button.slow");
  if (slow) trigger("compute", { method: slow.dataset.method });
  if (!event.target.closest("button.ask")) return;
  state.asked = !state.asked;
  draw();
});
document.addEventListener("cxr-drawing", draw);
watch("value", show);
show();
