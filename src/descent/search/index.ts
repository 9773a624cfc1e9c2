export { hillClimb, localSearch, randomSearch, type SearchFunction, type SearchOptions } from "./search.js";
export { bitSpace, boxSpace, integerSpace, type NormalSpaceOptions, normalSpace, permutationSpace, type SearchSpace } from "./spaces.js";
export { searchWeights, type WeightSearchOptions, type WeightSearchProgress } from "./weights.js";
