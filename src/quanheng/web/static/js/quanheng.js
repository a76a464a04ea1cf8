/* Small comforts; every page reads and works without them. No eval, no inline code: runs under script-src 'self'.
   Marks it looks for:
     table[data-keys]              j / k move, Enter opens, / goes to the search box
     [data-copy="ID"]              copies the text of #ID, then says data-copied
     form[data-confirm]            asks that question first
     form[data-draft="NAME"]       keeps what is typed for seven days, until a page says .message-success;
                                   its sentences: data-draft-restored, data-draft-discard;
                                   [data-draft-clear] in it is a link that begins anew;
                                   with data-filled the server has filled it in and nothing is put over it
     form[data-clear-drafts]       forgets all drafts (signing out)
     #panel, [data-close-panel]    the side panel that htmx fills
     #notice                       where a failed request is told, in the sentences of its data-* attributes */
"use strict";
(() => {
  const DRAFT = "quanheng:draft:";
  const SENT = "quanheng:sent";
  const DRAFT_DAYS = 7;
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

  /* keyboard -------------------------------------------------------------------------------------------------- */
  const rowLink = (row) => one("[data-row-link]", row) || one("a[href]", row);
  const rowsOf = (table) => all("tbody tr", table).filter(rowLink);

  function moveRow(step) {
    const table = document.activeElement.closest("table[data-keys]") || one("table[data-keys]");
    if (!table) return false;
    const rows = rowsOf(table);
    const at = rows.findIndex((row) => row.classList.contains("is-current"));
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
    if (!next) return false;
    rowLink(next).focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  document.addEventListener("focusin", (event) => {
    const row = event.target.closest && event.target.closest("table[data-keys] tbody tr");
    if (!row) return;
    all("tr.is-current").forEach((other) => other.classList.remove("is-current"));
    row.classList.add("is-current");
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && closePanel()) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    if (event.key === "/") {
      const box = one("input[type=search]");
      if (box) { event.preventDefault(); box.focus(); box.select(); }
    } else if (event.key === "j" || event.key === "k") {
      if (moveRow(event.key === "j" ? 1 : -1)) event.preventDefault();
    }
  });

  /* side panel ------------------------------------------------------------------------------------------------ */
  let opener = null;

  function closePanel() {
    const panel = one("#panel");
    if (!panel || !panel.firstElementChild) return false;
    panel.replaceChildren();
    if (opener && opener.isConnected) opener.focus();
    opener = null;
    return true;
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "panel") {
      prepare(event.detail.target);
      const form = event.detail.target.closest("form[data-draft]");
      if (form) restoreDraft(form); // fields that came only now may have been filled in before
      return;
    }
    opener = event.detail.requestConfig.elt;
    event.detail.target.scrollTop = 0;
    event.detail.target.focus({ preventScroll: true });
    prepare(event.detail.target);
  });

  /* failed requests: a refusal is a 200 with its own partial and never comes here ------------------------------- */
  function tell(kind) {
    const notice = one("#notice");
    if (!notice) return;
    const line = document.createElement("div");
    line.className = "message message-error";
    line.textContent = notice.dataset[kind];
    notice.replaceChildren(line);
    notice.scrollIntoView({ block: "nearest" });
  }
  const kindOf = (status) => ({ 401: "forbidden", 403: "forbidden", 404: "missing" })[status] || "server";
  document.addEventListener("htmx:responseError", (event) => tell(kindOf(event.detail.xhr.status)));
  document.addEventListener("htmx:sendError", () => tell("network"));
  document.addEventListener("htmx:timeout", () => tell("network"));
  document.addEventListener("htmx:beforeRequest", () => one("#notice") && one("#notice").replaceChildren());

  /* copy ------------------------------------------------------------------------------------------------------ */
  async function copyText(source) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(source.textContent);
    const selection = window.getSelection();
    selection.selectAllChildren(source);
    document.execCommand("copy"); // the only way on plain http in an office network
    selection.removeAllRanges();
    return undefined;
  }

  async function copyFor(button) {
    const word = button.textContent;
    await copyText(document.getElementById(button.dataset.copy));
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = word; }, 1600);
  }

  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) copyFor(copy);
    if (event.target.closest("[data-close-panel]")) closePanel();
    const clear = event.target.closest("form[data-draft] [data-draft-clear]");
    if (clear) localStorage.removeItem(draftKey(clear.closest("form")));
  });

  /* drafts ---------------------------------------------------------------------------------------------------- */
  const draftKey = (form) => `${DRAFT}${document.body.dataset.user || ""}:${form.dataset.draft}`;
  const keptFields = (form) => Array.from(form.elements).filter(
    (field) => field.name && !["hidden", "password", "file", "submit", "button", "reset"].includes(field.type));
  const isChoice = (field) => field.type === "checkbox" || field.type === "radio";
  const valueOf = (field) => {
    if (isChoice(field)) return field.checked;
    return field.multiple ? Array.from(field.selectedOptions, (option) => option.value) : field.value;
  };
  const keyOf = (field) => (isChoice(field) ? `${field.name}=${field.value}` : field.name);

  function saveDraft(form) {
    const before = readDraft(draftKey(form)); // of fields that are on their way from the server
    const values = { ...before?.values, ...Object.fromEntries(keptFields(form).map((field) => [keyOf(field), valueOf(field)])) };
    try { localStorage.setItem(draftKey(form), JSON.stringify({ at: Date.now(), values })); } catch { /* storage full or forbidden: no draft */ }
  }

  function readDraft(key) {
    try {
      const draft = JSON.parse(localStorage.getItem(key));
      if (draft && Date.now() - draft.at < DRAFT_DAYS * 86400000) return draft;
      localStorage.removeItem(key);
    } catch { /* unreadable: as if there were none */ }
    return null;
  }

  function restoreDraft(form) {
    const draft = readDraft(draftKey(form));
    if (!draft || one("[data-errors]") || "filled" in form.dataset) return; // the server has sent what was typed
    let changed = false;
    for (const field of keptFields(form)) {
      const kept = draft.values[keyOf(field)];
      if (kept === undefined || JSON.stringify(kept) === JSON.stringify(valueOf(field))) continue;
      changed = true;
      if (isChoice(field)) field.checked = kept;
      else if (field.multiple) Array.from(field.options).forEach((option) => { option.selected = kept.includes(option.value); });
      else field.value = kept;
    }
    if (changed) showDraftNote(form);
  }

  function showDraftNote(form) {
    if (one(".draft-note", form)) return;
    const note = document.createElement("p");
    const discard = document.createElement("button");
    note.className = "draft-note";
    discard.type = "button";
    discard.className = "btn-plain";
    discard.textContent = form.dataset.draftDiscard || "";
    discard.addEventListener("click", () => { localStorage.removeItem(draftKey(form)); form.reset(); note.remove(); });
    note.append(`${form.dataset.draftRestored || ""} `, discard);
    form.prepend(note);
  }

  /* A draft ends only when the page after sending says that it succeeded: an error page must not cost the text. */
  function endSentDraft() {
    let sent = null;
    try { sent = sessionStorage.getItem(SENT); } catch { return; }
    if (!sent) return;
    sessionStorage.removeItem(SENT);
    if (one(".message-success")) localStorage.removeItem(sent);
  }

  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && form.dataset.draft) saveDraft(form);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (one(".htmx-request", form)) { // what comes may be fields that have a value in the draft
      event.preventDefault();
      document.addEventListener("htmx:afterRequest", () => setTimeout(() => form.requestSubmit(event.submitter)), { once: true });
      return;
    }
    if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) { event.preventDefault(); return; }
    try {
      if (form.dataset.draft) sessionStorage.setItem(SENT, draftKey(form));
      if ("clearDrafts" in form.dataset) Object.keys(localStorage).filter((key) => key.startsWith(DRAFT)).forEach((key) => localStorage.removeItem(key));
    } catch { /* no storage, no drafts */ }
  });

  /* start ----------------------------------------------------------------------------------------------------- */
  function prepare(root) {
    all("[data-copy]", root).forEach((button) => { button.hidden = false; });
    all("form[data-draft]", root).forEach(restoreDraft);
  }

  endSentDraft();
  prepare(document);
  const summary = one("[data-errors]");
  if (summary) summary.focus();
})();
