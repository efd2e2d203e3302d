/*
  The ways to confirm rows, that is, to learn which rows arrived.
*/

/** How to learn which rows arrived. `auto` uses answers in sync mode, and receipts in async mode. */
export type Confirmation = 'auto' | 'none'
/** How the run learned which rows arrived; `answers` in sync mode. */
export type ConfirmUsed = 'none' | 'receipts' | 'answers'

/** The confirmations that a user can request, in the order of the help. */
export const confirmations: readonly Confirmation[] = ['auto', 'none']

export const confirmationWords = {
  none: 'the server was not asked',
  receipts: 'confirmed by receipts',
  answers: "confirmed by the server's answers",
} as const satisfies Readonly<Record<ConfirmUsed, string>>

/** Properties of a confirmation. All code that depends on the confirmation uses them. */
export interface ConfirmationTraits {
  /** Whether the run learns the outcome of each single batch, by the number of the batch. */
  readonly knowsBatches: boolean
  /** Whether only the ledger (the server-side table of receipts) has the outcome of a batch. */
  readonly needsLedger: boolean
  /** Whether unconfirmed rows are a reason for doubt. False if the run confirms no rows at all. */
  readonly leavesDoubt: boolean
}

const traits: Readonly<Record<ConfirmUsed, ConfirmationTraits>> = {
  none: { knowsBatches: false, needsLedger: false, leavesDoubt: false },
  receipts: { knowsBatches: true, needsLedger: true, leavesDoubt: true },
  answers: { knowsBatches: true, needsLedger: false, leavesDoubt: true },
}

const unknown: ConfirmationTraits = { knowsBatches: false, needsLedger: false, leavesDoubt: true }

/** @param how  undefined or `auto` before the choice; any text if the journal is damaged or was edited */
export function traitsOf(how: Confirmation | ConfirmUsed | undefined): ConfirmationTraits {
  return how !== undefined && how !== 'auto' && Object.hasOwn(traits, how) ? traits[how] : unknown
}

/** Also true before the choice, if the run may still learn the outcome of single batches. */
export function mayKnowBatches(how: Confirmation | ConfirmUsed | undefined): boolean {
  return how === undefined || how === 'auto' || traitsOf(how).knowsBatches
}
