// A link that reopens how one looks, without what one looks at: it stands behind a #, which no server is told. Neither
// the film nor its name nor its regions go in, and a page that is opened by it begins without a film.
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
  const isCopied = await navigator.clipboard?.writeText(field.value).then(
    () => true,
    () => false,
  ); // not everywhere: the address stands there, chosen
  told.textContent = isCopied ? String(told.dataset.copied) : "";
});

if (location.hash.startsWith(MARK)) {
  const asked = new URLSearchParams(location.hash.slice(MARK.length));
  const opacity = Number.parseInt(asked.get("opacity") ?? "", 10);
  if (opacity >= 0 && opacity <= 100) drawing.opacity = opacity / 100;
  if (asked.get("scale") === "absolute") drawing.scale = "absolute";
  drawing.cells = asked.get("cells") === "1";
  drawing.contours = asked.get("contours") === "1";
  press("open_link", {
    network: asked.get("network") ?? "",
    label: asked.get("finding") ?? "",
    methods: asked.get("methods")?.split(" ").filter(Boolean) ?? [],
    contrast: asked.get("contrast") === "1",
  });
} else press("open_page", { film: 0 });
