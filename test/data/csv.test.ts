import { parseCsv } from "steepest/data";
import { describe, expect, it } from "vitest";
import { messageOf } from "../errors.js";

describe("CSV", () => {
  it.each([
    ["x,y\n1,2\n3,-4.5e-3\n"],
    ["x,y\r\n1,2\r\n3,-4.5e-3"],
    ["\uFEFFx,y\n1,2\n3,-4.5e-3\n\n\n"],
    [' x ;"y"\n 1 ; 2 \n"3";-.45E-2\n'],
    ["x\ty\n1\t2\n3\t-0.0045"],
  ])("reads %j", (text) => {
    const table = parseCsv(text);
    expect([table.names, table.rows]).toEqual([["x", "y"], 2]);
    expect([...table.numbers("x")]).toEqual([1, 3]);
    expect([...table.numbers("y")]).toEqual([2, -0.0045]);
    expect([...parseCsv(new TextEncoder().encode(text)).numbers("y")]).toEqual([2, -0.0045]);
  });

  it("keeps text as it is, with separators, quotes and line breaks", () => {
    const table = parseCsv('name,"a, b"\n"say ""yes""",1\n"two\nlines",2\n,3\n');
    expect(table.names).toEqual(["name", "a, b"]);
    expect(table.text("name")).toEqual(['say "yes"', "two\nlines", ""]);
    expect([...table.numbers("a, b")]).toEqual([1, 2, 3]);
  });

  it.each<[text: string, message: RegExp]>([
    ["", /empty/],
    ["\n\n", /empty/],
    ["1,2\n3,4\n", /line of names[\s\S]*/],
    ["x,\n1,2\n", /Column 2 has no name[\s\S]*t\.csv, line 1, column 3/],
    ["x,y,x\n", /Two columns are called x[\s\S]*line 1, column 5/],
    ["x,y\n1,2\n\n3,4\n", /line in the table is empty[\s\S]*line 3, column 1/],
    ["x,y\n1,2,3\n", /2: x, y[\s\S]*received: 3[\s\S]*line 2/],
    ["x,y\n1\n", /received: 1[\s\S]*line 2/],
    ['x,y\n1,"2\n', /quoted field does not end[\s\S]*line 2, column 3/],
    ['x,y\n"1"2,3\n', /closing quote[\s\S]*line 2, column 4/],
  ])("refuses %j", (text, message) => {
    expect(messageOf(() => parseCsv(text, "t.csv"))).toMatch(message);
  });

  it.each<[cell: string, message: RegExp]>([
    ["NaN", /received: NaN[\s\S]*line 3, column 3/],
    ["", /received: nothing[\s\S]*missing/],
    ["1e999", /no finite number/],
    ["0x10", /no finite number/],
    ["1 2", /no finite number/],
    ['"1,5"', /with a point/],
  ])("refuses %j as a number, and says where", (cell, message) => {
    expect(messageOf(() => parseCsv(`x,y\n1,2\n1,${cell}\n`, "t.csv").numbers("y"))).toMatch(message);
  });

  it("refuses unknown names and bytes that are no text", () => {
    expect(messageOf(() => parseCsv("alpha,y\n1,2\n").numbers("alpa"))).toMatch(/did you mean alpha/);
    expect(messageOf(() => parseCsv(Uint8Array.of(0x50, 0x4b, 3, 4, 0xff, 0xfe), "t.xlsx"))).toMatch(/UTF-8[\s\S]*t\.xlsx/);
  });
});
