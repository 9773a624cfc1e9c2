import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseArguments } from "../../src/cli/arguments.js";
import { choiceOption, finite, numberOption, textOption, toggle, UsageError, wholeOption } from "../../src/cli/options.js";
import { readPoint } from "../../src/cli/point.js";

const rate = numberOption("lr", { help: "", default: 0.5, atLeast: 0, aliases: ["learning-rate"] });
const steps = wholeOption("steps", { help: "", default: undefined, atLeast: 1 });
const start = textOption("start", "POINT", { help: "", default: undefined });
const kind = choiceOption("kind", ["linear", "mlp"], { help: "", default: "mlp" });
const loud = toggle("loud", "");
const grammar = { positionals: [{ name: "FORMULA", help: "what" }], options: [rate, steps, start, kind, loud] };
const parse = (...argv: string[]) => parseArguments(argv, grammar);

describe("the command line", () => {
  it("gives values or defaults", () => {
    const args = parse("x^2", "--lr", "1e-3", "--steps=7", "--loud");
    expect([args.get(rate), args.get(steps), args.get(start), args.get(kind), args.get(loud)]).toEqual([0.001, 7, undefined, "mlp", true]);
    expect([args.has(rate), args.has(kind)]).toEqual([true, false]);
    expect(parse("f", "--learning-rate", "2").get(rate)).toBe(2);
  });

  it("takes formulas and values that begin with a dash", () => {
    const args = parse("-x^2", "--start", "-1.2,-1");
    expect([args.positionals, args.get(start)]).toEqual([["-x^2"], "-1.2,-1"]);
    expect(parse("--", "--x").positionals).toEqual(["--x"]);
    expect(parse("-x", "--start=--1").get(start)).toBe("--1");
  });

  it.each<[argv: string[], message: RegExp]>([
    [["f", "--strt", "1"], /no option --strt[\s\S]*did you mean --start/],
    [["f", "--nonsense"], /no option --nonsense[\s\S]*--lr --steps/],
    [["f", "--lr"], /--lr needs a value/],
    [["f", "--lr", "--loud"], /--lr needs a value/],
    [["f", "--loud=yes"], /takes no value/],
    [["f", "--lr", "1", "--learning-rate", "2"], /twice/],
    [["f", "--lr", "fast"], /--lr cannot be used[\s\S]*at least 0[\s\S]*fast/],
    [["f", "--lr", ""], /nothing/],
    [["f", "--lr", "-1"], /at least 0/],
    [["f", "--lr", "1e999"], /--lr/],
    [["f", "--lr", "0x10"], /--lr/],
    [["f", "--lr", "NaN"], /--lr/],
    [["f", "--lr", "Infinity"], /--lr/],
    [["f", "--steps", "2.5"], /whole number/],
    [["f", "--steps", "0"], /at least 1/],
    [["f", "--kind", "liner"], /did you mean linear/],
    [["f", "--start", " "], /--start/],
    [[], /FORMULA is missing/],
    [["x", "^2"], /"\^2" is more[\s\S]*quotes/],
  ])("refuses %j", (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
    expect(() => parse(...argv)).toThrow(UsageError);
  });

  it("never breaks on other text", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom("--lr", "--steps", "--start", "--", "-1", "x")), { maxLength: 6 }),
        (argv) => {
          try {
            parse(...argv);
          } catch (error) {
            expect(error).toBeInstanceOf(UsageError);
          }
        },
      ),
    );
  });
});

it("reads finite numbers only, as written by people and programs", () => {
  expect(["1", "-2.5", ".5", "3.", "1e-3", "+4", "−7.9", " 8 "].map(finite)).toEqual([1, -2.5, 0.5, 3, 0.001, 4, -7.9, 8]);
  for (const text of ["", " ", "x", "1,2", "1e", "0x1", "1_000", "Infinity", "1e400", "--1"]) expect(finite(text)).toBeUndefined();
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(finite(String(value))).toBe(Number(String(value)));
    }),
  );
});

describe("points", () => {
  const point = (text: string) => readPoint(text, "start", ["x", "y1", "y2"]);

  it("are read in order or by name", () => {
    expect(point("8.7,-7.9,1e-3")).toEqual([8.7, -7.9, 0.001]);
    expect(point("y2=3, x=1, y1=-2")).toEqual([1, -2, 3]);
    expect(point(" 1 -2 3")).toEqual([1, -2, 3]);
    expect(point("x = 1 y1 = -2 y2=3")).toEqual([1, -2, 3]);
    expect(point("1; 2; 3")).toEqual([1, 2, 3]);
  });

  it.each([
    ["1,2", /3 numbers, for x, y1, y2[\s\S]*2: 1,2/],
    ["1,2,3,4", /3 numbers/],
    ["1,,3", /no number[\s\S]*nothing/],
    ["1,two,3", /no number[\s\S]*two/],
    ["x=1,2,3", /mixes/],
    ["x=1,y1=2", /nothing of y2/],
    ["x=1,y1=2,y2=3,x=4", /twice/],
    ["x=1,y1=2,y3=3", /no variable y3[\s\S]*did you mean y1/],
    ["x=,y1=2,y2=3", /no number/],
  ])("refuse %s", (text, message) => {
    expect(() => point(text)).toThrow(message);
    expect(() => point(text)).toThrow(UsageError);
  });
});
