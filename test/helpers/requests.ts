/* Requests for tests, encoded by the codec. */
import { Buffer } from 'node:buffer'
import type { Request, RequestHead } from '../../src/protocol/request.js'
import { encodeRequest } from '../../src/protocol/request.js'
import type { Value } from '../../src/protocol/value.js'
import { bytesBy } from './decoding.js'

export const firstSessionId = '1000000001'

const head: RequestHead = {
  protocol: 'API2',
  sessionId: firstSessionId,
  flags: 32,
  priority: 4,
  parallelism: 64,
  fetchSize: 0,
}

export const requestBytes = (request: Request, changes: Partial<RequestHead> = {}): Buffer =>
  bytesBy(writer => encodeRequest(writer, { ...head, ...changes }, request))

export const connectBytes: Buffer = Buffer.from('API 0 8 / 32_1_4_2\nconnect\n')

export const asynchronous: Partial<RequestHead> = { flags: 36 }

export const script = (code: string): Request => ({ kind: 'script', script: code })

export const call = (name: string, ...args: Value[]): Request => ({ kind: 'function', name, args })
