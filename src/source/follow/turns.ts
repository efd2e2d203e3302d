/*
  One file at a time is read on, so that what waits in memory does not grow with the number of files that have grown.
*/

/** Given to one after the other, in the order in which they asked. */
export interface Turns {
  /** @returns false, without a turn, once `ended` is aborted */
  take(ended: AbortSignal): Promise<boolean>
  /** Gives the turn to whoever waits longest. */
  release(): void
}

/** Nobody has the turn. */
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
