/** What every exhibit of the lectures is: a claim in words and formulas, the call that shows it, numbers and figures. */
import type { Dataset } from "../data/dataset.js";
import type { Figure } from "../figures/figure.js";
import type { Panels } from "../figures/panels.js";

/** A number of an exhibit, or several. `null`: there is none, as for a step that never comes. */
export type Value = number | string | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** The numbers of one exhibit, by name. */
export type Numbers = Readonly<Record<string, Value>>;

/** One figure of an exhibit. */
export interface ExhibitFigure {
  /** What its files are called after the id of the exhibit, in small letters: `paths`. */
  readonly name: string;
  readonly figure: Figure | Panels;
  /** One sentence that says what to look at. */
  readonly caption: string;
}

/** What exhibits are made with. */
export interface Surroundings {
  /** CIFAR-10, where its folder was given; exhibits that show it otherwise take built-in data. */
  readonly cifar10?: Dataset;
  /** Threads for what trains. Default: as many as the machine has cores. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** What an exhibit computes. */
export interface Outcome<N extends Numbers = Numbers> {
  readonly numbers: N;
  readonly figures: readonly ExhibitFigure[];
  /** What was learned from, where that depends on the data that is given. */
  readonly data?: string;
}

/** One exhibit: a row of the catalogue of the lectures. */
export interface Exhibit<N extends Numbers = Numbers> {
  /** `D1` … `D17` */
  readonly id: string;
  readonly title: string;
  /** What it shows, in two sentences. */
  readonly shows: string;
  /** Line by line; `_x` and `_{…}` stand below. */
  readonly formula: readonly string[];
  /** The call that shows it: a program of its own. */
  readonly code: string;
  /** The same on the command line, where there is such a command. */
  readonly command?: string;
  /** What the usual picture of it gets wrong or leaves out. */
  readonly mistake: string;
  make(surroundings: Surroundings): Outcome<N> | Promise<Outcome<N>>;
}
