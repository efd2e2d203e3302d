/* One end of a TCP connection, controlled by a test: it sends the given bytes unchanged and keeps all received bytes. */
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { once } from 'node:events'
import type { Response } from '../../src/protocol/response.js'
import { decodeResponse } from '../../src/protocol/response.js'
import { connectBytes } from './requests.js'
import { ByteReader } from '../../src/wire/byte-reader.js'

export class RawPeer {
  readonly socket: Socket
  readonly #reader: ByteReader = new ByteReader()
  readonly #chunks: Buffer[] = []
  #onChange: (() => void) | undefined
  #ended = false
  readonly messages: string[] = []

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#reader.push(chunk)
      this.#onChange?.()
    })
    const end = (): void => {
      this.#ended = true
      this.#onChange?.()
    }
    socket.on('error', end)
    socket.once('end', end)
    socket.once('close', end)
  }

  static async connect(port: number): Promise<RawPeer> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    return new RawPeer(socket)
  }

  /** Connects and opens a session. */
  static async connected(port: number): Promise<RawPeer> {
    const peer = await RawPeer.connect(port)
    await peer.ask(connectBytes)
    return peer
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  /** Resolves when the system has accepted the bytes. */
  write(...parts: readonly (string | Uint8Array)[]): Promise<void> {
    const bytes = Buffer.concat(parts.map(part => Buffer.from(part)))
    return new Promise(resolve => this.socket.write(bytes, () => resolve()))
  }

  /** Resolves when bytes arrive or the other end of the connection finishes. */
  async change(): Promise<void> {
    await new Promise<void>(resolve => (this.#onChange = resolve))
  }

  /** Sends requests. @returns the answer to the first one; `response` gives the others */
  async ask(...requests: readonly (string | Uint8Array)[]): Promise<Response> {
    await this.write(...requests)
    return this.response()
  }

  async response(): Promise<Response> {
    const decoding = decodeResponse(this.#reader, { onMessage: text => this.messages.push(text) })
    for (;;) {
      const step = decoding.next()
      if (step.done === true) return step.value
      if (this.#ended) this.#reader.end()
      else await this.change()
    }
  }

  /** Resolves with all received bytes once the other end has finished. */
  async ended(): Promise<Buffer> {
    while (!this.#ended) await this.change()
    return this.received
  }
}
