// Before anything is drawn: the language that was chosen here before, or the first of the browser's that there is.
const LANGUAGES = ["en", "de"];
let chosen = null;
try {
  chosen = localStorage.getItem("language");
} catch {} // where nothing may be kept
const wanted = [chosen ?? "", ...navigator.languages].map((code) => code.toLowerCase().split("-")[0]);
document.documentElement.lang = wanted.find((code) => LANGUAGES.includes(code)) ?? LANGUAGES[0];
