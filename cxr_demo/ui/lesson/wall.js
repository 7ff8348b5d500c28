// The teacher's page of a class, which everybody sees on the wall.
const KEY = "class-key";
let key = recall(KEY);
let seen = "";

/** @param {string} html */
function show(html) {
  const made = new DOMParser().parseFromString(html, "text/html").querySelector("section");
  if (!made) return;
  const pressed = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.act;
  const [now, before] = [made, room.querySelector("section")].map(
    (each) => `${each?.dataset.step} ${each?.dataset.state}`,
  );
  const places = room.querySelectorAll("[data-live]");
  if (now === before && places.length) {
    for (const [at, part] of [...made.querySelectorAll("[data-live]")].entries()) places[at]?.replaceWith(part);
    return; // a film that is drawn anew flickers
  }
  room.replaceChildren(made);
  if (pressed === undefined) return;
  const next = /** @type {HTMLElement | null} */ (room.querySelector("button[data-act], [tabindex='-1']"));
  next?.focus();
}

/** @type {Heed} */
function heed(found) {
  if (found.over) {
    remember(KEY, "");
    if (key) location.reload(); // to the decks
    key = "";
    return;
  }
  complain(found.error ?? "");
  if (!found.html || found.mark === seen) return;
  seen = String(found.mark);
  show(found.html);
}

function begin() {
  follow("wall", () => (key ? { key, seen } : null), heed);
}

/** @param {string} deck */
async function open(deck) {
  const found = await ask("open", { deck, address: new URL(here, location.origin).href });
  if (found.error) return complain(found.error);
  key = String(found.key);
  remember(KEY, key);
  heed(found);
  begin();
}

/** @param {string} name */
async function take(name) {
  const answer = await post(name, { key }).catch(() => null);
  if (!answer?.ok) return complain(String(lost.dataset.told));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

room.addEventListener("click", async (event) => {
  const button = /** @type {Element} */ (event.target).closest("button");
  if (!button || (button.dataset.sure && !confirm(button.dataset.sure))) return;
  const { open: deck, act, take: name } = button.dataset;
  button.disabled = true; // of two presses one counts
  if (deck) await open(deck);
  if (act) heed(await ask("act", { key, act }));
  if (name) await take(name);
  button.disabled = false;
});
if (key) begin();
