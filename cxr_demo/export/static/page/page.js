// The page: its language, its rooms, and what of it is kept for a visit without a network.

import { desk, edition, files, identify, isOneFile } from "./desk.js";
import { openExam } from "./exam.js";
import { renderTop } from "./intake.js";
import { follow, untilRest } from "./run.js";
import { showAll, speak } from "./show.js";
import { hearAll, takeExample } from "./wishes.js";
import { formatText } from "./words.js";

const KEEP_LANGUAGE = "language";
/** @param {string} code */
function setLanguage(code) {
  document.documentElement.lang = code;
  try {
    localStorage.setItem(KEEP_LANGUAGE, code);
  } catch {} // where nothing may be kept, the next visit begins anew
  showAll();
  speak();
  document.dispatchEvent(new Event("language"));
  tellKept();
}

function chooseLanguage() {
  let kept = null;
  try {
    kept = localStorage.getItem(KEEP_LANGUAGE);
  } catch {} // where nothing may be kept
  const wanted = [kept ?? "", ...navigator.languages].map((code) => code.toLowerCase().split("-")[0]);
  document.documentElement.lang = wanted.find((code) => edition.languages.includes(code)) ?? edition.languages[0];
}

function enterRoom() {
  const isLesson = location.hash === "#lesson-section";
  if (isLesson) document.body.dataset.room = "lesson";
  else delete document.body.dataset.room;
  showPart("top", renderTop(edition.languages), identify());
  speak();
}

/** The edition's files are kept for a visit without a network, but for other networks'; a sentence says once they are. */
async function keepOffline() {
  if (isOneFile || !("serviceWorker" in navigator) || !isSecureContext) return;
  await navigator.serviceWorker.register("sw.js");
  navigator.serviceWorker.addEventListener("message", () => {
    document.body.dataset.kept = "1";
    tellKept();
  });
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    navigator.serviceWorker.controller?.postMessage("keep"); // of another edition than the one before
  });
  const { active } = await navigator.serviceWorker.ready;
  active?.postMessage("keep");
}

function tellKept() {
  const place = document.querySelector("#offline");
  if (place && document.body.dataset.kept) place.textContent = formatText("browser-kept");
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const paper = matchMedia("print"); // is white
const setTheme = () => document.body.classList.toggle("dark", dark.matches && !paper.matches);
for (const media of [dark, paper]) media.addEventListener("change", setTheme);
setTheme();
chooseLanguage();
hearAll();
on("click", "#top button[data-language]", ({ dataset }) => setLanguage(String(dataset.language)));
addEventListener("hashchange", enterRoom);
enterRoom();
openExam(edition, files);
takeExample();
if (!desk.film) follow();
document.querySelector("#start")?.remove();
untilRest()
  .then(keepOffline)
  .catch(() => {}); // a page that cannot be kept works as long as it is open
