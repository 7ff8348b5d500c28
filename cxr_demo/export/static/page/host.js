// What the viewer's scripts are given here, where there is no server: pictures and maps that the page has made itself,
// parts that it fills, and presses that it hears. `stream.js` is the same beside a server.
/** @type {typeof globalThis.press} */
function press(name, ...[data]) {
  document.dispatchEvent(new CustomEvent("cxr-press", { detail: { name, data: data ?? {} } }));
}

/** @type {typeof globalThis.showPart} */
function showPart(name, fresh, at, body) {
  const part = partOf(name);
  Object.assign(part.dataset, { film: at.film, checkpoint: at.checkpoint, label: at.label, number: String(at.number) });
  const frame = document.createElement("div");
  frame.append(...fresh);
  patch(part, frame);
  if (!body) return;
  parts[name]?.(body);
  controls[name]?.(body, at);
}

/** @type {typeof globalThis.keepBodies} */
function keepBodies(wanted) {
  for (const id of [...bodies.keys()]) if (!wanted.has(id)) bodies.delete(id);
  for (const [id, body] of wanted) bodies.set(id, body);
}

// To the exam's script, which is a component of its own beside a server.
const element = /** @type {OwnElement} */ (document.querySelector("#exam .part"));

/** @type {typeof globalThis.trigger} */
function trigger(name, data) {
  document.dispatchEvent(new CustomEvent(`cxr-${name}`, { detail: data ?? {} }));
}

/** @type {typeof globalThis.watch} */
function watch(_, changed) {
  document.addEventListener("cxr-exam", changed);
}
