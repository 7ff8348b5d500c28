// The teacher's page of a class, which everybody sees on the wall.
const KEY = "class-key";
const decks = room.innerHTML;
let key = recall(KEY);
let seen = -1; // the number of what is shown; what comes later has a higher one
let pressed = ""; // the button by which what comes was asked for: then the keyboard goes along

const section = () => /** @type {HTMLElement | null} */ (room.querySelector("section"));

/** @param {string} html */
function show(html) {
  const made = new DOMParser().parseFromString(html, "text/html").querySelector("section");
  if (!made) return;
  const [now, before] = [made, section()].map((each) => `${each?.dataset.step} ${each?.dataset.state}`);
  const [places, parts] = [room, made].map((each) => [...each.querySelectorAll("[data-live]")]);
  if (now === before && places.length === parts.length && !pressed) {
    for (const [at, part] of parts.entries()) places[at].replaceWith(part);
    return; // the rest stays as it is, with what is open there
  }
  room.replaceChildren(made);
  if (!pressed) return;
  const [same, first, title] = [`[data-act="${pressed}"]`, "[data-act]", "[tabindex='-1']"].map(
    (place) => /** @type {HTMLElement | null} */ (room.querySelector(place)),
  );
  pressed = "";
  (same ?? first ?? title)?.focus();
}

/** @param {string} [why] */
function goToDecks(why) {
  key = pressed = "";
  seen = -1;
  remember(KEY, "");
  room.innerHTML = decks;
  complain(why ?? "");
}

/** @type {Heed} */
function heed(found) {
  if (found.over) {
    if (key) goToDecks(found.error);
    return;
  }
  complain(found.error ?? "");
  if (found.html === undefined || Number(found.number) < seen) return;
  seen = Number(found.number);
  takeFilm(found);
  show(found.html);
}

const describeWall = () => ({ key, seen, ...describePage() });

function begin() {
  const of = key;
  follow("wall", () => (key === of && of ? describeWall() : null), heed);
}

/** @param {string} deck */
async function open(deck) {
  const token = makeToken();
  const found = await ask("open", { deck, key: token, address: new URL(here, location.origin).href });
  if (found.error) return complain(found.error);
  key = token;
  remember(KEY, key);
  heed(found);
  begin();
}

/** @param {string} act */
async function press(act) {
  const { step: stage, state } = section()?.dataset ?? {};
  pressed = act;
  const found = await ask("act", { act, stage, turn: state ? Number(state) : -1, ...describeWall() });
  heed(found);
  pressed = "";
}

/** @param {string} name */
async function take(name) {
  const answer = await post(name, { key }).catch(() => null);
  if (!answer) return complain(String(lost.dataset.told));
  if (!answer.ok) return heed(await answer.json().catch(() => ({})));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

room.addEventListener("click", async (event) => {
  const button = /** @type {Element} */ (event.target).closest("button");
  if (!button || (button.dataset.sure && !confirm(button.dataset.sure))) return;
  const { open: deck, act, take: name, wait } = button.dataset;
  const buttons = [...room.querySelectorAll("button")];
  for (const each of buttons) each.disabled = true; // one press at a time
  if (wait) complain(wait);
  if (deck) await open(deck);
  if (act) await press(act);
  if (name) await take(name);
  for (const each of buttons) each.disabled = false;
});
if (key) {
  room.replaceChildren();
  begin();
}
