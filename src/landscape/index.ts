/** Landscapes: the loss on rays and planes through the space of the weights. */
export type { PlaneChoice, RayChoice } from "./choices.js";
export { type Normalisation, normalisedDirection } from "./directions.js";
export { landscape } from "./landscape.js";
export type { LandscapeProgress, PlaneOptions, RayOptions } from "./options.js";
export type { LandscapeSubject } from "./resolve.js";
export type { DirectionKind, LandscapePlane, LandscapeRay, PathOverSlice, SliceDirection } from "./result.js";
export { type PrincipalPlane, principalPlane } from "./trajectory.js";
