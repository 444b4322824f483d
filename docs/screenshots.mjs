// Takes the screenshots in docs/screenshots/; started by docs/screenshots.sh. Arguments: URL of the site, folder.
import { createRequire } from "node:module";
import { join } from "node:path";

/** Runs in the page: loads lazy images and waits for them. */
const loadAllImages = () =>
  Promise.all([...document.images].map((image) => {
    image.loading = "eager";
    return image.decode().catch(() => {});
  }));

const { chromium } = createRequire(join(process.env.NODE_HOME, "x.js"))("playwright-core");
const [site, folder] = process.argv.slice(2);

const json = async (path) => (await fetch(site + path)).json();
const { topics } = await json("/api/v1/topics/");
const topic = topics.reduce((most, topic) => (topic.stories > most.stories ? topic : most));
const { stories } = await json("/api/v1/stories/");
const story = stories.reduce((most, story) => (story.articles > most.articles ? story : most));
const pages = {
  front: "/",
  topic: `/topics/${topic.id}/`,
  story: `/stories/${story.id}/`,
  search: `/search/?q=${encodeURIComponent(topic.name)}`,
  archive: "/archive/",
};
const screens = {
  wide: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});
for (const [screen, settings] of Object.entries(screens)) {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ ...settings, colorScheme });
    const page = await context.newPage();
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(site + path, { waitUntil: "load" });
      await page.evaluate(loadAllImages);
      await page.screenshot({ path: join(folder, `${name}-${screen}-${colorScheme}.png`) });
    }
    await context.close();
  }
}
await browser.close();
