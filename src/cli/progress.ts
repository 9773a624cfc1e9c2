/** How training goes, while it goes: one living line on a terminal, now and then a line elsewhere. */
import { formatCount, formatDuration, formatNumber, formatPercent } from "../figures/number-format.js";
import type { TrainProgress } from "./engine.js";
import type { Terminal } from "./terminal.js";

export interface ProgressView {
  update(progress: TrainProgress): void;
  /** Leaves the last state standing as a line. */
  end(): void;
}

/**
 * @param epochs how many there are to be
 * @param clock milliseconds from any start, only to limit how often the line is drawn
 */
export function progressView(terminal: Terminal, epochs: number, clock: () => number = () => performance.now()): ProgressView {
  return terminal.isTerminal ? livingLine(terminal, epochs, clock) : sparseLines(terminal, epochs, clock);
}

/** Ten pictures a second are a movement. */
const framesPerSecond = 10;

/** Where nobody watches, a line each epoch, or each half minute of a long one. */
const millisecondsBetweenLines = 30_000;

function livingLine(terminal: Terminal, epochs: number, clock: () => number): ProgressView {
  let last: TrainProgress | undefined;
  let drawnAt = Number.NEGATIVE_INFINITY;
  const draw = (progress: TrainProgress) => terminal.write(`\r\u001b[2K${barLine(progress, epochs, terminal)}`);
  return {
    update(progress) {
      last = progress;
      if (clock() - drawnAt < 1000 / framesPerSecond) return;
      drawnAt = clock();
      draw(progress);
    },
    end() {
      if (last === undefined) return;
      draw(last);
      terminal.line();
    },
  };
}

/** As many parts as fit into one line, the most important first. A line that wraps could not be taken back. */
export function barLine(progress: TrainProgress, epochs: number, terminal: Terminal): string {
  const share = progress.totalSteps > 0 ? Math.min(1, progress.step / progress.totalSteps) : 0;
  const left = progress.step > 0 && share < 1 ? (progress.seconds / progress.step) * (progress.totalSteps - progress.step) : undefined;
  const head = `epoch ${currentEpoch(progress, epochs)}/${epochs}`;
  const parts = [
    `loss ${fixed(progress.loss)}`,
    left === undefined ? formatDuration(progress.seconds) : `${formatDuration(Math.max(1, Math.ceil(left))).replace(".0 s", " s")} left`,
    `${formatCount(Number(progress.samplesPerSecond.toPrecision(3)))} samples/s`,
    ...(progress.validationAccuracy === undefined ? [] : [`validation ${formatPercent(progress.validationAccuracy)}`]),
    ...(progress.validationPsnr === undefined ? [] : [`validation ${progress.validationPsnr.toFixed(2)} dB`]),
  ];
  const room = terminal.columns - 1;
  let text = "";
  for (const part of parts) if (head.length + text.length + part.length + 3 <= room) text += `   ${part}`;
  const barWidth = Math.min(24, room - head.length - text.length - 2);
  if (barWidth < 6) return `${head}${text}`.slice(0, Math.max(0, room));
  const done = Math.round(barWidth * share);
  return `${head}  ${terminal.blue("━".repeat(done))}${terminal.quiet("─".repeat(barWidth - done))}${text}`;
}

function sparseLines(terminal: Terminal, epochs: number, clock: () => number): ProgressView {
  let epochShown = 0;
  let shownAt = clock();
  let shown: TrainProgress | undefined;
  let last: TrainProgress | undefined;
  const show = (progress: TrainProgress) => {
    shown = progress;
    shownAt = clock();
    const { epoch, loss, validationLoss, validationAccuracy, validationPsnr, samplesPerSecond, seconds } = progress;
    const parts = [
      `epoch ${formatNumber(epoch, 3)} of ${epochs}`,
      `loss ${formatNumber(loss)}`,
      ...(validationLoss === undefined ? [] : [`validation loss ${formatNumber(validationLoss)}`]),
      ...(validationAccuracy === undefined ? [] : [`validation accuracy ${formatPercent(validationAccuracy)}`]),
      ...(validationPsnr === undefined ? [] : [`validation PSNR ${validationPsnr.toFixed(2)} dB`]),
      `${formatCount(Number(samplesPerSecond.toPrecision(3)))} samples/s`,
      formatDuration(seconds),
    ];
    terminal.line(parts.join(", "));
  };
  return {
    update(progress) {
      last = progress;
      const whole = Math.floor(progress.epoch + 1e-9);
      if (whole <= epochShown && clock() - shownAt < millisecondsBetweenLines) return;
      epochShown = Math.max(whole, epochShown);
      show(progress);
    },
    end() {
      if (last !== undefined && last !== shown) show(last);
    },
  };
}

const currentEpoch = ({ epoch }: TrainProgress, epochs: number): number => Math.min(epochs, Math.floor(epoch + 1e-9) + 1);

/** Always as wide, so that the line does not tremble. */
const fixed = (loss: number): string => (Number.isFinite(loss) && loss < 1000 && loss >= 0.001 ? loss.toFixed(4) : formatNumber(loss, 3));
