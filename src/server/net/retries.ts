/*
  Detects repeated requests, so that the server runs each request only once. A client that reconnects gives each request
  its client id and a number. If it does not know whether the server ran a request, it repeats the request with the
  negated number (docs/protocol.md#high-availability).
*/
import type { RequestHead } from '../../protocol/request.js'
import type { Outcome } from './executor.js'

interface Latest {
  sequenceNumber: number
  outcome: Outcome
}

// Limit of remembered clients. A client id belongs to one connection object of a client program.
const keptClients = 1024

/** Remembers the latest numbered request of each client, across all connections of the server. */
export class Retries {
  /** Client id → its latest request. The least recently used client comes first. */
  readonly #latest = new Map<string, Latest>()

  /**
   * Runs a request once. Repeating a client's latest request gives the earlier outcome; repeating an older request
   * gives no value.
   */
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
      // Forgets the request if it fails, so that its client may repeat it. Keeps a later request of the client.
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
