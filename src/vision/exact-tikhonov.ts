/** The exact minimum of Tikhonov's energy by cosines: what solvers are checked with. */
import { SteepestError, tracingError } from "../tensor/error.js";
import { turnSinCos } from "../tensor/random.js";
import { fromHost, type Tensor } from "../tensor/tensor.js";
import { showShape } from "../tensor/types.js";

/**
 * The minimum of ½ Σ |∇u|² + λ/2 Σ (u − f)² with mirrored edges (`"replicate"`), which cosines diagonalise:
 *
 *     û[i, j] = λ f̂[i, j] / (λ + μ[i, j]),   μ[i, j] = (4 sin²(πi/2H) + 4 sin²(πj/2W)) / h²
 *
 * where ^ is the discrete cosine transform DCT-II. By products with two matrices in float64.
 *
 * @param given H × W
 * @throws SteepestError for a λ or spacing that is not positive, and tensors of other than two axes
 * @example
 * ```ts
 * import { tensor } from "steepest";
 * import { exactTikhonov } from "steepest/vision";
 * exactTikhonov(tensor([[0, 3]]), { lambda: 1 }).toArray(); // → [[1, 2]]
 * ```
 */
export function exactTikhonov(given: Tensor, options: { readonly lambda: number; readonly spacing?: number }): Tensor {
  const { lambda, spacing = 1 } = options;
  if (!(lambda > 0 && spacing > 0))
    throw new SteepestError({
      problem: "λ and the spacing are positive",
      expected: "numbers > 0",
      received: `λ = ${lambda}, h = ${spacing}`,
    });
  if (given.rank !== 2)
    throw tracingError({ problem: "exactTikhonov takes a grey image", expected: "[height, width]", received: showShape(given.shape) });
  const [height, width] = given.shape;
  const [down, across] = [cosines(height), cosines(width)];
  const spectrum = down
    .product(given.cast("f64"), { transposeA: false, transposeB: false })
    .product(across, { transposeA: false, transposeB: true });
  const mu = eigenvalues(height)
    .broadcastAlong([height, width], [0])
    .add(eigenvalues(width).broadcastAlong([height, width], [1]));
  const solved = spectrum.mul(lambda).div(mu.mul(1 / (spacing * spacing)).add(lambda));
  return down
    .product(solved, { transposeA: true, transposeB: false })
    .product(across, { transposeA: false, transposeB: false })
    .cast(given.dtype);
}

/** The orthogonal matrix of DCT-II: row k is cos(πk(2i + 1)/2n), divided by its length. */
function cosines(n: number): Tensor {
  const rows = new Float64Array(n * n);
  for (let k = 0; k < n; k++)
    for (let i = 0; i < n; i++) {
      // The angle in turns, brought into one turn while it is still a whole number.
      const turn = ((k * (2 * i + 1)) % (4 * n)) / (4 * n);
      rows[k * n + i] = turnSinCos(turn).cos * Math.sqrt((k === 0 ? 1 : 2) / n);
    }
  return fromHost(rows, [n, n], "f64");
}

/** 4 sin²(πk/2n) for k = 0 … n − 1. */
function eigenvalues(n: number): Tensor {
  return fromHost(
    Float64Array.from({ length: n }, (_, k) => 2 - 2 * turnSinCos(k / (2 * n)).cos),
    [n],
    "f64",
  );
}
