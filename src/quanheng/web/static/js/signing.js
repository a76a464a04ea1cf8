/* Signs the ticked lines of the list one after the other; each has its own answer, and one may stop in between.
     form[data-signing]   data-doing ({n} {all} {left}), data-done ({n} {bad}), data-stopped
     tr[data-url]         where a line is signed; data-seen its revision; [data-result] takes number or reason */
"use strict";
(() => {
  const form = document.querySelector("form[data-signing]");
  if (!form) return;
  const [button, stop, told, bar] = ["[data-sign]", "[data-stop]", "[data-told]", "progress"].map((mark) => form.querySelector(mark));
  const token = form.querySelector("input[name=csrfmiddlewaretoken]").value;
  let isStopped = false;
  button.hidden = false;

  async function sign(row) {
    const body = new FormData();
    body.append("revision", row.dataset.seen);
    const headers = { "X-CSRFToken": token, Accept: "application/json" };
    const answer = await fetch(row.dataset.url, { method: "POST", headers, body });
    if (!(answer.headers.get("Content-Type") || "").includes("json")) throw new Error(String(answer.status));
    return answer.json();
  }

  function show(row, { number, url, reason }) {
    const cell = row.querySelector("[data-result]");
    const line = document.createElement(number ? "a" : "span");
    line.textContent = number || reason;
    if (number) line.href = url;
    else line.className = "field-error";
    cell.replaceChildren(line);
  }

  /* What is signed cannot be ticked again; lists.js counts what is left. */
  function settle(row) {
    row.querySelector("input[type=checkbox]").remove();
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  async function one(row) {
    try {
      const answer = await sign(row);
      show(row, answer);
      if (answer.number) settle(row);
      return Boolean(answer.number);
    } catch {
      show(row, { reason: document.getElementById("notice").dataset.network });
      return false;
    }
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const rows = Array.from(form.querySelectorAll("tr[data-url]")).filter((row) => (row.querySelector("input:checked")));
    const begun = Date.now();
    let good = 0;
    let done = 0;
    isStopped = false;
    [button.disabled, stop.hidden, bar.hidden, bar.max] = [true, false, false, Math.max(1, rows.length)];
    for (const row of rows) {
      if (isStopped) break;
      const left = done ? Math.ceil(((Date.now() - begun) / done / 1000) * (rows.length - done)) : "…";
      told.textContent = form.dataset.doing.replace("{n}", done + 1).replace("{all}", rows.length).replace("{left}", left);
      good += await one(row);
      done += 1;
      bar.value = done;
    }
    [button.disabled, stop.hidden] = [false, true];
    button.closest(".bulk-bar").hidden = !form.querySelector("tr[data-url] input");
    told.textContent = (isStopped ? form.dataset.stopped : "") + form.dataset.done.replace("{n}", good).replace("{bad}", done - good);
  });
  stop.addEventListener("click", () => { isStopped = true; });
})();
