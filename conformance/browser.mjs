// Checks pages of a running site in a browser: contrast, landmarks, labels and targets of at least 24 pixels
// (axe-core, WCAG 2.2 AA), nothing wider than the screen, and the size of the front page. Argument: URL of the site.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.NODE_HOME, "x.js"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [site] = process.argv.slice(2);

/** Maximum size of the front page without its images, in bytes on the wire. */
const MAX_BYTES = 60_000;
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const screens = {
  wide: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
};

const json = async (path) => (await fetch(site + path)).json();
const { topics } = await json("/api/v1/topics/");
const { stories } = await json("/api/v1/stories/");
const topic = topics.reduce((most, topic) => (topic.stories > most.stories ? topic : most));
const story = stories.reduce((most, story) => (story.articles > most.articles ? story : most));
const { providers } = await json("/api/v1/providers/");
const pages = [
  "/", "/page/1/", `/topics/${topic.id}/`, "/topics/", `/stories/${story.id}/`, `/providers/${providers[0].domain}/`,
  "/providers/", "/archive/", "/about/", "/search/", "/search/?q=power", "/api/v1/", "/nothing/",
];

const findings = new Set();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});
let checked = 0;
for (const [screen, settings] of Object.entries(screens)) {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ ...settings, colorScheme, bypassCSP: true });
    const page = await context.newPage();
    page.on("pageerror", (error) => findings.add(`${page.url()}: ${error}`));
    for (const path of pages) {
      await page.goto(site + path, { waitUntil: "load" });
      const place = `${path} (${screen}, ${colorScheme})`;
      await page.evaluate(axe);
      const { violations } = await page.evaluate(
        (tags) => axe.run({ runOnly: tags, rules: { "target-size": { enabled: true } } }),
        TAGS,
      );
      for (const { id, help, nodes } of violations) {
        findings.add(`${place}: ${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" | ")}`);
      }
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (overflow > 0) findings.add(`${place}: ${overflow} pixels wider than the screen`);
      checked += 1;
    }
    await context.close();
  }
}

const context = await browser.newContext();
const page = await context.newPage();
const network = await context.newCDPSession(page);
await network.send("Network.enable");
const kinds = new Map();
let bytes = 0;
network.on("Network.responseReceived", ({ requestId, type }) => kinds.set(requestId, type));
network.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
  if (kinds.get(requestId) !== "Image") bytes += encodedDataLength;
});
await page.goto(`${site}/`, { waitUntil: "load" });
if (bytes > MAX_BYTES || bytes === 0) findings.add(`/: ${bytes} bytes without images, at most ${MAX_BYTES} allowed`);
await browser.close();

console.log(`${checked} views checked; the front page has ${bytes} bytes without images`);
for (const finding of findings) console.log(finding);
process.exit(findings.size > 0 ? 1 : 0);
