/** Small dense linear algebra on the host, in float64. */
export { type Matrix, Qr } from "./qr.js";
export { dot, norm } from "./vectors.js";
