import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { joinedBytes } from "../../src/data/bytes.js";
import { readTar } from "../../src/data/tar.js";
import { type Member, member, paxRecord, tar } from "./archive.js";

const bytes = (count: number, seed = 1) => Uint8Array.from({ length: count }, (_, i) => (i * 31 + seed * 7) & 255);
const everything = { where: "an-archive", wanted: () => 1e6, most: 1e7 };
const read = (archive: Uint8Array, options = everything) => readTar([archive], options);

describe("readTar", () => {
  it("keeps what is wanted, of archives that come in pieces of any size", async () => {
    const archive = tar(
      { name: "folder/", type: "5" },
      { name: "./folder/a.bin", content: bytes(1000) },
      { name: "folder/b.txt", content: bytes(512, 2) },
      { name: "empty", content: new Uint8Array(0) },
    );
    for (const size of [1, 511, 512, 513, 4096, archive.length]) {
      const pieces = Array.from({ length: Math.ceil(archive.length / size) }, (_, i) => archive.subarray(i * size, (i + 1) * size));
      const found = await readTar(pieces, { ...everything, wanted: (name) => (name === "folder/b.txt" ? undefined : 1000) });
      expect([...found.keys()]).toEqual(["folder/a.bin", "empty"]);
      expect(found.get("folder/a.bin")).toEqual(bytes(1000));
    }
  });

  it("understands the extensions: prefixes, long names, pax headers, binary sizes, zeros at the end", async () => {
    const long = `${"long/".repeat(40)}name.bin`;
    const extended = (key: string, value: string): Member => ({ name: "PaxHeader", type: "x", content: paxRecord(key, value) });
    const archive = tar(
      { name: "a.bin", prefix: "some/folder", content: bytes(3) },
      { name: "b.bin", magic: "ustar  \0", prefix: "no name", content: bytes(4) },
      { name: "././@LongLink", type: "L", content: new TextEncoder().encode(`${long}\0`), magic: "ustar  \0" },
      { name: long.slice(0, 100), content: bytes(5) },
      extended("path", "größe/ä.bin"),
      { name: "cut", content: bytes(6) },
      extended("size", "7"),
      { name: "sized", content: bytes(7), size: "binary" },
      { name: "pax_global_header", type: "g", content: paxRecord("comment", "made by hand") },
      { name: "last", content: bytes(8), type: "\0" },
    );
    const found = await read(joinedBytes([archive, new Uint8Array(8192)]));
    expect([...found].map(([name, content]) => [name, content.length])).toEqual([
      ["some/folder/a.bin", 3],
      ["b.bin", 4],
      [long, 5],
      ["größe/ä.bin", 6],
      ["sized", 7],
      ["last", 8],
    ]);
  });

  it.each<[string, Member, RegExp]>([
    ["a symbolic link", { name: "a", type: "2" }, /link or a device[\s\S]*type "2", named "a"/],
    ["a hard link", { name: "a", type: "1" }, /link or a device/],
    ["a device", { name: "a", type: "3" }, /link or a device/],
    ["an absolute name", { name: "/etc/passwd" }, /leads out of it[\s\S]*"\/etc\/passwd"/],
    ["a name that climbs", { name: "a/../../b" }, /leads out of it/],
    ["a hidden absolute name", { name: ".//etc" }, /leads out of it/],
    ["a folder that climbs", { name: "../", type: "5" }, /leads out of it/],
    ["a backslash", { name: "a\\b" }, /leads out of it/],
    ["a drive", { name: "C:x" }, /leads out of it/],
    ["a control character", { name: "a\nb" }, /leads out of it/],
    ["no name", { name: "" }, /leads out of it/],
    [
      "a file that is too large",
      { name: "a", content: bytes(1_000_001) },
      /too large\n.*at most 1000000 bytes\n.*1000001 bytes\n.*an-archive, a/,
    ],
    ["a claim of more than there is", { name: "a", content: bytes(10), size: 5000 }, /truncated/],
    ["a claim of 8 GB", { name: "a", size: 8 ** 11 - 1 }, /A file of the archive is too large/],
    ["a huge header", { name: "a", type: "x", size: 1e6 }, /header that is too large/],
    ["a pax header of no records", { name: "a", type: "x", content: bytes(20) }, /extended header of the archive is damaged/],
    ["a pax size that is no number", { name: "a", type: "x", content: paxRecord("size", "-1") }, /impossible size/],
    ["a pax name that climbs", { name: "a", type: "x", content: paxRecord("path", "../x") }, /leads out of it/],
  ])("refuses %s", async (_, bad, message) => {
    await expect(read(tar(bad, { name: "good", content: bytes(1) }))).rejects.toThrow(message);
  });

  it("refuses twins, also those that a file system without case would join", async () => {
    await expect(read(tar({ name: "Data/a" }, { name: "data/A" }))).rejects.toThrow(/two files of one name/);
    await expect(read(tar({ name: "a" }, { name: "./a" }))).rejects.toThrow(/two files of one name/);
  });

  it("refuses an archive larger than its limit before it unpacks that much", async () => {
    let given = 0;
    function* endless() {
      yield member({ name: "nothing", size: 2 ** 32 });
      for (;;) {
        given++;
        yield new Uint8Array(65_536);
      }
    }
    await expect(readTar(endless(), { ...everything, wanted: () => undefined })).rejects.toThrow(
      /The archive is too large\n.*10000000 bytes/,
    );
    expect(given).toBe(0);
    // Zeros after the end count, too.
    function* zeros() {
      yield new Uint8Array(512);
      for (given = 0; ; given++) yield new Uint8Array(65_536);
    }
    await expect(readTar(zeros(), everything)).rejects.toThrow(/The archive is too large/);
    expect(given).toBeLessThan(160);
  });

  it("notices every cut and every changed byte of a header", async () => {
    const archive = tar({ name: "a", content: bytes(700) }, { name: "b", content: bytes(3) });
    const end = archive.length - 1024;
    // A single block of zeros is an end as well.
    for (let length = 0; length < end + 512; length += 13)
      await expect(read(archive.subarray(0, length)), `${length}`).rejects.toThrow(/truncated/);
    for (let at = 0; at < 512; at++) {
      const damaged = archive.with(at, archive[at] ^ 0x41);
      await expect(read(damaged), `byte ${at}`).rejects.toThrow();
    }
    await expect(read(archive.with(archive.length - 1, 1))).rejects.toThrow(/goes on after its end/);
  });
});

const folder = mkdtempSync(join(tmpdir(), "steepest-tar-"));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (...argv: string[]) => execFileSync("tar", ["-C", folder, ...argv], { stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1e8 });
const works = (() => {
  try {
    return run("--version").length > 0;
  } catch {
    return false;
  }
})();

describe.skipIf(!works)("archives of the tar program", () => {
  it("are read in each of its formats, and its links refused", async () => {
    const long = `${"d".repeat(90)}/${"e".repeat(60)}`;
    mkdirSync(join(folder, long), { recursive: true });
    writeFileSync(join(folder, long, "file.bin"), bytes(5000));
    writeFileSync(join(folder, "ünï.txt"), bytes(10));
    for (const format of ["ustar", "gnu", "pax"]) {
      const found = await read(run("-cf", "-", `--format=${format}`, "d".repeat(90), "ünï.txt"));
      expect([...found.keys()].sort(), format).toEqual([`${long}/file.bin`, "ünï.txt"].sort());
      expect(found.get(`${long}/file.bin`)).toEqual(bytes(5000));
    }
    symlinkSync("/etc/passwd", join(folder, "link"));
    await expect(read(run("-cf", "-", "link"))).rejects.toThrow(/link or a device/);
  });
});
