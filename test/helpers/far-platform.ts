/*
  A platform whose connections lead to this machine and say that they lead to another: what may leave for there can be
  seen without a second machine.
*/
import type { Platform } from '../../src/platform/platform.js'
import { systemPlatform } from '../../src/platform/system.js'

/** Of the addresses that documentation uses (RFC 5737). */
const farAddress = '192.0.2.7'

export const farPlatform: Platform = {
  ...systemPlatform,
  network: {
    ...systemPlatform.network,
    dial: (host, port, tls) =>
      Object.defineProperty(systemPlatform.network.dial(host, port, tls), 'remoteAddress', {
        value: farAddress,
      }),
  },
}
