/* The grid of the page "registering at the door": one line for each instrument, for the keyboard and for Excel.
   Without JavaScript the page has one text area, a line for each instrument, cells parted by tabs; the grid is another
   way of writing into it, so that sending and drafts (quanheng.js) know nothing of a grid.
     #door[data-door-check]    the form; where numbers are asked about: POST {serials, manufacturer} → {known: {index: text}}
     #door-grid[data-*]        where the grid is put, with its sentences
     #door-refused             JSON: [{line, text}], refusals of the lines that came back */
"use strict";
(() => {
  const form = document.getElementById("door");
  const grid = document.getElementById("door-grid");
  const text = document.getElementById("id_rows");
  if (!form || !grid || !text) return;
  const words = grid.dataset;
  const COLUMNS = ["spot", "owner", "phone", "serial"];
  const MAX = Number(words.max);
  const FIRST_ROWS = window.matchMedia("(max-width: 640px)").matches ? 3 : 10;
  const WAIT_MS = 500;
  const refused = new Map(JSON.parse(document.getElementById("door-refused").textContent).map((one) => [one.line, one.text]));
  let known = {};
  let body, status;

  const element = (name, properties = {}, children = []) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const rowsOf = () => Array.from(body.rows);
  const cellsOf = (row) => Array.from(row.querySelectorAll("input"));
  const valuesOf = (row) => cellsOf(row).map((input) => input.value.trim());
  const isFilled = (row) => valuesOf(row).some(Boolean);
  /* As two people would agree on a number: no blanks and dashes, half width, capitals. */
  const keyOf = (serial) => serial.normalize("NFKC").replace(/[\s\-－—_/\\.,]/g, "").toUpperCase();

  function addRow(values = []) {
    if (body.rows.length >= MAX) return null;
    const number = body.rows.length + 1;
    const cells = COLUMNS.map((name, at) => {
      const input = element("input", { value: values[at] || "", autocomplete: "off", inputMode: name === "phone" ? "tel" : "" });
      input.setAttribute("aria-label", `${words[name]} ${number}`);
      const cell = element("td", {}, [input]);
      cell.dataset.label = words[name];
      return cell;
    });
    const row = element("tr", {}, [element("th", { scope: "row", className: "num", textContent: number }), ...cells,
      element("td", { className: "door-note" })]);
    body.append(row);
    return row;
  }

  function build() {
    const lines = text.value.split("\n").filter((line) => line.trim());
    body = element("tbody");
    const heads = ["#", ...COLUMNS.map((name) => words[name]), words.note];
    const head = element("tr", {}, heads.map((word) => element("th", { scope: "col", textContent: word })));
    const table = element("table", { className: "q-table door-table" }, [element("thead", {}, [head]), body]);
    const more = element("button", { type: "button", className: "btn", textContent: words.more });
    more.addEventListener("click", () => { for (let n = 0; n < 10; n += 1) addRow(); });
    status = element("p", { className: "muted" });
    status.setAttribute("role", "status");
    grid.replaceChildren(element("div", { className: "table-box" }, [table]), status, more);
    lines.slice(0, MAX).forEach((line) => addRow(line.split("\t")));
    while (body.rows.length < Math.max(FIRST_ROWS, Math.min(MAX, lines.length + 1))) addRow();
    grid.hidden = false;
    text.closest("[data-door-text]").hidden = true;
    judge();
  }

  function write() {
    text.value = rowsOf().filter(isFilled).map((row) => valuesOf(row).join("\t")).join("\n");
  }

  /* What is wrong with each line: what the server said, then what can be seen here. */
  function judge() {
    const seen = new Map();
    let filled = 0;
    let bad = 0;
    rowsOf().forEach((row, at) => {
      const [, owner, , serial] = valuesOf(row);
      const note = row.querySelector(".door-note");
      let told = refused.get(at) || "";
      if (isFilled(row)) {
        filled += 1;
        const key = keyOf(serial);
        if (!told && !serial) told = words.noserial;
        if (!told && !owner) told = words.noowner;
        if (!told && seen.has(key)) told = words.twice.replace("{n}", seen.get(key) + 1);
        if (!told && known[at]) told = known[at];
        if (key && !seen.has(key)) seen.set(key, at);
      } else told = "";
      if (told) bad += 1;
      note.textContent = told;
      row.classList.toggle("is-bad", Boolean(told));
    });
    status.textContent = filled ? words.count.replace("{n}", filled).replace("{bad}", bad) : "";
  }

  let timer = 0;
  function askLater() {
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, WAIT_MS);
  }

  async function ask() {
    const serials = rowsOf().map((row) => valuesOf(row)[3]);
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
    } catch { status.textContent = words.offline; } // the draft is kept on this device meanwhile
  }

  function changed(row) {
    refused.delete(rowsOf().indexOf(row));
    write();
    judge();
    askLater();
  }

  grid.addEventListener("input", (event) => {
    const row = event.target.closest("tr");
    if (row) changed(row);
  });

  grid.addEventListener("keydown", (event) => {
    const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = event.target.closest("tr");
    if (!step || !row || event.target.tagName !== "INPUT" || event.isComposing) return;
    event.preventDefault();
    const column = cellsOf(row).indexOf(event.target);
    const at = rowsOf().indexOf(row) + step;
    const next = at < 0 ? null : body.rows[at] || addRow();
    if (next) cellsOf(next)[column].focus();
  });

  /* A block from Excel: lines and tabs; it is put in from the cell in hand to the right and down. */
  grid.addEventListener("paste", (event) => {
    const pasted = event.clipboardData.getData("text/plain").replace(/\r/g, "").replace(/\n+$/, "");
    const row = event.target.closest("tr");
    if (!row || !/[\t\n]/.test(pasted)) return;
    event.preventDefault();
    const first = rowsOf().indexOf(row);
    const column = cellsOf(row).indexOf(event.target);
    let isFull = false;
    pasted.split("\n").forEach((line, down) => {
      const target = body.rows[first + down] || addRow();
      if (!target) { isFull = true; return; }
      line.split("\t").forEach((value, right) => {
        const input = cellsOf(target)[column + right];
        if (input) input.value = value.trim();
      });
      refused.delete(first + down);
    });
    if (body.rows.length < MAX && isFilled(body.rows[body.rows.length - 1])) addRow();
    changed(row);
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
    if (isFull) status.textContent = words.full.replace("{n}", MAX);
  });

  document.getElementById("id_manufacturer").addEventListener("change", askLater);
  form.addEventListener("reset", () => window.setTimeout(build));
  form.addEventListener("submit", (event) => {
    write();
    if (navigator.onLine) return;
    event.preventDefault();
    status.textContent = words.offline;
    status.scrollIntoView({ block: "nearest" });
  });
  window.addEventListener("online", askLater);

  build();
})();
