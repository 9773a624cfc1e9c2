/** Points on the command line: `8.7,-7.9` in the order of the variables, or `y=-7.9,x=8.7` by name. */
import { nearest } from "../tensor/error.js";
import { finite, UsageError } from "./options.js";

/**
 * One number for each variable.
 *
 * @param option the option it comes from, for messages
 * @param variables in natural order
 * @throws UsageError when there are too many or too few, a name is unknown or a number cannot be read
 */
export function readPoint(text: string, option: string, variables: readonly string[]): number[] {
  const parts = text
    .trim()
    .replaceAll(/\s*([=,;])\s*/g, "$1")
    .split(/[,;\s]/);
  const named = parts.filter((part) => part.includes("="));
  if (named.length > 0 && named.length < parts.length)
    throw new UsageError({ problem: `--${option} mixes named and unnamed numbers`, expected: example(variables), received: text });
  const number = (written: string): number => {
    const value = finite(written);
    if (value === undefined)
      throw new UsageError({
        problem: `--${option} holds something that is no number`,
        expected: example(variables),
        received: written === "" ? "nothing" : written,
      });
    return value;
  };
  if (named.length === 0) {
    const values = parts.map(number);
    if (values.length !== variables.length)
      throw new UsageError({
        problem: `--${option} does not fit the variables of the formula`,
        expected: `${variables.length} ${variables.length === 1 ? "number" : "numbers"}, for ${variables.join(", ")}`,
        received: `${values.length}: ${text}`,
      });
    return values;
  }
  const values = new Map<string, number>();
  for (const part of named) {
    const [name, written] = [part.slice(0, part.indexOf("=")).trim(), part.slice(part.indexOf("=") + 1)];
    if (!variables.includes(name)) {
      const meant = nearest(name, variables);
      throw new UsageError({
        problem: `the formula has no variable ${name}`,
        expected: variables.join(", "),
        received: part,
        fix: meant === undefined ? undefined : `did you mean ${meant}?`,
      });
    }
    if (values.has(name)) throw new UsageError({ problem: `--${option} gives ${name} twice`, received: text });
    values.set(name, number(written));
  }
  return variables.map((name) => {
    const value = values.get(name);
    if (value === undefined)
      throw new UsageError({ problem: `--${option} says nothing of ${name}`, expected: example(variables), received: text });
    return value;
  });
}

/** Variables with a place in space: `(x, y)`. */
export const showPoint = (values: readonly string[]): string => `(${values.join(", ")})`;

const example = (variables: readonly string[]): string =>
  `${variables.map((_, i) => i + 1).join(",")} or ${variables.map((name, i) => `${name}=${i + 1}`).join(",")}`;
