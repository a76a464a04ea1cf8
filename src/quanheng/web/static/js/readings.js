/* The readings workbench: what is typed goes to the server by itself, and stays on this device while there is none.
   htmx sends the form (after a pause in typing) and puts in the answer with #save-state; this script
     – keeps a copy in localStorage from the first key on, until the server says that it has it;
     – says so when the server cannot be reached, and tries again when it can;
     – on opening the page puts back what was left here, or asks where the record was saved elsewhere meanwhile;
     – Alt+↑ and Alt+↓ go to the instrument before and after.
   Runs before js/judge.js, which makes grids of the text areas. */
"use strict";
(() => {
  const RETRY_MS = 15000;
  const form = () => document.getElementById("judge-form");
  const revision = () => document.getElementById("revision");
  const key = () => `quanheng:draft:${document.body.dataset.user || ""}:readings-${form().dataset.kept}`;
  let typed = 0; // counts changes; what was sent with the last of them may be forgotten here
  let sent = 0;
  let leaving = "";

  const fields = () => Array.from(form().elements).filter(
    (field) => field.name && !["hidden", "file", "submit", "button"].includes(field.type) && field.type !== "fieldset");
  const isChoice = (field) => field.type === "radio" || field.type === "checkbox";
  const nameOf = (field) => (isChoice(field) ? `${field.name}=${field.value}` : field.name);

  function read() {
    try { return JSON.parse(localStorage.getItem(key())); } catch { return null; }
  }

  function store() {
    const values = Object.fromEntries(fields().map((field) => [nameOf(field), isChoice(field) ? field.checked : field.value]));
    try {
      localStorage.setItem(key(), JSON.stringify({ at: Date.now(), revision: revision().value, values }));
      return true;
    } catch { return false; }
  }

  function forget() {
    try { localStorage.removeItem(key()); } catch { /* nothing was kept */ }
  }

  function say(sentence, kind) {
    const state = document.getElementById("save-state");
    const word = document.createElement("span");
    word.className = `q-status q-status-${kind}`;
    word.textContent = sentence;
    state.replaceChildren(revision(), word);
  }

  function fill(values) {
    for (const field of fields()) {
      const kept = values[nameOf(field)];
      if (kept === undefined) continue;
      if (isChoice(field)) field.checked = kept;
      else field.value = kept;
    }
  }

  const send = () => window.htmx.trigger(form(), "keep");

  function offline() {
    const words = form().dataset;
    say(store() ? words.offline : words.offlineFull, "late");
  }

  function note(sentence, buttons) {
    const line = document.createElement("p");
    line.className = "draft-note";
    line.append(`${sentence} `);
    for (const [label, act] of buttons) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn-plain";
      button.textContent = label;
      button.addEventListener("click", () => { line.remove(); act(); });
      line.append(button, " ");
    }
    form().prepend(line);
  }

  function restore() {
    const kept = read();
    if (!kept) return false;
    const words = form().dataset;
    if (kept.revision === revision().value) {
      fill(kept.values);
      note(words.restored, []);
      return true;
    }
    note(words.older, [
      [words.use, () => { fill(kept.values); rebuild(); typed += 1; send(); }],
      [words.drop, forget],
    ]);
    return false;
  }

  /* The grids are made anew from their text areas: grid.js does so at this word; the fields stay as they are. */
  const rebuild = () => form().dispatchEvent(new Event("reset", { bubbles: true }));

  document.addEventListener("input", (event) => {
    if (!event.target.closest("#judge-form")) return;
    typed += 1;
    if (!store()) return;
    const words = form().dataset;
    if (!("conflict" in revision().dataset)) say(navigator.onLine ? words.saving : words.offline, navigator.onLine ? "going" : "late");
  });

  document.addEventListener("htmx:beforeRequest", (event) => { if (event.target.id === "judge-form") sent = typed; });
  document.addEventListener("htmx:sendError", (event) => {
    if (event.target.id !== "judge-form") return;
    document.getElementById("notice").replaceChildren(); // the state says it, and nothing is lost
    offline();
    if (leaving) window.location.assign(leaving);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!["judge-answer", "workbench"].includes(event.detail.target.id)) return;
    const field = revision();
    document.querySelectorAll("[data-revision]").forEach((other) => { other.value = field.value; });
    const isKept = !("conflict" in field.dataset) && !document.querySelector("#save-state .q-status-bad");
    if (isKept && sent === typed) forget();
    else store();
    if (isKept && sent !== typed) say(form().dataset.saving, "going");
    if (leaving && isKept) window.location.assign(leaving);
  });

  window.addEventListener("online", send);
  window.addEventListener("offline", () => { if (typed) offline(); });
  window.setInterval(() => { if (document.querySelector("#save-state .q-status-late")) send(); }, RETRY_MS);

  document.addEventListener("click", (event) => {
    const overwrite = event.target.closest("[data-overwrite]");
    if (overwrite) { // a decision of this person; until it is taken, nothing here replaces what is saved
      event.preventDefault();
      revision().value = overwrite.value;
      delete revision().dataset.conflict;
      send();
    }
    if (event.target.closest("[data-forget]")) forget();
    if (event.target.closest("[data-all-pass]")) {
      fields().filter((field) => field.type === "radio" && field.checked && !field.value)
        .forEach((field) => { document.querySelector(`input[name="${field.name}"]`).checked = true; });
      form().dispatchEvent(new Event("input", { bubbles: true }));
      form().dispatchEvent(new Event("change", { bubbles: true }));
    }
    const link = event.target.closest("a[data-leave]");
    if (link && sent !== typed) { event.preventDefault(); leaving = link.href; send(); }
  });

  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    const link = step && document.querySelector(`[data-step="${step}"]`);
    if (!link) return;
    event.preventDefault();
    event.stopPropagation();
    link.click();
  }, true);

  document.addEventListener("submit", (event) => { if (event.target.id === "judge-form") store(); });

  document.querySelectorAll("[data-all-pass]").forEach((button) => { button.hidden = false; });
  if (form()) {
    const isRestored = restore();
    window.addEventListener("load", () => { if (isRestored) { typed += 1; send(); } });
  }
})();
