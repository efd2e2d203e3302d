/*
  What the readers of cells have in common: outcomes, arrays, and the codes of ASCII characters.
*/
/** Arrays whose elements are JavaScript numbers. A value of 64 or 128 bits takes several, the lowest word first. */
export type NumberArray = Int8Array | Int16Array | Int32Array | Float32Array | Float64Array

/** The text is a value of the type. */
export const isRead = 0
/** The text is not a value. */
export const noValue = 1
/** The type cannot hold the value, or not without rounding. */
export const outOfRange = 2
/** The text is NaN or an infinity. */
export const notFinite = 3

export type Outcome = typeof isRead | typeof noValue | typeof outOfRange | typeof notFinite

/**
 * Reads a cell into `into`, from element `at` on. If the outcome is not `isRead`, these elements mean nothing.
 */
export type ReadCell = (
  bytes: Uint8Array,
  start: number,
  end: number,
  into: NumberArray,
  at: number,
) => Outcome

export const percent = 37
export const apostrophe = 39
export const plus = 43
export const comma = 44
export const minus = 45
export const point = 46
export const zero = 48
export const one = 49
export const nine = 57
export const colon = 58
/** In lower case: `byte | 0x20` is this letter in either case. */
export const letterE = 0x65
