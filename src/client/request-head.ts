/*
  Header lines as the official C++ client writes them (docs/protocol.md#header-fields), such as `32_1_4_64__0`.
*/
import type { RequestHead } from '../protocol/request.js'
import { defaultParallelism, defaultPriority, requestFlags } from '../protocol/request.js'
import type { RunOptions } from './session-options.js'

/** `API 0 8 / 32_1_4_2`. The first number, the flags, grows by 4 with `async`, by 64 with `compress`. */
export function connectHead(async: boolean, compress: boolean = false): RequestHead {
  return {
    protocol: 'API',
    sessionId: '0',
    flags:
      requestFlags.apiClient |
      (async ? requestFlags.async : 0) |
      (compress ? requestFlags.compress : 0),
    cancellable: true,
    priority: defaultPriority,
    parallelism: 2,
  }
}

/** `API2 <sid> <n> / 32_1_4_64__0`. The flags (32) grow by 4 with `async`, by 64 with `compress`. */
export function requestHead(
  sessionId: string,
  async: boolean,
  options: RunOptions,
  compress: boolean = false,
): RequestHead {
  return {
    protocol: 'API2',
    sessionId,
    flags:
      requestFlags.apiClient |
      (async ? requestFlags.async : 0) |
      (compress ? requestFlags.compress : 0) |
      (options.clearMemory === true ? requestFlags.clearMemory : 0) |
      (options.urgent === true ? requestFlags.urgent : 0),
    cancellable: true,
    priority: options.priority ?? defaultPriority,
    parallelism: options.parallelism ?? defaultParallelism,
    fetchSize: options.fetchSize ?? 0,
  }
}
