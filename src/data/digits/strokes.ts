/**
 * The shapes of the built-in digits: how people write them, several ways each, as the points that the pen passes.
 *
 * A shape is a text of points `x,y` in hundredths of a box (x to the right, y downwards; a digit fills about 20…80 by 0…100). The pen goes
 * through them on a smooth curve; `!` after a point makes it a corner, `/` lifts the pen.
 */

export interface StrokePoint {
  readonly x: number;
  readonly y: number;
  readonly corner: boolean;
}

/** One way to write a digit: the strokes, each from pen down to pen up. */
export interface Shape {
  readonly strokes: readonly (readonly StrokePoint[])[];
  /** How often this way is chosen, relative to the others of the digit. */
  readonly weight: number;
}

const shape = (weight: number, text: string): Shape => ({
  weight,
  strokes: text.split("/").map((stroke) =>
    stroke
      .trim()
      .split(/\s+/)
      .map((point) => {
        const [x, y] = point.replace("!", "").split(",").map(Number);
        return { x: x / 100, y: y / 100, corner: point.endsWith("!") };
      }),
  ),
});

/** The ways to write each digit, 0 to 9. */
export const shapes: readonly (readonly Shape[])[] = [
  [
    // A closed oval, begun at the top.
    shape(4, "55,1 30,13 20,50 32,90 53,99 74,85 80,50 70,12 48,2"),
    // Begun at the right shoulder, its end crossing the beginning.
    shape(3, "68,15 50,1 28,15 20,54 34,93 56,98 77,74 78,34 60,8 40,11"),
    // Rounder, not quite closed.
    shape(2, "44,3 22,24 19,62 40,96 64,94 81,62 77,24 52,4"),
  ],
  [
    shape(4, "50,0 50,34 50,67 50,100"),
    // With a short flag.
    shape(3, "34,20 46,12 56,0! 56,34 55,67 55,100"),
    // With a long flag.
    shape(2, "22,42 42,24 58,0! 58,34 57,67 57,100"),
    // With flag and foot.
    shape(2, "34,20 47,11 54,0! 54,34 53,67 53,98 / 32,99 54,98 76,99"),
    // A stroke with a bend at either end.
    shape(1, "42,6 50,1 54,14 52,50 50,86 54,97 62,94"),
  ],
  [
    // With a straight foot.
    shape(4, "24,25 34,7 54,0 73,11 75,33 60,58 42,78 22,98! 50,96 81,97"),
    // With a loop at the foot.
    shape(3, "26,22 41,3 64,3 76,22 68,48 50,72 33,92 21,93 22,80 36,78 54,90 68,97 82,88"),
    // With a wave for a foot.
    shape(2, "22,18 40,2 66,6 72,28 58,56 38,80 22,94! 38,88 58,98 80,91"),
    // Short neck, wide bow.
    shape(2, "28,12 48,1 70,10 76,32 64,54 42,74 24,96! 48,99 78,94"),
  ],
  [
    // Two bows that meet in a point.
    shape(4, "25,14 44,1 68,8 71,29 58,43 42,47! 62,50 78,66 74,88 50,100 23,90"),
    // Two bows joined by a small loop.
    shape(2, "26,10 48,0 70,12 68,32 50,45 40,46 44,52 64,53 78,70 70,92 46,100 22,88"),
    // With a flat top.
    shape(2, "26,3 50,4 74,2! 60,21 46,40! 66,46 78,66 72,89 49,100 23,91"),
    // One soft line.
    shape(2, "28,8 54,1 70,16 60,36 46,46 62,54 76,72 66,94 40,99 24,93"),
  ],
  [
    // Closed: down to the left, across, then the post.
    shape(3, "60,1 42,32 20,66! 50,67 84,65 / 61,2 61,34 61,67 60,100"),
    // Open: a corner and a long post.
    shape(4, "30,4 27,28 22,54! 48,56 80,53 / 67,10 66,40 65,70 64,100"),
    // A soft bowl with its post.
    shape(3, "26,4 23,30 32,49 52,50 72,40 / 75,4 73,36 70,68 68,100"),
    // In one line, the pen not lifted.
    shape(1, "32,4 26,28 21,56! 50,57 76,54! 70,34 68,8! 66,50 64,100"),
  ],
  [
    // The roof last.
    shape(4, "36,4 33,22 30,43! 48,36 68,41 78,62 70,88 46,100 22,91 / 36,4 54,4 76,2"),
    // From the roof on in one line.
    shape(3, "74,4 54,4 37,5! 33,24 31,42! 52,37 72,48 77,70 64,93 42,100 22,92"),
    // With a roof that stands off.
    shape(2, "34,10 31,28 29,46! 48,40 69,48 75,70 62,93 40,99 22,90 / 42,5 60,4 80,0"),
    // All in bends.
    shape(2, "73,6 52,2 38,10 33,28 36,42 56,43 73,56 72,82 52,98 24,94"),
  ],
  [
    // A bent back.
    shape(4, "68,2 46,16 29,42 24,70 34,94 54,99 72,86 73,66 56,54 36,62 26,78"),
    // A straight back.
    shape(3, "58,0 42,27 28,55 24,78 38,97 60,97 74,80 66,61 46,58 30,70"),
    // A wide bow that ends in a small belly.
    shape(2, "74,10 58,1 36,16 24,48 26,82 46,99 68,92 74,72 60,58 42,60 29,74"),
  ],
  [
    // Straight.
    shape(4, "22,4 50,4 79,3! 66,34 52,66 42,100"),
    // With a bar.
    shape(3, "21,5 50,4 78,3! 64,36 52,68 45,100 / 36,52 54,50 73,49"),
    // With a serif.
    shape(2, "23,20 23,4! 50,5 80,3! 62,36 52,66 48,100"),
    // A waved roof and a bent post.
    shape(3, "20,11 32,3 52,9 78,4! 62,30 51,60 49,100"),
    // Rounded, with a bar.
    shape(1, "22,8 48,2 72,6 74,20 60,48 50,74 44,100 / 34,54 54,51 72,52"),
  ],
  [
    // In one line, begun at the upper right.
    shape(4, "70,16 54,1 33,8 29,27 44,43 64,56 76,76 64,96 42,98 25,82 32,60 52,45 69,30 71,14"),
    // Two rings.
    shape(2, "50,1 33,10 31,32 49,45 68,33 67,11 50,1 / 50,45 29,58 24,80 48,100 74,82 70,58 50,45"),
    // In one line, left open at the top.
    shape(3, "74,8 54,3 34,12 34,32 52,46 72,64 72,88 50,100 28,88 28,66 48,47 66,32 78,12"),
    // Begun in the middle.
    shape(2, "50,47 32,32 34,9 54,0 70,13 66,34 48,48 28,66 28,90 50,100 72,90 74,66 54,49"),
  ],
  [
    // A straight post.
    shape(4, "73,16 56,2 34,9 25,30 36,48 56,46 70,30 75,8! 73,38 70,68 67,100"),
    // A post with a hook.
    shape(3, "74,20 58,2 36,8 27,30 40,48 60,42 74,20! 77,50 70,84 50,99 28,91"),
    // A ring and a leaning post.
    shape(2, "71,24 60,4 40,3 26,22 32,44 52,48 68,34 72,18 70,44 60,74 48,100"),
    // Angular, near to a closed 4.
    shape(1, "72,6 46,6 28,24 30,46 54,48 72,30! 72,6! 72,50 71,100"),
  ],
];
