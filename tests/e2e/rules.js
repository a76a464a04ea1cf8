/* What every page must keep, at every width. Runs in each page when it has loaded; a breach is a console error. */
(() => {
  const TARGET = 44; // PAGES.md, rule 14: targets on phones [px]
  const CONTROLS = "nav a, .btn, button, select, .rail-menu > summary, " +
    "input:not([type=hidden], [type=checkbox], [type=radio], [type=file])";

  const isSeen = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && element.checkVisibility();
  };
  const named = (element) => `${element.tagName.toLowerCase()} “${(element.textContent || element.name || "").trim().slice(0, 20)}”`;

  window.breachesOfHouseRules = () => {
    const found = [];
    const headings = Array.from(document.querySelectorAll("h1")).filter((h1) => h1.textContent.trim());
    if (headings.length !== 1) found.push(`${headings.length} h1`);
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push(`page is ${scrollWidth} px wide in a window of ${clientWidth} px`);
    for (const element of document.querySelectorAll("*")) {
      const handler = Array.from(element.attributes).find((attribute) => attribute.name.startsWith("on"));
      if (handler) found.push(`inline ${handler.name} on ${named(element)}`);
    }
    if (window.innerWidth <= 640) {
      for (const control of document.querySelectorAll(CONTROLS)) {
        const { height } = control.getBoundingClientRect();
        if (isSeen(control) && height < TARGET - 0.5) found.push(`${named(control)} is ${height} px high`);
      }
    }
    return found;
  };

  addEventListener("load", () => {
    if (document.contentType !== "text/html" || location.protocol === "about:") return;
    for (const breach of window.breachesOfHouseRules()) console.error(`house rule: ${breach}`);
  });
})();
