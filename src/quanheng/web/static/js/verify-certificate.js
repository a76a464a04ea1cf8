/* Checks a certificate file in the visitor's browser: nothing is sent, and no request is made.
   [data-certificate-check] holds every sentence (components/certificate_check.html); the JSON beside it what the page knows:
   number, proof (the text of the log's proof file, empty while the log has not taken it in), vkey, on (today), ended
   (withdrawn | superseded | empty), successor, pdf_sha256, xml_sha256, search. Without a number it only says what a file is.
   The hash is compared with the leaf that the proof leads to, and not with what the page says. */
import { sha256 } from "../vendor/noble/sha2.js";
import { verifyProof } from "./verify-proof.js";

const MAX_BYTES = 16 * 2 ** 20;
const NUMBER = /^[0-9A-Za-z-]{1,60}$/;
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/* crypto.subtle is there only in a secure context; an office network may serve plain http */
async function digestOf(bytes) {
  if (globalThis.crypto && crypto.subtle) return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  return hex(sha256(bytes));
}

function kindOf(bytes) {
  const start = new TextDecoder("latin1").decode(bytes.slice(0, 512)).replace(/^ï»¿/, "").trimStart();
  if (start.startsWith("%PDF-")) return "pdf";
  return start.startsWith("<?xml") || /^<[\w:]*digitalCalibrationCertificate\b/.test(start) ? "xml" : "";
}

/* What a file says of itself; it proves nothing, and only tells another certificate from a changed one. */
function numberIn(bytes, kind) {
  const text = new TextDecoder(kind === "xml" ? "utf-8" : "latin1").decode(bytes);
  const pattern = kind === "xml" ? /<(?:[\w-]+:)?uniqueIdentifier>\s*([^<]{1,80}?)\s*</ : /\/Reason\s*\(((?:[^()\\]|\\[0-7]{3}){1,80})\)/;
  const found = pattern.exec(text);
  const number = found ? found[1].replace(/\\([0-7]{3})/g, (whole, code) => String.fromCharCode(parseInt(code, 8))) : "";
  return NUMBER.test(number) ? number : "";
}

/* Returns the steps taken, {name, state: "ok" | "bad" | "unsure", values, shown}, and the verdict with its values. */
export async function checkFile(bytes, page) {
  const steps = [];
  const values = { number: page.number || "", successor: page.successor || "" };
  const take = (name, state, more = {}, shown = "") => {
    Object.assign(values, more);
    steps.push({ name, state, values: { ...values }, shown });
    return state !== "bad";
  };
  const end = (verdict, state) => ({ verdict, state, steps, values });
  if (bytes.length > MAX_BYTES) { take("size", "bad"); return end("kind", "bad"); }
  const kind = kindOf(bytes);
  if (!take("kind", kind ? "ok" : "bad", { kind: kind.toUpperCase() })) return end("kind", "bad");
  const digest = await digestOf(bytes);
  const written = numberIn(bytes, kind);
  values.written = written;
  values.digest = digest;
  if (!page.number) return end(written ? "found" : "unknown", "unsure");
  const isOther = written && written !== page.number;
  take("number", isOther ? "bad" : written ? "ok" : "unsure");
  const leaf = takeProof(page, take);
  if (leaf === false) return end("proof", "bad");
  const expected = leaf ? leaf.data[`${kind}_sha256`] : page[`${kind}_sha256`];
  const isSame = take("hash", digest === expected ? "ok" : "bad", {}, digest === expected ? digest : `${digest} ≠ ${expected}`);
  if (!isSame) return end(isOther ? "other" : written ? "changed" : "stranger", "bad");
  if (!leaf) return end("unlogged", "unsure");
  return judge(leaf, page, take, end);
}

/* Returns the leaf; null where there is no proof yet, false where the proof does not hold. */
function takeProof(page, take) {
  if (!page.proof) { take("proof", "unsure"); return null; }
  const result = verifyProof(page.proof, page.vkey);
  const leaf = result.verdict === "bad" ? null : JSON.parse(JSON.parse(page.proof).entry);
  const isOurs = leaf && leaf.kind === "certificate:issued" && leaf.subject === `certificate:${page.number}`;
  if (!isOurs) { take("proof", "bad"); return false; }
  const told = Object.assign({}, ...result.steps.map((step) => step.values));
  take("proof", "ok", { index: told.index, at: told.at, size: told.size, origin: told.origin });
  take("key", result.verdict === "ok" ? "ok" : "unsure", {}, page.vkey);
  return leaf;
}

function judge(leaf, page, take, end) {
  const until = leaf.data.valid_until || "";
  const isOver = Boolean(until) && until < page.on;
  if (until) take("day", isOver ? "bad" : "ok", { until });
  if (page.ended) take(page.ended, "bad"); else take("ends", "ok");
  if (page.ended) return end(page.ended, "bad");
  if (leaf.data.kind === "rejection") return end("rejected", "bad");
  if (leaf.data.kind === "calibration") return end("calibration", "ok");
  return isOver ? end("expired", "bad") : end("valid", "ok");
}

/* Days and moments of the log as the reader's language writes them. */
function inWords(value) {
  const lang = document.documentElement.lang;
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return new Date(`${value}T00:00:00Z`).toLocaleDateString(lang, { dateStyle: "long", timeZone: "UTC" });
  if (/^\d{4}-\d\d-\d\dT[\d:]+Z$/.test(value)) return new Date(value).toLocaleString(lang, { dateStyle: "long", timeStyle: "short" });
  return value;
}

const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? inWords(String(values[key])) : whole));

function showResult(section, { verdict, state, steps, values }, search) {
  const words = section.dataset;
  const sentence = (name, how) => words[name + how[0].toUpperCase() + how.slice(1)] || name;
  const line = section.querySelector("[data-verdict]");
  line.className = `proof-verdict ${state}`;
  line.textContent = filled(sentence("verdict", verdict), values);
  const link = linkFor(verdict, values, search, words);
  if (link) line.append(" ", link);
  const list = section.querySelector("[data-steps]");
  list.replaceChildren(...steps.map((step) => {
    const item = document.createElement("li");
    item.className = step.state;
    item.textContent = filled(sentence(step.name, step.state), step.values);
    if (step.shown) {
      const detail = document.createElement("span");
      detail.className = "mono";
      detail.textContent = step.shown;
      item.append(detail);
    }
    return item;
  }));
  list.hidden = false;
  const isWithoutProof = steps.some((step) => step.name === "proof" && step.state === "unsure");
  const isUnread = state === "bad" && !steps.some((step) => step.name === "hash");
  section.querySelector("[data-scope]").hidden = isUnread || isWithoutProof;
}

/* A link is followed only if the visitor wants it; it carries a number or a hash, never the file. */
function linkFor(verdict, values, search, words) {
  const wanted = { other: values.written, found: values.written, unknown: values.digest, superseded: values.successor }[verdict];
  if (!wanted) return null;
  const link = document.createElement("a");
  link.href = `${search}?q=${encodeURIComponent(wanted)}`;
  link.textContent = verdict === "unknown" ? words.linkHash : filled(words.linkNumber, { number: wanted });
  return link;
}

function prepare(section) {
  const page = JSON.parse(document.getElementById(section.dataset.certificateCheck).textContent);
  const pick = section.querySelector("[data-pick]");
  let turn = 0;
  const look = async (file) => {
    if (!file) return;
    const mine = ++turn;
    const bytes = new Uint8Array(file.size > MAX_BYTES ? MAX_BYTES + 1 : await file.arrayBuffer());
    const result = await checkFile(bytes, page);
    if (mine !== turn) return;
    section.querySelector("[data-file]").textContent = file.name;
    showResult(section, result, page.search);
  };
  pick.hidden = false;
  pick.querySelector("input").addEventListener("change", (event) => { look(event.target.files[0]); event.target.value = ""; });
  pick.addEventListener("dragover", (event) => { event.preventDefault(); pick.classList.add("is-over"); });
  pick.addEventListener("dragleave", () => pick.classList.remove("is-over"));
  pick.addEventListener("drop", (event) => { event.preventDefault(); pick.classList.remove("is-over"); look(event.dataTransfer.files[0]); });
}

if (typeof document !== "undefined") document.querySelectorAll("[data-certificate-check]").forEach(prepare);
