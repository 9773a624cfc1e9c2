/** The characters beyond ASCII that formulas may use, and those that only look as if. */

const digitsOf = (characters: string): ReadonlyMap<string, string> => new Map([...characters].map((c, i) => [c, String(i)] as const));

export const superscripts: ReadonlyMap<string, string> = new Map([...digitsOf("⁰¹²³⁴⁵⁶⁷⁸⁹"), ["⁻", "-"], ["⁺", "+"]]);
export const subscripts: ReadonlyMap<string, string> = digitsOf("₀₁₂₃₄₅₆₇₈₉");

/** Vulgar fractions as numerator and denominator. */
export const fractions: ReadonlyMap<string, readonly [number, number]> = new Map<string, readonly [number, number]>([
  ["½", [1, 2]],
  ["⅓", [1, 3]],
  ["⅔", [2, 3]],
  ["¼", [1, 4]],
  ["¾", [3, 4]],
  ["⅕", [1, 5]],
  ["⅖", [2, 5]],
  ["⅗", [3, 5]],
  ["⅘", [4, 5]],
  ["⅙", [1, 6]],
  ["⅚", [5, 6]],
  ["⅐", [1, 7]],
  ["⅛", [1, 8]],
  ["⅜", [3, 8]],
  ["⅝", [5, 8]],
  ["⅞", [7, 8]],
  ["⅑", [1, 9]],
  ["⅒", [1, 10]],
]);

/** Other ways to write an operator. */
export const operatorAliases: ReadonlyMap<string, string> = new Map([
  ["·", "*"],
  ["×", "*"],
  ["∙", "*"],
  ["⋅", "*"],
  ["∗", "*"],
  ["÷", "/"],
  ["∕", "/"],
  ["⁄", "/"],
  ["−", "-"],
  ["–", "-"],
  ["≤", "<="],
  ["≥", ">="],
  ["≠", "!="],
]);

/** Greek letters that no Latin letter looks like. The micro sign counts as μ. π is a number, not a letter. */
const greek = "αβγδεζηθικλμνξρςστυφχψωΓΔΘΛΞΠΣΦΨΩ";
const greekNames = new Map([
  ["alpha", "α"],
  ["beta", "β"],
  ["gamma", "γ"],
  ["delta", "δ"],
  ["epsilon", "ε"],
  ["zeta", "ζ"],
  ["eta", "η"],
  ["theta", "θ"],
  ["iota", "ι"],
  ["kappa", "κ"],
  ["lambda", "λ"],
  ["mu", "μ"],
  ["nu", "ν"],
  ["xi", "ξ"],
  ["rho", "ρ"],
  ["sigma", "σ"],
  ["tau", "τ"],
  ["upsilon", "υ"],
  ["phi", "φ"],
  ["chi", "χ"],
  ["psi", "ψ"],
  ["omega", "ω"],
  ["Gamma", "Γ"],
  ["Delta", "Δ"],
  ["Theta", "Θ"],
  ["Lambda", "Λ"],
  ["Xi", "Ξ"],
  ["Pi", "Π"],
  ["Sigma", "Σ"],
  ["Phi", "Φ"],
  ["Psi", "Ψ"],
  ["Omega", "Ω"],
]);

/** `theta`, `Gamma`, …: names of several letters that stand for one. */
export const spelledGreek: ReadonlySet<string> = new Set(greekNames.keys());

export const isDigit = (c: string): boolean => c >= "0" && c <= "9" && c.length === 1;
export const isLetter = (c: string): boolean =>
  (c.length === 1 && ((c >= "a" && c <= "z") || (c >= "A" && c <= "Z"))) || (c !== "" && greek.includes(c));

/** The letter that a name's letter stands for, or undefined when names cannot have it. */
export function letter(c: string): string | undefined {
  if (c === "\u00b5") return "μ";
  return isLetter(c) ? c : undefined;
}

/** `theta_1` → `θ₁`, `x12` → `x₁₂`, `x[0]` → `x₀`, `p.x` → `x`; other names stay. */
export function prettyName(name: string): string {
  const parts = /^(?:.*\.)?(\p{L}+)(?:_?(\d+)|\[(\d+)\])?$/u.exec(name);
  if (parts === null) return name;
  const digits = parts[2] ?? parts[3] ?? "";
  return (greekNames.get(parts[1]) ?? parts[1]) + [...digits].map((d) => String.fromCharCode(0x2080 + Number(d))).join("");
}

export function superscript(exponent: number): string {
  return [...String(exponent)].map((c) => (c === "-" ? "⁻" : [...superscripts.keys()][Number(c)])).join("");
}

const lookalikes: ReadonlyMap<string, string> = new Map(
  [
    ["ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo"],
    ["АВЕЅІЈКМНОРСТУХаеорсухіјѕһԁԛԝ", "ABESIJKMHOPCTYXaeopcyxijshdqw"],
    ["ı", "i"],
  ].flatMap(([foreign, latin]) => [...foreign].map((c, i) => [c, latin[i]] as const)),
);

/** The plain letter or digit that a character is easily taken for: Cyrillic х, fullwidth ｘ, mathematical 𝑥. */
export function lookalikeOf(c: string): string | undefined {
  const plain = lookalikes.get(c) ?? c.normalize("NFKC");
  return plain !== c && /^[a-zA-Z0-9]+$/.test(plain) ? plain : undefined;
}

/** `U+0445` */
export const codePoint = (c: string): string => `U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
