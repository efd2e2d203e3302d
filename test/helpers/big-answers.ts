/*
  A server with answers larger than all buffers between the server and a client that does not read.
*/
import { call, requestBytes } from './requests.js'
import { RawPeer } from './raw-peer.js'
import { startTinyServer, type TinyServer } from './tiny-server.js'

/** A server whose every script returns 1 MiB. */
export function startBigServer(): Promise<TinyServer> {
  const length = 262_144
  return startTinyServer({
    script: () => ({ form: 'vector', type: 'INT', length, data: new Int32Array(length) }),
  })
}

export function scriptsRun(server: TinyServer): number {
  return server.log.filter(line => line.startsWith('script ')).length
}

/** Exchanges requests on a second session while the server is busy with a client that does not read. */
export async function exchangeMeanwhile(port: number, connectBytes: Buffer): Promise<void> {
  const other = await RawPeer.connect(port)
  for (let i = 0; i < 20; i++) {
    await other.ask(i === 0 ? connectBytes : requestBytes(call('f')))
  }
}
