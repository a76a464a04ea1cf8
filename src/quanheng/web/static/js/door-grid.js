/* The page "registering at the door": what is wrong with each line of its grid (grid.js), as far as can be seen here.
     #door[data-door-check]    the form; where numbers are asked about: POST {serials, manufacturer} → {known: {index: text}}
     #door-grid[data-*]        where the grid is put, with its sentences
     #door-refused             JSON: [{line, text}], refusals of the lines that came back */
"use strict";
(() => {
  const form = document.getElementById("door");
  const box = document.getElementById("door-grid");
  if (!form || !box) return;
  const words = box.dataset;
  const WAIT_MS = 500;
  const refused = new Map(JSON.parse(document.getElementById("door-refused").textContent).map((one) => [one.line, one.text]));
  let known = {};
  let timer = 0;

  /* As two people would agree on a number: no blanks and dashes, half width, capitals. */
  const keyOf = (serial) => serial.normalize("NFKC").replace(/[\s\-－—_/\\.,]/g, "").toUpperCase();

  const grid = window.quanhengGrid({
    box, words,
    text: document.getElementById("id_rows"),
    columns: [{ label: words.spot }, { label: words.owner }, { label: words.phone, mode: "tel" }, { label: words.serial }],
    most: Number(words.max),
    first: window.matchMedia("(max-width: 640px)").matches ? 3 : 10,
    judge,
    changed(at) { refused.delete(at); askLater(); },
  });

  /* What the server said goes before what can be seen here. */
  function judge() {
    const seen = new Map();
    let filled = 0;
    let bad = 0;
    grid.rows().forEach((row, at) => {
      const [, owner, , serial] = grid.values(row);
      let told = refused.get(at) || "";
      if (grid.isFilled(row)) {
        filled += 1;
        const key = keyOf(serial);
        if (!told && !serial) told = words.noserial;
        if (!told && !owner) told = words.noowner;
        if (!told && seen.has(key)) told = words.twice.replace("{n}", seen.get(key) + 1);
        if (!told && known[at]) told = known[at];
        if (key && !seen.has(key)) seen.set(key, at);
      } else told = "";
      if (told) bad += 1;
      grid.tell(row, told);
    });
    grid.say(filled ? words.count.replace("{n}", filled).replace("{bad}", bad) : "");
  }

  function askLater() {
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, WAIT_MS);
  }

  async function ask() {
    const serials = grid.rows().map((row) => grid.values(row)[3]);
    const manufacturer = document.getElementById("id_manufacturer").value;
    if (!manufacturer || !serials.some(Boolean)) return;
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    try {
      const answer = await fetch(form.dataset.doorCheck, {
        method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        body: JSON.stringify({ serials, manufacturer }),
      });
      if (!answer.ok) return;
      known = (await answer.json()).known;
      judge();
    } catch { grid.say(words.offline); } // the draft is kept on this device meanwhile
  }

  document.getElementById("id_manufacturer").addEventListener("change", askLater);
  form.addEventListener("submit", (event) => {
    if (navigator.onLine) return;
    event.preventDefault();
    grid.say(words.offline);
    box.scrollIntoView({ block: "end" });
  });
  window.addEventListener("online", askLater);

  grid.build();
})();
