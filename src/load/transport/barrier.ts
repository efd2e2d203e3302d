/*
  Whether a server has taken everything that was sent on a session. Bytes that are still on the way belong to no job, so
  a server that has nothing to do may yet get more; an answer to a question behind them says that nothing is left.
*/
import type { Session } from '../../client/open-session.js'

/** A question behind everything that was sent. */
export interface Barrier {
  /**
   * Asks when it is called for the first time; nothing may be sent after that.
   *
   * @returns true once the server has taken all, or will take nothing more from a connection that is lost; undefined for
   *   a session that is asynchronous throughout, as it answers nothing
   */
  passed(): boolean | undefined
}

/** @param session  that data went out on */
export function newBarrier(session: Session): Barrier {
  let state: 'unasked' | 'asked' | 'passed' = 'unasked'
  return {
    passed() {
      if (session.enableAsync) return undefined
      if (state === 'unasked') {
        state = 'asked'
        const pass = (): void => void (state = 'passed')
        // A refusal is an answer, too.
        session.run('1').then(pass, pass)
      }
      return state === 'passed'
    },
  }
}
