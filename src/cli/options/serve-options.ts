/*
  The options of `serve`: of a server, not of whoever connects to one.
*/
import { optionGroup, type SettingsOf } from './reading/definition.js'
import { commonOptions } from './output-options.js'
import { choice, list, listeningPort, onOff, pairs, text } from './reading/readers.js'

export const serveOptions = {
  ...optionGroup('Server', {
    host: {
      flags: '--host <address>',
      help: 'address to listen on',
      reader: text,
      default: '127.0.0.1',
    },
    port: {
      flags: '--port <port>',
      help: 'port to listen on; 0 picks a free one',
      reader: listeningPort,
      default: '8848',
    },
    init: {
      flags: '--init <file.dos>',
      help: 'script to run as admin before anybody may connect',
      reader: text,
    },
    requireLogin: {
      flags: '--require-login',
      help: 'guests may do nothing but log in',
      reader: onOff,
    },
    tlsCert: {
      flags: '--tls-cert <file>',
      help: 'speak TLS alone, with this certificate (PEM)',
      reader: text,
    },
    tlsKey: {
      flags: '--tls-key <file>',
      help: 'the private key of that certificate, without a passphrase (PEM)',
      reader: text,
    },
    allowOrigin: {
      flags: '--allow-origin <origin,...>',
      help: 'web pages that may connect with WebSocket',
      reader: list,
    },
    newValuePartitions: {
      flags: '--new-value-partitions <what>',
      help: 'values without a VALUE partition: add one, skip the row, or fail',
      reader: choice('add', 'skip', 'fail'),
      default: 'add',
    },
    serverVersion: {
      flags: '--server-version <number>',
      help: 'be of this version, such as 1.30.22: refuse what came later',
      reader: text,
    },
    setting: {
      flags: '--setting <name=value>',
      help: 'a setting of dolphindb.cfg, such as maxPubConnections=0 (repeatable)',
      reader: pairs('NAME=VALUE'),
    },
    fault: {
      flags: '--fault <name[:n]>',
      help: 'refuse every n-th insert, as ChunkInRecovery, or forget sessions',
      reader: text,
    },
    discard: {
      flags: '--discard',
      help: 'count rows and forget them, for measurements',
      reader: onOff,
    },
  }),
  ...commonOptions,
}

/** Every option of `serve`, read. */
export type ServeSettings = SettingsOf<typeof serveOptions>
