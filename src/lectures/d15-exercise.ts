/** D15: the exercise: print f while descending, with good and bad rates. */
import { minimize } from "../descent/minimize.js";
import { lineChart } from "../figures/line-chart.js";
import { gd } from "../optimizers/gradient-descent.js";
import type { Exhibit } from "./exhibit.js";

const rates = [0.01, 0.1, 1, 100, 1000] as const;

const code = `import { gd, minimize } from "steepest";

const options = { steps: 4, tolerance: 0 };
const printed = (learningRate: number) => [
  ...minimize("x^2", 1, { ...options, optimizer: gd({ learningRate }) }).history.loss,
];
printed(0.1); // → [1, 0.64, 0.4096, 0.262144]
printed(1);   // → [1, 1, 1, 1]
printed(100); // → [1, 39601, 1568239201, 62103840598801]`;

/** The descents of the exercise, for a function and a start. */
function exercise(f: string, start: number | readonly number[]) {
  return rates.map((learningRate) => {
    const options = { optimizer: gd({ learningRate }), steps: 100, tolerance: 0, path: true } as const;
    const run = typeof start === "number" ? minimize(f, start, options) : minimize(f, start, options);
    const [first, second] = run.path.rows();
    return { learningRate, run, factor: second[0] / first[0] };
  });
}

export const printTheLoss = {
  id: "D15",
  title: "The exercise: print the loss",
  shows:
    "One step multiplies x by 1 − 2η, so η = 0.01 is slow, 0.1 is fine, 1 jumps from x to −x for ever at the same loss, and 100 and 1000 leave the numbers a computer has within 68 and 47 steps. " +
    "In two dimensions nothing changes but the loop over the coordinates.",
  formula: ["f(x) = x²,   xₖ₊₁ = xₖ − η·2xₖ = (1 − 2η) xₖ", "f(x, y) = x² + y²:  the same in both coordinates"],
  code,
  command: 'steepest minimize "x^2" --start 1 --optimizer gd --lr 100 --steps 100',
  mistake:
    "A constant loss looks like convergence. With η = 1 it is the opposite: x flips between 1 and −1, the gradient keeps its size, and only the gradient's norm tells.",
  make() {
    const one = exercise("x^2", 1);
    const two = exercise("x^2 + y^2", [1, 1]);
    const printed = (list: ReturnType<typeof exercise>) => list.map(({ run }) => [...run.history.loss.slice(0, 6)]);
    /** The step whose loss is no longer a number of the computer; null where all are. */
    const overflow = (list: ReturnType<typeof exercise>) => list.map(({ run }) => (run.status === "diverged" ? run.steps + 1 : null));
    const chart = lineChart({
      title: "The loss that is printed",
      subtitle: "x², from 1, log scale",
      x: { label: "step", style: "count" },
      y: { label: "f", kind: "log", domain: [1e-12, 1e12] },
      series: one.map(({ learningRate, run }) => ({
        name: `η = ${learningRate}`,
        points: [...run.history.loss.slice(0, 31)].map((f, k) => [k, f]),
      })),
    });
    return {
      numbers: {
        rates: [...rates],
        factors: one.map(({ factor }) => factor),
        loss: printed(one),
        status: one.map(({ run }) => run.status),
        overflowAt: overflow(one),
        last: one.map(({ run }) => run.loss),
        twoVariables: { factors: two.map(({ factor }) => factor), loss: printed(two), overflowAt: overflow(two) },
      },
      figures: [{ name: "loss", figure: chart, caption: "Straight lines down, level, and up: the slope is the logarithm of (1 − 2η)²." }],
    };
  },
} satisfies Exhibit;
