/* Draws every [data-chart="ID"] from the JSON in <script type="application/json" id="ID">; the table beside it stays.
   Spec: { "kind": "bar" | "stacked" | "line", "categories": [text], "unit": text, "horizontal": bool,
           "series": [{"name": text, "values": [number|null], "tone": "ink|good|bad|unsure|late|off",
                       "low": [number], "high": [number]}],          low and high draw the interval of each value
           "limits": [{"label": text, "value": number}] }             e.g. the MPE band, as dashed lines
   Canvas and rich text only: ECharts' HTML tooltips need style attributes, which the content policy forbids. */
"use strict";
(() => {
  const css = getComputedStyle(document.documentElement);
  const tone = (name) => css.getPropertyValue(`--q-${name}`).trim();
  const TEXT = tone("text"), MUTED = tone("muted"), LINE = tone("line");
  const FONT = css.getPropertyValue("--q-font").trim();
  const PALETTE = ["ink", "late", "good", "unsure", "bad", "off"];
  const hatch = (rotation, thin) => ({ symbol: "rect", symbolSize: 1, color: "rgba(255,255,255,0.55)", rotation,
    dashArrayX: [1, 0], dashArrayY: [thin ? 1 : 2, thin ? 3 : 6] });
  const HATCHES = { late: hatch(Math.PI / 4), bad: hatch(-Math.PI / 4, true), unsure: hatch(0), off: hatch(Math.PI / 2, true) };

  function intervalSeries(series, horizontal) {
    return {
      type: "custom", name: series.name, silent: true, z: 5, tooltip: { show: false },
      data: series.low.map((low, at) => [at, low, series.high[at]]),
      encode: horizontal ? { y: 0, x: [1, 2] } : { x: 0, y: [1, 2] },
      renderItem(params, api) {
        const place = (value) => api.coord(horizontal ? [value, api.value(0)] : [api.value(0), value]);
        const [low, high] = [place(api.value(1)), place(api.value(2))];
        const tick = ([x, y]) => (horizontal ? { x1: x, y1: y - 5, x2: x, y2: y + 5 } : { x1: x - 5, y1: y, x2: x + 5, y2: y });
        const stroke = { stroke: TEXT, lineWidth: 1.25 };
        return { type: "group", children: [
          { type: "line", shape: { x1: low[0], y1: low[1], x2: high[0], y2: high[1] }, style: stroke },
          { type: "line", shape: tick(low), style: stroke }, { type: "line", shape: tick(high), style: stroke },
        ] };
      },
    };
  }

  function drawnSeries(spec) {
    const many = spec.series.length > 1;
    return spec.series.flatMap((series, at) => {
      const colour = tone(series.tone || PALETTE[at % PALETTE.length]);
      const drawn = {
        name: series.name, data: series.values, type: spec.kind === "line" ? "line" : "bar",
        stack: spec.kind === "stacked" ? "all" : undefined, itemStyle: { color: colour, decal: many ? HATCHES[series.tone] : undefined }, lineStyle: { width: 2 },
        barMaxWidth: 22, symbolSize: 6, emphasis: { disabled: true },
        markLine: at === 0 && spec.limits ? {
          silent: true, symbol: "none", lineStyle: { color: TEXT, type: "dashed", width: 1 },
          data: spec.limits.map((limit) => ({ name: limit.label, [spec.horizontal ? "xAxis" : "yAxis"]: limit.value,
            label: { formatter: limit.label, color: TEXT, position: "insideEndTop" } })),
        } : undefined,
      };
      return series.low ? [drawn, intervalSeries(series, spec.horizontal)] : [drawn];
    });
  }

  function optionOf(spec) {
    const many = spec.series.length > 1;
    const names = { type: "category", data: spec.categories, inverse: Boolean(spec.horizontal), axisTick: { show: false },
      axisLine: { lineStyle: { color: TEXT } }, axisLabel: { color: TEXT, fontSize: 13 } };
    const values = { type: "value", name: spec.unit || "", minInterval: spec.whole === false ? 0 : 1,
      nameGap: spec.horizontal ? 8 : 12, nameTextStyle: { color: MUTED, fontSize: 12 }, axisLabel: { color: MUTED, fontSize: 12 }, splitLine: { lineStyle: { color: LINE } } };
    return {
      animation: false, textStyle: { fontFamily: FONT }, backgroundColor: "#fff",
      aria: { enabled: true, label: { enabled: false } },
      grid: { left: 4, right: spec.horizontal ? 32 : 16, top: many ? 40 : 28, bottom: 4, containLabel: true },
      legend: many ? { left: spec.horizontal ? 0 : 48, top: 0, icon: "rect", itemWidth: 14, itemHeight: 14, textStyle: { color: TEXT, fontSize: 13 } } : undefined,
      tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow", shadowStyle: { color: "rgba(29,67,121,0.06)" } },
        borderColor: LINE, textStyle: { color: TEXT } },
      xAxis: spec.horizontal ? values : names, yAxis: spec.horizontal ? names : values, series: drawnSeries(spec),
    };
  }

  function draw(box) {
    const spec = JSON.parse(document.getElementById(box.dataset.chart).textContent);
    const chart = window.echarts.init(box, null, { renderer: "canvas" });
    chart.setOption(optionOf(spec));
    new ResizeObserver(() => chart.resize()).observe(box);
  }

  for (const box of document.querySelectorAll("[data-chart]")) {
    try {
      draw(box);
    } catch (error) { // an old browser or a wrong spec must still leave the numbers in sight
      box.hidden = true;
      const table = box.parentElement.querySelector("[data-chart-table]");
      if (table) table.open = true;
      console.error(error);
    }
  }
})();
