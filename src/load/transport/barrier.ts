/*
  Finds out whether a server has received everything that was sent on a session. Even if the server is idle, bytes may
  still be on their way. Once it answers a question that was sent last, it has received everything.
*/
import type { Session } from '../../client/open-session.js'

/** A question sent after everything else. */
export interface Barrier {
  /**
   * The first call asks the server; nothing may be sent on the session after that.
   * @returns true once the server has read everything, or will read nothing more because the connection is lost; undefined for a
   *   session that is asynchronous throughout, which answers nothing
   */
  passed(): boolean | undefined
}

/** @param session  session on which data was sent */
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
