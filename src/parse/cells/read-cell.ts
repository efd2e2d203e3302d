/*
  What the readers of cells have in common: outcomes and arrays.
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
