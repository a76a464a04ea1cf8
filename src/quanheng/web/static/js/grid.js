/* A grid over one text area, for the keyboard and for Excel: a line of the text is a row, tabs part its cells.
   Without JavaScript there is the text area itself; sending and drafts (quanheng.js) know nothing of a grid.
     quanhengGrid({
       box      where the grid is put          text     the text area, inside [data-grid-text]
       columns  [{label, mode?, choices?, blank?}]   words    {note, more, full, remove?}: heading and buttons; "full" has {n}
                blank: what counts where nothing is filled in
       most     rows at most                   first    rows to begin with
       judge    called after every change      changed  called with the index of a row that a person has changed
     })
   gives {rows, values, isFilled, tell, write, fill, say}.  Enter and the arrows move, a block from Excel is put in from
   the cell in hand to the right and down; with words.remove a row has a button, and Ctrl+Delete takes it away. */
"use strict";
window.quanhengGrid = ({ box, text, columns, words, most, first, judge, changed }) => {
  let body, status;

  const element = (name, properties = {}, children = []) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const rows = () => Array.from(body.rows);
  const cellsOf = (row) => Array.from(row.querySelectorAll("input, select"));
  const values = (row) => cellsOf(row).map((field) => field.value.trim());
  const isFilled = (row) => values(row).some(Boolean);
  const say = (sentence) => { status.textContent = sentence; };

  function put(field, value) {
    const given = value.trim();
    if (field.tagName === "SELECT" && given && !Array.from(field.options).some((option) => option.value === given)) {
      field.append(element("option", { value: given, textContent: given })); // the server says that it is none
    }
    field.value = given;
  }

  function fieldOf(column) {
    if (!column.choices) return element("input", { autocomplete: "off", inputMode: column.mode || "", placeholder: column.blank || "" });
    const options = ["", ...column.choices].map((choice) => element("option", { value: choice, textContent: choice || column.blank || "" }));
    return element("select", {}, options);
  }

  function addRow(given = []) {
    if (body.rows.length >= most) return null;
    const cells = columns.map((column, at) => {
      const field = fieldOf(column);
      put(field, given[at] || "");
      const cell = element("td", {}, [field]);
      cell.dataset.label = column.label;
      return cell;
    });
    const row = element("tr", {}, [element("th", { scope: "row", className: "num" }), ...cells,
      element("td", { className: "grid-note" })]);
    if (words.remove) {
      const button = element("button", { type: "button", className: "btn-plain", textContent: words.remove, tabIndex: -1 });
      button.addEventListener("click", () => remove(row));
      row.append(element("td", { className: "grid-remove" }, [button]));
    }
    body.append(row);
    number(row, body.rows.length);
    return row;
  }

  function number(row, at) {
    row.querySelector("th").textContent = at;
    cellsOf(row).forEach((field, column) => field.setAttribute("aria-label", `${columns[column].label} ${at}`));
    const button = row.querySelector("button");
    if (button) button.setAttribute("aria-label", `${words.remove} ${at}`);
  }

  function remove(row) {
    const at = rows().indexOf(row);
    const column = Math.max(0, cellsOf(row).indexOf(document.activeElement));
    row.remove();
    if (!body.rows.length) addRow();
    rows().forEach((one, index) => number(one, index + 1));
    cellsOf(body.rows[Math.min(at, body.rows.length - 1)])[column].focus();
    spread(at);
  }

  function build() {
    const lines = text.value.split("\n").filter((line) => line.trim());
    body = element("tbody");
    const heads = ["#", ...columns.map((column) => column.label), words.note].map((word) => element("th", { scope: "col", textContent: word }));
    if (words.remove) heads.push(element("th", { scope: "col", ariaLabel: words.remove }));
    const table = element("table", { className: "q-table grid-table" }, [element("thead", {}, [element("tr", {}, heads)]), body]);
    const more = element("button", { type: "button", className: "btn", textContent: words.more });
    more.addEventListener("click", () => { for (let n = 0; n < (words.remove ? 1 : 10); n += 1) addRow(); });
    status = element("p", { className: "muted" });
    status.setAttribute("role", "status");
    box.replaceChildren(element("div", { className: "table-box" }, [table]), status, more);
    lines.slice(0, most).forEach((line) => addRow(line.split("\t")));
    while (body.rows.length < Math.max(first, Math.min(most, lines.length + 1))) addRow();
    box.hidden = false;
    text.closest("[data-grid-text]").hidden = true;
    judge();
  }

  function write() {
    text.value = rows().filter(isFilled).map((row) => values(row).join("\t")).join("\n");
  }

  /* After a change: the text follows, so do the judgement and whoever listens to the text. */
  function spread(at) {
    changed(at);
    write();
    judge();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function tell(row, note, isBad = Boolean(note)) {
    row.querySelector(".grid-note").textContent = note;
    row.classList.toggle("is-bad", isBad);
  }

  box.addEventListener("input", (event) => {
    const row = event.target.closest("tr");
    if (!row) return;
    event.stopPropagation(); // the text area speaks for the grid
    spread(rows().indexOf(row));
  });

  box.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr");
    if (!row || event.isComposing || !/^(INPUT|SELECT)$/.test(event.target.tagName)) return;
    if (words.remove && event.key === "Delete" && event.ctrlKey) {
      event.preventDefault();
      remove(row);
      return;
    }
    const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || (event.target.tagName === "SELECT" && event.key !== "Enter")) return;
    event.preventDefault();
    const column = cellsOf(row).indexOf(event.target);
    const at = rows().indexOf(row) + step;
    const next = at < 0 ? null : body.rows[at] || addRow();
    if (next) cellsOf(next)[column].focus();
  });

  box.addEventListener("paste", (event) => {
    const pasted = event.clipboardData.getData("text/plain").replace(/\r/g, "").replace(/\n+$/, "");
    const row = event.target.closest("tr");
    if (!row || !/[\t\n]/.test(pasted)) return;
    event.preventDefault();
    const top = rows().indexOf(row);
    const column = cellsOf(row).indexOf(event.target);
    let isFull = false;
    pasted.split("\n").forEach((line, down) => {
      const target = body.rows[top + down] || addRow();
      if (!target) { isFull = true; return; }
      line.split("\t").forEach((value, right) => {
        const field = cellsOf(target)[column + right];
        if (field) put(field, value);
      });
      changed(top + down);
    });
    if (body.rows.length < most && isFilled(body.rows[body.rows.length - 1])) addRow();
    spread(top);
    if (isFull) say(words.full.replace("{n}", most));
  });

  const form = text.form;
  form.addEventListener("reset", () => window.setTimeout(build));
  form.addEventListener("submit", write);
  const grid = { rows, values, isFilled, tell, write, say, build, fill(lines) { text.value = lines.map((line) => line.join("\t")).join("\n"); build(); } };
  return grid;
};
