/* The page "judge a measurement": its grids (grid.js), and what the last answer says beside each field and row.
     [data-grid=ID]      where a grid is put over the text area #ID; data-columns JSON [{label, mode?, choices?,
                         blank?}], data-most, data-first (rows), data-suggested (the text that the server has put in), its sentences in data-*
     #judge-told         data-told JSON of the answer: {rows: {ID: {line: {text, bad}}}, fields: {ID: text},
                         points: {ID: text}}; lines are counted as in the text that was sent
   Where nobody has typed into a grid yet, the points of the regulation are put in as soon as they can be computed. */
"use strict";
(() => {
  const grids = new Map();

  function begin(box) {
    const text = document.getElementById(box.dataset.grid);
    const grid = window.quanhengGrid({
      box, text, words: box.dataset, judge() {}, changed() {},
      columns: JSON.parse(box.dataset.columns), most: Number(box.dataset.most), first: Number(box.dataset.first),
    });
    grids.set(text.id, { grid, text, box, suggested: box.dataset.suggested });
    grid.build();
  }

  function suggest({ grid, text, box, suggested }, points) {
    const present = text.value.trim();
    if (!points || present === points.trim() || (present && present !== suggested.trim())) return;
    const held = document.activeElement;
    const label = box.contains(held) ? held.getAttribute("aria-label") : "";
    text.value = points;
    grids.get(text.id).suggested = points;
    grid.build();
    const again = Array.from(box.querySelectorAll("input, select")).find((field) => label && field.getAttribute("aria-label") === label);
    if (again) again.focus();
  }

  function tellRows({ grid }, told) {
    let line = 0;
    for (const row of grid.rows()) {
      const said = grid.isFilled(row) ? told[line++] : null;
      grid.tell(row, said ? said.text : "", Boolean(said && said.bad));
    }
  }

  /* The same marks as the server makes in a whole page. */
  function tellFields(told) {
    document.querySelectorAll("#judge-form [data-error]").forEach((place) => {
      place.textContent = told[place.dataset.error] || "";
      place.hidden = !place.textContent;
      const field = place.closest(".field");
      if (field) field.classList.toggle("has-error", !place.hidden);
    });
  }

  function tell() {
    const place = document.getElementById("judge-told");
    if (!place) return;
    const told = JSON.parse(place.dataset.told);
    for (const [id, held] of grids) {
      suggest(held, told.points[id]);
      tellRows(held, told.rows[id] || {});
    }
    tellFields(told.fields);
  }

  function start(root) {
    for (const [id, held] of grids) if (!held.box.isConnected) grids.delete(id);
    root.querySelectorAll("[data-grid]").forEach(begin);
    tell();
  }

  /* What is put back to what the server sent is judged again. */
  document.addEventListener("reset", (event) => {
    if (event.target.id === "judge-form") window.setTimeout(() => event.target.dispatchEvent(new Event("change")), 50);
  });
  document.addEventListener("htmx:afterSwap", (event) => start(event.detail.target));
  start(document);
  window.addEventListener("load", () => { // htmx listens by now: what was kept is judged again
    const form = document.getElementById("judge-form");
    if (form && form.querySelector(".draft-note")) form.dispatchEvent(new Event("change"));
  });
})();
