/*
  A TCP proxy that changes bytes on their way, so that a server seems to behave otherwise.
*/
import type { Test } from 'tap'
import { startProxy } from './proxied.js'

/** Changes one chunk, as latin1 text of the same length; `sent` is all that the client has sent before. */
export type Rewrite = (chunk: string, sent: string) => string

export interface Rewrites {
  readonly toServer?: Rewrite
  readonly toClient?: Rewrite
}

/** @returns its port */
export async function startRewritingProxy(
  t: Test,
  serverPort: number,
  { toServer = same, toClient = same }: Rewrites,
): Promise<number> {
  const { port } = await startProxy(
    t,
    () => serverPort,
    (client, server) => {
      let sent = ''
      client.on('data', (chunk: Buffer) => {
        const text = chunk.toString('latin1')
        sent += text
        server.write(Buffer.from(toServer(text, sent), 'latin1'))
      })
      server.on('data', (chunk: Buffer) => {
        client.write(Buffer.from(toClient(chunk.toString('latin1'), sent), 'latin1'))
      })
      client.on('end', () => server.end())
      server.on('end', () => client.end())
      client.on('close', () => server.destroy())
      server.on('close', () => client.destroy())
    },
  )
  return port
}

const same: Rewrite = chunk => chunk

/** Puts `to` in the place of `from`, filled up with blanks: lengths stand in headers. */
export function instead(from: string, to: string): (chunk: string) => string {
  if (to.length > from.length) throw new Error(`${to} is longer than ${from}`)
  return chunk => chunk.replaceAll(from, to.padEnd(from.length))
}

/** One rewrite after the other. */
export const each =
  (...rewrites: readonly Rewrite[]): Rewrite =>
  (chunk, sent) =>
    rewrites.reduce((text, rewrite) => rewrite(text, sent), chunk)

/** A rewrite of answers to requests that end like this. */
export const answering =
  (request: string, rewrite: Rewrite): Rewrite =>
  (chunk, sent) =>
    sent.endsWith(request) ? rewrite(chunk, sent) : chunk

/** A scalar INT and what stands in front of it, as bytes of an answer. */
export const intBytes = (value: number): string => `\x04\0${int32Bytes(value)}`

/** The same of a scalar LONG. */
export const longBytes = (value: number): string =>
  `\x05\0${Buffer.from(BigInt64Array.of(BigInt(value)).buffer).toString('latin1')}`

/** Four bytes, as they stand in columns. */
export const int32Bytes = (value: number): string =>
  Buffer.from(Int32Array.of(value).buffer).toString('latin1')
