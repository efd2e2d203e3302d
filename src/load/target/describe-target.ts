/*
  What the target is, as the server tells: its columns in order, its partition scheme, whether known keys are
  updated instead of added.
*/
import type { Session } from '../../client/open-session.js'
import { UsageError } from '../../errors.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Value } from '../../protocol/value.js'
import type { PartitionScheme } from '../../schema/partition-dimension.js'
import { schemaFromServer } from '../../schema/server-schema.js'
import { schemaFromTypes, type TargetColumn } from '../../schema/target-schema.js'
import { nearestHint } from '../../schema/nearest.js'
import type { LoadOptions } from '../options.js'
import type { Plan } from '../plan.js'
import {
  askFunction,
  askNewValuePolicy,
  askSchema,
  type Asking,
} from '../connection/server-queries.js'
import { asksForPolicy, type NewValuePolicy } from '../delivery/partition-scheme.js'
import { parseTableTarget } from './target.js'

/** A target that exists. */
export interface TargetDescription {
  readonly columns: readonly TargetColumn[]
  readonly partition?: PartitionScheme
  /** Undefined where the server does not tell, or has no VALUE scheme to ask about. */
  readonly newValues?: NewValuePolicy
  /** Rows whose key is known do not make the table longer. */
  readonly keyed: boolean
  /** Columns by which the table knows rows: of keyed tables, and of TSDB tables that keep one of equal rows. */
  readonly keyColumns?: readonly string[]
  /** A row that is written twice stays one row: it has a key, or the table keeps one of equal sort columns. */
  readonly dropsDuplicates?: boolean
}

/**
 * @throws {ServerError} DDB_TARGET when there is no such table or function
 * @throws {TimeoutError} when the server does not answer
 * @throws {UsageError} DDB_USAGE when the options do not fit the target
 */
export async function describeTarget(
  control: Session,
  plan: Plan,
  options: LoadOptions,
): Promise<TargetDescription> {
  const { target } = plan
  const asking = { session: control, timeoutMs: plan.confirmTimeoutMs }
  if (target.kind === 'table') {
    const answer = await askSchema(asking, target.table)
    const schema = schemaFromServer(answer)
    const names = schema.columns.map(column => column.name)
    for (const key of target.keyColumns) {
      if (names.includes(key)) continue
      throw new UsageError(
        'DDB_USAGE',
        `\`target.keyColumns\` names "${key}", which the target does not have${nearestHint(key, names)}`,
      )
    }
    const keyed = target.table.kind === 'shared' && hasKey(answer)
    if (target.method === 'upsert' && target.table.kind === 'shared' && !keyed) {
      throw new UsageError(
        'DDB_USAGE',
        'an upsert needs a keyed or indexed table or a DFS table: this one has no key',
      )
    }
    const keepsOne = keepsOneOfEquals(answer)
    const keyColumns = textsOf(answer, keyed ? 'keyColumn' : keepsOne ? 'sortColumns' : '')
    return {
      ...schema,
      keyed,
      keyColumns,
      dropsDuplicates: keyed || keepsOne,
      ...(await policyOf(asking, schema)),
    }
  }
  await askFunction(asking, target.name)
  if (target.confirmTable !== undefined) await askSchema(asking, target.confirmTable)
  const { types, typesFrom } = options.target
  if (types !== undefined) return { ...schemaFromTypes(types), keyed: false }
  const from = await askSchema(asking, parseTableTarget(typesFrom ?? ''))
  return { columns: schemaFromServer(from).columns, keyed: false }
}

async function policyOf(
  asking: Asking,
  schema: { readonly partition?: PartitionScheme },
): Promise<Pick<TargetDescription, 'newValues'>> {
  if (!asksForPolicy(schema)) return {}
  const newValues = await askNewValuePolicy(asking)
  return newValues === undefined ? {} : { newValues }
}

/** `schema()` of keyed and indexed tables has a `keyColumn` (docs/server-semantics.md#schema). */
function hasKey(schema: Value): boolean {
  const value = entryOf(schema, 'keyColumn')
  if (value === undefined) return false
  if (value.form === 'scalar') return value.value !== null && value.value !== ''
  return value.form === 'vector' && value.length > 0
}

/** `keepDuplicates` of TSDB tables: of rows with equal sort columns the first or the last stays. */
function keepsOneOfEquals(schema: Value): boolean {
  const value = entryOf(schema, 'keepDuplicates')
  return value?.form === 'scalar' && (value.value === 'FIRST' || value.value === 'LAST')
}

function textsOf(schema: Value, key: string): readonly string[] {
  const value = entryOf(schema, key)
  if (value?.form === 'scalar') return typeof value.value === 'string' ? [value.value] : []
  return value?.form === 'vector' && value.type === 'STRING' ? stringsOf(value) : []
}

function entryOf(schema: Value, key: string): Value | undefined {
  if (schema.form !== 'dictionary') return undefined
  const { keys, values } = schema
  if (keys.type !== 'STRING' || !('data' in keys) || values.type !== 'ANY') return undefined
  return values.data[keys.data.indexOf(key)]
}
