/*
  The options of `load` about how rows travel and how they are known to have arrived.
*/
import { confirmations, type Confirmation } from '../../load/confirmations.js'
import { optionGroup } from './reading/definition.js'
import { choice, count, duration, rate, size } from './reading/readers.js'

/** Times in milliseconds, sizes in bytes. */
export const deliveryOptions = optionGroup('Delivery', {
  mode: {
    flags: '--mode <mode>',
    help: 'async or sync',
    reader: choice('async', 'sync'),
    defaultNote: 'async',
    field: 'delivery.mode',
  },
  confirm: {
    flags: '--confirm <how>',
    help: 'auto, none, count or receipts: how rows are known to have landed',
    reader: choice(...(Object.keys(confirmations) as Confirmation[])),
    defaultNote: 'auto',
    field: 'delivery.confirm',
  },
  confirmTimeout: {
    flags: '--confirm-timeout <time>',
    help: 'give a silent server up after this long without progress',
    reader: duration,
    defaultNote: '60s',
    field: 'delivery.confirmTimeoutMs',
  },
  batchRows: {
    flags: '-b, --batch-rows <n>',
    help: 'rows a request',
    reader: count(1),
    defaultNote: '10,000; DFS tables by bytes',
    field: 'delivery.batchRows',
  },
  batchBytes: {
    flags: '--batch-bytes <size>',
    help: 'bytes a request',
    reader: size,
    defaultNote: '4Mi; DFS tables 32Mi',
    field: 'delivery.batchBytes',
  },
  flushInterval: {
    flags: '--flush-interval <time>',
    help: 'send what stdin or --follow gave after this long',
    reader: duration,
    defaultNote: '1s',
    field: 'input.flushIntervalMs',
  },
  maxInFlight: {
    flags: '--max-in-flight <size>',
    help: 'bytes sent and not confirmed',
    reader: size,
    defaultNote: '32Mi',
    field: 'delivery.maxInFlightBytes',
  },
  connections: {
    flags: '-j, --connections <1>',
    help: 'sessions that send data: 1, and nothing else yet',
    reader: { ...count(1), expected: '1', read: texts => (texts.at(-1) === '1' ? 1 : undefined) },
    defaultNote: '1',
    field: 'delivery.connections',
  },
  retries: {
    flags: '--retries <n>',
    help: 'how often a batch is sent again; 0 also opens no lost connection',
    reader: count(0),
    defaultNote: '5',
    field: 'delivery.retries',
  },
  retryTimeout: {
    flags: '--retry-timeout <time>',
    help: 'how long a lost connection is tried to be opened again',
    reader: duration,
    defaultNote: '5m',
    field: 'delivery.retryTimeoutMs',
  },
  onDoubt: {
    flags: '--on-doubt <what>',
    help: 'report or resend uncertain batches',
    reader: choice('report', 'resend'),
    defaultNote: 'report',
    field: 'delivery.onDoubt',
  },
  verify: {
    flags: '--verify <how>',
    help: 'sample or all: read rows back and compare them',
    reader: choice('sample', 'all'),
    field: 'delivery.verify',
  },
  rateLimit: {
    flags: '--rate-limit <rate>',
    help: '50MB/s or 200krows/s',
    reader: rate,
    field: 'delivery.rateLimit',
  },
})
