// A learner's page of a class. What `exam.js` is given by gradio on the page for films, it is given here.
const SEAT = "class-seat";
const element = room;
const form = room.innerHTML; // by which one joins
/** @type {(() => void)[]} */
const watchers = [];
/** @type {typeof globalThis.watch} */
const watch = (_, changed) => watchers.push(changed);
let [seat, ofClass] = recall(SEAT).split(" ");
let seen = -1; // the number of what is shown; what comes later has a higher one

function readCode() {
  try {
    return decodeURIComponent(location.hash.slice(1))
      .replace(/[^a-z0-9]/gi, "")
      .toUpperCase();
  } catch {
    return "";
  }
}

/** @param {string} name */
const fieldOf = (name) => /** @type {HTMLInputElement | null} */ (document.getElementById(name));

/** @param {string} html */
function show(html) {
  room.innerHTML = html;
  for (const changed of watchers) changed();
  const field = fieldOf("code");
  if (field) field.value = readCode();
}

/** @param {string} [why] */
function leave(why) {
  seat = ofClass = "";
  seen = -1;
  remember(SEAT, "");
  show(form);
  complain(why ?? "");
}

/**
 * @param {string} of
 * @param {ClassAnswer} found
 */
function heed(of, found) {
  if (of !== seat) return; // of a seat that was left
  if (found.over) return leave(found.error);
  if (found.error) complain(found.error);
  if (found.html === undefined || Number(found.number) <= seen) return;
  if (seen >= 0 && !found.error) complain("");
  seen = Number(found.number);
  takeFilm(found);
  show(found.html);
}

function begin() {
  const of = seat;
  follow(
    "look",
    () => (seat === of && of ? { seat, seen, ...describePage() } : null),
    (found) => heed(of, found),
  );
}

/** @param {{ state: string, own: object[] }} told */
async function send({ state, own }) {
  const of = seat;
  const found = await ask("answer", { seat, turn: Number(state), own });
  if (of !== seat || found.taken) return; // `look` brings what is to be seen now
  if (found.over) return leave(found.error);
  const view = await ask("look", { seat, seen: -1, ...describePage() });
  seen = -1; // it was not taken: the film is asked as before
  heed(of, view);
  complain(found.error ?? "");
}

/** @type {typeof globalThis.trigger} */
function trigger(_, data) {
  const told = /** @type {{ go: string, state: string, own: object[] }} */ (data);
  if (told.go === "answer") send(told);
}

room.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = /** @type {HTMLButtonElement} */ (room.querySelector("form button"));
  const [code, nickname] = [fieldOf("code")?.value, fieldOf("nickname")?.value];
  const token = makeToken();
  button.disabled = true;
  complain("");
  const found = await ask("join", { code, nickname, seat: token });
  button.disabled = false;
  if (found.error) return complain(found.error);
  [seat, ofClass] = [token, String(found.code)];
  remember(SEAT, `${seat} ${ofClass}`);
  begin();
});
room.addEventListener("click", (event) => {
  if (!(/** @type {Element} */ (event.target).closest("button.leave"))) return;
  post("leave", { seat }).catch(() => null); // who cannot be told is not waited for either
  leave();
});

/** Whoever holds a seat keeps it, but for the link of another class. */
function arrive() {
  const code = readCode();
  if (seat && code && code !== ofClass) leave();
  else if (seat) begin();
  else show(form);
}
addEventListener("hashchange", () => {
  if (readCode() && readCode() !== ofClass) leave();
});
arrive();
