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
