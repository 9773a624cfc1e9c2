// The browsers of this machine, started where nobody sees them: no more is asked of one than to open a page.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** @typedef {{ command: string, words: string[], environment?: Record<string, string> }} Start */
/** @typedef {{ name: string, executable: string, start: (executable: string, profile: string, url: string, shares: boolean) => Start }} Browser */

const chromiumOptions = [
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

const machine = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";

/** @type {{ name: string, variable: string, places: string[], needs?: string, start: Browser["start"] }[]} */
const known = [
  {
    name: "Chromium",
    variable: "CHROMIUM",
    places: ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
    start: (command, profile, url) => ({ command, words: [...chromiumOptions, `--user-data-dir=${profile}`, url] }),
  },
  {
    name: "Firefox",
    variable: "FIREFOX",
    places: ["/usr/bin/firefox-esr", "/usr/bin/firefox"],
    start(command, profile, url) {
      const lines = Object.entries(firefoxPreferences).map(
        ([key, value]) => `user_pref(${JSON.stringify(key)}, ${JSON.stringify(value)});`,
      );
      writeFileSync(join(profile, "user.js"), `${lines.join("\n")}\n`);
      return { command, words: ["--headless", "--no-remote", "--profile", profile, url] };
    },
  },
  {
    // The engine of Safari. It draws into a screen that is not there.
    name: "WebKit",
    variable: "WEBKIT",
    places: ["webkitgtk-6.0", "webkit2gtk-4.1", "webkit2gtk-4.0"].map((version) => `/usr/lib/${machine}/${version}/MiniBrowser`),
    needs: "xvfb-run",
    start: (executable, profile, url, shares) => ({
      command: "xvfb-run",
      words: ["-a", executable, url],
      environment: {
        HOME: profile,
        // This port has it for all pages or for none; Safari, like the others, for those that are isolated.
        JSC_useSharedArrayBuffer: shares ? "1" : "0",
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
      },
    }),
  },
];

const isCommand = (/** @type {string} */ name) =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, name)));

/** @returns {{ found: Browser[], absent: { name: string, variable: string }[]}} those that a variable names, or that lie where Debian puts them */
export function findBrowsers() {
  const found = [];
  const absent = [];
  for (const { name, variable, places, needs, start } of known) {
    const named = process.env[variable];
    const executable = (named ? [named] : places).find((place) => existsSync(place));
    if (executable === undefined || (needs !== undefined && !isCommand(needs))) absent.push({ name, variable });
    else found.push({ name, executable, start });
  }
  return { found, absent };
}

/** @type {Set<() => void>} ends a browser at once, and removes its profile */
const opened = new Set();

// Browsers live in groups of their own: who stops this program would leave them behind.
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]))
  process.once(signal, () => {
    for (const end of opened) end();
    process.exit(1);
  });

/** Milliseconds that a browser has to end, and those that it started to clean up after themselves. */
const [PATIENCE, AFTERMATH] = [3000, 300];

/**
 * Opens a page in a browser of its own, with a profile of its own.
 *
 * @param {Browser} browser
 * @param {string} url
 * @param {boolean} shares whether its pages may share memory between threads
 * @returns {{ ended: Promise<string>, close: () => Promise<void> }} `ended` tells how the browser ended by itself
 */
export function open({ executable, start }, url, shares) {
  const profile = mkdtempSync(join(tmpdir(), "steepest-browser-"));
  const { command, words, environment = {} } = start(executable, profile, url, shares);
  // A group of its own: browsers start processes that outlive the first one.
  const running = spawn(command, words, { stdio: ["ignore", "ignore", "pipe"], detached: true, env: { ...process.env, ...environment } });
  let said = "";
  running.stderr.on("data", (/** @type {Buffer} */ text) => {
    said = (said + text).slice(-2000);
  });
  /** @type {Promise<string>} */
  const ended = new Promise((resolve) => {
    running.once("error", (error) => resolve(error.message));
    running.once("exit", (code, signal) => resolve(`the browser ended (${signal ?? code})\n${said}`));
  });
  const signal = (/** @type {NodeJS.Signals} */ kind) => {
    try {
      if (running.pid !== undefined) process.kill(-running.pid, kind);
    } catch {
      // All of them have ended by themselves.
    }
  };
  const end = () => {
    signal("SIGKILL");
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  opened.add(end);
  return {
    ended,
    async close() {
      signal("SIGTERM");
      await Promise.race([ended, sleep(PATIENCE)]);
      await sleep(AFTERMATH);
      end();
      opened.delete(end);
      await ended;
    },
  };
}
