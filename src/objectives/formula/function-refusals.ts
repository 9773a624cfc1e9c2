/** What JavaScript has and a function of numbers has no use for: what to say, and what to write instead. */

export const useTensors = "write a function of tensors: minimize((x) => x.square().sum(), tensor([1, 2]))";
const writeOut = `write the terms out, use mean(…) or sum(…) over arrays given as constants, or ${useTensors}`;

/** Words that no function of numbers needs, and what to write instead. */
export const refusedWords: ReadonlyMap<string, readonly [problem: string, fix: string]> = new Map<string, readonly [string, string]>([
  ...["for", "while", "do"].map((word) => [word, ["the function has a loop", writeOut]] as const),
  ["switch", ["the function has a switch", "write if (…) return …; or condition ? value : value"]],
  ["function", ["the function defines another function", "write its formula where it is used"]],
  ["class", ["the function defines a class", "compute with numbers only"]],
  ["debugger", ["the function has a debugger statement", "remove it"]],
  ["console", ["the function writes to the console", "remove it: the function is read, not run"]],
  ["new", ["the function makes an object", "compute with numbers only"]],
  ["await", ["the function waits", "pass what it waits for as constants"]],
  ["yield", ["the function is a generator", "return one number"]],
  ["throw", ["the function throws", "return Infinity where it has no value"]],
  ["try", ["the function catches errors", "compute with numbers only"]],
  ["this", ["the function uses this", "pass the value: { constants: { a: … } }"]],
  ["arguments", ["the function uses arguments", "name the parameters, or take one array: (x) => x[0]"]],
  ["typeof", ["the function asks for a type", "compute with numbers only"]],
  ["void", ["the function has an empty value", "return a number in every case"]],
  ["delete", ["the function deletes", "compute with numbers only"]],
  ["in", ["the function asks for a property", "compute with numbers only"]],
  ["instanceof", ["the function asks for a type", "compute with numbers only"]],
  ["null", ["the function has an empty value", "return a number in every case"]],
  ["undefined", ["the function has an empty value", "return a number in every case"]],
  ["true", ["the function has a truth value where it needs a number or a comparison", "write a comparison, or 1"]],
  ["false", ["the function has a truth value where it needs a number or a comparison", "write a comparison, or 0"]],
]);

/** Signs that no function of numbers needs, and what to write instead. */
export const refusedSigns: ReadonlyMap<string, readonly [problem: string, fix: string]> = new Map<string, readonly [string, string]>([
  ...["=", "+=", "-=", "*=", "/=", "%=", "**=", "++", "--", "&&=", "||=", "??=", "&=", "|=", "^=", "<<=", ">>=", ">>>="].map(
    (sign) => [sign, ["the function changes a value", "declare a new one: const next = …"]] as const,
  ),
  ["^", ["^ is a bit operation in JavaScript", "write ** for a power"]],
  ...["&", "|", "~", "<<", ">>", ">>>"].map(
    (sign) => [sign, [`${sign} is a bit operation`, "compute with numbers; join conditions by && and ||"]] as const,
  ),
  ["%", ["the function takes a remainder", "write x - y * Math.floor(x / y)"]],
  ["??", ["the function asks for an empty value", "give every constant a value"]],
  ["?.", ["the function asks for an empty value", "give every constant a value"]],
  ["=>", ["the function defines another function", "write its formula where it is used"]],
  ["...", ["the function spreads an array", "name the elements: x[0], x[1]"]],
  ["{", ["the function makes an object", "return one number"]],
  ["[", ["the function makes an array", "return one number"]],
]);
