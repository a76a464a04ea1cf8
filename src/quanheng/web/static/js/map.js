/* Draws [data-map="ID"] from the JSON in <script type="application/json" id="ID">; the list beside it says the same.
   Spec: { "points": [{"x", "y": km east and north, "name", "status": "overdue|soon|later", "overdue", "soon", "url"}],
           "towns": [{"name", "x", "y"}], "words": {status: word}, "cluster", "point": sentences with {names}, "km": unit }
   Plain SVG, no tiles, nothing loaded: presentation attributes and classes only, as the content policy demands.
   Points nearer than CELL pixels are drawn as one; a click on it comes closer. */
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const CELL = 44, MARGIN = 40, CLOSEST = 400; // [px], [px], [px per km]
  const RANK = { overdue: 0, soon: 1, later: 2 };
  const make = (name, attributes = {}, text = "") => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text) element.textContent = text;
    return element;
  };
  const said = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

  class CountyMap {
    constructor(box) {
      this.spec = JSON.parse(document.getElementById(box.dataset.map).textContent);
      this.box = box;
      this.told = document.getElementById(box.dataset.told);
      this.svg = make("svg", { role: "group", "aria-label": box.dataset.label });
      box.prepend(this.svg);
      this.pointers = new Map();
      for (const button of box.querySelectorAll("[data-zoom]")) {
        button.hidden = false;
        button.addEventListener("click", () => this.press(button.dataset.zoom));
      }
      this.svg.addEventListener("wheel", (event) => {
        event.preventDefault();
        this.zoom(event.deltaY < 0 ? 1.25 : 0.8, event.offsetX, event.offsetY);
      }, { passive: false });
      this.listen();
      new ResizeObserver(() => this.fit()).observe(box);
    }

    /* What the view shows: kilometres of its middle, pixels per kilometre. */
    fit() {
      const { clientWidth: width, clientHeight: height } = this.box;
      if (!width || (width === this.width && height === this.height)) return;
      Object.assign(this, { width, height });
      const xs = this.spec.points.map((point) => point.x), ys = this.spec.points.map((point) => point.y);
      const [west, east] = [Math.min(...xs), Math.max(...xs)], [south, north] = [Math.min(...ys), Math.max(...ys)];
      this.x = (west + east) / 2;
      this.y = (south + north) / 2;
      const whole = Math.min((width - 2 * MARGIN) / (east - west || 1), (height - 2 * MARGIN) / (north - south || 1));
      this.whole = this.scale = Math.min(whole, CLOSEST);
      this.draw();
    }

    at(point) {
      return [this.width / 2 + (point.x - this.x) * this.scale, this.height / 2 - (point.y - this.y) * this.scale];
    }

    zoom(factor, px = this.width / 2, py = this.height / 2) {
      const scale = Math.min(CLOSEST, Math.max(this.whole / 2, this.scale * factor));
      // The place under the pointer stays under it.
      this.x += (px - this.width / 2) * (1 / this.scale - 1 / scale);
      this.y -= (py - this.height / 2) * (1 / this.scale - 1 / scale);
      this.scale = scale;
      this.draw();
    }

    press(what) {
      if (what === "whole") { this.width = 0; this.fit(); } else this.zoom(what === "in" ? 1.6 : 1 / 1.6);
    }

    /* One finger or the mouse moves, two fingers come closer. */
    listen() {
      this.svg.addEventListener("pointerdown", (event) => {
        this.pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
        this.moved = 0;
      });
      this.svg.addEventListener("pointermove", (event) => {
        const before = this.pointers.get(event.pointerId);
        if (!before) return;
        const now = [event.offsetX, event.offsetY];
        const other = [...this.pointers].find(([id]) => id !== event.pointerId);
        this.pointers.set(event.pointerId, now);
        this.moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
        if (this.moved < 6) return;
        if (other) {
          const apart = (from) => Math.hypot(from[0] - other[1][0], from[1] - other[1][1]) || 1;
          this.zoom(apart(now) / apart(before), (now[0] + other[1][0]) / 2, (now[1] + other[1][1]) / 2);
        } else {
          this.x -= (now[0] - before[0]) / this.scale;
          this.y += (now[1] - before[1]) / this.scale;
          this.draw();
        }
      });
      for (const name of ["pointerup", "pointercancel", "pointerleave"]) {
        this.svg.addEventListener(name, (event) => this.pointers.delete(event.pointerId));
      }
      // A drag that ends on a symbol opens nothing.
      this.svg.addEventListener("click", (event) => { if (this.moved >= 6) { event.preventDefault(); event.stopPropagation(); } }, true);
    }

    /* Groups on the ground, kept until the scale changes: moving the map does not regroup it.  The worst begin a group,
       and whatever lies within CELL of its first point joins it. */
    clusters() {
      if (this.grouped && this.grouped.scale === this.scale) return this.grouped.groups;
      const size = CELL / this.scale, cells = new Map(), groups = [];
      for (const point of this.spec.points) {
        const column = Math.floor(point.x / size), row = Math.floor(point.y / size);
        const near = [-1, 0, 1].flatMap((i) => [-1, 0, 1].flatMap((j) => cells.get(`${column + i}:${row + j}`) || []));
        const group = near.find(([first]) => Math.hypot(first.x - point.x, first.y - point.y) < size);
        if (group) { group.push(point); continue; }
        const begun = [point], key = `${column}:${row}`;
        groups.push(begun);
        cells.set(key, [...(cells.get(key) || []), begun]);
      }
      this.grouped = { scale: this.scale, groups };
      return groups;
    }

    inSight([first]) {
      const [px, py] = this.at(first);
      return px > -CELL && py > -CELL && px < this.width + CELL && py < this.height + CELL;
    }

    draw() {
      const groups = this.clusters().filter((group) => this.inSight(group));
      const canApart = this.scale < CLOSEST;
      const symbols = groups.flatMap((group) => (group.length > 1 && canApart ? [this.cluster(group)] : group.map((point, n) => this.point(point, n))));
      this.svg.replaceChildren(this.townNames(groups), ...symbols, this.scaleBar());
    }

    /* A name stands beside the middle of its places where it covers no symbol and no other name; else it waits for a closer view. */
    townNames(groups) {
      const names = make("g", { "aria-hidden": "true" });
      const taken = groups.map((group) => [...this.at(group[0]), 24, 24]);
      const isFree = ([x, y, w, h]) => taken.every(([tx, ty, tw, th]) => Math.abs(x - tx) * 2 >= w + tw || Math.abs(y - ty) * 2 >= h + th);
      for (const town of this.spec.towns) {
        const [x, y] = this.at(town), width = town.name.length * 16;
        const around = [[0, 0], [0, -30], [0, 30], [width / 2 + 20, 0], [-width / 2 - 20, 0], [0, -52], [0, 52]];
        const found = around.map(([dx, dy]) => [x + dx, y + dy, width, 18]).find(isFree);
        if (!found) continue;
        taken.push(found);
        names.append(make("text", { class: "town", x: found[0].toFixed(1), y: (found[1] + 5).toFixed(1) }, town.name));
      }
      return names;
    }

    link(sentence, url) {
      const anchor = make("a", { href: url, "aria-label": sentence });
      anchor.append(make("title", {}, sentence));
      for (const event of ["pointerenter", "focus"]) anchor.addEventListener(event, () => { this.told.textContent = sentence; });
      return anchor;
    }

    cluster(group) {
      const late = group.filter((point) => point.status === "overdue").length;
      const worst = group.reduce((a, b) => (RANK[b.status] < RANK[a.status] ? b : a)).status;
      const middle = { x: group[0].x, y: group[0].y };
      const [x, y] = this.at(middle);
      const anchor = this.link(said(this.spec.cluster, { n: group.length, late }), "#");
      anchor.setAttribute("class", `cluster has-${worst}`);
      anchor.setAttribute("role", "button");
      const radius = Math.min(CELL / 2 - 2, 11 + 2 * Math.log2(group.length));
      anchor.append(make("circle", { class: "disc", cx: x, cy: y, r: radius }), make("text", { x, y: y + 4 }, String(group.length)),
        make("circle", { class: "ring", cx: x, cy: y, r: radius + 3 }));
      anchor.addEventListener("click", (event) => {
        event.preventDefault();
        Object.assign(this, middle);
        this.zoom(2.2);
      });
      return anchor;
    }

    /* Status by shape: a triangle is overdue, a diamond soon, a disc in time; as the words before the list. */
    point(point, nth) {
      const [px, py] = this.at(point);
      // Places at one address stand side by side once no closer view can part them.
      const [x, y] = [px + nth * 16, py];
      const sentence = said(this.spec.point, { ...point, word: this.spec.words[point.status] });
      const anchor = this.link(sentence, point.url);
      const shapes = {
        overdue: () => make("path", { class: "overdue", d: `M${x} ${y - 9}L${x + 9} ${y + 7}L${x - 9} ${y + 7}Z` }),
        soon: () => make("path", { class: "soon", d: `M${x} ${y - 8}L${x + 8} ${y}L${x} ${y + 8}L${x - 8} ${y}Z` }),
        later: () => make("circle", { class: "later", cx: x, cy: y, r: 6 }),
      };
      anchor.append(shapes[point.status](), make("circle", { class: "ring", cx: x, cy: y, r: 13, "pointer-events": "all" }));
      if (this.scale >= 60) anchor.append(make("text", { x, y: y + 22 }, point.name));
      return anchor;
    }

    scaleBar() {
      const wanted = 90 / this.scale;
      const power = 10 ** Math.floor(Math.log10(wanted));
      const length = [5, 2, 1].map((step) => step * power).find((step) => step <= wanted);
      const [x, y] = [12, this.height - 14], end = x + length * this.scale;
      const bar = make("g", { class: "scale", "aria-hidden": "true" });
      bar.append(make("line", { x1: x, y1: y, x2: end, y2: y }), make("line", { x1: x, y1: y - 5, x2: x, y2: y }),
        make("line", { x1: end, y1: y - 5, x2: end, y2: y }), make("text", { x: x + 4, y: y - 8 }, `${Number(length.toPrecision(1))} ${this.spec.km}`));
      return bar;
    }
  }

  for (const box of document.querySelectorAll("[data-map]")) {
    try {
      new CountyMap(box);
    } catch (error) { // the list beside has it all
      box.hidden = true;
      console.error(error);
    }
  }
})();
