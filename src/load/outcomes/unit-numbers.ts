/*
  Batch numbers in a unit of a plan. The number of a batch depends only on the position of its rows, so all processes
  give the same rows the same number, in whatever order answers arrive (docs/decisions/0068).
*/

/** The range of numbers that each batch reserves: for itself, its halves, their halves, and so on down to single rows. */
const numbersEach = 2 ** 21

/** Row limit of a batch. If it had more rows, it could be divided into more parts than it has reserved numbers. */
export const mostUnitBatchRows: number = numbersEach / 2

/** @param index  of the batch in its unit, from 1 */
export function unitBatchNo(index: number): number {
  return index * numbersEach + 1
}

/**
 * The numbers of the two halves of part `no`.
 */
export function halfNos(no: number): readonly [number, number] {
  const place = no % numbersEach
  const left = no + place
  return [left, left + 1]
}
