/**
 * One epoch through the public face, in a process of its own: `training.ts MODEL FOLDER`, with MNIST in the folder. Prints a line
 * of JSON.
 */
import { cnn, mlp, fit as train } from "steepest";
import { mnist } from "steepest/data";

const [name, folder] = process.argv.slice(2);
const data = await mnist(folder);
const run = await train(name === "cnn" ? cnn() : mlp(), data);
console.log(
  JSON.stringify({
    samplesPerSecond: run.samplesPerSecond,
    seconds: run.seconds,
    accuracy: run.test?.accuracy,
    peak: process.resourceUsage().maxRSS / 1024,
  }),
);
