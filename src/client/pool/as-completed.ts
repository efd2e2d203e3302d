/*
  Results of several promises, in the order in which they arrive.
*/

/**
 * Yields each result as soon as it is there (Python's as_completed). If a promise fails, the iteration throws the
 * failure. After that, or if the caller stops early, the remaining promises cause no unhandled rejection.
 */
export function asCompleted<T>(
  promises: Iterable<PromiseLike<T>>,
): AsyncGenerator<Awaited<T>, void, void> {
  const done: PromiseSettledResult<Awaited<T>>[] = []
  let onDone: (() => void) | undefined
  const note = (outcome: PromiseSettledResult<Awaited<T>>): void => {
    done.push(outcome)
    onDone?.()
  }
  let left = 0
  for (const promise of promises) {
    left++
    Promise.resolve(promise).then(
      value => note({ status: 'fulfilled', value }),
      (reason: unknown) => note({ status: 'rejected', reason }),
    )
  }
  return (async function* () {
    for (; left > 0; left--) {
      if (done.length === 0) await new Promise<void>(resolve => (onDone = resolve))
      const outcome = done.shift()!
      if (outcome.status === 'rejected') throw outcome.reason
      yield outcome.value
    }
  })()
}
