/* A TCP proxy that changes bytes on their way, so that a server appears to behave differently. */
import type { Test } from 'tap'
import { startProxy } from './proxies.js'

/** Changes one chunk, as latin1 text of the same length; `sent` is everything that the client has sent so far. */
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

/** Replaces `from` by `to`. Pads `to` with blanks, because headers contain lengths. */
export function instead(from: string, to: string): (chunk: string) => string {
  if (to.length > from.length) throw new Error(`${to} is longer than ${from}`)
  return chunk => chunk.replaceAll(from, to.padEnd(from.length))
}

/** Applies several rewrites one after another. */
export const each =
  (...rewrites: readonly Rewrite[]): Rewrite =>
  (chunk, sent) =>
    rewrites.reduce((text, rewrite) => rewrite(text, sent), chunk)

/** Rewrites only the answers to requests that end with this text. */
export const answering =
  (request: string, rewrite: Rewrite): Rewrite =>
  (chunk, sent) =>
    sent.endsWith(request) ? rewrite(chunk, sent) : chunk

/** A scalar INT in an answer, including the bytes of its type and form. */
export const intBytes = (value: number): string => `\x04\0${int32Bytes(value)}`

/** A scalar LONG, including the bytes of its type and form. */
export const longBytes = (value: number): string =>
  `\x05\0${Buffer.from(BigInt64Array.of(BigInt(value)).buffer).toString('latin1')}`

/** The four bytes of an INT in a column. */
export const int32Bytes = (value: number): string =>
  Buffer.from(Int32Array.of(value).buffer).toString('latin1')
