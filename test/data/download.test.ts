import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { fetchFile, matches } from "../../src/data/download/fetch-file.js";
import { defaultCache, getData, gottenFolder } from "../../src/data/download/get.js";
import { remoteSets } from "../../src/data/download/sources.js";
import { describeShared, sharedPath } from "../shared-data.js";
import { refusalOf } from "./images/damage.js";

const content = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) >>> 4));
const file = { name: "set.bin", bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };

let server: Server;
let address = "";
/** What the server does with the n-th request. */
let answers: ((request: IncomingMessage, response: ServerResponse) => void)[] = [];
let requests: { readonly url: string; readonly range: string | undefined }[] = [];
let folder = "";
let path = "";

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push({ url: request.url ?? "", range: request.headers.range });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(request, response);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const bound = server.address();
  address = `http://127.0.0.1:${typeof bound === "object" ? bound?.port : ""}/data/`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "steepest-download-"));
  path = join(folder, "inner", "set.bin");
  requests = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const whole = (_: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(200, { "content-length": content.length }).end(content);
/** Serves what a Range header asks for. */
const ranged = (request: IncomingMessage, response: ServerResponse) => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (from === 0) return whole(request, response);
  response.writeHead(206, { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` }).end(content.subarray(from));
};
const status = (code: number) => (_: IncomingMessage, response: ServerResponse) => void response.writeHead(code).end("no");
/** Sends so many bytes and breaks off. */
const broken = (bytes: number) => (_: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { "content-length": content.length });
  response.write(content.subarray(0, bytes), () => setTimeout(() => response.destroy(), 20));
};

const quick = { tries: 3, pause: 1, patience: 2000 };
const get = (options: object = {}) => fetchFile(file, path, { addresses: [address], ...quick, ...options });
const isThere = () => expect(readFileSync(path).equals(content) && !existsSync(`${path}.part`)).toBe(true);
const isNotThere = () => expect(existsSync(path)).toBe(false);

describe("fetchFile", () => {
  it("writes the whole file under its name, and says how far it is", async () => {
    answers = [whole];
    const seen: number[] = [];
    await get({ onProgress: (bytes: number) => seen.push(bytes) });
    isThere();
    expect([seen[0], seen.at(-1)]).toEqual([0, content.length]);
    expect(await matches(path, file)).toBe(true);
  });

  it("continues after a break, by a Range request", async () => {
    answers = [broken(2000), ranged];
    await get();
    isThere();
    expect(requests.map(({ range }) => range)).toEqual([undefined, "bytes=2000-"]);
  });

  it("continues what an earlier call left", async () => {
    mkdirSync(join(folder, "inner"));
    writeFileSync(`${path}.part`, content.subarray(0, 1234));
    answers = [ranged];
    await get();
    isThere();
    expect(requests).toEqual([{ url: "/data/set.bin", range: "bytes=1234-" }]);
  });

  it("begins anew where the server has no ranges, or the part was another file's", async () => {
    mkdirSync(join(folder, "inner"));
    writeFileSync(`${path}.part`, content.subarray(0, 1234));
    answers = [whole];
    await get();
    isThere();
    rmSync(path);
    writeFileSync(`${path}.part`, Buffer.alloc(1234));
    answers = [ranged];
    await get();
    isThere();
    rmSync(path);
    writeFileSync(`${path}.part`, Buffer.alloc(9000));
    await get();
    isThere();
    rmSync(path);
    // Whole already, but for its name.
    writeFileSync(`${path}.part`, content);
    requests = [];
    await get();
    isThere();
    expect(requests).toEqual([]);
  });

  it("tries again after a fault of the server, and goes to the next address where a file is not there", async () => {
    answers = [status(500), status(503), whole];
    await get();
    isThere();
    rmSync(path);
    requests = [];
    answers = [status(404), whole];
    await get({ addresses: [address, address.replace("/data/", "/other/")] });
    isThere();
    expect(requests.map(({ url }) => url)).toEqual(["/data/set.bin", "/other/set.bin"]);
  });

  it("follows a redirect", async () => {
    answers = [(_, response) => void response.writeHead(302, { location: "/elsewhere" }).end(), whole];
    await get();
    isThere();
    expect(requests.map(({ url }) => url)).toEqual(["/data/set.bin", "/elsewhere"]);
  });

  it.each<readonly [string, typeof answers, RegExp]>([
    ["another file", [(_, response) => void response.end(Buffer.alloc(content.length))], /another checksum/],
    ["a longer file", [(_, response) => void response.end(Buffer.alloc(content.length + 1))], /more than the 5000 bytes/],
    ["a shorter file", [(_, response) => void response.end(content.subarray(0, 4000))], /ended after 4000 of 5000/],
    ["nothing there", [status(404)], /answered 404/],
    ["no permission", [status(403)], /answered 403/],
    ["a fault that stays", [status(500)], /answered 500/],
    ["a server that breaks off each time", [broken(10)], /broke off|terminated|closed/],
    [
      "another part than asked for",
      [broken(100), (_, response) => void response.writeHead(206, { "content-range": "bytes 0-9/5000" }).end("0123456789")],
      /another part/,
    ],
  ])("%s: refused, and no file of that name left", async (_, plan, message) => {
    answers = [...plan];
    const refusal = await refusalOf(() => get());
    expect(refusal?.message).toMatch(message);
    expect(refusal?.message).toMatch(/--from DIR/);
    isNotThere();
  });

  it("gives up a connection on which nothing comes", async () => {
    answers = [(_, response) => void response.writeHead(200).write("x")];
    expect((await refusalOf(() => get({ tries: 1, patience: 100 })))?.message).toMatch(/nothing came for 0.1 seconds/);
    isNotThere();
  });

  it("says that the machine may be offline, or that nobody answers", async () => {
    expect((await refusalOf(() => get({ addresses: ["http://no-such-name.invalid/"], tries: 1 })))?.message).toMatch(/offline|not known/);
    expect((await refusalOf(() => get({ addresses: ["http://127.0.0.1:1/"], tries: 1 })))?.message).toMatch(/refused|bad port/);
  });

  it("is stopped by a signal, keeps what came, and continues", async () => {
    answers = [
      (_, response) => {
        response.writeHead(200);
        response.write(content.subarray(0, 3000));
      },
    ];
    const abort = new AbortController();
    const onProgress = (bytes: number) => void (bytes >= 3000 && abort.abort());
    expect((await refusalOf(() => get({ signal: abort.signal, onProgress })))?.message).toMatch(/stopped/);
    expect(readFileSync(`${path}.part`).length).toBe(3000);
    answers = [ranged];
    await get();
    isThere();
    expect(requests.at(-1)?.range).toBe("bytes=3000-");
  });
});

describe("getData", () => {
  it("asks for what is missing alone, and refuses what is not the published file", async () => {
    answers = [status(404)];
    const refusal = await refusalOf(() => getData("mnist", { cache: folder, mirror: address.slice(0, -1), ...quick }));
    expect(refusal?.message).toMatch(/train-images-idx3-ubyte.gz cannot be downloaded/);
    expect(requests).toHaveLength(1);
    writeFileSync(join(folder, "train-images-idx3-ubyte.gz"), "x");
    expect((await refusalOf(() => getData("mnist", { cache: folder, from: folder })))?.message).toMatch(/not the one that was published/);
    expect((await refusalOf(() => getData("fashion-mnist", { cache: folder, from: join(folder, "no") })))?.message).toMatch(/missing/);
    expect((await refusalOf(() => gottenFolder("mnist", folder)))?.message).toMatch(/steepest data get mnist/);
  });

  it("keeps sets where the XDG standard says", () => {
    expect(defaultCache({ XDG_CACHE_HOME: "/x/cache" })).toBe("/x/cache/steepest");
    expect(defaultCache({ XDG_CACHE_HOME: "relative" })).toMatch(/\.cache\/steepest$/);
    expect(defaultCache({})).toMatch(/\.cache\/steepest$/);
  });

  it("has sizes and checksums for every file", () => {
    for (const { files, addresses } of Object.values(remoteSets)) {
      expect(files.length).toBeGreaterThan(0);
      for (const { bytes, sha256 } of files) expect(bytes > 0 && /^[0-9a-f]{64}$/.test(sha256)).toBe(true);
      for (const place of addresses) expect(place).toMatch(/^https?:\/\/.*\/$/);
    }
    expect(remoteSets.bsd68.files).toHaveLength(68);
  });
});

describeShared("the published files", "mnist", () => {
  it.each([
    ["mnist", "mnist"],
    ["fashion-mnist", "fashion-mnist"],
  ] as const)("%s is taken from a folder, and found afterwards", async (name, place) => {
    const got = await getData(name, { cache: folder, from: sharedPath(place) });
    expect(got).toMatchObject({ files: 4, kept: 0 });
    expect(await gottenFolder(name, folder)).toBe(got.folder);
    expect(await getData(name, { cache: folder, from: "/nowhere" })).toMatchObject({ kept: 4 });
  });
});
