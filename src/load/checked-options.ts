/*
  Checks a run's options and fills in the defaults, before anything is opened.
*/
import { option, usageError } from '../errors.js'
import type { Random } from '../platform/platform.js'
import {
  defaultMaxErrors,
  deliveryDefaults,
  dfsBatch,
  mostRecordBytes,
  smallBatch,
  tableBatch,
} from './defaults.js'
import { confirmations } from './transport/confirmations.js'
import { checkRunId } from './register/table-names.js'
import { templateNames } from '../schema/template.js'
import { isInputWord } from '../schema/set-columns.js'
import { newPathReader } from '../source/path/input-texts.js'
import type { Confirmation, LoadOptions, OnError } from './options.js'
import { hasTransform, parseTarget, refuseFirst, type Target } from './target/target.js'

/** Complete options, except for values that depend on the target. */
export interface CheckedOptions {
  runId: string
  target: Target
  mode: 'async' | 'sync'
  confirm: Confirmation
  confirmTimeoutMs: number
  batchRows: number
  batchBytes: number
  maxInFlightBytes: number
  connections: number
  onError: OnError
  maxErrors: { count: number } | { share: number }
  rejectsFile: string | undefined
  retries: number
  retryTimeoutMs: number
  onDoubt: 'report' | 'resend'
  rateLimit: RateLimit
}

/** Infinity for no limit. */
export interface RateLimit {
  bytesPerSecond: number
  rowsPerSecond: number
}

/** @throws {UsageError} DDB_USAGE, DDB_NAME for invalid options */
export function checkedOptions(options: LoadOptions, random: Random): CheckedOptions {
  const target = parseTarget(options.target)
  const delivery = { ...deliveryDefaults, ...withoutUndefined(options.delivery) }
  const rejects = options.rejects ?? {}
  if (!Array.isArray(options.inputs)) {
    throw usageError(
      "`inputs` is a list of files, as in inputs: ['trades.csv'], even if there is only one",
    )
  }
  const onError = rejects.onError ?? (rejects.file === undefined ? 'stop' : 'quarantine')
  const { mode, confirm, connections } = delivery
  const isCount = Number.isSafeInteger(connections) && connections >= 1
  refuseFirst([
    [options.inputs.length === 0, 'no input: name files to load, or - for standard input'],
    [
      options.target.create !== undefined && options.inputs.includes('-'),
      `${option('target.create')} reads its input twice, which standard input does not allow: load a file, or make the table first`,
    ],
    [
      onError === 'quarantine' && rejects.file === undefined,
      `${option('rejects.onError')} quarantine needs ${option('rejects.file')} to put the rows in`,
    ],
    [
      onError !== 'quarantine' && rejects.file !== undefined,
      `${option('rejects.file')} goes with ${option('rejects.onError')} quarantine`,
    ],
    [
      !confirmations.includes(confirm),
      `${option('delivery.confirm')} is one of ${confirmations.join(', ')}, not "${String(confirm)}"`,
    ],
    [
      hasTransform({ target }) && mode === 'async' && confirm === 'none',
      `${option('target.transform')} cannot be used with ${option('delivery.confirm')} ${confirm}: only receipts and answers say how many rows remain`,
    ],
    // Limits that depend on the table are checked later, once the server has described the table.
    [
      !isCount || connections > mostConnections,
      `${option('delivery.connections')} is a whole number from 1 to ${mostConnections}, not ${String(connections)}`,
    ],
    [
      connections > 1 && target.kind === 'function',
      `a function takes batches one after the other: leave ${option('delivery.connections')} at 1`,
    ],
  ])
  if (options.input?.follow === true) checkFollow(options)
  checkTemplates(options)
  const { maxRecordBytes } = options.input ?? {}
  if (maxRecordBytes !== undefined && positive(maxRecordBytes, 'record bytes') > mostRecordBytes) {
    throw usageError(`${option('input.maxRecordBytes')} is 512 MiB at most`)
  }
  const batch = usualBatch(target, options)
  return {
    runId: checkRunId(options.runId ?? newRunId(random)),
    target,
    mode: delivery.mode,
    confirm: delivery.confirm,
    confirmTimeoutMs: positive(delivery.confirmTimeoutMs, 'confirm timeout'),
    batchRows: positive(delivery.batchRows ?? batch.rows, 'batch rows'),
    batchBytes: positive(delivery.batchBytes ?? batch.bytes, 'batch bytes'),
    maxInFlightBytes: positive(delivery.maxInFlightBytes, 'bytes in flight'),
    connections: delivery.connections,
    onError,
    maxErrors: parseMaxErrors(rejects.maxErrors ?? defaultMaxErrors),
    rejectsFile: rejects.file,
    retries: natural(delivery.retries, 'retries'),
    retryTimeoutMs: positive(delivery.retryTimeoutMs, 'retry timeout'),
    onDoubt: delivery.onDoubt,
    rateLimit: {
      bytesPerSecond: delivery.rateLimit?.bytesPerSecond ?? Infinity,
      rowsPerSecond: delivery.rateLimit?.rowsPerSecond ?? Infinity,
    },
  }
}

function usualBatch(target: Target, { input, delivery }: LoadOptions): typeof smallBatch {
  if (target.kind === 'function') return smallBatch
  if (target.table.kind === 'dfs') return dfsBatch
  return input?.follow === true || delivery?.rateLimit !== undefined ? smallBatch : tableBatch
}

function withoutUndefined<T extends object>(fields: T | undefined): T {
  return Object.fromEntries(
    Object.entries(fields ?? {}).filter(([, value]) => value !== undefined),
  ) as T
}

const mostConnections = 64

/**
 * Refuses to take values from the path of an input if one input is a pipe, which has no path.
 * @throws {UsageError} DDB_USAGE, also for an invalid pattern or template
 */
function checkTemplates({ inputs, input, mapping }: LoadOptions): void {
  newPathReader(input)
  const names = templateNames(mapping?.set)
  const word = names.find(isInputWord)
  if (!inputs.includes('-') || (word === undefined && input?.path === undefined)) return
  const what = word === undefined ? option('input.path') : `{${word}}`
  throw usageError(`${what} comes from the path of an input, and standard input has none`)
}

/** With `input.follow`, refuses options that do not work with inputs that never end. */
function checkFollow({
  inputs,
  input = {},
  target,
  journal,
  delivery,
  ...options
}: LoadOptions): void {
  const { compression = 'auto', format, jsonPath, limit } = input
  const refusals: readonly (readonly [boolean, string])[] = [
    [inputs.includes('-'), 'standard input, which is read to its end without it'],
    [
      compression !== 'auto' && compression !== 'none',
      `${option('input.compression')}: compressed files do not grow by lines`,
    ],
    [format === 'json' || jsonPath !== undefined, 'JSON documents: write NDJSON, an object a line'],
    [limit !== undefined, `${option('input.limit')}: it continues until a signal ends it`],
    [
      options.expectRows !== undefined,
      `${option('expectRows')}: it continues until a signal ends it`,
    ],
    [target.create !== undefined, `${option('target.create')}: make the table first`],
    [
      journal !== undefined && delivery?.confirm === 'none',
      `${option('delivery.confirm')} ${delivery?.confirm} and a journal: every process would read the files from their start`,
    ],
  ]
  const follow = option('input.follow')
  refuseFirst(refusals.map(([applies, what]) => [applies, `${follow} cannot be used with ${what}`]))
}

function parseMaxErrors(value: number | string): { count: number } | { share: number } {
  if (typeof value === 'string') {
    const match = /^(\d+(?:\.\d+)?)%$/.exec(value)
    if (match !== null && Number(match[1]) <= 100) return { share: Number(match[1]) / 100 }
  } else if (Number.isSafeInteger(value) && value >= 0) {
    return { count: value }
  }
  throw usageError(
    `${option('rejects.maxErrors')} takes a count or a share such as 5%, not "${value}"`,
  )
}

function positive(value: number, what: string): number {
  if (Number.isSafeInteger(value) && value > 0) return value
  throw usageError(`${what} must be a whole number above 0, not ${value}`)
}

function natural(value: number, what: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw usageError(`${what} must be a whole number, not ${value}`)
}

/** 16 random hexadecimal digits: no two runs get the same id. */
function newRunId(random: Random): string {
  return Array.from(random.bytes(8), byte => byte.toString(16).padStart(2, '0')).join('')
}
