/* Picking many lines of a list; without it every box is ticked by hand.  Marks it looks for:
     form[data-bulk]     the lines with their boxes        [data-pick-all]   the box that ticks a page
     [data-pick-list]    the box for the whole list        [data-picked]     says how many, by its data-word
     [data-pick-due]     a button that ticks the lines with data-due, and only those
   x ticks the line that j and k have moved to. */
"use strict";
(() => {
  const form = document.querySelector("form[data-bulk]");
  if (!form) return;
  const boxes = () => Array.from(form.querySelectorAll("input[name=instrument]"));
  const every = form.querySelector("[data-pick-all]");
  const whole = form.querySelector("[data-pick-list]");
  const told = form.querySelector("[data-picked]");
  const hint = told ? told.textContent : "";

  function tell() {
    const picked = boxes().filter((box) => box.checked).length;
    if (every) {
      every.checked = picked > 0 && picked === boxes().length;
      every.indeterminate = picked > 0 && picked < boxes().length;
    }
    const bar = told && told.closest(".bulk-bar");
    if (bar) bar.classList.toggle("is-picked", picked > 0 || Boolean(whole && whole.checked));
    if (told) told.textContent = picked && !(whole && whole.checked) ? told.dataset.word.replace("{n}", picked) : hint;
  }

  if (every) {
    every.hidden = false;
    every.addEventListener("change", () => { boxes().forEach((box) => { box.checked = every.checked; }); tell(); });
  }
  const due = form.querySelector("[data-pick-due]");
  if (due) {
    due.hidden = false;
    due.addEventListener("click", () => { boxes().forEach((box) => { box.checked = "due" in box.dataset; }); tell(); });
  }
  form.addEventListener("change", tell);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea")) return;
    const box = form.querySelector("tr.is-current input[name=instrument]");
    if (box) { box.checked = !box.checked; tell(); event.preventDefault(); }
  });
  tell();
})();
