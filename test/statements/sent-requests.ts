/* Records the requests of clients in this process. The bytes are recorded where they leave the client, so nothing depends on what a command
   reports about itself. */
import { systemPlatform } from '../../src/platform/system-files.js'
import type { Network } from '../../src/platform/platform.js'
import { decodeRequest, type Request, type RequestHead } from '../../src/protocol/request.js'
import { runDecoder, readerOf } from '../helpers/decoding.js'

export interface SentRequest {
  readonly head: RequestHead
  readonly request: Request
}

/** Returns the requests since the last call. */
export type Recorder = () => SentRequest[]

/** Records from now on until the process ends. */
export function recordRequests(): Recorder {
  const network = systemPlatform.network as { dial: Network['dial'] }
  const { dial } = network
  let connections: Uint8Array[][] = []
  network.dial = (host, port, tls) => {
    const socket = dial(host, port, tls)
    const sent: Uint8Array[] = []
    connections.push(sent)
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
    // Copies the bytes, because the session reuses its arrays once they are sent.
    const recording = (chunk: Uint8Array, ...rest: unknown[]): boolean => {
      sent.push(Uint8Array.from(chunk))
      return write(chunk, ...rest)
    }
    return Object.assign(socket, { write: recording })
  }
  return () => {
    const requests = connections.flatMap(requestsIn)
    connections = []
    return requests
  }
}

/** Ignores the end of the stream, because a broken connection may end inside a request. */
function requestsIn(chunks: readonly Uint8Array[]): SentRequest[] {
  const reader = readerOf(...chunks)
  const requests: SentRequest[] = []
  try {
    for (;;) {
      const next = runDecoder(decodeRequest(reader))
      if (next === undefined) return requests
      requests.push(next)
    }
  } catch {
    return requests
  }
}
