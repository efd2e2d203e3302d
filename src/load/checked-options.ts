/*
  Checks a run's options and fills in the defaults, before anything is opened.
*/
import { option, usageError } from '../errors.js'
import type { Random } from '../platform/platform.js'
import {
  checkLoadFields,
  defaultMaxErrors,
  deliveryDefaults,
  dfsBatch,
  smallBatch,
  tableBatch,
} from './option-fields.js'
import { checkRunId } from './register/table-names.js'
import type { Shard } from './shards/streams.js'
import { templateNames } from '../schema/template.js'
import { isInputWord } from '../schema/set-columns.js'
import { newPathReader } from '../source/path/input-texts.js'
import type { DeliveryOptions, LoadOptions, OnError } from './options.js'
import { hasTransform, parseTarget, refuseFirst, type Target } from './target/target.js'

type CheckedDelivery = Required<Omit<DeliveryOptions, 'unordered'>>

/** Complete options, except for values that depend on the target. */
export interface CheckedOptions extends CheckedDelivery {
  runId: string
  target: Target
  onError: OnError
  maxErrors: { count: number } | { share: number }
  rejectsFile: string | undefined
  rateLimit: RateLimit
}

/** Infinity for no limit. */
export type RateLimit = Required<CheckedDelivery['rateLimit']>

/** @throws {UsageError} DDB_USAGE, DDB_NAME for invalid options */
export function checkedOptions(options: LoadOptions, random: Random): CheckedOptions {
  checkLoadFields({ ...options, inputs: options.inputs ?? null })
  const target = parseTarget(options.target)
  const delivery = { ...deliveryDefaults, ...withoutUndefined(options.delivery) }
  const rejects = options.rejects ?? {}
  const onError = rejects.onError ?? (rejects.file === undefined ? 'stop' : 'quarantine')
  const { mode, confirm, connections } = delivery
  refuseFirst({
    'no input: name files to load, or - for standard input': options.inputs.length === 0,
    [`${option('target.create')} reads its input twice, which standard input does not allow: load a file, or make the table first`]:
      options.target.create !== undefined && options.inputs.includes('-'),
    [`${option('rejects.onError')} quarantine needs ${option('rejects.file')} to put the rows in`]:
      onError === 'quarantine' && rejects.file === undefined,
    [`${option('rejects.file')} goes with ${option('rejects.onError')} quarantine`]:
      onError !== 'quarantine' && rejects.file !== undefined,
    [`${option('target.transform')} cannot be used with ${option('delivery.confirm')} ${confirm}: only receipts and answers say how many rows remain`]:
      hasTransform({ target }) && mode === 'async' && confirm === 'none',
    // Limits that depend on the table are checked later, once the server has described the table.
    [`a function takes batches one after the other: leave ${option('delivery.connections')} at 1`]:
      connections > 1 && target.kind === 'function',
  })
  if (options.input?.follow === true) checkFollow(options)
  if (options.shard !== undefined) checkShard(options, options.shard)
  checkTemplates(options)
  const { rows, bytes } = usualBatch(target, options)
  const { unordered, rateLimit, batchRows = rows, batchBytes = bytes, ...others } = delivery
  return {
    ...{ ...others, batchRows, batchBytes, target, onError, rejectsFile: rejects.file },
    runId: checkRunId(options.runId ?? newRunId(random)),
    maxErrors: limitOf(rejects.maxErrors ?? defaultMaxErrors),
    rateLimit: {
      bytesPerSecond: Infinity,
      rowsPerSecond: Infinity,
      ...withoutUndefined(rateLimit),
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
  expectRows,
}: LoadOptions): void {
  const { compression = 'auto', format, jsonPath, limit } = input
  const refusals = {
    'standard input, which is read to its end without it': inputs.includes('-'),
    [`${option('input.compression')}: compressed files do not grow by lines`]:
      compression !== 'auto' && compression !== 'none',
    'JSON documents: write NDJSON, an object a line': format === 'json' || jsonPath !== undefined,
    [`${option('input.limit')}: it continues until a signal ends it`]: limit !== undefined,
    [`${option('expectRows')}: it continues until a signal ends it`]: expectRows !== undefined,
    [`${option('target.create')}: make the table first`]: target.create !== undefined,
    [`${option('delivery.confirm')} none and a journal: every process would read the files from their start`]:
      journal !== undefined && delivery?.confirm === 'none',
  }
  refuseFirst(refusals, `${option('input.follow')} cannot be used with `)
}

function checkShard(
  { runId, inputs, input = {}, delivery, expectRows, server, journal }: LoadOptions,
  { index, count }: Shard,
): void {
  refuseFirst({
    [`shards of one run need its name: ${option('runId')}`]: runId === undefined,
    [`there is no shard ${index} of ${count}`]: index > count,
  })
  const never = {
    'standard input': inputs.includes('-'),
    [option('input.follow')]: input.follow === true,
    [option('input.limit')]: input.limit !== undefined,
    [option('expectRows')]: expectRows !== undefined,
    [`${option('delivery.confirm')} none`]: delivery?.confirm === 'none',
    'several hosts: one has the record of the run': (server.otherHosts ?? []).length > 0,
    [`${option('journal.restart')}: remove its rows, and its record with \`ddb-ingest runs --clean\``]:
      journal?.restart === true,
  }
  refuseFirst(never, `${option('shard')} cannot be used with `)
}

function limitOf(value: number | string): CheckedOptions['maxErrors'] {
  return typeof value === 'number' ? { count: value } : { share: parseFloat(value) / 100 }
}

/** 16 random hexadecimal digits: no two runs get the same id. */
function newRunId(random: Random): string {
  return Array.from(random.bytes(8), byte => byte.toString(16).padStart(2, '0')).join('')
}
