/* The editor of the uncertainty bench: numbers beside the lines, the line and the cell that are at fault, and the
   result at the foot of the window while its sentence is out of sight.  On a narrow window the cells begin folded.
   Everything else is htmx and the server; without this script the sentence above the editor names the line. */
"use strict";
(() => {
  const one = (selector) => document.querySelector(selector);
  const text = () => one("#bench-text");
  const fault = () => one("#bench-fault [data-line]");

  function number() {
    const lines = one("#bench-lines");
    const bad = fault() ? Number(fault().dataset.line) : 0;
    const count = text().value.split("\n").length;
    lines.replaceChildren(...Array.from({ length: count }, (_, at) => {
      const line = document.createElement("span");
      line.textContent = at + 1;
      line.classList.toggle("is-bad", at + 1 === bad);
      return line;
    }));
    lines.scrollTop = text().scrollTop;
  }

  function mark() {
    const bad = fault() ? fault().dataset.line : "";
    document.querySelectorAll(".bench-note").forEach((note) => note.remove());
    for (const label of document.querySelectorAll("#bench-grid [data-line]")) {
      label.classList.toggle("is-bad", label.dataset.line === bad);
    }
    const label = one("#bench-grid label.is-bad");
    if (label) {
      const note = document.createElement("p");
      note.className = "bench-note field-error";
      note.textContent = fault().querySelector("p").textContent;
      label.closest("fieldset").append(note);
    }
    one(".bench").classList.toggle("is-stale", Boolean(one("#bench-fault").firstElementChild));
    one("#bench-now").textContent = one("#bench-sentence").textContent;
    number();
  }

  function goTo(line) {
    const before = text().value.split("\n").slice(0, line - 1).join("\n").length;
    const from = line > 1 ? before + 1 : 0;
    const to = text().value.indexOf("\n", from);
    text().focus();
    text().setSelectionRange(from, to < 0 ? text().value.length : to);
    text().scrollTop = Math.max(0, (line - 6) * parseFloat(getComputedStyle(text()).lineHeight));
  }

  document.addEventListener("input", (event) => { if (event.target === text()) number(); });
  document.addEventListener("scroll", (event) => {
    if (event.target === text()) one("#bench-lines").scrollTop = text().scrollTop;
  }, true);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-to-line]");
    if (!link) return;
    event.preventDefault();
    goTo(Number(link.dataset.toLine));
  });
  document.addEventListener("htmx:afterSettle", mark);
  document.addEventListener("htmx:oobAfterSwap", mark);
  new IntersectionObserver(([entry]) => { one("#bench-now").hidden = entry.isIntersecting; }).observe(one(".answer"));
  if (window.matchMedia("(max-width: 1099px)").matches) one(".bench-cells").open = false; // the pictures come first
  mark();
})();
