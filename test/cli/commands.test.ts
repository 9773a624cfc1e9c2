import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Engine } from "../../src/cli/engine.js";
import { encodePng } from "../../src/data/images/index.js";
import { readSafetensors } from "../../src/exchange/index.js";
import { version } from "../../src/runs/version.js";
import { SteepestError } from "../../src/tensor/error.js";
import { run, someProfile, tiny, writeTinyMnist } from "./fake-engine.js";

let root = "";
let next = 0;
const fresh = () => join(root, `run-${next++}`);
let data = "";

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "steepest-cli-"));
  data = `mnist:${join(root, "mnist")}`;
  writeTinyMnist(join(root, "mnist"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const train = (...more: string[]) => ["train", "--data", data, "--batch-size", "4", ...more];
const names = [
  "minimize",
  "gradient",
  "critical",
  "basins",
  "check",
  "fit",
  "race",
  "train",
  "evaluate",
  "landscape",
  "predict",
  "report",
  "data",
  "spectrum",
  "sharpness",
  "explain",
  "bench",
  "degrade",
  "denoise",
  "deblur",
  "inpaint",
  "upscale",
];

describe("in general", () => {
  it("prints its version and its help", async () => {
    expect(await run(["--version"])).toMatchObject({ code: 0, out: `${version}\n`, err: "" });
    const { code, out } = await run(["--help"]);
    expect(code).toBe(0);
    for (const name of names) expect(out).toContain(`  ${name} `);
    expect(await run([])).toMatchObject({ code: 2, out: "" });
  });

  it.each(names)("explains %s with an example that its own parser accepts", async (name) => {
    const { code, out, err } = await run([name, "--help"]);
    expect([code, err]).toEqual([0, ""]);
    expect(await run(["help", name])).toMatchObject({ out });
    const examples = [...out.matchAll(/^ {2}steepest (.*)$/gm)].map(([, line]) =>
      [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word),
    );
    expect(examples.length).toBeGreaterThan(0);
    // Where an example reads files, that they are missing is a failure (1), never wrong usage (2).
    for (const argv of examples.filter((words) => !words.includes("digits"))) expect((await run(argv, {})).code).not.toBe(2);
  });

  it.each<[argv: string[], message: RegExp]>([
    [["minimise", "x"], /no command "minimise"[\s\S]*did you mean minimize/],
    [["minimize"], /FORMULA is missing/],
    [["minimize", "x^2"], /--start is missing[\s\S]*: x/],
    [["minimize", "§", "--start", "1"], /no sign/],
    [["minimize", "x", "--start", "1", "--optimizer", "adagrat"], /did you mean adagrad/],
    [["minimize", "x", "--start", "1", "--optimizer", "gd", "--momentum", "0.9"], /gd has no momentum/],
    [["minimize", "x", "--start", "1", "--optimizer", "nesterov", "--form", "lookahead"], /did you mean "look-ahead"/],
    [["minimize", "x", "--start", "1", "--optimizer", "adam", "--epsilon-place", "under"], /"outside", "inside", "hat"/],
    [["minimize", "x", "--start", "1", "--schedule", "onecycles"], /did you mean onecycle/],
    [["minimize", "x", "--start", "1", "--schedule", "step:3"], /schedule/],
    [["gradient", "x"], /--at is missing/],
    [["race"], /one thing[\s\S]*x\^2 \+ 10y\^2/],
    [["race", "x^2", "--data", "digits"], /one thing/],
    [["race", "x^2"], /--start is missing[\s\S]*: x/],
    [["race", "rosenbrok"], /no test problem "rosenbrok"[\s\S]*did you mean rosenbrock/],
    [["race", "beale:7"], /beale has 2 dimensions/],
    [["race", "rosenbrock:3"], /multiple of 2/],
    [["race", "quadratic:1,ten"], /eigenvalues/],
    [["race", "beale", "--start", "1"], /x1, x2/],
    [["race", "beale", "--evaluations", "0"], /--evaluations[\s\S]*at least 1/],
    [["race", "beale", "--optimizers", "gd,adm"], /did you mean adam/],
    [["race", "beale", "--optimizers", "gd,,adam"], /commas/],
    [["race", "beale", "--optimizers", "gd,gd"], /gd is in the race twice/],
    [["race", "beale", "--optimizers", "gd:beta2=0.9"], /gd has no beta2/],
    [["race", "beale", "--optimizers", "gd:lr"], /--lr needs a value/],
    [["race", "beale", "--optimizers", "gd:pace=3"], /--pace/],
    [["race", "beale", "--rates", "1,0.1"], /lowest and the highest/],
    [["race", "beale", "--rates", "2,3"], /rates/],
    [["race", "beale", "--epochs", "2"], /--epochs has no meaning on a formula/],
    [["race", "--data", "digits", "--evaluations", "9"], /--evaluations has no meaning on a network/],
    [["fit", "data.csv"], /FORMULA is missing/],
    [["fit", "data.csv", "y = a*x"], /--start is missing[\s\S]*b1=500/],
    [["fit", "data.csv", "y = a*x", "--start", "1,2"], /each parameter: b1=500/],
    [["fit", "data.csv", "y = a*x", "--start", "a=1", "--method", "lbfg"], /did you mean lbfgs/],
    [["fit", "data.csv", "y = a*x", "--start", "a=1", "--confidence", "95"], /below 1/],
    [["train", "--data", "mnist:"], /needs the folder[\s\S]*steepest data get mnist/],
    [["train", "--data", "table.csv"], /--target is missing/],
    [["train", "--data", "table.csv", "--target", "y", "--columns", "x,,z"], /different names of columns/],
    [["train", "--data", "table.csv", "--target", "y", "--columns", "x,y"], /other than the target/],
    [["train", "--data", "table.csv", "--target", "y", "--image-size", "8"], /folder:DIR/],
    [["train", "--data", "table.csv", "--target", "y", "--model", "cnn"], /mlp or linear/],
    [["train", "--data", "table.csv", "--target", "y", "--missing", "skip"], /refuse, drop/],
    [["train", "--data", "digits", "--target", "y"], /--target is for tables/],
    [["train", "--data", "pictures"], /folder:pictures/],
    [["train", "--data", "my/pictures"], /folder:my\/pictures/],
    [["noise", "--data", "table.csv"], /takes pictures/],
    [["race", "--data", "table.csv"], /takes pictures/],
    [["train", "--data", "folder"], /sub-folder of pictures for each class/],
    [["train", "--data", "digits", "--image-size", "8"], /--data folder:DIR/],
    [["train", "--data", "folder:x", "--image-size", "8x"], /24x32/],
    [["train", "--data", "folder:x", "--channels", "2"], /1, 3/],
    [["predict", "runs/mlp"], /FILE is missing/],
    [["data"], /ACTION is missing/],
    [["data", "fetch", "mnist"], /get or list/],
    [["data", "get"], /needs the name/],
    [["data", "get", "mnits"], /did you mean mnist/],
    [["data", "get", "mnist", "--mirror", "ftp:x"], /http/],
    [["train", "--data", "cifar10:"], /needs the folder[\s\S]*data_batch_1\.bin/],
    [["train", "--data", "cifar:x"], /did you mean cifar10/],
    [["train", "--data", "digits:x"], /need no folder/],
    [["train", "--model", "cn"], /did you mean cnn/],
    [["train", "--validation", "1"], /below 1/],
    [["train", "--validation", "0", "--patience", "3"], /nothing to judge by/],
    [["noise", "--batch-sizes", "1,x"], /1,16,256/],
    [["train", "--order", "shufled"], /did you mean shuffled/],
    [["train", "--pace", "0.5:2"], /--order difficulty/],
    [["train", "--order", "difficulty", "--pace", "2"], /0\.25:3/],
    [["train", "--augment", "flip,krop:4"], /did you mean crop/],
    [["train", "--augment", "crop"], /crop:4/],
    [["train", "digits"], /more than this command takes/],
    [["evaluate"], /DIR is missing/],
    [["landscape"], /DIR is missing/],
    [["landscape", "runs/mlp", "--plane", "pcs"], /did you mean pca/],
    [["landscape", "runs/mlp", "--extent", "1:0"], /ascending/],
    [["landscape", "runs/mlp", "--size", "1"], /at least 2/],
    [["check", "§"], /no sign/],
    [["gradient", "§", "--at", "1"], /no sign/],
    [["explain", "§"], /no sign/],
    [["bench", "§"], /no sign/],
    [["bench", "--threads", "0"], /--threads[\s\S]*at least 1 and at most 256/],
    [["evaluate", "runs/mlp", "--threads", "all"], /--threads[\s\S]*at least 1 and at most 256/],
    [["explain"], /one thing/],
    [["explain", "x", "--model", "cnn"], /one thing/],
    [["explain", "x", "--level", "kernles"], /did you mean kernels/],
  ])("calls %j wrong usage", async (argv, message) => {
    const { code, out, err } = await run(argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
    const json = await run([...argv, "--json"]);
    expect(json.code).toBe(2);
    expect(JSON.parse(json.out)).toHaveProperty("error.problem");
  });

  it("says what failed, in words or in one JSON object", async () => {
    const engine = {
      gradient: () => {
        throw new SteepestError({ problem: "it is not defined there", expected: "x > 0", received: "0", where: "log, column 1" });
      },
    };
    const { code, out, err } = await run(["gradient", "x", "--at", "0"], { engine });
    expect([code, out]).toEqual([1, ""]);
    expect(err).toBe("error: it is not defined there\n  expected: x > 0\n  received: 0\n  where:    log, column 1\n");
    const json = await run(["gradient", "x", "--at", "0", "--json"], { engine });
    expect(JSON.parse(json.out)).toEqual({
      error: { problem: "it is not defined there", expected: "x > 0", received: "0", where: "log, column 1" },
    });
  });

  it("tells an unforeseen error from a foreseen one", async () => {
    const { code, err } = await run(["gradient", "x", "--at", "0"], {
      engine: {
        gradient: () => {
          throw new TypeError("oops");
        },
      },
    });
    expect(code).toBe(1);
    expect(err).toMatch(/^unexpected error: TypeError: oops\n {4}at /);
  });
});

describe("minimize", () => {
  const argv = [
    "minimize",
    "0.5x^2 + 2y^2 + x*y",
    "--start",
    "8.7,-7.9",
    "--optimizer",
    "momentum",
    "--lr",
    "0.1",
    "--momentum",
    "0.9",
    "--steps",
    "100",
  ];

  it("passes on what it is told", async () => {
    const { asked } = await run([...argv, "--tolerance", "1e-6", "--json"]);
    expect(asked.minimize).toMatchObject({
      formula: "0.5x^2 + 2y^2 + x*y",
      start: [8.7, -7.9],
      steps: 100,
      tolerance: 1e-6,
      path: false,
      values: false,
    });
    expect(asked.minimize?.optimizer).toMatchObject({ name: "momentum", learningRate: 0.1 });
    expect((await run(["minimize", "x + y", "--start", "y=2,x=1", "--schedule", "cosine"])).asked.minimize?.start).toEqual([1, 2]);
  });

  it("prints exactly the promised object", async () => {
    const { code, out, err } = await run([...argv, "--json"]);
    expect([code, err, out.split("\n").length]).toEqual([0, "", 2]);
    expect(JSON.parse(out)).toEqual({
      status: "converged",
      steps: 2,
      x: [2.175, -1.975],
      value: 0.125,
      gradientNorm: 1e-7,
      evaluations: { value: 3, gradient: 2 },
      diagnosis: "It converges steadily.",
      findings: [{ kind: "still-falling", text: "It was still falling." }],
    });
    const { path } = JSON.parse((await run([...argv, "--path", "--json"])).out);
    expect(path).toEqual([
      [8.7, -7.9],
      [4.35, -3.95],
      [2.175, -1.975],
    ]);
  });

  it("prints for people", async () => {
    const { out } = await run([...argv, "--path"]);
    expect(out).toMatch(/^Converged after 2 steps\n\n {2}x {2}2\.175\n {2}y {2}-1\.975\n\n {2}value {10}0\.125\n/);
    expect(out).toContain("It converges steadily.");
    expect(out).toMatch(/ {3}0 {4}8\.7 {4}-7\.9\n/);
    expect(out).toMatch(/[\u2801-\u28ff]/);
    expect((await run([...argv, "--quiet"])).out).toBe("x  2.175\ny  -1.975\n");
  });

  it("fails when the descent diverges, and prints what there is", async () => {
    const engine = {
      minimize: () => ({
        status: "diverged" as const,
        steps: 5,
        x: [1e200],
        value: Number.POSITIVE_INFINITY,
        gradientNorm: Number.NaN,
        evaluations: { value: 6, gradient: 5 },
        diagnosis: "Diverges.",
        findings: [],
      }),
    };
    const { code, out } = await run(["minimize", "x^2", "--start", "1", "--json"], { engine });
    expect([code, JSON.parse(out)]).toMatchObject([1, { status: "diverged", value: null, gradientNorm: null }]);
  });
});

describe("check", () => {
  it("asks for a formula or a model, with the options given", async () => {
    const { code, out, asked } = await run([
      "check",
      "x*y",
      "--at",
      "y=2,x=1",
      "--method",
      "ridders",
      "--tolerance",
      "1e-4",
      "--seed",
      "7",
    ]);
    expect([code, asked.check]).toEqual([0, { formula: "x*y", at: [1, 2], method: "ridders", tolerance: 1e-4, seed: 7 }]);
    expect(out).toContain("The gradient: pass. All 1 derivatives agree with differences.");
    expect((await run(["check", "--model", "mlp", "--mode", "directions"])).asked.check).toMatchObject({
      batchSize: 16,
      dtype: "f32",
      mode: "directions",
    });
    expect((await run(["check"])).code).toBe(2);
    expect((await run(["check", "x", "--model", "mlp"])).code).toBe(2);
  });
});

describe("gradient", () => {
  it("prints exactly the promised object", async () => {
    const { code, out } = await run(["gradient", "x*y*z", "--at", "1,2,3", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      value: 12.5,
      gradient: [2, 4, 6],
      hessian: [
        [2, 0, 0],
        [0, 2, 0],
        [0, 0, 2],
      ],
      eigenvalues: [2, 2, 2],
      slope: 5,
      ascent: [1, 1, 1],
      descent: [-1, -1, -1],
      next: [0.8, 1.6, expect.closeTo(2.4, 14)],
      formulas: null,
      updateRules: null,
      learningRate: 0.1,
      direction: null,
      step: null,
      check: { verdict: "pass", maxRelativeError: 1.5e-9 },
    });
  });

  it("prints for people", async () => {
    const { out } = await run(["gradient", "x*y", "--at", "y=2,x=1"]);
    expect(out).toBe(
      [
        "f(1, 2) = 12.5",
        "",
        "  ∂f/∂x  = 2",
        "  ∂f/∂y  = 4",
        "",
        "Directions",
        "  steepest ascent   slope 5   along (1, 1)",
        "  steepest descent  slope -5  along (-1, -1)",
        "",
        "Hessian",
        "     x  y",
        "  x  2  0",
        "  y  0  2",
        "  eigenvalues 2, 2: f bends up in every direction",
        "",
        "The gradient agrees with differences of f; largest relative difference 1.5e-9",
        "",
      ].join("\n"),
    );
  });

  it("fails when the check fails", async () => {
    const gradient = () => ({
      value: 1,
      gradient: [1],
      hessian: [[1]],
      eigenvalues: [1],
      slope: 1,
      ascent: [1],
      descent: [-1],
      next: [0],
      check: { verdict: "fail" as const, maxRelativeError: 0.5 },
    });
    expect((await run(["gradient", "x", "--at", "1"], { engine: { gradient } })).code).toBe(1);
  });

  it("refuses directions and steps that do not fit", async () => {
    for (const option of [
      ["--direction", "0,0"],
      ["--direction", "1"],
      ["--step", "1,2,3"],
      ["--learning-rate", "0"],
    ])
      expect((await run(["gradient", "x*y", "--at", "1,2", ...option])).code).toBe(2);
  });
});

describe("critical", () => {
  it("prints a table, and JSON with the convexity", async () => {
    const { code, out } = await run(["critical", "x*y", "--window", "-1:2"]);
    expect(code).toBe(0);
    expect(out).toContain("  minimum *  (1, 1)  2  3, 3");
    expect(out).toContain("No counterexample.");
    const json = JSON.parse((await run(["critical", "x*y", "--window", "y=0:3,x=-1:1", "--json"])).out);
    expect(json).toMatchObject({
      variables: ["x", "y"],
      window: [
        [-1, 1],
        [0, 3],
      ],
      points: [{ kind: "minimum", point: [1, 1] }],
      convexity: { verdict: "no-counterexample" },
    });
    expect((await run(["critical", "x*y", "--quiet"])).out).toBe("minimum 1 1\n");
  });

  it("refuses windows that do not fit", async () => {
    for (const window of ["1", "2:1", "0:1,0:1,0:1", "x=0:1", "z=0:1", "x=0:1,3:4", "a:b"]) {
      const { code, err } = await run(["critical", "x*y", "--window", window]);
      expect([window, code]).toEqual([window, 2]);
      expect(err).toContain("--window x=-5:5,y=-5:5");
    }
  });
});

describe("noise", () => {
  it("prints for people", async () => {
    const { code, out, asked } = await run(["noise", "--model", "linear", "--records", "50"]);
    expect(code).toBe(0);
    expect(asked.noise).toMatchObject({ epochs: 0, samples: 64, seed: 1 });
    expect(asked.noise?.dataset.inputs.shape[0]).toBe(50);
    expect(out).toContain("Noise scale tr Σ/‖G‖² = 96; from batches of 1 and 16: 90 ± 12\n");
    expect(out).toContain("B^-1.01 (± 0.02) with replacement");
    expect((await run(["noise", "--records", "50", "--quiet"])).out).toBe("96\n");
  });
});

describe("train", () => {
  it("passes on what it is told, with defaults that suit the model", async () => {
    const { asked } = await run(
      train(
        "--out",
        fresh(),
        "--model",
        "mlp",
        "--epochs",
        "3",
        "--seed",
        "9",
        "--validation",
        "0.2",
        "--patience",
        "2",
        "--threads",
        "1",
        "--fast",
      ),
    );
    expect(asked.train).toMatchObject({ epochs: 3, batchSize: 4, seed: 9, validation: 0.2, patience: 2, threads: 1, fast: true });
    expect(asked.train?.dataset).toMatchObject({ inputs: { shape: [tiny.training, 28, 28, 1] } });
    expect([asked.train?.model.name, asked.train?.optimizer.name]).toEqual(["mlp", "adam"]);
  });

  it("prints exactly the promised object, and nothing else on standard output", async () => {
    const folder = fresh();
    const { code, out, err } = await run(train("--out", folder, "--json"));
    expect([code, out.split("\n").length]).toEqual([0, 2]);
    expect(JSON.parse(out)).toEqual({
      status: "step-limit",
      epochs: 2,
      trainLoss: 0.25,
      validationLoss: 0.4,
      testLoss: 0.5,
      testAccuracy: 0.75,
      parameters: 6,
      seconds: 2,
      samplesPerSecond: 3921.7,
      out: folder,
    });
    expect(err).toContain("epoch 1 of 5, loss 0.5");
    expect((await run(train("--out", fresh(), "--json", "--quiet"))).err).toBe("");
  });

  it("ends with the path of the report", async () => {
    const folder = fresh();
    const { out } = await run(train("--out", folder));
    expect(out.trimEnd().split("\n").at(-1)).toBe(`Report: ${join(folder, "report.html")}`);
    expect(out).toContain("  test accuracy    75.00 %\n");
    const quietly = fresh();
    expect(await run(train("--out", quietly, "--quiet"))).toMatchObject({ out: `${join(quietly, "report.html")}\n`, err: "" });
  });

  it("names its folder by data, model and time where none is given", async () => {
    const home = process.cwd();
    process.chdir(root);
    try {
      const { out } = await run(train("--model", "linear", "--json"));
      expect(JSON.parse(out).out).toBe(join("runs", "mnist-linear-20261121-234412"));
    } finally {
      process.chdir(home);
    }
  });

  it("shows the mistakes of the test set in the report", async () => {
    const folder = fresh();
    await run(train("--out", folder));
    const page = readFileSync(join(folder, "report.html"), "utf8");
    // The fake says 3 of all four test records, whose labels are 0, 1, 2, 3.
    expect([...page.matchAll(/<b>(\d)<\/b> read as <b class="wrong">(\d)/g)].map((match) => match.slice(1).join())).toEqual([
      "0,3",
      "1,3",
      "2,3",
    ]);
    expect(page.match(/<img /g)?.length).toBe(3 + tiny.test);
  });

  it("writes down a command that asks for the same again", async () => {
    const folder = fresh();
    const first = await run(
      train("--out", folder, "--optimizer", "rmsprop", "--rho", "0.8", "--schedule", "warmup:3:cosine", "--seed", "5", "--epochs", "4"),
    );
    const { command } = JSON.parse(readFileSync(join(folder, "run.json"), "utf8"));
    const again = await run([...command.split(" ").slice(1), "--out", fresh()]);
    const { dataset: _a, onProgress: _b, signal: _c, model: _d, optimizer: one, ...before } = first.asked.train ?? {};
    const { dataset: _e, onProgress: _f, signal: _g, model: _h, optimizer: two, ...after } = again.asked.train ?? {};
    expect(after).toEqual(before);
    expect(JSON.stringify(two)).toBe(JSON.stringify(one));
    expect(command).toContain("--optimizer rmsprop --lr 0.01 --rho 0.8 --schedule warmup:3:cosine --seed 5");
  });

  it("writes down what goes around the rule, and its forms", async () => {
    const folder = fresh();
    const around = ["--weight-decay", "0.01", "--clip-norm", "1", "--accumulate", "2", "--freeze", "dense1.*,*.bias", "--average", "0.99"];
    const given = ["--optimizer", "rmsprop", "--centered", "--epsilon-place", "inside", "--momentum", "0.5", "--form", "step", ...around];
    const first = await run(train("--out", folder, ...given, "--schedule", "50:constant;polynomial:2", "--epochs", "4"));
    const { command, configuration } = JSON.parse(readFileSync(join(folder, "run.json"), "utf8"));
    expect(command).toContain("--epsilon-place inside --form step --centered --weight-decay 0.01");
    expect(command).toContain("--freeze 'dense1.*,*.bias' --schedule '50:constant;polynomial:2'");
    expect(configuration.optimizer).toMatchObject({ form: "step", clipNorm: 1, freeze: ["dense1.*", "*.bias"], average: 0.99 });
    expect(first.asked.train?.optimizer.name).toBe("freeze(averaged(accumulate(clip(weightDecay(rmsprop)))))");
    const argv = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
    const again = await run([...argv.slice(1), "--out", fresh()]);
    expect(JSON.stringify(again.asked.train?.optimizer)).toBe(JSON.stringify(first.asked.train?.optimizer));
  });

  it("checks the folder before anything else, and never overwrites a run without --force", async () => {
    const folder = fresh();
    await run(train("--out", folder, "--seed", "1"));
    const refused = await run(train("--out", folder, "--seed", "2"));
    expect([refused.code, refused.asked.train]).toEqual([1, undefined]);
    expect(refused.err).toMatch(/holds another run[\s\S]*--force/);
    expect((await run(train("--out", folder, "--seed", "2", "--force"))).code).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, "run.json"), "utf8")).configuration.seed).toBe(2);
    const file = fresh();
    writeFileSync(file, "");
    expect(await run(train("--out", join(file, "x")))).toMatchObject({ code: 1, asked: {} });
  });

  it("refuses a batch larger than the data, and missing data", async () => {
    const folder = fresh();
    const large = await run(["train", "--data", data, "--batch-size", "21", "--out", folder]);
    expect([large.code, large.asked.train, existsSync(folder)]).toEqual([1, undefined, false]);
    expect(large.err).toMatch(/batch is larger than the data[\s\S]*20/);
    const missing = await run(["train", "--data", `mnist:${join(root, "nowhere")}`, "--out", folder]);
    expect(missing.code).toBe(1);
    expect(missing.err).toContain("nowhere");
  });

  it("keeps what was learned when it is interrupted, and says so by its exit code", async () => {
    const folder = fresh();
    let ended = 0;
    const onInterrupt = (listener: () => void) => {
      listener();
      return () => {
        ended++;
      };
    };
    const { code, err, out } = await run(train("--out", folder, "--json"), { onInterrupt });
    expect([code, ended]).toEqual([130, 1]);
    expect(err).toContain("Stopping");
    expect(JSON.parse(out).status).toBe("aborted");
    expect(existsSync(join(folder, "weights.safetensors"))).toBe(true);
  });

  it("fails when training diverges, and keeps the history", async () => {
    const folder = fresh();
    const went = { diagnosis: "It went up.", epochs: 1, steps: 10, seconds: 1, samplesPerSecond: 100 };
    const { code, out } = await run(train("--out", folder, "--json"), {
      trained: { results: { ...went, status: "diverged", trainLoss: Number.NaN }, testProbabilities: undefined },
    });
    expect([code, JSON.parse(out)]).toMatchObject([1, { status: "diverged", trainLoss: null, testLoss: null, testAccuracy: null }]);
    expect(readFileSync(join(folder, "report.html"), "utf8")).toContain("Training diverged");
  });
});

describe("evaluate", () => {
  it("hands the stored run and the test part to the engine, and prints the result", async () => {
    const folder = fresh();
    await run(train("--out", folder));
    const { code, out, asked } = await run(["evaluate", folder, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      data,
      records: tiny.test,
      loss: 0.5,
      accuracy: 0.75,
      confusion: [
        [2, 1],
        [0, 1],
      ],
      seconds: 0.004,
      samplesPerSecond: 1000,
    });
    expect(asked.evaluate?.run.weights[0].data).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(asked.evaluate?.part.targets.data.length).toBe(tiny.test);
    const { out: text } = await run(["evaluate", folder]);
    expect(text).toContain("  accuracy  75.00 %\n");
    expect(text).toContain("  0  2  1  66.7 %\n");
    expect((await run(["evaluate", folder, "--quiet"])).out).toBe("75.00 %\n");
  });

  it("refuses a folder without a run", async () => {
    const { code, err } = await run(["evaluate", join(root, "mnist")]);
    expect([code, err.includes("holds no run")]).toEqual([1, true]);
  });
});

describe("landscape", () => {
  it("hands run, records and choice to the engine, and keeps the values in the run folder", async () => {
    const folder = fresh();
    await run(train("--out", folder));
    const argv = ["landscape", folder, "--size", "9", "--seed", "3", "--images", "5"];
    const { code, out, asked } = await run([...argv, "--json"]);
    expect(code).toBe(0);
    expect(asked.landscape).toMatchObject({
      choice: { plane: "random" },
      records: 5,
      normalise: "filter",
      seed: 3,
      size: 9,
      known: undefined,
    });
    // A tenth is kept apart for validation.
    expect(asked.landscape?.data.targets.data.length).toBe(tiny.training - Math.round(tiny.training / 10));
    const result = JSON.parse(out);
    expect(result).toMatchObject({ kind: "plane", size: 9, done: 81, complete: true, centre: 0 });
    expect(result.values[4]).toEqual(result.a.values.map((x: number) => x * x));
    expect(readSafetensors(readFileSync(result.file), "").arrays[0].data.length).toBe(81);
    // What is there is handed back, unless it is to be done again; other options are another landscape.
    expect((await run(argv)).asked.landscape?.known?.length).toBe(81);
    expect((await run([...argv, "--again"])).asked.landscape?.known).toBeUndefined();
    expect((await run([...argv, "--normalise", "none"])).asked.landscape?.known).toBeUndefined();
    writeFileSync(result.file, "damaged");
    expect((await run(argv)).asked.landscape?.known).toBeUndefined();
  });

  it("leads to the weights of another run, and writes figure and numbers", async () => {
    const [folder, other] = [fresh(), fresh()];
    for (const at of [folder, other]) await run(train("--out", at));
    const numbers = join(root, "ray.json");
    const { code, out, asked } = await run([
      "landscape",
      folder,
      "--ray",
      `to:${other}`,
      "--size",
      "5",
      "--extent",
      "-0.5:1.5",
      "--out",
      numbers,
    ]);
    expect(code).toBe(0);
    expect(asked.landscape?.extent).toEqual([-0.5, 1.5]);
    expect(asked.landscape?.choice).toMatchObject({ ray: { folder: other } });
    expect(out).toContain("loss at the weights  0\n");
    expect(JSON.parse(readFileSync(numbers, "utf8"))).toMatchObject({ kind: "ray", size: 5, complete: true });
    const svg = join(root, "plane.svg");
    expect((await run(["landscape", folder, "--size", "9", "--out", svg, "--quiet"])).out).toBe(`${svg}\n`);
    expect(readFileSync(svg, "utf8")).toMatch(/^<svg/);
  });

  it("stops when it is told to, with what is known, or with nothing where not even the directions are", async () => {
    const folder = fresh();
    await run(train("--out", folder));
    const onInterrupt = (listener: () => void) => {
      listener();
      return () => undefined;
    };
    const { code, out } = await run(["landscape", folder, "--size", "9"], { onInterrupt });
    expect(code).toBe(130);
    expect(out).toContain("goes on from there");
    expect(out).not.toContain("Infinity");
    const landscape: Engine["landscape"] = ({ signal }) => Promise.reject(signal.reason);
    expect(await run(["landscape", folder, "--plane", "eigen"], { onInterrupt, engine: { landscape } })).toMatchObject({
      code: 130,
      out: "",
    });
  });

  it("refuses a plane and a ray at once, and rays that there are not", async () => {
    const folder = fresh();
    await run(train("--out", folder));
    for (const [argv, message] of [
      [["--plane", "pca", "--ray", "random"], /do not go together/],
      [["--ray", "downhill"], /to:DIR/],
    ] as const) {
      const { code, err } = await run(["landscape", folder, ...argv]);
      expect([code, message.test(err)]).toEqual([2, true]);
    }
  });
});

describe("report", () => {
  it("compares runs, in words and as one object", async () => {
    const [first, second] = [fresh(), fresh()];
    await run(train("--out", first));
    expect((await run(["train", "--data", data, "--batch-size", "2", "--out", second, "--optimizer", "momentum"])).code).toBe(0);
    const file = join(fresh(), "..", "comparison.html");
    const { code, out } = await run(["report", first, second, "--out", file, "--smooth", "5", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      runs: [
        { name: basename(first), parameters: 6, status: "step-limit", test: { loss: 0.5, accuracy: 0.75 } },
        { name: basename(second), trainLoss: 0.25 },
      ],
      different: { "batch size": ["4", "2"], optimizer: ["adam", "momentum"] },
      smoothing: 5,
      report: file,
    });
    expect(readFileSync(file, "utf8")).toContain("2 runs compared");
    const words = (await run(["report", first, second, "--out", file], { columns: 80 })).out;
    for (const part of ["test accuracy", "Validation loss", "batch size: 4 | 2", `Report: `]) expect(words).toContain(part);
    expect((await run(["report", first, second, "--out", file, "--quiet"])).out).toBe(`${file}\n`);
  });

  it("makes the report of one run anew, with its samples, and loses none without being told to", async () => {
    const folder = fresh();
    await run(train("--out", folder));
    const before = readFileSync(join(folder, "report.html"), "utf8");
    const probabilities = Float32Array.from({ length: tiny.test * 10 }, (_, i) => (i % 10 === 3 ? 0.91 : 0.01));
    // The fake engine counts four test records.
    const record = join(folder, "run.json");
    const stored = JSON.parse(readFileSync(record, "utf8"));
    const confusion = [[tiny.test]];
    writeFileSync(record, JSON.stringify({ ...stored, results: { ...stored.results, test: { ...stored.results.test, confusion } } }));
    const predicting = { engine: { predict: () => ({ outputs: probabilities, probabilities }) } };
    const { code, out } = await run(["report", folder, "--json"], predicting);
    expect([code, JSON.parse(out)]).toEqual([0, { run: folder, report: join(folder, "report.html"), samples: tiny.test }]);
    const page = readFileSync(join(folder, "report.html"), "utf8");
    expect(page.match(/<img /g)?.length).toBe(before.match(/<img /g)?.length);
    // Made anew, but of the same run: its date stays.
    expect(/<time[^>]*>/.exec(page)?.[0]).toBe(/<time[^>]*>/.exec(before)?.[0]);

    writeFileSync(record, JSON.stringify({ ...stored, configuration: { ...stored.configuration, data: "mnist:/nowhere" } }));
    expect((await run(["report", folder], predicting)).code).toBe(1);
    expect(readFileSync(join(folder, "report.html"), "utf8")).toBe(page);
    const elsewhere = join(folder, "..", "without-samples.html");
    const without = await run(["report", folder, "--out", elsewhere], predicting);
    expect([without.code, without.err.startsWith("Without samples:")]).toEqual([0, true]);
    expect(readFileSync(elsewhere, "utf8")).not.toContain("<img ");
  });

  it("refuses one run twice, and folders without a run", async () => {
    const folder = fresh();
    await run(train("--out", folder));
    expect((await run(["report", folder, `${folder}/`])).code).toBe(2);
    expect((await run(["report", folder, fresh()])).code).toBe(1);
    expect((await run(["report"])).code).toBe(2);
    expect((await run(["report", folder, "--smooth", "0"])).code).toBe(2);
  });
});

describe("predict", () => {
  it("brings pictures to the shape of the run, and prints their classes", async () => {
    const folder = fresh();
    await run(train("--out", folder));
    const picture = join(root, "wide.png");
    // Red to the left of a grey middle: what stands over is cut off, grey is what is left.
    const data = Uint8Array.from({ length: 3 * 2 * 8 }, (_, i) => (Math.floor(i / 3) % 8 < 2 ? [255, 0, 0][i % 3] : 90));
    writeFileSync(picture, encodePng({ width: 8, height: 2, channels: 3, depth: 8, data }));
    const { code, out, asked } = await run(["predict", folder, picture, picture, "--top", "2", "--json"]);
    expect(code).toBe(0);
    const { inputShape, classes = [] } = asked.predict?.run ?? { inputShape: [] };
    expect(asked.predict?.inputs.length).toBe(2 * inputShape.reduce((product, extent) => product * extent, 1));
    expect(new Set(Array.from(asked.predict?.inputs ?? []))).toEqual(new Set([90]));
    const result = JSON.parse(out);
    expect(Object.keys(result)).toEqual(["run", "inputShape", "pictures"]);
    expect(result.pictures).toHaveLength(2);
    expect(result.pictures[0]).toMatchObject({ file: picture, width: 8, height: 2, class: classes[0], probability: 0.75 });
    expect(result.pictures[0].classes).toHaveLength(2);
    expect((await run(["predict", folder, picture])).out).toContain(`${picture}  ${classes[0]} 75.0 %`);
    expect((await run(["predict", folder, picture, "--quiet"])).out).toBe(`${classes[0]}\n`);
    expect((await run(["predict", folder, join(root, "no.png")])).err).toMatch(/There is no such picture/);
    expect((await run(["predict", folder, root])).err).toMatch(/This is a folder[\s\S]*\*\.png/);
    expect((await run(["predict", folder, join(folder, "run.json")])).err).toMatch(/This is no picture/);
  });
});

describe("data", () => {
  it("lists the sets, and says where one is missing", async () => {
    const { code, out } = await run(["data", "list", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out).sets.map(({ name }: { readonly name: string }) => name)).toEqual(["mnist", "fashion-mnist", "cifar10", "bsd68"]);
    expect((await run(["data", "list"])).out).toMatch(/mnist +11\.6 MB/);
    vi.stubEnv("XDG_CACHE_HOME", join(root, "cache"));
    try {
      const missing = await run(["train", "--data", "fashion-mnist"]);
      expect([missing.code, missing.err]).toEqual([1, expect.stringMatching(/not on this machine[\s\S]*steepest data get fashion-mnist/)]);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe("data get", () => {
  it("passes on what it is told, shows how far it is, and prints where the files are", async () => {
    const { code, out, err, asked } = await run(["data", "get", "fashion", "--from", "here", "--cache", "there", "--mirror", "http://x/y"]);
    expect(code).toBe(0);
    expect(asked.getData).toMatchObject({ name: "fashion-mnist", options: { from: "here", cache: "there", mirror: "http://x/y" } });
    expect(out).toBe("Fashion-MNIST: 2 files, 2.0 MB, checked, in /cache/fashion-mnist\n");
    expect(err).toBe("a.gz  0.5 MB of 2.0 MB\nb.gz  2.0 MB of 2.0 MB\n");
    expect((await run(["data", "get", "mnist"], { columns: 60 })).err).toContain("\r\u001b[2Kb.gz  2.0 MB of 2.0 MB");
    expect(await run(["data", "get", "mnist", "--quiet"])).toMatchObject({ out: "/cache/mnist\n", err: "" });
    expect(JSON.parse((await run(["data", "get", "mnist", "--json"])).out)).toEqual({
      ...{ name: "mnist", folder: "/cache/mnist", files: 2, bytes: 2_000_000, kept: 1 },
    });
  });

  it("stops when asked to, and says how to go on", async () => {
    const engine = {
      getData: async () => {
        throw new SteepestError({ problem: "The download was stopped" });
      },
    };
    const onInterrupt = (listener: () => void) => {
      listener();
      return () => undefined;
    };
    const { code, err } = await run(["data", "get", "mnist"], { engine, onInterrupt });
    expect([code, err]).toEqual([130, "Stopped; the same command continues the download.\n"]);
  });
});

describe("explain", () => {
  it("prints the levels of a formula or a model", async () => {
    const { code, out } = await run(["explain", "x*y"]);
    expect([code, out]).toEqual([0, "graph  what was traced\n\nx * x\n\nkernels  what runs\n\nloop\n\n"]);
    const json = await run(["explain", "--model", "mlp", "--batch-size", "8", "--level", "kernels", "--json"]);
    expect(JSON.parse(json.out)).toEqual({ levels: [{ name: "kernels", summary: "what runs", text: "loop\n" }] });
    expect(json.asked.explain).toMatchObject({ batchSize: 8, inputShape: [28, 28, 1], classes: 10 });
  });
});

describe("bench", () => {
  it("times a network or a formula", async () => {
    const { code, out, asked } = await run(["bench", "--batch-size", "8", "--seconds", "0.5", "--threads", "1", "--fast"]);
    expect([code, out]).toEqual([0, `${someProfile}\n`]);
    expect(asked.bench).toMatchObject({ batchSize: 8, seconds: 0.5, threads: 1, fast: true, model: { name: "mlp" } });
    const json = await run(["bench", "x*y", "--json"]);
    expect(json.asked.bench).toMatchObject({ formula: "x*y", seconds: 2 });
    expect(JSON.parse(json.out)).toEqual(JSON.parse(JSON.stringify(someProfile)));
    expect(await run(["bench", "--seconds", "0"])).toMatchObject({ code: 2 });
  });
});

describe("train --profile", () => {
  it("prints where the time went", async () => {
    const plain = await run(train("--out", fresh(), "--json"), { trained: { profile: undefined } });
    expect(plain.asked.train?.profile).toBe(false);
    expect(JSON.parse(plain.out)).not.toHaveProperty("profile");
    const { out, asked } = await run(train("--out", fresh(), "--profile"), { trained: { profile: someProfile } });
    expect(asked.train?.profile).toBe(true);
    expect(out).toContain(`\n${someProfile}\n`);
    const json = await run(train("--out", fresh(), "--profile", "--json"), { trained: { profile: someProfile } });
    expect(JSON.parse(json.out).profile).toEqual(JSON.parse(JSON.stringify(someProfile)));
  });
});
