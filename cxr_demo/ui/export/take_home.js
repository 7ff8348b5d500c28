// What is taken home is made by the server as the panels show it here: scale, opacity and greys go with the question. The
// file comes by itself once it is there, to the page that has asked for it.
let isAwaited = false;
let had = ""; // the file that has come
/** @type {string | null} */
let film = null;

/** Buttons are free once a person has looked whether the film shows who it is, where that is asked. */
function free() {
  const part = partOf("take_home");
  const looked = part.querySelector("input.looked");
  for (const button of part.querySelectorAll("button.make")) button.disabled = looked !== null && !looked.checked;
}

on("input", "#take_home input.looked", free);
on("click", "#take_home button.make", (button) => {
  const panels = partOf("panels");
  const { kind, panel } = button.dataset;
  const looked = partOf("take_home").querySelector("input.looked")?.checked ?? false;
  const { window, low, high, inverted } = view;
  const absolute = panels.dataset.scale === "absolute";
  const held = panels.dataset.off === "true";
  isAwaited = true;
  const greys = { window, low, high, inverted };
  press("take_home", { kind, panel, looked, absolute, held, opacity: drawing.opacity, ...greys });
});
onPart("take_home", (body) => {
  const looked = partOf("take_home").querySelector("input.looked");
  if (looked && film !== body.film) looked.checked = false;
  film = body.film ?? null;
  free();
  if (!body.file || body.file === had) return;
  had = body.file;
  if (!isAwaited) return;
  isAwaited = false;
  partOf("take_home").querySelector("p.state a")?.click();
});
onControl("take_home", free);
