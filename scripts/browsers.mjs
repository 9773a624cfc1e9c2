// The browsers of this machine, started without a window: no more is asked of one than to open a page.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** @typedef {{ name: string, executable: string, start: (profile: string, url: string) => string[] }} Browser */

const chromiumArguments = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-background-timer-throttling",
  "--disable-component-update",
  "--disable-renderer-backgrounding",
  "--disable-sync",
  "--no-default-browser-check",
  "--no-first-run",
];

/** Nothing is asked, fetched or sent by a profile that has just been made. */
const firefoxPreferences = {
  "app.normandy.enabled": false,
  "app.update.enabled": false,
  "browser.aboutwelcome.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "toolkit.telemetry.reportingpolicy.firstRun": false,
};

/** @type {{ name: string, variable: string, places: string[], start: Browser["start"] }[]} */
const known = [
  {
    name: "Chromium",
    variable: "CHROMIUM",
    places: ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
    start: (profile, url) => [...chromiumArguments, `--user-data-dir=${profile}`, url],
  },
  {
    name: "Firefox",
    variable: "FIREFOX",
    places: ["/usr/bin/firefox-esr", "/usr/bin/firefox"],
    start(profile, url) {
      const lines = Object.entries(firefoxPreferences).map(
        ([key, value]) => `user_pref(${JSON.stringify(key)}, ${JSON.stringify(value)});`,
      );
      writeFileSync(join(profile, "user.js"), `${lines.join("\n")}\n`);
      return ["--headless", "--no-remote", "--profile", profile, url];
    },
  },
];

/** @returns {{ found: Browser[], absent: { name: string, variable: string }[]}} those that a variable names, or that lie where Debian puts them */
export function findBrowsers() {
  const found = [];
  const absent = [];
  for (const { name, variable, places, start } of known) {
    const named = process.env[variable];
    const executable = (named ? [named] : places).find((place) => existsSync(place));
    if (executable === undefined) absent.push({ name, variable });
    else found.push({ name, executable, start });
  }
  return { found, absent };
}

/**
 * Opens a page in a browser of its own, with a profile of its own.
 *
 * @param {Browser} browser
 * @param {string} url
 * @returns {{ ended: Promise<string>, close: () => Promise<void> }} `ended` tells how the browser ended by itself
 */
export function open({ executable, start }, url) {
  const profile = mkdtempSync(join(tmpdir(), "steepest-browser-"));
  // A group of its own: browsers start processes that outlive the first one.
  const running = spawn(executable, start(profile, url), { stdio: ["ignore", "ignore", "pipe"], detached: true });
  let said = "";
  running.stderr.on("data", (/** @type {Buffer} */ text) => {
    said = (said + text).slice(-2000);
  });
  /** @type {Promise<string>} */
  const ended = new Promise((resolve) => {
    running.once("error", (error) => resolve(error.message));
    running.once("exit", (code, signal) => resolve(`the browser ended (${signal ?? code})\n${said}`));
  });
  return {
    ended,
    async close() {
      try {
        if (running.pid !== undefined) process.kill(-running.pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
