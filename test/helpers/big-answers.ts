/*
  A server with more to say than a client that does not read takes.
*/
import { call, requestBytes } from './requests.js'
import { RawPeer } from './raw-peer.js'
import { startTinyServer, type TinyServer } from './tiny-server.js'

/** A server whose every script answers 1 MiB. */
export function startBigServer(): Promise<TinyServer> {
  const length = 262_144
  return startTinyServer({
    script: () => ({ form: 'vector', type: 'INT', length, data: new Int32Array(length) }),
  })
}

/** Scripts run so far. */
export function scriptsRun(server: TinyServer): number {
  return server.log.filter(line => line.startsWith('script ')).length
}

/** Another session's exchanges let the server do all it is willing to do. */
export async function exchangeMeanwhile(port: number, connectBytes: Buffer): Promise<void> {
  const other = await RawPeer.connect(port)
  for (let i = 0; i < 20; i++) {
    await other.write(i === 0 ? connectBytes : requestBytes(call('f')))
    await other.response()
  }
}
