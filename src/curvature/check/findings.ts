/** What a gradient check has found: tensor by tensor, and in words. */
import { type CheckedCoordinate, likelyMistake } from "./diagnose.js";
import type { CheckedDirection } from "./directions.js";
import type { CheckedHessian } from "./hessian.js";
import { type GradientVerdict, worstVerdict } from "./judge.js";
import type { TensorPart } from "./problem.js";

/** What was found in one named tensor of θ. */
export interface CheckedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly verdict: GradientVerdict;
  readonly coordinates: number;
  /** Coordinates that were checked one by one, and how many of these failed or could not be judged. */
  readonly checked: number;
  readonly failed: number;
  readonly unclear: number;
  readonly maxRelativeError: number;
  /** The likely mistake, where a pattern shows. */
  readonly mistake?: string;
}

/** The coordinates and directions of one tensor, summed up. */
export function findingsIn(
  part: TensorPart,
  evidence: Parameters<typeof likelyMistake>[0],
  directions: readonly CheckedDirection[],
): CheckedTensor {
  const own = evidence.checked.filter(({ index }) => index >= part.offset && index < part.offset + part.size);
  const moved = directions.slice(1).filter(({ name }) => name === part.name);
  const mistake = likelyMistake({ ...evidence, checked: own });
  const all = [...own, ...moved];
  return {
    name: part.name,
    shape: part.shape,
    verdict: worstVerdict(all.map((c) => c.verdict)),
    coordinates: part.size,
    checked: own.length,
    failed: own.filter((c) => c.verdict === "fail").length,
    unclear: own.filter((c) => c.verdict === "cannot-tell").length,
    maxRelativeError: all.reduce((max, { relativeError }) => Math.max(max, relativeError), 0),
    ...(mistake !== undefined && { mistake }),
  };
}

/** The whole finding in a few sentences. `sorted`: the worst coordinate first. */
export function inWords(
  sorted: readonly CheckedCoordinate[],
  directions: readonly CheckedDirection[],
  tensors: readonly CheckedTensor[],
  mistake: string | undefined,
  hessian: CheckedHessian | undefined,
  single: number | undefined,
): string {
  const failed = sorted.filter((c) => c.verdict === "fail");
  const unclear = sorted.filter((c) => c.verdict === "cannot-tell");
  const sentences: string[] = [];
  if (failed.length > 0) {
    const [first] = failed;
    sentences.push(`${failed.length} of ${sorted.length} derivatives are wrong; the worst is ${first.name}: ${first.reason}.`);
    const each = tensors.filter((t) => t.mistake !== undefined);
    if (mistake !== undefined) sentences.push(mistake);
    else if (tensors.length > 1) sentences.push(...each.map((t) => `${t.name}: ${t.mistake}`));
    else sentences.push(...each.map((t) => t.mistake ?? ""));
  } else if (directions.some((d) => d.verdict === "fail")) {
    const worst = directions.filter((d) => d.verdict === "fail").sort((a, b) => b.relativeError - a.relativeError)[0];
    sentences.push(
      `The derivative along a random direction ${worst.name === "all" ? "through all of θ" : `of ${worst.name}`} is wrong: ${worst.reason}.`,
    );
  } else if (unclear.length > 0)
    sentences.push(
      `Nothing is wrong, but ${unclear.length} of ${sorted.length} derivatives cannot be judged; the first is ${unclear[0].name}: ${unclear[0].reason}.`,
    );
  else if (sorted.length > 0) sentences.push(`All ${sorted.length} derivatives agree with differences.`);
  else {
    const doubtful = directions.find((d) => d.verdict === "cannot-tell");
    sentences.push(
      doubtful === undefined
        ? `The derivatives along all ${directions.length} random directions agree with differences.`
        : `Nothing is wrong, but a derivative along a random direction of ${doubtful.name} cannot be judged: ${doubtful.reason}.`,
    );
  }
  if (hessian?.verdict === "fail") sentences.push(`Second derivatives are wrong: ${hessian.reason}.`);
  if (single !== undefined && !(single < 0.01))
    sentences.push(`In float32 the gradient is off by ${Number(single.toPrecision(2))} of its largest entry: rounding has eaten it.`);
  return sentences.join(" ");
}
