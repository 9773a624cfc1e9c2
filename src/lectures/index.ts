/** The exhibits of the lectures, in the order of the catalogue. */
import { pathOnTheCurve } from "./d01-path-on-the-curve.js";
import { twoRatesOneSpeed } from "./d02-two-rates-one-speed.js";
import { correlatedQuadratic } from "./d03-correlated-quadratic.js";
import { canyon } from "./d04-canyon.js";
import { momentumDemonstration } from "./d05-momentum-demonstration.js";
import { nesterovAndMomentum } from "./d06-nesterov-and-momentum.js";
import { criticalPointsOfAllKinds } from "./d07-critical-points.js";
import { saddleEscape } from "./d08-saddle-escape.js";
import { batches } from "./d09-batches.js";
import { stepSize } from "./d10-step-size.js";
import { svmLandscape } from "./d11-svm-landscape.js";
import { hingePieces } from "./d12-hinge-pieces.js";
import { networkLandscape } from "./d13-network-landscape.js";
import { restoration } from "./d14-restoration.js";
import { printTheLoss } from "./d15-exercise.js";
import { gradientNorm } from "./d16-gradient-norm.js";
import { movingAverages } from "./d17-moving-average.js";
import type { Exhibit } from "./exhibit.js";

/** All exhibits. */
export const exhibits: readonly Exhibit[] = [
  pathOnTheCurve,
  twoRatesOneSpeed,
  correlatedQuadratic,
  canyon,
  momentumDemonstration,
  nesterovAndMomentum,
  criticalPointsOfAllKinds,
  saddleEscape,
  batches,
  stepSize,
  svmLandscape,
  hingePieces,
  networkLandscape,
  restoration,
  printTheLoss,
  gradientNorm,
  movingAverages,
];
