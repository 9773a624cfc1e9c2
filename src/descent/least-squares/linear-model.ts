/** The linear model r + J p around a point: its factors, its best step, and what it says about how far the minimum is. */
import { norm, Qr } from "../../algebra/index.js";
import type { Linearized } from "./residual-program.js";

/**
 * J is factored with its columns scaled to length 1, so that units of the parameters change neither the rank nor any step:
 *
 *     J C⁻¹ = Q R Pᵀ,   C = diag(‖J's columns‖)
 */
export class LinearModel {
  readonly at: Linearized;
  /** ‖r‖₂ */
  readonly length: number;
  /** Lengths of J's columns; 1 for a column of zeros. */
  readonly scale: Float64Array;
  readonly qr: Qr;
  readonly rank: number;
  /** The first entries of Qᵀr: what the linear model sees of the residuals. */
  readonly seen: Float64Array;
  /** The step of Gauss and Newton, −J⁺r; where J lacks rank, the parameters that add nothing stay where they are. */
  readonly step: Float64Array;

  constructor(at: Linearized) {
    const { jacobian, residuals } = at;
    const { rows, columns, data } = jacobian;
    this.at = at;
    this.length = norm(residuals);
    this.scale = Float64Array.from({ length: columns }, (_, j) => {
      const length = norm(Float64Array.from({ length: rows }, (_, i) => data[i * columns + j]));
      return length === 0 ? 1 : length;
    });
    this.qr = new Qr({ rows, columns, data: data.map((x, k) => x / this.scale[k % columns]) });
    this.rank = this.qr.r(0, 0) === 0 ? 0 : this.qr.rank();
    this.seen = this.qr.transposedTimes(residuals).slice(0, Math.min(rows, columns));
    this.step = this.qr.solve(this.seen, this.rank).map((x, j) => -x / this.scale[j]);
  }

  /** Whether residuals and derivatives are all numbers. */
  get isFinite(): boolean {
    return Number.isFinite(this.length) && this.at.jacobian.data.every(Number.isFinite);
  }

  /** ∇Σr² = 2Jᵀr */
  get gradient(): Float64Array {
    const { residuals, jacobian } = this.at;
    const { rows, columns, data } = jacobian;
    const gradient = new Float64Array(columns);
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) gradient[j] += 2 * data[i * columns + j] * residuals[i];
    return gradient;
  }

  get gradientNorm(): number {
    return norm(this.gradient);
  }

  /** The share of the residuals that a step of the linear model would remove: the cosine between r and the plane that J spans. */
  get offset(): number {
    return this.length === 0 ? 0 : norm(this.seen, 0, this.rank) / this.length;
  }

  /** How far the step of Gauss and Newton leads, as a share of θ, both measured by what they change in the model. */
  get relativeStep(): number {
    const moved = norm(this.step.map((p, j) => p * this.scale[j]));
    const size = norm(this.at.theta.map((x, j) => x * this.scale[j]));
    return moved === 0 ? 0 : moved / size;
  }

  /** Whether this is a minimum of Σr² as far as the linear model can tell. */
  isMinimum(tolerance: number): boolean {
    return this.isFinite && (this.length === 0 || (this.rank > 0 && (this.offset <= tolerance || this.relativeStep <= tolerance)));
  }
}
