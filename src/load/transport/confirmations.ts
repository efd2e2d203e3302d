/*
  The ways in which a run finds out what landed: those that may be asked for, and those that may have been used.
*/

/** How a run finds out what landed; `auto` takes receipts where they can be had, else counts. */
export type Confirmation = 'auto' | 'none' | 'count' | 'receipts'
/** How it was found out; `answers` in sync mode. */
export type ConfirmUsed = 'none' | 'count' | 'receipts' | 'answers'

/** What may be asked for, in the order of the help; in sync mode the server's answers take the place of some. */
export const confirmations: Readonly<Record<Confirmation, { readonly asyncOnly: boolean }>> = {
  auto: { asyncOnly: false },
  none: { asyncOnly: false },
  count: { asyncOnly: true },
  receipts: { asyncOnly: true },
}

/** How a summary says it. */
export const confirmationWords = {
  none: 'nothing was asked of the server',
  count: 'confirmed by counting rows',
  receipts: 'confirmed by receipts',
  answers: "confirmed by the server's answers",
} as const satisfies Readonly<Record<ConfirmUsed, string>>

/** What follows from how rows are confirmed; everything that depends on it asks here. */
export interface ConfirmationTraits {
  /** What became of each batch is known, under its number. */
  readonly knowsBatches: boolean
  /** Only the ledger on the server tells it. */
  readonly needsLedger: boolean
  /** Rows that are not confirmed are in doubt; where nothing is asked they are as they should be. */
  readonly leavesDoubt: boolean
}

const traits: Readonly<Record<ConfirmUsed, ConfirmationTraits>> = {
  none: { knowsBatches: false, needsLedger: false, leavesDoubt: false },
  count: { knowsBatches: false, needsLedger: false, leavesDoubt: true },
  receipts: { knowsBatches: true, needsLedger: true, leavesDoubt: true },
  answers: { knowsBatches: true, needsLedger: false, leavesDoubt: true },
}

const unknown: ConfirmationTraits = { knowsBatches: false, needsLedger: false, leavesDoubt: true }

/** @param how  undefined or `auto` before that is settled; a journal may say anything */
export function traitsOf(how: Confirmation | ConfirmUsed | undefined): ConfirmationTraits {
  return how !== undefined && how !== 'auto' && Object.hasOwn(traits, how) ? traits[how] : unknown
}

/** Whether it may turn out that single batches are known. */
export function mayKnowBatches(how: Confirmation | ConfirmUsed | undefined): boolean {
  return how === undefined || how === 'auto' || traitsOf(how).knowsBatches
}
