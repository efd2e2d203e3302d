/*
  Determines whether a server has received everything that was sent on a session. An idle server does not prove that, because
  bytes may still be in transit. The answer to a query that was sent last does prove it.
*/
import type { Session } from '../../client/open-session.js'

export interface Barrier {
  /**
   * The first call sends the query. After that call, nothing else may be sent on the session.
   * @returns true once the server has read everything, or will read nothing more because the connection is lost; undefined for a
   *   purely asynchronous session, on which the server never answers
   */
  passed(): boolean | undefined
}

export function newBarrier(session: Session): Barrier {
  let state: 'unasked' | 'asked' | 'passed' = 'unasked'
  return {
    passed() {
      if (session.enableAsync) return undefined
      if (state === 'unasked') {
        state = 'asked'
        const pass = (): void => void (state = 'passed')
        // Even a refusal proves that the server has read everything before the query.
        session.run('1').then(pass, pass)
      }
      return state === 'passed'
    },
  }
}
