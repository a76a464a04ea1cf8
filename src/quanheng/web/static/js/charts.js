/* Draws every [data-chart="ID"] from the JSON in <script type="application/json" id="ID">; the table beside it stays.
   Spec: { "kind": "bar" | "stacked" | "line" | "points", "categories": [text], "unit": text, "horizontal": bool,
           "series": [{"name": text, "values": [number|null], "tone": "ink|good|bad|unsure|late|off",
                       "low": [number|null], "high": [number|null]}],   low and high draw the interval of each value
           "limits": [{"label": text, "value": number}],                the same limit everywhere, as dashed lines
           "range": [low, high]  of the value axis,   "notes": [text]  said of each category when it is pointed at,
           "links": [url]  opened by a press on a point,   "zoom": true  pan and zoom along the categories,
           "save": name  of the file that the button in the corner makes,   series.symbol: "diamond|cross|circle",
           "band": {"name": text, "low": [number|null], "high": [number|null]} }
                                           limits of each category, as a band; null: no limit on that side
   Also draws what htmx brings; it drops scripts, so the JSON is taken out of the answer before.
   Canvas and rich text only: ECharts' HTML tooltips need style attributes, which the content policy forbids. */
"use strict";
(() => {
  const css = getComputedStyle(document.documentElement);
  const tone = (name) => css.getPropertyValue(`--q-${name}`).trim();
  const TEXT = tone("text"), MUTED = tone("muted"), LINE = tone("line"), WASH = tone("wash");
  const FONT = css.getPropertyValue("--q-font").trim();
  const PALETTE = ["ink", "late", "good", "unsure", "bad", "off"];
  const hatch = (rotation, thin) => ({ symbol: "rect", symbolSize: 1, color: "rgba(255,255,255,0.55)", rotation,
    dashArrayX: [1, 0], dashArrayY: [thin ? 1 : 2, thin ? 3 : 6] });
  const HATCHES = { late: hatch(Math.PI / 4), bad: hatch(-Math.PI / 4, true), unsure: hatch(0), off: hatch(Math.PI / 2, true) };

  const CROWD = 80; // more points than this are drawn smaller

  function intervalSeries(series, horizontal, colour) {
    const isCrowd = series.low.length > CROWD;
    return {
      type: "custom", name: series.name, silent: true, clip: true, z: 5, tooltip: { show: false },
      data: series.low.map((low, at) => [at, low, series.high[at]]).filter(([, low]) => low !== null),
      encode: horizontal ? { y: 0, x: [1, 2] } : { x: 0, y: [1, 2] },
      renderItem(params, api) {
        const place = (value) => api.coord(horizontal ? [value, api.value(0)] : [api.value(0), value]);
        const [low, high] = [place(api.value(1)), place(api.value(2))];
        const half = Math.min(5, Math.max(1, Math.abs(api.size([1, 1])[horizontal ? 1 : 0]) / 3));
        const tick = ([x, y]) => (horizontal ? { x1: x, y1: y - half, x2: x, y2: y + half } : { x1: x - half, y1: y, x2: x + half, y2: y });
        const stroke = isCrowd ? { stroke: colour, lineWidth: 1, opacity: 0.35 } : { stroke: TEXT, lineWidth: 1.25 };
        return { type: "group", children: [
          { type: "line", shape: { x1: low[0], y1: low[1], x2: high[0], y2: high[1] }, style: stroke },
          ...(isCrowd ? [] : [{ type: "line", shape: tick(low), style: stroke }, { type: "line", shape: tick(high), style: stroke }]),
        ] };
      },
    };
  }

  function bandSeries(band) {
    const whole = band.low.map((low, at) => [at, low, band.high[at]]);
    return {
      type: "custom", name: band.name, silent: true, clip: true, z: 1, tooltip: { show: false }, itemStyle: { color: WASH, borderColor: TEXT },
      data: whole.map((limits) => limits.map((value) => (value === null ? "-" : value))), encode: { x: 0, y: [1, 2] },
      renderItem(params, api) {
        const at = api.value(0);
        const [, low, high] = whole[at];
        const { y: top, height } = params.coordSys;
        const half = api.size([1, 0])[0] / 2;
        const [x] = api.coord([at, 0]);
        const [left, right] = [x - half, x + half];
        const heightOf = (value, open) => (value === null ? open : api.coord([at, value])[1]);
        const [from, to] = [heightOf(high, top), heightOf(low, top + height)];
        const line = (y) => ({ type: "line", shape: { x1: left, y1: y, x2: right, y2: y }, style: { stroke: TEXT, lineWidth: 1, lineDash: [5, 3] } });
        return { type: "group", children: [
          { type: "rect", shape: { x: left, y: from, width: right - left, height: to - from }, style: { fill: WASH } },
          ...(high === null ? [] : [line(from)]), ...(low === null ? [] : [line(to)]),
        ] };
      },
    };
  }

  /* A point is a disc; one that is bad a cross, also in black and white. */
  function pointSeries(series, colour) {
    const cross = series.symbol ? series.symbol === "cross" : series.tone === "bad";
    const whole = { cross: "path://M0,0L10,10M10,0L0,10", diamond: "diamond" };
    return {
      type: "scatter", name: series.name, data: series.values, z: 6, symbolSize: series.values.length > CROWD ? 7 : 10, emphasis: { disabled: true },
      symbol: whole[cross ? "cross" : series.symbol] || "circle",
      itemStyle: { color: colour, borderColor: colour, borderWidth: cross ? 2.5 : 0 },
    };
  }

  function drawnSeries(spec) {
    const many = spec.series.length > 1;
    const drawn = spec.series.flatMap((series, at) => {
      const colour = tone(series.tone || PALETTE[at % PALETTE.length]);
      const one = spec.kind === "points" ? pointSeries(series, colour) : lineOrBar(spec, series, at, colour, many);
      return series.low ? [one, intervalSeries(series, spec.horizontal, colour)] : [one];
    });
    return spec.band ? [bandSeries(spec.band), ...drawn] : drawn;
  }

  function lineOrBar(spec, series, at, colour, many) {
    return {
      name: series.name, data: series.values, type: spec.kind === "line" ? "line" : "bar",
      stack: spec.kind === "stacked" ? "all" : undefined, itemStyle: { color: colour, decal: many ? HATCHES[series.tone] : undefined }, lineStyle: { width: 2 },
      barMaxWidth: 22, symbolSize: 6, showSymbol: series.values.length <= CROWD / 2, emphasis: { disabled: true },
      markLine: at === 0 && spec.limits ? {
        silent: true, symbol: "none", lineStyle: { color: TEXT, type: "dashed", width: 1 },
        data: spec.limits.map((limit) => ({ name: limit.label, [spec.horizontal ? "xAxis" : "yAxis"]: limit.value,
          label: { formatter: limit.label, color: TEXT, position: "insideEndTop" } })),
      } : undefined,
    };
  }

  /* Rows that the names of the series take: canvas text is not wrapped by the page, and must not lie on the plot. */
  function legendRows(names, room) {
    let [rows, used] = [1, 0];
    for (const name of names) {
      const wide = 29 + 13 * Array.from(name).length;
      if (used && used + wide > room) { rows += 1; used = 0; }
      used += wide;
    }
    return rows;
  }

  function optionOf(spec, width) {
    const many = spec.series.length > 1 || Boolean(spec.band);
    const beside = spec.horizontal ? 0 : Math.max(48, 28 + 13 * (spec.unit || "").length);
    const corner = spec.save ? 40 : 0;
    const named = [...(spec.band ? [spec.band.name] : []), ...spec.series.map((series) => series.name)];
    const isWrapped = many && legendRows(named, width - beside - corner) > 1;
    const rows = isWrapped ? legendRows(named, width - corner) : 0; // above the name of the axis, over the whole width
    const names = { type: "category", data: spec.categories, inverse: Boolean(spec.horizontal), axisTick: { show: false },
      axisLine: { lineStyle: { color: TEXT } }, axisLabel: { color: TEXT, fontSize: 13 } };
    const values = { type: "value", name: spec.unit || "", minInterval: spec.whole === false ? 0 : 1,
      nameGap: spec.horizontal ? 8 : 12, nameTextStyle: { color: MUTED, fontSize: 12 }, axisLabel: { color: MUTED, fontSize: 12 }, splitLine: { lineStyle: { color: LINE } } };
    if (spec.range) Object.assign(values, { min: spec.range[0], max: spec.range[1], axisLabel: { ...values.axisLabel, showMinLabel: false, showMaxLabel: false } });
    const zoom = spec.zoom && spec.categories.length > CROWD / 4;
    return {
      animation: false, textStyle: { fontFamily: FONT }, backgroundColor: "#fff",
      aria: { enabled: true, label: { enabled: false } },
      grid: { left: 4, right: spec.horizontal ? 32 : 16, top: isWrapped ? 24 * rows + 28 : many || spec.save ? 40 : 28, bottom: zoom ? 40 : 4, containLabel: true },
      dataZoom: zoom ? [{ type: "inside", filterMode: "filter", zoomOnMouseWheel: "shift" }, { type: "slider", filterMode: "filter", height: 22, bottom: 6, showDetail: false }] : undefined,
      toolbox: spec.save ? { right: 8, top: -4, itemSize: 16, feature: { saveAsImage: { name: spec.save, title: "PNG", pixelRatio: 2 } } } : undefined,
      legend: many ? { left: isWrapped ? 0 : beside, width: width - (isWrapped ? 0 : beside) - corner, top: 0, icon: spec.kind === "points" ? undefined : "rect", itemWidth: 14, itemHeight: 14, textStyle: { color: TEXT, fontSize: 13 } } : undefined,
      tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow", shadowStyle: { color: "rgba(29,67,121,0.06)" } },
        borderColor: LINE, textStyle: { color: TEXT }, confine: true,
        formatter: spec.notes ? (found) => spec.notes[[found].flat()[0].dataIndex] : undefined },
      xAxis: spec.horizontal ? values : names, yAxis: spec.horizontal ? names : values, series: drawnSeries(spec),
    };
  }

  const received = new Map(); // JSON of the last answer of htmx, by id

  function specOf(box) {
    const script = document.getElementById(box.dataset.chart);
    return JSON.parse(script ? script.textContent : received.get(box.dataset.chart));
  }

  function draw(box) {
    const chart = window.echarts.init(box, null, { renderer: "canvas" });
    const spec = specOf(box);
    const { links } = spec;
    chart.setOption(optionOf(spec, box.clientWidth));
    if (links) chart.on("click", { seriesType: "scatter" }, (event) => { window.location.assign(links[event.dataIndex]); });
    new ResizeObserver(() => {
      chart.resize();
      const { grid, legend } = optionOf(spec, box.clientWidth); // not the zoom, which the reader has set
      chart.setOption({ grid, legend });
    }).observe(box);
  }

  function drawAll(root) {
    for (const box of root.querySelectorAll("[data-chart]")) {
      try {
        draw(box);
      } catch (error) { // an old browser or a wrong spec must still leave the numbers in sight
        box.hidden = true;
        const table = box.parentElement.querySelector("[data-chart-table]");
        if (table) table.open = true;
        console.error(error);
      }
    }
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    const answer = new DOMParser().parseFromString(event.detail.serverResponse || "", "text/html");
    answer.querySelectorAll("script[type='application/json']").forEach((script) => received.set(script.id, script.textContent));
  });
  document.addEventListener("htmx:beforeCleanupElement", (event) => {
    const chart = event.target.dataset && event.target.dataset.chart && window.echarts.getInstanceByDom(event.target);
    if (chart) chart.dispose();
  });
  document.addEventListener("htmx:afterSwap", (event) => drawAll(event.detail.target));
  drawAll(document);
})();
