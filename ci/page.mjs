// Opens a page from the disk and every finding in it: page.mjs PAGE CHROMIUM SCREENSHOT. Called by page.sh.
import { chromium } from "playwright-core";
import { pathToFileURL } from "node:url";

const [page_path, executablePath, screenshot] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
const page = await browser.newPage();
const wrong = [];
page.on("console", (message) => {
  if (message.type() === "error" || message.type() === "warning") wrong.push(`console: ${message.text()}`);
});
page.on("pageerror", (error) => wrong.push(`error: ${error}`));
page.on("request", (request) => {
  if (!/^(file|data):/.test(request.url())) wrong.push(`request: ${request.url()}`);
});
await page.goto(pathToFileURL(page_path).href);

const findings = page.locator("details.finding");
const count = await findings.count();
if (count === 0) wrong.push("no finding");
for (let index = 0; index < count; index += 1) {
  const finding = findings.nth(index);
  const title = (await finding.locator("summary").first().innerText()).trim();
  const shown = async (what) => (await finding.locator(what).count()) > 0 && finding.locator(what).first().isVisible();
  if (await shown("table.traces")) wrong.push(`open from the beginning: ${title}`);
  await finding.locator("summary").first().click();
  for (const what of ["table.traces", "svg.lanes", "svg.lanes circle"]) {
    // A finding without an event has no dot.
    const may_miss = what === "svg.lanes circle" && (await finding.locator("tr", { hasText: /^(log|mark) / }).count()) === 0;
    if (!may_miss && !(await shown(what))) wrong.push(`no ${what}: ${title}`);
  }
}
if ((await page.locator("table.heat td").count()) === 0) wrong.push("no heat map");
await page.screenshot({ path: screenshot, fullPage: true });
await browser.close();
for (const line of wrong) console.error(line);
console.log(`${count} findings opened, ${wrong.length} errors`);
process.exit(wrong.length === 0 ? 0 : 1);
