/*
  Numbers of batches of a unit of a plan. Each follows from the place of its rows alone, so that every process gives the same rows
  the same number, in whichever order answers come (docs/decisions/0068).
*/

/** Numbers that a batch has for itself and its parts: halves of halves, down to single rows. */
const numbersEach = 2 ** 21

/** Rows of a batch whose parts have numbers. */
export const mostUnitBatchRows: number = numbersEach / 2

/** @param index  of the batch in its unit, from 1 */
export function unitBatchNo(index: number): number {
  return index * numbersEach + 1
}

/** Of both halves of what has a number. */
export function halfNos(no: number): readonly [number, number] {
  const place = no % numbersEach
  const left = no + place
  return [left, left + 1]
}
