"""Makes src/compiler/loops/math/coefficients.ts: minimax polynomials by Remez exchange in 60 digits.

    python3 scripts/minimax.py > src/compiler/loops/math/coefficients.ts

Each entry approximates `target` on [a, b] with the error multiplied by `weight`, so that what is made small is the
relative error of the whole function. Prints the largest weighted error to stderr. Needs mpmath and numpy.
"""
import sys
import numpy as np
from mpmath import mp, mpf

mp.dps = 60


def remez(target, weight, a, b, degree, rounds=14):
    a, b = mpf(a), mpf(b)
    count = degree + 2
    # Interior and a little off centre: the weight may vanish at an end or in the middle.
    nodes = [(a + b) / 2 - (b - a) / 2 * (mp.cos(mp.pi * (i + mpf(1) / 2) / count) + mpf("0.003")) for i in range(count)]
    samples = max(200, 12 * count)
    grid = [(a + b) / 2 - (b - a) / 2 * mp.cos(mp.pi * (i + mpf(1) / 2) / samples) for i in range(samples)]
    grid = sorted(set([a, b] + grid))
    f = [target(x) for x in grid]
    w = [weight(x) for x in grid]
    for _ in range(rounds):
        # In the scaled variable the equations stay well conditioned.
        rows = mp.matrix(count, count)
        right = mp.matrix(count, 1)
        for i, x in enumerate(nodes):
            for j in range(degree + 1):
                rows[i, j] = x ** j
            rows[i, degree + 1] = (-1) ** i / weight(x)
            right[i] = target(x)
        solution = mp.lu_solve(rows, right)
        coefficients = [solution[j] for j in range(degree + 1)]
        error = [w[i] * (f[i] - mp.polyval(coefficients[::-1], x)) for i, x in enumerate(grid)]
        # One extremum per run of equal sign.
        extrema = []
        for i, e in enumerate(error):
            if extrema and (e > 0) == (error[extrema[-1]] > 0):
                if abs(e) > abs(error[extrema[-1]]):
                    extrema[-1] = i
            else:
                extrema.append(i)
        while len(extrema) > count:
            extrema.pop(0 if abs(error[extrema[0]]) < abs(error[extrema[-1]]) else -1)
        worst = max(abs(e) for e in error)
        if len(extrema) < count:
            break
        nodes = [grid[i] for i in extrema]
        if worst < abs(solution[degree + 1]) * mpf("1.0005"):
            break
    return coefficients, worst


def near_zero(f, series):
    """Takes the power series where the closed form cancels."""
    return lambda x: mp.polyval(series[::-1], x) if abs(x) < mpf("1e-8") else f(x)


def root(f):
    return lambda z: f(mp.sqrt(z))


F = mp.factorial
exp_tail = near_zero(lambda r: (mp.expm1(r) - r) / r**2, [1 / F(k + 2) for k in range(6)])
log_tail = near_zero(root(lambda s: (2 * mp.atanh(s) / s - 2) / s**2), [mpf(2) / (2 * k + 3) for k in range(6)])
sin_tail = near_zero(root(lambda x: (mp.sin(x) - x) / x**3), [(-1) ** (k + 1) / F(2 * k + 3) for k in range(6)])
cos_tail = near_zero(root(lambda x: (mp.cos(x) - 1 + x * x / 2) / x**4), [(-1) ** k / F(2 * k + 4) for k in range(6)])
tanh_tail = near_zero(root(lambda x: (mp.tanh(x) - x) / x**3), [mpf(-1) / 3, mpf(2) / 15, mpf(-17) / 315, mpf(62) / 2835])
atan_tail = near_zero(root(lambda x: (mp.atan(x) - x) / x**3), [mpf((-1) ** (k + 1)) / (2 * k + 3) for k in range(6)])
erf_tail = near_zero(
    root(lambda x: mp.erf(x) / x - 1), [2 / mp.sqrt(mp.pi) * (-1) ** k / F(k) / (2 * k + 1) - (1 if k == 0 else 0) for k in range(6)]
)
half_ln2 = mp.log(2) / 2 * mpf("1.0001")
s_max = (mp.sqrt(2) - 1) / (mp.sqrt(2) + 1) * mpf("1.0001")
quarter_pi = mp.pi / 4 * mpf("1.0001")
eighth = mp.tan(mp.pi / 8) * mpf("1.0001")


def unit(f):
    """The weight z·1/(f(x)/x) of a tail z·P(z) relative to f, in z = x²."""
    return lambda z: z / (f(mp.sqrt(z)) / mp.sqrt(z)) if z > mpf("1e-20") else z


jobs = [
    # name, doc, target, weight, a, b, degree f32, degree f64, and for f32 and f64 the end b where it differs
    ("exp", "exp(r) = 1 + r + r²·P(r), |r| ≤ ln 2 / 2", exp_tail, lambda r: r * r / mp.exp(r), -half_ln2, half_ln2, 4, 9),
    ("expm1", "exp(r) − 1 = r + r²·P(r), |r| ≤ ln 2 / 2", exp_tail, lambda r: r if abs(r) < 1e-9 else r * r / mp.expm1(r), -half_ln2, half_ln2, 5, 10),
    ("log", "2·atanh(s) = 2s + s·z·P(z), z = s², |s| ≤ (√2 − 1)/(√2 + 1)", log_tail, lambda z: z / 2, 0, s_max**2, 2, 6),
    ("log5", "2·atanh(s) = 2s + (2/3)·s³ + s⁵·P(z), z = s²", near_zero(lambda z: (log_tail(z) - mpf(2) / 3) / z, [mpf(2) / (2 * k + 5) for k in range(6)]), lambda z: z * z / 2, 0, s_max**2, None, 6),
    ("sin", "sin x = x + x·z·P(z), z = x², |x| ≤ π/4", sin_tail, unit(mp.sin), 0, quarter_pi**2, 2, 5),
    ("cos", "cos x = 1 − z/2 + z²·P(z), z = x², |x| ≤ π/4", cos_tail, lambda z: z * z / mp.cos(mp.sqrt(z)), 0, quarter_pi**2, 2, 5),
    ("tanh", "tanh x = x + x·z·P(z), z = x², |x| ≤ 0.625", tanh_tail, unit(mp.tanh), 0, mpf("0.625") ** 2, 4, 11),
    ("atan", "atan t = t + t·z·P(z), z = t², |t| ≤ tan(π/8)", atan_tail, unit(mp.atan), 0, eighth**2, 4, 10),
    ("erf", "erf x = x + x·P(z), z = x², |x| ≤ 1", erf_tail, lambda z: 1 / (1 + erf_tail(z)), 0, 1, 6, 11),
]


def erfc_job():
    return lambda u: mp.log(mp.erfc(1 + u)), lambda u: mp.erfc(1 + u) / mp.erf(1 + u)


def rounded(values, dtype):
    return [repr(float(np.float32(float(v)))) if dtype == "f32" else repr(float(v)) for v in values]


def table(name, doc, entries):
    print(f"  /** {doc}. */")
    print(f"  {name}: {{")
    for dtype, (coefficients, worst) in entries.items():
        print(f"{name:6} {dtype} degree {len(coefficients) - 1:2}: 2^{float(mp.log(worst, 2)):.1f}", file=sys.stderr)
        line = f"    {dtype}: [{', '.join(rounded(coefficients, dtype))}],"
        if len(line) <= 140:
            print(line)
        else:
            print(f"    {dtype}: [")
            for value in rounded(coefficients, dtype):
                print(f"      {value},")
            print("    ],")
    print("  },")


print("/**\n * Minimax polynomials of the elementary functions, lowest power first. Made by scripts/minimax.py (Remez exchange in 60 digits);\n * do not edit by hand.\n */")
print("export const coefficients = {")
for name, doc, target, weight, a, b, d32, d64 in jobs:
    entries = {}
    if d32 is not None:
        entries["f32"] = remez(target, weight, a, b, d32)
    entries["f64"] = remez(target, weight, a, b, d64)
    table(name, doc, entries)
entries = {}
for dtype, end, degree in (("f32", 4, 6), ("f64", 6, 26)):
    entries[dtype] = remez(*erfc_job(), 0, end - 1, degree)
table("erfc", "erfc a = exp P(u), 1 ≤ a ≤ 4 in f32, 6 in f64; u = a − 1, so that the error is least where e^P matters most", entries)
print("} as const;")
