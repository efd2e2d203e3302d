/*
  Merges several sequences in the order in which values arrive. Asks a sequence for a value only after its previous value was taken.
*/

export type Merged<From, Value> =
  | { readonly kind: 'value'; readonly from: From; readonly value: Value }
  | { readonly kind: 'ended'; readonly from: From }
  | { readonly kind: 'failed'; readonly from: From; readonly error: unknown }

/** Each sequence is identified by a value of type `From`, for example a file. */
export interface Merge<From, Value> {
  /** Number of sequences that have not ended. */
  readonly size: number
  add(from: From, values: AsyncIterator<Value, void>): void
  /** The next value; undefined if `wake` was called and there is no value. One call at a time. */
  next(): Promise<Merged<From, Value> | undefined>
  /** Ends the running call of `next`. If none is running, the next call does not wait. */
  wake(): void
}

export function newMerge<From, Value>(): Merge<From, Value> {
  const sequences = new Map<From, AsyncIterator<Value, void>>()
  const come: Merged<From, Value>[] = []
  let taken: From | undefined
  let isAwake = false
  let wakeUp: (() => void) | undefined

  const wake = (): void => {
    isAwake = true
    wakeUp?.()
  }
  const arrived = (one: Merged<From, Value>): void => {
    come.push(one)
    wakeUp?.()
  }
  // With `Promise.race`, each call of `next` would add a listener to every waiting sequence.
  const ask = (from: From): void => {
    sequences
      .get(from)!
      .next()
      .then(
        ({ done, value }) =>
          arrived(done === true ? { kind: 'ended', from } : { kind: 'value', from, value }),
        (error: unknown) => arrived({ kind: 'failed', from, error }),
      )
  }
  return {
    get size() {
      return sequences.size
    },
    add(from, values) {
      sequences.set(from, values)
      ask(from)
    },
    async next() {
      if (taken !== undefined) ask(taken)
      taken = undefined
      if (come.length === 0 && !isAwake) await new Promise<void>(resolve => (wakeUp = resolve))
      wakeUp = undefined
      isAwake = false
      const first = come.shift()
      if (first?.kind === 'value') taken = first.from
      else if (first !== undefined) sequences.delete(first.from)
      return first
    },
    wake,
  }
}
