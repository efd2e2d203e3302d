/*
  How a run finds out which rows arrived: the ways that a user can request, and the ways that a run may have used.
*/

/** How to find out which rows arrived; `auto` uses receipts if possible, otherwise counts. */
export type Confirmation = 'auto' | 'none' | 'count' | 'receipts'
/** How the run found out which rows arrived; `answers` in sync mode. */
export type ConfirmUsed = 'none' | 'count' | 'receipts' | 'answers'

/**
 * The ways of confirming that a user can request, in the order of the help. In sync mode, answers replace some of them.
 */
export const confirmations: Readonly<Record<Confirmation, { readonly asyncOnly: boolean }>> = {
  auto: { asyncOnly: false },
  none: { asyncOnly: false },
  count: { asyncOnly: true },
  receipts: { asyncOnly: true },
}

export const confirmationWords = {
  none: 'the server was not asked',
  count: 'confirmed by counting rows',
  receipts: 'confirmed by receipts',
  answers: "confirmed by the server's answers",
} as const satisfies Readonly<Record<ConfirmUsed, string>>

/** Properties of a confirmation; all code that depends on them asks here. */
export interface ConfirmationTraits {
  /** Whether the run learns the outcome of each single batch. It identifies the batch by its number. */
  readonly knowsBatches: boolean
  /** Whether only the ledger on the server has the outcome of a batch. */
  readonly needsLedger: boolean
  /** Whether unconfirmed rows are a cause for doubt; false if the run confirms no rows at all. */
  readonly leavesDoubt: boolean
}

const traits: Readonly<Record<ConfirmUsed, ConfirmationTraits>> = {
  none: { knowsBatches: false, needsLedger: false, leavesDoubt: false },
  count: { knowsBatches: false, needsLedger: false, leavesDoubt: true },
  receipts: { knowsBatches: true, needsLedger: true, leavesDoubt: true },
  answers: { knowsBatches: true, needsLedger: false, leavesDoubt: true },
}

const unknown: ConfirmationTraits = { knowsBatches: false, needsLedger: false, leavesDoubt: true }

/** @param how  undefined or `auto` before the choice; a damaged or edited journal may give any text */
export function traitsOf(how: Confirmation | ConfirmUsed | undefined): ConfirmationTraits {
  return how !== undefined && how !== 'auto' && Object.hasOwn(traits, how) ? traits[how] : unknown
}

/** Whether the run may learn the outcome of single batches. */
export function mayKnowBatches(how: Confirmation | ConfirmUsed | undefined): boolean {
  return how === undefined || how === 'auto' || traitsOf(how).knowsBatches
}
