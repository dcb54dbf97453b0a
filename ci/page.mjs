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
  for (const what of ["table.traces", "svg.lanes"]) {
    if (!(await shown(what))) wrong.push(`no ${what}: ${title}`);
  }
  // The drawing has a dot for each event of its invocation, on both sides; a long one is drawn in part.
  const [dots, events, whole] = await finding.evaluate((shown) => {
    const drawing = shown.querySelector("svg.lanes");
    const told = drawing.previousElementSibling.textContent;
    const invocation = Number(told.match(/^Invocation (\d+)/)[1]);
    let at = -1;
    let events = 0;
    for (const row of shown.querySelector("table.traces").rows) {
      if (row.querySelector("th[colspan]")) at += 1;
      else if (at === invocation) for (const cell of row.cells) events += /^(log|mark) /.test(cell.textContent) ? 1 : 0;
    }
    return [drawing.querySelectorAll("circle").length, events, !/, from event |more are not drawn/.test(told)];
  });
  if (whole ? dots !== events : dots === 0 || dots >= events) wrong.push(`${dots} dots for ${events} events: ${title}`);
}
if ((await page.locator("table.heat td").count()) === 0) wrong.push("no heat map");
await page.screenshot({ path: screenshot, fullPage: true });
await browser.close();
for (const line of wrong) console.error(line);
console.log(`${count} findings opened, ${wrong.length} errors`);
process.exit(wrong.length === 0 ? 0 : 1);
