/* Checks a log proof (format quanheng-proof/1) in the visitor's browser, with no help from the server that made it.
   Works without a secure context: hashes and Ed25519 come from vendor/noble, not from crypto.subtle.
   Same steps as kernels/tlog/proof_file.py. Used by components/proof.html, which also holds every sentence. */
import * as ed from "../vendor/noble/ed25519.js";
import { sha256, sha512 } from "../vendor/noble/sha2.js";

ed.hashes.sha512 = sha512;

const FORMAT = "quanheng-proof/1";
const FIELDS = ["checkpoint", "entry", "format", "inclusion", "index", "leaf_hash", "vkey"];
const ED25519 = 1;
const utf8 = new TextEncoder();

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) { joined.set(part, at); at += part.length; }
  return joined;
}

function requireThat(condition, message) {
  if (!condition) throw new Error(message);
}

function bytesOfHash(text) {
  requireThat(typeof text === "string" && /^[0-9a-f]{64}$/.test(text), `not a hash: ${text}`);
  return Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
}

function bytesOfBase64(text) {
  const binary = atob(text);
  requireThat(btoa(binary) === text, `not base64 in its one form: ${text}`);
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

function bytesOfText(text) {
  const bytes = utf8.encode(text);
  requireThat(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes) === text, "text has a lone surrogate");
  return bytes;
}

function parseFields(text) {
  const proof = JSON.parse(text);
  requireThat(proof && Object.keys(proof).sort().join() === FIELDS.join() && proof.format === FORMAT, "fields");
  for (const name of ["entry", "leaf_hash", "checkpoint", "vkey"]) requireThat(typeof proof[name] === "string", name);
  requireThat(Number.isSafeInteger(proof.index) && proof.index >= 0, "index");
  requireThat(Array.isArray(proof.inclusion) && proof.inclusion.length <= 63, "inclusion");
  proof.path = proof.inclusion.map(bytesOfHash);
  return proof;
}

/* RFC 8785: keys in UTF-16 order, no spaces, numbers and strings as JSON.stringify writes them */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`;
}

function checkCommitments(value) {
  if (value === null || typeof value !== "object") return;
  if (Object.hasOwn(value, "commitment")) {
    requireThat(Object.keys(value).length === 1 && typeof value.commitment === "string", "a commitment stands alone");
    bytesOfHash(value.commitment);
  }
  Object.values(value).forEach(checkCommitments);
}

/* kernels/tlog/entry.py says the same */
function parseLeaf(entry) {
  const leaf = JSON.parse(entry);
  requireThat(canonical(leaf) === entry, "not canonical JSON");
  requireThat(leaf && Object.keys(leaf).sort().join() === "at,data,kind,subject,v" && leaf.v === 1, "not a leaf envelope");
  requireThat(typeof leaf.kind === "string" && /^[a-z][a-z0-9_]*:[a-z][a-z0-9_]*$/.test(leaf.kind), "kind");
  requireThat(typeof leaf.at === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(leaf.at), "at");
  const time = new Date(leaf.at);
  requireThat(!Number.isNaN(time.getTime()) && time.toISOString() === leaf.at.replace("Z", ".000Z"), "no such time");
  const length = typeof leaf.subject === "string" ? Array.from(leaf.subject).length : 0;
  requireThat(length > 0 && length <= 200, "subject");
  requireThat(leaf.data && typeof leaf.data === "object" && !Array.isArray(leaf.data), "data");
  checkCommitments(leaf.data);
  return leaf;
}

/* vkey: name+8 hex digits+base64(type, public key); C2SP signed-note */
function parseKey(vkey) {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey);
  requireThat(match, `not a key: ${vkey}`);
  const [, name, id, encoded] = match;
  const material = bytesOfBase64(encoded);
  requireThat(material[0] === ED25519 && material.length === 33, "not an Ed25519 key");
  const named = concat(utf8.encode(`${name}\n`), material);
  requireThat(hex(sha256(named).slice(0, 4)) === id, "key id does not belong to this key");
  return { name, id, publicKey: material.slice(1) };
}

/* Returns the signed text; throws unless a signature line of this key stands under it and is true. */
function openNote(note, key) {
  const cut = note.lastIndexOf("\n\n");
  requireThat(cut > 0 && note.endsWith("\n"), "note has no signature block");
  const text = note.slice(0, cut + 1);
  let isSigned = false;
  for (const line of note.slice(cut + 2, -1).split("\n")) {
    const match = /^— (\S+) (\S+)$/.exec(line);
    requireThat(match, `not a signature line: ${line}`);
    const blob = bytesOfBase64(match[2]);
    if (match[1] !== key.name || hex(blob.slice(0, 4)) !== key.id) continue;
    const isTrue = ed.verify(blob.slice(4), bytesOfText(text), key.publicKey, { zip215: false });
    requireThat(isTrue, "signature is false");
    isSigned = true;
  }
  requireThat(isSigned, "not signed by this key");
  return text;
}

function parseCheckpoint(text, key) {
  const [origin, size, root, ...rest] = text.split("\n");
  requireThat(rest.pop() === "" && rest.every(Boolean) && origin === key.name, "not a checkpoint of this log");
  requireThat(/^(0|[1-9][0-9]{0,18})$/.test(size), `not a tree size: ${size}`);
  const digest = bytesOfBase64(root);
  requireThat(digest.length === 32, "root hash has the wrong length");
  return { origin, size: BigInt(size), root: digest };
}

/* RFC 9162, 2.1.3.2 */
function rootFromPath(index, size, leaf, path) {
  let node = BigInt(index), last = size - 1n, root = leaf;
  requireThat(node < size, "no such leaf");
  const join = (left, right) => sha256(concat([1], left, right));
  for (const sibling of path) {
    requireThat(last !== 0n, "proof is too long");
    if (node & 1n || node === last) {
      root = join(sibling, root);
      while (!(node & 1n) && node) { node >>= 1n; last >>= 1n; }
    } else {
      root = join(root, sibling);
    }
    node >>= 1n; last >>= 1n;
  }
  requireThat(last === 0n, "proof is too short");
  return root;
}

/* Returns the steps taken, {name, state: "ok" | "bad" | "unsure", values, shown}; ends at the first bad one. */
export function verifyProof(text, publishedKey = "") {
  const steps = [];
  const take = (name, work) => {
    const step = { name, state: "ok", values: {}, shown: "" };
    steps.push(step);
    try { return work(step); } catch (error) { step.state = "bad"; step.shown = error.message; throw error; }
  };
  try {
    const proof = take("format", (step) => { step.values.format = FORMAT; return parseFields(text); });
    const leaf = take("leaf", (step) => {
      const digest = sha256(concat([0], bytesOfText(proof.entry)));
      requireThat(hex(digest) === proof.leaf_hash, `${hex(digest)} ≠ ${proof.leaf_hash}`);
      step.values.index = proof.index;
      step.shown = hex(digest);
      return digest;
    });
    take("entry", (step) => {
      const { kind, at, subject } = parseLeaf(proof.entry);
      Object.assign(step.values, { kind, at, subject });
    });
    const key = take("key", (step) => {
      const parsed = parseKey(proof.vkey);
      requireThat(!publishedKey || publishedKey === proof.vkey, `${proof.vkey} ≠ ${publishedKey}`);
      if (!publishedKey) step.state = "unsure";
      step.shown = proof.vkey;
      return parsed;
    });
    const signed = take("signature", () => openNote(proof.checkpoint, key));
    const checkpoint = take("checkpoint", (step) => {
      const parsed = parseCheckpoint(signed, key);
      Object.assign(step.values, { origin: parsed.origin, size: String(parsed.size) });
      return parsed;
    });
    const root = take("path", (step) => {
      step.values.steps = proof.path.length;
      return rootFromPath(proof.index, checkpoint.size, leaf, proof.path);
    });
    take("root", (step) => {
      requireThat(hex(root) === hex(checkpoint.root), `${hex(root)} ≠ ${hex(checkpoint.root)}`);
      step.shown = hex(root);
    });
  } catch { /* the step that threw is in the list, marked bad */ }
  const worst = ["bad", "unsure"].find((state) => steps.some((step) => step.state === state));
  return { verdict: worst || "ok", steps };
}

function showResult(section, { verdict, steps }) {
  const words = section.dataset;
  const sentence = (name, state) => words[name + state[0].toUpperCase() + state.slice(1)] || name;
  const verdictLine = section.querySelector("[data-proof-verdict]");
  verdictLine.textContent = sentence("verdict", verdict);
  verdictLine.className = `proof-verdict ${verdict}`;
  const list = section.querySelector("[data-proof-steps]");
  list.replaceChildren(...steps.map((step) => {
    const item = document.createElement("li");
    item.className = step.state;
    item.textContent = sentence(step.name, step.state).replace(/\{(\w+)\}/g, (whole, key) => step.values[key] ?? whole);
    if (step.shown) {
      const detail = document.createElement("span");
      detail.className = "mono";
      detail.textContent = step.shown;
      item.append(detail);
    }
    return item;
  }));
  list.hidden = false;
}

function prepare(section) {
  const { proofUrl, vkey, unreachable } = section.dataset;
  const run = section.querySelector("[data-proof-run]");
  const pick = section.querySelector("[data-proof-pick]");
  run.hidden = !proofUrl;
  pick.hidden = false;
  run.addEventListener("click", async () => {
    let text;
    try {
      const answer = await fetch(proofUrl);
      requireThat(answer.ok, answer.statusText);
      text = await answer.text();
    } catch {
      section.querySelector("[data-proof-verdict]").textContent = unreachable;
      return;
    }
    showResult(section, verifyProof(text, vkey));
  });
  pick.querySelector("input").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (file) showResult(section, verifyProof(await file.text(), vkey));
  });
}

if (typeof document !== "undefined") document.querySelectorAll("[data-proof]").forEach(prepare);
