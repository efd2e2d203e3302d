/*
  Lets the run read only one file at a time, so that memory does not grow with the number of files.
*/

/** Grants turns in the order of requests. */
export interface Turns {
  /** Waits for a turn. Returns false if `ended` is aborted first. */
  take(ended: AbortSignal): Promise<boolean>
  /** Passes the turn to the longest waiting request. */
  release(): void
}

export function newTurns(): Turns {
  let isTaken = false
  const waiting = new Set<() => void>()
  return {
    take(ended) {
      if (ended.aborted) return Promise.resolve(false)
      if (!isTaken) {
        isTaken = true
        return Promise.resolve(true)
      }
      return new Promise(resolve => {
        const settle = (isMine: boolean): void => {
          waiting.delete(begin)
          ended.removeEventListener('abort', leave)
          resolve(isMine)
        }
        const begin = (): void => settle(true)
        const leave = (): void => settle(false)
        waiting.add(begin)
        ended.addEventListener('abort', leave)
      })
    },
    release() {
      const [next] = waiting
      if (next === undefined) isTaken = false
      else next()
    },
  }
}
