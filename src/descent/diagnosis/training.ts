/** What the history of a training says. There is no Hessian in it, only losses with the noise of their batches. */
import type { HistoryRecord } from "../history.js";
import { type Finding, short } from "./finding.js";
import { trendOf } from "./trend.js";

/** Evaluations after the lowest validation loss, and how far above it the last must lie. */
const AFTER = 3;
const ABOVE = 1.05;

/** @param history lines of a training in their order */
export function findTraining(history: readonly HistoryRecord[]): Finding[] {
  return [...findOverfitting(history), ...findLevel(history)];
}

/** The validation loss has risen for good since its lowest, while the training loss went on falling. */
function findOverfitting(history: readonly HistoryRecord[]): Finding[] {
  const judged = history.flatMap(({ validationLoss, epoch, loss }) =>
    validationLoss === undefined ? [] : [{ validationLoss, epoch, loss }],
  );
  if (judged.length === 0) return [];
  const best = judged.reduce((low, one) => (one.validationLoss < low.validationLoss ? one : low));
  const after = judged.slice(judged.indexOf(best) + 1);
  const last = after.at(-1);
  if (last === undefined || after.length < AFTER || last.loss >= best.loss) return [];
  if (!after.slice(-AFTER).every(({ validationLoss }) => validationLoss > ABOVE * best.validationLoss)) return [];
  const epoch = Math.round(best.epoch);
  return [
    {
      kind: "overfitting",
      epoch,
      lowest: best.validationLoss,
      last: last.validationLoss,
      text: `Overfitting: the validation loss was lowest after epoch ${epoch}, with ${short(best.validationLoss)}, and has risen to ${short(last.validationLoss)} while the training loss fell; patience, weight decay or more data would help.`,
    },
  ];
}

/** Whether the training loss still falls, or only goes up and down at a rate that stays the same. */
function findLevel(history: readonly HistoryRecord[]): Finding[] {
  const trend = trendOf(history.map(({ loss }) => loss));
  if (trend === undefined) return [];
  const window = history.slice(-trend.count);
  if (trend.isFalling) return [{ kind: "still-falling", text: "The training loss was still falling: more epochs would lower it further." }];
  const rates = window.map(({ learningRate }) => learningRate);
  const isConstant = Math.max(...rates) <= 1.01 * Math.min(...rates);
  if (!trend.isAbsent || !isConstant || !(trend.spread > 1e-3 * Math.abs(trend.level))) return [];
  const epochs = short(Number((window[window.length - 1].epoch - window[0].epoch).toPrecision(2)));
  return [
    {
      kind: "noise-floor",
      level: trend.level,
      spread: trend.spread,
      text: `A noise floor: no trend is visible in the training loss of the last ${epochs} epochs, which goes up and down by ${short(trend.spread)} about ${short(trend.level)}. If it is the noise of the batches that holds it up, a lower learning rate or larger batches bring it down.`,
    },
  ];
}
