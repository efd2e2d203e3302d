/*
  Sends requests as bytes, with flags, session ids and logins that `Session` does not allow.
*/
import type { ConnectionTrace } from '../client/trace.js'
import { ConnectionError } from '../errors.js'
import type { Socket } from '../platform/platform.js'
import { encodeRequest, type Request, type RequestHead } from '../protocol/request.js'
import { decodeResponse, type Response } from '../protocol/response.js'
import { ByteReader } from '../wire/byte-reader.js'
import { ByteWriter } from '../wire/byte-writer.js'

/** A connection that sends only the caller's requests: it neither connects a session nor logs in by itself. */
export interface RawExchange {
  /** Sends a request without waiting. @throws {ValueError} */
  readonly send: (head: Partial<RequestHead>, request: Request) => void
  /** Waits for the next answer. @throws {ConnectionError} @throws {ProtocolError} */
  readonly answer: () => Promise<Response>
  /** Sends a request and waits for the next answer. */
  readonly ask: (head: Partial<RequestHead>, request: Request) => Promise<Response>
  readonly end: () => void
}

/**
 * Uses a socket from `dial`. Every wait fails as soon as the socket fails.
 * @param trace  receives all messages, like the trace of a session
 * @param opening  the socket's event after which requests may be sent
 */
export function rawExchange(
  socket: Socket,
  trace?: ConnectionTrace,
  opening: 'connect' | 'secureConnect' = 'connect',
): RawExchange {
  const reader = new ByteReader()
  let endedHere = false
  let failure: ConnectionError | undefined
  let wake: () => void = () => undefined
  const stop = (error?: ConnectionError): void => {
    failure ??=
      error ?? new ConnectionError('DDB_CONNECTION_LOST', 'the server ended the connection')
    reader.end()
    wake()
  }
  socket.on('data', (chunk: Uint8Array) => {
    reader.push(chunk)
    wake()
  })
  // Sends nothing before the other end has proved its identity.
  if (opening === 'secureConnect') socket.cork()
  socket.once(opening, () => socket.uncork())
  socket.once('end', () => stop())
  socket.once('close', () => {
    stop()
    trace?.closed(endedHere ? undefined : failure)
  })
  socket.on('error', (error: Error) =>
    stop(new ConnectionError('DDB_CONNECTION_LOST', error.message, { cause: error })),
  )
  const send: RawExchange['send'] = (head, request) => {
    const writer = new ByteWriter()
    const whole = { ...usualHead, ...head }
    encodeRequest(writer, whole, request)
    let byteCount = 0
    for (const bytes of writer.take()) {
      byteCount += bytes.length
      socket.write(bytes)
    }
    trace?.sent(whole, request, byteCount)
  }
  const answer = async (): Promise<Response> => {
    const startBytes = reader.offsetBytes
    const decoding = decodeResponse(reader, { onMessage: text => trace?.printed(text) })
    for (;;) {
      const arrived = new Promise<void>(resolve => (wake = resolve))
      const isUntouched = reader.offsetBytes === startBytes && reader.available === 0
      if (failure !== undefined && isUntouched) throw failure
      const step = decoding.next()
      if (step.done === true) {
        trace?.received(step.value, reader.offsetBytes - startBytes)
        return step.value
      }
      if (failure !== undefined) throw failure
      await arrived
    }
  }
  return {
    send,
    answer,
    ask(head, request) {
      send(head, request)
      return answer()
    },
    end() {
      endedHere = true
      socket.destroy()
    },
  }
}

const usualHead: RequestHead = {
  protocol: 'API2',
  sessionId: '0',
  flags: 32,
  priority: 4,
  parallelism: 64,
}
