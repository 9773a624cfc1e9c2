/** `steepest data`: public data sets on this machine. */
import { type RemoteSetName, remoteSets } from "../data/download/sources.js";
import { nearest } from "../tensor/error.js";
import type { Command, Context } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import { textOption, UsageError } from "./options.js";
import { columnsOf } from "./terminal.js";

const from = textOption("from", "DIR", {
  help: "a folder that has the files already: check and copy them",
  default: undefined,
  defaultText: "download",
});
const mirror = textOption("mirror", "URL", {
  help: "a folder on the web to download from",
  default: undefined,
  defaultText: "where the set is published",
  check: checkMirror,
});
const cache = textOption("cache", "DIR", {
  help: "where sets are kept",
  default: undefined,
  defaultText: "$XDG_CACHE_HOME/steepest or ~/.cache/steepest",
});

export const data: Command = {
  name: "data",
  summary: "download a public data set, or list those that are known",
  about:
    "Downloads a data set into the cache, checks every file by SHA-256, and continues what was broken off. Afterwards --data mnist, fashion or cifar10 finds it without a folder.",
  examples: ["steepest data get mnist", "steepest data get fashion-mnist --from downloads", "steepest data list --json"],
  positionals: [
    { name: "ACTION", help: "get or list" },
    { name: "SET", help: `of get: ${Object.keys(remoteSets).join(", ")}`, optional: true },
  ],
  options: [from, mirror, cache],
  async run(context, args) {
    const [action, set = ""] = args.positionals;
    const { out } = context;
    if (action === "list") {
      if (set !== "") throw new UsageError({ problem: "list takes no data set", received: set });
      const sets = Object.entries(remoteSets).map(([name, { title, files, licence }]) => ({
        name,
        title,
        files: files.length,
        bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
        licence,
      }));
      if (args.get(json)) printJson(out, { sets });
      else
        for (const line of columnsOf(sets.map(({ name, title, bytes, licence }) => [name, megabytes(bytes), title, `licence: ${licence}`])))
          out.line(line);
      return exitCodes.done;
    }
    if (action !== "get") throw new UsageError({ problem: `there is no action "${action}"`, expected: "get or list" });
    const name = setNamed(set);
    const abort = new AbortController();
    const endListening = context.onInterrupt(() => abort.abort());
    const view = args.get(quiet) ? undefined : progressOf(context);
    try {
      const got = await context.engine.getData(name, {
        signal: abort.signal,
        ...given("from", args.get(from)),
        ...given("mirror", args.get(mirror)),
        ...given("cache", args.get(cache)),
        ...(view === undefined ? {} : { onProgress: view.update }),
      });
      view?.end();
      if (args.get(json)) printJson(out, got);
      else if (args.get(quiet)) out.line(got.folder);
      else
        out.line(
          `${remoteSets[name].title}: ${got.files} ${got.files === 1 ? "file" : "files"}, ${megabytes(got.bytes)}, checked, in ${out.bold(got.folder)}`,
        );
      return exitCodes.done;
    } catch (error) {
      view?.end();
      if (!abort.signal.aborted) throw error;
      context.err.line("Stopped; the same command continues the download.");
      return exitCodes.interrupted;
    } finally {
      endListening();
    }
  },
};

const given = <K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> => {
  const entry: Partial<Record<K, string>> = {};
  if (value !== undefined) entry[key] = value;
  return entry;
};

function checkMirror(text: string): void {
  if (!/^https?:\/\/[^\s/]+/.test(text))
    throw new UsageError({
      problem: "--mirror cannot be used",
      expected: "an address that begins with http:// or https://",
      received: text,
    });
}

function setNamed(text: string): RemoteSetName {
  const names: readonly RemoteSetName[] = ["mnist", "fashion-mnist", "cifar10", "bsd68"];
  const alias = text === "fashion" ? "fashion-mnist" : text === "cifar-10" ? "cifar10" : text;
  const name = names.find((candidate) => candidate === alias);
  if (name !== undefined) return name;
  const meant = nearest(text, names);
  throw new UsageError({
    problem: text === "" ? "get needs the name of a data set" : `there is no data set "${text}" to get`,
    expected: names.join(", "),
    fix: meant === undefined ? undefined : `did you mean ${meant}?`,
  });
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** One line that is written over on a terminal; a line for each file elsewhere. */
function progressOf({ err }: Context) {
  let lastFile = "";
  let lastShown = 0;
  return {
    update: ({ file, bytes, totalBytes }: { readonly file: string; readonly bytes: number; readonly totalBytes: number }) => {
      const now = performance.now();
      const isNew = file !== lastFile;
      if (!isNew && (!err.isTerminal || (now - lastShown < 100 && bytes < totalBytes))) return;
      lastFile = file;
      lastShown = now;
      const text = `${file}  ${megabytes(bytes)} of ${megabytes(totalBytes)}`;
      if (err.isTerminal) err.write(`\r\u001b[2K${text.slice(0, err.columns - 1)}`);
      else err.line(text);
    },
    end: () => {
      if (err.isTerminal) err.write("\r\u001b[2K");
    },
  };
}
