/*
  Detects repeated requests, so that none is executed twice. Clients that reconnect give each request their id and a
  number. If they do not know whether a request was executed, they repeat it with the number negated
  (docs/protocol.md#high-availability).
*/
import type { RequestHead } from '../../protocol/request.js'
import type { Outcome } from './executor.js'

interface Latest {
  sequenceNumber: number
  outcome: Outcome
}

// How many clients to remember. A client id belongs to one connection object of a client program.
const keptClients = 1024

/** For each client that numbers its requests, the latest request on any connection of the server. */
export class Retries {
  /** Client id → its latest request; the least recently used client first. */
  readonly #latest = new Map<string, Latest>()

  /** Runs a request once, even if it comes on several connections. A repeated request gets its earlier outcome. */
  once(head: RequestHead, run: () => Outcome): Outcome {
    const { clientId } = head
    const sequenceNumber = Math.abs(head.sequenceNumber ?? 0)
    if (clientId === undefined || sequenceNumber === 0) return run()
    const latest = this.#latest.get(clientId)
    if (latest !== undefined && sequenceNumber <= latest.sequenceNumber) {
      return sequenceNumber === latest.sequenceNumber ? latest.outcome : undefined
    }
    const outcome = run()
    this.#keep(clientId, { sequenceNumber, outcome })
    if (outcome instanceof Promise) {
      // Forgets a failed request, which was not executed: its client may repeat it. A later request is kept.
      outcome.catch(() => {
        if (this.#latest.get(clientId)?.outcome === outcome) this.#latest.delete(clientId)
      })
    }
    return outcome
  }

  #keep(clientId: string, latest: Latest): void {
    this.#latest.delete(clientId)
    this.#latest.set(clientId, latest)
    if (this.#latest.size <= keptClients) return
    const [oldest] = this.#latest.keys()
    this.#latest.delete(oldest!)
  }
}
