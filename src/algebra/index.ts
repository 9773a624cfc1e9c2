/** Small dense linear algebra on the host, in float64. */
export { type Matrix, Qr } from "./qr.js";
export { type TridiagonalPair, tridiagonalEigen } from "./tridiagonal.js";
export { dot, norm } from "./vectors.js";
