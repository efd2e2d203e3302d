/*
  Batch numbers in a unit of a plan. Only the place of a batch's rows determines its number. So every process gives the
  same rows the same number, in whatever order answers come (docs/decisions/0068).
*/

/** How many numbers a batch reserves for itself, its halves, their halves, and so on down to single rows. */
const numbersEach = 2 ** 21

/** Row limit of a batch: a larger batch could have more parts than reserved numbers. */
export const mostUnitBatchRows: number = numbersEach / 2

/** @param index  of the batch in its unit, from 1 */
export function unitBatchNo(index: number): number {
  return index * numbersEach + 1
}

/** The numbers of the two halves of part `no`. */
export function halfNos(no: number): readonly [number, number] {
  const place = no % numbersEach
  const left = no + place
  return [left, left + 1]
}
