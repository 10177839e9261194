// The example in a real browser: plain forms with scripts off and on, then the front end. Build both first, then
// `CHROMIUM=path SERVER=path npm run test:browser`; pictures go to the folder PICTURES, if it is set.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";
import { chromium } from "playwright-core";

const { CHROMIUM, SERVER, PICTURES } = process.env;
assert.ok(CHROMIUM && SERVER, "set CHROMIUM and SERVER");
const site = "http://localhost:4124";
const server = spawn(SERVER, ["--listen", "127.0.0.1:4124", "--web", join(import.meta.dirname, "../dist")]);
let terminal = "";
server.stdout.on("data", (text) => (terminal += text));
let ended;
server.on("exit", (code) => (ended = `the server ended with ${code}`));
process.on("exit", () => server.kill());
while (!terminal.includes("Acme is at")) {
  assert.equal(ended, undefined);
  await later(50);
}

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
const complaints = [];
const picture = async (page, name) => PICTURES && page.screenshot({ path: join(PICTURES, `${name}.png`) });

async function opened(javaScriptEnabled) {
  const context = await browser.newContext({ javaScriptEnabled });
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // The browser's own note about an answer with an error status is no complaint about the page.
    if (!message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  return { context, page };
}

async function signIn(page, email) {
  await page.goto(`${site}/`);
  assert.equal(page.url(), `${site}/sign-in`);
  await page.fill("#email", email);
  await page.click("main button");
  await page.fill("#email", email);
  await page.fill("#code", "12");
  await page.click("main button");
  assert.equal(await page.textContent(".error"), "this is shorter than 6");
  assert.equal(await page.inputValue("#email"), email);
  const code = terminal.split(`for ${email}: `).at(-1).slice(0, 6);
  await page.fill("#code", code);
  await page.click("main button");
  assert.equal(page.url(), `${site}/`);
}

try {
  for (const scripts of [false, true]) {
    const { context, page } = await opened(scripts);
    await signIn(page, scripts ? "ada@acme.test" : "bob@acme.test");
    await page.goto(`${site}/documents/new`);
    await page.fill("#body", "kept");
    await page.click("main button");
    assert.equal(await page.textContent(".error"), "this is shorter than 1");
    assert.equal(await page.inputValue("#body"), "kept");
    await picture(page, `error-${scripts ? "with" : "without"}-scripts`);
    await page.fill("#title", "From a browser");
    await page.click("main button");
    assert.equal(await page.textContent("h1"), "From a browser");
    await page.fill("form[data-action=addComment] textarea", "hi");
    await page.click("form[data-action=addComment] button");
    assert.match(await page.textContent("main li"), /: hi$/);
    await page.click("form[data-action=deleteDocument] button");
    assert.equal(page.url(), `${site}/`);
    await context.close();
  }

  const { context, page } = await opened(true);
  await signIn(page, "bob@acme.test");
  await page.goto(`${site}/app`);
  await page.waitForSelector("main li");
  await page.fill("#body", "kept");
  await page.click("main button");
  await page.waitForSelector(".error");
  assert.equal(await page.inputValue("#body"), "kept");

  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route("**/_actions/*", async (route) => (await held, route.continue()));
  await page.fill("#title", "Optimistic");
  await page.click("main button");
  await page.waitForSelector("li.pending");
  assert.equal(await page.textContent("main button"), "Creating");
  assert.ok(await page.isDisabled("main button"));
  await picture(page, "pending");
  release();
  await page.waitForSelector("li.pending", { state: "detached" });
  assert.equal(await page.locator("main li a", { hasText: "Optimistic" }).count(), 1);
  assert.equal(await page.inputValue("#title"), "");
  await page.unroute("**/_actions/*");

  // A reset takes back errors, and a call that is under way: what comes after it is not shown.
  await page.click("main button");
  await page.waitForSelector(".error");
  await page.click("#clear");
  await page.waitForSelector(".error", { state: "detached" });
  let late;
  const stopped = new Promise((resolve) => (late = resolve));
  await page.route("**/_actions/*", async (route) => (await stopped, route.abort().catch(() => {})));
  await page.fill("#title", "Taken back");
  await page.click("main button");
  await page.waitForSelector("li.pending");
  await page.click("#clear");
  await page.waitForSelector("li.pending", { state: "detached" });
  assert.equal(await page.textContent("main button"), "Create");
  late();
  assert.equal(await page.locator(".error").count(), 0);
  assert.equal(await page.locator("main li", { hasText: "Taken back" }).count(), 0);
  await page.unroute("**/_actions/*");

  // A page that is left with a call under way complains about nothing.
  let left;
  const leaving = new Promise((resolve) => (left = resolve));
  await page.route("**/_actions/*", async (route) => (await leaving, route.abort().catch(() => {})));
  await page.fill("#title", "Left behind");
  await page.click("main button");
  await page.waitForSelector("li.pending");
  await page.goto(`${site}/`);
  left();
  await page.unroute("**/_actions/*");
  await page.goto(`${site}/app`);
  await page.waitForSelector("main li");

  for (let tries = 0; tries < 12 && (await page.locator("[data-kind=rate_limited]").count()) === 0; tries++) {
    await page.fill("#title", `number ${tries}`);
    await page.click("main button");
    await page.waitForFunction(() => document.querySelector("main button")?.textContent === "Create");
  }
  assert.match(await page.textContent("[data-kind=rate_limited]"), /wait \d+ seconds/);
  assert.match(await page.inputValue("#title"), /^number/);
  await picture(page, "rate-limit");

  await context.clearCookies();
  await page.click("main button");
  await page.waitForSelector("[data-kind=unauthenticated]");
  await picture(page, "session-ended");
  assert.deepEqual(complaints, []);
  console.log("the browser agrees");
} finally {
  await browser.close();
  server.kill();
}
