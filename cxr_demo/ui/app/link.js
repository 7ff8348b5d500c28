// A link that reopens how one looks, without what one looks at: neither the film nor its name nor its regions go in. It
// stands behind a #, so that no server is told the address; the page tells ours the settings, as whoever chooses them does.
// A page that is opened by it begins without a film; one that is open already keeps its films.
const MARK = "#settings?";

/** What is chosen now, as the address has it. */
function readSettings() {
  const { checkpoint = "", label = "" } = partOf("panels").dataset;
  const boxes = [...partOf("methods").querySelectorAll("input:checked")];
  const told = new URLSearchParams({ network: checkpoint });
  if (label) told.set("finding", label);
  told.set("methods", boxes.map((box) => box.value).join(" "));
  told.set("scale", drawing.scale);
  told.set("opacity", String(Math.round(drawing.opacity * 100)));
  const contrast = partOf("panels").querySelector("input.contrast");
  const drawn = { contrast: contrast?.checked, cells: drawing.cells, contours: drawing.contours };
  for (const [name, isOn] of Object.entries(drawn)) if (isOn) told.set(name, "1");
  told.set("lang", document.documentElement.lang);
  return `${location.origin}${location.pathname}${MARK}${told}`;
}

on("click", "#take_home button.copy-link", async (button) => {
  const field = /** @type {HTMLInputElement} */ (button.parentElement?.querySelector("input.address"));
  const told = /** @type {HTMLElement} */ (button.parentElement?.querySelector("output"));
  field.value = readSettings();
  field.hidden = false;
  field.select();
  told.textContent = ""; // the same words again are told again
  const isCopied = await navigator.clipboard?.writeText(field.value).then(
    () => true,
    () => false,
  ); // not everywhere: the address stands there, chosen
  told.textContent = String(isCopied ? told.dataset.copied : told.dataset.byHand);
});

// It leaves the address then: what a person chooses afterwards is theirs, and the same link may come again.
function openLink() {
  const asked = new URLSearchParams(location.hash.slice(MARK.length));
  history.replaceState(null, "", location.pathname + location.search);
  const opacity = Number.parseInt(asked.get("opacity") ?? "", 10);
  if (opacity >= 0 && opacity <= 100) drawing.opacity = opacity / 100;
  drawing.scale = asked.get("scale") === "absolute" ? "absolute" : "relative";
  drawing.cells = asked.get("cells") === "1";
  drawing.contours = asked.get("contours") === "1";
  press("open_link", {
    network: asked.get("network") ?? "",
    label: asked.get("finding") ?? "",
    methods: asked.get("methods")?.split(" ").filter(Boolean) ?? [],
    contrast: asked.get("contrast") === "1",
  });
  return asked.get("lang") ?? "";
}

if (location.hash.startsWith(MARK)) openLink();
else press("open_page", { film: 0 });
addEventListener("hashchange", () => {
  if (!location.hash.startsWith(MARK)) return;
  const language = openLink();
  document.dispatchEvent(new Event("cxr-view"));
  const known = document.querySelector(`[data-language="${CSS.escape(language)}"]`);
  if (!known || language === document.documentElement.lang) return;
  document.documentElement.lang = language;
  document.dispatchEvent(new Event("language"));
});
