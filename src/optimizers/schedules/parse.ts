/** Schedules from the command line: `cosine`, `step:100:0.5`, `exponential:0.01`, `1/t:0.1`, `warmup:50:cosine`. */
import { nearest, SteepestError } from "../../tensor/error.js";
import type { Rate, Schedule } from "../optimizer.js";
import { constantRate } from "./constant.js";
import { cosine } from "./cosine.js";
import { cosineRestarts, cyclic, oneCycle } from "./cycles.js";
import { exponential, inverseTime } from "./decay.js";
import { joinSchedules } from "./join.js";
import { multiStep, piecewise } from "./multi-step.js";
import { reduceOnPlateau } from "./plateau.js";
import { polynomial } from "./polynomial.js";
import { stepDecay } from "./step-decay.js";
import type { Unit } from "./time.js";
import { warmup } from "./warmup.js";

/** A schedule as it is written: its parts by colons, optional ones in brackets. */
interface Form {
  readonly shown: string;
  /** Fewest and most parts behind the name. */
  readonly fields: readonly [number, number];
  /** Whether `:epoch` at the end counts epochs. */
  readonly epochs?: boolean;
  make(fields: Fields, initial: number, per: Unit): Schedule;
}

/** The parts behind the name, read as they are asked for. */
interface Fields {
  /** A number; the default where the part is absent. */
  number(i: number, otherwise?: number): number;
  /** Numbers by commas. */
  numbers(i: number): number[];
  /** Pairs `time=rate` by commas. */
  pairs(i: number): [number, number][];
}

const forms: Readonly<Record<string, Form>> = {
  constant: { shown: "constant", fields: [0, 0], make: (_, initial) => constantRate(initial) },
  cosine: { shown: "cosine[:FINAL]", fields: [0, 1], make: (f, initial) => cosine(initial, { final: f.number(0, 0) }) },
  restarts: {
    shown: "restarts:CYCLE[:GROWTH]",
    fields: [1, 2],
    epochs: true,
    make: (f, initial, per) => cosineRestarts(initial, { cycle: f.number(0), growth: f.number(1, 1), per }),
  },
  step: {
    shown: "step:EVERY:FACTOR",
    fields: [2, 2],
    epochs: true,
    make: (f, initial, per) => stepDecay(initial, { every: f.number(0), factor: f.number(1), per }),
  },
  multistep: {
    shown: "multistep:T1,T2,…[:FACTOR]",
    fields: [1, 2],
    epochs: true,
    make: (f, initial, per) => multiStep(initial, { at: f.numbers(0), factor: f.number(1, 0.1), per }),
  },
  piecewise: {
    shown: "piecewise:T1=RATE,T2=RATE,…",
    fields: [1, 1],
    epochs: true,
    make: (f, initial, per) => {
      const points = f.pairs(0);
      return piecewise(points[0]?.[0] === 0 ? points : [[0, initial], ...points], { per });
    },
  },
  exponential: {
    shown: "exponential:K",
    fields: [1, 1],
    epochs: true,
    make: (f, initial, per) => exponential(initial, { decay: f.number(0), per }),
  },
  "1/t": { shown: "1/t:K", fields: [1, 1], epochs: true, make: (f, initial, per) => inverseTime(initial, { decay: f.number(0), per }) },
  polynomial: {
    shown: "polynomial[:POWER[:FINAL]]",
    fields: [0, 2],
    make: (f, initial) => polynomial(initial, { power: f.number(0, 1), final: f.number(1, 0) }),
  },
  onecycle: { shown: "onecycle[:RISE]", fields: [0, 1], make: (f, initial) => oneCycle(initial, { rise: f.number(0, 0.3) }) },
  cyclic: { shown: "cyclic:HIGH:RISE", fields: [2, 2], make: (f, initial) => cyclic(initial, { high: f.number(0), rise: f.number(1) }) },
  plateau: {
    shown: "plateau[:FACTOR[:PATIENCE]]",
    fields: [0, 2],
    make: (f, initial) => reduceOnPlateau(initial, { factor: f.number(0, 0.1), patience: f.number(1, 10) }),
  },
};

/** The forms that are understood, for help texts and errors. */
export const scheduleForms: readonly string[] = [
  ...Object.values(forms).map(({ shown }) => shown),
  "warmup:STEPS[:SCHEDULE]",
  "STEPS:SCHEDULE;SCHEDULE",
];

/**
 * Reads a schedule. The form names how the rate changes; its start comes apart, as from `--lr`.
 *
 *     constant              α₀
 *     cosine[:α₁]           half a cosine from α₀ to α₁ (default 0) over all steps
 *     restarts:n[:g]        half a cosine in n steps, again and again, each g times as long as the one before
 *     step:n:f              multiplied by f (between 0 and 1) every n steps
 *     multistep:t,u:f       multiplied by f (default 0.1) at steps t, u, …
 *     piecewise:t=a,u=b     α₀, from step t on a, from step u on b, …
 *     exponential:k         α₀ e^(−k t)
 *     1/t:k                 α₀/(1 + k t)
 *     polynomial[:p[:α₁]]   a power of the time that is left, from α₀ to α₁ (defaults 1 and 0)
 *     onecycle[:r]          up to α₀ in the share r of all steps (default 0.3), then down to nearly 0
 *     cyclic:a:n            from α₀ to a and back, n steps each way
 *     plateau[:f[:p]]       multiplied by f (default 0.1) after p looks (default 10) without progress of the loss
 *     warmup:n[:form]       a linear rise over n steps, then another form
 *     n:form;form           the first form for n steps, then the second (which may be joined, too)
 *
 * `:epoch` at the end of restarts, step, multistep, piecewise, exponential or 1/t counts epochs instead of steps.
 *
 * @param text what the user wrote
 * @param initial α₀
 * @throws SteepestError that names the known forms
 */
export function parseSchedule(text: string, initial: number): Schedule {
  const trimmed = text.trim();
  const semicolon = trimmed.indexOf(";");
  if (semicolon >= 0) return joined(trimmed.slice(0, semicolon), trimmed.slice(semicolon + 1), initial);
  const [name, ...rest] = trimmed.split(":");
  if (name === "warmup") {
    if (rest.length === 0) return wrongFields(text);
    const then: Rate = rest.length === 1 ? initial : parseSchedule(rest.slice(1).join(":"), initial);
    return warmup(then, { steps: numberFrom(text, rest[0]) });
  }
  const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
  if (form === undefined) {
    const meant = nearest(name, [...Object.keys(forms), "warmup"]);
    throw new SteepestError({
      problem: `there is no schedule "${name}"`,
      expected: scheduleForms.join(", "),
      received: text,
      fix: meant === undefined ? undefined : `did you mean ${shownOf(meant).join(" or ")}?`,
    });
  }
  const epochs = form.epochs === true && rest.at(-1) === "epoch";
  const fields = epochs ? rest.slice(0, -1) : rest;
  if (fields.length < form.fields[0] || fields.length > form.fields[1]) return wrongFields(text);
  return form.make(fieldsOf(text, fields), initial, epochs ? "epoch" : "step");
}

function joined(first: string, second: string, initial: number): Schedule {
  const colon = first.indexOf(":");
  if (colon < 0) return wrongFields(`${first};${second}`);
  const steps = numberFrom(first, first.slice(0, colon));
  return joinSchedules([{ rate: parseSchedule(first.slice(colon + 1), initial), steps }, { rate: parseSchedule(second, initial) }]);
}

function fieldsOf(text: string, fields: readonly string[]): Fields {
  return {
    number: (i, otherwise) => (fields[i] === undefined && otherwise !== undefined ? otherwise : numberFrom(text, fields[i] ?? "")),
    numbers: (i) => (fields[i] ?? "").split(",").map((part) => numberFrom(text, part)),
    pairs: (i) =>
      (fields[i] ?? "").split(",").map((part) => {
        const [time, rate = "", ...more] = part.split("=");
        return [numberFrom(text, time), numberFrom(text, more.length === 0 ? rate : "")];
      }),
  };
}

const shownOf = (name: string): readonly string[] => scheduleForms.filter((form) => form.split(/[:[]/)[0] === name);

function wrongFields(text: string): never {
  const known = shownOf(text.split(":")[0]);
  throw new SteepestError({
    problem: `the schedule "${text}" does not have the parts of its kind`,
    expected: (known.length > 0 ? known : scheduleForms).join(" or "),
    received: text,
  });
}

function numberFrom(text: string, field: string): number {
  const value = field.trim() === "" ? Number.NaN : Number(field);
  if (Number.isFinite(value)) return value;
  throw new SteepestError({
    problem: `"${field}" in the schedule "${text}" is not a number`,
    expected: shownOf(text.split(":")[0]).join(" or "),
    received: field,
  });
}
