/** Basins of attraction: against closed forms, against single descents, at the edges. */
import { adam, basins, gd, minimize, momentum, SteepestError, trace } from "steepest";
import { describe, expect, it } from "vitest";

const himmelblau = "(x^2+y-11)^2 + (x+y^2-7)^2";

describe("basins", () => {
  it("of two wells are the two half planes, for rates that never step across", async () => {
    const map = await basins("(x^2 - 1)^2 + y^2", {
      window: { x: [-2, 2], y: [-1, 1] },
      optimizer: gd({ learningRate: 0.05 }),
      size: [40, 10],
    });
    expect(map).toMatchObject({ columns: 40, rows: 10, names: ["x", "y"], diverged: 0, underWay: 0, x: [-2, 2], y: [-1, 1] });
    expect(map.minima.map(({ point, share, isInWindow }) => [Math.round(point.x), share, isInWindow])).toEqual([
      [-1, 0.5, true],
      [1, 0.5, true],
    ]);
    const left = map.minima.findIndex(({ point }) => point.x < 0);
    map.reached.forEach((to, i) => {
      expect(to === left).toBe(i % 40 < 20);
    });
    expect(map.diagnosis).toBe("Of 40 × 10 starts 100 % arrive at 2 minima.");
  });

  it("end at the edge of divergence: x ← x − 0.4x³ runs away where x² > 5", async () => {
    // Near the edge it takes some steps to run away; the cells' middles lie 0.02 and more from √5.
    const map = await basins("x^4 + y^4", {
      window: [
        [-3, 3],
        [-3, 3],
      ],
      optimizer: gd({ learningRate: 0.1 }),
      size: 30,
    });
    const middle = (k: number) => -3 + 0.2 * (k + 0.5);
    map.reached.forEach((to, i) => {
      const [x, y] = [middle(i % 30), middle(Math.floor(i / 30))];
      expect(to).toBe(Math.max(x * x, y * y) > 5 ? -1 : 0);
    });
    expect(map.diverged).toBeCloseTo(1 - (22 / 30) ** 2, 12);
    expect(map.diagnosis).toContain("diverge");
  });

  it.each([
    ["gd", gd({ learningRate: 0.01 })],
    ["momentum", momentum({ learningRate: 0.004 })],
    ["adam", adam({ learningRate: 0.1 })],
  ])("are the ends of minimize, in as many steps, piece by piece: %s", async (_, optimizer) => {
    const [columns, rows] = [90, 50];
    const map = await basins(himmelblau, { window: { x: [-5, 5], y: [-4, 4] }, optimizer, size: [columns, rows], steps: 150 });
    for (const cell of [0, 89, 1234, 4095, 4096, 4499]) {
      const start = { x: -5 + (10 * ((cell % columns) + 0.5)) / columns, y: -4 + (8 * (Math.floor(cell / columns) + 0.5)) / rows };
      const { solution, steps } = minimize(himmelblau, start, { optimizer, steps: 150 });
      expect(map.steps[cell]).toBe(steps);
      const nearest = map.minima.findIndex(({ point }) => Math.hypot(point.x - solution.x, point.y - solution.y) < 0.3);
      expect(map.reached[cell]).toBe(nearest < 0 ? -2 : nearest);
    }
    expect(map.minima.length).toBe(4);
    expect(map.minima.reduce((sum, { share }) => sum + share, map.diverged + map.underWay)).toBeCloseTo(1, 12);
  });

  it("of a minimum outside the window are found by the descents", async () => {
    const map = await basins("(x - 3)^2 + y^2", {
      window: [
        [-1, 1],
        [-1, 1],
      ],
      optimizer: gd({ learningRate: 0.3 }),
      size: 9,
    });
    expect(map.critical.points).toEqual([]);
    expect(map.minima.length).toBe(1);
    expect(map.minima[0]).toMatchObject({ share: 1, isInWindow: false, point: [expect.closeTo(3, 5), expect.closeTo(0, 5)] });
  });

  it("of a valley are one, wherever in it a descent ends", async () => {
    const map = await basins("(x - y)^2", {
      window: [
        [-2, 2],
        [-1, 3],
      ],
      optimizer: gd({ learningRate: 0.1 }),
      size: 21,
    });
    expect(map.minima.map(({ share }) => share)).toEqual([1]);
  });

  it("are none of a saddle, though descents on its ridge end there", async () => {
    // The middle row starts at y = 0 and stays there.
    const map = await basins("x^2 - y^2", {
      window: [
        [-2, 2],
        [-2, 2],
      ],
      optimizer: gd({ learningRate: 0.2 }),
      size: 5,
      steps: 50,
    });
    expect(map.minima).toEqual([]);
    expect([...map.reached.slice(10, 15)]).toEqual([-2, -2, -2, -2, -2]);
    // The others double and more every third step: far out, and below all that is in the window.
    expect(map.diagnosis).toBe("None of 5 × 5 starts has arrived at a minimum within 50 steps.");
  });

  it("are the same again, from a traced function too, and can be watched and ended", async () => {
    const window = [
      [-5, 5],
      [-5, 5],
    ] as const;
    const seen: number[] = [];
    const options = { window, optimizer: gd({ learningRate: 0.01 }), size: 70 };
    const first = await basins(himmelblau, { ...options, onProgress: ({ done, starts }) => seen.push(done / starts) });
    const again = await basins(trace(himmelblau, [0, 0]), options);
    expect(again.reached).toEqual(first.reached);
    expect(again.steps).toEqual(first.steps);
    expect(seen).toEqual([4096 / 4900, 1]);
    const abort = new AbortController();
    const ended = basins(himmelblau, { ...options, signal: abort.signal, onProgress: () => abort.abort(new Error("enough")) });
    await expect(ended).rejects.toThrow("enough");
  });

  it("refuse what they cannot draw", async () => {
    await expect(basins("x + y + z", { window: JSON.parse("[[0,1],[0,1],[0,1]]") })).rejects.toThrow(/two variables/);
    await expect(basins("x + y", { window: JSON.parse("[[0,1],[1,0]]") })).rejects.toThrow(SteepestError);
    for (const size of [0, 1.5, 5000])
      await expect(
        basins("x^2 + y^2", {
          window: [
            [0, 1],
            [0, 1],
          ],
          size,
        }),
      ).rejects.toThrow(/size/);
    await expect(basins("x^2 + y^2", JSON.parse('{"window": [[0,1],[0,1]], "lr": 1}'))).rejects.toThrow(/no option "lr"/);
  });
});
