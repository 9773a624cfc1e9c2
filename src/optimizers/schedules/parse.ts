/** Schedules from the command line: `cosine`, `step:100:0.5`, `exponential:0.01`, `1/t:0.1`, `warmup:50:cosine`. */
import { nearest, SteepestError } from "../../tensor/error.js";
import type { Rate, Schedule } from "../optimizer.js";
import { constantRate } from "./constant.js";
import { cosine } from "./cosine.js";
import { exponential, inverseTime } from "./decay.js";
import { stepDecay } from "./step-decay.js";
import type { Unit } from "./time.js";
import { warmup } from "./warmup.js";

/** The forms that are understood, for help texts and errors. */
export const scheduleForms: readonly string[] = [
  "constant",
  "cosine",
  "cosine:FINAL",
  "step:EVERY:FACTOR",
  "exponential:K",
  "1/t:K",
  "warmup:STEPS:SCHEDULE",
];

const names = ["constant", "cosine", "step", "exponential", "1/t", "warmup"];

/**
 * Reads a schedule. The form names how the rate changes; its start comes apart, as from `--lr`.
 *
 *     constant              α₀
 *     cosine[:α₁]           half a cosine from α₀ to α₁ (default 0) over all steps
 *     step:n:f              multiplied by f (between 0 and 1) every n steps
 *     exponential:k         α₀ e^(−k t)
 *     1/t:k                 α₀/(1 + k t)
 *     warmup:n:form         a linear rise over n steps, then another form
 *
 * `:epoch` at the end of step, exponential or 1/t counts epochs instead of steps.
 *
 * @param text what the user wrote
 * @param initial α₀
 * @throws SteepestError that names the known forms
 */
export function parseSchedule(text: string, initial: number): Schedule {
  const [name, ...rest] = text.trim().split(":");
  switch (name) {
    case "constant":
      expectFields(text, rest, 0, 0);
      return constantRate(initial);
    case "cosine":
      expectFields(text, rest, 0, 1);
      return cosine(initial, { final: rest.length === 0 ? 0 : numberFrom(text, rest[0]) });
    case "step": {
      const { fields, per } = unitOf(text, rest, 2);
      return stepDecay(initial, { every: numberFrom(text, fields[0]), factor: numberFrom(text, fields[1]), per });
    }
    case "exponential": {
      const { fields, per } = unitOf(text, rest, 1);
      return exponential(initial, { decay: numberFrom(text, fields[0]), per });
    }
    case "1/t": {
      const { fields, per } = unitOf(text, rest, 1);
      return inverseTime(initial, { decay: numberFrom(text, fields[0]), per });
    }
    case "warmup": {
      if (rest.length === 0) return wrongFields(text);
      const then: Rate = rest.length === 1 ? initial : parseSchedule(rest.slice(1).join(":"), initial);
      return warmup(then, { steps: numberFrom(text, rest[0]) });
    }
    default: {
      const meant = nearest(name, names);
      throw new SteepestError({
        problem: `there is no schedule "${name}"`,
        expected: scheduleForms.join(", "),
        received: text,
        fix: meant === undefined ? undefined : `did you mean ${scheduleForms.find((form) => form.startsWith(meant))}?`,
      });
    }
  }
}

function unitOf(text: string, rest: readonly string[], count: number): { readonly fields: readonly string[]; readonly per: Unit } {
  const epochs = rest.at(-1) === "epoch";
  const fields = epochs ? rest.slice(0, -1) : rest;
  expectFields(text, fields, count, count);
  return { fields, per: epochs ? "epoch" : "step" };
}

function expectFields(text: string, fields: readonly string[], least: number, most: number): void {
  if (fields.length < least || fields.length > most) wrongFields(text);
}

function wrongFields(text: string): never {
  const name = text.split(":")[0];
  throw new SteepestError({
    problem: `the schedule "${text}" does not have the parts of its kind`,
    expected: scheduleForms.filter((form) => form.split(":")[0] === name).join(" or "),
    received: text,
  });
}

function numberFrom(text: string, field: string): number {
  const value = field.trim() === "" ? Number.NaN : Number(field);
  if (Number.isFinite(value)) return value;
  throw new SteepestError({
    problem: `"${field}" in the schedule "${text}" is not a number`,
    expected: scheduleForms.filter((form) => form.split(":")[0] === text.split(":")[0]).join(" or "),
    received: field,
  });
}
